/* SPDX-License-Identifier: MIT */
/* Litmus tests: what the machine may reorder, and that it does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define SEEDS	2000

static struct mach *mach;
static umsi_atomic64 data, flag;
static umsi_atomic32 word32;
static struct umsi_lock lock;
static uint64_t seen_flag, seen_data;

static void start(uint64_t seed)
{
	const struct mach_config config = { .ncpus = 2, .max_steps = 100000 };

	mach = mach_create(seed, &config);
	data.v = flag.v = 0;
	word32.v = 0;
	lock.word = 0;
	seen_flag = seen_data = 0;
}

/* How often, over many seeds, the second CPU saw the flag but not the data. */
static int weak(void (*writer)(void *arg), void (*reader)(void *arg))
{
	int count = 0;

	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed);
		mach_thread(mach, 0, writer, NULL);
		mach_thread(mach, 1, reader, NULL);
		assert_true(mach_run(mach));
		count += seen_flag && !seen_data;
		assert_int_equal(data.v, 1);
		assert_int_equal(flag.v, 1);
		mach_destroy(mach);
	}
	return count;
}

static void write_relaxed(void *arg)
{
	(void)arg;
	umsi_store64(&data, 1);
	umsi_store64(&flag, 1);
}

static void write_release(void *arg)
{
	(void)arg;
	umsi_store64(&data, 1);
	umsi_store64_release(&flag, 1);
}

static void write_add(void *arg)
{
	(void)arg;
	umsi_store64(&data, 1);
	umsi_fetch_add64(&flag, 1);
}

static void write_fenced(void *arg)
{
	(void)arg;
	umsi_store64(&data, 1);
	umsi_barrier_look_to_done();
	umsi_store64(&flag, 1);
}

static void write_wrong_fence(void *arg)
{
	(void)arg;
	umsi_store64(&data, 1);
	umsi_barrier_publish_to_message();
	umsi_store64(&flag, 1);
}

static void write_unlock(void *arg)
{
	uintptr_t state;

	(void)arg;
	state = umsi_host_lock(NULL, &lock);
	umsi_store64(&data, 1);
	umsi_store64(&flag, 1);
	umsi_host_unlock(NULL, &lock, state);
}

static void read_relaxed(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20 && !seen_flag; i++)
		seen_flag = umsi_load64(&flag);
	seen_data = umsi_load64(&data);
}

static void read_acquire(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20 && !seen_flag; i++)
		seen_flag = umsi_load64_acquire(&flag);
	seen_data = umsi_load64(&data);
}

static void read_fenced(void *arg)
{
	(void)arg;
	for (int i = 0; i < 20 && !seen_flag; i++)
		seen_flag = umsi_load64(&flag);
	umsi_barrier_claim_to_handler();
	seen_data = umsi_load64(&data);
}

static void read_locked(void *arg)
{
	uintptr_t state;

	(void)arg;
	for (int i = 0; i < 20 && !seen_flag; i++) {
		state = umsi_host_lock(NULL, &lock);
		seen_flag = umsi_load64(&flag);
		seen_data = umsi_load64(&data);
		umsi_host_unlock(NULL, &lock, state);
	}
}

static void messages_pass_with_release_and_acquire(void **state)
{
	assert_int_equal(weak(write_release, read_acquire), 0);
	assert_int_equal(weak(write_add, read_acquire), 0);
	assert_int_equal(weak(write_fenced, read_acquire), 0);
	assert_int_equal(weak(write_release, read_fenced), 0);
	assert_int_equal(weak(write_unlock, read_locked), 0);
	(void)state;
}

static void relaxed_stores_leave_out_of_order(void **state)
{
	assert_true(weak(write_relaxed, read_acquire) > SEEDS / 200);
	assert_true(weak(write_wrong_fence, read_acquire) > SEEDS / 200);
	(void)state;
}

static void relaxed_loads_return_old_values(void **state)
{
	assert_true(weak(write_release, read_relaxed) > SEEDS / 200);
	(void)state;
}

static void count_up(void *arg)
{
	(void)arg;
	for (uint64_t i = 1; i <= 30; i++)
		umsi_store64(&data, i);
}

static void watch(void *arg)
{
	uint64_t last = 0;

	(void)arg;
	for (int i = 0; i < 100; i++) {
		uint64_t now = umsi_load64(&data);

		MACH_CHECK(mach, now >= last, "TEST", "one location went backwards");
		last = now;
	}
}

static void one_location_never_goes_backwards(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed);
		mach_thread(mach, 0, count_up, NULL);
		mach_thread(mach, 1, watch, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(data.v, 30);
		mach_destroy(mach);
	}
	(void)state;
}

static void own_stores(void *arg)
{
	uint32_t was;

	(void)arg;
	for (uint32_t i = 1; i < 20; i++) {
		umsi_store32(&word32, i);
		MACH_CHECK(mach, umsi_load32(&word32) == i, "TEST", "own store not seen");
	}
	was = umsi_fetch_or32(&word32, 64);
	MACH_CHECK(mach, was == 19, "TEST", "atomic missed the own store");
	was = 83;
	MACH_CHECK(mach, umsi_cas32(&word32, &was, 5), "TEST", "swap failed");
	was = 83;
	MACH_CHECK(mach, !umsi_cas32(&word32, &was, 6) && was == 5, "TEST", "swap told wrongly");
}

static void a_cpu_sees_its_own_stores(void **state)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed);
		mach_thread(mach, 0, own_stores, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(word32.v, 5);
		mach_destroy(mach);
	}
	(void)state;
}

/* Marker for "the write to the device came first": the data was 0 then. */
static bool fenced, ordered;
static int overtaken;
static void *page;

static void look_at_data(void *arg, umsi_cpu cpu)
{
	(void)arg, (void)cpu;
	umsi_hosted_csr_swap(0x15c, 0);
	if (ordered)
		umsi_barrier_claim_to_handler();
	overtaken += !umsi_load64(&data);
}

static void bring_up(void)
{
	umsi_hosted_csr_swap(0x150, 0x70);
	umsi_hosted_csr_swap(0x151, 1);
	umsi_hosted_csr_swap(0x150, 0xc0);
	umsi_hosted_csr_swap(0x151, ~UINT64_C(0));
}

static void receive(void *arg)
{
	(void)arg;
	mach_irq_off(mach);
	bring_up();
	mach_irq_on(mach);
}

static void publish_and_kick(void *arg)
{
	(void)arg;
	while (!mach_imsic_enabled(mach, 1, 5))
		umsi_host_relax(NULL);
	umsi_store64(&data, 1);
	if (fenced)
		umsi_barrier_link_to_kick();
	umsi_mmio_write32(page, 5);
	mach_delay(mach, 500);	/* the end of a thread lets its stores out */
}

static void run_kicks(void)
{
	overtaken = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed);
		mach_set_trap(mach, look_at_data, NULL);
		page = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 1), 4096);
		mach_thread(mach, 1, receive, NULL);
		mach_thread(mach, 0, publish_and_kick, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(mach_claims(mach, 1), 1);
		mach_destroy(mach);
	}
}

static void device_writes_overtake_memory_unless_fenced(void **state)
{
	ordered = true;
	fenced = true;
	run_kicks();
	assert_int_equal(overtaken, 0);
	fenced = false;
	run_kicks();
	assert_true(overtaken > SEEDS / 200);
	(void)state;
}

static void a_trap_and_a_claim_do_not_order_loads(void **state)
{
	ordered = false;
	fenced = true;
	run_kicks();
	assert_true(overtaken > SEEDS / 200);
	(void)state;
}

static void unlock_and_kick(void *arg)
{
	uintptr_t state = umsi_host_lock(NULL, &lock);

	(void)arg;
	umsi_host_unlock(NULL, &lock, state);
	if (fenced)
		umsi_barrier_link_to_kick();
	umsi_mmio_write32(page, 5);
}

static void a_kick_needs_its_fence_after_an_unlock(void **state)
{
	for (int i = 0; i < 2; i++) {
		fenced = i;
		start(1);
		page = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 1), 4096);
		mach_thread(mach, 0, unlock_and_kick, NULL);
		assert_int_equal(mach_run(mach), fenced);
		if (!fenced)
			assert_string_equal(mach_violated(mach)->name, "ORD");
		mach_destroy(mach);
	}
	(void)state;
}

static void without_a_machine_atomics_are_plain(void **state)
{
	struct umsi_lock l = { 0 };
	uint64_t *block = umsi_host_alloc(NULL, 128);

	data.v = 3;
	umsi_store64(&data, 4);
	assert_int_equal(umsi_fetch_add64(&data, 2), 4);
	assert_int_equal(umsi_load64_acquire(&data), 6);
	umsi_host_unlock(NULL, &l, umsi_host_lock(NULL, &l));
	assert_int_equal(block[15], 0);
	umsi_host_free(NULL, block, 128);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_pass_with_release_and_acquire),
		cmocka_unit_test(relaxed_stores_leave_out_of_order),
		cmocka_unit_test(relaxed_loads_return_old_values),
		cmocka_unit_test(one_location_never_goes_backwards),
		cmocka_unit_test(a_cpu_sees_its_own_stores),
		cmocka_unit_test(device_writes_overtake_memory_unless_fenced),
		cmocka_unit_test(a_trap_and_a_claim_do_not_order_loads),
		cmocka_unit_test(a_kick_needs_its_fence_after_an_unlock),
		cmocka_unit_test(without_a_machine_atomics_are_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
