/* SPDX-License-Identifier: MIT */
/*
 * The ITS: how much of it there is; tables of awkward sizes, devices that come and go
 * by the thousand, the last LPI. Names that begin with P- are failures of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static uint64_t called;

/* ---- P-69, P-67: sizes that are no power of two ---- */

struct sized {
	struct rig r;
	uint32_t vectors, rounds;
};

static void use_all(void *arg)
{
	struct sized *s = arg;
	uint64_t calls = 0;
	struct umsi_device *dev;
	struct umsi_table *table;

	MACH_CHECK(s->r.m, rig_device(&s->r, 0x100, s->vectors, &dev, &table) == UMSI_OK, "T-DEVICE", "%u", s->vectors);
	for (uint32_t i = 0; i < s->vectors; i++)
		MACH_CHECK(s->r.m, umsi_its_raise(s->r.umsi, rig_begin(&s->r, table, i, &calls)) == UMSI_OK, "T-RAISE",
			   "event of index %u", i);
	for (uint32_t i = 0; i < 200 && calls < s->vectors; i++)
		mach_delay(s->r.m, 100);
	MACH_CHECK(s->r.m, calls == s->vectors, "T-CALLS", "%u calls for %u events", (unsigned int)calls, s->vectors);
	MACH_CHECK(s->r.m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

/* The model refuses an ITT whose memory ends before its last event. */
static void P_69_tables_of_1_to_33_events_hold_the_last(void **state)
{
	struct rig_config config = { 0 };
	struct sized s;

	(void)state;
	memset(&s, 0, sizeof(s));
	assert_int_equal(rig_start(&s.r, 7, &config), UMSI_OK);
	for (s.vectors = 1; s.vectors <= 33; s.vectors++) {
		mach_thread(s.r.m, s.vectors % 3, use_all, &s);
		rig_run(&s.r);
	}
	rig_settle(&s.r);
	rig_expect_empty(&s.r);
	rig_end(&s.r);
}

/* ---- A thousand devices, of awkward sizes, that come and go ---- */

#define CHURN_DEVICES	1000u

static void churn(void *arg)
{
	static const uint32_t sizes[] = { 1, 3, 5, 33, 2047 };
	struct rig *r = arg;
	struct umsi_device *dev[8] = { NULL };
	struct umsi_table *table;

	for (uint32_t i = 0; i < CHURN_DEVICES; i++) {
		uint32_t vectors = sizes[i % 5], at = i % 8, used = vectors < 40 ? vectors : 8;

		if (dev[at])
			MACH_CHECK(r->m, umsi_device_remove(dev[at]) == UMSI_OK, "T-REMOVE", "remove");
		MACH_CHECK(r->m, rig_device(r, 0x1000 + i, vectors, &dev[at], &table) == UMSI_OK, "T-DEVICE", "%u", i);
		for (uint32_t n = 0; n < used; n++)
			umsi_its_raise(r->umsi, rig_begin(r, table, n * (vectors / used), &called));
		/* One of them once more: freed and taken again. */
		MACH_CHECK(r->m, umsi_irq_free(r->umsi, umsi_irq_at(table, 0)) == UMSI_OK, "T-FREE", "free");
		rig_begin(r, table, 0, &called);
	}
	for (uint32_t at = 0; at < 8; at++)
		umsi_device_remove(dev[at]);
}

static void P_67_a_thousand_devices_leave_everything_balanced(void **state)
{
	struct rig_config config = { .calm = true };
	struct umsi_its_count its;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	called = 0;
	assert_int_equal(rig_start(&r, 1, &config), UMSI_OK);
	mach_thread(r.m, 0, churn, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	assert_int_equal(umsi_its_count(r.its, &its), UMSI_OK);
	print_message("%u devices: %lu commands, %lu events handled\n", CHURN_DEVICES, (unsigned long)its.commands,
		      (unsigned long)called);
	assert_true(its.commands > 30000 && called > 9000);
	assert_int_equal(its.refused + its.timeouts, 0);
	rig_end(&r);
}

/* Five messages asked for, eight taken, used and freed one by one; then by the next probe of the same function. */
static void probe_with_a_block(struct rig *r)
{
	struct umsi_device_config config = { .requester_id = 0x500 };
	struct umsi_irq_request_at at = { .last = 7 };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[8];

	MACH_CHECK(r->m, rig_device_as(r, config, &rig_block_store, 8, &dev, &table) == UMSI_OK, "T-PROBE", "probe");
	for (uint32_t round = 0; round < 2; round++) {
		MACH_CHECK(r->m, umsi_irq_alloc_block(table, &at, 8, irq) == UMSI_OK, "T-BLOCK", "block %u", round);
		for (uint32_t i = 0; i < 5; i++)
			MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq[i], rig_count_call, &called, "n") == UMSI_OK,
				   "T-REQUEST", "%u", i);
		umsi_its_raise(r->umsi, irq[4]);
		for (uint32_t i = 0; i < 8; i++)
			MACH_CHECK(r->m, umsi_irq_free(r->umsi, irq[(i + 3) % 8]) == UMSI_OK, "T-FREE", "%u", i);
	}
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

static void probe_again_and_again(void *arg)
{
	for (uint32_t i = 0; i < 1000; i++)
		probe_with_a_block(arg);
}

static void P_67_a_block_of_which_five_were_asked_for(void **state)
{
	struct rig_config config = { .id_bits = 14, .calm = true };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 3, &config), UMSI_OK);
	mach_thread(r.m, 0, probe_again_and_again, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* ---- P-70: no more LPIs than there are ---- */

static void take_all_lpis(void *arg)
{
	struct rig *r = arg;
	struct umsi_gicv3_lpis lpis;
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;
	int status;

	umsi_gicv3_count(r->root, &lpis);
	MACH_CHECK(r->m, lpis.total == 8192, "T-TOTAL", "%u LPIs", lpis.total);
	MACH_CHECK(r->m, rig_device(r, 0x200, 16384, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < 8192; i++)
		MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ALLOC", "LPI %u", i);
	/* One that was in use: its number has to be proved quiet by CPUs that have no traps. */
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, umsi_irq_at(table, 4711), rig_count_call, &called, "n") == UMSI_OK,
		   "T-REQUEST", "request");
	status = umsi_irq_alloc(table, &at, &irq);
	MACH_CHECK(r->m, status == UMSI_ENOSLOT, "T-NONE", "one too many: %d", status);
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, umsi_irq_at(table, 4711)) == UMSI_OK, "T-FREE", "free");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-AGAIN", "after a free");
	umsi_device_remove(dev);
}

static void P_70_the_last_lpi_is_the_last(void **state)
{
	struct rig_config config = { .id_bits = 14, .calm = true };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.max_irqs = 20000;
	assert_int_equal(rig_start(&r, 2, &config), UMSI_OK);
	mach_thread(r.m, 1, take_all_lpis, &r);
	rig_run(&r);
	rig_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_69_tables_of_1_to_33_events_hold_the_last),
		cmocka_unit_test(P_67_a_thousand_devices_leave_everything_balanced),
		cmocka_unit_test(P_67_a_block_of_which_five_were_asked_for),
		cmocka_unit_test(P_70_the_last_lpi_is_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
