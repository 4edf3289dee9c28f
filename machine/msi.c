/* SPDX-License-Identifier: MIT */
/*
 * Plain MSI of a function: one message in its configuration space, the number
 * of the event in the low bits of its data.
 * Sources: PCI Local Bus 3.0, "MSI Capability Structure" (its four layouts,
 * Multiple Message Enable, Mask Bits, Pending Bits), "MSI Operation".
 */
#include "inside.h"

#define CAP_MSI		0x05
#define CONTROL		0x2
#define ADDRESS_LOW	0x4
#define ADDRESS_HIGH	0x8	/* of the 64-bit layout */

#define MSI_ENABLE	0x0001u
#define MSI_MME		0x0070u
#define MSI_WIDE	0x0080u
#define MSI_MASKABLE	0x0100u

static uint16_t data_at(const struct mach_pci *d)
{
	return (uint16_t)(d->config.msi.cap_offset + (d->config.msi.wide ? 0xc : 0x8));
}

static uint16_t mask_at(const struct mach_pci *d)
{
	return (uint16_t)(data_at(d) + 4);
}

static uint16_t pending_at(const struct mach_pci *d)
{
	return (uint16_t)(data_at(d) + 8);
}

static uint32_t capable(const struct mach_pci *d)
{
	return UINT32_C(1) << d->config.msi.messages_log2;
}

/* A bit for each message the function could send. */
static uint32_t capable_bits(const struct mach_pci *d)
{
	return (uint32_t)((UINT64_C(1) << capable(d)) - 1);
}

static uint32_t control_in(const struct mach_pci *d, const uint8_t *space)
{
	if (!d->config.msi.present)
		return 0;
	return mach_space_get(space, d->config.msi.cap_offset + CONTROL, 2);
}

static uint32_t mask_in(const struct mach_pci *d, const uint8_t *space)
{
	return d->config.msi.maskable ? mach_space_get(space, mask_at(d), 4) : 0;
}

static uint32_t count_in(const struct mach_pci *d, const uint8_t *space)
{
	return UINT32_C(1) << ((control_in(d, space) & MSI_MME) >> 4);
}

bool mach_msi_on(const struct mach_pci *d)
{
	return control_in(d, d->space) & MSI_ENABLE;
}

/* How many messages it may send: Multiple Message Enable. */
uint32_t mach_msi_count(const struct mach_pci *d)
{
	return count_in(d, d->space);
}

bool mach_msi_masked(const struct mach_pci *d, uint32_t n)
{
	return mask_in(d, d->space) >> n & 1;
}

uint32_t mach_msi_word(const struct mach_pci *d, uint32_t n, unsigned int which)
{
	uint16_t at = d->config.msi.cap_offset;

	if (which == 0)
		return mach_space_get(d->space, at + ADDRESS_LOW, 4);
	if (which == 1)
		return d->config.msi.wide ? mach_space_get(d->space, at + ADDRESS_HIGH, 4) : 0;
	return (mach_space_get(d->space, data_at(d), 2) & ~(mach_msi_count(d) - 1)) | n;
}

/* Does this write tell the function where to send: address or data while it is on, or the enable bit? */
bool mach_msi_aims(const struct mach_pci *d, uint16_t offset, uint32_t value)
{
	uint16_t at = d->config.msi.cap_offset;

	if (!d->config.msi.present)
		return false;
	if (!mach_msi_on(d))
		return offset == at + CONTROL && value & MSI_ENABLE;
	return offset >= at + ADDRESS_LOW && offset < data_at(d) + 2u;
}

/* ---- Construction ---- */

static uint64_t address_bits(const struct mach_pci *d)
{
	unsigned int bits = d->config.msi.address_bits;

	return bits && bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
}

static void build_message(struct mach_pci *d)
{
	uint16_t at = d->config.msi.cap_offset;

	mach_space_put(d->writable, at + ADDRESS_LOW, 4, (uint32_t)address_bits(d) & ~3u);
	if (d->config.msi.wide)
		mach_space_put(d->writable, at + ADDRESS_HIGH, 4, (uint32_t)(address_bits(d) >> 32));
	mach_space_put(d->writable, data_at(d), 2, 0xffff);
	if (d->config.msi.maskable)
		mach_space_put(d->writable, mask_at(d), 4, capable_bits(d));
}

void mach_msi_build(struct mach_pci *d)
{
	const struct mach_msi *g = &d->config.msi;
	uint32_t control = (uint32_t)g->messages_log2 << 1;

	control |= (g->wide ? MSI_WIDE : 0) | (g->maskable ? MSI_MASKABLE : 0);
	if (g->left_enabled)
		control |= MSI_ENABLE;
	mach_space_put(d->space, g->cap_offset, 2, CAP_MSI);
	mach_space_put(d->space, g->cap_offset + CONTROL, 2, control);
	mach_space_put(d->writable, g->cap_offset + CONTROL, 2,
		       MSI_MME | (g->enable_stuck ? 0 : MSI_ENABLE));
	build_message(d);
}

/* ---- Configuration accesses ---- */

static void judge(struct mach_pci *d, uint32_t was, uint32_t is)
{
	uint32_t id = d->config.requester_id;

	if (count_in(d, d->space) > capable(d))
		mach_violate(d->m, "MODEL", "function %x is allowed more messages than it has", id);
	if (!(is & MSI_ENABLE))
		return;
	if (was & MSI_ENABLE && (was ^ is) & MSI_MME)
		mach_violate(d->m, "MODEL", "number of messages of %x changed while enabled", id);
	if (mach_pci_msix_control(d) & MSIX_ENABLE)
		mach_violate(d->m, "P-25", "MSI and MSI-X of %x are both enabled", id);
}

/* "When MSI is disabled" nothing is pending any more. */
static void switched_off(struct mach_pci *d)
{
	mach_message_masked(d, UINT32_MAX);
	mach_message_drop(d, false);
	for (uint32_t i = 0; i < capable(d); i++)
		d->entry[i].pending = false;
}

/* Called before the space takes its @next contents. */
void mach_msi_change(struct mach_pci *d, const uint8_t *next)
{
	uint32_t was = control_in(d, d->space), is = control_in(d, next);
	uint32_t closing = mask_in(d, next) & ~mask_in(d, d->space);

	if (!d->config.msi.present)
		return;
	if (was & ~is & MSI_ENABLE) {
		switched_off(d);
		return;
	}
	for (uint32_t i = 0; i < capable(d); i++)
		if (closing >> i & 1)
			mach_message_masked(d, i);
}

/* ... and after: what is pending and may go, goes. */
void mach_msi_changed(struct mach_pci *d, uint32_t was)
{
	if (!d->config.msi.present)
		return;
	judge(d, was, control_in(d, d->space));
	if (!mach_msi_on(d) || !mach_pci_master_on(d))
		return;
	for (uint32_t i = 0; i < mach_msi_count(d) && i < capable(d); i++) {
		if (!d->entry[i].pending || mach_msi_masked(d, i))
			continue;
		d->entry[i].pending = false;
		mach_message_want(d, i);
	}
}

uint32_t mach_msi_control(const struct mach_pci *d)
{
	return control_in(d, d->space);
}

/* Pending Bits show what waits now. */
void mach_msi_refresh(struct mach_pci *d)
{
	uint32_t bits = 0;

	if (!d->config.msi.present || !d->config.msi.maskable)
		return;
	for (uint32_t i = 0; mach_msi_on(d) && i < capable(d); i++)
		bits |= (uint32_t)d->entry[i].pending << i;
	mach_space_put(d->space, pending_at(d), 4, bits);
}

/* A write of reserved mask bits (P-15). */
void mach_msi_check_write(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value)
{
	uint32_t mask;

	if (!d->config.msi.present || !d->config.msi.maskable || offset != mask_at(d) || width != 4)
		return;
	mask = mask_in(d, d->space);
	if ((value ^ mask) & ~capable_bits(d))
		mach_violate(d->m, "MODEL", "reserved write: mask bits %#x of function %x", value,
			     d->config.requester_id);
}
