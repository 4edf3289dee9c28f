/* SPDX-License-Identifier: MIT */
/*
 * The ITS's command queue: stalls, stands still, wraps, is full, is taken over. Names that
 * begin with P- are failures of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

/* ---- A queue that stalls or stands still ---- */

static void stall_once(void *arg)
{
	struct rig *r = arg;
	struct umsi_irq_request_at at = { .first = 1, .last = 1 };
	struct umsi_its_count count;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq first, second;

	MACH_CHECK(r->m, rig_device(r, 0x900, 4, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	first = rig_begin(r, table, 0, &calls);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &second) == UMSI_OK, "T-ALLOC", "alloc");
	mach_its_refuse(r->hw, 2);	/* an INV: MAPTI went through, and is undone */
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, second, rig_count_call, &calls, "n") == UMSI_EREFUSED, "T-REFUSED",
		   "a command the ITS stalls on");
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, count.refused == 1 && !count.timeouts, "T-COUNT", "%u refused", (unsigned int)count.refused);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, second, rig_count_call, &calls, "n") == UMSI_OK, "T-AGAIN", "once more");
	umsi_its_raise(r->umsi, first);
	umsi_its_raise(r->umsi, second);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 2, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void a_stall_names_its_caller_and_is_helped_over(void **state)
{
	struct rig_config config = { .hw = { .stalls = true } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		mach_thread(r.m, seed % 3, stall_once, &r);
		rig_run(&r);
		rig_settle(&r);
		assert_true(mach_logged(r.m, 0) == 1);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

static void stand_still(void *arg)
{
	struct rig *r = arg;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	struct umsi_irq_request_at at = { .first = 1, .last = 1 };
	struct umsi_its_count count;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0, began;
	umsi_irq irq, other;
	umsi_cpu was;

	MACH_CHECK(r->m, rig_device(r, 0xa00, 4, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	irq = rig_begin(r, table, 0, &calls);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &other) == UMSI_OK, "T-ALLOC", "alloc");
	was = umsi_irq_effective_cpu(r->umsi, irq);
	to.cpu = (was + 1) % r->cpus;
	mach_its_deaf(r->hw, true);
	began = mach_steps(r->m);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_ETIMEOUT, "T-MOVE", "a move");
	MACH_CHECK(r->m, mach_steps(r->m) - began < 8000, "T-BOUND", "%u steps", (unsigned int)(mach_steps(r->m) - began));
	MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, irq) == was, "T-WAS", "moved all the same");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, other, rig_count_call, &calls, "n") == UMSI_ETIMEOUT, "T-REQUEST",
		   "a request");
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, count.timeouts == 2, "T-COUNT", "%u timeouts", (unsigned int)count.timeouts);
	/* It goes on: what was queued is executed, what failed is undone behind it. */
	mach_its_deaf(r->hw, false);
	mach_delay(r->m, 5000);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, other, rig_count_call, &calls, "n") == UMSI_OK, "T-AGAIN", "a request");
	umsi_its_raise(r->umsi, irq);
	umsi_its_raise(r->umsi, other);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 2, "T-CALLS", "%u calls", (unsigned int)calls);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_OK &&
		   umsi_irq_effective_cpu(r->umsi, irq) == to.cpu, "T-MOVE", "a move afterwards");
	umsi_device_remove(dev);
}

static void a_queue_that_stands_still_is_bounded_named_and_recovers(void **state)
{
	struct rig_config config = { .its = { .timeout_ns = 2000000 } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		mach_thread(r.m, seed % 3, stand_still, &r);
		rig_run(&r);
		rig_settle(&r);
		assert_true(mach_logged(r.m, 0) >= 1);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* ---- Wrap, several waiters ---- */

static void many_commands(void *arg)
{
	struct rig *r = arg;
	uint64_t calls = 0;
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xb00 + mach_cpu(r->m), 1, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	irq = rig_begin(r, table, 0, &calls);
	for (uint32_t i = 0; i < 1500; i++)
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-RAISE", "%u", i);
	umsi_device_remove(dev);
}

static void the_queue_wraps_under_several_waiters(void **state)
{
	struct rig_config config = { 0 };
	struct umsi_its_count count;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 3; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		for (umsi_cpu cpu = 0; cpu < 3; cpu++)
			mach_thread(r.m, cpu, many_commands, &r);
		rig_run(&r);
		umsi_its_count(r.its, &count);
		assert_true(count.commands > 4 * 2048 && !count.timeouts && !count.refused);
		rig_finish(&r);
	}
}

/* Blocks of 32 that move at once from eight CPUs: more commands than the smallest queue holds. */
static void move_a_block(void *arg)
{
	struct rig *r = arg;
	umsi_cpu cpu = mach_cpu(r->m);
	struct umsi_device_config config = { .requester_id = 0x1000 + cpu };
	struct umsi_irq_request_at at = { .last = 31 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq[32];

	MACH_CHECK(r->m, rig_device_as(r, config, &rig_block_store, 32, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc_block(table, &at, 32, irq) == UMSI_OK, "T-BLOCK", "a block of 32");
	for (uint32_t i = 0; i < 32; i++)
		MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq[i], rig_count_call, &calls, "n") == UMSI_OK, "T-REQUEST", "%u", i);
	for (uint32_t i = 0; i < 20; i++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (cpu + i) % r->cpus };

		MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq[i], &to) == UMSI_OK, "T-MOVE", "%u", i);
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, irq[31 - i]) == UMSI_OK, "T-RAISE", "%u", i);
	}
	for (uint32_t i = 0; i < 1000 && calls < 20; i++)
		mach_delay(r->m, 100);
	MACH_CHECK(r->m, calls == 20, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void a_full_queue_makes_its_callers_wait(void **state)
{
	struct rig_config config = { .cpus = 8, .its = { .queue_commands = 128 } };
	struct umsi_its_count count;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		for (umsi_cpu cpu = 0; cpu < 8; cpu++)
			mach_thread(r.m, cpu, move_a_block, &r);
		rig_run(&r);
		umsi_its_count(r.its, &count);
		assert_true(!count.timeouts && !count.refused);
		rig_finish(&r);
	}
}

/* ---- P-72: an ITS that is taken over with commands in its queue ---- */

static void leave_commands_behind(void *arg)
{
	struct rig *r = arg;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;

	MACH_CHECK(r->m, rig_device(r, 0xf00, 3, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	rig_begin(r, table, 0, &calls);
	mach_its_deaf(r->hw, true);
	umsi_device_remove(dev);
}

static void P_72_a_new_queue_begins_empty(void **state)
{
	struct rig_config config = { .its = { .timeout_ns = 1000000 } };
	struct umsi_its_config its = { .phys = RIG_ITS_PHYS };
	struct umsi_its_count count;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 14, &config), UMSI_OK);
	mach_thread(r.m, 0, leave_commands_behind, &r);
	rig_run(&r);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	mach_its_deaf(r.hw, false);
	assert_int_equal(umsi_its_create(r.umsi, r.root, &its, &r.its), UMSI_OK);
	assert_int_equal(umsi_its_count(r.its, &count), UMSI_OK);
	assert_int_equal(count.commands, 0);
	mach_thread(r.m, 0, rig_fire_two, &r);
	rig_run(&r);
	rig_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stall_names_its_caller_and_is_helped_over),
		cmocka_unit_test(a_queue_that_stands_still_is_bounded_named_and_recovers),
		cmocka_unit_test(the_queue_wraps_under_several_waiters),
		cmocka_unit_test(a_full_queue_makes_its_callers_wait),
		cmocka_unit_test(P_72_a_new_queue_begins_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
