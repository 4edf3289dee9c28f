/* SPDX-License-Identifier: MIT */
/* Sets for queues: every CPU once, nodes apart, siblings together; and short counts. */
#include "rig.h"

#include <stdlib.h>

#include <umsi/device.h>
#include <umsi/pci.h>

#define CPUS_MAX	200

struct shape {
	uint32_t ncpus, nodes, siblings;
	bool interleaved;		/* a core's CPUs are not neighbours */
};

static struct umsi_cpu_desc cpus[CPUS_MAX];

static uint32_t count_bits(const uint64_t *set)
{
	uint32_t n = 0;

	for (uint32_t cpu = 0; cpu < CPUS_MAX; cpu++)
		n += set[cpu / 64] >> (cpu % 64) & 1;
	return n;
}

/* Unequal nodes: node k has k + 1 parts of all. */
static void draw(const struct shape *shape)
{
	uint32_t parts = shape->nodes * (shape->nodes + 1) / 2, node = 0, end = 0;

	for (uint32_t cpu = 0; cpu < shape->ncpus; cpu++) {
		uint32_t cores = (shape->ncpus + shape->siblings - 1) / shape->siblings;

		if (cpu == 0 || cpu == end) {
			node = cpu ? node + 1 : 0;
			end = cpu + shape->ncpus * (node + 1) / parts;
			if (node == shape->nodes - 1)
				end = shape->ncpus;
		}
		cpus[cpu] = (struct umsi_cpu_desc){ .hw_id = cpu, .node = node * 3,
			.core = shape->interleaved ? cpu % cores : cpu / shape->siblings };
	}
}

static uint32_t nodes_of(const uint64_t *set, uint32_t ncpus)
{
	uint32_t seen = 0, n = 0;

	for (uint32_t cpu = 0; cpu < ncpus; cpu++)
		if (set[cpu / 64] >> (cpu % 64) & 1)
			seen |= 1u << cpus[cpu].node / 3;
	for (; seen; seen &= seen - 1)
		n++;
	return n;
}

static void check_sets(const struct shape *shape, uint32_t queues, const uint64_t *bits)
{
	uint32_t words = (shape->ncpus + 63) / 64, least[8], most[8], total = 0;

	memset(least, 0xff, sizeof(least));
	memset(most, 0, sizeof(most));
	for (uint32_t q = 0; q < queues; q++) {
		uint64_t set[4] = { 0 };
		uint32_t n, node;

		memcpy(set, bits + q * words, words * 8);
		n = count_bits(set);
		total += n;
		assert_true(n);
		if (queues < shape->nodes)
			continue;
		assert_int_equal(nodes_of(set, shape->ncpus), 1);
		for (node = 0; !(set[node / 64] >> (node % 64) & 1); node++)
			;
		node = cpus[node].node / 3;
		least[node] = n < least[node] ? n : least[node];
		most[node] = n > most[node] ? n : most[node];
	}
	for (uint32_t node = 0; node < shape->nodes && queues >= shape->nodes; node++)
		assert_true(most[node] && most[node] - least[node] <= 1);
	for (uint32_t cpu = 0; cpu < shape->ncpus; cpu++) {
		uint32_t in = 0;

		for (uint32_t q = 0; q < queues; q++)
			in += bits[q * words + cpu / 64] >> (cpu % 64) & 1;
		assert_true(in >= 1);
	}
	if (queues <= shape->ncpus / shape->nodes / 4)
		assert_int_equal(total, shape->ncpus);
}

static void every_cpu_is_served_and_nodes_stay_apart(void **state)
{
	static const struct shape shapes[] = {
		{ 1, 1, 1, false }, { 7, 1, 1, false }, { 64, 1, 2, true }, { 65, 2, 1, false },
		{ 96, 3, 2, true }, { 200, 4, 4, false }, { 200, 7, 2, true },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		static struct umsi_storage storage;
		struct umsi_config config = { .cpus = cpus, .ncpus = shapes[i].ncpus };
		struct mach_config machine = { .ncpus = 1, .chaos = &mach_chaos_none };
		struct mach *m = mach_create(1, &machine);
		struct umsi *umsi;

		draw(&shapes[i]);
		assert_int_equal(umsi_init(&storage, m, &config, &umsi), UMSI_OK);
		for (uint32_t queues = 1; queues < 260; queues++) {
			uint32_t words = (shapes[i].ncpus + 63) / 64;
			uint64_t *bits = malloc((queues + 3) * words * 8);

			assert_int_equal(umsi_spread(umsi, 1, queues, 2, bits), UMSI_OK);
			check_sets(&shapes[i], queues, bits + words);
			for (uint32_t cpu = 0; cpu < shapes[i].ncpus; cpu++) {
				assert_true(bits[cpu / 64] >> (cpu % 64) & 1);
				assert_true(bits[(queues + 2) * words + cpu / 64] >> (cpu % 64) & 1);
			}
			free(bits);
		}
		assert_int_equal(umsi_spread(umsi, 0, 0, 0, (uint64_t *)&storage), UMSI_ERANGE);
		assert_int_equal(umsi_destroy(umsi), UMSI_OK);
		mach_destroy(m);
	}
}

/* A queue for each core: its threads and nobody else. */
static void siblings_share_a_queue(void **state)
{
	static const struct shape shape = { 64, 1, 2, true };
	static struct umsi_storage storage;
	struct umsi_config config = { .cpus = cpus, .ncpus = 64 };
	struct mach_config machine = { .ncpus = 1, .chaos = &mach_chaos_none };
	struct mach *m = mach_create(1, &machine);
	struct umsi *umsi;
	uint64_t bits[32];

	(void)state;
	draw(&shape);
	assert_int_equal(umsi_init(&storage, m, &config, &umsi), UMSI_OK);
	assert_int_equal(umsi_spread(umsi, 0, 32, 0, bits), UMSI_OK);
	for (uint32_t q = 0; q < 32; q++)
		assert_int_equal(bits[q], UINT64_C(0x100000001) << q);
	assert_int_equal(umsi_destroy(umsi), UMSI_OK);
	mach_destroy(m);
}

static void many_are_as_many_as_there_are(void **state)
{
	static const uint32_t node[RIG_CPUS];
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = 16 };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_device_config config = { .name = "dev", .requester_id = 0x100 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_stats st;
	struct mach_pci *function;
	struct rig rig;
	umsi_irq irq[40];

	(void)state;
	rig_start(&rig, node, 1);
	function = mach_pci_add(rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(function, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &config, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);

	assert_int_equal(umsi_irq_alloc_many(table, &at, 4, 10, irq), 10);
	assert_int_equal(umsi_irq_alloc_many(table, &at, 4, 30, irq + 10), 6);
	for (uint32_t i = 0; i < 16; i++)
		assert_true(umsi_irq_at(table, i) == irq[i]);
	assert_int_equal(umsi_irq_free_range(table, 14, 15), 2);
	assert_int_equal(umsi_irq_alloc_many(table, &at, 3, 30, irq + 14), UMSI_ENOINDEX);
	assert_int_equal(umsi_irq_alloc_many(table, &at, 0, 3, irq), UMSI_ERANGE);
	assert_int_equal(umsi_irq_alloc_many(table, &at, 3, 2, irq), UMSI_ERANGE);
	umsi_stats_read(rig.umsi, &st);
	assert_int_equal(st.irqs, 14);
	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = RIG_CPUS };
	assert_int_equal(umsi_irq_alloc_many(table, &at, 1, 2, irq + 14), UMSI_ERANGE);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cpu_is_served_and_nodes_stay_apart),
		cmocka_unit_test(siblings_share_a_queue),
		cmocka_unit_test(many_are_as_many_as_there_are),
	};

	return cmocka_run_group_tests_name("spread", tests, NULL, NULL);
}
