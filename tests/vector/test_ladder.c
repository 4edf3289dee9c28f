/* SPDX-License-Identifier: MIT */
/* The ladder against a model that looks at each item in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vector/ladder.h"

#define OFF	UINT32_MAX

static uint64_t seed;

static uint32_t roll(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % below);
}

/* The model: the rung of each item, and when it came there. */
struct model {
	uint32_t *rung;
	uint64_t *since;
	uint64_t now;
	uint32_t items;
};

static uint32_t model_first(const struct model *m)
{
	uint32_t best = UMSI_LADDER_NONE;

	for (uint32_t i = 0; i < m->items; i++) {
		if (m->rung[i] == OFF)
			continue;
		if (best == UMSI_LADDER_NONE || m->rung[i] < m->rung[best] ||
		    (m->rung[i] == m->rung[best] && m->since[i] < m->since[best]))
			best = i;
	}
	return best;
}

static void check_first(const struct umsi_ladder *l, const struct model *m)
{
	uint32_t rung = OFF, expected = model_first(m);

	assert_int_equal(umsi_ladder_first(l, &rung), expected);
	if (expected != UMSI_LADDER_NONE)
		assert_int_equal(rung, m->rung[expected]);
}

static void refile(struct umsi_ladder *l, struct model *m, uint32_t item, uint32_t rung)
{
	if (m->rung[item] != OFF)
		umsi_ladder_take(l, item, m->rung[item]);
	m->rung[item] = rung;
	m->since[item] = ++m->now;
	if (rung != OFF)
		umsi_ladder_put(l, item, rung);
}

static void run(uint32_t rungs, uint32_t items)
{
	struct umsi_ladder l;
	struct model m = { .items = items };
	void *memory = malloc(umsi_ladder_bytes(rungs, items));

	m.rung = malloc(items * sizeof(*m.rung));
	m.since = calloc(items, sizeof(*m.since));
	assert_non_null(memory);
	memset(memory, 0xa5, umsi_ladder_bytes(rungs, items));
	memset(m.rung, 0xff, items * sizeof(*m.rung));
	umsi_ladder_init(&l, memory, rungs);
	for (uint32_t step = 0; step < 3000; step++) {
		refile(&l, &m, roll(items), roll(8) ? roll(rungs) : OFF);
		check_first(&l, &m);
	}
	for (uint32_t i = 0; i < items; i++)
		refile(&l, &m, i, OFF);
	check_first(&l, &m);
	free(memory);
	free(m.rung);
	free(m.since);
}

static void first_is_the_lowest_and_the_longest_there(void **state)
{
	static const uint32_t rungs[] = { 1, 2, 63, 64, 65, 256, 2047, 2048 };
	static const uint32_t items[] = { 1, 2, 3, 33, 500 };

	(void)state;
	for (uint32_t r = 0; r < sizeof(rungs) / sizeof(rungs[0]); r++)
		for (uint32_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
			seed = rungs[r] * 1000 + items[i] + 1;
			run(rungs[r], items[i]);
		}
}

/* Links are 16 bits: both ends of what they must reach. */
static void the_largest_ladder_works(void **state)
{
	struct umsi_ladder l;
	uint32_t rung;
	void *memory = malloc(umsi_ladder_bytes(UMSI_LADDER_RUNGS_MAX, 32768));

	(void)state;
	assert_non_null(memory);
	umsi_ladder_init(&l, memory, UMSI_LADDER_RUNGS_MAX);
	for (uint32_t i = 0; i < 32768; i++)
		umsi_ladder_put(&l, i, UMSI_LADDER_RUNGS_MAX - 1);
	for (uint32_t i = 0; i < 32768; i++) {
		assert_int_equal(umsi_ladder_first(&l, &rung), i);
		assert_int_equal(rung, UMSI_LADDER_RUNGS_MAX - 1);
		umsi_ladder_take(&l, i, rung);
	}
	assert_int_equal(umsi_ladder_first(&l, &rung), UMSI_LADDER_NONE);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_is_the_lowest_and_the_longest_there),
		cmocka_unit_test(the_largest_ladder_works),
	};

	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
