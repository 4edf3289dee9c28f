/* SPDX-License-Identifier: MIT */
/*
 * Commands, base registers and affinities against vectors worked out by hand
 * from the Arm GIC architecture 3 and 4 (IHI 0069): "ITS commands" (the figure
 * of each), "GITS_BASER<n>", "GITS_CBASER", "GICR_PROPBASER", "ICC_SGI1R_EL1".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "codec/gicv3.h"
#include "codec/its.h"

#define V	UINT64_C(0x8000000000000000)

struct vector {
	const char *name;
	struct umsi_its_command made;
	uint64_t word[4];
};

static void commands_are_as_the_figures_show(void **state)
{
	const struct vector vectors[] = {
		{ "MAPD: 32 events at 0x4000_1100", umsi_its_mapd(0x12345678, 0x40001100, 5),
		  { UINT64_C(0x1234567800000008), 4, V | 0x40001100, 0 } },
		{ "MAPD: not valid", umsi_its_unmapd(0x10), { UINT64_C(0x1000000008), 0, 0, 0 } },
		{ "MAPC: collection 7 at RD_base 0x80c_0000", umsi_its_mapc(7, umsi_its_rdbase(true, 0x80c0003, 0)),
		  { 9, 0, V | 0x80c0007, 0 } },
		{ "MAPC: collection 1 at processor 3", umsi_its_mapc(1, umsi_its_rdbase(false, 0x80c0003, 3)),
		  { 9, 0, V | 0x30001, 0 } },
		{ "MAPC: not valid", umsi_its_unmapc(7), { 9, 0, 7, 0 } },
		{ "MAPTI: event 3 is LPI 8195 of collection 2", umsi_its_mapti(0x100, 3, 8195, 2),
		  { UINT64_C(0x1000000000a), UINT64_C(0x200300000003), 2, 0 } },
		{ "MOVI", umsi_its_movi(0x100, 3, 5), { UINT64_C(0x10000000001), 3, 5, 0 } },
		{ "INT", umsi_its_event_command(ITS_INT, 0x100, 3), { UINT64_C(0x10000000003), 3, 0, 0 } },
		{ "CLEAR", umsi_its_event_command(ITS_CLEAR, 0x100, 3), { UINT64_C(0x10000000004), 3, 0, 0 } },
		{ "INV", umsi_its_event_command(ITS_INV, 0x100, 3), { UINT64_C(0x1000000000c), 3, 0, 0 } },
		{ "DISCARD", umsi_its_event_command(ITS_DISCARD, 0x100, 3), { UINT64_C(0x1000000000f), 3, 0, 0 } },
		{ "INVALL", umsi_its_invall(4), { 13, 0, 4, 0 } },
		{ "SYNC", umsi_its_sync(0x80c0000), { 5, 0, 0x80c0000, 0 } },
		{ "MOVALL", umsi_its_movall(0x10000, 0x20000), { 14, 0, 0x10000, 0x20000 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		for (unsigned int w = 0; w < 4; w++)
			if (vectors[i].made.word[w] != vectors[i].word[w])
				fail_msg("%s: word %u is %#llx", vectors[i].name, w,
					 (unsigned long long)vectors[i].made.word[w]);
}

static void base_registers_hold_what_they_are_given(void **state)
{
	(void)state;
	/* Sixteen 64 KiB pages at 0x1_2345_0000, and above 48 bits: 51:48 go to 15:12. */
	assert_int_equal(umsi_its_baser(0x123450000, 2, 16), V | 0x123450000 | 2 << 8 | 15);
	assert_int_equal(umsi_its_baser(UINT64_C(0xa000123450000), 2, 1), V | 0x123450000 | 0xa000 | 2 << 8);
	assert_int_equal(umsi_its_baser(0x12345000, 0, 256), V | 0x12345000 | 255);
	assert_int_equal(umsi_its_cbaser(0x40010000, 16), V | 0x40010000 | 15);
	assert_int_equal(umsi_its_attributes(GITS_CACHE_WRITE_BACK, GITS_SHARE_INNER), UINT64_C(0x3800000000000400));
	assert_int_equal(umsi_its_level1(0x7fff0000), V | 0x7fff0000);
	assert_int_equal(umsi_gicr_propbaser(0x40002000, 16), 0x4000200f);
	assert_int_equal(umsi_gicr_pendbaser(0x40030000), UINT64_C(0x4000000040030000));
	assert_int_equal(umsi_gicr_attributes(GICR_CACHE_WRITE_BACK, GICR_SHARE_INNER), 0x780);
}

/* A type register with every field odd: PTA, HCC 4, 12 bytes an entry, 16 bits of both ids. */
static void type_registers_are_taken_apart(void **state)
{
	uint64_t typer = 1 | 11 << 4 | 15 << 8 | 15 << 13 | 1 << 19 | 4u << 24;

	(void)state;
	assert_true(umsi_its_is_physical(typer));
	assert_int_equal(umsi_its_entry_bytes(typer), 12);
	assert_int_equal(umsi_its_event_bits(typer), 16);
	assert_int_equal(umsi_its_device_bits(typer), 16);
	assert_true(umsi_its_targets_addresses(typer));
	assert_int_equal(umsi_its_own_collections(typer), 4);
	assert_int_equal(umsi_its_collection_bits(typer), 16);
	assert_int_equal(umsi_its_collection_bits(typer | UINT64_C(1) << 36 | UINT64_C(7) << 32), 8);
	assert_int_equal(umsi_gicv3_id_bits(15 << 19), 16);
	assert_int_equal(umsi_gicv3_lpi_limit(12 << 11), 8192);
	assert_int_equal(umsi_gicv3_lpi_limit(0), 0);
	assert_int_equal(umsi_gic_ids(31), 1020);
	assert_int_equal(umsi_gicr_stride(2), 0x40000);
	assert_true(umsi_gicr_is_of(UINT64_C(0x0403020100000000), UINT64_C(0x0400030201)));
	assert_false(umsi_gicr_is_of(UINT64_C(0x0403020100000000), UINT64_C(0x0400030200)));
}

/* Aff3.Aff2.Aff1.Aff0 4.3.2.21: the range selector takes 16 to 31, the list its sixth. */
static void an_sgi_names_one_cpu(void **state)
{
	(void)state;
	assert_int_equal(umsi_gicv3_sgi(UINT64_C(0x0400030215), 9), UINT64_C(0x0004100309020020));
	assert_int_equal(umsi_gicv3_sgi(0, 0), 1);
	assert_int_equal(umsi_gicv3_router(UINT64_C(0x8400030201)), UINT64_C(0x8400030201) & UINT64_C(0xff00ffffff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_as_the_figures_show),
		cmocka_unit_test(base_registers_hold_what_they_are_given),
		cmocka_unit_test(type_registers_are_taken_apart),
		cmocka_unit_test(an_sgi_names_one_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
