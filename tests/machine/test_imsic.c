/* SPDX-License-Identifier: MIT */
/* Interrupt files of the machine: registers, claims, lag, power. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define SISELECT	0x150
#define SIREG		0x151
#define STOPEI		0x15c
#define STOPI		0xdb0

static struct mach *mach;
static void *page[4];

static void create(uint64_t seed, const struct mach_config *config)
{
	mach = mach_create(seed, config);
	for (uint32_t i = 0; i < config->ncpus; i++)
		page[i] = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, i), 4096);
}

/* A machine in which nothing waits, so that cold calls show the rules. */
static void start(uint32_t ncpus, uint32_t num_ids)
{
	const struct mach_config config = { .ncpus = ncpus, .num_ids = num_ids,
					    .chaos = &mach_chaos_none };

	create(1, &config);
}

static uint64_t file_read(unsigned int reg)
{
	umsi_hosted_csr_swap(SISELECT, reg);
	return umsi_hosted_csr_read(SIREG);
}

static void file_write(unsigned int reg, uint64_t value)
{
	umsi_hosted_csr_swap(SISELECT, reg);
	umsi_hosted_csr_swap(SIREG, value);
}

static void bring_up(void)
{
	file_write(0x70, 1);
	file_write(0x72, 0);
	for (unsigned int i = 0; i < 64; i += 2)
		file_write(0xc0 + i, UINT64_MAX);
}

static void registers_hold_what_exists(void **state)
{
	start(1, 127);
	assert_int_equal(file_read(0x70), 0);
	assert_int_equal(file_read(0x72), 0);
	bring_up();
	assert_true(file_read(0xc0) == ~UINT64_C(1));
	assert_true(file_read(0xc2) == UINT64_MAX);
	assert_true(file_read(0xc4) == 0);
	assert_true(file_read(0xfe) == 0);
	umsi_hosted_csr_swap(SISELECT, 0xc2);
	umsi_hosted_csr_clear(SIREG, 6);
	umsi_hosted_csr_set(SIREG, 4);
	assert_true(file_read(0xc2) == (UINT64_MAX & ~UINT64_C(2)));
	assert_null(mach_violated(mach));
	mach_destroy(mach);
	(void)state;
}

static void the_lowest_identity_is_claimed_first(void **state)
{
	start(1, 63);
	bring_up();
	umsi_mmio_write32(page[0], 20);
	umsi_mmio_write32(page[0], 7);
	umsi_mmio_write32(page[0], 7);
	assert_int_equal(umsi_mmio_read32(page[0]), 0);
	assert_int_equal(umsi_hosted_csr_read(STOPEI), 7 << 16 | 7);
	assert_int_equal(umsi_hosted_csr_read(STOPI) >> 16, 9);
	assert_int_equal(umsi_hosted_csr_swap(STOPEI, 0) >> 16, 7);
	assert_int_equal(umsi_hosted_csr_swap(STOPEI, 0) >> 16, 20);
	assert_int_equal(umsi_hosted_csr_swap(STOPEI, 0), 0);
	assert_int_equal(umsi_hosted_csr_read(STOPI), 0);
	assert_int_equal(mach_claims(mach, 0), 2);
	assert_null(mach_violated(mach));
	mach_destroy(mach);
	(void)state;
}

static void enable_threshold_and_delivery_gate(void **state)
{
	start(1, 63);
	bring_up();
	umsi_mmio_write32(page[0], 9);
	umsi_hosted_csr_swap(SISELECT, 0xc0);
	umsi_hosted_csr_clear(SIREG, 1u << 9);
	assert_int_equal(umsi_hosted_csr_read(STOPEI), 0);
	assert_true(file_read(0x80) == 1u << 9);
	file_write(0xc0, UINT64_MAX);
	file_write(0x72, 9);
	assert_int_equal(umsi_hosted_csr_read(STOPEI), 0);
	file_write(0x72, 10);
	assert_int_equal(umsi_hosted_csr_read(STOPEI) >> 16, 9);
	file_write(0x70, 0);
	assert_int_equal(umsi_hosted_csr_read(STOPI), 0);
	assert_int_equal(umsi_hosted_csr_read(STOPEI) >> 16, 9);
	mach_destroy(mach);
	(void)state;
}

static void top_interrupts_rank_external_software_timer(void **state)
{
	start(1, 63);
	bring_up();
	mach_software_set(mach, 0);
	assert_int_equal(umsi_hosted_csr_read(STOPI) >> 16, 1);
	umsi_mmio_write32(page[0], 3);
	assert_int_equal(umsi_hosted_csr_read(STOPI) >> 16, 9);
	umsi_hosted_csr_swap(STOPEI, 0);
	mach_software_clear(mach, 0);
	assert_int_equal(umsi_hosted_csr_read(STOPI), 0);
	mach_destroy(mach);
	(void)state;
}

static void write_identity_zero(void)
{
	umsi_mmio_write32(page[0], 0);
}

static void write_identity_too_large(void)
{
	umsi_mmio_write32(page[0], 64);
}

static void write_at_offset_four(void)
{
	umsi_mmio_write32((char *)page[0] + 4, 3);
}

static void write_narrow(void)
{
	umsi_hosted_mmio_write(page[0], 2, 3);
}

static void read_odd_register(void)
{
	file_read(0x81);
}

static void read_unknown_register(void)
{
	file_read(0x71);
}

static void write_reserved_delivery(void)
{
	file_write(0x70, 2);
}

static void write_read_only(void)
{
	umsi_hosted_csr_swap(STOPI, 0);
}

static void access_unmapped(void)
{
	umsi_host_mmio_unmap(NULL, page[0], 4096);
	umsi_mmio_write32(page[0], 3);
}

static void access_beyond_mapping(void)
{
	void *half = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 0), 16);

	umsi_mmio_read32((char *)half + 16);
}

static void access_nothing(void)
{
	umsi_mmio_read32(umsi_host_mmio_map(NULL, 0x123000, 4));
}

static void reserved_accesses_are_faults(void **state)
{
	void (*const mistakes[])(void) = {
		write_identity_zero, write_identity_too_large, write_at_offset_four, write_narrow,
		read_odd_register, read_unknown_register, write_reserved_delivery,
		write_read_only, access_unmapped, access_beyond_mapping, access_nothing,
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		start(1, 63);
		assert_null(mach_violated(mach));
		mistakes[i]();
		assert_non_null(mach_violated(mach));
		assert_string_equal(mach_violated(mach)->name, "MODEL");
		mach_destroy(mach);
	}
	(void)state;
}

static void harts_may_be_numbered_in_any_order(void **state)
{
	static const uint32_t index[4] = { 5, 2, 7, 0 };
	const struct mach_config config = {
		.ncpus = 4, .hart_index = index, .hart_bits = 2, .guest_bits = 1, .group_bits = 1,
		.group_shift = 30, .chaos = &mach_chaos_none,
	};

	create(1, &config);
	assert_true(mach_imsic_phys(mach, 0) == 0x28000000 + (1u << 30) + 1 * 0x2000);
	assert_true(mach_imsic_phys(mach, 1) == 0x28000000 + 2 * 0x2000);
	assert_true(mach_imsic_phys(mach, 3) == 0x28000000);
	umsi_mmio_write32(page[2], 11);
	assert_true(mach_imsic_pending(mach, 2, 11));
	assert_false(mach_imsic_pending(mach, 1, 11));
	umsi_mmio_write32(umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 3) + 4096, 4), 11);
	assert_string_equal(mach_violated(mach)->name, "MODEL");
	mach_destroy(mach);
	(void)state;
}

static void a_stuck_register_keeps_its_value(void **state)
{
	start(2, 63);
	mach_imsic_stick(mach, 0, 0x70);
	mach_imsic_stick(mach, 0, 0xc0);
	bring_up();
	assert_int_equal(file_read(0x70), 0);
	assert_int_equal(file_read(0xc0), 0);
	mach_destroy(mach);
	(void)state;
}

/* ---- Lag: order kept, time not ---- */

static int early_empty, wrong_order;

static void write_and_look(void *arg)
{
	(void)arg;
	mach_irq_off(mach);
	bring_up();
	umsi_mmio_write32(page[0], 30);
	umsi_mmio_write32(page[0], 10);
	umsi_mmio_read32(page[0]);
	early_empty += umsi_hosted_csr_read(STOPEI) == 0;
	for (;;) {
		uint64_t top = umsi_hosted_csr_read(STOPEI) >> 16;

		/* 10 outranks 30, so 10 alone would mean that it overtook. */
		wrong_order += top == 10 && !mach_imsic_pending(mach, 0, 30);
		if (top == 10)
			break;
	}
	file_write(0x80, 0);
	mach_irq_on(mach);
}

static void files_lag_but_keep_order(void **state)
{
	early_empty = wrong_order = 0;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		create(seed, &(const struct mach_config){ .ncpus = 1 });
		mach_thread(mach, 0, write_and_look, NULL);
		assert_true(mach_run(mach));
		mach_destroy(mach);
	}
	assert_true(early_empty > 100);
	assert_int_equal(wrong_order, 0);
	(void)state;
}

/* ---- Power ---- */

static void come_back(void *arg)
{
	(void)arg;
	MACH_CHECK(mach, file_read(0x70) == 0 && file_read(0xc0) == 0 && file_read(0x80) == 0 &&
		   file_read(0x72) == 0, "TEST", "state after reset is not state at power-on");
	mach_irq_on(mach);
}

static void leave(void *arg)
{
	(void)arg;
	mach_irq_off(mach);
	bring_up();
	file_write(0x72, 40);
	umsi_mmio_write32(page[1], 12);
	mach_cpu_down(mach);
}

static bool down(void *arg)
{
	(void)arg;
	return !mach_cpu_is_up(mach, 1);
}

static void write_and_wake(void *arg)
{
	(void)arg;
	mach_wait(mach, down, NULL);
	umsi_mmio_write32(page[1], 13);
	umsi_mmio_read32(page[1]);
	mach_delay(mach, 5);
	MACH_CHECK(mach, mach_imsic_lost(mach, 1) >= 1, "TEST", "message to a CPU that is down survived");
	mach_cpu_up(mach, 1, come_back, NULL);
}

static void a_cpu_that_goes_down_loses_its_file(void **state)
{
	for (uint64_t seed = 0; seed < 300; seed++) {
		create(seed, &(const struct mach_config){ .ncpus = 2 });
		mach_thread(mach, 1, leave, NULL);
		mach_thread(mach, 0, write_and_wake, NULL);
		assert_true(mach_run(mach));
		assert_false(mach_imsic_pending(mach, 1, 12));
		assert_false(mach_imsic_pending(mach, 1, 13));
		mach_destroy(mach);
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_hold_what_exists),
		cmocka_unit_test(the_lowest_identity_is_claimed_first),
		cmocka_unit_test(enable_threshold_and_delivery_gate),
		cmocka_unit_test(top_interrupts_rank_external_software_timer),
		cmocka_unit_test(reserved_accesses_are_faults),
		cmocka_unit_test(harts_may_be_numbered_in_any_order),
		cmocka_unit_test(a_stuck_register_keeps_its_value),
		cmocka_unit_test(files_lag_but_keep_order),
		cmocka_unit_test(a_cpu_that_goes_down_loses_its_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
