/* SPDX-License-Identifier: MIT */
/* Registers and targets of an APLIC, against numbers worked out from the specification by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/aplic.h"

/* AIA 1.0, "Memory-mapped control region for an interrupt domain". */
static void registers_are_where_the_specification_puts_them(void **state)
{
	(void)state;
	assert_int_equal(umsi_aplic_sourcecfg(1), 0x0004);
	assert_int_equal(umsi_aplic_sourcecfg(1023), 0x0ffc);
	assert_int_equal(umsi_aplic_target(1), 0x3004);
	assert_int_equal(umsi_aplic_target(1023), 0x3ffc);
	assert_int_equal(umsi_aplic_pending(0), 0x1c00);
	assert_int_equal(umsi_aplic_pending(1023), 0x1c7c);
	assert_int_equal(umsi_aplic_input(31), 0x1d00);
	assert_int_equal(umsi_aplic_input(32), 0x1d04);
	assert_int_equal(umsi_aplic_disable(31), 0x1f7c);
	assert_int_equal(umsi_aplic_bit(33), 2);
	assert_int_equal(umsi_aplic_idc(0, APLIC_CLAIMI), 0x401c);
	assert_int_equal(umsi_aplic_idc(16383, APLIC_IDELIVERY), 0x4000 + 16383 * 32);
}

/* "Source configurations": Edge1 4, Edge0 5, Level1 6, Level0 7. */
static void modes_are_those_of_the_specification(void **state)
{
	(void)state;
	assert_int_equal(umsi_aplic_mode(UMSI_TRIGGER_NONE), 0);
	assert_int_equal(umsi_aplic_mode(UMSI_TRIGGER_EDGE_RISING), 4);
	assert_int_equal(umsi_aplic_mode(UMSI_TRIGGER_EDGE_FALLING), 5);
	assert_int_equal(umsi_aplic_mode(UMSI_TRIGGER_LEVEL_HIGH), 6);
	assert_int_equal(umsi_aplic_mode(UMSI_TRIGGER_LEVEL_LOW), 7);
	assert_int_equal(umsi_aplic_mode(5), 0);
}

struct row {
	uint64_t address;
	uint32_t data;
	bool good;
	uint32_t target;
};

/* LHXS 1, LHXW 2, HHXW 1, group at bit 24: hart index = group << 2 | hart. */
static const struct umsi_aplic_layout grouped = {
	.base = UINT64_C(0x28000000), .guest_bits = 1, .hart_bits = 2, .group_bits = 1, .group_shift = 24,
};

static const struct row rows[] = {
	{ UINT64_C(0x28000000), 1, true, 0x00000001 },
	{ UINT64_C(0x28002000), 63, true, 1u << 18 | 63 },
	{ UINT64_C(0x28007000), 2047, true, 3u << 18 | 1u << 12 | 2047 },
	{ UINT64_C(0x29000000), 5, true, 4u << 18 | 5 },
	{ UINT64_C(0x29006000), 5, true, 7u << 18 | 5 },
	{ UINT64_C(0x28000000), 0, false, 0 },		/* identity 0 is none */
	{ UINT64_C(0x28000000), 2048, false, 0 },	/* EIID has 11 bits */
	{ UINT64_C(0x28000004), 1, false, 0 },		/* big-endian port */
	{ UINT64_C(0x28008000), 1, false, 0 },		/* beyond the hart index */
	{ UINT64_C(0x2a000000), 1, false, 0 },		/* beyond the group index */
	{ UINT64_C(0x27000000), 1, false, 0 },
	{ UINT64_C(0x128000000), 1, false, 0 },
};

static void targets_reach_exactly_what_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct umsi_msg msg = { .address = rows[i].address, .data = rows[i].data };
		uint32_t target = 0;

		assert_int_equal(umsi_aplic_encode(&grouped, &msg, &target), rows[i].good);
		assert_int_equal(target, rows[i].target);
	}
}

/* Without groups and guests bits above the hart index are the base's. */
static void plain_arrangements_are_reached(void **state)
{
	const struct umsi_aplic_layout plain = { .base = UINT64_C(0x100000000), .hart_bits = 14 };
	struct umsi_msg msg = { .address = UINT64_C(0x103fff000), .data = 7 };
	uint32_t target;

	(void)state;
	assert_true(umsi_aplic_encode(&plain, &msg, &target));
	assert_int_equal(target, 16383u << 18 | 7);
	assert_int_equal(umsi_aplic_genmsi(target), 16383u << 18);
	msg.address += 0x1000;
	assert_false(umsi_aplic_encode(&plain, &msg, &target));
}

/* "Top interrupt": identity in bits 25:16, priority in 7:0. */
static void claims_and_direct_targets(void **state)
{
	(void)state;
	assert_int_equal(umsi_aplic_claimed(0), 0);
	assert_int_equal(umsi_aplic_claimed(0x03ff0001), 1023);
	assert_int_equal(umsi_aplic_claimed(0x000b0001), 11);
	assert_int_equal(umsi_aplic_direct_target(5), 5u << 18 | 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_are_where_the_specification_puts_them),
		cmocka_unit_test(modes_are_those_of_the_specification),
		cmocka_unit_test(targets_reach_exactly_what_they_say),
		cmocka_unit_test(plain_arrangements_are_reached),
		cmocka_unit_test(claims_and_direct_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
