/* SPDX-License-Identifier: MIT */
/* Which CPU gets an interrupt, and what to do when none has room. */
#include "vector/slots.h"

/* How long a CPU may take to prove its slots quiet once asked. */
#define DRAIN_WAIT_NS	100000000u

static bool permitted(const struct umsi_vec *v, const struct umsi_where *where, umsi_cpu cpu)
{
	if (!v->cpu[cpu] || !umsi_cpu_open(v->domain.m, cpu))
		return false;
	return !umsi_where_is_set(where) || umsi_mask_has(where->mask, cpu);
}

/* The first permitted CPU from @cpu on. A set costs what is in it; a named CPU is looked at alone. */
static umsi_cpu next_permitted(const struct umsi_vec *v, const struct umsi_where *where, umsi_cpu cpu)
{
	uint32_t ncpus = v->domain.m->ncpus;

	if (where->cpu != UMSI_CPU_NONE) {
		if (cpu > where->cpu || !permitted(v, where, where->cpu))
			return UMSI_CPU_NONE;
		return where->cpu;
	}
	for (; cpu < ncpus; cpu++) {
		if (umsi_where_is_set(where))
			cpu = umsi_mask_next(where->mask, cpu);
		if (cpu == UMSI_CPU_NONE || permitted(v, where, cpu))
			return cpu;
	}
	return UMSI_CPU_NONE;
}

/* The permitted CPU with most of what @value counts. */
static umsi_cpu most(struct umsi_vec *v, const struct umsi_where *where,
		     uint32_t (*value)(const struct umsi_vec_cpu *c))
{
	umsi_cpu best = next_permitted(v, where, 0);
	uint32_t best_value = best == UMSI_CPU_NONE ? 0 : value(v->cpu[best]);

	for (umsi_cpu cpu = best; cpu != UMSI_CPU_NONE; cpu = next_permitted(v, where, cpu + 1)) {
		uint32_t n = value(v->cpu[cpu]);

		if (n <= best_value)
			continue;
		best = cpu;
		best_value = n;
	}
	return best;
}

static uint32_t free_of(const struct umsi_vec_cpu *c)
{
	return umsi_load32(&c->free);
}

static uint32_t retiring_of(const struct umsi_vec_cpu *c)
{
	return umsi_load32(&c->retiring);
}

/* A set that is a whole node, or all CPUs, has one that knows. */
struct umsi_vec_cpu *umsi_vec_best_of_set(const struct umsi_vec *v, const struct umsi_where *where)
{
	const struct umsi_mask *mask = where->mask;

	if (mask->node == UMSI_MASK_ALL_CPUS)
		return umsi_vec_best_of_all(v);
	return mask->node == UMSI_MASK_ANY_CPUS ? NULL : umsi_load_ptr(&v->node[mask->node]->best);
}

umsi_cpu umsi_vec_choose(struct umsi_vec *v, const struct umsi_where *where)
{
	const struct umsi_vec_cpu *c = NULL;

	if (where->cpu == UMSI_CPU_NONE)
		c = umsi_where_is_set(where) ? umsi_vec_best_of_set(v, where) : umsi_vec_best_of_all(v);
	/* Unless it is just coming or going. */
	return c && umsi_cpu_open(v->domain.m, c->cpu) ? c->cpu : most(v, where, free_of);
}

/* The permitted CPUs one by one, those that seem to have room. */
static int take_anywhere(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot)
{
	int status, worst = UMSI_ENOCPU;

	for (umsi_cpu at = next_permitted(v, &spot->where, 0); at != UMSI_CPU_NONE;
	     at = next_permitted(v, &spot->where, at + 1)) {
		status = umsi_vec_take(v, at, r, spot);
		if (status == UMSI_OK)
			return UMSI_OK;
		if (status == UMSI_EAGAIN || worst == UMSI_ENOCPU)
			worst = status;
	}
	return worst;
}

int umsi_vec_take_by_search(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot)
{
	umsi_cpu cpu = most(v, &spot->where, free_of);

	if (cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	if (umsi_vec_take(v, cpu, r, spot) == UMSI_OK)
		return UMSI_OK;
	return take_anywhere(v, r, spot);
}

static bool reap(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	bool some = umsi_vec_reap_locked(v, c);

	umsi_unlock(v->domain.m, &c->lock, state);
	return some;
}

/*
 * Waits until @c has proved something, or slots may have come of age. Not by
 * trying: the CPU itself needs the slot lock to find what it has to prove.
 */
static uint64_t wait_for_proof(struct umsi_vec *v, struct umsi_vec_cpu *c, uint64_t until)
{
	struct umsi *m = v->domain.m;
	uint64_t seen = umsi_load64(&c->done);
	uint64_t now;

	do {
		umsi_host_relax(m->host);
		now = umsi_host_time_ns(m->host);
	} while (now < until && umsi_load64(&c->done) == seen);
	return now;
}

static void ask_to_drain(struct umsi_vec *v, umsi_cpu cpu, bool for_move)
{
	if (for_move)
		umsi_fetch_add64(&v->domain.m->count.ipis_for_moves, 1);
	umsi_vec_kick(v, cpu, UMSI_SLOT_KICK);
}

/*
 * The CPU may be idle for ever: one kick, and its trap's end does the rest.
 * Where slots have to age before a look proves anything, one kick an age.
 */
int umsi_vec_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi *m = d->m;
	uint64_t now = umsi_host_time_ns(m->host);
	uint64_t deadline = now + DRAIN_WAIT_NS, next_kick = now;
	umsi_cpu cpu = most(v, where, retiring_of);

	if (cpu == UMSI_CPU_NONE)
		return UMSI_ENOSLOT;
	if (reap(v, v->cpu[cpu]))
		return UMSI_OK;
	if (!retiring_of(v->cpu[cpu]))
		return UMSI_ENOSLOT;

	do {
		if (now >= next_kick) {
			ask_to_drain(v, cpu, for_move);
			next_kick = v->ageing ? now + m->min_age_ns : deadline;
		}
		now = wait_for_proof(v, v->cpu[cpu], now + m->min_age_ns / 4 + 1);
		if (reap(v, v->cpu[cpu]))
			return UMSI_OK;
	} while (now < deadline);
	return UMSI_ENOSLOT;
}

void umsi_vec_reap(struct umsi_domain *d)
{
	struct umsi_vec *v = umsi_vec_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (v->cpu[cpu])
			reap(v, v->cpu[cpu]);
}
