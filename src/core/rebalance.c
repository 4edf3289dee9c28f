/* SPDX-License-Identifier: MIT */
/* Moves from CPUs with many interrupts to CPUs with few, on request. Each is a move as any other (affinity.c). */
#include "core/block.h"
#include "core/hold.h"
#include "core/mask.h"
#include "core/target.h"

struct balance {
	struct umsi *m;
	uint32_t *load;			/* interrupts aimed at each CPU, when it was counted, and since by our own moves */
	/*
	 * Who has least: a tree of matches, 2 * leaves entries. Entry 1 is the winner of all, entry i that of
	 * 2 i and 2 i + 1, entry leaves + c is CPU c, or UMSI_CPU_NONE if it was not open.
	 */
	umsi_cpu *least;
	uint32_t leaves;		/* a power of two */
	/* The last search: what it found, for whom, until something moves. */
	umsi_cpu found;
	const struct umsi_mask *mask;
	const struct umsi_domain *path;
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

/* The one with less, or the first. */
static umsi_cpu lighter(const struct balance *b, umsi_cpu cpu, umsi_cpu other)
{
	if (cpu == UMSI_CPU_NONE)
		return other;
	return other != UMSI_CPU_NONE && b->load[other] < b->load[cpu] ? other : cpu;
}

static void play(struct balance *b, uint32_t match)
{
	b->least[match] = lighter(b, b->least[2 * match], b->least[2 * match + 1]);
}

static void play_all(struct balance *b)
{
	for (umsi_cpu cpu = 0; cpu < b->leaves; cpu++)
		b->least[b->leaves + cpu] = cpu < b->m->ncpus && umsi_cpu_open(b->m, cpu) ? cpu : UMSI_CPU_NONE;
	for (uint32_t match = b->leaves - 1; match; match--)
		play(b, match);
}

static void has_now(struct balance *b, umsi_cpu cpu, uint32_t load)
{
	b->load[cpu] = load;
	for (uint32_t match = (b->leaves + cpu) / 2; match; match /= 2)
		play(b, match);
	b->found = UMSI_CPU_NONE;
}

static uint32_t least_load(const struct balance *b)
{
	return b->load[b->least[1]];
}

/* The widest gap there is between two open CPUs. */
static uint32_t widest_gap(const struct balance *b)
{
	uint32_t most = 0;

	for (uint32_t leaf = b->leaves; leaf < 2 * b->leaves; leaf++)
		if (b->least[leaf] != UMSI_CPU_NONE && b->load[b->least[leaf]] > most)
			most = b->load[b->least[leaf]];
	return most - least_load(b);
}

/* Costs what is in the set. */
static umsi_cpu search(const struct balance *b, const struct umsi_record *r, const struct umsi_where *where)
{
	umsi_cpu best = UMSI_CPU_NONE;

	for (umsi_cpu cpu = 0; cpu < b->m->ncpus; cpu++) {
		if (where->mask)
			cpu = umsi_mask_next(where->mask, cpu);
		if (cpu == UMSI_CPU_NONE)
			break;
		if (lighter(b, best, cpu) == cpu && umsi_target_permitted(umsi_domain_root(r->leaf), r, where, cpu))
			best = cpu;
	}
	return best;
}

/*
 * Of all permitted CPUs the one with least, of several with as few the first. Interrupts of one set on the
 * same way to a CPU share a search.
 */
static umsi_cpu lightest(struct balance *b, const struct umsi_record *r)
{
	struct umsi_where where = { .mask = r->mask, .cpu = r->affinity_cpu };
	const struct umsi_domain *root = umsi_domain_root(r->leaf);
	umsi_cpu cpu = where.cpu == UMSI_CPU_NONE ? b->least[1] : where.cpu;

	if (umsi_target_permitted(root, r, &where, cpu))
		return cpu;
	if (where.cpu != UMSI_CPU_NONE)
		return UMSI_CPU_NONE;
	if (b->found == UMSI_CPU_NONE || b->mask != r->mask || b->path != r->leaf->parent ||
	    !umsi_target_permitted(root, r, &where, b->found)) {
		b->found = search(b, r, &where);
		b->mask = r->mask;
		b->path = r->leaf->parent;
	}
	return b->found;
}

/* Is it worth a move to a CPU with that load? One that had to go outside its affinity comes back at any. */
static bool is_worth(const struct balance *b, const struct umsi_record *r, umsi_cpu from, uint32_t load, uint32_t gap)
{
	return r->broken || b->load[from] >= load + gap;
}

static void consider(struct balance *b, struct umsi_record *r, uint32_t gap)
{
	struct umsi_hold hold;
	umsi_cpu from, to = UMSI_CPU_NONE;
	int status;

	umsi_hold_enter(r, &hold);
	from = umsi_load32(&r->target);
	/* Blocks stay: they are many at once. */
	if (r->phase != UMSI_PHASE_FREE && from != UMSI_CPU_NONE && umsi_group_of(&r).count == 1 &&
	    is_worth(b, r, from, least_load(b), gap))
		to = lightest(b, r);
	if (to != UMSI_CPU_NONE && to != from && is_worth(b, r, from, b->load[to], gap)) {
		status = umsi_move_to(r, to);
		if (status == UMSI_OK || status == UMSI_EGONE) {
			r->broken = false;
			has_now(b, from, b->load[from] - 1);
			has_now(b, to, b->load[to] + 1);
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
		if (cpu != UMSI_CPU_NONE && (gap == 2 || b->load[cpu] >= least_load(b) + gap) && is_live(r))
			consider(b, r, gap);
	}
}

/* The widest gaps first; each pass halves what is left of them. */
static void passes(struct balance *b)
{
	for (uint32_t gap = widest_gap(b); gap > 2 && b->left; gap = (gap + 1) / 2)
		pass(b, gap);
	pass(b, 2);
}

int umsi_rebalance(struct umsi *m, uint32_t most)
{
	struct balance b = { .m = m, .leaves = 1, .found = UMSI_CPU_NONE, .left = most < INT32_MAX ? most : INT32_MAX };
	size_t bytes;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	while (b.leaves < m->ncpus)
		b.leaves *= 2;
	bytes = m->ncpus * sizeof(*b.load) + 2 * b.leaves * sizeof(*b.least);
	b.load = umsi_host_alloc(m->host, bytes);
	if (!b.load)
		return UMSI_ENOMEM;
	b.least = b.load + m->ncpus;
	count_all(&b);
	play_all(&b);
	if (b.least[1] != UMSI_CPU_NONE)
		passes(&b);
	umsi_host_free(m->host, b.load, bytes);
	return (int)b.moved;
}
