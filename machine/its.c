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

#include "gicv3.h"

#define COMMAND		32u
#define OFFSET		0xfffe0u
#define COLLECTIONS	256u
#define VALID		(UINT64_C(1) << 63)
#define INDIRECT	(UINT64_C(1) << 62)
#define DEVICES_BASER	0u
#define COLLECTIONS_BASER 1u
#define ENTRY_BYTES	8u	/* of both tables */

struct event_ {
	bool mapped;
	uint32_t lpi, collection;
};

struct device_ {
	uint32_t id, bits;
	uint64_t itt;
	struct event_ *event;
};

struct collection_ {
	bool mapped;
	uint32_t cpu;
};

struct mach_its {
	struct mach *m;
	struct mach_its_config config;
	struct region *region;
	struct remapper remapper;
	bool enabled;
	uint64_t resting;		/* when it has come to rest after being disabled */
	uint64_t cbaser, baser[2];
	uint32_t creadr, cwriter;
	bool stalled, deaf, lost;
	uint64_t next;			/* when the next command is looked at */
	uint64_t refuse_in;		/* stalls on the n-th command from now */
	bool syncing;
	uint64_t sync_moment;
	struct device_ *device;
	uint32_t devices;
	struct collection_ collection[COLLECTIONS];
	uint64_t commands, translated, unmapped;
};

static uint64_t its_due(struct mach *m, void *self);

/* ---- Tables ---- */

static bool coherent(uint64_t base)
{
	return base >> 10 & 3;
}

static uint32_t page_bytes(uint64_t baser)
{
	return 0x1000u << 2 * (baser >> 8 & 3);
}

static uint64_t table_address(uint64_t baser)
{
	if ((baser >> 8 & 3) < 2)
		return baser & UINT64_C(0x0000fffffffff000);
	return (baser & UINT64_C(0x0000ffffffff0000)) | (baser >> 12 & 0xf) << 48;
}

/* Is there an entry for @id: within the table, in a page of the second level that is valid? */
static bool table_has(struct mach_its *its, unsigned int which, uint32_t id)
{
	struct mach *m = its->m;
	uint64_t baser = its->baser[which], at = table_address(baser), entry;
	uint64_t bytes = ((baser & 0xff) + 1) * page_bytes(baser);
	uint32_t per_page = page_bytes(baser) / ENTRY_BYTES;

	if (!(baser & VALID) || !mach_dma_holds(m, at, bytes))
		return false;
	if (!(baser & INDIRECT))
		return (id + UINT64_C(1)) * ENTRY_BYTES <= bytes;
	if ((id / per_page + UINT64_C(1)) * 8 > bytes)
		return false;
	entry = mach_dma_read(m, at + 8 * (id / per_page), 8, coherent(baser));
	return entry & VALID && mach_dma_holds(m, entry & UINT64_C(0x000ffffffffff000), page_bytes(baser));
}

/* Memory of entry @id, which table_has(). */
static uint64_t table_entry(struct mach_its *its, unsigned int which, uint32_t id)
{
	uint64_t baser = its->baser[which], at = table_address(baser);
	uint32_t per_page = page_bytes(baser) / ENTRY_BYTES;

	if (!(baser & INDIRECT))
		return at + (uint64_t)id * ENTRY_BYTES;
	at = mach_dma_read(its->m, at + 8 * (id / per_page), 8, coherent(baser));
	return (at & UINT64_C(0x000ffffffffff000)) + id % per_page * ENTRY_BYTES;
}

/* Tables are its own to write: whoever gives them again has to clear them. */
static void table_keep(struct mach_its *its, unsigned int which, uint32_t id, bool valid)
{
	if (table_has(its, which, id))
		mach_dma_write(its->m, table_entry(its, which, id), 8, valid ? VALID | id : 0);
}

/* "Software must ensure": a table that is given is all zeros. */
static void must_be_zero(struct mach_its *its, uint64_t at, uint64_t bytes, bool sees, const char *what)
{
	if (!mach_dma_is_zero(its->m, at, bytes, sees))
		mach_violate(its->m, "MODEL", "%s is given with something in it", what);
}

/* One table, or the pages that the first level leads to. */
static void table_given(struct mach_its *its, unsigned int which)
{
	uint64_t baser = its->baser[which], at = table_address(baser), entry;
	uint64_t bytes = ((baser & 0xff) + 1) * page_bytes(baser);

	if (!(baser & VALID) || !mach_dma_holds(its->m, at, bytes))
		return;
	if (!(baser & INDIRECT)) {
		must_be_zero(its, at, bytes, coherent(baser), "a table");
		return;
	}
	for (uint64_t n = 0; n < bytes / 8; n++) {
		entry = mach_dma_read(its->m, at + 8 * n, 8, coherent(baser));
		if (entry & VALID)
			must_be_zero(its, entry & UINT64_C(0x000ffffffffff000), page_bytes(baser), coherent(baser),
				     "a table's second level");
	}
}

static struct device_ *find_device(struct mach_its *its, uint32_t id)
{
	for (uint32_t i = 0; i < its->devices; i++)
		if (its->device[i].id == id)
			return &its->device[i];
	return NULL;
}

static uint64_t itt_bytes(const struct mach_its *its, uint32_t bits)
{
	uint32_t bytes = its->config.real_entry_bytes ? its->config.real_entry_bytes : its->config.entry_bytes;

	return (uint64_t)bytes << bits;
}

static struct event_ *find_event(struct mach_its *its, uint32_t device, uint32_t event)
{
	struct device_ *d = find_device(its, device);

	if (!d || event >> d->bits)
		return NULL;
	if (!mach_dma_holds(its->m, d->itt, itt_bytes(its, d->bits)) || !table_has(its, DEVICES_BASER, device))
		mach_violate(its->m, "UAF", "tables of DeviceID %u are read, and gone", device);
	return &d->event[event];
}

static struct event_ *mapped_event(struct mach_its *its, uint32_t device, uint32_t event)
{
	struct event_ *e = find_event(its, device, event);

	return e && e->mapped && its->collection[e->collection].mapped ? e : NULL;
}

/* ---- Commands. False: it cannot be carried out. ---- */

struct command {
	uint64_t word[4];
	uint32_t op, device, event, collection, lpi;
	uint64_t rdbase;
	bool valid;
};

static bool order(struct mach_its *its, uint32_t cpu, enum lpi_op op, uint32_t lpi, uint32_t to)
{
	return mach_lpi_order(its->m, cpu, &(struct lpi_order){ .op = op, .lpi = lpi, .to = to });
}

static void must_be_empty(struct mach_its *its, const struct device_ *d)
{
	for (uint32_t i = 0; i < 1u << d->bits; i++)
		if (d->event[i].mapped)
			mach_violate(its->m, "MODEL", "DeviceID %u unmapped, or mapped anew, while event %u is mapped",
				     d->id, i);
}

static bool unmapd(struct mach_its *its, const struct command *c)
{
	struct device_ *d = find_device(its, c->device);

	if (!d)
		return true;
	must_be_empty(its, d);
	table_keep(its, DEVICES_BASER, c->device, false);
	free(d->event);
	*d = its->device[--its->devices];
	return true;
}

/* "If multiple ITTs overlap in memory, behaviour is unpredictable". */
static void must_be_alone(struct mach_its *its, const struct device_ *d)
{
	for (uint32_t i = 0; i < its->devices; i++) {
		const struct device_ *other = &its->device[i];

		if (other != d && d->itt < other->itt + itt_bytes(its, other->bits) &&
		    other->itt < d->itt + itt_bytes(its, d->bits))
			mach_violate(its->m, "MODEL", "DeviceIDs %u and %u share an ITT", d->id, other->id);
	}
}

static bool mapd(struct mach_its *its, const struct command *c)
{
	uint32_t bits = (uint32_t)(c->word[1] & 0x1f) + 1;
	struct device_ *d;

	if (!c->valid)
		return unmapd(its, c);
	if (c->device >> its->config.real_device_bits || bits > its->config.event_bits ||
	    !table_has(its, DEVICES_BASER, c->device))
		return false;
	unmapd(its, c);
	its->device = realloc(its->device, (its->devices + 1) * sizeof(*its->device));
	d = &its->device[its->devices++];
	*d = (struct device_){ .id = c->device, .bits = bits, .itt = c->word[2] & UINT64_C(0x000fffffffffff00),
			       .event = calloc(1u << bits, sizeof(*d->event)) };
	if (!mach_dma_holds(its->m, d->itt, itt_bytes(its, bits)))
		mach_violate(its->m, "MODEL", "MAPD: no memory for %u events of DeviceID %u", 1u << bits, c->device);
	must_be_zero(its, d->itt, itt_bytes(its, bits), coherent(its->baser[DEVICES_BASER]), "an ITT");
	must_be_alone(its, d);
	table_keep(its, DEVICES_BASER, c->device, true);
	return true;
}

static bool collection_used(const struct mach_its *its, uint32_t collection)
{
	for (uint32_t i = 0; i < its->devices; i++)
		for (uint32_t e = 0; e < 1u << its->device[i].bits; e++)
			if (its->device[i].event[e].mapped && its->device[i].event[e].collection == collection)
				return true;
	return false;
}

static bool mapc(struct mach_its *its, const struct command *c)
{
	uint32_t cpu = mach_rdbase(its->m, its->config.by_address, c->rdbase);
	struct collection_ *k;

	if (c->collection >= COLLECTIONS ||
	    (c->collection >= its->config.own_collections && !table_has(its, COLLECTIONS_BASER, c->collection)))
		return false;
	k = &its->collection[c->collection];
	if (!c->valid) {
		if (k->mapped && collection_used(its, c->collection))
			mach_violate(its->m, "MODEL", "collection %u unmapped while events lead there", c->collection);
		k->mapped = false;
		if (c->collection >= its->config.own_collections)
			table_keep(its, COLLECTIONS_BASER, c->collection, false);
		return true;
	}
	if (cpu == UINT32_MAX)
		return false;
	if (k->mapped && k->cpu != cpu && collection_used(its, c->collection))
		mach_violate(its->m, "MODEL", "collection %u mapped anew while events lead there", c->collection);
	*k = (struct collection_){ .mapped = true, .cpu = cpu };
	if (c->collection >= its->config.own_collections)
		table_keep(its, COLLECTIONS_BASER, c->collection, true);
	return true;
}

/* The ITS writes its own entries. */
static void itt_keep(struct mach_its *its, const struct command *c, bool valid)
{
	const struct device_ *d = find_device(its, c->device);
	uint64_t bytes = itt_bytes(its, d->bits) >> d->bits;

	mach_dma_write(its->m, d->itt + c->event * bytes, 1, valid);
}

static bool mapti(struct mach_its *its, const struct command *c)
{
	struct event_ *e = find_event(its, c->device, c->event);

	if (!e || c->collection >= COLLECTIONS || !mach_lpi_exists(its->m, c->lpi))
		return false;
	if (e->mapped)
		mach_violate(its->m, "MODEL", "event %u of DeviceID %u mapped twice", c->event, c->device);
	*e = (struct event_){ .mapped = true, .lpi = c->lpi, .collection = c->collection };
	itt_keep(its, c, true);
	return true;
}

static bool movi(struct mach_its *its, const struct command *c)
{
	struct event_ *e = mapped_event(its, c->device, c->event);
	uint32_t from;

	if (!e || c->collection >= COLLECTIONS || !its->collection[c->collection].mapped)
		return false;
	from = its->collection[e->collection].cpu;
	e->collection = c->collection;
	if (from != its->collection[c->collection].cpu)
		order(its, from, LPI_MOVE, e->lpi, its->collection[c->collection].cpu);
	return true;
}

static bool about_event(struct mach_its *its, const struct command *c, enum lpi_op op)
{
	struct event_ *e = mapped_event(its, c->device, c->event);

	if (!e)
		return false;
	order(its, its->collection[e->collection].cpu, op, e->lpi, 0);
	if (c->op == 0x0f) {
		e->mapped = false;
		itt_keep(its, c, false);
	}
	return true;
}

/* "INV": consistent in the redistributors, all of them; SYNC waits for the event's own. */
static bool inv(struct mach_its *its, const struct command *c)
{
	struct event_ *e = mapped_event(its, c->device, c->event);

	if (!e)
		return false;
	for (uint32_t cpu = 0; cpu < its->m->ncpus; cpu++)
		order(its, cpu, LPI_INV, e->lpi, 0);
	return true;
}

static bool invall(struct mach_its *its, const struct command *c)
{
	if (c->collection >= COLLECTIONS || !its->collection[c->collection].mapped)
		return false;
	order(its, its->collection[c->collection].cpu, LPI_INVALL, 0, 0);
	return true;
}

/* "MOVALL": what is pending, whatever event it came from; mappings stay. */
static bool movall(struct mach_its *its, const struct command *c)
{
	uint32_t from = mach_rdbase(its->m, its->config.by_address, c->rdbase);
	uint32_t to = mach_rdbase(its->m, its->config.by_address, c->word[3] & UINT64_C(0x000fffffffff0000));

	if (from == UINT32_MAX || to == UINT32_MAX)
		return false;
	order(its, from, LPI_MOVE_ALL, 0, to);
	return true;
}

/* A redistributor that is not of its node hangs the one with that erratum. */
static bool sync_begin(struct mach_its *its, const struct command *c)
{
	uint32_t cpu = mach_rdbase(its->m, its->config.by_address, c->rdbase);

	if (cpu == UINT32_MAX)
		return false;
	if (its->config.node_last && (cpu < its->config.node_first || cpu > its->config.node_last)) {
		its->deaf = true;
		return true;
	}
	its->syncing = true;
	its->sync_moment = mach_lpi_ordered(its->m, cpu);
	return true;
}

static struct command decode(struct mach_its *its, uint64_t at)
{
	struct command c;

	for (uint32_t i = 0; i < 4; i++)
		c.word[i] = mach_dma_read(its->m, at + 8 * i, 8, coherent(its->cbaser));
	c.op = c.word[0] & 0xff;
	c.device = (uint32_t)(c.word[0] >> 32);
	c.event = (uint32_t)c.word[1];
	c.lpi = (uint32_t)(c.word[1] >> 32);
	c.collection = c.word[2] & 0xffff;
	c.rdbase = c.word[2] & UINT64_C(0x000fffffffff0000);
	c.valid = c.word[2] & VALID;
	return c;
}

static bool execute(struct mach_its *its, const struct command *c)
{
	switch (c->op) {
	case 0x01: return movi(its, c);
	case 0x03: return about_event(its, c, LPI_SET);
	case 0x04: return about_event(its, c, LPI_CLEAR);
	case 0x05: return sync_begin(its, c);
	case 0x08: return mapd(its, c);
	case 0x09: return mapc(its, c);
	case 0x0a: return mapti(its, c);
	case 0x0c: return inv(its, c);
	case 0x0d: return invall(its, c);
	case 0x0e: return movall(its, c);
	case 0x0f: return about_event(its, c, LPI_CLEAR);
	}
	return false;
}

/* ---- The queue ---- */

static uint32_t queue_bytes(const struct mach_its *its)
{
	return ((its->cbaser & 0xff) + 1) * 0x1000;
}

/* The SYNC at CREADR has been passed, or is waited for. */
static bool in_sync(struct mach_its *its, const struct command *c)
{
	uint32_t cpu = mach_rdbase(its->m, its->config.by_address, c->rdbase);

	if (!mach_lpi_done(its->m, cpu, its->sync_moment)) {
		its->next = mach_lpi_due(its->m, cpu);
		if (its->next <= its->m->step)
			its->next = its->m->step + 1;
		return false;
	}
	its->syncing = false;
	return true;
}

static void stall(struct mach_its *its, const struct command *c, bool asked)
{
	if (!asked && !its->config.stalls)
		mach_violate(its->m, "MODEL", "command %#x cannot be carried out: DeviceID %u event %u collection %u",
			     c->op, c->device, c->event, c->collection);
	its->stalled = true;
	mach_trace(its->m, "its stalls on command % at %", c->op, its->creadr);
}

/* One command, or part of its wait. */
static bool step(struct mach_its *its)
{
	struct command c = decode(its, (its->cbaser & UINT64_C(0x000ffffffffff000)) + its->creadr);
	bool refuse = its->refuse_in == 1;

	if (its->syncing) {
		if (!in_sync(its, &c))
			return false;
	} else {
		if (its->refuse_in)
			its->refuse_in--;
		if (refuse || !execute(its, &c)) {
			stall(its, &c, refuse);
			return false;
		}
		mach_trace(its->m, "its command % of DeviceID %", c.op, c.device);
		its->commands++;
		if (its->deaf || (its->syncing && !in_sync(its, &c)))
			return false;
	}
	its->creadr = (its->creadr + COMMAND) % queue_bytes(its);
	its->next = mach_later(its->m, its->m->chaos.post_now, its->m->chaos.post_max);
	return true;
}

static uint64_t its_due(struct mach *m, void *self)
{
	struct mach_its *its = self;

	if (mach_queues_stand(m) && its->next < m->queues_until)
		its->next = m->queues_until;
	while (its->enabled && !its->stalled && !its->deaf && its->creadr != its->cwriter)
		if (its->next > m->step || !step(its))
			break;
	if (!its->enabled || its->stalled || its->deaf || its->creadr == its->cwriter)
		return NEVER;
	return its->next;
}

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
	table_given(its, which);
}

static void cwriter_write(struct mach *m, struct mach_its *its, uint64_t value)
{
	if (its->lost)
		return;
	if (value & ~(uint64_t)(OFFSET | 1) || (value & OFFSET) >= queue_bytes(its) || !(its->cbaser & VALID))
		mach_violate(m, "MODEL", "GITS_CWRITER := %#llx", (unsigned long long)value);
	its->cwriter = value & OFFSET;
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
		if (value & VALID && !mach_dma_holds(m, value & UINT64_C(0x000ffffffffff000), queue_bytes(its)))
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
	struct event_ *e = its->enabled ? mapped_event(its, requester_id, data) : NULL;
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
	struct event_ *e = mapped_event(its, device_id, event);

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
