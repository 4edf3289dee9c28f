/* SPDX-License-Identifier: MIT */
/* The whole machine sleeps; some interrupts may wake it. */
#include "rig.h"

#define COMMAND		0x04
#define DECODE_MASTER	0x0006u

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	mach_pci_raise(r->pci[0], index);
	rig_settle(r);
}

static void only_the_marked_arrives(void **state)
{
	struct rig r;
	umsi_irq marked;

	(void)state;
	rig_start(&r, 1);
	rig_irq(&r, 0);
	marked = rig_irq(&r, 1);
	assert_int_equal(umsi_irq_set_wake(r.umsi, marked, true), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_ESTATE);
	rig_settle(&r);
	fire(&r, 0);
	assert_int_equal(r.calls, 0);
	assert_int_equal(umsi_woken_by(r.umsi), UMSI_IRQ_NONE);
	fire(&r, 1);
	assert_int_equal(r.calls, 1);
	assert_true(umsi_woken_by(r.umsi) == marked);
	assert_int_equal(umsi_resume(r.umsi), UMSI_OK);
	rig_settle(&r);
	/* What waited behind the mask. */
	assert_int_equal(r.calls, 2);
	assert_int_equal(umsi_resume(r.umsi), UMSI_ESTATE);
	rig_end(&r);
}

/* A disabled interrupt wakes as well, and is replayed when it is enabled. */
static void disabled_wakes(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 2);
	irq = rig_irq(&r, 4);
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq, true), UMSI_OK);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	fire(&r, 4);
	assert_true(umsi_woken_by(r.umsi) == irq);
	assert_int_equal(umsi_resume(r.umsi), UMSI_OK);
	assert_int_equal(r.calls, 0);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* All registers are lost, also those of what woke it. */
static void registers_are_lost(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 3);
	irq = rig_irq(&r, 0);
	rig_irq(&r, 1);
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq, true), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	mach_pci_reset(r.pci[0]);
	umsi_host_pci_write(r.m, r.fn[0].requester_id, COMMAND, 2, DECODE_MASTER);
	assert_int_equal(umsi_resume(r.umsi), UMSI_OK);
	rig_settle(&r);
	r.calls = 0;
	fire(&r, 0);
	fire(&r, 1);
	assert_int_equal(r.calls, 2);
	rig_end(&r);
}

static void a_vanished_device_does_not_keep_it_awake(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 4);
	rig_irq(&r, 0);
	mach_pci_remove(r.pci[0], 0);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	assert_int_equal(umsi_resume(r.umsi), UMSI_EGONE);
	assert_int_equal(umsi_resume(r.umsi), UMSI_ESTATE);
	rig_end(&r);
}

static void wakes_are_few_and_end_with_the_interrupt(void **state)
{
	umsi_irq irq[RIG_ENTRIES];
	struct rig r;

	(void)state;
	rig_start(&r, 5);
	for (uint32_t turn = 0; turn < 3 * UMSI_WAKES_MAX / RIG_ENTRIES; turn++) {
		for (uint32_t i = 0; i < RIG_ENTRIES; i++) {
			assert_int_equal(rig_alloc(&r, i, i, &irq[i]), UMSI_OK);
			assert_int_equal(umsi_irq_set_wake(r.umsi, irq[i], true), UMSI_OK);
			assert_int_equal(umsi_irq_set_wake(r.umsi, irq[i], true), UMSI_OK);
		}
		for (uint32_t i = 0; i < RIG_ENTRIES; i++)
			assert_int_equal(umsi_irq_free(r.umsi, irq[i]), UMSI_OK);
	}
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq[0], true), UMSI_ENOENT);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_marked_arrives),
		cmocka_unit_test(disabled_wakes),
		cmocka_unit_test(registers_are_lost),
		cmocka_unit_test(a_vanished_device_does_not_keep_it_awake),
		cmocka_unit_test(wakes_are_few_and_end_with_the_interrupt),
	};

	return cmocka_run_group_tests_name("suspend", tests, NULL, NULL);
}
