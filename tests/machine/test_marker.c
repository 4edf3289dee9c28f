/* SPDX-License-Identifier: MIT */
/* The two barriers around a drain: request to marker, look to done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define SEEDS	2000
#define STOPEI	0x15c

static struct mach *mach;
static umsi_atomic64 req, done;
static void *page;
static bool with_barrier;
static int overtook;

static void start(uint64_t seed)
{
	const struct mach_config config = { .ncpus = 2, .max_steps = 50000 };

	mach = mach_create(seed, &config);
	page = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 0), 4096);
	req.v = done.v = 0;
}

static void message_then_request(void *arg)
{
	(void)arg;
	mach_imsic_inject(mach, 0, 20);
	umsi_store64_release(&req, 1);
}

static void marker_after_request(void *arg)
{
	(void)arg;
	while (!umsi_load64_acquire(&req))
		umsi_host_relax(NULL);
	if (with_barrier)
		umsi_barrier_req_to_marker();
	umsi_mmio_write32(page, 50);
	while (!mach_imsic_pending(mach, 0, 50))
		umsi_host_relax(NULL);
	overtook += !mach_imsic_pending(mach, 0, 20);
}

static void run_markers(void)
{
	overtook = 0;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		start(seed);
		mach_thread(mach, 0, marker_after_request, NULL);
		mach_thread(mach, 1, message_then_request, NULL);
		assert_true(mach_run(mach));
		mach_destroy(mach);
	}
}

static void a_marker_stays_behind_the_request_it_follows(void **state)
{
	with_barrier = true;
	run_markers();
	assert_int_equal(overtook, 0);
	with_barrier = false;
	run_markers();
	assert_true(overtook > SEEDS / 100);
	(void)state;
}

static void look_and_publish(void *arg)
{
	(void)arg;
	umsi_hosted_irq_save();
	umsi_hosted_csr_read(STOPEI);
	if (with_barrier)
		umsi_barrier_look_to_done();
	umsi_store64_release(&done, 1);
	mach_irq_on(mach);
}

static void a_release_does_not_order_a_register_read(void **state)
{
	for (int i = 0; i < 2; i++) {
		with_barrier = i;
		start(1);
		mach_thread(mach, 0, look_and_publish, NULL);
		assert_int_equal(mach_run(mach), with_barrier);
		if (!with_barrier)
			assert_string_equal(mach_violated(mach)->name, "ORD");
		mach_destroy(mach);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_marker_stays_behind_the_request_it_follows),
		cmocka_unit_test(a_release_does_not_order_a_register_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
