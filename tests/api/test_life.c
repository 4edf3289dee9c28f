/* SPDX-License-Identifier: MIT */
/* One interrupt's life through the public calls, on a machine without chaos. */
#include "rig.h"

static void a_message_reaches_its_handler(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 5);
	assert_true(mach_pci_raise(r.pci[0], 5));
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, umsi_irq_effective_cpu(r.umsi, irq));
	rig_end(&r);
}

static void nothing_is_visible_before_request(void **state)
{
	struct rig r;
	umsi_irq irq;
	uint64_t writes;

	(void)state;
	rig_start(&r, 1);
	writes = mach_pci_writes(r.pci[0]);
	assert_int_equal(rig_alloc(&r, 2, 2, &irq), UMSI_OK);
	assert_int_equal(mach_pci_writes(r.pci[0]), writes);
	mach_pci_raise(r.pci[0], 2);
	rig_settle(&r);
	assert_int_equal(r.calls, 0);
	assert_true(mach_pci_pending(r.pci[0], 2));
	/* What waited behind the mask is sent when it opens. */
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, NULL), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* P-06: affinity set before activation reaches no hardware, and is where it starts. */
static void P_06_affinity_before_request(void **state)
{
	struct rig r;
	umsi_irq irq;
	uint64_t writes;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 0, 0, &irq), UMSI_OK);
	writes = mach_pci_writes(r.pci[0]);
	assert_int_equal(rig_move(&r, irq, 3), UMSI_OK);
	assert_int_equal(mach_pci_writes(r.pci[0]), writes);
	assert_int_equal(rig_stats(&r).retiring, 0);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, NULL), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 3);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.last_cpu, 3);
	rig_end(&r);
}

/* P-10: an affinity given at allocation is where it starts. */
static void P_10_affinity_at_allocation(void **state)
{
	struct rig r;
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 2);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, NULL), UMSI_OK);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 2);
	rig_end(&r);
}

static void disable_nests_and_replays_once(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 1);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	for (int i = 0; i < 3; i++) {
		mach_pci_raise(r.pci[0], 1);
		rig_settle(&r);
	}
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 0);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_ESTATE);
	rig_end(&r);
}

static void a_trigger_calls_the_handler(void **state)
{
	struct rig r;
	umsi_irq irq;
	struct umsi_irq_stats st;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 1);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq, &st), UMSI_OK);
	assert_int_equal(st.triggers, 1);
	assert_int_equal(st.handled, 1);
	rig_end(&r);
}

/* P-46, P-37: cycles of allocation, moves and frees end where they began. */
static void P_46_P_37_cycles_leave_nothing(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	for (int i = 0; i < 500; i++) {
		umsi_irq irq = rig_irq(&r, i % RIG_ENTRIES);

		assert_int_equal(rig_move(&r, irq, (umsi_cpu)(i % RIG_CPUS)), UMSI_OK);
		mach_pci_raise(r.pci[0], i % RIG_ENTRIES);
		rig_settle(&r);
		assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	}
	assert_int_equal(r.calls, 500);
	assert_int_equal(rig_stats(&r).irqs, 0);
	assert_true(rig_stats(&r).reaped > 400);
	rig_end(&r);
}

/* P-32: gaps in a sparse table report none. */
static void P_32_sparse_indices(void **state)
{
	struct rig r;
	umsi_irq irq[3];
	uint32_t index;

	(void)state;
	rig_start(&r, 1);
	irq[0] = rig_irq(&r, 0);
	irq[1] = rig_irq(&r, 5);
	irq[2] = rig_irq(&r, 15);
	assert_true(umsi_irq_at(r.table, 5) == irq[1]);
	assert_true(umsi_irq_at(r.table, 4) == UMSI_IRQ_NONE);
	assert_true(umsi_irq_at(r.table, 16) == UMSI_IRQ_NONE);
	assert_int_equal(umsi_irq_index(r.umsi, irq[2], &index), UMSI_OK);
	assert_int_equal(index, 15);
	assert_int_equal(umsi_irq_free_range(r.table, 0, 5), 2);
	assert_true(umsi_irq_at(r.table, 15) == irq[2]);
	rig_end(&r);
}

/* P-36: allocations without a wish spread over the CPUs. */
static void P_36_spread_on_allocation(void **state)
{
	struct rig r;
	uint32_t on[RIG_CPUS] = { 0 };

	(void)state;
	rig_start(&r, 1);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		on[umsi_irq_effective_cpu(r.umsi, rig_irq(&r, i))]++;
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		assert_int_equal(on[i], RIG_ENTRIES / RIG_CPUS);
	rig_end(&r);
}

struct lines {
	uint32_t count, paths, cpus;
};

static void count_line(void *arg, const char *line)
{
	struct lines *l = arg;

	assert_true(strlen(line) < UMSI_DUMP_LINE_MAX);
	l->count++;
	l->paths += strstr(line, "msix_index=") && strstr(line, "eiid=") && strstr(line, "dev0");
	l->cpus += strstr(line, "free=") != NULL && strstr(line, "retiring=") != NULL;
}

static void the_dump_names_every_number_space(void **state)
{
	struct lines l = { 0 };
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	rig_irq(&r, 0);
	rig_irq(&r, 7);
	umsi_dump(r.umsi, count_line, &l);
	assert_int_equal(l.paths, 2);
	assert_int_equal(l.cpus, RIG_CPUS);
	rig_end(&r);
}

static void a_storm_on_an_unowned_identity_is_shut(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	for (int i = 0; i < 200; i++) {
		mach_imsic_inject(r.m, 2, 50);
		rig_settle(&r);
	}
	assert_int_equal(rig_stats(&r).quarantined, 1);
	assert_int_equal(rig_stats(&r).unowned, 64);
	assert_false(mach_imsic_enabled(r.m, 2, 50));
	assert_true(mach_imsic_enabled(r.m, 2, 49));
	assert_int_equal(mach_logged(r.m, UMSI_LOG_WARN), 1);
	rig_end(&r);
}

/* P-45: exhaustion is an answer, and what was got can be given back. */
static void P_45_exhaustion(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST,
					  .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct rig r;
	umsi_irq irq;
	int n = 0;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.imsic.system_ids = 32;
	rig_library(&r);
	rig_device(&r);
	while (umsi_irq_alloc(r.table, &at, &irq) == UMSI_OK)
		n++;
	assert_int_equal(n, RIG_ENTRIES);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_ENOINDEX);
	assert_int_equal(umsi_irq_free_range(r.table, 0, UMSI_INDEX_LAST), n);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_reaches_its_handler),
		cmocka_unit_test(nothing_is_visible_before_request),
		cmocka_unit_test(P_06_affinity_before_request),
		cmocka_unit_test(P_10_affinity_at_allocation),
		cmocka_unit_test(disable_nests_and_replays_once),
		cmocka_unit_test(a_trigger_calls_the_handler),
		cmocka_unit_test(P_46_P_37_cycles_leave_nothing),
		cmocka_unit_test(P_32_sparse_indices),
		cmocka_unit_test(P_36_spread_on_allocation),
		cmocka_unit_test(the_dump_names_every_number_space),
		cmocka_unit_test(a_storm_on_an_unowned_identity_is_shut),
		cmocka_unit_test(P_45_exhaustion),
	};

	return cmocka_run_group_tests_name("api life", tests, NULL, NULL);
}
