/* SPDX-License-Identifier: MIT */
/* Which CPU gets an interrupt, and what to do when none has room. */
#include "core/mask.h"
#include "vector/vector.h"

/* How long a CPU may take to prove its slots quiet once asked. */
#define DRAIN_WAIT_NS	100000000u

static bool permitted(const struct umsi_vec *v, const struct umsi_where *where, umsi_cpu cpu)
{
	if (!v->cpu[cpu] || !umsi_cpu_open(v->domain.m, cpu))
		return false;
	return !where->mask || umsi_mask_has(where->mask, cpu);
}

/*
 * Walks the permitted CPUs. @best: the one with most of what @value counts.
 * One named CPU is looked at alone.
 */
static umsi_cpu most(struct umsi_vec *v, const struct umsi_where *where,
		     uint32_t (*value)(const struct umsi_vec_cpu *c), uint32_t *out_value)
{
	umsi_cpu best = UMSI_CPU_NONE;
	uint32_t best_value = 0;

	if (where->cpu != UMSI_CPU_NONE) {
		if (!permitted(v, where, where->cpu))
			return UMSI_CPU_NONE;
		*out_value = value(v->cpu[where->cpu]);
		return where->cpu;
	}
	for (umsi_cpu cpu = 0; cpu < v->domain.m->ncpus; cpu++) {
		uint32_t n;

		if (!permitted(v, where, cpu))
			continue;
		n = value(v->cpu[cpu]);
		if (best == UMSI_CPU_NONE || n > best_value) {
			best = cpu;
			best_value = n;
		}
	}
	*out_value = best_value;
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

/* The hints were wrong or everything is taken: ask each permitted CPU under its lock. */
static int take_anywhere(struct umsi_vec *v, const struct umsi_where *where,
			 const struct umsi_group *g, umsi_cpu *cpu, uint32_t *slot, bool *revived)
{
	int status, worst = UMSI_ENOCPU;

	for (umsi_cpu at = 0; at < v->domain.m->ncpus; at++) {
		if (!permitted(v, where, at))
			continue;
		status = umsi_vec_take(v, at, g, slot, revived);
		if (status == UMSI_OK) {
			*cpu = at;
			return UMSI_OK;
		}
		if (status == UMSI_EAGAIN || worst == UMSI_ENOCPU)
			worst = status;
	}
	return worst;
}

umsi_cpu umsi_vec_choose(struct umsi_vec *v, const struct umsi_where *where)
{
	uint32_t ignored;

	return most(v, where, free_of, &ignored);
}

int umsi_vec_take_any(struct umsi_vec *v, const struct umsi_where *where,
		      const struct umsi_group *g, umsi_cpu *cpu, uint32_t *slot, bool *revived)
{
	int status;

	*cpu = umsi_vec_choose(v, where);
	if (*cpu == UMSI_CPU_NONE)
		return UMSI_ENOCPU;
	status = umsi_vec_take(v, *cpu, g, slot, revived);
	if (status == UMSI_OK || where->cpu != UMSI_CPU_NONE)
		return status;
	return take_anywhere(v, where, g, cpu, slot, revived);
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
bool umsi_vec_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move)
{
	struct umsi_vec *v = umsi_vec_of(d);
	struct umsi *m = d->m;
	uint64_t now = umsi_host_time_ns(m->host);
	uint64_t deadline = now + DRAIN_WAIT_NS, next_kick = now;
	uint32_t retiring;
	umsi_cpu cpu = most(v, where, retiring_of, &retiring);

	if (cpu == UMSI_CPU_NONE)
		return false;
	if (reap(v, v->cpu[cpu]))
		return true;
	if (!retiring)
		return false;

	do {
		if (now >= next_kick) {
			ask_to_drain(v, cpu, for_move);
			next_kick = v->ageing ? now + m->min_age_ns : deadline;
		}
		now = wait_for_proof(v, v->cpu[cpu], now + m->min_age_ns / 4 + 1);
		if (reap(v, v->cpu[cpu]))
			return true;
	} while (now < deadline);
	return false;
}

void umsi_vec_reap(struct umsi_domain *d)
{
	struct umsi_vec *v = umsi_vec_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (v->cpu[cpu])
			reap(v, v->cpu[cpu]);
}
