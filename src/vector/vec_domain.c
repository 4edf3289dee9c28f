/* SPDX-License-Identifier: MIT */
/* The vector space as the root end of a path. All under the record's (or block's) lock. */
#include "idspace/word.h"
#include "vector/vector.h"

/* Member i of a group has slot + i. */
static void set_place(const struct umsi_group *g, umsi_cpu cpu, uint32_t slot, bool told)
{
	for (uint32_t i = 0; i < g->count; i++) {
		g->member[i]->slot = slot + i;
		g->member[i]->told = told;
		umsi_store32(&g->member[i]->target, cpu);
	}
}

int umsi_vec_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_group g = umsi_group_of(&r);
	umsi_cpu cpu;
	uint32_t slot;
	bool revived;
	int status;

	status = umsi_vec_take_any(umsi_vec_of(d), where, &g, &cpu, &slot, &revived);
	if (status)
		return status;
	set_place(&g, cpu, slot, false);
	return UMSI_OK;
}

/* Slots no store was told about go back at once; any other retire. */
static void give_up(struct umsi_vec *v, const struct umsi_group *g, umsi_cpu cpu, uint32_t slot,
		    bool told, int settled)
{
	if (told)
		umsi_vec_retire(v, cpu, slot, g->count, settled);
	else
		umsi_vec_give(v, cpu, g, slot);
}

void umsi_vec_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_group g = umsi_group_of(&r);
	struct umsi_record *first = g.member[0];
	umsi_cpu cpu = umsi_load32(&first->target);
	uint32_t slot = first->slot;
	bool told = first->told;

	set_place(&g, UMSI_CPU_NONE, slot, told);
	give_up(umsi_vec_of(d), &g, cpu, slot, told, settled);
}

int umsi_vec_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);

	(void)d;
	for (uint32_t i = 0; i < g.count; i++)
		g.member[i]->told = true;
	/* The slots' table entries are visible before the store can send. */
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

void umsi_vec_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_record *first = umsi_record_leader(r);

	v->ops->compose(v, umsi_load32(&first->target), first->slot, out);
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
		give_up(v, g, mv->cpu, slot, mv->revived, UMSI_EGONE);
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
	return umsi_vec_take_any(v, &mv->where, g, &mv->cpu, &mv->slot, &mv->revived);
}

int umsi_vec_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_group g = umsi_group_of(&r);
	int status;

	mv->from = umsi_load32(&g.member[0]->target);
	status = mv->torn ? prepare_torn(v, &g, mv)
			  : umsi_vec_take_any(v, &mv->where, &g, &mv->cpu, &mv->slot, &mv->revived);
	if (status)
		return status;
	v->ops->compose(v, mv->cpu, mv->slot, &mv->message);
	return UMSI_OK;
}

void umsi_vec_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi_group g = umsi_group_of(&r);
	struct umsi_record *first = g.member[0];
	umsi_cpu old_cpu = umsi_load32(&first->target);
	uint32_t old_slot = first->slot;
	bool old_told = first->told;

	/* A revived slot may have messages under way even if the store is closed now. */
	set_place(&g, mv->cpu, mv->slot, mv->revived || mv->told);
	if (mv->transient)
		umsi_vec_retire(v, old_cpu, mv->slot, g.count, mv->settled);
	give_up(v, &g, old_cpu, old_slot, old_told, mv->settled);
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
		give_up(v, &g, mv->from, mv->slot, mv->told || mv->transient_revived, UMSI_EGONE);
	give_up(v, &g, mv->cpu, mv->slot, mv->told || mv->revived, UMSI_EGONE);
}

void umsi_vec_stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_vec *v = umsi_vec_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++) {
		struct umsi_vec_cpu *c = v->cpu[cpu];

		if (!c)
			continue;
		out->unowned += umsi_load64(&c->unowned);
		out->drains += umsi_load64(&c->drains);
		out->revived += umsi_load64(&c->revived);
		out->reaped += umsi_load64(&c->reaped);
		out->quarantined += c->quarantines;
		out->retiring += umsi_load32(&c->retiring);
		if (c->retiring_max > out->retiring_max)
			out->retiring_max = c->retiring_max;
	}
}
