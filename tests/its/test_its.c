/* SPDX-License-Identifier: MIT */
/*
 * The ITS: what it is given, how much of it, what it is known to get wrong, and
 * what happens when it stops. Names that begin with P- are failures of other
 * stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static uint64_t called;

static enum umsi_handled count_call(void *arg)
{
	(*(uint64_t *)arg)++;
	return UMSI_HANDLED;
}

static umsi_irq begin(struct rig *r, struct umsi_table *table, uint32_t index, uint64_t *calls)
{
	struct umsi_irq_request_at at = { .first = index, .last = index };
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ALLOC", "index %u", index);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, count_call, calls, "n") == UMSI_OK, "T-REQUEST",
		   "index %u", index);
	return irq;
}

/* Everything pending is taken. */
static void let_traps_happen(struct rig *r)
{
	mach_delay(r->m, 2000);
}

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
		MACH_CHECK(s->r.m, umsi_its_raise(s->r.umsi, begin(&s->r, table, i, &calls)) == UMSI_OK, "T-RAISE",
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
			umsi_its_raise(r->umsi, begin(r, table, n * (vectors / used), &called));
		/* One of them once more: freed and taken again. */
		MACH_CHECK(r->m, umsi_irq_free(r->umsi, umsi_irq_at(table, 0)) == UMSI_OK, "T-FREE", "free");
		begin(r, table, 0, &called);
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
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, umsi_irq_at(table, 4711), count_call, &called, "n") == UMSI_OK,
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
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* ---- P-71: CPUs that are not online ---- */

static void aim_at_nobody(void *arg)
{
	struct rig *r = arg;
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_cpu_leave(r->umsi, 2) == UMSI_OK, "T-LEAVE", "leave");
	MACH_CHECK(r->m, rig_device(r, 0x300, 4, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_ENOCPU, "T-NOCPU", "a CPU that has left");
	at.affinity.kind = UMSI_AFFINITY_ANY;
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ANY", "any CPU");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, count_call, &called, "n") == UMSI_OK &&
		   umsi_irq_effective_cpu(r->umsi, irq) < 2, "T-ONLINE", "on CPU %u", umsi_irq_effective_cpu(r->umsi, irq));
	umsi_device_remove(dev);
}

static void P_71_no_command_names_a_cpu_that_is_not_online(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 3, &config), UMSI_OK);
	mach_thread(r.m, 0, aim_at_nobody, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* ---- P-68: functions behind one alias ---- */

static int alias_device(struct rig *r, uint32_t function, uint32_t vectors, struct umsi_device **dev)
{
	struct umsi_device_config config = {
		.name = "f", .requester_id = 0x500 + function, .parent = r->its, .max_irqs = vectors,
		.messages_as = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x500 },
	};

	return umsi_device_add(r->umsi, &config, dev);
}

struct behind {
	struct rig *r;
	struct umsi_device *dev[2];
	struct umsi_table *table[2];
	umsi_irq irq[2];
	uint64_t calls[2];
};

static void add_function(struct behind *b, uint32_t n)
{
	struct umsi_table_config size = { .size = n ? 40 : 3 };
	struct rig *r = b->r;

	MACH_CHECK(r->m, alias_device(r, n, n ? 20 : 3, &b->dev[n]) == UMSI_OK &&
		   umsi_table_create(b->dev[n], &rig_store, r, &size, &b->table[n]) == UMSI_OK, "T-ADD",
		   "function %u", n);
	b->irq[n] = begin(r, b->table[n], 1, &b->calls[n]);
}

static void remove_function(struct behind *b, uint32_t n)
{
	MACH_CHECK(b->r->m, umsi_device_remove(b->dev[n]) == UMSI_OK, "T-REMOVE", "function %u", n);
	b->irq[n] = UMSI_IRQ_NONE;
}

/* Both deliver as long as they are there, whichever came or went first. */
static void check_function(struct behind *b, uint32_t n, uint32_t devices)
{
	uint64_t before = b->calls[n];

	MACH_CHECK(b->r->m, mach_its_devices(b->r->hw) == devices, "T-SHARED", "%u DeviceIDs mapped",
		   mach_its_devices(b->r->hw));
	if (!b->irq[n])
		return;
	MACH_CHECK(b->r->m, umsi_its_raise(b->r->umsi, b->irq[n]) == UMSI_OK, "T-RAISE", "function %u", n);
	let_traps_happen(b->r);
	MACH_CHECK(b->r->m, b->calls[n] == before + 1, "T-CALL", "function %u: %u calls", n, (unsigned int)b->calls[n]);
}

static void every_order(void *arg)
{
	struct behind b = { .r = arg };

	for (uint32_t order = 0; order < 4; order++) {
		uint32_t first = order & 1, gone = order >> 1;

		add_function(&b, first);
		check_function(&b, first, 1);
		add_function(&b, !first);
		check_function(&b, 0, 1);
		check_function(&b, 1, 1);
		remove_function(&b, gone);
		check_function(&b, !gone, 1);
		add_function(&b, gone);
		check_function(&b, gone, 1);
		check_function(&b, !gone, 1);
		remove_function(&b, !gone);
		check_function(&b, gone, 1);
		remove_function(&b, gone);
		check_function(&b, gone, 0);
	}
}

static void functions_behind_one_alias_come_and_go_in_every_order(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		mach_thread(r.m, seed % 3, every_order, &r);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

static void one_function(void *arg)
{
	struct rig *r = arg;
	struct behind b = { .r = r };
	uint32_t n = mach_cpu(r->m) & 1;

	for (uint32_t i = 0; i < 12; i++) {
		add_function(&b, n);
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, b.irq[n]) == UMSI_OK, "T-RAISE", "function %u", n);
		let_traps_happen(r);
		MACH_CHECK(r->m, b.calls[n] == i + 1, "T-CALL", "function %u", n);
		remove_function(&b, n);
	}
}

/* Both at once: one DeviceID is mapped, and never taken from under the other. */
static void P_68_two_functions_probe_and_leave_together(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 30; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		mach_thread(r.m, 0, one_function, &r);
		mach_thread(r.m, 1, one_function, &r);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

static void alias_limits(void *arg)
{
	struct rig *r = arg;
	struct umsi_device_config phantom = {
		.name = "p", .requester_id = 0x600, .parent = r->its, .messages_as = { .phantom_bits = 1 },
	};
	struct umsi_table_config size = { .size = 4 }, large = { .size = 64 };
	struct behind b = { .r = r };
	struct umsi_device *dev;
	struct umsi_table *table;

	add_function(&b, 0);
	MACH_CHECK(r->m, alias_device(r, 5, 64, &dev) == UMSI_OK &&
		   umsi_table_create(dev, &rig_store, r, &large, &table) == UMSI_ENOINDEX, "T-ROOM",
		   "more events than the shared table has");
	umsi_device_remove(dev);
	MACH_CHECK(r->m, umsi_device_add(r->umsi, &phantom, &dev) == UMSI_OK &&
		   umsi_table_create(dev, &rig_store, r, &size, &table) == UMSI_ENOTSUP, "T-PHANTOM", "phantom functions");
	umsi_device_remove(dev);
	remove_function(&b, 0);
}

static void what_an_alias_cannot_have_is_refused(void **state)
{
	struct rig_config config = { .its = { .shared_events = 32 } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 4, &config), UMSI_OK);
	mach_thread(r.m, 0, alias_limits, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* ---- Errata ---- */

static void fire_two(void *arg)
{
	struct rig *r = arg;
	uint64_t calls = 0;
	struct umsi_device *dev;
	struct umsi_table *table;

	MACH_CHECK(r->m, rig_device(r, 0x700, 5, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < 5; i += 4)
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, begin(r, table, i, &calls)) == UMSI_OK, "T-RAISE", "%u", i);
	let_traps_happen(r);
	MACH_CHECK(r->m, calls == 2, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void expect_erratum(struct rig *r, const char *name)
{
	struct umsi_its_count its;

	assert_int_equal(umsi_its_count(r->its, &its), UMSI_OK);
	assert_string_equal(its.erratum, name);
}

/* The model's ITTs have 16 bytes to an event, and end in no memory if there are 8. */
static void erratum_qdf2400_0065_tables_of_16_bytes_an_event(void **state)
{
	struct rig_config config = { .hw = { .iidr = 0x00001070, .entry_bytes = 8, .real_entry_bytes = 16 } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 5, &config), UMSI_OK);
	expect_erratum(&r, "Qualcomm QDF2400 0065");
	mach_thread(r.m, 0, fire_two, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

static void beyond_20_bits(void *arg)
{
	struct rig *r = arg;
	struct umsi_device *dev;
	struct umsi_table *table;
	int status = rig_device(r, 0x100000, 2, &dev, &table);

	MACH_CHECK(r->m, status == UMSI_ERANGE, "T-RANGE", "DeviceID of 21 bits: %d", status);
	MACH_CHECK(r->m, rig_device(r, 0xfffff, 2, &dev, &table) == UMSI_OK, "T-LAST", "the last DeviceID");
	umsi_device_remove(dev);
}

/* 22375: the table is read for 20 bits of DeviceIDs; 24313: only as device memory. */
static void errata_cavium_22375_24313_device_table(void **state)
{
	struct rig_config config = {
		.hw = { .iidr = 0xa100034c, .device_bits = 21, .real_device_bits = 20, .ignores_type = true },
	};
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 6, &config), UMSI_OK);
	expect_erratum(&r, "Cavium 22375, 24313, 23144");
	mach_thread(r.m, 0, beyond_20_bits, &r);
	rig_run(&r);
	mach_thread(r.m, 1, fire_two, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* The model hangs in a SYNC of another node's CPU. */
static void stay_on_the_node(void *arg)
{
	struct rig *r = arg;
	struct umsi_affinity elsewhere = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 };
	struct umsi_affinity here = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0x800, 8, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < 8; i++) {
		irq = begin(r, table, i, &calls);
		MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, irq) >= 2, "T-NODE", "on CPU %u",
			   umsi_irq_effective_cpu(r->umsi, irq));
	}
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &elsewhere) == UMSI_ENOCPU, "T-ELSEWHERE", "other node");
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &here) == UMSI_OK, "T-HERE", "own node");
	MACH_CHECK(r->m, umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-RAISE", "raise");
	let_traps_happen(r);
	MACH_CHECK(r->m, calls == 1, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void erratum_cavium_23144_collections_of_one_node(void **state)
{
	struct rig_config config = {
		.cpus = 4, .node_of = { 0, 0, 1, 1 }, .its = { .node = 1 },
		.hw = { .iidr = 0xa100034c, .ignores_type = true, .node_first = 2, .node_last = 3 },
	};
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 8, &config), UMSI_OK);
	mach_thread(r.m, 2, stay_on_the_node, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

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
	first = begin(r, table, 0, &calls);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &second) == UMSI_OK, "T-ALLOC", "alloc");
	mach_its_refuse(r->hw, 2);	/* an INV: MAPTI went through, and is undone */
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, second, count_call, &calls, "n") == UMSI_EREFUSED, "T-REFUSED",
		   "a command the ITS stalls on");
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, count.refused == 1 && !count.timeouts, "T-COUNT", "%u refused", (unsigned int)count.refused);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, second, count_call, &calls, "n") == UMSI_OK, "T-AGAIN", "once more");
	umsi_its_raise(r->umsi, first);
	umsi_its_raise(r->umsi, second);
	let_traps_happen(r);
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
	irq = begin(r, table, 0, &calls);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &other) == UMSI_OK, "T-ALLOC", "alloc");
	was = umsi_irq_effective_cpu(r->umsi, irq);
	to.cpu = (was + 1) % r->cpus;
	mach_its_deaf(r->hw, true);
	began = mach_steps(r->m);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_ETIMEOUT, "T-MOVE", "a move");
	MACH_CHECK(r->m, mach_steps(r->m) - began < 4000, "T-BOUND", "%u steps", (unsigned int)(mach_steps(r->m) - began));
	MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, irq) == was, "T-WAS", "moved all the same");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, other, count_call, &calls, "n") == UMSI_ETIMEOUT, "T-REQUEST",
		   "a request");
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, count.timeouts == 2, "T-COUNT", "%u timeouts", (unsigned int)count.timeouts);
	/* It goes on: what was queued is executed, what failed is undone behind it. */
	mach_its_deaf(r->hw, false);
	mach_delay(r->m, 5000);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, other, count_call, &calls, "n") == UMSI_OK, "T-AGAIN", "a request");
	umsi_its_raise(r->umsi, irq);
	umsi_its_raise(r->umsi, other);
	let_traps_happen(r);
	MACH_CHECK(r->m, calls == 2, "T-CALLS", "%u calls", (unsigned int)calls);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_OK &&
		   umsi_irq_effective_cpu(r->umsi, irq) == to.cpu, "T-MOVE", "a move afterwards");
	umsi_device_remove(dev);
}

static void a_queue_that_stands_still_is_bounded_named_and_recovers(void **state)
{
	struct rig_config config = { .its = { .timeout_ns = 1000000 } };
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
	irq = begin(r, table, 0, &calls);
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
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* Blocks of 32 that move at once from eight CPUs: more commands than the smallest queue holds. */
static int block_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	return rig_store.write(store, index, cookie, msg);
}

static int block_settle(void *store, uint32_t index, uint64_t cookie)
{
	return rig_store.settle(store, index, cookie);
}

static const struct umsi_store_ops block_store = {
	.name = "block", .number_name = "n", .shared_message = true, .write = block_write, .settle = block_settle,
};

static void move_a_block(void *arg)
{
	struct rig *r = arg;
	umsi_cpu cpu = mach_cpu(r->m);
	struct umsi_device_config config = { .name = "b", .requester_id = 0x1000 + cpu, .parent = r->its };
	struct umsi_irq_request_at at = { .last = 31 };
	struct umsi_table_config size = { .size = 32 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq[32];

	MACH_CHECK(r->m, umsi_device_add(r->umsi, &config, &dev) == UMSI_OK &&
		   umsi_table_create(dev, &block_store, r, &size, &table) == UMSI_OK &&
		   umsi_irq_alloc_block(table, &at, 32, irq) == UMSI_OK, "T-BLOCK", "a block of 32");
	for (uint32_t i = 0; i < 32; i++)
		MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq[i], count_call, &calls, "n") == UMSI_OK, "T-REQUEST", "%u", i);
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
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* ---- P-75, P-76 ---- */

static void two_its_share_redistributors(void *arg)
{
	struct rig *r = arg;
	struct mach_its_config hw = { .phys = 0x10100000, .page = 2, .by_address = true };
	struct umsi_its_config config = { .phys = 0x10100000 };
	struct umsi_device *dev[2];
	struct umsi_table *table[2];
	struct umsi_domain *first = r->its, *second;
	uint64_t calls[2] = { 0, 0 };
	umsi_irq irq[2];
	struct mach_its *other = mach_its_add(r->m, &hw);

	MACH_CHECK(r->m, umsi_its_create(r->umsi, r->root, &config, &second) == UMSI_OK, "T-SECOND", "second ITS");
	for (uint32_t i = 0; i < 2; i++) {
		r->its = i ? second : first;
		MACH_CHECK(r->m, rig_device(r, 0xc00, 2, &dev[i], &table[i]) == UMSI_OK, "T-DEVICE", "device");
		irq[i] = begin(r, table[i], 0, &calls[i]);
	}
	MACH_CHECK(r->m, mach_its_devices(r->hw) == 1 && mach_its_devices(other) == 1, "T-EACH", "one on each");
	umsi_its_raise(r->umsi, irq[0]);
	umsi_its_raise(r->umsi, irq[1]);
	let_traps_happen(r);
	MACH_CHECK(r->m, calls[0] == 1 && calls[1] == 1, "T-CALLS", "%u and %u calls", (unsigned int)calls[0],
		   (unsigned int)calls[1]);
	umsi_device_remove(dev[0]);
	umsi_device_remove(dev[1]);
	MACH_CHECK(r->m, umsi_its_destroy(second) == UMSI_OK, "T-DESTROY", "second ITS");
	r->its = first;
}

/* The model refuses tables of LPIs that are written while LPIs are on. */
static void P_75_a_second_its_leaves_the_redistributors_alone(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 9, &config), UMSI_OK);
	mach_thread(r.m, 0, two_its_share_redistributors, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* Nothing is seen by either block that was not written back. */
static void P_76_blocks_that_do_not_see_caches_are_written_back_to(void **state)
{
	struct rig_config config = { .redistributors_incoherent = true, .hw = { .incoherent = true } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint32_t page = 0; page < 3; page++) {
		config.hw.page = page;
		config.hw.flat = page == 1;
		assert_int_equal(rig_start(&r, page + 1, &config), UMSI_OK);
		mach_thread(r.m, 0, fire_two, &r);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* ---- A doorbell behind an IOMMU ---- */

static int map_doorbell(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova)
{
	(void)host;
	if (requester_id == 0xbad)
		return UMSI_ENOMEM;
	assert_true(phys == RIG_DOORBELL);
	*out_iova = 0x80000040;
	return UMSI_OK;
}

static void look_at_doorbell(void *arg)
{
	struct rig *r = arg;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	uint64_t calls = 0;

	MACH_CHECK(r->m, rig_device(r, 0xbad, 1, &dev, &table) == UMSI_ENOMEM, "T-BAD", "no mapping");
	MACH_CHECK(r->m, rig_device(r, 0x100, 3, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, begin(r, table, 2, &calls), &msg) == UMSI_OK &&
		   msg.address == 0x80000040, "T-IOVA", "doorbell at %llx", (unsigned long long)msg.address);
	umsi_device_remove(dev);
}

static void a_doorbell_is_where_the_host_mapped_it(void **state)
{
	struct rig_config config = { .its = { .map_doorbell = map_doorbell } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 10, &config), UMSI_OK);
	mach_thread(r.m, 0, look_at_doorbell, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* ---- Messages of others, and of nobody ---- */

struct stranger {
	struct rig *r;
	struct mach_pci *pci;
};

static void send_what_is_not_mapped(void *arg)
{
	struct stranger *s = arg;
	struct rig *r = s->r;
	struct umsi_device *victim, *own;
	struct umsi_table *table, *other;
	uint64_t calls = 0, own_calls = 0;
	struct umsi_stats stats;
	struct umsi_msg msg;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xd00, 4, &victim, &table) == UMSI_OK &&
		   rig_device(r, 0xe00, 2, &own, &other) == UMSI_OK, "T-DEVICE", "devices");
	begin(r, table, 0, &calls);
	irq = begin(r, table, 1, &calls);
	begin(r, other, 0, &own_calls);
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK && msg.data == 1, "T-EVENT", "event %u", msg.data);
	mach_pci_send(s->pci, msg.address, msg.data);	/* the victim's event, by another DeviceID */
	mach_pci_send(s->pci, msg.address, 77);		/* beyond its table */
	let_traps_happen(r);
	umsi_stats_read(r->umsi, &stats);
	MACH_CHECK(r->m, !calls && !own_calls && !stats.unowned, "T-FOREIGN", "a message of another arrived");
	MACH_CHECK(r->m, mach_its_unmapped(r->hw) == 2, "T-COUNT", "%u dropped", (unsigned int)mach_its_unmapped(r->hw));
	mach_pci_send(s->pci, msg.address, 0);		/* its own */
	let_traps_happen(r);
	MACH_CHECK(r->m, own_calls == 1, "T-OWN", "its own message did not arrive");
	umsi_device_remove(own);
	mach_pci_send(s->pci, msg.address, 0);		/* of a DeviceID that is mapped no more */
	let_traps_happen(r);
	MACH_CHECK(r->m, own_calls == 1 && mach_its_unmapped(r->hw) == 3, "T-GONE", "after its removal");
	umsi_device_remove(victim);
}

static void messages_of_others_and_of_nobody_are_dropped(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { 0 };
	struct stranger s;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		s = (struct stranger){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		mach_thread(r.m, seed % 3, send_what_is_not_mapped, &s);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* ---- A message that was translated before its event was discarded ---- */

static void drain_here(struct rig *r)
{
	mach_irq_off(r->m);
	umsi_drain_point(r->umsi);
	mach_irq_on(r->m);
	mach_delay(r->m, 5);
}

static void drain_often(void *arg)
{
	for (uint32_t i = 0; i < 400; i++)
		drain_here(arg);
}

static void reuse_behind_a_slow_redistributor(void *arg)
{
	struct stranger *s = arg;
	struct rig *r = s->r;
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t first = 0, second = 0;
	struct umsi_msg msg;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xe00, 1, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, count_call, &first, "first") == UMSI_OK &&
		   umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK, "T-FIRST", "first owner");
	mach_pci_send(s->pci, msg.address, msg.data);
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, irq) == UMSI_OK, "T-FREE", "free");
	/* Event and LPI are given out again at once, at another redistributor. */
	for (uint32_t i = 0; i < 40; i++) {
		umsi_reap(r->umsi);
		drain_here(r);
	}
	at.affinity.cpu = 2;
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, count_call, &second, "second") == UMSI_OK, "T-SECOND", "second owner");
	mach_delay(r->m, 20000);
	MACH_CHECK(r->m, !second, "T-FOREIGN", "a message of the first owner called the second");
	umsi_device_remove(dev);
}

/* SYNC: nothing of a discarded event is under way afterwards, however slow its redistributor. */
static void a_discarded_event_is_over(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { .calm = true, .slow_redistributors = 3000 };
	struct stranger s;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		s = (struct stranger){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		mach_thread(r.m, 0, reuse_behind_a_slow_redistributor, &s);
		mach_thread(r.m, 1, drain_often, &r);
		mach_thread(r.m, 2, drain_often, &r);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
	}
}

/* ---- A message that was translated before its event moved, and a CPU that goes ---- */

struct departure {
	struct stranger s;
	bool left, back;
};

static void go_down(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;

	while (!d->left)
		mach_delay(r->m, 5);
	mach_irq_off(r->m);
	MACH_CHECK(r->m, umsi_cpu_dead(r->umsi, 1) == UMSI_OK, "T-DEAD", "dead");
	mach_gicv3_power_off(r->m, 1);
	mach_cpu_down(r->m);
}

static void come_back(void *arg)
{
	struct departure *d = arg;

	MACH_CHECK(d->s.r->m, umsi_cpu_online(d->s.r->umsi, 1) == UMSI_OK, "T-BACK", "online again");
	mach_irq_on(d->s.r->m);
	d->back = true;
}

static void move_and_send_away(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xe00, 1, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, count_call, &calls, "n") == UMSI_OK &&
		   umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK, "T-BEGIN", "begin");
	mach_pci_send(d->s.pci, msg.address, msg.data);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_OK, "T-MOVE", "move");
	MACH_CHECK(r->m, umsi_cpu_leave(r->umsi, 1) == UMSI_OK, "T-LEAVE", "leave");
	mach_sync(r->m);
	d->left = true;
	while (mach_cpu_is_up(r->m, 1))
		mach_delay(r->m, 5);
	mach_delay(r->m, 20000);
	MACH_CHECK(r->m, calls == 1, "T-LOST", "%u calls for a message sent before the move", (unsigned int)calls);
	mach_cpu_up(r->m, 1, come_back, d);
	while (!d->back)
		mach_delay(r->m, 5);
	umsi_device_remove(dev);
}

/* SYNC: nothing is left at the old redistributor when the move has returned, however slow it is. */
static void a_moved_event_is_at_its_new_redistributor(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { .calm = true, .slow_redistributors = 3000 };
	struct departure d;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		d = (struct departure){ .s = { .r = &r, .pci = mach_pci_add(r.m, &pci) } };
		mach_thread(r.m, 0, move_and_send_away, &d);
		mach_thread(r.m, 1, go_down, &d);
		rig_run(&r);
		rig_settle(&r);
		rig_expect_empty(&r);
		rig_end(&r);
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
	begin(r, table, 0, &calls);
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
	mach_thread(r.m, 0, fire_two, &r);
	rig_run(&r);
	rig_settle(&r);
	rig_expect_empty(&r);
	rig_end(&r);
}

/* ---- Creation ---- */

static void wrong_configurations_are_named(void **state)
{
	struct rig_config config = { 0 }, small = { .hw = { .device_bits = 4 } };
	struct umsi_its_config its = { .phys = RIG_ITS_PHYS };
	struct umsi_domain *other;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 11, &config), UMSI_OK);
	its.phys += 0x1000;
	assert_int_equal(umsi_its_create(r.umsi, r.root, &its, &other), UMSI_EINVAL);
	assert_int_equal(umsi_its_create(r.umsi, r.its, &its, &other), UMSI_EINVAL);
	assert_int_equal(umsi_its_create(r.umsi, r.root, NULL, &other), UMSI_EINVAL);
	assert_int_equal(umsi_gicv3_destroy(r.root), UMSI_EBUSY);
	assert_int_equal(rig_device(&r, 0x10000, 1, &dev, &table), UMSI_ERANGE);
	assert_int_equal(rig_device(&r, 0x100, 65536, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);

	assert_int_equal(rig_start(&r, 12, &small), UMSI_OK);
	assert_int_equal(rig_device(&r, 15, 1, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	assert_int_equal(rig_device(&r, 16, 1, &dev, &table), UMSI_ERANGE);
	rig_end(&r);
}

/* Each allocation of a creation, and of a device with its table, fails in turn; nothing leaks. */
static void every_allocation_may_fail(void **state)
{
	struct rig_config config = { .calm = true };
	struct umsi_its_config its = { .phys = RIG_ITS_PHYS };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t n;
	struct rig r;
	int status;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 13, &config), UMSI_OK);
	for (n = 1, status = UMSI_ENOMEM; status == UMSI_ENOMEM; n++) {
		mach_fail_alloc(r.m, n, false);
		status = rig_device(&r, 0x100, 5, &dev, &table);
		mach_fail_alloc(r.m, 0, false);
	}
	assert_int_equal(status, UMSI_OK);
	assert_true(n > 5);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_expect_empty(&r);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	for (n = 1, status = UMSI_ENOMEM; status == UMSI_ENOMEM; n++) {
		mach_fail_alloc(r.m, n, false);
		status = umsi_its_create(r.umsi, r.root, &its, &r.its);
		mach_fail_alloc(r.m, 0, false);
	}
	assert_int_equal(status, UMSI_OK);
	assert_true(n > 5);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_69_tables_of_1_to_33_events_hold_the_last),
		cmocka_unit_test(P_67_a_thousand_devices_leave_everything_balanced),
		cmocka_unit_test(P_70_the_last_lpi_is_the_last),
		cmocka_unit_test(P_71_no_command_names_a_cpu_that_is_not_online),
		cmocka_unit_test(functions_behind_one_alias_come_and_go_in_every_order),
		cmocka_unit_test(P_68_two_functions_probe_and_leave_together),
		cmocka_unit_test(what_an_alias_cannot_have_is_refused),
		cmocka_unit_test(erratum_qdf2400_0065_tables_of_16_bytes_an_event),
		cmocka_unit_test(errata_cavium_22375_24313_device_table),
		cmocka_unit_test(erratum_cavium_23144_collections_of_one_node),
		cmocka_unit_test(a_stall_names_its_caller_and_is_helped_over),
		cmocka_unit_test(a_queue_that_stands_still_is_bounded_named_and_recovers),
		cmocka_unit_test(the_queue_wraps_under_several_waiters),
		cmocka_unit_test(a_full_queue_makes_its_callers_wait),
		cmocka_unit_test(P_75_a_second_its_leaves_the_redistributors_alone),
		cmocka_unit_test(P_76_blocks_that_do_not_see_caches_are_written_back_to),
		cmocka_unit_test(a_doorbell_is_where_the_host_mapped_it),
		cmocka_unit_test(messages_of_others_and_of_nobody_are_dropped),
		cmocka_unit_test(a_discarded_event_is_over),
		cmocka_unit_test(a_moved_event_is_at_its_new_redistributor),
		cmocka_unit_test(P_72_a_new_queue_begins_empty),
		cmocka_unit_test(wrong_configurations_are_named),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
