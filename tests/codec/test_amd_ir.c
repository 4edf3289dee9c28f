/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi records against vectors worked out by hand from the figures of the
 * IOMMU specification: "Device Table Entry Format", "Interrupt Remapping Table
 * Fields" (32 bits, 128 bits, guest), "COMPLETION_WAIT",
 * "INVALIDATE_DEVTAB_ENTRY", "INVALIDATE_INTERRUPT_TABLE", "IO_PAGE_FAULT Event".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/amd_ir.h"

static void entries(void **state)
{
	struct umsi_amd_irte128 e = umsi_amd_irte128(0x12345678, 0x41);

	(void)state;
	assert_int_equal(umsi_amd_irte32(0x05, 0x31), 0x00310501);
	assert_int_equal(umsi_amd_irte32(0xfe, 0xef), 0x00effe01);
	assert_int_equal(e.low, UINT64_C(0x0000000034567801));
	assert_int_equal(e.high, UINT64_C(0x1200000000000041));
	e = umsi_amd_guest_irte(UINT64_C(0x123456000), 0xcafe0001, 0x51, true, 0x0100000a);
	assert_int_equal(e.low, UINT64_C(0xcafe000100000ac5));
	assert_int_equal(e.high, UINT64_C(0x0100000123456051));
}

static void device_entries(void **state)
{
	(void)state;
	assert_int_equal(umsi_amd_dte_blocked(), 1);
	assert_int_equal(umsi_amd_dte_remap(UINT64_C(0x123456780), 9), UINT64_C(0x2000000123456793));
	assert_int_equal(umsi_amd_dte_remap(0x80, 11), UINT64_C(0x2000000000000097));
}

static void commands(void **state)
{
	(void)state;
	assert_int_equal(umsi_amd_wait(UINT64_C(0xfedcba98765f8)), UINT64_C(0x100fedcba98765f9));
	assert_int_equal(umsi_amd_invalidate_device(0x0718), UINT64_C(0x2000000000000718));
	assert_int_equal(umsi_amd_invalidate_interrupts(0xffff), UINT64_C(0x500000000000ffff));
	assert_int_equal(umsi_amd_invalidate_all(), UINT64_C(0x8000000000000000));
}

static void registers_and_events(void **state)
{
	(void)state;
	assert_int_equal(umsi_amd_ring(0x7f000, 9), UINT64_C(0x090000000007f000));
	assert_true(umsi_amd_has_2k(0x100));
	assert_false(umsi_amd_has_2k(0x200));
	assert_false(umsi_amd_has_2k(UINT64_MAX));
	assert_int_equal(umsi_amd_event_code(UINT64_C(0x2008000000000718)), AMD_EVENT_PAGE_FAULT);
	assert_int_equal(umsi_amd_event_device(UINT64_C(0x2008000000000718)), 0x718);
	assert_true(umsi_amd_event_is_interrupt(UINT64_C(0x2008000000000718)));
	assert_false(umsi_amd_event_is_interrupt(UINT64_C(0x2000000000000718)));
	assert_false(umsi_amd_event_is_interrupt(UINT64_C(0x5008000000000718)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries),
		cmocka_unit_test(device_entries),
		cmocka_unit_test(commands),
		cmocka_unit_test(registers_and_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
