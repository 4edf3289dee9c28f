/* SPDX-License-Identifier: MIT */
/* A level line that moves while its interrupt is being handled: P-85, P-86 of the corpus. */
#include <umsi/ioapic.h>

#include "rig.h"

#define PHYS		0xfec00000u
#define PIN		4u
#define MASKED		(UINT64_C(1) << 16)
#define REMOTE_IRR	(UINT64_C(1) << 14)
#define HANDLER_STEPS	60u

static struct mach_ioapic *ioapic;
static struct umsi_device *dev;
static umsi_irq irq;
static uint32_t calls;
static umsi_cpu last_cpu;
static bool later, inside;
static uint64_t move_after;

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	calls++;
	last_cpu = mach_cpu(rig.m);
	inside = true;
	if (later)
		return UMSI_LATER;
	mach_delay(rig.m, HANDLER_STEPS);
	mach_ioapic_line(ioapic, PIN, false);
	return UMSI_HANDLED;
}

static void begin(uint64_t seed, bool directed, const struct mach_chaos *chaos)
{
	struct umsi_ioapic_config config = { .phys = PHYS, .directed_eoi = directed };
	struct umsi_lapic_config lapic = { .directed_eoi = directed };
	struct umsi_device_config dc = { .name = "wires" };
	struct umsi_irq_request_at at = {
		.first = PIN, .last = PIN, .trigger = UMSI_TRIGGER_LEVEL_HIGH,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 },
	};
	struct umsi_table *table;

	calls = 0;
	later = inside = false;
	assert_int_equal(rig_begin(seed, (struct mach_config){ .chaos = chaos }, &lapic), UMSI_OK);
	rig_online();
	ioapic = mach_ioapic_add(rig.m, PHYS, 24, 0x20);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_ioapic_create(dev, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "line"), UMSI_OK);
}

static void end(void)
{
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

static uint64_t entry(void)
{
	return mach_ioapic_entry(ioapic, PIN);
}

static int move(umsi_cpu cpu)
{
	return umsi_irq_set_affinity(rig.umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

/* While it is held: masked, one call, whatever moves. A pin whose end is directed has to be ended first. */
static void moves_while_held(uint32_t round, bool directed)
{
	for (umsi_cpu i = 1; i < 3; i++) {
		assert_int_equal(entry() & MASKED, MASKED);
		assert_int_equal(move((round + i) % RIG_CPUS), directed ? UMSI_EAGAIN : UMSI_OK);
		rig_run();
		assert_int_equal(calls, 1);
	}
	assert_int_equal(entry() & MASKED, MASKED);
}

static void P_85_a_line_stays_masked_until_its_thread_is_done(void **state)
{
	(void)state;
	for (int directed = 0; directed < 2; directed++) {
		begin(1, directed, &mach_chaos_none);
		for (uint32_t round = 1; round <= 4 * RIG_CPUS; round++) {
			calls = 0;
			later = true;
			mach_ioapic_line(ioapic, PIN, true);
			rig_run();
			moves_while_held(round, directed);

			later = false;
			mach_ioapic_line(ioapic, PIN, false);
			assert_int_equal(umsi_irq_done(rig.umsi, irq), UMSI_OK);
			rig_run();
			assert_int_equal(entry() & (MASKED | REMOTE_IRR), 0);
			assert_int_equal(calls, 1);
			assert_int_equal(move((round + 1) % RIG_CPUS), UMSI_OK);
			mach_ioapic_line(ioapic, PIN, true);
			rig_run();
			assert_int_equal(calls, 2);
			assert_int_equal(last_cpu, (round + 1) % RIG_CPUS);
		}
		end();
	}
}

static bool is_inside(void *arg)
{
	(void)arg;
	return inside;
}

static void move_during(void *arg)
{
	int status;

	(void)arg;
	mach_wait(rig.m, is_inside, NULL);
	mach_delay(rig.m, move_after);
	status = move(2);
	MACH_CHECK(rig.m, status == UMSI_OK || status == UMSI_EAGAIN, "I-API", "move: %s", umsi_status_text(status));
}

/* An entry that changes before its end is found by no end: it would wait for one for ever. */
static void P_86_moved_at_every_step_before_its_end(void **state)
{
	struct mach_chaos chaos = mach_chaos_none;

	(void)state;
	chaos.burst = 1;
	for (uint64_t n = 0; n < 4 * HANDLER_STEPS; n++) {
		begin(n + 1, n & 1, &chaos);
		move_after = n / 2;
		mach_thread(rig.m, 3, move_during, NULL);
		mach_ioapic_line(ioapic, PIN, true);
		rig_run();
		assert_int_equal(entry() & (MASKED | REMOTE_IRR), 0);
		assert_in_range(calls, 1, 2);
		calls = 0;
		mach_ioapic_line(ioapic, PIN, true);
		rig_run();
		assert_int_equal(calls, 1);
		assert_int_equal(entry() & REMOTE_IRR, 0);
		end();
	}
}

static void wait_and_move(void *arg)
{
	int *status = arg;

	mach_wait(rig.m, is_inside, NULL);
	*status = umsi_irq_set_affinity_wait(rig.umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = 2 });
}

/* A pin whose end is directed is moved once it has been ended; who may sleep waits for that. */
static void a_move_waits_for_a_line_in_service(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		int status = 1;

		begin(seed, true, &mach_chaos_none);
		mach_thread(rig.m, 3, wait_and_move, &status);
		mach_ioapic_line(ioapic, PIN, true);
		rig_run();
		assert_int_equal(status, UMSI_OK);
		calls = 0;
		mach_ioapic_line(ioapic, PIN, true);
		rig_run();
		assert_int_equal(calls, 1);
		assert_int_equal(last_cpu, 2);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_85_a_line_stays_masked_until_its_thread_is_done),
		cmocka_unit_test(P_86_moved_at_every_step_before_its_end),
		cmocka_unit_test(a_move_waits_for_a_line_in_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
