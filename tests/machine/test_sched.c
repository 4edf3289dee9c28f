/* SPDX-License-Identifier: MIT */
/* CPUs, threads, locks and traps of the machine itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define SEEDS	200

static struct mach *mach;
static struct umsi_lock lock;
static struct umsi_mutex mutex;
static umsi_atomic64 shared;
static int inside, inside_mutex, plain_count;

static void start(uint64_t seed, uint32_t ncpus)
{
	const struct mach_config config = { .ncpus = ncpus, .max_steps = 200000 };

	mach = mach_create(seed, &config);
	memset(&lock, 0, sizeof(lock));
	memset(&mutex, 0, sizeof(mutex));
	shared.v = 0;
	inside = inside_mutex = plain_count = 0;
}

static void count_under_lock(void *arg)
{
	for (int i = 0; i < 10; i++) {
		uintptr_t state = umsi_host_lock(NULL, &lock);

		MACH_CHECK(mach, inside++ == 0, "TEST", "two CPUs inside");
		umsi_fetch_add64(&shared, 1);
		plain_count++;
		inside--;
		umsi_host_unlock(NULL, &lock, state);
	}
	(void)arg;
}

static void spin_locks_exclude(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed, 4);
		for (umsi_cpu i = 0; i < 4; i++)
			mach_thread(mach, i, count_under_lock, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(plain_count, 40);
		assert_int_equal(shared.v, 40);
		assert_int_equal(lock.word, 0);
		assert_true(mach_check_quiet(mach));
		mach_destroy(mach);
	}
	(void)state;
}

static void count_under_mutex(void *arg)
{
	for (int i = 0; i < 5; i++) {
		umsi_host_mutex_lock(NULL, &mutex);
		MACH_CHECK(mach, inside_mutex++ == 0, "TEST", "two threads inside");
		umsi_host_relax(NULL);
		plain_count++;
		inside_mutex--;
		umsi_host_mutex_unlock(NULL, &mutex);
	}
	(void)arg;
}

static void mutexes_let_threads_of_one_cpu_sleep(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed, 2);
		for (int i = 0; i < 6; i++)
			mach_thread(mach, i % 2, count_under_mutex, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(plain_count, 30);
		mach_destroy(mach);
	}
	(void)state;
}

static uint64_t run_once(uint64_t seed, uint64_t *steps)
{
	uint64_t hash;

	start(seed, 3);
	for (int i = 0; i < 6; i++)
		mach_thread(mach, i % 3, i & 1 ? count_under_lock : count_under_mutex, NULL);
	assert_true(mach_run(mach));
	hash = mach_hash(mach);
	*steps = mach_steps(mach);
	mach_destroy(mach);
	return hash;
}

static void one_seed_is_one_run(void **state)
{
	int differ = 0;

	for (uint64_t seed = 0; seed < 50; seed++) {
		uint64_t steps[3];
		uint64_t first = run_once(seed, &steps[0]);
		uint64_t other = run_once(seed + 1000, &steps[1]);
		uint64_t again = run_once(seed, &steps[2]);

		assert_true(first == again);
		assert_true(steps[0] == steps[2]);
		differ += first != other;
	}
	assert_int_equal(differ, 50);
	(void)state;
}

static void lock_twice(void *arg)
{
	(void)arg;
	umsi_host_lock(NULL, &lock);
	umsi_host_lock(NULL, &lock);
}

static void sleep_with_lock(void *arg)
{
	(void)arg;
	umsi_host_lock(NULL, &lock);
	umsi_host_relax(NULL);
}

static void allocate_with_interrupts_off(void *arg)
{
	(void)arg;
	umsi_hosted_irq_save();
	umsi_host_alloc(NULL, 64);
}

static void unlock_unheld(void *arg)
{
	(void)arg;
	umsi_host_unlock(NULL, &lock, 0);
}

static void lock_in_both_orders(void *arg)
{
	static struct umsi_lock other;

	(void)arg;
	other.word = 0;
	umsi_host_lock(NULL, &lock);
	umsi_host_lock(NULL, &other);
	umsi_host_unlock(NULL, &lock, 0);
	umsi_host_lock(NULL, &lock);
}

static void end_with_lock(void *arg)
{
	(void)arg;
	umsi_host_lock(NULL, &lock);
}

static void never_end(void *arg)
{
	(void)arg;
	for (;;)
		umsi_host_relax(NULL);
}

static void use_freed(void *arg)
{
	umsi_atomic64 *p = umsi_host_alloc(NULL, 64);

	(void)arg;
	umsi_store64_release(p, 1);
	umsi_host_free(NULL, p, 64);
	umsi_load64(p);
}

static void free_twice(void *arg)
{
	void *p = umsi_host_alloc(NULL, 64);

	(void)arg;
	umsi_host_free(NULL, p, 64);
	umsi_host_free(NULL, p, 64);
}

static void the_first_mistake_ends_the_run(void **state)
{
	static const struct {
		void (*fn)(void *arg);
		const char *name;
	} mistakes[] = {
		{ lock_twice, "I-LOCK" }, { sleep_with_lock, "I-LOCK" },
		{ allocate_with_interrupts_off, "I-LOCK" }, { unlock_unheld, "I-LOCK" },
		{ lock_in_both_orders, "I-LOCK" }, { end_with_lock, "I-LOCK" }, { never_end, "I-PROG" },
		{ use_freed, "UAF" }, { free_twice, "UAF" },
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		start(i, 2);
		mach_thread(mach, 1, mistakes[i].fn, NULL);
		assert_false(mach_run(mach));
		assert_string_equal(mach_violated(mach)->name, mistakes[i].name);
		assert_false(mach_run(mach));
		mach_destroy(mach);
	}
	(void)state;
}

static int traps, deepest;

static void count_trap(void *arg, umsi_cpu cpu)
{
	MACH_CHECK(mach, cpu == umsi_host_cpu(NULL), "TEST", "trap on the wrong CPU");
	traps++;
	if (deepest < (int)mach_trap_depth(mach))
		deepest = (int)mach_trap_depth(mach);
	mach_software_clear(mach, cpu);
	mach_timer_quieten(mach, cpu);
	if (mach_trap_depth(mach) < 3) {
		mach_irq_on(mach);
		mach_software_set(mach, cpu);
		mach_delay(mach, 300);
		mach_irq_off(mach);
	}
	(void)arg;
}

static void poke_software(void *arg)
{
	(void)arg;
	mach_software_set(mach, 1);
	umsi_host_relax(NULL);
}

static void traps_nest_and_reach_idle_cpus(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		traps = deepest = 0;
		start(seed, 2);
		mach_set_trap(mach, count_trap, NULL);
		mach_thread(mach, 0, poke_software, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(traps, 3);
		assert_int_equal(deepest, 3);
		mach_destroy(mach);
	}
	(void)state;
}

static void ticks_come_and_runs_still_end(void **state)
{
	const struct mach_config config = { .ncpus = 2, .tick_steps = 50, .trap = count_trap };

	traps = 0;
	deepest = 3;
	mach = mach_create(7, &config);
	mach_thread(mach, 0, count_under_lock, NULL);
	assert_true(mach_run(mach));
	assert_true(traps > 4);
	mach_destroy(mach);
	(void)state;
}

static bool up_again;

static void bring_up(void *arg)
{
	(void)arg;
	MACH_CHECK(mach, mach_cpu(mach) == 1, "TEST", "brought up elsewhere");
	up_again = true;
	mach_irq_on(mach);
}

static void go_down(void *arg)
{
	(void)arg;
	mach_irq_off(mach);
	mach_cpu_down(mach);
}

static bool is_down(void *arg)
{
	(void)arg;
	return !mach_cpu_is_up(mach, 1);
}

static void revive(void *arg)
{
	(void)arg;
	mach_wait(mach, is_down, NULL);
	mach_cpu_up(mach, 1, bring_up, NULL);
}

static void cpus_go_down_and_come_back(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		up_again = false;
		start(seed, 2);
		mach_thread(mach, 1, count_under_lock, NULL);
		mach_thread(mach, 1, go_down, NULL);
		mach_thread(mach, 0, revive, NULL);
		assert_true(mach_run(mach));
		assert_true(up_again);
		assert_int_equal(plain_count, 10);
		mach_destroy(mach);
	}
	(void)state;
}

static void allocations_fail_on_order(void **state)
{
	void *a, *b;

	start(1, 1);
	mach_fail_alloc(mach, 2, false);
	a = umsi_host_alloc(NULL, 100);
	assert_non_null(a);
	assert_null(umsi_host_alloc(NULL, 100));
	b = umsi_host_alloc(NULL, 100);
	assert_non_null(b);
	assert_int_equal((uintptr_t)b % 64, 0);
	mach_fail_alloc(mach, 1, true);
	assert_null(umsi_host_alloc(NULL, 100));
	assert_null(umsi_host_mmio_map(NULL, 0x28000000, 4096));
	assert_int_equal(mach_live_blocks(mach), 2);
	assert_int_equal(mach_allocs(mach), 5);
	umsi_host_free(NULL, a, 100);
	assert_false(mach_check_leaks(mach));
	assert_string_equal(mach_violated(mach)->name, "I-LEAK");
	mach_destroy(mach);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spin_locks_exclude),
		cmocka_unit_test(mutexes_let_threads_of_one_cpu_sleep),
		cmocka_unit_test(one_seed_is_one_run),
		cmocka_unit_test(the_first_mistake_ends_the_run),
		cmocka_unit_test(traps_nest_and_reach_idle_cpus),
		cmocka_unit_test(ticks_come_and_runs_still_end),
		cmocka_unit_test(cpus_go_down_and_come_back),
		cmocka_unit_test(allocations_fail_on_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
