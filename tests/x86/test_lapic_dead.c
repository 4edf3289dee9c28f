/* SPDX-License-Identifier: MIT */
/* The last moments of a CPU with a local APIC: what waits there, and what is still on its way (R14). */
#include <umsi/pci.h>

#include "rig.h"
#include "umsi_hosted.h"

#define DYING	2u
#define SEEDS	40u
#define AGE_STEPS	1700u	/* rig.c */
#define NOBODYS	0xa5u
#define FIRST	0x30u

static struct umsi_device *dev;
static struct mach_pci *pci;
static umsi_irq irq;
static uint32_t calls, ipis, last_ipi, payload, left;
static bool quiet, on_its_way;

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	mach_handler_begin(pci, 0);
	calls++;
	mach_handler_end(pci, 0);
	return UMSI_HANDLED;
}

static void on_ipi(void *arg, umsi_cpu cpu)
{
	(void)arg;
	MACH_CHECK(rig.m, cpu == DYING, "I-API", "an IPI on cpu %u", cpu);
	MACH_CHECK(rig.m, umsi_hosted_load(&payload, 4, UMSI_HOSTED_RELAXED) == 1, "I-CONS",
		   "the IPI's payload was not seen");
	ipis++;
}

/* One interrupt, aimed at the CPU that will die; the last IPI there is. */
static void start(uint64_t seed, const struct mach_chaos *chaos, bool x2apic)
{
	struct umsi_lapic_config lapic = { .x2apic = x2apic, .first_vector = FIRST };
	struct mach_config config = { .chaos = chaos };
	struct mach_pci_config pc = { .requester_id = 0x100, .entries = 8 };
	struct umsi_device_config dc = { .name = "dev", .requester_id = 0x100 };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = DYING } };
	struct umsi_table *table;
	uint32_t ipi;

	calls = ipis = payload = left = 0;
	quiet = on_its_way = false;
	assert_int_equal(rig_begin(seed, config, &lapic), UMSI_OK);
	while (umsi_lapic_ipi_add(rig.root, on_ipi, NULL, &ipi) == UMSI_OK)
		last_ipi = ipi;
	rig_online();
	pci = mach_pci_add(rig.m, &pc);
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(pci, i, &fn.bar[i].phys, &fn.bar[i].bytes);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "dying"), UMSI_OK);
}

static void end(void)
{
	assert_int_not_equal(umsi_irq_effective_cpu(rig.umsi, irq), DYING);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

static bool has_left(void)
{
	return umsi_hosted_load(&left, 4, UMSI_HOSTED_ACQUIRE);
}

static void die(void)
{
	while (!has_left())
		mach_delay(rig.m, 1);
	MACH_CHECK(rig.m, umsi_cpu_dead(rig.umsi, DYING) == UMSI_OK, "I-API", "dead");
	mach_cpu_down(rig.m);
}

static void leave_when_quiet(void *arg)
{
	(void)arg;
	while (!quiet)
		mach_delay(rig.m, 1);
	if (on_its_way)
		mach_pci_raise(pci, 0);
	MACH_CHECK(rig.m, umsi_cpu_leave(rig.umsi, DYING) == UMSI_OK, "I-API", "leave");
	umsi_hosted_store(&left, 4, 1, UMSI_HOSTED_RELEASE);
}

/* Interrupts are off all the while: what comes stays in the request register. */
static void die_with_requests(void *arg)
{
	struct umsi_msg msg;

	(void)arg;
	mach_irq_off(rig.m);
	payload = 1;
	MACH_CHECK(rig.m, umsi_irq_message(rig.umsi, irq, &msg) == UMSI_OK, "I-API", "message");
	mach_lapic_inject(rig.m, DYING, msg.data & 0xff);
	mach_lapic_inject(rig.m, DYING, NOBODYS);
	mach_lapic_inject(rig.m, DYING, FIRST - 1);
	MACH_CHECK(rig.m, umsi_lapic_ipi_send(rig.root, last_ipi, DYING) == UMSI_OK, "I-API", "ipi");
	while (!mach_lapic_requested(rig.m, DYING, NOBODYS))
		mach_delay(rig.m, 1);
	quiet = true;
	die();
}

/* The last IPI is served there; one nobody owns is counted, what is no vector of ours is not. */
static void P_54_requests_are_handed_on(void **state)
{
	struct umsi_stats st;

	(void)state;
	for (int x2apic = 0; x2apic < 2; x2apic++) {
		start(1, &mach_chaos_none, x2apic);
		mach_thread(rig.m, DYING, die_with_requests, NULL);
		mach_thread(rig.m, 0, leave_when_quiet, NULL);
		rig_run();
		assert_int_equal(calls, 1);
		assert_int_equal(ipis, 1);
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.unowned, 1);
		end();
	}
}

static void die_at_once(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	quiet = true;
	die();
}

/* M1: a message that was accepted and cannot be seen yet is waited for, up to its age. */
static void what_is_on_its_way_is_waited_for(void **state)
{
	struct mach_chaos slow = mach_chaos_none;

	(void)state;
	slow.lag_now = 0;
	slow.lag_max = 1500;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		start(seed, &slow, false);
		on_its_way = true;
		mach_thread(rig.m, DYING, die_at_once, NULL);
		mach_thread(rig.m, 0, leave_when_quiet, NULL);
		rig_run();
		assert_int_equal(calls, 1);
		end();
	}
}

/* It has seen the payload's old value when the IPI comes: about when it looks, or too late for it. */
static void die_with_an_ipi(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	quiet = true;
	while (!has_left())
		mach_delay(rig.m, 1);
	MACH_CHECK(rig.m, umsi_hosted_load(&payload, 4, UMSI_HOSTED_RELAXED) == 0, "I-API", "early");
	on_its_way = true;
	MACH_CHECK(rig.m, umsi_cpu_dead(rig.umsi, DYING) == UMSI_OK, "I-API", "dead");
	mach_cpu_down(rig.m);
}

static void send_an_ipi(void *arg)
{
	(void)arg;
	umsi_hosted_store(&payload, 4, 0, UMSI_HOSTED_RELAXED);
	while (!on_its_way)
		mach_delay(rig.m, 1);
	mach_delay(rig.m, AGE_STEPS - 30 + mach_random(rig.m, 60));
	umsi_hosted_store(&payload, 4, 1, UMSI_HOSTED_RELAXED);
	umsi_lapic_ipi_send(rig.root, last_ipi, DYING);
}

/* A claim at death orders as one in a trap does. */
static void an_ipi_at_death_shows_its_payload(void **state)
{
	struct mach_chaos stale = mach_chaos_none;
	uint32_t served = 0;

	(void)state;
	stale.stale = 200;
	stale.burst = 5;
	for (uint64_t seed = 1; seed <= 10 * SEEDS; seed++) {
		start(seed, &stale, seed % 2);
		mach_thread(rig.m, DYING, die_with_an_ipi, NULL);
		mach_thread(rig.m, 1, send_an_ipi, NULL);
		mach_thread(rig.m, 0, leave_when_quiet, NULL);
		rig_run();
		served += ipis;
		end();
	}
	assert_in_range(served, SEEDS, 9 * SEEDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_54_requests_are_handed_on),
		cmocka_unit_test(what_is_on_its_way_is_waited_for),
		cmocka_unit_test(an_ipi_at_death_shows_its_payload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
