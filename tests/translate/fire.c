/* SPDX-License-Identifier: MIT */
#include "fire.h"

static bool firing;
static uint64_t moves;

static void mover(void *arg)
{
	struct function *f = arg;

	while (firing) {
		uint32_t i = (uint32_t)mach_random(rig.m, 4);
		int status = rig_move(f->irq[i], (umsi_cpu)mach_random(rig.m, RIG_CPUS));

		MACH_CHECK(rig.m, status == UMSI_OK || status == UMSI_EAGAIN, "I-API", "move: %s",
			   umsi_status_text(status));
		moves += status == UMSI_OK;
		mach_delay(rig.m, mach_random(rig.m, 60));
	}
}

static void clock(void *arg)
{
	(void)arg;
	mach_delay(rig.m, 6000);
	firing = false;
}

/* Four interrupts of a function, moved by so many CPUs while it sends a message each @every, in bursts. */
static void run(uint32_t movers, uint32_t every, uint32_t burst)
{
	struct function *f = rig_function(0, NULL, NULL);

	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(rig_irq(f, i), UMSI_OK);
	firing = true;
	mach_pci_traffic(f->pci, every, burst);
	for (umsi_cpu cpu = 0; cpu < movers; cpu++)
		mach_thread(rig.m, cpu, mover, f);
	mach_thread(rig.m, 3, clock, NULL);
	rig_run();
}

void fire_reordered(void (*begin)(uint64_t seed), void (*nothing_blocked)(void))
{
	struct umsi_stats st;

	moves = 0;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		begin(seed);
		run(2, 500, 8);
		assert_true(mach_check_quiet(rig.m));
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.device_writes_for_moves, 0);
		assert_int_equal(st.unowned, 0);
		nothing_blocked();
		rig_end();
	}
	assert_true(moves > 500);
}

void fire_slow_stores(void (*begin)(uint64_t seed, const struct mach_chaos *chaos))
{
	struct mach_chaos slow_stores = mach_chaos_none;
	struct umsi_stats st;

	slow_stores.burst = 3;
	slow_stores.store_now = 20;
	slow_stores.store_max = 400;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		begin(seed, &slow_stores);
		run(1, 2000, 2);
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.unowned, 0);
		rig_end();
	}
}

void fire_six_sleeps(const struct fire_unit *unit)
{
	struct function *f = rig_function(0, NULL, NULL);
	struct umsi_msg was, is;
	uint32_t table[3];

	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_move(f->irq[0], 2), UMSI_OK);
	assert_int_equal(umsi_irq_message(rig.umsi, f->irq[0], &was), UMSI_OK);
	for (uint32_t word = 0; word < 3; word++)
		table[word] = mach_pci_table(f->pci, 0, word);
	for (int round = 0; round < 6; round++) {
		if (round % 2)
			assert_int_equal(umsi_suspend(rig.umsi), UMSI_OK);
		/* The last two times it kept its power. */
		if (round < 4)
			unit->power_cycle();
		assert_int_equal(unit->enabled(), round >= 4);
		assert_int_equal(round % 2 ? umsi_resume(rig.umsi) : unit->resume(rig.unit), UMSI_OK);
		assert_true(unit->enabled());
		assert_int_equal(umsi_irq_message(rig.umsi, f->irq[0], &is), UMSI_OK);
		assert_int_equal(is.address, was.address);
		assert_int_equal(is.data, was.data);
		for (uint32_t word = 0; word < 3; word++)
			assert_int_equal(mach_pci_table(f->pci, 0, word), table[word]);
		assert_int_equal(mach_pci_target(f->pci, 0), 2);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, 2);
	}
}

static struct {
	const struct fire_unit *unit;
	int status;
} late;

static void resume(void *arg)
{
	(void)arg;
	late.status = late.unit->resume(rig.unit);
}

/* The unit goes on at once; nobody else runs here for longer than the library waits for it. */
static void keep_the_cpu(void *arg)
{
	uint64_t until;

	(void)arg;
	/* By then who resumes has filled the ring, and waits for it. */
	mach_delay(rig.m, 500 + mach_random(rig.m, 500));
	mach_irq_off(rig.m);
	late.unit->stall(false);
	until = umsi_host_time_ns(rig.m) + 60000000;
	while (umsi_host_time_ns(rig.m) < until)
		;
	mach_irq_on(rig.m);
}

void fire_late_looks(void (*begin)(uint64_t seed, const struct mach_chaos *chaos), const struct fire_unit *unit)
{
	struct mach_chaos switching = mach_chaos_none;

	switching.burst = 2;
	switching.thread_switch = 200;
	late.unit = unit;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct function *f;

		begin(seed, &switching);
		f = rig_function(0, NULL, NULL);
		assert_int_equal(rig_irq(f, 0), UMSI_OK);
		unit->power_cycle();
		unit->stall(true);
		mach_thread(rig.m, 0, resume, NULL);
		mach_thread(rig.m, 0, keep_the_cpu, NULL);
		rig_run();
		assert_int_equal(late.status, UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		rig_end();
	}
}
