/* SPDX-License-Identifier: MIT */
/*
 * PCI functions: configuration space, BARs, presence.
 * Sources: PCI Local Bus 3.0, "Configuration Space", "Capabilities List",
 * "Address Maps" (BAR sizing), "MSI-X Capability Structure".
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define COMMAND		0x04
#define COMMAND_MEMORY	0x0002u
#define COMMAND_MASTER	0x0004u
#define STATUS		0x06
#define STATUS_CAPS	0x0010u
#define BAR0		0x10
#define BAR_BYTES	24
#define CAP_POINTER	0x34
#define CAP_FIRST	0x40	/* power management, then a vendor's, then MSI-X */
#define CAP_SECOND	0x50
#define CAP_MSIX	0x11
#define FLAGS_RESERVED	0x3800u

void mach_space_put(uint8_t *space, uint32_t offset, unsigned int width, uint32_t value)
{
	for (unsigned int i = 0; i < width; i++)
		space[offset + i] = (uint8_t)(value >> 8 * i);
}

uint32_t mach_space_get(const uint8_t *space, uint32_t offset, unsigned int width)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < width; i++)
		value |= (uint32_t)space[offset + i] << 8 * i;
	return value;
}

uint32_t mach_pci_peek(const struct mach_pci *d, uint16_t offset, unsigned int width)
{
	return mach_space_get(d->space, offset, width);
}

void mach_pci_poke(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value)
{
	mach_space_put(d->space, offset, width, value);
}

bool mach_pci_memory_on(const struct mach_pci *d)
{
	return mach_space_get(d->space, COMMAND, 2) & COMMAND_MEMORY;
}

bool mach_pci_master_on(const struct mach_pci *d)
{
	return mach_space_get(d->space, COMMAND, 2) & COMMAND_MASTER;
}

uint16_t mach_pci_msix_control(const struct mach_pci *d)
{
	if (!d->config.entries)
		return 0;
	return (uint16_t)mach_space_get(d->space, d->config.cap_offset + 2u, 2);
}

/* ---- Construction --------------------------------------------------------- */

/* Ports below 64 KiB; 4 MiB each below 4 GiB; 16 MiB each above. */
static uint64_t assign(uint32_t index, unsigned int slot, const struct mach_bar *b)
{
	if (b->io)
		return 0x1000 + 0x100 * (8 * index + slot);
	if (!b->is64)
		return 0x40000000 + ((uint64_t)index << 25) + ((uint64_t)slot << 22);
	return UINT64_C(0x1000000000) + ((uint64_t)index << 28) + ((uint64_t)slot << 24);
}

static void build_bars(struct mach_pci *d)
{
	for (unsigned int i = 0; i < 6; i++) {
		struct mach_bar *b = &d->config.bar[i];
		uint16_t at = (uint16_t)(BAR0 + 4 * i);
		uint64_t mask = ~(b->bytes - 1);

		if (!b->bytes)
			continue;
		if (!b->phys)
			b->phys = assign(d->index, i, b);
		mach_space_put(d->space, at, 4, (uint32_t)b->phys | (b->io ? 1 : b->is64 ? 4 : 0));
		mach_space_put(d->writable, at, 4, (uint32_t)mask);
		if (b->is64 && i < 5) {
			mach_space_put(d->space, at + 4u, 4, (uint32_t)(b->phys >> 32));
			mach_space_put(d->writable, at + 4u, 4, (uint32_t)(mask >> 32));
			i++;
		}
	}
}

static void build_msix(struct mach_pci *d)
{
	const struct mach_pci_config *g = &d->config;
	uint16_t control = (uint16_t)(g->entries - 1);

	if (g->options & MACH_PCI_LEFT_ENABLED)
		control |= MSIX_ENABLE;
	if (g->options & MACH_PCI_LEFT_MASKALL)
		control |= MSIX_MASKALL;
	mach_space_put(d->space, g->cap_offset, 2,
		       CAP_MSIX | (g->msi.present ? g->msi.cap_offset << 8 : 0));
	mach_space_put(d->space, g->cap_offset + 2u, 2, control);
	mach_space_put(d->space, g->cap_offset + 4u, 4, g->table_offset | g->table_bir);
	mach_space_put(d->space, g->cap_offset + 8u, 4, g->pba_offset | g->pba_bir);
	mach_space_put(d->writable, g->cap_offset + 2u, 2, MSIX_ENABLE | MSIX_MASKALL);
	if (g->options & MACH_PCI_ENABLE_STUCK)
		mach_space_put(d->writable, g->cap_offset + 2u, 2, MSIX_MASKALL);
}

static unsigned int first_message_cap(const struct mach_pci_config *g)
{
	if (g->entries)
		return g->cap_offset;
	return g->msi.present ? g->msi.cap_offset : 0;
}

static void build_space(struct mach_pci *d)
{
	const struct mach_pci_config *g = &d->config;

	mach_space_put(d->space, 0x00, 4, 0x10501af4);
	mach_space_put(d->space, COMMAND, 2, (g->memory_off ? 0 : COMMAND_MEMORY) |
	    (g->master_off ? 0 : COMMAND_MASTER));
	mach_space_put(d->writable, COMMAND, 2, 0x0547);
	mach_space_put(d->space, STATUS, 2, STATUS_CAPS);
	mach_space_put(d->space, 0x08, 4, 0x01080200);
	mach_space_put(d->writable, 0x0c, 1, 0xff);
	mach_space_put(d->space, CAP_POINTER, 1, CAP_FIRST);
	mach_space_put(d->space, CAP_FIRST, 4, 0x00030001u | CAP_SECOND << 8);
	mach_space_put(d->space, CAP_SECOND, 4, 0x00080009u | first_message_cap(g) << 8);
	build_bars(d);
	if (g->entries)
		build_msix(d);
	if (g->msi.present)
		mach_msi_build(d);
	mach_ims_announce(d);
}

/* What a crashed kernel leaves: every entry open, with a message of its time. */
static void build_table(struct mach_pci *d)
{
	bool stale = d->config.options & MACH_PCI_STALE_ENTRIES;

	for (uint32_t i = 0; i < d->config.entries; i++) {
		struct entry *e = &d->entry[i];

		e->dword[3] = stale ? 0 : 1;
		if (!stale)
			continue;
		e->dword[0] = e->cached[0] = (uint32_t)mach_imsic_phys(d->m, 0);
		e->dword[1] = e->cached[1] = (uint32_t)(mach_imsic_phys(d->m, 0) >> 32);
		e->dword[2] = e->cached[2] = 1 + i % d->m->config.num_ids;
		if (d->m->config.kind == MACH_X86) {
			e->dword[0] = e->cached[0] = (uint32_t)XAPIC_PHYS | d->m->cpus[0].lapic.id << 12;
			e->dword[2] = e->cached[2] = 0x20 + i % 64;
		}
	}
}

static bool no_bars(const struct mach_pci_config *g)
{
	for (int i = 0; i < 6; i++)
		if (g->bar[i].bytes)
			return false;
	return true;
}

static void fill_defaults(struct mach_pci *d)
{
	struct mach_pci_config *g = &d->config;

	if (!g->cap_offset)
		g->cap_offset = 0x70;
	if (!g->msi.cap_offset)
		g->msi.cap_offset = 0x90;
	if (!g->pba_offset && g->pba_bir == g->table_bir)
		g->pba_offset = g->table_offset + 16u * g->entries;
	if (no_bars(g)) {
		uint64_t end = g->pba_offset + 16u * g->entries + 256;

		end = mach_ims_place(d, end);
		g->bar[0].is64 = true;
		g->bar[0].bytes = 0x1000;
		while (g->bar[0].bytes < end)
			g->bar[0].bytes *= 2;
	}
	d->sampling = g->sampling;
	if (d->sampling == MACH_SAMPLE_SEEDED)
		d->sampling = MACH_SAMPLE_TOGETHER + rng_below(&d->m->rng, 3);
	d->caches = rng_chance(&d->m->rng, 128);
	if (g->options & (MACH_PCI_CACHE | MACH_PCI_NO_CACHE))
		d->caches = g->options & MACH_PCI_CACHE;
}

struct mach_pci *mach_pci_add(struct mach *m, const struct mach_pci_config *config)
{
	struct mach_pci *d = calloc(1, sizeof(*d));

	m->pci = realloc(m->pci, (m->npci + 1) * sizeof(*m->pci));
	m->pci_busy = realloc(m->pci_busy, (m->npci / 64 + 1) * sizeof(*m->pci_busy));
	if (!d || !m->pci || !m->pci_busy)
		abort();
	if (m->npci % 64 == 0)
		m->pci_busy[m->npci / 64] = 0;
	d->m = m;
	d->index = m->npci;
	d->config = *config;
	d->entries = config->entries;
	if (config->msi.present && d->entries >> config->msi.messages_log2 == 0)
		d->entries = UINT32_C(1) << config->msi.messages_log2;
	d->entries = mach_ims_number(d, d->entries);
	d->due = d->remove_due = d->traffic_due = d->storm_due = NEVER;
	d->entry = calloc(d->entries + 1u, sizeof(*d->entry));
	d->want = calloc(d->entries + 1u, sizeof(*d->want));
	if (!d->entry || !d->want)
		abort();
	fill_defaults(d);
	build_space(d);
	build_table(d);
	mach_ims_reset(d);
	m->pci[m->npci++] = d;
	return d;
}

void mach_pci_done(struct mach *m)
{
	for (uint32_t i = 0; i < m->npci; i++) {
		free(m->pci[i]->entry);
		free(m->pci[i]->want);
		free(m->pci[i]);
	}
	free(m->pci_busy);
	free(m->pci);
}

/* ---- Decoding ------------------------------------------------------------- */

struct mach_pci *mach_pci_find(struct mach *m, uint32_t requester_id)
{
	for (uint32_t i = 0; i < m->npci; i++)
		if (m->pci[i]->config.requester_id == requester_id && !m->pci[i]->removed)
			return m->pci[i];
	return NULL;
}

/* Where a BAR stands now, as its registers say. */
static uint64_t bar_base(const struct mach_pci *d, unsigned int i)
{
	uint64_t base = mach_space_get(d->space, (uint16_t)(BAR0 + 4 * i), 4) & ~15u;

	if (d->config.bar[i].is64 && i < 5)
		base |= (uint64_t)mach_space_get(d->space, (uint16_t)(BAR0 + 4 * i + 4), 4) << 32;
	return base;
}

static bool bar_at(struct mach_pci *d, uint64_t phys, unsigned int *bar, uint64_t *offset)
{
	for (unsigned int i = 0; i < 6; i++) {
		const struct mach_bar *b = &d->config.bar[i];

		if (!b->bytes || b->io || phys - bar_base(d, i) >= b->bytes)
			continue;
		*bar = i;
		*offset = phys - bar_base(d, i);
		return true;
	}
	return false;
}

struct mach_pci *mach_pci_at(struct mach *m, uint64_t phys, unsigned int *bar, uint64_t *offset)
{
	if (m->npci && bar_at(m->pci[m->pci_last], phys, bar, offset))
		return m->pci[m->pci_last];
	for (uint32_t i = 0; i < m->npci; i++) {
		if (!bar_at(m->pci[i], phys, bar, offset))
			continue;
		m->pci_last = i;
		return m->pci[i];
	}
	return NULL;
}

enum mach_sampling mach_pci_sampling(const struct mach_pci *d)
{
	return d->sampling;
}

void mach_pci_bar(const struct mach_pci *d, unsigned int slot, uint64_t *phys, uint64_t *bytes)
{
	*phys = d->config.bar[slot].bytes ? bar_base(d, slot) : 0;
	*bytes = d->config.bar[slot].bytes;
}

/* ---- Configuration accesses ------------------------------------------------ */

static bool config_width_ok(struct mach_pci *d, uint16_t offset, unsigned int width)
{
	if ((width == 1 || width == 2 || width == 4) && offset % width == 0 && offset < 4096)
		return true;
	mach_violate(d->m, "MODEL", "configuration access of %u bytes at %#x", width, offset);
	return false;
}

uint32_t mach_pci_config_read(struct mach_pci *d, uint16_t offset, unsigned int width)
{
	if (!config_width_ok(d, offset, width))
		return UINT32_MAX;
	mach_msi_refresh(d);
	return mach_space_get(d->space, offset, width);
}

static bool touches_control(const struct mach_pci *d, uint16_t offset, unsigned int width)
{
	uint16_t at = d->config.cap_offset + 2u;

	return d->config.entries && offset < at + 2u && offset + width > at;
}

void mach_pci_config_write(struct mach_pci *d, uint16_t offset, unsigned int width, uint32_t value)
{
	uint32_t msi = mach_msi_control(d);
	uint8_t next[4096];
	uint16_t was, is;

	if (!config_width_ok(d, offset, width))
		return;
	mach_msi_check_write(d, offset, width, value);
	memcpy(next, d->space, sizeof(next));
	for (unsigned int i = offset; i < offset + width; i++)
		next[i] = (uint8_t)((d->space[i] & ~d->writable[i]) |
				    (value >> 8 * (i - offset) & d->writable[i]));
	was = mach_pci_msix_control(d);
	is = was;
	if (touches_control(d, offset, width)) {
		is = (uint16_t)mach_space_get(next, d->config.cap_offset + 2u, 2);
		mach_msix_control(d, was, is);
	}
	mach_msi_change(d, next);
	memcpy(&d->space[offset], &next[offset], width);
	if (was != is || (offset < 6 && offset + width > COMMAND))
		mach_msix_sweep(d);
	mach_msi_changed(d, msi);
}

/* ---- Presence, and what it does by itself ----------------------------------- */

void mach_pci_wake(struct mach_pci *d, uint64_t due)
{
	if (due < d->due)
		d->due = due;
	d->m->pci_busy[d->index / 64] |= UINT64_C(1) << d->index % 64;
	mach_due(d->m, d->due);
}

void mach_pci_gone(struct mach_pci *d)
{
	mach_trace(d->m, "function % is pulled out", d->config.requester_id, 0);
	mach_device_says(d->m, "%s is pulled out", d->config.name ? d->config.name : "a function");
	d->removed = true;
	d->remove_due = d->traffic_due = d->storm_due = NEVER;
	d->nposted = 0;
	mach_message_drop(d, true);
}

/* What was emitted travels on; what was not is forgotten with the event behind it. */
static void forget_events(struct mach_pci *d)
{
	mach_message_drop(d, true);
	for (uint32_t i = 0; i < d->entries; i++) {
		bool under_way = false;

		for (uint32_t k = 0; k < d->messages; k++)
			under_way |= d->message[k].entry == i;
		d->entry[i].pending = false;
		d->entry[i].owed = d->entry[i].owed && under_way;
	}
}

void mach_pci_reset(struct mach_pci *d)
{
	uint8_t kept[BAR_BYTES];

	mach_trace(d->m, "function % is reset", d->config.requester_id, 0);
	mach_bus_apply_all(d->m, d);
	forget_events(d);
	memcpy(kept, &d->space[BAR0], sizeof(kept));
	memset(d->space, 0, sizeof(d->space));
	build_space(d);
	memcpy(&d->space[BAR0], kept, sizeof(kept));
	mach_space_put(d->space, COMMAND, 2, 0);
	for (uint32_t i = 0; i < d->config.entries; i++)
		memset(d->entry[i].dword, 0, sizeof(d->entry[i].dword));
	build_table(d);
	mach_ims_reset(d);
}

void mach_pci_remove(struct mach_pci *d, uint64_t after_steps)
{
	if (!after_steps) {
		mach_pci_gone(d);
		return;
	}
	d->remove_due = d->m->step + after_steps;
	mach_pci_wake(d, d->remove_due);
}

static void raise_some(struct mach_pci *d)
{
	uint32_t start = rng_below(&d->m->rng, d->entries);

	for (uint32_t i = 0; i < d->entries; i++) {
		uint32_t n = (start + i) % d->entries;

		if (!d->entry[n].live)
			continue;
		mach_entry_raise(d, n);
		break;
	}
	d->traffic_due = NEVER;
	if (--d->traffic_left)
		d->traffic_due = d->m->step + 1 + rng_below(&d->m->rng, 2 * d->traffic_gap);
}

void mach_pci_traffic(struct mach_pci *d, uint64_t events, uint32_t gap)
{
	d->traffic_left = events;
	d->traffic_gap = gap ? gap : 1;
	d->traffic_due = events ? d->m->step + 1 : NEVER;
	mach_pci_wake(d, d->traffic_due);
}

void mach_pci_due(struct mach_pci *d)
{
	struct mach *m = d->m;
	uint64_t next, own;

	if (d->remove_due <= m->step)
		mach_pci_gone(d);
	mach_bus_due(m, d);
	if (d->traffic_due <= m->step)
		raise_some(d);
	mach_pci_storm_on(d);
	own = mach_ims_due(d);
	mach_message_due(d);
	next = mach_message_next(d);
	if (own < next)
		next = own;
	if (d->nposted && d->posted[0].due < next)
		next = d->posted[0].due;
	if (d->remove_due < next)
		next = d->remove_due;
	if (d->traffic_due < next)
		next = d->traffic_due;
	if (d->storm_due < next)
		next = d->storm_due;
	d->due = next;
	mach_due(m, next);
}

uint64_t mach_pci_sent(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].sent;
}

uint64_t mach_pci_raised(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].raised;
}

uint64_t mach_pci_writes(const struct mach_pci *d)
{
	return d->writes;
}

uint64_t mach_pci_reads(const struct mach_pci *d)
{
	return d->reads;
}
