/* SPDX-License-Identifier: MIT */
/* The vector space as the root end of a path. All under the record's (or block's) lock. */
#include "core/block.h"
#include "idspace/word.h"
#include "vector/slots.h"

static inline void set_one(struct umsi_record *r, umsi_cpu cpu, uint32_t slot, bool told)
{
	r->slot = slot;
	r->told = told;
	umsi_store32(&r->target, cpu);
}

/* Member i of a block has slot + i. */
static void set_place(struct umsi_record *r, umsi_cpu cpu, uint32_t slot, bool told)
{
	struct umsi_group g = umsi_group_of(&r);

	for (uint32_t i = 0; i < g.count; i++)
		set_one(g.member[i], cpu, slot + i, told);
}

/* A slot on every CPU; aimed at the best of those that are online, if any is. */
static int reserve_places(struct umsi_vec *v, struct umsi_record *r, const struct umsi_where *where)
{
	const struct umsi_place *place;
	int status = umsi_vec_take_places(v, r, where);

	if (status)
		return status;
	place = umsi_vec_choose_place(v, r, where);
	if (!place && !umsi_record_is_managed(r)) {
		umsi_vec_drop_places(v, r, UMSI_OK);
		return UMSI_ENOCPU;
	}
	if (!place)
		place = &umsi_record_places(r)->at[0];
	set_place(r, place->cpu, place->slot, false);
	return UMSI_OK;
}

/* Places, or a block. */
static UMSI_VEC_RARE int reserve_many(struct umsi_vec *v, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_spot spot = { .where = *where };
	int status;

	if (umsi_record_places(r))
		return reserve_places(v, r, where);
	status = umsi_vec_take_any(v, umsi_record_leader(r), &spot);
	if (!status)
		set_place(r, spot.cpu, spot.slot, false);
	return status;
}

int umsi_vec_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_spot spot;
	int status;

	if (umsi_record_block(r))
		return reserve_many(v, r, where);
	spot.where = *where;
	status = UMSI_HAS_NODES && where->more && where->cpu == UMSI_CPU_NONE ? umsi_vec_take_next(v, r, &spot)
									     : umsi_vec_take_any(v, r, &spot);
	if (!status)
		set_one(r, spot.cpu, spot.slot, false);
	return status;
}

static uint32_t slots_of(const struct umsi_record *r)
{
	const struct umsi_block *block = umsi_record_block(r);

	return block ? block->count : 1;
}

void umsi_vec_give_up(struct umsi_vec *v, struct umsi_record *r, umsi_cpu cpu, uint32_t slot, bool told,
		      int settled)
{
	if (told)
		umsi_vec_retire(v, cpu, slot, slots_of(r), settled);
	else if (slot)
		umsi_vec_give(v, cpu, r, slot);
	else
		umsi_vec_put_back(v, cpu);
}

void umsi_vec_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_record *first = umsi_record_leader(r);
	umsi_cpu cpu = umsi_load32(&first->target);
	uint32_t slot = first->slot;
	bool told = first->told;

	set_place(first, UMSI_CPU_NONE, slot, told);
	if (!umsi_vec_is_place(first, cpu, slot))
		umsi_vec_give_up(umsi_vec_of(d), first, cpu, slot, told, settled);
	if (umsi_record_places(first))
		umsi_vec_drop_places(umsi_vec_of(d), first, settled);
}

/*
 * Before the store opens: at a CPU that is online, if it was allocated while others were. It
 * may have been elsewhere, since none of its own was, and that CPU is now being left.
 */
static int aim_at_place(struct umsi_vec *v, struct umsi_record *r)
{
	struct umsi_where where = { .mask = r->mask, .cpu = r->affinity_cpu };
	umsi_cpu old_cpu = umsi_load32(&r->target);
	const struct umsi_place *place;
	uint32_t old_slot = r->slot;

	if (umsi_load32(&v->cpu[old_cpu]->open))
		return UMSI_OK;
	place = umsi_vec_choose_place(v, r, &where);
	if (!place)
		place = umsi_vec_choose_place(v, r, &(struct umsi_where){ .cpu = UMSI_CPU_NONE });
	if (!place)
		return UMSI_ENOCPU;
	set_place(r, place->cpu, place->slot, r->told);
	if (!umsi_vec_is_place(r, old_cpu, old_slot))
		umsi_vec_give_up(v, r, old_cpu, old_slot, r->told, r->unsettled ? UMSI_EGONE : UMSI_OK);
	return UMSI_OK;
}

/* It has wishes, or more than one slot. */
static __attribute__((noinline)) int activate_unusual(struct umsi_vec *v, struct umsi_record *r)
{
	int status = umsi_record_wish(r) ? umsi_vec_bind(v, r) : UMSI_OK;
	struct umsi_group g = umsi_group_of(&r);

	if (!status && umsi_record_places(r))
		status = aim_at_place(v, r);
	for (uint32_t i = 0; !status && i < g.count; i++)
		g.member[i]->told = true;
	return status;
}

int umsi_vec_activate(struct umsi_domain *d, struct umsi_record *r)
{
	int status = UMSI_OK;

	if (__builtin_expect(umsi_record_wish(r) || umsi_record_block(r), 0))
		status = activate_unusual(umsi_vec_of(d), r);
	else
		r->told = true;
	/* The slots' table entries are visible before the store can send. */
	umsi_barrier_publish_to_message();
	return status;
}

void umsi_vec_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_record *first = umsi_record_leader(r);

	v->ops->compose(v, umsi_load32(&first->target), first->slot, out);
}

static int take_any(struct umsi_vec *v, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_spot spot = { .where = mv->where };
	int status = umsi_vec_take_any(v, r, &spot);

	mv->cpu = spot.cpu;
	mv->slot = spot.slot;
	mv->revived = spot.revived;
	return status;
}

static bool own_pair(struct umsi_vec *v, const struct umsi_group *g, uint32_t slot,
		     struct umsi_move *mv)
{
	mv->slot = slot;
	if (!umsi_vec_take_at(v, mv->cpu, g, slot, &mv->revived))
		return false;
	mv->transient = umsi_vec_take_at(v, mv->from, g, slot, &mv->transient_revived);
	/* Whether the flush of one that was revived had proved anything is forgotten. */
	if (!mv->transient)
		umsi_vec_give_up(v, g->member[0], mv->cpu, slot, mv->revived, UMSI_EGONE);
	return mv->transient;
}

/*
 * R3 (ii): a number that can be owned on both CPUs: free, or retiring and the
 * interrupt's own. Never two slot locks at once, so one that both had may be
 * gone when it is taken.
 */
static bool own_on_both(struct umsi_vec *v, const struct umsi_group *g, struct umsi_move *mv)
{
	uint64_t old[UMSI_VEC_WORDS_MAX], new[UMSI_VEC_WORDS_MAX];

	umsi_vec_ownable(v, mv->from, g, old);
	umsi_vec_ownable(v, mv->cpu, g, new);
	for (uint32_t w = 0; w < (v->nslots + 63) / 64; w++)
		for (uint64_t left = old[w] & new[w]; left; left &= left - 1)
			if (own_pair(v, g, w * 64 + umsi_lowest_bit(left), mv))
				return true;
	return false;
}

/* R3: best the same number on the new CPU, so that only the address changes. */
static int prepare_torn(struct umsi_vec *v, const struct umsi_group *g, struct umsi_move *mv)
{
	uint32_t slot = g->member[0]->slot;

	mv->cpu = umsi_vec_choose(v, &mv->where);
	if (mv->cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	if (umsi_vec_take_at(v, mv->cpu, g, slot, &mv->revived)) {
		mv->slot = slot;
		return UMSI_OK;
	}
	if (own_on_both(v, g, mv))
		return UMSI_OK;
	return take_any(v, g->member[0], mv);
}

/* It owns the new place already. R3: where the numbers differ, the mixture is owned if it is free, or replayed. */
static int prepare_place(struct umsi_vec *v, const struct umsi_group *g, struct umsi_move *mv)
{
	struct umsi_record *r = g->member[0];
	const struct umsi_place *place = umsi_vec_choose_place(v, r, &mv->where);

	if (!place)
		return UMSI_ENOCPU;
	mv->place = true;
	mv->cpu = place->cpu;
	mv->slot = place->slot;
	if (mv->torn && mv->slot != r->slot)
		mv->transient = umsi_vec_take_at(v, mv->from, g, mv->slot, &mv->transient_revived);
	return UMSI_OK;
}

/* A number of its band, where another would do as well; or none, if it has none to give up. */
static UMSI_VEC_RARE void as_wished(struct umsi_vec *v, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_group g = umsi_group_of(&r);

	if (umsi_vec_is_counted(g.member[0])) {
		umsi_vec_set_aside(v, mv->cpu, &g, mv->slot, mv->revived, UMSI_EGONE);
		mv->slot = 0;
		mv->revived = false;
	} else if (!mv->torn && !mv->revived) {
		umsi_vec_into_band(v, mv->cpu, &g, &mv->slot);
	}
}

int umsi_vec_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_group g = umsi_group_of(&r);
	int status;

	mv->from = umsi_load32(&g.member[0]->target);
	if (umsi_record_places(r) && !mv->outside)
		status = prepare_place(v, &g, mv);
	else
		status = mv->torn ? prepare_torn(v, &g, mv) : take_any(v, g.member[0], mv);
	if (status)
		return status;
	if (umsi_record_wish(r) && !mv->place)
		as_wished(v, r, mv);
	v->ops->compose(v, mv->cpu, mv->slot, &mv->message);
	return UMSI_OK;
}

void umsi_vec_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_record *first = umsi_record_leader(r);
	umsi_cpu old_cpu = umsi_load32(&first->target);
	uint32_t old_slot = first->slot;
	bool old_told = first->told;

	/* A revived slot may have messages under way even if the store is closed now; of many that are kept any may. */
	set_place(first, mv->cpu, mv->slot,
		  mv->revived || mv->told || (umsi_record_places(first) && old_told));
	if (mv->transient)
		umsi_vec_retire(v, old_cpu, mv->slot, slots_of(first), mv->settled);
	if (!umsi_vec_is_place(first, old_cpu, old_slot))
		umsi_vec_give_up(v, first, old_cpu, old_slot, old_told, mv->settled);
}

/*
 * The store refused. If it was told, it may hold the new message, the old one
 * or a mix; if not, only a revived slot has a past. Nothing was flushed since,
 * so what retires here waits for its age.
 */
void umsi_vec_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_group g = umsi_group_of(&r);

	if (mv->transient)
		umsi_vec_give_up(v, g.member[0], mv->from, mv->slot, mv->told || mv->transient_revived, UMSI_EGONE);
	/* If it was told, the places may have messages under way from now on. */
	if (mv->place)
		r->told |= mv->told;
	else
		umsi_vec_give_up(v, g.member[0], mv->cpu, mv->slot, mv->told || mv->revived, UMSI_EGONE);
}

bool umsi_vec_reaches(struct umsi_domain *d, umsi_cpu cpu)
{
	return umsi_vec_of(d)->cpu[cpu];
}

uint64_t umsi_vec_room(struct umsi_domain *d)
{
	struct umsi_vec *v = umsi_vec_of(d);
	uint64_t n = 0;

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (v->cpu[cpu] && umsi_load32(&v->cpu[cpu]->open))
			n += umsi_load32(&v->cpu[cpu]->free) + umsi_load32(&v->cpu[cpu]->retiring) -
			     umsi_load32(&v->cpu[cpu]->owed);
	return n;
}

void umsi_vec_stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_vec *v = umsi_vec_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++) {
		struct umsi_vec_cpu *c = v->cpu[cpu];
		uint32_t most;

		if (!c)
			continue;
		out->unowned += umsi_load64(&c->unowned);
		out->drains += umsi_load64(&c->drains);
		out->revived += umsi_load64(&c->revived);
		out->reaped += umsi_load64(&c->reaped);
		out->quarantined += umsi_load32(&c->quarantines);
		out->retiring += umsi_load32(&c->retiring);
		most = umsi_load32(&c->retiring_max);
		if (most > out->retiring_max)
			out->retiring_max = most;
	}
}
