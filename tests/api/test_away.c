/* SPDX-License-Identifier: MIT */
/* Devices that sleep, are reset or vanish while their interrupts live, move and go. */
#include "rig.h"

#define COMMAND		0x04
#define DECODE_MASTER	0x0006u

static bool holds(struct rig *r, umsi_irq irq, uint32_t index)
{
	struct umsi_msg msg;

	assert_int_equal(umsi_irq_message(r->umsi, irq, &msg), UMSI_OK);
	return mach_pci_table(r->pci[0], index, 0) == (uint32_t)msg.address &&
	       mach_pci_table(r->pci[0], index, 1) == msg.address >> 32 &&
	       mach_pci_table(r->pci[0], index, 2) == msg.data && !(mach_pci_table(r->pci[0], index, 3) & 1);
}

/* A reset, after which the host gives the function its command register back. */
static void reset(struct rig *r)
{
	mach_pci_reset(r->pci[0]);
	umsi_host_pci_write(r->m, r->fn[0].requester_id, COMMAND, 2, DECODE_MASTER);
}

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	assert_true(mach_pci_raise(r->pci[0], index));
	rig_settle(r);
}

static void moved_while_asleep(void **state)
{
	struct rig r;
	umsi_irq irq;
	uint64_t writes;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 3);
	assert_int_equal(rig_move(&r, irq, 1), UMSI_OK);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	rig_settle(&r);
	writes = mach_pci_writes(r.pci[0]);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_int_equal(rig_move(&r, irq, 3), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(mach_pci_writes(r.pci[0]), writes);
	assert_false(holds(&r, irq, 3));

	reset(&r);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_true(holds(&r, irq, 3));
	fire(&r, 3);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 3);
	rig_end(&r);
}

/* No reset: what happened behind the masks waits in the pending bits. */
static void pending_bits_survive(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 2);
	rig_irq(&r, 0);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	rig_settle(&r);
	fire(&r, 0);
	assert_int_equal(r.calls, 0);
	assert_true(mach_pci_pending(r.pci[0], 0));
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

static void requests_wait(void **state)
{
	struct rig r;
	umsi_irq live, other;

	(void)state;
	rig_start(&r, 3);
	live = rig_irq(&r, 0);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	assert_int_equal(rig_alloc(&r, 1, 1, &other), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, other, rig_handler, &r, "early"), UMSI_EGONE);
	assert_int_equal(umsi_irq_release(r.umsi, live), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, live, rig_handler, &r, "early"), UMSI_EGONE);
	reset(&r);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_true(mach_pci_table(r.pci[0], 0, 3) & 1);
	assert_int_equal(umsi_irq_request(r.umsi, live, rig_handler, &r, "now"), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, other, rig_handler, &r, "now"), UMSI_OK);
	rig_settle(&r);
	fire(&r, 0);
	fire(&r, 1);
	assert_int_equal(r.calls, 2);
	rig_end(&r);
}

/* Without notice: not one access; what follows still balances. */
static void reset_without_notice(void **state)
{
	struct rig r;
	umsi_irq a, b;

	(void)state;
	rig_start(&r, 4);
	a = rig_irq(&r, 0);
	b = rig_irq(&r, 1);
	mach_pci_reset(r.pci[0]);
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	assert_int_equal(rig_move(&r, a, 2), UMSI_EGONE);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, a), 2);
	assert_int_equal(umsi_irq_free(r.umsi, b), UMSI_OK);
	/* Decoding is off still. */
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EGONE);
	umsi_host_pci_write(r.m, r.fn[0].requester_id, COMMAND, 2, DECODE_MASTER);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	/* Nobody knows what it had sent: one call to look. */
	assert_int_equal(r.calls, 1);
	assert_true(holds(&r, a, 0));
	fire(&r, 0);
	assert_int_equal(r.calls, 2);
	rig_end(&r);
}

static void goes_for_good_while_asleep(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 5);
	rig_irq(&r, 0);
	rig_irq(&r, 5);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	mach_pci_remove(r.pci[0], 0);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EGONE);
	rig_end(&r);
}

static void quiesce_of_one_that_vanished(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 6);
	irq = rig_irq(&r, 0);
	mach_pci_remove(r.pci[0], 0);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_EGONE);
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	rig_end(&r);
}

/* Twice in a row, and of a device that never went. */
static void harmless_repeats(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 7);
	irq = rig_irq(&r, 0);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_true(holds(&r, irq, 0));
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_device_quiesce(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_lost(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_restore(NULL), UMSI_EINVAL);
	rig_end(&r);
}

static void intx_stays_off_after_reset(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 8);
	rig_irq(&r, 0);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	reset(&r);
	assert_int_equal(mach_pci_peek(r.pci[0], COMMAND, 2) & 0x400, 0);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	assert_int_equal(mach_pci_peek(r.pci[0], COMMAND, 2) & 0x400, 0x400);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moved_while_asleep),
		cmocka_unit_test(pending_bits_survive),
		cmocka_unit_test(requests_wait),
		cmocka_unit_test(reset_without_notice),
		cmocka_unit_test(goes_for_good_while_asleep),
		cmocka_unit_test(quiesce_of_one_that_vanished),
		cmocka_unit_test(harmless_repeats),
		cmocka_unit_test(intx_stays_off_after_reset),
	};

	return cmocka_run_group_tests_name("away", tests, NULL, NULL);
}
