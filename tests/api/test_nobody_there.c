/* SPDX-License-Identifier: MIT */
/* Triggers while few CPUs are online, or none; questions about devices that are away. */
#include "rig.h"

static void come_up(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

/* One that may only go to @cpu, and waits for it. */
static umsi_irq managed(struct rig *r, umsi_cpu cpu)
{
	uint64_t set = UINT64_C(1) << cpu;
	struct umsi_irq_request_at at = {
		.kind = UMSI_IRQ_MANAGED, .affinity = { .kind = UMSI_AFFINITY_SET, .set = { &set, RIG_CPUS } },
	};
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(r->table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "managed"), UMSI_OK);
	return irq;
}

static void start(struct rig *r, uint32_t offline)
{
	rig_machine(r, &mach_chaos_none, 1);
	r->offline = offline;
	rig_library(r);
	rig_device(r);
}

/* Any open CPU is correct, and CPU 0 is none. */
static void a_trigger_goes_to_whoever_is_online(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, 1u << 0 | 1u << 1 | 1u << 3);
	irq = managed(&r, 1);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 2);
	rig_end(&r);
}

/* Before there is any: who triggers keeps it until it is online itself. */
static void a_trigger_waits_for_the_first_cpu(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, 0xf);
	irq = managed(&r, 1);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 0);
	mach_thread(r.m, 0, come_up, &r);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 0);
	rig_end(&r);
}

/* What waits behind the mask of a device that is away is not asked for. */
static void nothing_is_asked_of_a_device_that_is_away(void **state)
{
	bool pending = true;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, 0);
	irq = rig_irq(&r, 3);
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	mach_pci_remove(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(umsi_irq_pending(r.umsi, irq, &pending), UMSI_OK);
	assert_false(pending);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trigger_goes_to_whoever_is_online),
		cmocka_unit_test(a_trigger_waits_for_the_first_cpu),
		cmocka_unit_test(nothing_is_asked_of_a_device_that_is_away),
	};

	return cmocka_run_group_tests_name("nobody there", tests, NULL, NULL);
}
