/* SPDX-License-Identifier: MIT */
/* HPET comparators as message stores: each alarm is answered, wherever it moves. */
#include <umsi/hpet.h>

#include "rig.h"

#define PHYS	0xfed00000u
#define TIMERS	3

static struct umsi_device *dev;
static struct umsi_table *table;
static struct mach_hpet *hpet;
static umsi_irq irq[TIMERS];
static uint64_t calls[TIMERS], moves;
static uint32_t left;

static enum umsi_handled handler(void *arg)
{
	calls[(umsi_irq *)arg - irq]++;
	return UMSI_HANDLED;
}

static void begin(uint64_t seed)
{
	struct mach_config config = { .max_steps = 3000000, .tick_steps = 300 };
	struct umsi_lapic_config lapic = { .x2apic = seed & 1, .timer = rig_timer };
	struct umsi_hpet_config hc = { .phys = PHYS };
	struct umsi_device_config dc = { .name = "hpet" };

	moves = 0;
	assert_int_equal(rig_begin(seed, config, &lapic), UMSI_OK);
	rig_online();
	hpet = mach_hpet_add(rig.m, PHYS, TIMERS);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_hpet_create(dev, &hc, &table), UMSI_OK);
	assert_int_equal(umsi_table_size(table), TIMERS);
	assert_int_equal(umsi_hpet_period_fs(table), 100000000);
	for (uint32_t i = 0; i < TIMERS; i++) {
		struct umsi_irq_request_at at = { .first = i, .last = i };

		calls[i] = 0;
		assert_int_equal(umsi_irq_alloc(table, &at, &irq[i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(rig.umsi, irq[i], handler, &irq[i], "alarm"), UMSI_OK);
	}
	assert_int_equal(umsi_hpet_start(table), UMSI_OK);
}

static void end(void)
{
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* A driver: sets an alarm, and is stuck if it never comes. */
static void driver(void *arg)
{
	uint32_t index = (uint32_t)((umsi_irq *)arg - irq);

	for (int i = 0; i < 40; i++) {
		uint64_t had = calls[index];
		uint64_t start = mach_steps(rig.m);
		uint32_t ticks = 1 + (uint32_t)mach_random(rig.m, 200);
		int status;

		while ((status = umsi_hpet_arm(table, index, ticks)) == UMSI_EAGAIN)
			ticks *= 2;
		MACH_CHECK(rig.m, status == UMSI_OK, "I-API", "arm: %s", umsi_status_text(status));
		while (calls[index] == had) {
			MACH_CHECK(rig.m, mach_steps(rig.m) - start < 60000, "I-CONS",
				   "alarm %d of comparator %u never came", i, index);
			mach_delay(rig.m, 10);
		}
	}
	left--;
}

static void mover(void *arg)
{
	(void)arg;
	while (left) {
		struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU,
					   .cpu = (umsi_cpu)mach_random(rig.m, RIG_CPUS) };
		umsi_irq which = irq[mach_random(rig.m, TIMERS)];
		umsi_cpu was = umsi_irq_effective_cpu(rig.umsi, which);
		int status = umsi_irq_set_affinity(rig.umsi, which, &a);

		MACH_CHECK(rig.m, status == UMSI_OK, "I-API", "move: %s", umsi_status_text(status));
		moves += was != a.cpu;
		mach_delay(rig.m, 20 + mach_random(rig.m, 400));
	}
}

/* P-87: address and data are two registers, and the enable bit is the only mask. */
static void P_87_P_88_alarms_that_move_all_come(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		begin(seed);
		mach_hpet_late(hpet, seed % 3);
		left = TIMERS;
		for (uint32_t i = 0; i < TIMERS; i++)
			mach_thread(rig.m, i, driver, &irq[i]);
		mach_thread(rig.m, 3, mover, NULL);
		rig_run();
		sum += moves;
		end();
	}
	print_message("%llu moves\n", (unsigned long long)sum);
	assert_true(sum >= 1000);
}

static bool came(void *calls_before)
{
	return calls[0] != *(uint64_t *)calls_before;
}

static void one_alarm(void *arg)
{
	uint64_t had = calls[0];

	(void)arg;
	MACH_CHECK(rig.m, umsi_hpet_arm(table, 0, 400) == UMSI_OK, "I-API", "arm");
	mach_wait(rig.m, came, &had);
}

/* Power was lost, or firmware made it the legacy timer; and again. */
static void P_87_messages_come_back_after_each_sleep(void **state)
{
	(void)state;
	begin(1);
	for (uint32_t round = 0; round < 4; round++) {
		uint64_t had;

		assert_int_equal(umsi_suspend(rig.umsi), UMSI_OK);
		mach_hpet_reset(hpet, round & 1);
		assert_int_equal(umsi_resume(rig.umsi), UMSI_OK);
		rig_run();
		assert_int_equal(umsi_hpet_start(table), UMSI_OK);
		had = calls[0];
		mach_thread(rig.m, 1, one_alarm, NULL);
		rig_run();
		assert_int_equal(calls[0], had + 1);
	}
	end();
}

#define SOON	48u

/* Every distance, the counter running and the caller held up now and then. */
static void arm_soon(void *arg)
{
	(void)arg;
	for (uint32_t ticks = 1; ticks <= SOON; ticks++) {
		uint64_t had = calls[0], since = mach_steps(rig.m);
		int status = umsi_hpet_arm(table, 0, ticks);

		MACH_CHECK(rig.m, status == UMSI_OK || status == UMSI_EAGAIN, "I-API", "arm: %s",
			   umsi_status_text(status));
		while (status == UMSI_OK && calls[0] == had) {
			MACH_CHECK(rig.m, mach_steps(rig.m) - since < 20000, "I-CONS",
				   "an alarm of %u ticks waits for a whole turn", ticks);
			mach_delay(rig.m, 5);
		}
		mach_delay(rig.m, SOON + 10);
	}
}

static void P_88_no_alarm_waits_for_a_whole_turn(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 150; seed++) {
		begin(seed);
		mach_hpet_late(hpet, 2);
		mach_thread(rig.m, (umsi_cpu)(seed % RIG_CPUS), arm_soon, NULL);
		rig_run();
		end();
	}
}

static void wrong_calls_are_refused(void **state)
{
	struct umsi_hpet_config off = { .phys = PHYS + 8 };
	struct umsi_table *other;

	(void)state;
	begin(2);
	assert_int_equal(umsi_hpet_create(dev, &off, &other), UMSI_EINVAL);
	assert_int_equal(umsi_hpet_create(dev, NULL, &other), UMSI_EINVAL);
	assert_int_equal(umsi_hpet_arm(NULL, 0, 1), UMSI_EINVAL);
	assert_int_equal(umsi_hpet_arm(table, TIMERS, 1), UMSI_ERANGE);
	assert_int_equal(umsi_hpet_arm(table, 0, 0), UMSI_ERANGE);
	assert_int_equal(umsi_hpet_start(NULL), UMSI_EINVAL);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_calls_are_refused),
		cmocka_unit_test(P_87_P_88_alarms_that_move_all_come),
		cmocka_unit_test(P_87_messages_come_back_after_each_sleep),
		cmocka_unit_test(P_88_no_alarm_waits_for_a_whole_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
