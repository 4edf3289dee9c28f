/* SPDX-License-Identifier: MIT */
/* Moves from CPUs with many interrupts to CPUs with few, on request. Each is a move as any other (affinity.c). */
#include "core/block.h"
#include "core/hold.h"
#include "core/target.h"

struct balance {
	struct umsi *m;
	uint32_t *load;			/* interrupts aimed at each CPU, when it was counted, and since by our own moves */
	uint32_t left, moved;
};

static bool is_live(const struct umsi_record *r)
{
	return !(umsi_load32(&r->state) & UMSI_DEAD);
}

static void count_all(struct balance *b)
{
	struct umsi_record *r;

	for (uint32_t n = 0; (r = umsi_record_by_number(b->m, n)); n++) {
		umsi_cpu cpu = umsi_load32(&r->target);

		if (is_live(r) && cpu != UMSI_CPU_NONE)
			b->load[cpu]++;
	}
}

/* The widest gap there is between two open CPUs. */
static uint32_t widest_gap(const struct balance *b)
{
	uint32_t least = UINT32_MAX, most = 0;

	for (umsi_cpu cpu = 0; cpu < b->m->ncpus; cpu++) {
		if (!umsi_cpu_open(b->m, cpu))
			continue;
		least = b->load[cpu] < least ? b->load[cpu] : least;
		most = b->load[cpu] > most ? b->load[cpu] : most;
	}
	return most > least ? most - least : 0;
}

static umsi_cpu lightest(const struct balance *b, const struct umsi_record *r)
{
	struct umsi_where where = { .mask = r->mask, .cpu = r->affinity_cpu };
	umsi_cpu best = UMSI_CPU_NONE;

	for (umsi_cpu cpu = 0; cpu < b->m->ncpus; cpu++)
		if ((where.cpu == UMSI_CPU_NONE || where.cpu == cpu) &&
		    umsi_target_permitted(umsi_domain_root(r->leaf), r, &where, cpu) &&
		    (best == UMSI_CPU_NONE || b->load[cpu] < b->load[best]))
			best = cpu;
	return best;
}

/* One that had to go outside its affinity comes back at any load. */
static bool is_better(const struct balance *b, const struct umsi_record *r, umsi_cpu from, umsi_cpu to, uint32_t gap)
{
	if (to == UMSI_CPU_NONE || to == from)
		return false;
	return r->broken || b->load[from] >= b->load[to] + gap;
}

static void consider(struct balance *b, struct umsi_record *r, uint32_t gap)
{
	struct umsi_hold hold;
	umsi_cpu from, to = UMSI_CPU_NONE;
	int status;

	umsi_hold_enter(r, &hold);
	from = umsi_load32(&r->target);
	/* Blocks stay: they are many at once. */
	if (r->phase != UMSI_PHASE_FREE && from != UMSI_CPU_NONE && umsi_group_of(&r).count == 1)
		to = lightest(b, r);
	if (is_better(b, r, from, to, gap)) {
		status = umsi_move_to(r, to);
		if (status == UMSI_OK || status == UMSI_EGONE) {
			r->broken = false;
			b->load[from]--;
			b->load[to]++;
			b->left--;
			b->moved++;
		}
	}
	umsi_hold_unlock(r, &hold);
}

/* Only between CPUs that are so far apart. */
static void pass(struct balance *b, uint32_t gap)
{
	struct umsi_record *r;

	for (uint32_t n = 0; b->left && (r = umsi_record_by_number(b->m, n)); n++) {
		umsi_cpu cpu = umsi_load32(&r->target);

		/* The last pass also looks for those outside their affinity. */
		if (cpu != UMSI_CPU_NONE && (gap == 2 || b->load[cpu] >= gap) && is_live(r))
			consider(b, r, gap);
	}
}

int umsi_rebalance(struct umsi *m, uint32_t most)
{
	struct balance b = { .m = m, .left = most < INT32_MAX ? most : INT32_MAX };
	uint32_t gap;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	b.load = umsi_host_alloc(m->host, m->ncpus * sizeof(*b.load));
	if (!b.load)
		return UMSI_ENOMEM;
	count_all(&b);
	/* The widest gaps first; each pass halves what is left of them. */
	for (gap = widest_gap(&b); gap > 2 && b.left; gap = (gap + 1) / 2)
		pass(&b, gap);
	pass(&b, 2);
	umsi_host_free(m->host, b.load, m->ncpus * sizeof(*b.load));
	return (int)b.moved;
}
