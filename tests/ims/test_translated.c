/* SPDX-License-Identifier: MIT */
/*
 * A logical function's slot behind a translator: which requester the unit sees,
 * what a move writes, who is stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/vtd.h>

#include "examples/ims/ims.h"
#include "system.h"

#define SLOTS	64u
#define FIRST	4u			/* the function's slots begin here */
#define PASID	0xabcdeu

static struct mach_pci *accel, *stranger;

static int build(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = SYSTEM_FUNCTION, .ims = { { .kind = MACH_IMS_TABLE, .count = SLOTS } },
	};
	struct mach_pci_config other = { .requester_id = SYSTEM_INTRUDER, .entries = 1 };

	stranger = mach_pci_add(b->m, &other);
	return system_device(b, &config, "accel0", &accel) ? UMSI_OK : UMSI_ENOMEM;
}

/* By the machine's unit, whichever it is. */
static uint64_t passed(struct bench *b)
{
	if (b->amd)
		return mach_amd_vi_passed(b->amd);
	return b->vtd ? mach_vtd_passed(b->vtd) : mach_its_translated(b->its);
}

struct slot {
	struct bench *b;
	umsi_irq irq;
	uint32_t entry;
	umsi_cpu last_cpu;
};

static enum umsi_handled handler(void *arg)
{
	struct slot *s = arg;

	mach_handler_begin(accel, s->entry);
	s->last_cpu = mach_cpu(s->b->m);
	mach_handler_end(accel, s->entry);
	return UMSI_HANDLED;
}

static bool is_handled(void *arg)
{
	struct slot *s = arg;

	return !mach_entry_owed(accel, s->entry) && !mach_entry_running(accel, s->entry);
}

static struct umsi_msg words(const struct slot *s)
{
	return (struct umsi_msg){
		.address = mach_pci_table(accel, s->entry, 0) | (uint64_t)mach_pci_table(accel, s->entry, 1) << 32,
		.data = mach_pci_table(accel, s->entry, 2),
	};
}

/* The unit changes, the slot does not. */
static void move_and_fire(struct slot *s)
{
	struct mach *m = s->b->m;
	struct umsi_msg before = words(s);
	uint64_t writes = mach_pci_writes(accel);

	for (uint32_t i = 1; i <= 8; i++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = i % 4 };
		uint64_t through = passed(s->b);

		MACH_CHECK(m, umsi_irq_set_affinity(s->b->umsi, s->irq, &to) == UMSI_OK, "MOVE", "to cpu%u", i % 4);
		mach_pci_raise(accel, s->entry);
		mach_wait(m, is_handled, s);
		/* What comes while that trap is not over yet is its CPU's. */
		MACH_CHECK(m, umsi_irq_synchronize(s->b->umsi, s->irq) == UMSI_OK, "MOVE", "synchronize");
		MACH_CHECK(m, s->last_cpu == i % 4, "MOVE", "handled on cpu%u", s->last_cpu);
		MACH_CHECK(m, passed(s->b) == through + 1 && !system_blocked(s->b), "REQUESTER", "the unit let nothing through");
	}
	MACH_CHECK(m, mach_pci_writes(accel) == writes && words(s).address == before.address &&
		   words(s).data == before.data, "MOVE", "a move wrote to the slot");
	MACH_CHECK(m, mach_ims_pasid(accel, s->entry) == PASID, "PASID", "%x", mach_ims_pasid(accel, s->entry));
}

static void expect_fault(struct bench *b, uint32_t requester_id)
{
	struct umsi_vtd_fault fault;

	if (!b->vtd)
		return;
	MACH_CHECK(b->m, umsi_vtd_fault_take(b->parent, &fault) == UMSI_OK && fault.requester_id == requester_id,
		   "REQUESTER", "another is accused than %x", requester_id);
}

/* Another function sends what the slot says: only the requester id tells it from the slot's own. */
static void forge(struct slot *s)
{
	struct umsi_msg msg = words(s);
	uint64_t through = passed(s->b), handled = mach_entry_handled(accel, s->entry);

	mach_pci_intrude(stranger, msg.address, msg.data);
	mach_delay(s->b->m, 2000);
	MACH_CHECK(s->b->m, system_blocked(s->b) == 1 && passed(s->b) == through, "I-ISO", "a forged message went through");
	MACH_CHECK(s->b->m, mach_entry_handled(accel, s->entry) == handled, "I-ISO", "... and was handled");
	expect_fault(s->b, SYSTEM_INTRUDER);
}

/* Its messages are nobody's then, though the requester is the right one. */
static void revoke(struct slot *s, struct umsi_device *function)
{
	struct umsi_msg msg = words(s);

	mach_entry_live(accel, s->entry, false);
	MACH_CHECK(s->b->m, umsi_device_revoke(s->b->dev[0], umsi_device_function(function)) == UMSI_OK, "REVOKE", "refused");
	mach_entry_freed(accel, s->entry);
	mach_pci_send(accel, msg.address, msg.data);
	mach_delay(s->b->m, 2000);
	MACH_CHECK(s->b->m, system_blocked(s->b) == 2, "REVOKE", "what was revoked sends on");
	expect_fault(s->b, SYSTEM_FUNCTION);
}

static void work(struct worker *w)
{
	struct bench *b = w->b;
	struct umsi_device_config c = { .name = "f0", .owner = b->dev[0] };
	struct umsi_irq_request_at at = { .cookie = PASID };
	struct slot s = { .b = b, .entry = mach_ims_entry(accel, 0, FIRST) };
	struct umsi_device *function;
	struct umsi_table *table;

	if (w->number)
		return;
	system_check(b, umsi_device_add(b->umsi, &c, &function), "add");
	system_check(b, accel_create(function, b->m, mach_ims_phys(accel, 0) + 16 * FIRST, SLOTS - FIRST, &table), "create");
	system_check(b, umsi_irq_alloc(table, &at, &s.irq), "alloc");
	system_check(b, umsi_irq_request(b->umsi, s.irq, handler, &s, "slot"), "request");
	mach_entry_live(accel, s.entry, true);
	move_and_fire(&s);
	forge(&s);
	revoke(&s, function);
	system_check(b, umsi_device_remove(function), "remove");
}

/* One small, the owner's, then one with as many as the owner said there would be: the unit's table for them is one. */
static void small_first(struct worker *w)
{
	struct bench *b = w->b;
	struct umsi_irq_request_at at = { .first = 0, .last = UMSI_INDEX_LAST };
	struct umsi_device *f[2];
	struct umsi_table *table;
	umsi_irq irq;

	for (uint32_t i = 0; !w->number && i < 2; i++) {
		struct umsi_device_config c = { .name = "f", .owner = b->dev[0] };
		uint32_t count = i ? SLOTS - FIRST : FIRST;

		system_check(b, umsi_device_add(b->umsi, &c, &f[i]), "add");
		system_check(b, accel_create(f[i], b->m, mach_ims_phys(accel, 0) + 16 * FIRST * i, count, &table), "create");
		for (uint32_t n = 0; n < count; n++)
			system_check(b, umsi_irq_alloc(table, &at, &irq), "alloc");
		if (!i)
			system_check(b, accel_create(b->dev[0], b->m, mach_ims_phys(accel, 0), 1, &table), "create the owner's");
	}
	for (uint32_t i = 0; !w->number && i < 2; i++)
		system_check(b, umsi_device_remove(f[i]), "remove");
}

static void run_this(const struct system_root *root, uint64_t min_age_ns, void (*what)(struct worker *w))
{
	const struct system s = { .name = "translated", .build = build, .root = root, .work = what, .min_age_ns = min_age_ns };

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct system_totals t = { 0 };

		assert_true(system_run(&s, seed, 1, &t, NULL, NULL));
		assert_int_equal(t.leaked, 0);
	}
}

static void run(const struct system_root *root, uint64_t min_age_ns)
{
	run_this(root, min_age_ns, work);
}

static void there_is_room_whoever_comes_first(void **state)
{
	(void)state;
	run_this(&system_vtd, 1700000, small_first);
	run_this(&system_amd_vi, 1700000, small_first);
	run_this(&system_its, 300000, small_first);
}

static void a_functions_slot_behind_vtd(void **state)
{
	(void)state;
	run(&system_vtd, 1700000);
}

static void a_functions_slot_behind_amd_vi(void **state)
{
	(void)state;
	run(&system_amd_vi, 1700000);
}

static void a_functions_slot_behind_an_its(void **state)
{
	(void)state;
	run(&system_its, 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_room_whoever_comes_first),
		cmocka_unit_test(a_functions_slot_behind_vtd),
		cmocka_unit_test(a_functions_slot_behind_amd_vi),
		cmocka_unit_test(a_functions_slot_behind_an_its),
	};

	return cmocka_run_group_tests_name("slots behind translators", tests, NULL, NULL);
}
