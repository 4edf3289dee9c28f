/* SPDX-License-Identifier: MIT */
/* SPIs by message: numbers that devices write to the distributor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define FIRST	64u
#define COUNT	8u

struct direct {
	struct rig *r;
	struct mach_pci *pci;
	struct umsi_domain *messages;
	uint64_t calls[COUNT];
	bool deaf;		/* a CPU is as if in a trap */
	uint32_t down, back;	/* CPUs of a night */
};

static int add_device(struct direct *d, const struct umsi_store_ops *store, uint32_t size, struct umsi_device **dev,
		      struct umsi_table **table)
{
	struct umsi_device_config config = { .requester_id = 0x100, .parent = d->messages };

	return rig_device_as(d->r, config, store, size, dev, table);
}

static void send(struct direct *d, umsi_irq irq)
{
	struct umsi_msg msg;

	MACH_CHECK(d->r->m, umsi_irq_message(d->r->umsi, irq, &msg) == UMSI_OK && msg.address == MACH_GICV3_SETSPI &&
		   msg.data >= FIRST && msg.data < FIRST + COUNT, "T-MESSAGE", "%#x", msg.data);
	mach_pci_send(d->pci, msg.address, msg.data);
	rig_let_traps_happen(d->r);
}

static void use_them_all(void *arg)
{
	struct direct *d = arg;
	struct rig *r = d->r;
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[COUNT], none;

	MACH_CHECK(r->m, add_device(d, &rig_store, 32, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_gicv3_destroy(r->root) == UMSI_EBUSY, "T-BUSY", "destroyed under a device");
	for (uint32_t i = 0; i < COUNT; i++)
		irq[i] = rig_begin(r, table, i, &d->calls[i]);
	MACH_CHECK(r->m, umsi_irq_alloc(table, &any, &none) == UMSI_ENOSLOT, "T-NONE", "one too many");
	for (uint32_t round = 0; round < 4; round++)
		for (uint32_t i = 0; i < COUNT; i++) {
			to.cpu = (i + round) % r->cpus;
			MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq[i], &to) == UMSI_OK, "T-MOVE", "%u", i);
			send(d, irq[i]);
			MACH_CHECK(r->m, d->calls[i] == round + 1 && mach_gicv3_target(r->m, FIRST + i) == to.cpu, "T-CALLS",
				   "SPI %u: %u calls, on cpu%u", FIRST + i, (unsigned int)d->calls[i],
				   mach_gicv3_target(r->m, FIRST + i));
		}
	/* One that is released is closed, and a move does not open it. */
	MACH_CHECK(r->m, umsi_irq_release(r->umsi, irq[3]) == UMSI_OK, "T-RELEASE", "release");
	to.cpu = (mach_gicv3_target(r->m, FIRST + 3) + 1) % r->cpus;
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq[3], &to) == UMSI_OK && !mach_gicv3_enabled(r->m, FIRST + 3),
		   "T-CLOSED", "open without a handler");
	/* What is freed can be had again, once every CPU has ended its traps. */
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, irq[5]) == UMSI_OK && umsi_irq_alloc(table, &any, &none) == UMSI_OK,
		   "T-AGAIN", "after a free");
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

/* Aligned, and one move for all: what is pending goes along. */
static void use_a_block(void *arg)
{
	struct direct *d = arg;
	struct rig *r = d->r;
	struct umsi_irq_request_at at = { .last = 3 };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	umsi_irq irq[4];

	MACH_CHECK(r->m, add_device(d, &rig_block_store, 4, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc_block(table, &at, 4, irq) == UMSI_OK, "T-BLOCK", "a block of 4");
	for (uint32_t i = 0; i < 4; i++)
		MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq[i], rig_count_call, &d->calls[i], "n") == UMSI_OK, "T-REQUEST",
			   "%u", i);
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, irq[0], &msg) == UMSI_OK && msg.data % 4 == 0, "T-ALIGNED", "%u", msg.data);
	for (uint32_t i = 0; i < 4; i++)
		mach_pci_send(d->pci, msg.address, msg.data + i);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq[1], &to) == UMSI_OK, "T-MOVE", "move");
	rig_let_traps_happen(r);
	for (uint32_t i = 0; i < 4; i++)
		MACH_CHECK(r->m, d->calls[i] == 1 && mach_gicv3_target(r->m, msg.data + i) == 2, "T-CALLS", "%u: %u calls", i,
			   (unsigned int)d->calls[i]);
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

static void stay_in_a_trap(void *arg)
{
	struct direct *d = arg;

	mach_irq_off(d->r->m);
	d->deaf = true;
	mach_delay(d->r->m, 30000);
	d->deaf = false;
	mach_irq_on(d->r->m);
}

/* A CPU may have acknowledged the number and not have looked it up: it serves nobody else until that CPU's trap has ended. */
static void use_one_again(void *arg)
{
	struct direct *d = arg;
	struct rig *r = d->r;
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[COUNT], again;

	MACH_CHECK(r->m, add_device(d, &rig_store, 32, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < COUNT; i++)
		irq[i] = rig_begin(r, table, i, &d->calls[i]);
	mach_thread(r->m, (mach_cpu(r->m) + 1) % r->cpus, stay_in_a_trap, d);
	while (!d->deaf)
		mach_delay(r->m, 10);
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, irq[2]) == UMSI_OK && d->deaf, "T-FREE", "free");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &any, &again) == UMSI_OK, "T-AGAIN", "alloc");
	MACH_CHECK(r->m, !d->deaf, "T-EARLY", "the number is another's while a CPU is in a trap");
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

/* The lines of the range are nobody's wires. */
static void ask_for_a_wire(void *arg)
{
	struct direct *d = arg;
	struct rig *r = d->r;
	struct umsi_device_config config = { .name = "board", .parent = r->root };
	struct umsi_irq_request_at at = { .first = FIRST, .last = FIRST, .trigger = UMSI_TRIGGER_EDGE_RISING };
	struct umsi_device *dev;
	struct umsi_table *wires;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_device_add(r->umsi, &config, &dev) == UMSI_OK && umsi_gicv3_wires(dev, &wires) == UMSI_OK &&
		   umsi_irq_alloc(wires, &at, &irq) == UMSI_ERANGE, "T-WIRE", "a wire that is a message");
	umsi_device_remove(dev);
}

static void doze(void *arg)
{
	struct direct *d = arg;

	mach_irq_off(d->r->m);
	d->down++;
	mach_cpu_down(d->r->m);
}

static void wake(void *arg)
{
	struct direct *d = arg;

	mach_irq_off(d->r->m);
	MACH_CHECK(d->r->m, umsi_cpu_restore(d->r->umsi, mach_cpu(d->r->m)) == UMSI_OK, "T-RESTORE", "restore");
	mach_irq_on(d->r->m);
	d->back++;
}

/* A device that came after umsi_suspend(); everything is lost, and umsi_resume() not called yet (arm3 seed 43773). */
static void move_after_a_loss(void *arg)
{
	struct direct *d = arg;
	struct rig *r = d->r;
	umsi_cpu here = mach_cpu(r->m);
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	MACH_CHECK(r->m, add_device(d, &rig_store, 32, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	irq = rig_begin(r, table, 0, &d->calls[0]);
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
		if (cpu != here)
			mach_thread(r->m, cpu, doze, d);
	while (d->down < r->cpus - 1)
		mach_delay(r->m, 5);
	mach_irq_off(r->m);
	mach_gicv3_lose(r->m);
	mach_its_lose(r->hw);
	wake(d);
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
		if (cpu != here)
			mach_cpu_up(r->m, cpu, wake, d);
	while (d->back < r->cpus)
		mach_delay(r->m, 5);
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu };

		MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_OK, "T-MOVE", "cpu%u", cpu);
	}
	send(d, irq);
	MACH_CHECK(r->m, d->calls[0] == 1, "T-CALLS", "%u calls", (unsigned int)d->calls[0]);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
}

static void run_each(void (*thread)(void *arg))
{
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = 1 };
	struct rig_config config = { .messages = { FIRST, COUNT } };
	struct direct d;
	struct rig r;

	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		d = (struct direct){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		assert_int_equal(umsi_gicv3_messages(r.root, &d.messages), UMSI_OK);
		mach_thread(r.m, seed % 3, thread, &d);
		rig_run(&r);
		rig_finish(&r);
	}
}

static void spis_by_message_arrive_move_and_run_out(void **state)
{
	(void)state;
	run_each(use_them_all);
}

static void a_block_of_spis_moves_as_one(void **state)
{
	(void)state;
	run_each(use_a_block);
}

static void a_number_waits_for_every_cpus_traps(void **state)
{
	(void)state;
	run_each(use_one_again);
}

static void one_that_moves_after_a_loss_is_an_edge(void **state)
{
	(void)state;
	run_each(move_after_a_loss);
}

static void spis_by_message_are_no_wires(void **state)
{
	(void)state;
	run_each(ask_for_a_wire);
}

/* ---- Creation ---- */

static int create(struct mach *m, const struct umsi_gicv3_config *config)
{
	struct umsi_cpu_desc cpu = { .hw_id = mach_gicv3_affinity(0) };
	struct umsi_config library = { .cpus = &cpu, .ncpus = 1 };
	struct umsi_domain *root, *messages;
	struct umsi_storage storage;
	struct umsi *umsi;
	int status;

	assert_int_equal(umsi_init(&storage, m, &library, &umsi), UMSI_OK);
	status = umsi_gicv3_create(umsi, config, &root);
	if (!status) {
		assert_int_equal(umsi_gicv3_messages(root, NULL), UMSI_EINVAL);
		assert_int_equal(umsi_gicv3_messages(root, &messages), config->mbis ? UMSI_OK : UMSI_ENOTSUP);
		assert_int_equal(umsi_gicv3_destroy(root), UMSI_OK);
	}
	assert_int_equal(umsi_destroy(umsi), UMSI_OK);
	mach_check_leaks(m);
	return status;
}

static void wrong_ranges_are_named(void **state)
{
	struct mach_config with = { .ncpus = 1, .kind = MACH_ARM3 }, without = with;
	struct umsi_gicv3_region region = { .phys = MACH_GICV3_REDISTRIBUTORS, .bytes = 0x20000 };
	struct umsi_gicv3_config good = { .distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1,
					  .mbis = 2, .mbi = { { 64, 8 }, { 80, 16 } } }, c;
	struct mach *m = mach_create(1, &with);

	(void)state;
	assert_int_equal(create(m, &good), UMSI_OK);
	c = good;
	c.mbis = 0;
	assert_int_equal(create(m, &c), UMSI_OK);
	c.mbis = UMSI_GICV3_MBIS_MAX + 1;
	assert_int_equal(create(m, &c), UMSI_EINVAL);
	c = good;
	c.mbi_alias = 0x8010040;
	assert_int_equal(create(m, &c), UMSI_EINVAL);
	c = good;
	c.mbi[1] = (struct umsi_gicv3_mbi){ 71, 2 };
	assert_int_equal(create(m, &c), UMSI_ERANGE);
	c.mbi[1] = (struct umsi_gicv3_mbi){ 90, 7 };
	assert_int_equal(create(m, &c), UMSI_ERANGE);
	c.mbi[1] = (struct umsi_gicv3_mbi){ 31, 2 };
	assert_int_equal(create(m, &c), UMSI_ERANGE);
	c.mbi[1] = (struct umsi_gicv3_mbi){ 80, 0 };
	assert_int_equal(create(m, &c), UMSI_ERANGE);
	assert_null(mach_violated(m));
	mach_destroy(m);

	without.no_mbis = true;
	m = mach_create(1, &without);
	assert_int_equal(create(m, &good), UMSI_ENOTSUP);
	assert_null(mach_violated(m));
	mach_destroy(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spis_by_message_arrive_move_and_run_out),
		cmocka_unit_test(a_block_of_spis_moves_as_one),
		cmocka_unit_test(a_number_waits_for_every_cpus_traps),
		cmocka_unit_test(one_that_moves_after_a_loss_is_an_edge),
		cmocka_unit_test(spis_by_message_are_no_wires),
		cmocka_unit_test(wrong_ranges_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
