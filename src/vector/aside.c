/* SPDX-License-Identifier: MIT */
/*
 * What an interrupt may wish of its slot. Reserved: to have none while it is
 * not requested, and to be sure of one. Free slots are set aside for that, on the CPU
 * the interrupt is aimed at: out of the set of ids, so that taking one costs
 * nobody a thought. Any of them serves any of those interrupts.
 *
 * One that is released has its slot retire, and wants one set aside at once. If
 * no slot is free then the CPU owes it one. It owes no more than such slots
 * are retiring: so who has none of these finds one set aside, and who has takes
 * its own back. A request cannot fail.
 *
 * A band: a slot that no store was told about yet is exchanged for one of it.
 */
#include "core/trace.h"
#include "vector/slots.h"

/* ---- Set aside; the slot lock is held. ---- */

static void mark_aside(struct umsi_vec_cpu *c, uint32_t slot)
{
	c->aside[slot / 64] |= UINT64_C(1) << (slot % 64);
	umsi_store32(&c->aside_count, umsi_load32(&c->aside_count) + 1);
}

static void add_owed(struct umsi_vec_cpu *c, uint32_t n)
{
	umsi_store32(&c->owed, umsi_load32(&c->owed) + n);
}

static uint32_t take_aside(struct umsi_vec_cpu *c)
{
	uint32_t w = 0, bit;

	while (!c->aside[w])
		w++;
	bit = umsi_lowest_bit(c->aside[w]);
	c->aside[w] &= c->aside[w] - 1;
	umsi_store32(&c->aside_count, umsi_load32(&c->aside_count) - 1);
	return w * 64 + bit;
}

/* Who reserved one here wants it no more, or has its own: first what is only owed. */
static void drop_one(struct umsi_vec_cpu *c)
{
	if (umsi_load32(&c->owed))
		add_owed(c, UINT32_MAX);
	else
		umsi_ids_give(&c->ids, take_aside(c));
}

void umsi_vec_pay_owed(struct umsi_vec_cpu *c)
{
	while (umsi_load32(&c->owed) && umsi_ids_free_count(&c->ids)) {
		add_owed(c, UINT32_MAX);
		mark_aside(c, umsi_ids_take_block(&c->ids, 0));
	}
	/* Then the next that is given back is not just put into the hand. */
	if (umsi_load32(&c->owed))
		umsi_ids_let_go(&c->ids);
}

static void retire_and_owe(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, int settled)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	/* Before it retires, so that it is there when its slot is free. */
	add_owed(c, 1);
	umsi_vec_pay_owed(c);
	umsi_vec_note_free(c);
	umsi_unlock(v->domain.m, &c->lock, state);
	umsi_vec_retire(v, cpu, slot, 1, settled);
}

void umsi_vec_set_aside(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot, bool told,
			int settled)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state;

	if (told) {
		retire_and_owe(v, cpu, slot, settled);
		return;
	}
	state = umsi_lock(v->domain.m, &c->lock);
	umsi_store_ptr(&c->table[slot], NULL);
	umsi_trace_rare(g->member[0], UMSI_TRACE_SLOT_GIVE, cpu, slot);
	mark_aside(c, slot);
	umsi_unlock(v->domain.m, &c->lock, state);
	umsi_record_put(g->member[0]);
}

void umsi_vec_put_back(struct umsi_vec *v, umsi_cpu cpu)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	drop_one(c);
	umsi_vec_note_free(c);
	umsi_unlock(v->domain.m, &c->lock, state);
}

/* Its own slot, if that retires here still; else one of those set aside. */
static int bind_locked(struct umsi_vec *v, struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot,
		       bool *revived)
{
	umsi_vec_reap_locked(v, c);
	*revived = umsi_vec_revive(c, g, slot);
	if (*revived) {
		drop_one(c);
	} else if (umsi_load32(&c->aside_count)) {
		*slot = take_aside(c);
		umsi_vec_own_slot(c, g->member[0], *slot);
	} else {
		return UMSI_ENOSLOT;
	}
	umsi_vec_note_free(c);
	return UMSI_OK;
}

static int bind_here(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot, bool *revived)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	int status = umsi_load32(&c->open) ? bind_locked(v, c, g, slot, revived) : UMSI_ENOCPU;

	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

int umsi_vec_bind(struct umsi_vec *v, struct umsi_record *r)
{
	struct umsi_spot spot = { .where = { .mask = r->mask, .cpu = r->affinity_cpu } };
	struct umsi_group g = umsi_group_of(&r);
	umsi_cpu was = umsi_load32(&r->target), cpu = was;
	bool revived;
	int status;

	if (!umsi_vec_is_counted(r))
		return UMSI_OK;
	status = bind_here(v, cpu, &g, &r->slot, &revived);
	if (status == UMSI_ENOCPU) {
		status = umsi_vec_take_any(v, r, &spot);
		cpu = spot.cpu;
		r->slot = spot.slot;
		revived = spot.revived;
		if (!status)
			umsi_vec_put_back(v, was);
	}
	if (status) {
		r->slot = 0;
		return status;
	}
	umsi_store32(&r->target, cpu);
	if (!revived)
		umsi_vec_into_band(v, cpu, &g, &r->slot);
	return UMSI_OK;
}

/* ---- Bands ---- */

/* From the most urgent slot on: the first quarter, half, the last quarter. */
static void band_slots(const struct umsi_vec *v, uint32_t band, uint32_t *first, uint32_t *last)
{
	uint32_t n = v->nslots - v->first, quarter = n / 4;
	uint32_t begin = band == UMSI_BAND_URGENT ? 0 : band == UMSI_BAND_NORMAL ? quarter : n - quarter;
	uint32_t end = band == UMSI_BAND_URGENT ? quarter : band == UMSI_BAND_NORMAL ? n - quarter : n;

	*first = v->first + (v->higher_first ? n - end : begin);
	*last = v->first + (v->higher_first ? n - begin : end) - 1;
}

static bool in_band(const struct umsi_vec *v, uint32_t slot, uint32_t band)
{
	uint32_t first, last;

	band_slots(v, band, &first, &last);
	return slot >= first && slot <= last;
}

enum umsi_irq_band umsi_vec_band_of(struct umsi_domain *d, const struct umsi_record *r)
{
	if (!r->slot || umsi_load32(&r->target) == UMSI_CPU_NONE)
		return UMSI_BAND_ANY;
	for (uint32_t band = UMSI_BAND_URGENT; band < UMSI_BAND_BACKGROUND; band++)
		if (in_band(umsi_vec_of(d), r->slot, band))
			return (enum umsi_irq_band)band;
	return UMSI_BAND_BACKGROUND;
}

/* A free slot of a better liked band than @slot is of, or UMSI_IDS_NONE. */
static uint32_t take_better(const struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t wished, uint32_t slot)
{
	static const uint8_t liked[][3] = {
		[UMSI_BAND_URGENT] = { UMSI_BAND_URGENT, UMSI_BAND_NORMAL, UMSI_BAND_BACKGROUND },
		[UMSI_BAND_NORMAL] = { UMSI_BAND_NORMAL, UMSI_BAND_BACKGROUND, UMSI_BAND_URGENT },
		[UMSI_BAND_BACKGROUND] = { UMSI_BAND_BACKGROUND, UMSI_BAND_NORMAL, UMSI_BAND_URGENT },
	};
	uint32_t first, last, id;

	for (uint32_t i = 0; i < 3 && !in_band(v, slot, liked[wished][i]); i++) {
		band_slots(v, liked[wished][i], &first, &last);
		id = umsi_ids_take_range(&c->ids, first, last);
		if (id != UMSI_IDS_NONE)
			return id;
	}
	return UMSI_IDS_NONE;
}

void umsi_vec_into_band(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	struct umsi_record *r = g->member[0];
	uint32_t id = UMSI_IDS_NONE;
	uintptr_t state;

	if (!(r->wish & UMSI_WISH_BAND))
		return;
	state = umsi_lock(v->domain.m, &c->lock);
	if (umsi_load32(&c->open))
		id = take_better(v, c, r->wish & UMSI_WISH_BAND, *slot);
	if (id != UMSI_IDS_NONE) {
		umsi_vec_own_slot(c, r, id);
		umsi_store_ptr(&c->table[*slot], NULL);
		umsi_trace_rare(r, UMSI_TRACE_SLOT_GIVE, cpu, *slot);
		umsi_ids_give(&c->ids, *slot);
		umsi_vec_note_free(c);
		*slot = id;
	}
	umsi_unlock(v->domain.m, &c->lock, state);
	if (id != UMSI_IDS_NONE)
		umsi_record_put(r);
}

void umsi_vec_grant(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_group g = umsi_group_of(&r);
	umsi_cpu cpu = umsi_load32(&r->target);
	uint32_t slot = r->slot;
	bool told = r->told;

	if (!slot)
		return;
	if (!(r->wish & UMSI_WISH_COUNTED)) {
		if (!told)
			umsi_vec_into_band(umsi_vec_of(d), cpu, &g, &r->slot);
		return;
	}
	r->slot = 0;
	r->told = false;
	umsi_vec_set_aside(umsi_vec_of(d), cpu, &g, slot, told, settled);
}
