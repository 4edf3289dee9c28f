/* SPDX-License-Identifier: MIT */
/*
 * VT-d records against vectors worked out by hand from the figures of the
 * architecture specification: "Interrupt Remapping Table Entry (IRTE) for
 * Remapped Interrupts" and "... for Posted Interrupts", "Posted Interrupt
 * Descriptor (PID)", "Interrupt Entry Cache Invalidate Descriptor",
 * "Invalidation Wait Descriptor", "Interrupt Requests in Remappable Format",
 * "Interrupt Remapping Table Address Register", "Fault Recording Registers".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/vtd.h"

static void entries_have_destination_where_the_mode_wants_it(void **state)
{
	(void)state;
	assert_int_equal(umsi_vtd_irte_low(0x05, 0x31, false, false), UINT64_C(0x0000050000310001));
	assert_int_equal(umsi_vtd_irte_low(0xfe, 0xef, true, false), UINT64_C(0x0000fe0000ef0011));
	assert_int_equal(umsi_vtd_irte_low(0x12345678, 0x20, false, true), UINT64_C(0x1234567800200001));
}

static void entries_say_who_may_use_them(void **state)
{
	(void)state;
	assert_int_equal(umsi_vtd_irte_high(VTD_SOURCE_ID, 0x0718, 0), 0x40718);
	assert_int_equal(umsi_vtd_irte_high(VTD_SOURCE_ID, 0xf0f8, 3), 0x7f0f8);
	assert_int_equal(umsi_vtd_irte_high(VTD_SOURCE_BUSES, 0x0409, 0), 0x80409);
}

static void posted_entries_carry_the_descriptor_in_both_halves(void **state)
{
	uint64_t pid = UINT64_C(0x123456789abcdec0);

	(void)state;
	assert_int_equal(umsi_vtd_posted_low(pid, 0x42, false), UINT64_C(0x9abcdec000428001));
	assert_int_equal(umsi_vtd_posted_low(pid, 0x42, true), UINT64_C(0x9abcdec00042c001));
	assert_int_equal(umsi_vtd_posted_high(0x40718, pid), UINT64_C(0x1234567800040718));
	assert_int_equal(umsi_vtd_pid_control(0x0a, 0xf2, false), UINT64_C(0x00000a0000f20000));
	assert_int_equal(umsi_vtd_pid_control(0x10a, 0xf2, true), UINT64_C(0x0000010a00f20000));
	assert_int_equal(offsetof(struct umsi_vtd_pid, control), 32);
}

static void descriptors(void **state)
{
	(void)state;
	assert_int_equal(umsi_vtd_iec_all(), 4);
	assert_int_equal(umsi_vtd_iec(0, 0), 0x14);
	assert_int_equal(umsi_vtd_iec(0xffe0, 5), UINT64_C(0x0000ffe028000014));
	assert_int_equal(umsi_vtd_wait(0xdeadbeef), UINT64_C(0xdeadbeef00000025));
}

static void messages_carry_the_handle_in_two_parts(void **state)
{
	static const struct { uint32_t handle; uint64_t alone, block; } v[] = {
		{ 0, 0xfee00010, 0xfee00018 },
		{ 1, 0xfee00030, 0xfee00038 },
		{ 0x7fff, 0xfeeffff0, 0xfeeffff8 },
		{ 0x8000, 0xfee00014, 0xfee0001c },
		{ 0xffe0, 0xfeeffc14, 0xfeeffc1c },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_int_equal(umsi_vtd_address(v[i].handle, false), v[i].alone);
		assert_int_equal(umsi_vtd_address(v[i].handle, true), v[i].block);
		assert_int_equal(umsi_vtd_handle(v[i].alone), v[i].handle);
		assert_int_equal(umsi_vtd_handle(v[i].block), v[i].handle);
	}
}

static void registers(void **state)
{
	const uint32_t frcd[4] = { 0, 0x00070000, 0x00000718, 0x80000026 };
	struct umsi_vtd_frcd f = umsi_vtd_frcd(frcd);

	(void)state;
	assert_int_equal(umsi_vtd_irta(UINT64_C(0x123400000), 16, false), UINT64_C(0x12340000f));
	assert_int_equal(umsi_vtd_irta(0x7f000, 8, true), 0x7f807);
	/* CAP and ECAP as QEMU's q35 shows them: one fault register at 0x220, blocks of up to 2^15. */
	assert_int_equal(umsi_vtd_fault_offset(UINT64_C(0x00d2008c22260286)), 0x220);
	assert_int_equal(umsi_vtd_fault_registers(UINT64_C(0x00d2008c22260286)), 1);
	assert_int_equal(umsi_vtd_fault_registers(UINT64_C(0x0000070022000000)), 8);
	assert_int_equal(umsi_vtd_handle_order_max(0xf00f4a), 15);
	assert_int_equal(f.index, 7);
	assert_int_equal(f.source_id, 0x718);
	assert_int_equal(f.reason, VTD_FAULT_SOURCE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_have_destination_where_the_mode_wants_it),
		cmocka_unit_test(entries_say_who_may_use_them),
		cmocka_unit_test(posted_entries_carry_the_descriptor_in_both_halves),
		cmocka_unit_test(descriptors),
		cmocka_unit_test(messages_carry_the_handle_in_two_parts),
		cmocka_unit_test(registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
