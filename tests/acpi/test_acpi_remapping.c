/* SPDX-License-Identifier: MIT */
/* DMAR and IVRS: what good tables say, and that each thing wrong is named with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/acpi.h>

#include "tables.h"

#define ROOM	8

struct found {
	struct umsi_acpi_dmar dmar;
	struct umsi_acpi_dmar_unit unit[ROOM];
	struct umsi_acpi_scope scope[ROOM];
	struct umsi_acpi_ivrs_unit ivrs[ROOM];
	struct umsi_acpi_ivrs_device device[ROOM];
	struct umsi_acpi_error error;
	uint32_t count;
};

enum finder { UNITS, SCOPES, IVRS, DEVICES };

/* From the heap, so that reads past the end are seen. */
static int find(enum finder finder, const struct table *t, uint32_t bytes, uint32_t room, struct found *f)
{
	unsigned char *copy = malloc(bytes + !bytes);
	int status = UMSI_EBUG;

	memset(f, 0, sizeof(*f));
	memcpy(copy, t->byte, bytes);
	switch (finder) {
	case UNITS:
		status = umsi_acpi_dmar(copy, bytes, &f->dmar, f->unit, room, &f->count, &f->error);
		break;
	case SCOPES:
		status = umsi_acpi_dmar_scopes(copy, bytes, f->scope, room, &f->count, &f->error);
		break;
	case IVRS:
		status = umsi_acpi_ivrs(copy, bytes, f->ivrs, room, &f->count, &f->error);
		break;
	case DEVICES:
		status = umsi_acpi_ivrs_devices(copy, bytes, f->device, room, &f->count, &f->error);
		break;
	}
	free(copy);
	return status;
}

/* Two units of segment 0: one for what is behind a bridge, one for all else with I/O APIC and HPET. */
static void table_dmar(struct table *t)
{
	static const unsigned char entries[] = {
		0, 0, 26, 0, 0, 0, 0, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0,	/* at 48 */
		2, 10, 0, 0, 0, 0, 0x1c, 0, 0, 3,				/* at 64 */
		1, 0, 8, 0, 0, 0, 0, 0,						/* at 74: RMRR, foreign */
		0, 0, 32, 0, 1, 0, 0, 0, 0, 0x10, 0xd9, 0xfe, 0, 0, 0, 0,	/* at 82 */
		3, 8, 0, 0, 2, 0xf0, 0x1f, 0,					/* at 98 */
		4, 8, 0, 0, 1, 0, 0x0f, 7,					/* at 106 */
	};

	table_begin(t, "DMAR", 48);
	t->byte[36] = 38;
	t->byte[37] = 1;
	table_put(t, entries, sizeof(entries));
	table_end(t);
}

static void dmar_names_units_and_scopes(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_dmar(&t);
	assert_int_equal(find(UNITS, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 2);
	assert_true(f.dmar.interrupt_remapping);
	assert_false(f.dmar.x2apic_opt_out);
	assert_int_equal(f.dmar.address_bits, 39);
	assert_int_equal(f.unit[0].phys, 0xfed90000);
	assert_false(f.unit[0].all_others);
	assert_int_equal(f.unit[1].phys, 0xfed91000);
	assert_true(f.unit[1].all_others);
	assert_int_equal(find(SCOPES, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.scope[0].unit, 0);
	assert_int_equal(f.scope[0].type, UMSI_ACPI_SCOPE_BRIDGE);
	assert_int_equal(f.scope[0].hops, 2);
	assert_int_equal(f.scope[0].hop[0], 0x1c << 3);
	assert_int_equal(f.scope[0].hop[1], 3);
	assert_int_equal(f.scope[1].unit, 1);
	assert_int_equal(f.scope[1].type, UMSI_ACPI_SCOPE_IOAPIC);
	assert_int_equal(f.scope[1].enumeration_id, 2);
	assert_int_equal(f.scope[1].first_bus, 0xf0);
	assert_int_equal(f.scope[1].hop[0], 0x1f << 3);
	assert_int_equal(f.scope[2].type, UMSI_ACPI_SCOPE_HPET);
	assert_int_equal(f.scope[2].hop[0], 0x0f << 3 | 7);
	assert_int_equal(find(UNITS, &t, t.bytes, 1, &f), UMSI_EFW_ROOM);
	assert_int_equal(f.count, 2);
	assert_int_equal(find(SCOPES, &t, t.bytes, 0, &f), UMSI_EFW_ROOM);
	assert_int_equal(f.count, 3);
}

struct wrong {
	enum finder finder;
	uint32_t at, value, bytes;	/* what is overwritten */
	int status;
	uint32_t where;
};

static void check_wrong(void (*make)(struct table *t), const char *name, const struct wrong *wrong, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct found f;
		struct table t;

		make(&t);
		table_set(&t, wrong[i].at, wrong[i].value, wrong[i].bytes);
		table_end(&t);
		assert_int_equal(find(wrong[i].finder, &t, t.bytes, ROOM, &f), wrong[i].status);
		assert_string_equal(f.error.table, name);
		assert_int_equal(f.error.offset, wrong[i].where);
		assert_non_null(f.error.what);
	}
}

static void each_wrong_field_of_dmar_is_named(void **state)
{
	static const struct wrong wrong[] = {
		{ UNITS, 50, 3, 2, UMSI_EFW_STRUCTURE, 50 },		/* a structure of three bytes */
		{ UNITS, 50, 15, 2, UMSI_EFW_STRUCTURE, 50 },		/* too short for a unit */
		{ UNITS, 84, 33, 2, UMSI_EFW_TRUNCATED, 84 },		/* past the end */
		{ UNITS, 56, 0, 4, UMSI_EFW_VALUE, 56 },		/* no address */
		{ UNITS, 56, 0xfed90010, 4, UMSI_EFW_VALUE, 56 },	/* not a page */
		{ UNITS, 90, 0xfed90000, 4, UMSI_EFW_VALUE, 82 },	/* the first's */
		{ UNITS, 52, 1, 1, UMSI_EFW_VALUE, 82 },		/* two take all others */
		{ SCOPES, 65, 7, 1, UMSI_EFW_STRUCTURE, 65 },		/* no path */
		{ SCOPES, 65, 9, 1, UMSI_EFW_STRUCTURE, 65 },		/* half a step */
		{ SCOPES, 65, 12, 1, UMSI_EFW_TRUNCATED, 65 },		/* past its unit */
		{ SCOPES, 107, 6, 1, UMSI_EFW_STRUCTURE, 107 },
		{ SCOPES, 72, 32, 1, UMSI_EFW_VALUE, 72 },		/* device 32 */
		{ SCOPES, 73, 8, 1, UMSI_EFW_VALUE, 72 },		/* function 8 */
	};

	(void)state;
	check_wrong(table_dmar, "DMAR", wrong, sizeof(wrong) / sizeof(wrong[0]));
}

/* A unit described twice, and one beside it. */
static void table_ivrs(struct table *t)
{
	static const unsigned char entries[] = {
		0x10, 0, 28, 0, 0x10, 0, 0x40, 0, 0, 0, 0xd8, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x22, 0, 0,
		2, 8, 0, 0,							/* at 48, entry at 72 */
		0x11, 0, 80, 0, 0x10, 0, 0x40, 0, 0, 0, 0xd8, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
		0xc0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,		/* at 76, entries at 116 */
		3, 0x00, 1, 0xd7, 4, 0xff, 1, 0,				/* 100h to 1ffh */
		67, 0x00, 2, 0, 0, 0x07, 2, 0, 4, 0x07, 2, 0,			/* at 124: aliases of 207h */
		72, 0, 0, 0xd7, 2, 0xa0, 0, 1,					/* at 136: I/O APIC 2 is 00:14.0 */
		72, 0, 0, 0, 1, 0xa0, 0, 2,					/* at 144: HPET 1 */
		0, 0, 0, 0,							/* at 152: padding */
		0x20, 0, 4, 0,							/* at 156: foreign */
		0x10, 0, 28, 0, 0x18, 0, 0x40, 0, 0, 0, 0xd9, 0xfe, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0,							/* at 160: all */
	};

	table_begin(t, "IVRS", 48);
	table_put(t, entries, sizeof(entries));
	table_end(t);
}

static void ivrs_names_units_devices_and_aliases(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_ivrs(&t);
	assert_int_equal(find(IVRS, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.ivrs[0].phys, 0xfed80000);
	assert_int_equal(f.ivrs[0].requester_id, 0x10);
	assert_int_equal(f.ivrs[0].capability, 0x40);
	assert_true(f.ivrs[0].efr_known);
	assert_int_equal(f.ivrs[0].efr, UINT64_C(0x1000000c0));
	assert_int_equal(f.ivrs[1].segment, 1);
	assert_false(f.ivrs[1].efr_known);
	assert_int_equal(find(DEVICES, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 5);
	assert_int_equal(f.device[0].kind, UMSI_ACPI_IVRS_FUNCTIONS);
	assert_int_equal(f.device[0].first, 0x100);
	assert_int_equal(f.device[0].last, 0x1ff);
	assert_int_equal(f.device[0].settings, 0xd7);
	assert_int_equal(f.device[1].kind, UMSI_ACPI_IVRS_ALIASES);
	assert_int_equal(f.device[1].alias, 0x207);
	assert_int_equal(f.device[1].last, 0x207);
	assert_int_equal(f.device[2].kind, UMSI_ACPI_IVRS_IOAPIC);
	assert_int_equal(f.device[2].handle, 2);
	assert_int_equal(f.device[2].first, 0xa0);
	assert_int_equal(f.device[3].kind, UMSI_ACPI_IVRS_HPET);
	assert_int_equal(f.device[4].unit, 1);
	assert_int_equal(f.device[4].last, 0xffff);
	assert_int_equal(find(IVRS, &t, t.bytes, 1, &f), UMSI_EFW_ROOM);
	assert_int_equal(find(DEVICES, &t, t.bytes, 4, &f), UMSI_EFW_ROOM);
	assert_int_equal(f.count, 5);
}

static void each_wrong_field_of_ivrs_is_named(void **state)
{
	static const struct wrong wrong[] = {
		{ IVRS, 50, 3, 2, UMSI_EFW_STRUCTURE, 50 },
		{ IVRS, 50, 23, 2, UMSI_EFW_STRUCTURE, 50 },
		{ IVRS, 162, 29, 2, UMSI_EFW_TRUNCATED, 162 },
		{ IVRS, 84, 0xfed81000, 4, UMSI_EFW_VALUE, 84 },
		{ IVRS, 168, 0xfed80000, 4, UMSI_EFW_VALUE, 160 },
		{ DEVICES, 121, 0xff, 2, UMSI_EFW_VALUE, 121 },	/* 0ffh, before 100h */
		{ DEVICES, 120, 2, 1, UMSI_EFW_STRUCTURE, 120 },	/* inside a range */
		{ DEVICES, 116, 2, 1, UMSI_EFW_STRUCTURE, 120 },	/* an end alone */
		{ DEVICES, 184, 64, 1, UMSI_EFW_TRUNCATED, 184 },	/* eight bytes of four */
		{ DEVICES, 184, 3, 1, UMSI_EFW_STRUCTURE, 184 },	/* a range without an end */
		{ DEVICES, 184, 255, 1, UMSI_EFW_TRUNCATED, 184 },
	};

	(void)state;
	check_wrong(table_ivrs, "IVRS", wrong, sizeof(wrong) / sizeof(wrong[0]));
}

/* Cut anywhere, and with any byte replaced: an error or a table, never a read outside. */
static void any_cut_and_any_byte(void (*make)(struct table *t), enum finder first)
{
	struct found f;
	struct table t;

	make(&t);
	for (uint32_t bytes = 0; bytes < t.bytes; bytes++)
		for (uint32_t i = 0; i < 2; i++)
			assert_int_not_equal(find(first + i, &t, bytes, ROOM, &f), UMSI_OK);
	for (uint32_t at = 48; at < t.bytes; at++) {
		for (uint32_t value = 0; value < 256; value += 5) {
			make(&t);
			t.byte[at] = (unsigned char)value;
			table_end(&t);
			find(first, &t, t.bytes, ROOM, &f);
			find(first + 1, &t, t.bytes, ROOM, &f);
		}
	}
}

static void nothing_is_read_outside(void **state)
{
	(void)state;
	any_cut_and_any_byte(table_dmar, UNITS);
	any_cut_and_any_byte(table_ivrs, IVRS);
}

static void null_is_refused(void **state)
{
	struct umsi_acpi_dmar dmar;
	struct table t;
	uint32_t n;

	(void)state;
	table_dmar(&t);
	assert_int_equal(umsi_acpi_dmar(t.byte, t.bytes, NULL, NULL, 0, &n, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_acpi_dmar(t.byte, t.bytes, &dmar, NULL, 1, &n, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_acpi_dmar_scopes(t.byte, t.bytes, NULL, 1, &n, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_acpi_ivrs(t.byte, t.bytes, NULL, 0, &n, NULL), UMSI_EFW_MAGIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dmar_names_units_and_scopes),
		cmocka_unit_test(each_wrong_field_of_dmar_is_named),
		cmocka_unit_test(ivrs_names_units_devices_and_aliases),
		cmocka_unit_test(each_wrong_field_of_ivrs_is_named),
		cmocka_unit_test(nothing_is_read_outside),
		cmocka_unit_test(null_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
