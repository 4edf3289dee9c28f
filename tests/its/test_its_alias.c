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

static int alias_device(struct rig *r, uint32_t function, uint32_t most, uint32_t vectors, struct umsi_device **dev,
			struct umsi_table **table)
{
	struct umsi_device_config config = {
		.requester_id = 0x500 + function, .max_irqs = most,
		.messages_as = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x500 },
	};

	return rig_device_as(r, config, &rig_store, vectors, dev, table);
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
	struct rig *r = b->r;

	MACH_CHECK(r->m, alias_device(r, n, n ? 20 : 3, n ? 40 : 3, &b->dev[n], &b->table[n]) == UMSI_OK, "T-ADD",
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
		rig_finish(&r);
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
		rig_finish(&r);
	}
}

static void alias_limits(void *arg)
{
	struct rig *r = arg;
	struct behind b = { .r = r };
	struct umsi_device *dev;
	struct umsi_table *table;

	add_function(&b, 0);
	MACH_CHECK(r->m, alias_device(r, 5, 64, 64, &dev, &table) == UMSI_ENOINDEX, "T-ROOM",
		   "more events than the shared table has");
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
	rig_finish(&r);
}

/* ---- Phantom functions: one function, several DeviceIDs ---- */

struct ghost {
	struct rig *r;
	struct mach_pci *pci[8];	/* each sends with one of the device's requester ids */
	uint64_t calls[2];
};

#define GHOST		0x600u		/* function 1, and with two bits 3, 5, 7 */

static int phantom_device(struct rig *r, uint32_t requester_id, uint32_t bits, struct umsi_device **dev,
			  struct umsi_table **table)
{
	struct umsi_device_config config = { .requester_id = requester_id, .messages_as = { .phantom_bits = bits } };

	return rig_device_as(r, config, &rig_store, 5, dev, table);
}

/* Event @n by every function number: whose handler ran? */
static void send_from_all(struct ghost *g, const struct umsi_msg *msg, uint32_t odd, uint32_t even)
{
	for (uint32_t f = 0; f < 8; f++) {
		uint64_t before[2] = { g->calls[0], g->calls[1] };

		mach_pci_send(g->pci[f], msg->address, msg->data);
		rig_let_traps_happen(g->r);
		MACH_CHECK(g->r->m, g->calls[1] - before[1] == (f & 1 ? odd : 0) &&
			   g->calls[0] - before[0] == (f & 1 ? 0 : even), "T-PHANTOM", "function %u: %u and %u calls", f,
			   (unsigned int)(g->calls[1] - before[1]), (unsigned int)(g->calls[0] - before[0]));
	}
}

/* Functions 0 and 1 have phantom functions 2, 4, 6 and 3, 5, 7: each answers for its own. */
static void two_functions_with_phantoms(void *arg)
{
	struct ghost *g = arg;
	struct rig *r = g->r;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	struct umsi_device *dev[2], *more;
	struct umsi_table *table[2], *none;
	struct umsi_its_count count;
	struct umsi_msg msg;
	umsi_irq irq[2];

	for (uint32_t n = 0; n < 2; n++) {
		MACH_CHECK(r->m, phantom_device(r, GHOST + n, 2, &dev[n], &table[n]) == UMSI_OK, "T-DEVICE", "%u", n);
		irq[n] = rig_begin(r, table[n], 2, &g->calls[n]);
	}
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, count.devices == 8 && mach_its_devices(r->hw) == 8 && count.events == 2 && count.room == 16 &&
		   mach_its_events(r->hw) == 8, "T-COUNT", "%u DeviceIDs, %u events", count.devices, count.events);
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, irq[0], &msg) == UMSI_OK, "T-MESSAGE", "message");
	send_from_all(g, &msg, 1, 1);
	for (uint32_t i = 0; i < 6; i++) {
		to.cpu = i % r->cpus;
		MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq[1], &to) == UMSI_OK, "T-MOVE", "to %u", to.cpu);
		for (uint32_t f = 1; f < 8; f += 2)
			MACH_CHECK(r->m, mach_its_target(r->hw, GHOST + f, msg.data) == to.cpu, "T-MOVED",
				   "function %u leads to another CPU than %u", f, to.cpu);
	}
	send_from_all(g, &msg, 1, 1);
	/* Real functions that are said to be phantoms, and the other way round. */
	MACH_CHECK(r->m, phantom_device(r, GHOST + 2, 0, &more, &none) == UMSI_EEXIST &&
		   phantom_device(r, GHOST, 1, &more, &none) == UMSI_EEXIST, "T-EXIST", "a phantom that is real");
	MACH_CHECK(r->m, umsi_irq_release(r->umsi, irq[0]) == UMSI_OK, "T-RELEASE", "release");
	send_from_all(g, &msg, 1, 0);
	MACH_CHECK(r->m, umsi_device_remove(dev[1]) == UMSI_OK, "T-REMOVE", "remove");
	MACH_CHECK(r->m, mach_its_devices(r->hw) == 4, "T-COUNT", "%u DeviceIDs", mach_its_devices(r->hw));
	send_from_all(g, &msg, 0, 0);
	MACH_CHECK(r->m, umsi_device_remove(dev[0]) == UMSI_OK, "T-REMOVE", "remove");
}

static void phantom_functions_are_the_device(void **state)
{
	struct rig_config config = { 0 };
	struct ghost g;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		g = (struct ghost){ .r = &r };
		for (uint32_t f = 0; f < 8; f++)
			g.pci[f] = mach_pci_add(r.m, &(struct mach_pci_config){ .requester_id = GHOST + f, .entries = 1 });
		mach_thread(r.m, seed % 3, two_functions_with_phantoms, &g);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* Any of the eight MAPTI, or the INV behind them, is refused: what was mapped is mapped no more. */
static void refuse_one_of_many(void *arg)
{
	struct rig *r = arg;
	struct umsi_irq_request_at at = { .first = 1, .last = 1 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, phantom_device(r, GHOST, 3, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	rig_begin(r, table, 0, &calls);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ALLOC", "alloc");
	for (uint32_t nth = 1; nth <= 9; nth++) {
		umsi_irq_set_affinity(r->umsi, irq, &(struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = 0 });
		rig_begin(r, table, 3, &calls);
		mach_its_refuse(r->hw, nth);
		MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_EREFUSED, "T-REFUSED",
			   "command %u", nth);
		umsi_irq_free(r->umsi, umsi_irq_at(table, 3));
		MACH_CHECK(r->m, mach_its_events(r->hw) == 8, "T-LEFT", "%u events mapped", mach_its_events(r->hw));
	}
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_OK &&
		   umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-AGAIN", "after all");
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 1, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void a_refusal_among_phantoms_leaves_none_mapped(void **state)
{
	struct rig_config config = { .hw = { .stalls = true } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 5, &config), UMSI_OK);
	mach_thread(r.m, 1, refuse_one_of_many, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* Behind an IOMMU the doorbell must be at one address for all of them. */
static int map_doorbell(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova)
{
	(void)host;
	*out_iova = requester_id < 0x700 ? phys : phys + requester_id % 8 * 0x10000;
	return UMSI_OK;
}

static void phantoms_behind_an_iommu_share_the_doorbell(void **state)
{
	struct rig_config config = { .its = { .map_doorbell = map_doorbell } };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 6, &config), UMSI_OK);
	assert_int_equal(phantom_device(&r, 0x700, 1, &dev, &table), UMSI_ENOTSUP);
	assert_int_equal(phantom_device(&r, GHOST, 1, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_expect_empty(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_behind_one_alias_come_and_go_in_every_order),
		cmocka_unit_test(P_68_two_functions_probe_and_leave_together),
		cmocka_unit_test(what_an_alias_cannot_have_is_refused),
		cmocka_unit_test(phantom_functions_are_the_device),
		cmocka_unit_test(a_refusal_among_phantoms_leaves_none_mapped),
		cmocka_unit_test(phantoms_behind_an_iommu_share_the_doorbell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
