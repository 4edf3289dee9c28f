/* SPDX-License-Identifier: MIT */
/* What a good table says, and that each thing wrong with one is named with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/acpi.h>

#include "tables.h"

#define ROOM	4

/* All that the finders say of a table; @t is copied to the heap so that reads past its end are seen. */
struct found {
	struct umsi_cpu_desc cpu[ROOM];
	struct umsi_acpi_ioapic ioapic[ROOM];
	struct umsi_acpi_override override[ROOM];
	struct umsi_pci_host host[ROOM];
	struct umsi_acpi_lapic lapic;
	struct umsi_acpi_hpet hpet;
	struct umsi_acpi_error error;
	uint32_t count;
};

enum finder { CPUS, IOAPICS, OVERRIDES, LAPIC, MCFG, HPET };

static int find(enum finder finder, const struct table *t, uint32_t bytes, uint32_t room,
		struct found *f)
{
	unsigned char *copy = malloc(bytes + !bytes);
	int status = UMSI_EBUG;

	memset(f, 0, sizeof(*f));
	memcpy(copy, t->byte, bytes);
	switch (finder) {
	case CPUS:
		status = umsi_acpi_madt_cpus(copy, bytes, 1, f->cpu, room, &f->count, &f->error);
		break;
	case IOAPICS:
		status = umsi_acpi_madt_ioapics(copy, bytes, f->ioapic, room, &f->count, &f->error);
		break;
	case OVERRIDES:
		status = umsi_acpi_madt_overrides(copy, bytes, f->override, room, &f->count,
						  &f->error);
		break;
	case LAPIC:
		status = umsi_acpi_madt_lapic(copy, bytes, &f->lapic, &f->error);
		break;
	case MCFG:
		status = umsi_acpi_mcfg(copy, bytes, f->host, room, &f->count, &f->error);
		break;
	case HPET:
		status = umsi_acpi_hpet(copy, bytes, &f->hpet, &f->error);
		break;
	}
	free(copy);
	return status;
}

static void the_boot_cpu_comes_first_and_disabled_ones_not_at_all(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_madt(&t);
	assert_int_equal(find(CPUS, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 2);
	assert_int_equal(f.cpu[0].hw_id, 1);
	assert_int_equal(f.cpu[1].hw_id, 0);
}

static void wide_ids_are_read_and_told(void **state)
{
	static const unsigned char wide[16] = { 9, 16, 0, 0, 0x34, 0x12, 0, 0, 1 };
	struct found f;
	struct table t;

	(void)state;
	table_madt(&t);
	assert_int_equal(find(LAPIC, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.lapic.phys, 0xfee00000);
	assert_true(f.lapic.pcat_compat);
	assert_false(f.lapic.x2apic_ids);
	table_put(&t, wide, sizeof(wide));
	table_end(&t);
	assert_int_equal(find(LAPIC, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_true(f.lapic.x2apic_ids);
	assert_int_equal(find(CPUS, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.cpu[2].hw_id, 0x1234);
}

static void the_address_override_wins(void **state)
{
	static const unsigned char moved[12] = { 5, 12, 0, 0, 0, 0, 0, 0, 1 };
	struct found f;
	struct table t;

	(void)state;
	table_madt(&t);
	table_put(&t, moved, sizeof(moved));
	table_end(&t);
	assert_int_equal(find(LAPIC, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.lapic.phys, 0x100000000);
}

static void pins_and_overrides_are_read(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_madt(&t);
	assert_int_equal(find(IOAPICS, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 1);
	assert_int_equal(f.ioapic[0].phys, 0xfec00000);
	assert_int_equal(find(OVERRIDES, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.count, 3);
	assert_int_equal(f.override[0].gsi, 2);
	assert_false(f.override[0].level);
	assert_true(f.override[1].level);
	assert_false(f.override[1].active_low);
	assert_true(f.override[2].level && f.override[2].active_low);
}

static void configuration_space_starts_with_its_first_bus(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_mcfg(&t);
	assert_int_equal(find(MCFG, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.host[0].ecam_phys, 0xb0000000);
	assert_int_equal(f.host[0].ecam_bytes, 256u << 20);
	t.byte[54] = 16;
	table_end(&t);
	assert_int_equal(find(MCFG, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.host[0].ecam_phys, 0xb1000000);
	assert_int_equal(f.host[0].ecam_bytes, 240u << 20);
	assert_int_equal(f.host[0].node, -1);
}

static void the_timer_block_is_read(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	table_hpet(&t);
	assert_int_equal(find(HPET, &t, t.bytes, ROOM, &f), UMSI_OK);
	assert_int_equal(f.hpet.phys, 0xfed00000);
	assert_int_equal(f.hpet.event_timer_block_id, 0x8086a201);
}

static void too_little_room_is_told_with_the_count(void **state)
{
	static const struct { enum finder finder; void (*make)(struct table *); uint32_t count; } rows[] = {
		{ CPUS, table_madt, 2 }, { IOAPICS, table_madt, 1 }, { OVERRIDES, table_madt, 3 },
		{ MCFG, table_mcfg, 1 },
	};
	struct found f;
	struct table t;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rows[i].make(&t);
		assert_int_equal(find(rows[i].finder, &t, t.bytes, 0, &f), UMSI_EFW_ROOM);
		assert_int_equal(f.count, rows[i].count);
	}
}

/* One change to a good table, and what must be said of it. */
struct damage {
	const char *name;
	enum finder finder;
	uint32_t at, bytes;
	uint64_t value;
	bool mend;		/* length and checksum as they must be afterwards */
	int status;
	uint32_t offset;
};

static const struct damage damages[] = {
	{ "another signature", CPUS, 0, 4, 0x47464353, true, UMSI_EFW_MAGIC, 0 },
	{ "length below the fixed part", CPUS, 4, 4, 40, false, UMSI_EFW_TRUNCATED, 4 },
	{ "length beyond the memory", CPUS, 4, 4, 4096, false, UMSI_EFW_TRUNCATED, 4 },
	{ "length 0", CPUS, 4, 4, 0, false, UMSI_EFW_TRUNCATED, 4 },
	{ "checksum", CPUS, 9, 1, 0x55, false, UMSI_EFW_VALUE, 9 },
	{ "a flipped byte", CPUS, 47, 1, 9, false, UMSI_EFW_VALUE, 9 },
	{ "entry length 0", CPUS, 53, 1, 0, true, UMSI_EFW_STRUCTURE, 53 },
	{ "entry length 1", CPUS, 53, 1, 1, true, UMSI_EFW_STRUCTURE, 53 },
	{ "entry past the end", CPUS, 111, 1, 7, true, UMSI_EFW_TRUNCATED, 111 },
	{ "half an entry at the end", CPUS, 111, 1, 5, true, UMSI_EFW_TRUNCATED, 115 },
	{ "CPU entry too short", CPUS, 53, 1, 7, true, UMSI_EFW_STRUCTURE, 53 },
	{ "I/O APIC entry too short", CPUS, 69, 1, 11, true, UMSI_EFW_STRUCTURE, 69 },
	{ "override entry too short", LAPIC, 81, 1, 9, true, UMSI_EFW_STRUCTURE, 81 },
	{ "two CPUs with one id", CPUS, 47, 1, 1, true, UMSI_EFW_VALUE, 44 },
	{ "the boot CPU disabled", CPUS, 56, 1, 0, true, UMSI_EFW_MISSING, 44 },
	{ "an x2APIC entry too short", CPUS, 110, 1, 9, true, UMSI_EFW_STRUCTURE, 111 },
	{ "I/O APIC at 0", IOAPICS, 72, 4, 0, true, UMSI_EFW_VALUE, 72 },
	{ "I/O APIC unaligned", IOAPICS, 72, 4, 0xfec00004, true, UMSI_EFW_VALUE, 72 },
	{ "override of no ISA bus", OVERRIDES, 82, 1, 1, true, UMSI_EFW_VALUE, 82 },
	{ "override of interrupt 16", OVERRIDES, 83, 1, 16, true, UMSI_EFW_VALUE, 83 },
	{ "reserved polarity", OVERRIDES, 88, 1, 2, true, UMSI_EFW_VALUE, 88 },
	{ "reserved trigger mode", OVERRIDES, 88, 1, 8, true, UMSI_EFW_VALUE, 88 },
	{ "two overrides of one interrupt", OVERRIDES, 93, 1, 0, true, UMSI_EFW_VALUE, 90 },
	{ "buses descending", MCFG, 54, 2, 0x0001, true, UMSI_EFW_VALUE, 54 },
	{ "configuration space at 0", MCFG, 44, 8, 0, true, UMSI_EFW_VALUE, 44 },
	{ "configuration space unaligned", MCFG, 44, 8, 0xb0080000, true, UMSI_EFW_VALUE, 44 },
	{ "configuration space at the end", MCFG, 44, 8, 0xfffffffff0000000, true, UMSI_EFW_VALUE, 44 },
	{ "timer in I/O space", HPET, 40, 1, 1, true, UMSI_EFW_VALUE, 40 },
	{ "timer at 0", HPET, 44, 8, 0, true, UMSI_EFW_VALUE, 44 },
	{ "timer unaligned", HPET, 44, 8, 0xfed00001, true, UMSI_EFW_VALUE, 44 },
	{ "timer table cut", HPET, 4, 4, 55, false, UMSI_EFW_TRUNCATED, 4 },
};

static void make_for(enum finder finder, struct table *t, const char **out_name)
{
	if (finder == MCFG)
		table_mcfg(t);
	else if (finder == HPET)
		table_hpet(t);
	else
		table_madt(t);
	*out_name = finder == MCFG ? "MCFG" : finder == HPET ? "HPET" : "APIC";
}

static void damage_is_named_with_table_and_offset(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];
		const char *name;
		struct found f;
		struct table t;
		int status;

		make_for(d->finder, &t, &name);
		table_set(&t, d->at, d->value, d->bytes);
		if (d->mend)
			table_end(&t);
		status = find(d->finder, &t, t.bytes, ROOM, &f);
		if (status != d->status || f.error.offset != d->offset ||
		    strcmp(f.error.table, name) || !f.error.what)
			fail_msg("%s: %d, %s at %u: %s", d->name, status, f.error.table,
				 f.error.offset, f.error.what ? f.error.what : "(nothing)");
	}
}

static void entries_that_contradict_are_refused(void **state)
{
	static const unsigned char same_pins[12] = { 1, 12, 1, 0, 0, 0, 0xc1, 0xfe };
	struct found f;
	struct table t;

	(void)state;
	table_madt(&t);
	table_put(&t, same_pins, sizeof(same_pins));
	table_end(&t);
	assert_int_equal(find(IOAPICS, &t, t.bytes, ROOM, &f), UMSI_EFW_VALUE);
	assert_int_equal(f.error.offset, 116);
	table_mcfg(&t);
	table_put(&t, t.byte + 44, 16);
	table_end(&t);
	assert_int_equal(find(MCFG, &t, t.bytes, ROOM, &f), UMSI_EFW_VALUE);
	assert_int_equal(f.error.offset, 60);
}

/* Every prefix, under the address sanitizer: never a read past the end, never success. */
static void every_cut_is_refused(void **state)
{
	struct found f;
	const char *name;
	struct table t;

	(void)state;
	for (int finder = CPUS; finder <= HPET; finder++) {
		make_for((enum finder)finder, &t, &name);
		for (uint32_t bytes = 0; bytes < t.bytes; bytes++)
			assert_int_equal(find((enum finder)finder, &t, bytes, ROOM, &f),
					 UMSI_EFW_TRUNCATED);
	}
}

/* The same with length and checksum mended: whatever is said, nothing is read past the end. */
static void every_byte_may_be_anything(void **state)
{
	struct found f;
	const char *name;
	struct table t;

	(void)state;
	for (int finder = CPUS; finder <= HPET; finder++) {
		make_for((enum finder)finder, &t, &name);
		for (uint32_t at = 36; at < t.bytes; at++)
			for (unsigned int value = 0; value < 256; value++) {
				int status;

				make_for((enum finder)finder, &t, &name);
				t.byte[at] = (unsigned char)value;
				table_end(&t);
				status = find((enum finder)finder, &t, t.bytes, ROOM, &f);
				assert_true(!status || (f.error.what && f.error.offset < t.bytes));
			}
	}
}

/* ---- The way from the root pointer ---- */

#define RSDP_AT	0x1000u
#define ROOT_AT	0x2000u
#define MADT_AT	0x3000u
#define MCFG_AT	0x4000u

struct memory {
	unsigned char rsdp[36];
	struct table root, madt, mcfg;
};

static const void *show(void *context, uint64_t phys, size_t bytes)
{
	struct memory *m = context;
	struct table *t = phys == ROOT_AT ? &m->root : phys == MADT_AT ? &m->madt :
			  phys == MCFG_AT ? &m->mcfg : NULL;

	if (phys == RSDP_AT)
		return bytes <= sizeof(m->rsdp) ? m->rsdp : NULL;
	return t && bytes <= sizeof(t->byte) ? t->byte : NULL;
}

static unsigned char minus_sum(const unsigned char *p, size_t bytes)
{
	unsigned char sum = 0;

	while (bytes--)
		sum = (unsigned char)(sum + *p++);
	return (unsigned char)-sum;
}

static void make_memory(struct memory *m, bool wide)
{
	memset(m, 0, sizeof(*m));
	table_madt(&m->madt);
	table_mcfg(&m->mcfg);
	table_begin(&m->root, wide ? "XSDT" : "RSDT", 36);
	m->root.bytes += wide ? 16 : 8;
	table_set(&m->root, 36, MADT_AT, wide ? 8 : 4);
	table_set(&m->root, wide ? 44 : 40, MCFG_AT, wide ? 8 : 4);
	table_end(&m->root);
	memcpy(m->rsdp, "RSD PTR ", 8);
	m->rsdp[15] = wide ? 2 : 0;
	m->rsdp[17] = wide ? 0 : ROOT_AT >> 8;
	m->rsdp[8] = minus_sum(m->rsdp, 20);
	if (wide) {
		m->rsdp[20] = 36;
		m->rsdp[25] = ROOT_AT >> 8;
		m->rsdp[32] = minus_sum(m->rsdp, 36);
	}
}

static int look(struct memory *m, const char *signature, uint32_t instance,
		const void **out, struct umsi_acpi_error *error)
{
	uint32_t bytes;

	return umsi_acpi_find(RSDP_AT, show, m, signature, instance, out, &bytes, error);
}

static void tables_are_found_by_either_root(void **state)
{
	struct umsi_acpi_error error;
	struct memory m;
	const void *t;

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		make_memory(&m, wide);
		assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_OK);
		assert_ptr_equal(t, m.madt.byte);
		assert_int_equal(look(&m, "MCFG", 0, &t, &error), UMSI_OK);
		assert_ptr_equal(t, m.mcfg.byte);
		assert_int_equal(look(&m, "MCFG", 1, &t, &error), UMSI_EFW_MISSING);
		assert_int_equal(look(&m, "HPET", 0, &t, &error), UMSI_EFW_MISSING);
		assert_string_equal(error.table, "HPET");
	}
}

static void a_damaged_table_harms_nobody_else(void **state)
{
	struct umsi_acpi_error error;
	struct memory m;
	const void *t;

	(void)state;
	make_memory(&m, true);
	m.madt.byte[50] ^= 1;
	assert_int_equal(look(&m, "MCFG", 0, &t, &error), UMSI_OK);
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_VALUE);
	assert_string_equal(error.table, "APIC");
	assert_int_equal(error.offset, 9);
}

static void damage_on_the_way_is_named(void **state)
{
	struct umsi_acpi_error error;
	struct memory m;
	const void *t;

	(void)state;
	make_memory(&m, true);
	m.rsdp[0] = 'X';
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_MAGIC);
	assert_string_equal(error.table, "RSDP");
	make_memory(&m, true);
	m.rsdp[9] ^= 1;
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_VALUE);
	assert_int_equal(error.offset, 8);
	make_memory(&m, true);
	m.rsdp[33] ^= 1;
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_VALUE);
	assert_int_equal(error.offset, 32);
	make_memory(&m, true);
	table_set(&m.root, 36, 0x9000, 8);
	table_end(&m.root);
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_BOUNDS);
	assert_string_equal(error.table, "XSDT");
	assert_int_equal(error.offset, 36);
	make_memory(&m, true);
	m.root.bytes -= 1;
	table_end(&m.root);
	assert_int_equal(look(&m, "APIC", 0, &t, &error), UMSI_EFW_STRUCTURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_boot_cpu_comes_first_and_disabled_ones_not_at_all),
		cmocka_unit_test(wide_ids_are_read_and_told),
		cmocka_unit_test(the_address_override_wins),
		cmocka_unit_test(pins_and_overrides_are_read),
		cmocka_unit_test(configuration_space_starts_with_its_first_bus),
		cmocka_unit_test(the_timer_block_is_read),
		cmocka_unit_test(too_little_room_is_told_with_the_count),
		cmocka_unit_test(damage_is_named_with_table_and_offset),
		cmocka_unit_test(entries_that_contradict_are_refused),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(every_byte_may_be_anything),
		cmocka_unit_test(tables_are_found_by_either_root),
		cmocka_unit_test(a_damaged_table_harms_nobody_else),
		cmocka_unit_test(damage_on_the_way_is_named),
	};

	return cmocka_run_group_tests_name("acpi", tests, NULL, NULL);
}
