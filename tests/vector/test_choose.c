/* SPDX-License-Identifier: MIT */
/* Which CPU is chosen, against a model that counts every CPU's slots. */
#include "rig.h"

#define HELD_MAX	(RIG_CPUS * RIG_USABLE)

struct held {
	umsi_cpu cpu;
	uint32_t slot;
};

static struct held held[HELD_MAX];
static uint32_t nheld, used[RIG_CPUS];
static const struct umsi_where any = { .cpu = UMSI_CPU_NONE };
static const struct umsi_where any_and_more = { .cpu = UMSI_CPU_NONE, .more = true };

static int take(struct rig *rig, const struct umsi_where *where, umsi_cpu *cpu)
{
	struct umsi_spot spot = { .where = *where };
	int status = where->more && where->cpu == UMSI_CPU_NONE ? umsi_vec_take_next(rig->v, rig->r, &spot)
								: umsi_vec_take_any(rig->v, rig->r, &spot);

	if (status)
		return status;
	assert_false(spot.revived);
	*cpu = spot.cpu;
	held[nheld++] = (struct held){ *cpu, spot.slot };
	used[*cpu]++;
	return UMSI_OK;
}

static void give(struct rig *rig, uint32_t at)
{
	struct held h = held[at];

	held[at] = held[--nheld];
	used[h.cpu]--;
	umsi_vec_give(rig->v, h.cpu, rig->r, h.slot);
}

/* The fewest slots in use on a CPU of @node; of any where it is UINT32_MAX. */
static uint32_t fewest(const struct rig *rig, uint32_t node)
{
	uint32_t least = UINT32_MAX;

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		if ((node == UINT32_MAX || rig->cpus[cpu].node == node) && used[cpu] < least)
			least = used[cpu];
	return least;
}

static void begin(struct rig *rig, const uint32_t *node, uint64_t seed)
{
	nheld = 0;
	memset(used, 0, sizeof(used));
	rig_start(rig, node, seed);
}

static void end(struct rig *rig)
{
	while (nheld)
		give(rig, nheld - 1);
	rig_end(rig);
}

static void take_named(struct rig *rig)
{
	struct umsi_where named = { .cpu = rig_roll(rig, RIG_CPUS) };
	umsi_cpu cpu;
	int status = take(rig, &named, &cpu);

	if (used[named.cpu] == RIG_USABLE && status) {
		assert_int_equal(status, UMSI_ENOSLOT);
		return;
	}
	assert_int_equal(status, UMSI_OK);
	assert_int_equal(cpu, named.cpu);
}

/* Named takes and frees at random between; the choice is exact all the same. */
static void the_best_cpu_of_one_node_is_exact(void **state)
{
	static const uint32_t node[RIG_CPUS];
	struct rig rig;

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		begin(&rig, node, seed);
		for (uint32_t step = 0; step < 6000; step++) {
			uint32_t what = rig_roll(&rig, 8), least = fewest(&rig, UINT32_MAX);
			umsi_cpu cpu;

			if (what < 2 + (step / 1000) % 3 && nheld) {
				give(&rig, rig_roll(&rig, nheld));
			} else if (what < 6) {
				take_named(&rig);
			} else if (least < RIG_USABLE) {
				assert_int_equal(take(&rig, rig_roll(&rig, 2) ? &any : &any_and_more, &cpu), UMSI_OK);
				assert_int_equal(used[cpu], least + 1);
			}
		}
		end(&rig);
	}
}

/* Where each of a row of takes goes, after some that named their CPUs. */
static void take_a_row(const struct umsi_where *where, umsi_cpu *cpu, uint32_t n)
{
	static const uint32_t node[RIG_CPUS];
	struct rig rig;

	begin(&rig, node, 5);
	for (uint32_t i = 0; i < 100; i++)
		take_named(&rig);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(take(&rig, where, &cpu[i]), UMSI_OK);
	end(&rig);
}

/* Told that others follow, the node is told at once; they go where they would have gone. */
static void a_row_goes_where_each_would_have_gone(void **state)
{
	umsi_cpu one_by_one[500], at_once[500];

	(void)state;
	take_a_row(&any, one_by_one, 500);
	take_a_row(&any_and_more, at_once, 500);
	assert_memory_equal(one_by_one, at_once, sizeof(at_once));
}

/* What its node has been told stays true, so that the next looks at one CPU only; also after some that named theirs. */
static void a_row_leaves_its_node_knowing(void **state)
{
	static const uint32_t node[RIG_CPUS];
	struct umsi_vec_cpu *c;
	uint32_t missed = 0;
	struct rig rig;
	umsi_cpu cpu;

	(void)state;
	begin(&rig, node, 6);
	for (uint32_t i = 0; i < 200; i++)
		take_named(&rig);
	for (uint32_t i = 0; i < 400; i++) {
		assert_int_equal(take(&rig, &any_and_more, &cpu), UMSI_OK);
		c = rig.v->cpu[cpu];
		missed += c->filed != umsi_ids_free_count(&c->ids);
	}
	/* Where a CPU has nothing in hand the usual way is left, and the next catches up: once a word. */
	assert_in_range(missed, 0, RIG_CPUS);
	end(&rig);
}

/* A named CPU is a named CPU also in a row; none of it is told to the node. */
static void a_row_for_a_named_cpu_tells_nobody(void **state)
{
	static const uint32_t node[RIG_CPUS];
	struct umsi_where named = { .cpu = 3, .more = true };
	struct umsi_vec_cpu *c;
	struct rig rig;

	(void)state;
	begin(&rig, node, 7);
	c = rig.v->cpu[named.cpu];
	for (uint32_t i = 0; i < 9; i++)
		assert_int_equal(umsi_vec_reserve(rig.root, rig.r, &named), UMSI_OK);
	assert_int_equal(c->filed, umsi_ids_free_count(&c->ids) + 9);
	for (uint32_t slot = 0; slot < RIG_IDS; slot++) {
		if (umsi_load_ptr(&c->table[slot]) != rig.r)
			continue;
		held[nheld++] = (struct held){ c->cpu, slot };
		used[c->cpu]++;
	}
	assert_int_equal(nheld, 9);
	end(&rig);
}

/* 3 nodes of 16, interleaved, with numbers of the host's own. */
static void three_nodes(uint32_t *node)
{
	static const uint32_t number[] = { 7, 1000000, 0 };

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		node[cpu] = number[cpu % 3];
}

static struct umsi_mask *mask_of_node(struct rig *rig, uint32_t number)
{
	uint64_t bits = 0;
	struct umsi_mask *mask;

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		if (rig->cpus[cpu].node == number)
			bits |= UINT64_C(1) << cpu;
	assert_int_equal(umsi_mask_get(rig->umsi, &(struct umsi_cpuset){ &bits, 64 }, &mask), UMSI_OK);
	assert_true(mask->node < 3);
	return mask;
}

static void the_best_cpu_of_a_named_node_is_exact(void **state)
{
	uint32_t node[RIG_CPUS];
	struct rig rig;

	(void)state;
	three_nodes(node);
	begin(&rig, node, 3);
	for (uint32_t step = 0; step < 6000; step++) {
		uint32_t what = rig_roll(&rig, 8), number = node[rig_roll(&rig, 3)];
		struct umsi_where where = { .mask = mask_of_node(&rig, number), .cpu = UMSI_CPU_NONE };
		uint32_t least = fewest(&rig, number);
		umsi_cpu cpu;

		if (what < 2 && nheld) {
			give(&rig, rig_roll(&rig, nheld));
		} else if (what < 5) {
			take_named(&rig);
		} else if (least < RIG_USABLE) {
			assert_int_equal(take(&rig, &where, &cpu), UMSI_OK);
			assert_int_equal(node[cpu], number);
			assert_int_equal(used[cpu], least + 1);
		}
		umsi_mask_put(rig.umsi, (struct umsi_mask *)where.mask);
	}
	end(&rig);
}

/* Across nodes by hint: never further from the best than a request for each node there is. */
static void nodes_fill_evenly(void **state)
{
	uint32_t node[RIG_CPUS];
	struct rig rig;
	umsi_cpu cpu;

	(void)state;
	three_nodes(node);
	begin(&rig, node, 4);
	for (uint32_t i = 0; i < HELD_MAX; i++) {
		uint32_t least = fewest(&rig, UINT32_MAX);

		assert_int_equal(take(&rig, &any, &cpu), UMSI_OK);
		assert_true(used[cpu] <= least + 2);
	}
	assert_int_equal(take(&rig, &any, &cpu), UMSI_ENOSLOT);
	/* One comes free anywhere: it is found. */
	for (uint32_t i = 0; i < 500; i++) {
		give(&rig, rig_roll(&rig, nheld));
		assert_int_equal(take(&rig, &any, &cpu), UMSI_OK);
		assert_int_equal(used[cpu], RIG_USABLE);
	}
	end(&rig);
}

static void a_subset_is_searched_itself(void **state)
{
	uint32_t node[RIG_CPUS];
	struct rig rig;

	(void)state;
	three_nodes(node);
	begin(&rig, node, 5);
	for (uint32_t step = 0; step < 4000; step++) {
		uint64_t bits = (UINT64_C(1) << rig_roll(&rig, RIG_CPUS)) | (UINT64_C(1) << rig_roll(&rig, RIG_CPUS)) |
				(UINT64_C(1) << rig_roll(&rig, RIG_CPUS));
		uint32_t least = UINT32_MAX;
		struct umsi_mask *mask;
		struct umsi_where where = { .cpu = UMSI_CPU_NONE };
		umsi_cpu cpu;

		assert_int_equal(umsi_mask_get(rig.umsi, &(struct umsi_cpuset){ &bits, 64 }, &mask), UMSI_OK);
		where.mask = mask;
		for (cpu = umsi_mask_next(mask, 0); cpu != UMSI_CPU_NONE; cpu = umsi_mask_next(mask, cpu + 1)) {
			assert_true(bits >> cpu & 1);
			bits &= ~(UINT64_C(1) << cpu);
			if (used[cpu] < least)
				least = used[cpu];
		}
		assert_int_equal(bits, 0);
		if (least < RIG_USABLE) {
			assert_int_equal(take(&rig, &where, &cpu), UMSI_OK);
			assert_true(umsi_mask_has(mask, cpu));
			assert_int_equal(used[cpu], least + 1);
		}
		umsi_mask_put(rig.umsi, mask);
		if (rig_roll(&rig, 3) == 0)
			give(&rig, rig_roll(&rig, nheld));
	}
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_best_cpu_of_one_node_is_exact),
		cmocka_unit_test(a_row_goes_where_each_would_have_gone),
		cmocka_unit_test(a_row_leaves_its_node_knowing),
		cmocka_unit_test(a_row_for_a_named_cpu_tells_nobody),
		cmocka_unit_test(the_best_cpu_of_a_named_node_is_exact),
		cmocka_unit_test(nodes_fill_evenly),
		cmocka_unit_test(a_subset_is_searched_itself),
	};

	return cmocka_run_group_tests_name("choose", tests, NULL, NULL);
}
