/* SPDX-License-Identifier: MIT */
/*
 * The MSI-X table and pending-bit array of a function.
 * Sources: PCI Local Bus 3.0, "MSI-X Capability and Table Structure": entry
 * layout, access widths, masked while either mask is set, undefined when an
 * unmasked entry is rewritten, pending bits.
 */
#include "inside.h"

#define ENTRY_BYTES	16u
#define VECTOR_MASK	1u

static bool function_open(const struct mach_pci *d)
{
	return (mach_pci_msix_control(d) & (MSIX_ENABLE | MSIX_MASKALL)) == MSIX_ENABLE;
}

bool mach_msix_masked(const struct mach_pci *d, uint32_t entry)
{
	return !function_open(d) || (d->entry[entry].dword[3] & VECTOR_MASK);
}

/* The entry may send from here on: what it holds now is what it will send. */
static void opened(struct mach_pci *d, uint32_t n)
{
	struct entry *e = &d->entry[n];

	for (int i = 0; i < 3; i++)
		e->cached[i] = e->dword[i];
	if (!e->pending || !mach_pci_master_on(d))
		return;
	e->pending = false;
	mach_message_want(d, n);
}

void mach_msix_sweep(struct mach_pci *d)
{
	for (uint32_t i = 0; i < d->config.entries; i++)
		if (!mach_msix_masked(d, i))
			opened(d, i);
}

static bool was_open(uint16_t control)
{
	return (control & (MSIX_ENABLE | MSIX_MASKALL)) == MSIX_ENABLE;
}

/* Called before the capability takes the new value. */
void mach_msix_control(struct mach_pci *d, uint16_t was, uint16_t is)
{
	mach_trace(d->m, "msix control %: %", d->config.requester_id, is);
	if (was_open(was) && !was_open(is))
		mach_message_masked(d, UINT32_MAX);
	/* "If MSI-X is disabled, pending bits are undefined": they go. */
	if ((was & MSIX_ENABLE) && !(is & MSIX_ENABLE)) {
		mach_message_drop(d, false);
		for (uint32_t i = 0; i < d->config.entries; i++)
			d->entry[i].pending = false;
	}
}

static void write_vector_control(struct mach_pci *d, uint32_t n, uint32_t value)
{
	struct entry *e = &d->entry[n];
	uint32_t was = e->dword[3];

	if ((value ^ was) & ~VECTOR_MASK)
		mach_violate(d->m, "MODEL", "reserved write: vector control %#x of entry %u", value, n);
	if ((value & VECTOR_MASK) && !(was & VECTOR_MASK))
		mach_message_masked(d, n);
	e->dword[3] = value;
	if (!(value & VECTOR_MASK) && (was & VECTOR_MASK) && !mach_msix_masked(d, n))
		opened(d, n);
}

static void write_dword(struct mach_pci *d, uint32_t n, unsigned int which, uint32_t value)
{
	mach_trace(d->m, "table dword % := %", n * 4 + which, value);
	if (which == 3) {
		write_vector_control(d, n, value);
		return;
	}
	if (!mach_msix_masked(d, n) && !(d->config.options & MACH_PCI_LIVE_REWRITE))
		mach_violate(d->m, "P-13", "dword %u of unmasked entry %u of %x rewritten",
			     which, n, d->config.requester_id);
	if (which == 0 && value % 4)
		mach_violate(d->m, "MODEL", "message address %#x is not aligned", value);
	d->entry[n].dword[which] = value;
}

/* What a BAR offset is: a byte of the table, of the pending bits, or neither. */
static bool in_table(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	return bar == d->config.table_bir && offset >= d->config.table_offset &&
	       offset - d->config.table_offset < d->config.entries * ENTRY_BYTES;
}

/* Address or data of an entry, as opposed to Vector Control and all else. */
bool mach_msix_is_message(const struct mach_pci *d, uint64_t phys)
{
	uint64_t base, bytes, offset;

	mach_pci_bar(d, d->config.table_bir, &base, &bytes);
	offset = phys - base;
	return in_table(d, d->config.table_bir, offset) &&
	       (offset - d->config.table_offset) / 4 % 4 != 3;
}

static uint32_t pba_bytes(const struct mach_pci *d)
{
	return (d->config.entries + 63u) / 64 * 8;
}

static bool in_pba(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	return bar == d->config.pba_bir && offset >= d->config.pba_offset &&
	       offset - d->config.pba_offset < pba_bytes(d);
}

static bool table_decodes(const struct mach_pci *d)
{
	return !(d->config.options & MACH_PCI_TABLE_NEEDS_ENABLE) ||
	       (mach_pci_msix_control(d) & MSIX_ENABLE);
}

static void check_width(struct mach_pci *d, uint64_t offset, unsigned int width)
{
	if ((width != 4 && width != 8) || offset % width)
		mach_violate(d->m, "MODEL", "access of %u bytes at offset %#llx of function %x",
			     width, (unsigned long long)offset, d->config.requester_id);
}

void mach_msix_write(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width,
		     uint64_t value)
{
	uint32_t at;

	check_width(d, offset, width);
	if (!in_table(d, bar, offset)) {
		mach_violate(d->m, "MODEL", "write to offset %#llx of BAR %u of %x, %s",
			     (unsigned long long)offset, bar, d->config.requester_id,
			     in_pba(d, bar, offset) ? "a pending bit" : "beside the table");
		return;
	}
	if (!table_decodes(d))
		return;
	at = (uint32_t)(offset - d->config.table_offset) / 4;
	write_dword(d, at / 4, at % 4, (uint32_t)value);
	if (width == 8)
		write_dword(d, (at + 1) / 4, (at + 1) % 4, (uint32_t)(value >> 32));
}

static uint32_t read_dword(const struct mach_pci *d, unsigned int bar, uint64_t offset)
{
	uint32_t at, bits = 0;

	if (in_table(d, bar, offset)) {
		at = (uint32_t)(offset - d->config.table_offset) / 4;
		return table_decodes(d) ? d->entry[at / 4].dword[at % 4] : UINT32_MAX;
	}
	if (!in_pba(d, bar, offset))
		return (uint32_t)mix64(d->m->seed ^ offset ^ d->reads);	/* some live register */
	at = (uint32_t)(offset - d->config.pba_offset) * 8;
	for (uint32_t i = 0; i < 32 && at + i < d->config.entries; i++)
		bits |= (uint32_t)d->entry[at + i].pending << i;
	return bits;
}

uint64_t mach_msix_read(struct mach_pci *d, unsigned int bar, uint64_t offset, unsigned int width)
{
	uint64_t value;

	check_width(d, offset, width);
	value = read_dword(d, bar, offset);
	if (width == 8)
		value |= (uint64_t)read_dword(d, bar, offset + 4) << 32;
	return value;
}

uint32_t mach_pci_table(const struct mach_pci *d, uint32_t entry, unsigned int dword)
{
	if (!mach_msi_on(d))
		return d->entry[entry].dword[dword];
	return dword < 3 ? mach_msi_word(d, entry, dword) : mach_msi_masked(d, entry);
}

bool mach_pci_pending(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].pending;
}
