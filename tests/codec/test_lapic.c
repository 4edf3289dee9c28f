/* SPDX-License-Identifier: MIT */
/*
 * Local APIC messages, x2APIC numbers and I/O APIC entries against vectors
 * worked out by hand from the Intel SDM Vol. 3A ("Message Address Register
 * Format", "Local APIC Register Address Map") and the 82093AA data sheet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/ioapic.h"
#include "codec/lapic.h"

static const struct {
	uint32_t id, vector;
	uint64_t address;
	uint32_t data;
	uint64_t entry;			/* of an edge pin, active high, open */
} vectors[] = {
	{ 0x00, 0x20, 0xfee00000, 0x20, UINT64_C(0x0000000000000020) },
	{ 0x01, 0x31, 0xfee01000, 0x31, UINT64_C(0x0100000000000031) },
	{ 0xfe, 0xef, 0xfeefe000, 0xef, UINT64_C(0xfe000000000000ef) },
	/* Bits 14:8 of the id in address bits 11:5, in entry bits 55:49. */
	{ 0x100, 0x40, 0xfee00020, 0x40, UINT64_C(0x0002000000000040) },
	{ 0x1ff, 0x41, 0xfeeff020, 0x41, UINT64_C(0xff02000000000041) },
	{ 0x7ffe, 0x42, 0xfeefefe0, 0x42, UINT64_C(0xfefe000000000042) },
};

static void messages_name_one_apic(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct umsi_msg msg = umsi_lapic_message(vectors[i].id, vectors[i].vector);

		assert_int_equal(msg.address, vectors[i].address);
		assert_int_equal(msg.data, vectors[i].data);
		assert_int_equal(umsi_lapic_message_id(&msg), vectors[i].id);
		assert_int_equal(umsi_lapic_message_vector(&msg), vectors[i].vector);
	}
}

static void entries_are_messages_in_other_bits(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct umsi_msg msg = { .address = vectors[i].address, .data = vectors[i].data };

		assert_int_equal((uint64_t)umsi_ioapic_high(&msg) << 32 | umsi_ioapic_low(&msg, 0),
				 vectors[i].entry);
	}
	/* A remapping message: index 0x8123 (bit 15 in address bit 2), format bit 4. */
	assert_int_equal(umsi_ioapic_high(&(struct umsi_msg){ .address = 0xfee02474 }), 0x02470000);
	assert_int_equal(umsi_ioapic_low(&(struct umsi_msg){ .address = 0xfee02474 }, 0), 1u << 11);
	assert_int_equal(umsi_ioapic_wiring(UMSI_TRIGGER_LEVEL_LOW), 0xa000);
	assert_int_equal(umsi_ioapic_wiring(UMSI_TRIGGER_LEVEL_HIGH), 0x8000);
	assert_int_equal(umsi_ioapic_wiring(UMSI_TRIGGER_EDGE_FALLING), 0x2000);
	assert_int_equal(umsi_ioapic_wiring(UMSI_TRIGGER_EDGE_RISING), 0);
	assert_int_equal(umsi_ioapic_pins(0x00170020), 24);
	assert_int_equal(IOAPIC_ENTRY_LOW(23), 0x3e);
	assert_int_equal(IOAPIC_ENTRY_HIGH(23), 0x3f);
}

static void translators_are_told_all_32_bits(void **state)
{
	static const struct { uint32_t id; uint64_t address; } wide[] = {
		{ 0x05, 0xfee05000 }, { 0x100, UINT64_C(0x00000100fee00000) },
		{ 0x12345678, UINT64_C(0x12345600fee78000) }, { 0xfffffffe, UINT64_C(0xffffff00feefe000) },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		struct umsi_msg msg = umsi_lapic_wide_message(wide[i].id, 0x31);

		assert_int_equal(msg.address, wide[i].address);
		assert_int_equal(msg.data, 0x31);
		assert_int_equal(umsi_lapic_message_id(&msg), wide[i].id);
	}
}

static void ids_that_do_not_fit_are_known(void **state)
{
	(void)state;
	assert_true(umsi_lapic_id_fits(0, false));
	assert_true(umsi_lapic_id_fits(254, false));
	assert_false(umsi_lapic_id_fits(255, false));
	assert_false(umsi_lapic_id_fits(256, false));
	assert_false(umsi_lapic_id_fits(UINT64_C(1) << 32, false));
	assert_true(umsi_lapic_id_fits(256, true));
	assert_true(umsi_lapic_id_fits(0x7ffe, true));
	assert_false(umsi_lapic_id_fits(255, true));
	assert_false(umsi_lapic_id_fits(0x7fff, true));
	assert_false(umsi_lapic_id_fits(0x8000, true));
}

static void registers_have_their_numbers(void **state)
{
	(void)state;
	assert_int_equal(umsi_x2apic_msr(LAPIC_ID), 0x802);
	assert_int_equal(umsi_x2apic_msr(LAPIC_EOI), 0x80b);
	assert_int_equal(umsi_x2apic_msr(LAPIC_SVR), 0x80f);
	assert_int_equal(umsi_x2apic_msr(LAPIC_ICR_LOW), 0x830);
	assert_int_equal(umsi_x2apic_msr(umsi_lapic_word(LAPIC_IRR, 0)), 0x820);
	assert_int_equal(umsi_x2apic_msr(umsi_lapic_word(LAPIC_IRR, 255)), 0x827);
	assert_int_equal(umsi_lapic_word(LAPIC_ISR, 33), 0x110);
	assert_int_equal(umsi_lapic_lvt_last(0x01060015), 6);
	assert_true(umsi_lapic_lvt_is_nmi_or_smi(0x00400));
	assert_true(umsi_lapic_lvt_is_nmi_or_smi(0x10200));
	assert_false(umsi_lapic_lvt_is_nmi_or_smi(0x10700));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_name_one_apic),
		cmocka_unit_test(entries_are_messages_in_other_bits),
		cmocka_unit_test(translators_are_told_all_32_bits),
		cmocka_unit_test(ids_that_do_not_fit_are_known),
		cmocka_unit_test(registers_have_their_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
