/* SPDX-License-Identifier: MIT */
/* Sets of CPUs as the library keeps them: shorter than the machine, of several words, of a node and nearly. */
#include "rig.h"

#define CPUS	200u

static struct umsi_storage storage;
static struct umsi_cpu_desc cpus[CPUS];
static struct mach *m;
static struct umsi *umsi;

/* Nodes of 50 CPUs, or @nodes[i] of CPU i. */
static void begin(const uint32_t *nodes, uint32_t ncpus)
{
	struct mach_config machine = { .ncpus = 1, .chaos = &mach_chaos_none };
	struct umsi_config config = { .cpus = cpus, .ncpus = ncpus };

	for (uint32_t i = 0; i < ncpus; i++)
		cpus[i] = (struct umsi_cpu_desc){ .hw_id = i, .node = nodes ? nodes[i] : i / 50 };
	m = mach_create(1, &machine);
	mach_baseline(m);
	assert_int_equal(umsi_init(&storage, m, &config, &umsi), UMSI_OK);
}

static void end(void)
{
	assert_int_equal(umsi_destroy(umsi), UMSI_OK);
	assert_true(mach_check_leaks(m));
	mach_destroy(m);
}

static void a_set_may_be_shorter_than_the_machine(void **state)
{
	uint64_t bits[4] = { 0x8000000000000011, UINT64_MAX, UINT64_MAX, UINT64_MAX };
	struct umsi_cpuset set = { .bits = bits, .nbits = 64 };
	struct umsi_mask *mask, *same;
	uint64_t longer[4] = { 0x8000000000000011 };

	(void)state;
	begin(NULL, CPUS);
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_OK);
	assert_int_equal(umsi_mask_next(mask, 0), 0);
	assert_int_equal(umsi_mask_next(mask, 1), 4);
	assert_int_equal(umsi_mask_next(mask, 5), 63);
	assert_int_equal(umsi_mask_next(mask, 64), UMSI_CPU_NONE);
	assert_int_equal(umsi_mask_next(mask, CPUS + 56), UMSI_CPU_NONE);
	assert_true(umsi_mask_has(mask, 63));
	assert_false(umsi_mask_has(mask, 64));

	/* The same CPUs, said with more words. */
	set = (struct umsi_cpuset){ .bits = longer, .nbits = CPUS };
	assert_int_equal(umsi_mask_get(umsi, &set, &same), UMSI_OK);
	assert_ptr_equal(same, mask);
	umsi_mask_put(umsi, same);
	umsi_mask_put(umsi, mask);
	end();
}

static void words_without_a_cpu_are_passed_over(void **state)
{
	uint64_t bits[4] = { 0, 0, 0, 1 << 3 };
	struct umsi_cpuset set = { .bits = bits, .nbits = CPUS };
	struct umsi_mask *mask;

	(void)state;
	begin(NULL, CPUS);
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_OK);
	assert_int_equal(umsi_mask_next(mask, 0), 195);
	assert_int_equal(umsi_mask_next(mask, 196), UMSI_CPU_NONE);
	umsi_mask_put(umsi, mask);
	end();
}

static void sets_that_are_none(void **state)
{
	uint64_t bits[5] = { 0, 0, 0, 1 << 8, 1 };
	struct umsi_cpuset set = { .bits = bits, .nbits = 0 };
	struct umsi_mask *mask;

	(void)state;
	begin(NULL, CPUS);
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_EINVAL);
	set.nbits = CPUS;
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_EINVAL);
	set.nbits = CPUS + 1;
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_ERANGE);
	bits[3] = 0;
	set.nbits = 257;
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_ERANGE);
	set = (struct umsi_cpuset){ .nbits = 1 };
	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_EINVAL);
	end();
}

static uint32_t node_of(uint64_t bits)
{
	struct umsi_cpuset set = { .bits = &bits, .nbits = 8 };
	struct umsi_mask *mask;
	uint32_t node;

	assert_int_equal(umsi_mask_get(umsi, &set, &mask), UMSI_OK);
	node = mask->node;
	umsi_mask_put(umsi, mask);
	return node;
}

/* As many CPUs as the node has, one of them another node's. */
static void a_set_is_a_node_only_if_all_of_it_is(void **state)
{
	static const uint32_t nodes[] = { 7, 7, 7, 7, 9, 9, 9, 9 };

	(void)state;
	begin(nodes, 8);
	assert_int_equal(node_of(0xff), UMSI_MASK_ALL_CPUS);
	assert_int_equal(node_of(0x0f), 0);
	assert_int_equal(node_of(0xf0), 1);
	assert_int_equal(node_of(0x07), UMSI_MASK_ANY_CPUS);
	assert_int_equal(node_of(0x17), UMSI_MASK_ANY_CPUS);
	end();
}

/* By share alone the first node would get three of four sets, and one of the others none. */
static void every_node_has_a_queue(void **state)
{
	static const uint32_t nodes[] = { 0, 0, 0, 0, 0, 0, 1, 2 };
	uint64_t bits[4], seen = 0;
	uint32_t sets_of_first = 0;

	(void)state;
	begin(nodes, 8);
	assert_int_equal(umsi_spread(umsi, 0, 4, 0, bits), UMSI_OK);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(seen & bits[i], 0);
		seen |= bits[i];
		sets_of_first += (bits[i] & 0x3f) != 0;
		assert_true(bits[i] == 0x40 || bits[i] == 0x80 || !(bits[i] & 0xc0));
	}
	assert_int_equal(seen, 0xff);
	assert_int_equal(sets_of_first, 2);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_may_be_shorter_than_the_machine),
		cmocka_unit_test(words_without_a_cpu_are_passed_over),
		cmocka_unit_test(sets_that_are_none),
		cmocka_unit_test(a_set_is_a_node_only_if_all_of_it_is),
		cmocka_unit_test(every_node_has_a_queue),
	};

	return cmocka_run_group_tests_name("sets of CPUs", tests, NULL, NULL);
}
