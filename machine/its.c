/* SPDX-License-Identifier: MIT */
/*
 * Interrupt Translation Services. Commands are read from the queue one by one,
 * some time after CWRITER has said that they are there; what they order of a
 * redistributor is carried out there later still, and SYNC waits for that.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "ITS register descriptions",
 * "ITS commands", "The ITS tables".
 *
 * Unpredictable by the architecture, and faults here: an event mapped twice, a device or
 * collection unmapped while events lead there, tables and base registers changed while in use,
 * commands about what is not mapped (where it is not made to stall on them).
 */
#include <stdlib.h>
#include <string.h>

#include "its.h"

/* ---- Registers ---- */

static uint64_t typer(const struct mach_its *its)
{
	return 1 | (uint64_t)(its->config.entry_bytes - 1) << 4 | (uint64_t)(its->config.event_bits - 1) << 8 |
	       (uint64_t)(its->config.device_bits - 1) << 13 | (uint64_t)its->config.by_address << 19 |
	       (uint64_t)its->config.own_collections << 24;
}

static uint64_t its_read(struct mach *m, void *self, uint64_t at, unsigned int width)
{
	struct mach_its *its = self;

	if (width == 4 && at == 0x00)
		return its->enabled | (!its->enabled && m->step >= its->resting ? 1u << 31 : 0);
	if (width == 4 && at == 0x04)
		return its->config.iidr;
	if (width == 4 && at == 0xffe8)
		return 0x3b;
	if (width == 8 && at == 0x08)
		return typer(its);
	if (width == 8 && at == 0x80)
		return its->cbaser;
	if (width == 8 && at == 0x88)
		return its->cwriter;
	if (width == 8 && at == 0x90)
		return its->creadr | its->stalled;
	if (width == 8 && (at == 0x100 || at == 0x108))
		return its->baser[(at - 0x100) / 8] | (uint64_t)(ENTRY_BYTES - 1) << 48 |
		       (uint64_t)(at == 0x100 ? 1 : 4) << 56;
	if (width == 8 && at > 0x108 && at < 0x140)
		return 0;
	mach_violate(m, "MODEL", "ITS read at %#llx, width %u", (unsigned long long)at, width);
	return 0;
}

static uint64_t shared(const struct mach_its *its, uint64_t base)
{
	return its->config.incoherent ? base & ~UINT64_C(0xc00) : base;
}

static void at_rest(struct mach *m, const struct mach_its *its, const char *what)
{
	if (its->enabled || m->step < its->resting)
		mach_violate(m, "MODEL", "%s written while the ITS is at work", what);
}

/* What a table held is gone with it. */
static void forget(struct mach_its *its, unsigned int which)
{
	if (which == COLLECTIONS_BASER) {
		memset(its->collection, 0, sizeof(its->collection));
		return;
	}
	for (uint32_t i = 0; i < its->devices; i++)
		free(its->device[i].event);
	its->devices = 0;
}

static void baser_write(struct mach *m, struct mach_its *its, unsigned int which, uint64_t value)
{
	at_rest(m, its, "GITS_BASER");
	if ((value >> 8 & 3) > its->config.page)
		value = (value & ~UINT64_C(0x300)) | (uint64_t)its->config.page << 8;
	if (its->config.flat)
		value &= ~INDIRECT;
	if (its->config.ignores_type && value & VALID && value >> 59 & 7)
		mach_violate(m, "MODEL", "memory type of a table with erratum 24313: %#llx", (unsigned long long)value);
	forget(its, which);
	its->baser[which] = shared(its, value & ~(UINT64_C(0x1f) << 48 | UINT64_C(7) << 56));
	its_table_given(its, which);
}

static void cwriter_write(struct mach *m, struct mach_its *its, uint64_t value)
{
	if (its->lost)
		return;
	if (value & ~(uint64_t)(ITS_OFFSET | 1) || (value & ITS_OFFSET) >= its_queue_bytes(its) || !(its->cbaser & VALID))
		mach_violate(m, "MODEL", "GITS_CWRITER := %#llx", (unsigned long long)value);
	its->cwriter = value & ITS_OFFSET;
	if (value & 1)
		its->stalled = false;
	its->next = mach_later(m, m->chaos.post_now, m->chaos.post_max);
	mach_region_wake(m, its->region, its->next);
	if (!m->running)
		its_due(m, its);
}

static void its_write(struct mach *m, void *self, uint64_t at, unsigned int width, uint64_t value)
{
	struct mach_its *its = self;

	if (width == 4 && at == 0x00) {
		if (its->enabled && !(value & 1))
			its->resting = mach_later(m, m->chaos.post_now, m->chaos.post_max);
		its->enabled = value & 1;
		mach_region_wake(m, its->region, m->step);
	} else if (width == 8 && at == 0x80) {
		at_rest(m, its, "GITS_CBASER");
		its->cbaser = shared(its, value);
		its->creadr = 0;	/* and CWRITER stays: IHI 0069, "GITS_CBASER" */
		its->lost = its->lost && !(value & VALID);
		if (value & VALID && !mach_dma_holds(m, value & UINT64_C(0x000ffffffffff000), its_queue_bytes(its)))
			mach_violate(m, "MODEL", "GITS_CBASER: no memory there");
	} else if (width == 8 && at == 0x88) {
		cwriter_write(m, its, value);
	} else if (width == 8 && (at == 0x100 || at == 0x108)) {
		baser_write(m, its, (unsigned int)(at - 0x100) / 8, value);
	} else {
		mach_violate(m, "MODEL", "ITS: %#llx := %#llx", (unsigned long long)at, (unsigned long long)value);
	}
}

/* ---- Messages ---- */

static bool covers(void *self, uint32_t requester_id)
{
	(void)requester_id;
	return self != NULL;
}

static void message(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data,
		    const struct arrival *from)
{
	struct mach_its *its = self;
	struct event_ *e = its->enabled ? its_mapped_event(its, requester_id, data) : NULL;
	struct lpi_order o = { .op = LPI_SET, .has_from = from->device != NULL, .from = *from };

	(void)address;
	if (!e) {
		its->unmapped++;
		mach_trace(m, "DeviceID % event % is not mapped", requester_id, data);
		return;
	}
	if (from->foreign)
		mach_violate(m, "I-ISO", "event %u of DeviceID %x is translated, and not its own", data, requester_id);
	its->translated++;
	o.lpi = e->lpi;
	mach_lpi_order(m, its->collection[e->collection].cpu, &o);
}

umsi_cpu mach_its_target(struct mach_its *its, uint32_t device_id, uint32_t event)
{
	struct event_ *e = its_mapped_event(its, device_id, event);

	return e ? its->collection[e->collection].cpu : UMSI_CPU_NONE;
}

static umsi_cpu target(struct mach *m, void *self, uint32_t requester_id, uint64_t address, uint32_t data)
{
	if (address == MACH_GICV3_SETSPI)
		return mach_gicv3_target(m, data);
	return mach_its_target(self, requester_id, data);
}

static void wrote(struct mach *m, void *self, const void *memory)
{
	(void)m;
	(void)self;
	(void)memory;
}

/* The ITS whose doorbell that is. */
bool mach_its_message(struct mach *m, uint32_t requester_id, uint64_t address, uint32_t data,
		      const struct arrival *from)
{
	for (struct remapper *r = m->remappers; r; r = r->next) {
		struct mach_its *its = r->self;

		if (address != (its->config.doorbell ? its->config.doorbell : its->config.phys + 0x10040))
			continue;
		message(m, its, requester_id, address, data, from);
		return true;
	}
	return false;
}

static void its_done(void *self)
{
	struct mach_its *its = self;

	for (uint32_t i = 0; i < its->devices; i++)
		free(its->device[i].event);
	free(its->device);
	free(its);
}

struct mach_its *mach_its_add(struct mach *m, const struct mach_its_config *config)
{
	struct mach_its *its = calloc(1, sizeof(*its));
	struct region r = { .phys = config->phys, .bytes = 0x10000, .self = its, .read = its_read,
			    .write = its_write, .due = its_due, .done = its_done };

	if (!its)
		abort();
	its->m = m;
	its->config = *config;
	if (!its->config.event_bits)
		its->config.event_bits = 16;
	if (!its->config.device_bits)
		its->config.device_bits = 16;
	if (!its->config.real_device_bits)
		its->config.real_device_bits = its->config.device_bits;
	if (!its->config.entry_bytes)
		its->config.entry_bytes = 12;
	its->next = 0;
	its->region = mach_region_add(m, &r);
	its->remapper = (struct remapper){ .self = its, .covers = covers, .message = message, .target = target,
					   .wrote = wrote };
	mach_remapper_add(m, &its->remapper);
	return its;
}

/* ---- For tests ---- */

void mach_its_refuse(struct mach_its *its, uint64_t nth)
{
	its->refuse_in = nth;
}

/* What is in memory stays there, and is worth nothing: nobody had told it to come to rest. */
void mach_its_lose(struct mach_its *its)
{
	forget(its, DEVICES_BASER);
	forget(its, COLLECTIONS_BASER);
	its->baser[0] = its->baser[1] = its->cbaser = 0;
	its->creadr = its->cwriter = 0;
	its->enabled = its->stalled = its->deaf = its->syncing = false;
	its->resting = its->m->step;
	its->lost = true;
	mach_trace(its->m, "an ITS has lost everything", 0, 0);
}

void mach_its_deaf(struct mach_its *its, bool deaf)
{
	its->deaf = deaf;
	mach_region_wake(its->m, its->region, its->m->step);
}

uint64_t mach_its_translated(const struct mach_its *its)
{
	return its->translated;
}

uint64_t mach_its_unmapped(const struct mach_its *its)
{
	return its->unmapped;
}

uint32_t mach_its_devices(const struct mach_its *its)
{
	return its->devices;
}

uint32_t mach_its_events(const struct mach_its *its)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < its->devices; i++)
		for (uint32_t e = 0; e < 1u << its->device[i].bits; e++)
			n += its->device[i].event[e].mapped;
	return n;
}
