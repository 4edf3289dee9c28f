/* SPDX-License-Identifier: MIT */
/*
 * A CPU's slots when it leaves. Everything is prepared before anything is
 * changed, so that a refusal changes nothing.
 *
 * Who may be sending to it: before the walk, movers that took a slot earlier;
 * each holds its record's lock until its flush has returned, and the walk takes
 * that lock. After the walk nobody; what was sent before is in the file or on
 * its way into it, and is met in umsi_vec_dead().
 */
#include "core/deadline.h"
#include "core/hold.h"
#include "vector/vector.h"

/* How long a store may refuse to be changed before the CPU cannot leave. */
#define STORE_WAIT_NS	200000000u

/* One interrupt's new place, prepared; or none: the last of its CPUs goes. */
struct leaver {
	struct umsi_record *r;
	uint32_t generation;
	bool broken, shut;
	struct umsi_move mv;
};

struct leave {
	struct umsi_vec *v;
	umsi_cpu cpu;
	struct leaver *leaver;
	uint32_t count;
};

static void set_open(struct umsi_vec *v, umsi_cpu cpu, bool open)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	umsi_store32(&c->open, open);
	umsi_vec_file(c, open ? umsi_ids_free_count(&c->ids) : UMSI_VEC_NOT_FILED);
	umsi_unlock(v->domain.m, &c->lock, state);
}

/*
 * Aimed at this CPU through this very slot? Also when it is still being made,
 * or is the freed first of a block whose others live; freed alone it has no target.
 */
static bool aimed_here(const struct leave *l, struct umsi_record *r, uint32_t slot)
{
	return umsi_record_leader(r) == r && umsi_load32(&r->target) == l->cpu && r->slot == slot;
}

/*
 * A place within its affinity, or else anywhere: first where it has slots for
 * good. A managed interrupt goes nowhere else.
 */
static int prepare(const struct leave *l, struct umsi_record *r, struct umsi_move *mv, bool *broken)
{
	struct umsi_domain *d = &l->v->domain;
	bool places = umsi_record_places(r);
	int status;

	mv->where.mask = r->mask;
	mv->where.cpu = r->affinity_cpu;
	mv->torn = umsi_move_is_torn(r);
	*broken = false;
	status = umsi_vec_move_prepare(d, r, mv);
	if (status != UMSI_ENOCPU && status != UMSI_ENOSLOT)
		return status;
	if ((r->wish & UMSI_WISH_STRICT) || (!places && !mv->where.mask && mv->where.cpu == UMSI_CPU_NONE))
		return status;
	mv->where = (struct umsi_where){ .cpu = UMSI_CPU_NONE };
	*broken = true;
	status = umsi_vec_move_prepare(d, r, mv);
	if (!places || status != UMSI_ENOCPU || umsi_record_is_managed(r))
		return status;
	mv->outside = true;
	return umsi_vec_move_prepare(d, r, mv);
}

static int prepare_one(struct leave *l, struct umsi_record *r)
{
	struct leaver *one = &l->leaver[l->count];
	int status;

	*one = (struct leaver){ .r = r, .generation = umsi_state_generation(umsi_load32(&r->state)) };
	status = prepare(l, r, &one->mv, &one->broken);
	if (status == UMSI_ENOCPU && umsi_record_is_managed(r)) {
		one->mv = (struct umsi_move){ .place = true };
		one->broken = false;
		one->shut = true;
		status = UMSI_OK;
	}
	l->count += !status;
	return status;
}

/* Slots were short, and some have become free. */
static bool again(struct leave *l, int *status)
{
	struct umsi_where any = { .cpu = UMSI_CPU_NONE };

	if (*status != UMSI_EAGAIN)
		return false;
	*status = umsi_vec_make_room(&l->v->domain, &any, true);
	return !*status;
}

static int prepare_slot(struct leave *l, uint32_t slot)
{
	struct umsi_record *r = umsi_load_ptr_acquire(&l->v->cpu[l->cpu]->table[slot]);
	uintptr_t state;
	int status;

	while (r) {
		state = umsi_record_enter(r);
		status = aimed_here(l, r, slot) ? prepare_one(l, r) : UMSI_OK;
		umsi_record_unlock(r, state);
		if (!again(l, &status))
			return status;
	}
	return UMSI_OK;
}

/*
 * Those that have only reserved a slot are in no table. As seldom as a CPU
 * leaves on which there are any, all records are looked at.
 */
static int prepare_counted(struct leave *l)
{
	const struct umsi_vec_cpu *c = l->v->cpu[l->cpu];
	struct umsi *m = l->v->domain.m;
	struct umsi_record *r;
	int status = UMSI_OK;
	uintptr_t state;

	if (!(umsi_load32(&c->aside_count) + umsi_load32(&c->owed)))
		return UMSI_OK;
	for (uint32_t n = 0; !status && (r = umsi_record_by_number(m, n)); n++) {
		if (umsi_load32(&r->target) != l->cpu)
			continue;
		state = umsi_record_enter(r);
		if (umsi_load32(&r->target) == l->cpu && umsi_vec_is_counted(r))
			status = prepare_one(l, r);
		umsi_record_unlock(r, state);
		n -= again(l, &status);
	}
	return status;
}

/* A slot was prepared, and it has given up its own meanwhile. */
static void reserve_instead(struct umsi_vec *v, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_group g = umsi_group_of(&r);

	if (mv->transient)
		umsi_vec_give_up(v, r, mv->from, mv->slot, mv->transient_revived, UMSI_EGONE);
	umsi_vec_set_aside(v, mv->cpu, &g, mv->slot, mv->revived, UMSI_EGONE);
	mv->slot = 0;
	mv->transient = false;
	mv->revived = false;
}

static int use_place(struct umsi_vec *v, struct leaver *one)
{
	struct umsi_record *r = one->r;

	if (one->shut) {
		umsi_vec_shut_down(r);
		return UMSI_OK;
	}
	/* It may have been requested, or released, since it was prepared. */
	one->mv.torn = umsi_move_is_torn(r);
	if (one->mv.slot && umsi_vec_is_counted(r))
		reserve_instead(v, r, &one->mv);
	return umsi_move_finish(r, &one->mv);
}

static int finish_locked(struct leave *l, struct leaver *one, bool use)
{
	struct umsi_record *r = one->r;
	int status;

	if (!use || umsi_load32(&r->target) != l->cpu ||
	    umsi_state_generation(umsi_load32(&r->state)) != one->generation) {
		umsi_vec_move_abort(&l->v->domain, r, &one->mv);
		return UMSI_OK;
	}
	status = use_place(l->v, one);
	if (status != UMSI_OK && status != UMSI_EGONE)
		return status;
	if (one->broken && !r->broken)
		umsi_fetch_add64(&r->m->count.affinity_broken, 1);
	r->broken = one->broken;
	return UMSI_OK;
}

/* The place is used, or given up if the interrupt has moved or gone meanwhile. */
static int finish(struct leave *l, struct leaver *one, bool use)
{
	struct umsi_hold hold;
	int status;

	umsi_hold_enter(one->r, &hold);
	status = finish_locked(l, one, use);
	umsi_hold_unlock(one->r, &hold);
	return status;
}

static int evacuate(struct leave *l)
{
	int status = UMSI_OK, refused = UMSI_OK;

	l->count = 0;
	for (uint32_t slot = l->v->first; slot < l->v->nslots && !status; slot++)
		status = prepare_slot(l, slot);
	if (!status)
		status = prepare_counted(l);
	for (uint32_t i = 0; i < l->count; i++) {
		int one = finish(l, &l->leaver[i], status == UMSI_OK);

		refused = one ? one : refused;
	}
	return status ? status : refused;
}

/* Again for stores that said "not now". */
static int evacuate_all(struct leave *l)
{
	struct umsi_deadline wait = umsi_deadline_in(l->v->domain.m->host, STORE_WAIT_NS);
	int status;

	while ((status = evacuate(l)) == UMSI_EAGAIN && umsi_deadline_left(&wait))
		umsi_host_relax(wait.host);
	return status;
}

static uint64_t ripe_at(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	uint64_t at = 0;

	for (uint32_t i = 0; i < 2; i++)
		if (c->batch[i].count && c->batch[i].not_before_ns > at)
			at = c->batch[i].not_before_ns;
	umsi_unlock(v->domain.m, &c->lock, state);
	return at;
}

/*
 * What a flush left on its way here (M1) must have arrived before the CPU asks
 * its controller for the last time. Roots that age every slot look after it there.
 */
static void wait_for_age(struct umsi_vec *v, umsi_cpu cpu)
{
	void *host = v->domain.m->host;

	while (!v->ageing && umsi_host_time_ns(host) < ripe_at(v, v->cpu[cpu]))
		umsi_host_relax(host);
}

int umsi_vec_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct leave l = { .v = umsi_vec_of(d), .cpu = cpu };
	size_t bytes = l.v->nslots * sizeof(*l.leaver);
	int status;

	if (!l.v->cpu[cpu])
		return UMSI_OK;
	l.leaver = umsi_host_alloc(d->m->host, bytes);
	if (!l.leaver)
		return UMSI_ENOMEM;
	set_open(l.v, cpu, false);
	status = evacuate_all(&l);
	if (status)
		umsi_vec_stay(d, cpu);
	else
		wait_for_age(l.v, cpu);
	umsi_host_free(d->m->host, l.leaver, bytes);
	return status;
}

void umsi_vec_stay(struct umsi_domain *d, umsi_cpu cpu)
{
	if (!umsi_vec_of(d)->cpu[cpu])
		return;
	set_open(umsi_vec_of(d), cpu, true);
	/* Managed interrupts may have been shut before somebody else refused. */
	umsi_vec_started(d, cpu);
}

void umsi_vec_forward(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	/* No barrier behind the claim: since the CPU was left nobody has changed the entry of a slot that is owned. */
	struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

	if (r)
		umsi_inbox_trigger(r);
	else
		umsi_vec_unowned(v, c, slot);
}

void umsi_vec_dead(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	struct umsi *m = v->domain.m;
	uintptr_t state = umsi_lock(m, &c->lock);
	uint64_t req = umsi_load64(&c->req);

	/* Every claim was handed on, and nothing more can come: all that retires here is quiet. */
	c->marker_out = false;
	c->marker_claimed = false;
	c->marker_req = req;
	umsi_barrier_look_to_done();
	umsi_store64_release(&c->done, req);
	umsi_vec_reap_locked(v, c);
	umsi_unlock(m, &c->lock, state);
}
