/* SPDX-License-Identifier: MIT */
/*
 * An ITS's commands: one step after another through the queue; what one orders of a redistributor
 * is carried out there later still, and SYNC waits for that.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "ITS commands", "The ITS command interface".
 */
#include <stdlib.h>

#include "its.h"

#define COMMAND		32u

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
	struct device_ *d = its_find_device(its, c->device);

	if (!d)
		return true;
	must_be_empty(its, d);
	its_table_keep(its, DEVICES_BASER, c->device, false);
	free(d->event);
	*d = its->device[--its->devices];
	return true;
}

/* "If multiple ITTs overlap in memory, behaviour is unpredictable". */
static void must_be_alone(struct mach_its *its, const struct device_ *d)
{
	for (uint32_t i = 0; i < its->devices; i++) {
		const struct device_ *other = &its->device[i];

		if (other != d && d->itt < other->itt + its_itt_bytes(its, other->bits) &&
		    other->itt < d->itt + its_itt_bytes(its, d->bits))
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
	    !its_table_has(its, DEVICES_BASER, c->device))
		return false;
	unmapd(its, c);
	its->device = realloc(its->device, (its->devices + 1) * sizeof(*its->device));
	d = &its->device[its->devices++];
	*d = (struct device_){ .id = c->device, .bits = bits, .itt = c->word[2] & UINT64_C(0x000fffffffffff00),
			       .event = calloc(1u << bits, sizeof(*d->event)) };
	if (!mach_dma_holds(its->m, d->itt, its_itt_bytes(its, bits)))
		mach_violate(its->m, "MODEL", "MAPD: no memory for %u events of DeviceID %u", 1u << bits, c->device);
	its_must_be_zero(its, d->itt, its_itt_bytes(its, bits), its_coherent(its->baser[DEVICES_BASER]), "an ITT");
	must_be_alone(its, d);
	its_table_keep(its, DEVICES_BASER, c->device, true);
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
	    (c->collection >= its->config.own_collections && !its_table_has(its, COLLECTIONS_BASER, c->collection)))
		return false;
	k = &its->collection[c->collection];
	if (!c->valid) {
		if (k->mapped && collection_used(its, c->collection))
			mach_violate(its->m, "MODEL", "collection %u unmapped while events lead there", c->collection);
		k->mapped = false;
		if (c->collection >= its->config.own_collections)
			its_table_keep(its, COLLECTIONS_BASER, c->collection, false);
		return true;
	}
	if (cpu == UINT32_MAX)
		return false;
	if (k->mapped && k->cpu != cpu && collection_used(its, c->collection))
		mach_violate(its->m, "MODEL", "collection %u mapped anew while events lead there", c->collection);
	*k = (struct collection_){ .mapped = true, .cpu = cpu };
	if (c->collection >= its->config.own_collections)
		its_table_keep(its, COLLECTIONS_BASER, c->collection, true);
	return true;
}

/* The ITS writes its own entries. */
static void itt_keep(struct mach_its *its, const struct command *c, bool valid)
{
	const struct device_ *d = its_find_device(its, c->device);
	uint64_t bytes = its_itt_bytes(its, d->bits) >> d->bits;

	mach_dma_write(its->m, d->itt + c->event * bytes, 1, valid);
}

static bool mapti(struct mach_its *its, const struct command *c)
{
	struct event_ *e = its_find_event(its, c->device, c->event);

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
	struct event_ *e = its_mapped_event(its, c->device, c->event);
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
	struct event_ *e = its_mapped_event(its, c->device, c->event);

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
	struct event_ *e = its_mapped_event(its, c->device, c->event);

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
		c.word[i] = mach_dma_read(its->m, at + 8 * i, 8, its_coherent(its->cbaser));
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

uint32_t its_queue_bytes(const struct mach_its *its)
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
	its->creadr = (its->creadr + COMMAND) % its_queue_bytes(its);
	its->next = mach_later(its->m, its->m->chaos.post_now, its->m->chaos.post_max);
	return true;
}

uint64_t its_due(struct mach *m, void *self)
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
