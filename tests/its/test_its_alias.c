/* SPDX-License-Identifier: MIT */
/*
 * The ITS: functions whose messages carry the same DeviceID, or several. Names that begin
 * with P- are failures of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

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
	b->irq[n] = rig_begin(r, b->table[n], 1, &b->calls[n]);
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
	rig_let_traps_happen(b->r);
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
		rig_let_traps_happen(r);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_behind_one_alias_come_and_go_in_every_order),
		cmocka_unit_test(P_68_two_functions_probe_and_leave_together),
		cmocka_unit_test(what_an_alias_cannot_have_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
