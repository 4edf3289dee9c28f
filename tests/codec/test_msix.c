/* SPDX-License-Identifier: MIT */
/*
 * MSI-X fields against vectors worked out by hand from the figures of PCI
 * Local Bus 3.0, "MSI-X Capability and Table Structures".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/msix.h"

/* Message Control: enable 15, function mask 14, reserved 13:11, table size - 1 in 10:0. */
static void message_control_counts_entries_minus_one(void **state)
{
	static const struct { uint16_t raw; uint32_t entries; } vector[] = {
		{ 0x0000, 1 },		/* the smallest table */
		{ 0x0001, 2 },
		{ 0x003f, 64 },
		{ 0x0040, 65 },		/* NVMe of QEMU: 65 vectors */
		{ 0x07ff, 2048 },	/* the largest */
		{ 0xc03f, 64 },		/* enabled and masked: not part of the size */
		{ 0xf800, 1 },		/* nor are the reserved bits */
		{ 0xffff, 2048 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++)
		assert_int_equal(umsi_msix_entries(vector[i].raw), vector[i].entries);
}

static void enable_and_function_mask_are_bits_15_and_14(void **state)
{
	(void)state;
	assert_int_equal(MSIX_CONTROL_ENABLE, 1u << 15);
	assert_int_equal(MSIX_CONTROL_MASK, 1u << 14);
}

/* BIR 2:0, offset 31:3 with the low three bits read as zero. */
static void offset_and_bir_share_a_dword(void **state)
{
	static const struct { uint32_t raw, bir, offset; } vector[] = {
		{ 0x00000000, 0, 0x0 },
		{ 0x00002002, 2, 0x2000 },	/* P-23: the BIR is not part of the offset */
		{ 0x00003005, 5, 0x3000 },
		{ 0x0000080c, 4, 0x808 },
		{ 0xfffffff8, 0, 0xfffffff8 },
		{ 0xffffffff, 7, 0xfffffff8 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
		assert_int_equal(umsi_msix_bir(vector[i].raw), vector[i].bir);
		assert_int_equal(umsi_msix_offset(vector[i].raw), vector[i].offset);
	}
}

/* An entry: address 31:0, address 63:32, data, vector control. */
static void an_entry_is_four_dwords(void **state)
{
	(void)state;
	assert_int_equal(MSIX_ENTRY_ADDRESS_LOW, 0);
	assert_int_equal(MSIX_ENTRY_ADDRESS_HIGH, 4);
	assert_int_equal(MSIX_ENTRY_DATA, 8);
	assert_int_equal(MSIX_ENTRY_CONTROL, 12);
	assert_int_equal(MSIX_VECTOR_MASK, 1);
	assert_int_equal(umsi_msix_table_bytes(1), 16);
	assert_int_equal(umsi_msix_table_bytes(2048), 32768);
	/* Hart 1's file of QEMU's virt machine, and one above 4 GiB. */
	assert_int_equal(umsi_msix_address_low(UINT64_C(0x28001000)), 0x28001000);
	assert_int_equal(umsi_msix_address_high(UINT64_C(0x28001000)), 0);
	assert_int_equal(umsi_msix_address_low(UINT64_C(0x12380001000)), 0x80001000);
	assert_int_equal(umsi_msix_address_high(UINT64_C(0x12380001000)), 0x123);
}

/* One bit for each entry, quad words: the 65th entry begins a second one. */
static void pending_bits_come_in_quad_words(void **state)
{
	static const struct { uint32_t entries, bytes; } vector[] = {
		{ 1, 8 }, { 64, 8 }, { 65, 16 }, { 128, 16 }, { 129, 24 }, { 2048, 256 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++)
		assert_int_equal(umsi_msix_pba_bytes(vector[i].entries), vector[i].bytes);
	assert_int_equal(umsi_msix_pba_dword(0), 0);
	assert_int_equal(umsi_msix_pba_dword(31), 0);
	assert_int_equal(umsi_msix_pba_dword(32), 4);
	assert_int_equal(umsi_msix_pba_dword(64), 8);
	assert_int_equal(umsi_msix_pba_dword(2047), 252);
	assert_int_equal(umsi_msix_pba_bit(0), 0x1);
	assert_int_equal(umsi_msix_pba_bit(31), 0x80000000);
	assert_int_equal(umsi_msix_pba_bit(65), 0x2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_control_counts_entries_minus_one),
		cmocka_unit_test(enable_and_function_mask_are_bits_15_and_14),
		cmocka_unit_test(offset_and_bir_share_a_dword),
		cmocka_unit_test(an_entry_is_four_dwords),
		cmocka_unit_test(pending_bits_come_in_quad_words),
	};

	return cmocka_run_group_tests_name("msix fields", tests, NULL, NULL);
}
