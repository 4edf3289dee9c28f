/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about which CPU and slot an interrupt gets, and when a slot is another's. */
#include "rig.h"

/* ---- P-36 ---- */

static void P_36_168_interrupts_spread_and_leave_room_for_managed_ones(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	uint32_t on[8] = { 0 };
	umsi_irq irq;

	(void)state;
	rig_begin(&(struct rig_config){ .cpus = 8, .ids = 191 });
	for (uint32_t i = 0; i < 168; i++) {
		uint32_t least = UINT32_MAX, most = 0;

		assert_int_equal(umsi_irq_alloc(rig_void(), &at, &irq), UMSI_OK);
		on[umsi_irq_effective_cpu(rig.umsi, irq)]++;
		for (umsi_cpu cpu = 0; cpu < 8; cpu++) {
			least = on[cpu] < least ? on[cpu] : least;
			most = on[cpu] > most ? on[cpu] : most;
		}
		assert_true(most - least <= 1);
	}
	/* On one CPU they would leave 15 slots there. */
	for (umsi_cpu cpu = 0; cpu < 8; cpu++) {
		uint64_t set = UINT64_C(1) << cpu;

		at.kind = UMSI_IRQ_MANAGED;
		at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { &set, 8 } };
		for (uint32_t i = 0; i < 20; i++) {
			assert_int_equal(umsi_irq_alloc(rig_void(), &at, &irq), UMSI_OK);
			assert_int_equal(umsi_irq_effective_cpu(rig.umsi, irq), cpu);
		}
	}
	rig_end();
}

/* ---- P-38: an affinity is kept while it has room, and never left in silence ---- */

static int alloc_in(const struct umsi_affinity *in, umsi_irq *irq)
{
	const struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = *in };

	return umsi_irq_alloc(rig_void(), &at, irq);
}

static void P_38_nothing_wider_is_tried_while_the_affinity_has_room(void **state)
{
	static const uint32_t node[8] = { 0, 0, 0, 0, 1, 1, 1, 1 };
	uint64_t set = 1u << 2 | 1u << 5;
	const struct umsi_affinity two_or_five = { .kind = UMSI_AFFINITY_SET, .set = { &set, 8 } };
	umsi_irq irq, moved;

	(void)state;
	rig_begin(&(struct rig_config){ .cpus = 8, .node = node });
	/* CPU 2 has less room than any other of its node, CPU 5 than any at all. */
	rig_fill(2, RIG_USABLE(rig.ids) - 3);
	rig_fill(5, RIG_USABLE(rig.ids) - 2);
	assert_int_equal(umsi_irq_alloc(rig_void(), &(struct umsi_irq_request_at){
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 7 } }, &moved), UMSI_OK);
	for (uint32_t i = 0; i < 5; i++) {
		umsi_cpu cpu;

		assert_int_equal(alloc_in(&two_or_five, &irq), UMSI_OK);
		cpu = umsi_irq_effective_cpu(rig.umsi, irq);
		assert_true(cpu == 2 || cpu == 5);
	}
	assert_int_equal(rig_free_slots(2) + rig_free_slots(5), 0);
	/* Full: an answer, not a CPU that nobody asked for. */
	assert_int_equal(alloc_in(&two_or_five, &irq), UMSI_ENOSLOT);
	assert_int_equal(umsi_irq_set_affinity_wait(rig.umsi, moved, &two_or_five), UMSI_ENOSLOT);
	assert_int_equal(umsi_irq_effective_cpu(rig.umsi, moved), 7);
	assert_int_equal(rig_stats().affinity_broken, 0);
	rig_end();

	rig_begin(&(struct rig_config){ .cpus = 8, .node = node });
	assert_int_equal(alloc_in(&two_or_five, &irq), UMSI_OK);
	assert_int_equal(rig_down(umsi_irq_effective_cpu(rig.umsi, irq)), UMSI_OK);
	assert_true(umsi_irq_effective_cpu(rig.umsi, irq) == 2 || umsi_irq_effective_cpu(rig.umsi, irq) == 5);
	assert_int_equal(rig_stats().affinity_broken, 0);
	assert_int_equal(rig_down(umsi_irq_effective_cpu(rig.umsi, irq)), UMSI_OK);
	assert_int_equal(rig_stats().affinity_broken, 1);
	rig_up(2);
	rig_up(5);
	rig_end();
}

/* ---- P-39: the machine calls a handler that begins for another's message a violation ---- */

static struct {
	struct function *f;
	uint32_t working;
} churn;

static void move_about(void *arg)
{
	struct line *l = arg;

	for (uint32_t i = 0; i < 60; i++) {
		rig_move(l, (umsi_cpu)mach_random(rig.m, rig.cpus));
		mach_delay(rig.m, mach_random(rig.m, 40));
	}
	churn.working--;
}

/* Each takes what slots there are, fires, and gives them back. */
static void lives(void *arg)
{
	uint32_t first = (uint32_t)(uintptr_t)arg;

	while (churn.working) {
		struct line *l = &churn.f->line[first + mach_random(rig.m, 8)];

		if (rig_alloc(churn.f, l->index, (umsi_cpu)mach_random(rig.m, rig.cpus)))
			continue;
		MACH_CHECK(rig.m, rig_request(l) == UMSI_OK, "I-API", "request");
		mach_pci_raise(l->f->pci, l->index);
		while (mach_entry_owed(l->f->pci, l->index))
			mach_delay(rig.m, 10);
		MACH_CHECK(rig.m, rig_free(l) == UMSI_OK, "I-API", "free");
		l->irq = UMSI_IRQ_NONE;
	}
}

static void P_39_a_slot_on_its_way_out_has_one_owner(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		churn.f = rig_begin_msix(32, &(struct rig_config){ .seed = seed, .wild = true, .strict_route = true });
		for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
			rig_fill(cpu, RIG_USABLE(rig.ids) - 6);
		churn.working = 2;
		rig_open(churn.f, 0, 0);
		rig_open(churn.f, 1, 1);
		mach_pci_traffic(churn.f->pci, 400, 6);
		mach_thread(rig.m, 0, move_about, &churn.f->line[0]);
		mach_thread(rig.m, 1, move_about, &churn.f->line[1]);
		mach_thread(rig.m, 2, lives, (void *)(uintptr_t)8);
		mach_thread(rig.m, 3, lives, (void *)(uintptr_t)16);
		rig_run();
		assert_int_equal(rig_stats().unowned, 0);
		rig_end();
	}
}

/* ---- P-50 ---- */

static void prove(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	umsi_drain_point(rig.umsi);
	mach_irq_on(rig.m);
}

static void P_50_a_move_is_over_when_its_old_cpu_has_looked_once(void **state)
{
	struct line *l;

	(void)state;
	l = rig_open(rig_begin_msix(32, &(struct rig_config){ 0 }), 0, 0);
	for (uint32_t i = 1; i < 200; i++) {
		umsi_cpu old = rig_target(l);

		assert_int_equal(rig_move(l, i % 4), UMSI_OK);
		assert_int_equal(rig_raise(l), 1);
		assert_int_equal(l->last_cpu, i % 4);
		assert_int_equal(rig_stats().retiring, 1);
		mach_thread(rig.m, old, prove, NULL);
		rig_run();
		umsi_reap(rig.umsi);
		assert_int_equal(rig_stats().retiring, 0);
		assert_int_equal(rig_free_slots(old), RIG_USABLE(rig.ids));
	}
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_36_168_interrupts_spread_and_leave_room_for_managed_ones),
		cmocka_unit_test(P_38_nothing_wider_is_tried_while_the_affinity_has_room),
		cmocka_unit_test(P_39_a_slot_on_its_way_out_has_one_owner),
		cmocka_unit_test(P_50_a_move_is_over_when_its_old_cpu_has_looked_once),
	};

	return cmocka_run_group_tests_name("corpus: choosing", tests, NULL, NULL);
}
