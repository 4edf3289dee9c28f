/* SPDX-License-Identifier: MIT */
/* Sets of ids: aligned blocks, how well they pack, and single ids of a large space. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "idspace/idspace.h"

#define SLOTS		2048u
#define BATCHES		64u
#define PAIRS		64u
#define BLOCK_ORDER	5u

/* ---- A CPU's slots, filled with blocks of 1 to 32 by the allocator itself. ---- */

struct taken {
	uint32_t id;
	uint32_t order;
};

struct space {
	struct umsi_ids ids;
	void *memory;
	struct taken *taken;
	uint32_t count;
	uint32_t size;
};

static void space_new(struct space *s, uint32_t size)
{
	s->size = size;
	s->memory = aligned_alloc(64, (umsi_ids_bytes(size) + 63) / 64 * 64);
	s->taken = calloc(size, sizeof(*s->taken));
	s->count = 0;
	umsi_ids_init(&s->ids, s->memory, size);
}

static void space_end(struct space *s)
{
	free(s->memory);
	free(s->taken);
}

static bool take(struct space *s, uint32_t order)
{
	uint32_t id = umsi_ids_take_block(&s->ids, order);

	if (id == UMSI_IDS_NONE)
		return false;
	s->taken[s->count++] = (struct taken){ id, order };
	return true;
}

static void give(struct space *s, uint32_t at)
{
	struct taken t = s->taken[at];

	s->taken[at] = s->taken[--s->count];
	umsi_ids_give_block(&s->ids, t.id, t.order);
}

static uint32_t used(const struct space *s)
{
	return s->size - umsi_ids_free_count(&s->ids);
}

/* Comes and goes around @percent until the space has been used up some twenty times over. */
static void churn_blocks(struct space *s, uint32_t percent)
{
	uint32_t want = s->size * percent / 100;

	for (uint32_t i = 0; want && i < 20 * s->size; i++) {
		if (used(s) < want)
			take(s, bench_random(BLOCK_ORDER + 1));
		else
			give(s, bench_random(s->count));
	}
	while (used(s) > want)
		give(s, bench_random(s->count));
}

/* Only comes, until @percent are used. */
static void fill_blocks(struct space *s, uint32_t percent)
{
	while (used(s) < s->size * percent / 100)
		take(s, bench_random(BLOCK_ORDER + 1));
}

static void block_cost(uint32_t percent)
{
	struct space s;

	space_new(&s, SLOTS);
	churn_blocks(&s, percent);
	for (uint32_t i = 0; i < BATCHES; i++) {
		if (s.count)
			give(&s, bench_random(s.count));
		bench_begin("block.32");
		for (uint32_t k = 0; k < PAIRS; k++)
			umsi_ids_give_block(&s.ids, umsi_ids_take_block(&s.ids, BLOCK_ORDER), BLOCK_ORDER);
		bench_end(PAIRS);
		take(&s, bench_random(BLOCK_ORDER));
	}
	bench_report(bench_text("2048 slots, %u %% taken by blocks of 1 to 32", percent));
	space_end(&s);
}

/* How many more blocks of 32 go in, of those that would if all that is free lay together. */
static double packing(void (*fill)(struct space *s, uint32_t percent), uint32_t percent)
{
	uint32_t placed = 0, could = 0;

	for (uint32_t round = 0; round < 50; round++) {
		struct space s;

		space_new(&s, SLOTS);
		fill(&s, percent);
		could += umsi_ids_free_count(&s.ids) >> BLOCK_ORDER;
		while (take(&s, BLOCK_ORDER))
			placed++;
		space_end(&s);
	}
	return 100.0 * placed / could;
}

/* ---- Single ids at a random fill: remap entries, event ids, LPIs. ---- */

static void fill_random(struct space *s, uint32_t percent)
{
	uint32_t *order = calloc(s->size, sizeof(*order));
	uint32_t want = (uint32_t)((uint64_t)s->size * percent / 100);

	for (uint32_t i = 0; i < s->size; i++)
		order[i] = i;
	for (uint32_t i = 0; i < want; i++) {
		uint32_t k = i + bench_random(s->size - i), id = order[k];

		order[k] = order[i];
		umsi_ids_take_at(&s->ids, id);
		s->taken[s->count++] = (struct taken){ id, 0 };
	}
	free(order);
}

static void index_cost(uint32_t size, uint32_t percent)
{
	uint32_t got[PAIRS];
	struct space s;

	space_new(&s, size);
	fill_random(&s, percent);
	for (uint32_t i = 0; i < BATCHES; i++) {
		bench_begin("index.single");
		for (uint32_t k = 0; k < PAIRS; k++)
			got[k] = umsi_ids_take_block(&s.ids, 0);
		for (uint32_t k = 0; k < PAIRS; k++)
			umsi_ids_give(&s.ids, got[k]);
		bench_end(PAIRS);
		if (s.count) {
			give(&s, bench_random(s.count));
			take(&s, 0);
		}
	}
	bench_report(bench_text("%u ids, %u %% random", size, percent));
	space_end(&s);
}

void bench_ids(void)
{
	static const uint32_t fills[] = { 0, 50, 99 };

	fprintf(stderr, "sets of ids\n");
	for (unsigned int i = 0; bench_wanted("block.32") && i < 4; i++)
		block_cost(i * 25);
	for (unsigned int i = 1; bench_wanted("block.packing") && i < 4; i++) {
		bench_figure("block.packing", bench_text("2048 slots, %u %% filled by blocks of 1 to 32", i * 25),
			     packing(fill_blocks, i * 25), "%");
		bench_figure("block.packing", bench_text("2048 slots, %u %% churned by blocks of 1 to 32", i * 25),
			     packing(churn_blocks, i * 25), "%");
	}
	for (unsigned int i = 0; bench_wanted("index.single") && i < 3; i++) {
		index_cost(65536, fills[i]);
		if (!bench_quick)
			index_cost(1u << 20, fills[i]);
	}
}
