/* SPDX-License-Identifier: MIT */
/* The vector space as the root end of a path. All under the record's lock. */
#include "vector/vector.h"

int umsi_vec_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	umsi_cpu cpu;
	uint16_t slot;
	bool revived;
	int status;

	status = umsi_vec_take_any(umsi_vec_of(d), where, r, &cpu, &slot, &revived);
	if (status)
		return status;
	r->slot = slot;
	r->told = false;
	umsi_store32(&r->target, cpu);
	return UMSI_OK;
}

/* A slot no store was told about goes back at once; any other retires. */
static void give_up(struct umsi_vec *v, struct umsi_record *r, umsi_cpu cpu, uint16_t slot,
		    bool told, int settled)
{
	if (told)
		umsi_vec_retire(v, cpu, slot, settled);
	else
		umsi_vec_give(v, cpu, r, slot);
}

void umsi_vec_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	give_up(umsi_vec_of(d), r, umsi_load32(&r->target), r->slot, r->told, settled);
	umsi_store32(&r->target, UMSI_CPU_NONE);
}

int umsi_vec_activate(struct umsi_domain *d, struct umsi_record *r)
{
	(void)d;
	r->told = true;
	/* The slot's table entry is visible before the store can send. */
	umsi_barrier_publish_to_message();
	return UMSI_OK;
}

void umsi_vec_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct umsi_vec *v = umsi_vec_of(d);

	v->ops->compose(v, umsi_load32(&r->target), r->slot, out);
}

int umsi_vec_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_vec *v = umsi_vec_of(d);
	int status;

	status = umsi_vec_take_any(v, &mv->where, r, &mv->cpu, &mv->slot, &mv->revived);
	if (status)
		return status;
	v->ops->compose(v, mv->cpu, mv->slot, &mv->message);
	return UMSI_OK;
}

void umsi_vec_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	umsi_cpu old_cpu = umsi_load32(&r->target);
	uint16_t old_slot = r->slot;
	bool old_told = r->told;

	r->slot = mv->slot;
	umsi_store32(&r->target, mv->cpu);
	/* A revived slot may have messages under way even if the store is closed now. */
	r->told = mv->revived || r->phase == UMSI_PHASE_ACTIVE;
	give_up(umsi_vec_of(d), r, old_cpu, old_slot, old_told, mv->settled);
}

/*
 * The store refused. If it was told, it may hold the new message, the old one
 * or a mix, so the new slot ages too; if not, only a revived one has a past.
 */
void umsi_vec_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv)
{
	give_up(umsi_vec_of(d), r, mv->cpu, mv->slot, mv->told || mv->revived,
		mv->told ? UMSI_EGONE : UMSI_OK);
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
