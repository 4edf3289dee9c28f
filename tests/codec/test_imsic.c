/* SPDX-License-Identifier: MIT */
/*
 * IMSIC addresses and registers against vectors worked out by hand from the
 * AIA 1.0 specification: an interrupt file of hart h of group g lies at
 * A + g * 2^E + h * 2^D, its guests' files behind it in pages of 4 KiB
 * ("Arrangement of the memory regions of multiple interrupt files").
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/imsic.h"

struct vector {
	const char *machine;
	struct umsi_imsic_layout layout;	/* guest bits, hart bits, group bits, group shift */
	uint64_t base;
	uint32_t group, hart, guest;
	uint64_t address;
};

static const struct vector vectors[] = {
	{ "four harts, no guests: D = 12", { 0, 2, 0, 0 }, 0x28000000, 0, 0, 0, 0x28000000 },
	{ "its last hart", { 0, 2, 0, 0 }, 0x28000000, 0, 3, 0, 0x28003000 },
	{ "three guests: D = 14", { 2, 2, 0, 0 }, 0x28000000, 0, 1, 0, 0x28004000 },
	{ "hart 3's third guest", { 2, 2, 0, 0 }, 0x28000000, 0, 3, 3, 0x2800f000 },
	{ "seven guests, 512 harts: D = 15", { 3, 9, 0, 0 }, 0x28000000, 0, 511, 0, 0x28ff8000 },
	{ "two groups, E = 24", { 0, 2, 1, 24 }, 0x28000000, 1, 0, 0, 0x29000000 },
	{ "group 1, hart 2, guest 1", { 1, 2, 1, 24 }, 0x28000000, 1, 2, 1, 0x29005000 },
	{ "above 4 GiB, E = 40", { 3, 6, 4, 40 }, UINT64_C(0x80000000), 10, 63, 7,
	  UINT64_C(0xa00801ff000) },
	{ "one hart: no index bits", { 0, 0, 0, 0 }, 0x24000000, 0, 0, 0, 0x24000000 },
};

static void addresses_are_composed_and_taken_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		const struct vector *v = &vectors[i];

		if (umsi_imsic_file_address(&v->layout, v->base, v->group, v->hart, v->guest) !=
		    v->address)
			fail_msg("%s: composed wrongly", v->machine);
		if (umsi_imsic_group_index(&v->layout, v->address) != v->group ||
		    umsi_imsic_hart_index(&v->layout, v->address) != v->hart ||
		    umsi_imsic_guest_index(&v->layout, v->address) != v->guest ||
		    umsi_imsic_base(&v->layout, v->address) != v->base)
			fail_msg("%s: taken apart wrongly", v->machine);
	}
}

/* "Incoming MSI Controller (IMSIC)": 64n - 1 identities, 63 to 2,047; none is number 0. */
static void identities_are_64n_minus_1(void **state)
{
	static const struct { uint32_t ids; bool valid; } count[] = {
		{ 0, false }, { 62, false }, { 63, true }, { 64, false }, { 127, true },
		{ 128, false }, { 255, true }, { 1023, true }, { 2046, false }, { 2047, true },
		{ 2048, false }, { 2111, false }, { UINT32_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(count) / sizeof(count[0]); i++)
		assert_int_equal(umsi_imsic_ids_valid(count[i].ids), count[i].valid);
}

/* stopei: identity in 26:16, priority in 10:0. stopi: IID in 27:16, priority in 7:0. */
static void top_registers_carry_the_number_in_bit_16_up(void **state)
{
	(void)state;
	assert_int_equal(umsi_imsic_topei_id(0), 0);
	assert_int_equal(umsi_imsic_topei_id(0x00050005), 5);
	assert_int_equal(umsi_imsic_topei_id(0x07ff07ff), 2047);
	assert_int_equal(umsi_imsic_topei_id(0x00400040), 64);
	assert_int_equal(umsi_aia_topi_iid(0), 0);
	assert_int_equal(umsi_aia_topi_iid(0x00090001), 9);	/* supervisor external */
	assert_int_equal(umsi_aia_topi_iid(0x000500ff), 5);	/* supervisor timer */
	assert_int_equal(umsi_aia_topi_iid(0x0fff0000), 0xfff);
}

/* "Indirectly accessed interrupt-file registers": on RV64 eip and eie exist at even numbers. */
static void words_of_64_identities_sit_at_even_registers(void **state)
{
	(void)state;
	assert_int_equal(umsi_imsic_word_register(0x80, 1), 0x80);
	assert_int_equal(umsi_imsic_word_register(0x80, 63), 0x80);
	assert_int_equal(umsi_imsic_word_register(0x80, 64), 0x82);
	assert_int_equal(umsi_imsic_word_register(0x80, 2047), 0xbe);
	assert_int_equal(umsi_imsic_word_register(0xc0, 127), 0xc2);
	assert_int_equal(umsi_imsic_word_register(0xc0, 2047), 0xfe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_composed_and_taken_apart),
		cmocka_unit_test(identities_are_64n_minus_1),
		cmocka_unit_test(top_registers_carry_the_number_in_bit_16_up),
		cmocka_unit_test(words_of_64_identities_sit_at_even_registers),
	};

	return cmocka_run_group_tests_name("IMSIC addresses and registers", tests, NULL, NULL);
}
