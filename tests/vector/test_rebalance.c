/* SPDX-License-Identifier: MIT */
/* Where umsi_rebalance() moves what, against a look at every CPU for every interrupt. */
#include <umsi/store.h>

#include "site.h"

#define IRQS	400u
#define CLOSED	7u
#define ALL	((UINT64_C(1) << RIG_CPUS) - 1)

/* A store of the host's own: what it is told is not asked about here. */
static int write_word(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int settle_word(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops words = {
	.name = "words", .number_name = "word", .write = write_word, .settle = settle_word,
};

struct balance {
	struct site s;
	struct umsi_table *table;
	umsi_irq irq[IRQS];
	uint64_t may[IRQS];		/* CPUs each may be aimed at */
	umsi_cpu at[IRQS];		/* where it is to be, by the rule */
	uint32_t load[RIG_CPUS];	/* how many are to be where */
	uint64_t open;			/* CPUs that interrupts are given */
};

static void add_words(struct balance *b)
{
	struct umsi_device_config config = { .name = "words", .requester_id = 0x300, .parent = b->s.rig.root };
	struct umsi_table_config table = { .name = "words", .size = IRQS };

	assert_int_equal(umsi_device_add(b->s.rig.umsi, &config, &b->s.dev), UMSI_OK);
	assert_int_equal(umsi_table_create(b->s.dev, &words, b, &table, &b->table), UMSI_OK);
}

static void begin_balance(struct balance *b, umsi_cpu without)
{
	static const uint32_t node[RIG_CPUS];

	memset(b, 0, sizeof(*b));
	b->open = without == UMSI_CPU_NONE ? ALL : ALL & ~(UINT64_C(1) << without);
	rig_start_without(&b->s.rig, node, 1, without);
	add_words(b);
}

/* One interrupt on @cpu that may be aimed at @may (ALL: anywhere). */
static void put(struct balance *b, uint32_t i, umsi_cpu cpu, uint64_t may)
{
	struct umsi_irq_request_at at = { .first = i, .last = i, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu } };
	struct umsi_affinity set = { .kind = may == ALL ? UMSI_AFFINITY_ANY : UMSI_AFFINITY_SET, .set = { &may, 64 } };

	assert_int_equal(umsi_irq_alloc(b->table, &at, &b->irq[i]), UMSI_OK);
	if (may != UINT64_C(1) << cpu)
		assert_int_equal(umsi_irq_set_affinity(b->s.rig.umsi, b->irq[i], &set), UMSI_OK);
	b->may[i] = may;
	b->at[i] = cpu;
	b->load[cpu]++;
	assert_int_equal(umsi_irq_effective_cpu(b->s.rig.umsi, b->irq[i]), cpu);
}

/* The first of those with least that it may be aimed at. */
static umsi_cpu least(const struct balance *b, uint64_t may)
{
	umsi_cpu best = UMSI_CPU_NONE;

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		if ((may & b->open) >> cpu & 1 && (best == UMSI_CPU_NONE || b->load[cpu] < b->load[best]))
			best = cpu;
	return best;
}

static uint32_t pass(struct balance *b, uint32_t gap, uint32_t left)
{
	uint32_t moved = 0;

	for (uint32_t i = 0; i < IRQS && moved < left; i++) {
		umsi_cpu to = b->irq[i] ? least(b, b->may[i]) : UMSI_CPU_NONE;

		if (to == UMSI_CPU_NONE || to == b->at[i] || b->load[b->at[i]] < b->load[to] + gap)
			continue;
		b->load[b->at[i]]--;
		b->load[to]++;
		b->at[i] = to;
		moved++;
	}
	return moved;
}

/* The rule: the widest gap between open CPUs first, halved down to two. */
static uint32_t by_the_rule(struct balance *b, uint32_t most)
{
	uint32_t low = UINT32_MAX, high = 0, moved = 0;

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		if (b->open >> cpu & 1) {
			low = b->load[cpu] < low ? b->load[cpu] : low;
			high = b->load[cpu] > high ? b->load[cpu] : high;
		}
	for (uint32_t gap = high - low; gap > 2; gap = (gap + 1) / 2)
		moved += pass(b, gap, most - moved);
	return moved + pass(b, 2, most - moved);
}

static void moves_by_the_rule(struct balance *b, uint32_t most)
{
	uint32_t wanted = by_the_rule(b, most);

	assert_int_equal(umsi_rebalance(b->s.rig.umsi, most), wanted);
	for (uint32_t i = 0; i < IRQS; i++)
		if (b->irq[i])
			assert_int_equal(umsi_irq_effective_cpu(b->s.rig.umsi, b->irq[i]), b->at[i]);
}

static void of_equals_the_first_is_taken(void **state)
{
	struct balance b;

	(void)state;
	begin_balance(&b, UMSI_CPU_NONE);
	for (uint32_t i = 0; i < 6; i++)
		put(&b, i, 9, ALL);
	assert_int_equal(umsi_rebalance(b.s.rig.umsi, 3), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(umsi_irq_effective_cpu(b.s.rig.umsi, b.irq[i]), i);
	assert_int_equal(umsi_rebalance(b.s.rig.umsi, 9), 2);
	assert_int_equal(umsi_irq_effective_cpu(b.s.rig.umsi, b.irq[4]), 4);
	assert_int_equal(umsi_irq_effective_cpu(b.s.rig.umsi, b.irq[5]), 9);
	end(&b.s);
}

/* Idle CPUs that most may not go to, sets that are looked for in turn, and some that may go anywhere. */
static void sets_beside_idle_cpus(void **state)
{
	static const uint64_t sets[] = { 0x0f, 0xff0, 0x0f, 0xf00 };
	struct balance b;

	(void)state;
	begin_balance(&b, UMSI_CPU_NONE);
	for (uint32_t i = 0; i < 120; i++)
		put(&b, i, i % 4 == 0 || i % 4 == 2 ? i % 3 : 8 + i % 2, sets[i % 4]);
	for (uint32_t i = 120; i < 130; i++)
		put(&b, i, 2, ALL);
	moves_by_the_rule(&b, 20);
	moves_by_the_rule(&b, UINT32_MAX);
	moves_by_the_rule(&b, UINT32_MAX);
	end(&b.s);
}

static void as_a_look_at_every_cpu_would(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 12; seed++) {
		struct balance b;

		begin_balance(&b, UMSI_CPU_NONE);
		b.s.rig.seed += seed * 1000003;
		for (uint32_t i = 0; i < IRQS; i++) {
			umsi_cpu cpu = rig_roll(&b.s.rig, 1 + rig_roll(&b.s.rig, RIG_CPUS));
			uint64_t bit = UINT64_C(1) << cpu, may = (uint64_t)rig_roll(&b.s.rig, 1u << 24) << rig_roll(&b.s.rig, 25);

			put(&b, i, cpu, i % 3 == 0 ? ALL : i % 3 == 1 ? (may & ALL) | bit : bit);
		}
		/* Alone there at first, or it would have to leave. */
		moves_by_the_rule(&b, rig_roll(&b.s.rig, 60));
		moves_by_the_rule(&b, UINT32_MAX);
		end(&b.s);
	}
}

static void not_to_a_cpu_that_is_closed(void **state)
{
	struct balance b;

	(void)state;
	begin_balance(&b, UMSI_CPU_NONE);
	go_down(&b.s, 1);
	go_down(&b.s, CLOSED);
	b.open &= ~(UINT64_C(1) << CLOSED | 2);
	for (uint32_t i = 0; i < 60; i++)
		put(&b, i, 2, i % 2 ? ALL : 0xf6);
	moves_by_the_rule(&b, UINT32_MAX);
	go_up(&b.s, 1);
	go_up(&b.s, CLOSED);
	b.open = ALL;
	moves_by_the_rule(&b, UINT32_MAX);
	end(&b.s);
}

/* It is open and has nothing to do, for ever. */
static void not_to_a_cpu_that_has_no_file(void **state)
{
	struct balance b;

	(void)state;
	begin_balance(&b, CLOSED);
	for (uint32_t i = 0; i < 100; i++)
		put(&b, i, i % 2, i % 5 ? ALL : 0xff);
	moves_by_the_rule(&b, UINT32_MAX);
	assert_int_equal(b.load[20], 2);
	assert_int_equal(umsi_device_remove(b.s.dev), UMSI_OK);
	rig_end(&b.s.rig);
}

/* Before the first CPU comes, and where there is one only. */
static void nothing_to_do_without_cpus(void **state)
{
	static const uint32_t ncpus[] = { 1, 5 };
	static struct umsi_storage storage;
	struct mach_config machine = { .ncpus = 1, .chaos = &mach_chaos_none };
	struct umsi_cpu_desc cpus[5] = { { .hw_id = 0 }, { .hw_id = 1 }, { .hw_id = 2 }, { .hw_id = 3 }, { .hw_id = 4 } };

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct umsi_config config = { .cpus = cpus, .ncpus = ncpus[i] };
		struct mach *m = mach_create(1, &machine);
		struct umsi *umsi;

		mach_baseline(m);
		assert_int_equal(umsi_init(&storage, m, &config, &umsi), UMSI_OK);
		assert_int_equal(umsi_rebalance(umsi, UINT32_MAX), 0);
		assert_int_equal(umsi_destroy(umsi), UMSI_OK);
		assert_true(mach_check_leaks(m));
		mach_destroy(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_equals_the_first_is_taken),
		cmocka_unit_test(sets_beside_idle_cpus),
		cmocka_unit_test(as_a_look_at_every_cpu_would),
		cmocka_unit_test(not_to_a_cpu_that_is_closed),
		cmocka_unit_test(not_to_a_cpu_that_has_no_file),
		cmocka_unit_test(nothing_to_do_without_cpus),
	};

	return cmocka_run_group_tests_name("rebalance", tests, NULL, NULL);
}
