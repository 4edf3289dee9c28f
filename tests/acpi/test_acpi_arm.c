/* SPDX-License-Identifier: MIT */
/* MADT and IORT of Arm machines: what good ones say, and that each thing wrong is named with its place. */
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

/* @t on the heap, so that reads past its end are seen. */
static unsigned char *copy_of(const struct table *t)
{
	unsigned char *copy = malloc(t->bytes + !t->bytes);

	memcpy(copy, t->byte, t->bytes);
	return copy;
}

/* ---- MADT ---- */

#define GICC_AT(n)	(44 + 80 * (n))
#define GICD_AT		GICC_AT(3)
#define GICR_AT		(GICD_AT + 24)
#define ITS_AT		(GICR_AT + 16)

static void put_gicc(struct table *t, uint64_t mpidr, uint32_t flags, uint64_t gicr)
{
	unsigned char entry[80] = { 11, 80 };
	uint32_t at = t->bytes;

	table_put(t, entry, sizeof(entry));
	table_set(t, at + 12, flags, 4);
	table_set(t, at + 60, gicr, 8);
	table_set(t, at + 68, mpidr, 8);
}

/* Three CPUs, the last disabled; a distributor, one range of redistributors if @ranges, an ITS. */
static void arm_madt(struct table *t, bool ranges)
{
	unsigned char gicd[24] = { 12, 24 }, gicr[16] = { 14, 16 }, its[20] = { 15, 20 };

	table_begin(t, "APIC", 44);
	put_gicc(t, UINT64_C(0x80000000), 1, 0x80a0000);
	put_gicc(t, UINT64_C(0x80000001), 1, 0x80c0000);
	put_gicc(t, 2, 0, 0x80e0000);
	table_put(t, gicd, sizeof(gicd));
	table_set(t, GICD_AT + 8, 0x8000000, 8);
	t->byte[GICD_AT + 20] = 3;
	table_put(t, gicr, sizeof(gicr));
	table_set(t, GICR_AT + 4, 0x80a0000, 8);
	table_set(t, GICR_AT + 12, 0xf60000, 4);
	if (!ranges)
		t->byte[GICR_AT] = 0x7f;
	table_put(t, its, sizeof(its));
	table_set(t, ITS_AT + 4, 5, 4);
	table_set(t, ITS_AT + 8, 0x8080000, 8);
	table_end(t);
}

struct found {
	struct umsi_gicv3_region region[ROOM];
	struct umsi_gicv3_config gic;
	struct umsi_its_config its;
	struct umsi_cpu_desc cpu[ROOM];
	uint32_t count, its_id;
	struct umsi_acpi_error error;
};

/* The first that fails of: GIC, CPUs, ITS. */
static int find(const struct table *t, uint32_t room, struct found *f)
{
	unsigned char *copy = copy_of(t);
	int status;

	memset(f, 0, sizeof(*f));
	status = umsi_acpi_madt_gicv3(copy, t->bytes, f->region, room, &f->gic, &f->error);
	if (!status)
		status = umsi_acpi_madt_arm_cpus(copy, t->bytes, 1, f->cpu, room, &f->count, &f->error);
	if (!status)
		status = umsi_acpi_madt_its(copy, t->bytes, 0, &f->its, &f->its_id, &f->error);
	free(copy);
	return status;
}

static void a_madt_gives_gic_cpus_and_its(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	arm_madt(&t, true);
	assert_int_equal(find(&t, ROOM, &f), UMSI_OK);
	assert_int_equal(f.gic.distributor, 0x8000000);
	assert_int_equal(f.gic.regions, 1);
	assert_int_equal(f.region[0].phys, 0x80a0000);
	assert_int_equal(f.region[0].bytes, 0xf60000);
	assert_int_equal(f.count, 2);
	/* Bit 31 of MPIDR_EL1 is one and no affinity: the boot CPU's is 0.0.0.1. */
	assert_int_equal(f.cpu[0].hw_id, 1);
	assert_int_equal(f.cpu[1].hw_id, 0);
	assert_int_equal(f.its.phys, 0x8080000);
	assert_int_equal(f.its_id, 5);
}

static void redistributors_may_be_said_by_cpu(void **state)
{
	struct found f;
	struct table t;

	(void)state;
	arm_madt(&t, false);
	assert_int_equal(find(&t, ROOM, &f), UMSI_OK);
	assert_int_equal(f.gic.regions, 2);
	assert_int_equal(f.region[1].phys, 0x80c0000);
	assert_int_equal(f.region[1].bytes, 0x20000);
	assert_int_equal(find(&t, 1, &f), UMSI_EFW_ROOM);
}

/* One field with another value. */
struct wrong {
	uint32_t at, bytes;
	uint64_t value;
	int status;
	uint32_t place;
};

static const struct wrong madt_wrongs[] = {
	{ GICD_AT, 1, 0x7f, UMSI_EFW_MISSING, 44 },
	{ GICD_AT + 20, 1, 2, UMSI_EFW_MISSING, GICD_AT + 20 },
	{ GICD_AT + 8, 8, 0, UMSI_EFW_VALUE, GICD_AT + 8 },
	{ GICD_AT + 8, 8, 0x8001000, UMSI_EFW_VALUE, GICD_AT + 8 },
	{ GICD_AT + 1, 1, 23, UMSI_EFW_STRUCTURE, GICD_AT + 1 },
	{ GICR_AT + 4, 8, 0x80a1000, UMSI_EFW_VALUE, GICR_AT + 4 },
	{ GICR_AT + 12, 4, 0x10000, UMSI_EFW_VALUE, GICR_AT + 4 },
	{ GICR_AT + 4, 8, UINT64_C(0xffffffffffff0000), UMSI_EFW_VALUE, GICR_AT + 4 },
	{ GICC_AT(0) + 68, 8, 1, UMSI_EFW_VALUE, 44 },
	{ GICC_AT(1) + 12, 4, 0, UMSI_EFW_MISSING, 44 },
	{ ITS_AT + 8, 8, 0x8080040, UMSI_EFW_VALUE, ITS_AT + 8 },
	{ ITS_AT, 1, 0x7f, UMSI_EFW_MISSING, 44 },
	{ ITS_AT + 1, 1, 19, UMSI_EFW_STRUCTURE, ITS_AT + 1 },
};

static void each_wrong_field_of_a_madt_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(madt_wrongs) / sizeof(madt_wrongs[0]); i++) {
		const struct wrong *w = &madt_wrongs[i];
		struct found f;
		struct table t;
		int status;

		arm_madt(&t, true);
		/* The CPU of MPIDR 1 boots; without bits beyond affinity. */
		table_set(&t, w->at, w->value, w->bytes);
		table_end(&t);
		status = find(&t, ROOM, &f);
		if (status != w->status || f.error.offset != w->place)
			fail_msg("row %zu: %d at %u, %s", i, status, f.error.offset, f.error.what ? f.error.what : "");
	}
}

/* ---- IORT ---- */

#define GROUP_AT	48
#define SMMU_AT		(GROUP_AT + 24)
#define COMPLEX_AT	(SMMU_AT + 68 + 20)
#define SMMU_MAP	(SMMU_AT + 68)
#define COMPLEX_MAP(n)	(COMPLEX_AT + 36 + 20 * (n))

static void put_node(struct table *t, uint8_t type, uint16_t bytes, uint32_t maps, uint32_t maps_at)
{
	static const unsigned char zero[200];
	uint32_t at = t->bytes;

	table_put(t, zero, bytes);
	t->byte[at] = type;
	table_set(t, at + 1, bytes, 2);
	table_set(t, at + 8, maps, 4);
	table_set(t, at + 12, maps_at, 4);
}

static void set_map(struct table *t, uint32_t at, uint32_t first, uint32_t count, uint32_t to, uint32_t node)
{
	table_set(t, at, first, 4);
	table_set(t, at + 4, count - 1, 4);
	table_set(t, at + 8, to, 4);
	table_set(t, at + 12, node, 4);
}

/* Requester ids below 0x100 by way of the SMMU, from 0x100 on straight to the group of ITS 5. */
static void arm_iort(struct table *t)
{
	table_begin(t, "IORT", 48);
	table_set(t, 36, 3, 4);
	table_set(t, 40, 48, 4);
	put_node(t, 0, 24, 0, 0);
	table_set(t, GROUP_AT + 16, 1, 4);
	table_set(t, GROUP_AT + 20, 5, 4);
	put_node(t, 4, 68 + 20, 1, 68);
	set_map(t, SMMU_MAP, 0x1000, 0x10000, 0x20000, GROUP_AT);
	put_node(t, 2, 36 + 40, 2, 36);
	set_map(t, COMPLEX_MAP(0), 0, 0x100, 0x1080, SMMU_AT);
	set_map(t, COMPLEX_MAP(1), 0x100, 0xff00, 0x40000, GROUP_AT);
	table_end(t);
}

static int maps_of(const struct table *t, uint32_t segment, uint32_t its_id, struct umsi_its_config *config,
		   struct umsi_acpi_error *error)
{
	unsigned char *copy = copy_of(t);
	int status;

	memset(config, 0, sizeof(*config));
	memset(error, 0, sizeof(*error));
	status = umsi_acpi_iort_its_map(copy, t->bytes, segment, its_id, config, error);
	free(copy);
	return status;
}

static void an_iort_maps_requesters_by_way_of_an_smmu_or_not(void **state)
{
	struct umsi_its_config config;
	struct umsi_acpi_error error;
	struct table t;

	(void)state;
	arm_iort(&t);
	assert_int_equal(maps_of(&t, 0, 5, &config, &error), UMSI_OK);
	assert_int_equal(config.maps, 2);
	assert_int_equal(config.map[0].first, 0);
	assert_int_equal(config.map[0].count, 0x100);
	assert_int_equal(config.map[0].device_id, 0x20080);
	assert_int_equal(config.map[1].first, 0x100);
	assert_int_equal(config.map[1].count, 0xff00);
	assert_int_equal(config.map[1].device_id, 0x40000);
	assert_int_equal(maps_of(&t, 1, 5, &config, &error), UMSI_OK);
	assert_int_equal(config.maps, 0);
	assert_int_equal(maps_of(&t, 0, 6, &config, &error), UMSI_OK);
	assert_int_equal(config.maps, 0);
	/* The SMMU hands on only the last half of what it is given. */
	set_map(&t, SMMU_MAP, 0x1100, 0x1000, 0x20000, GROUP_AT);
	table_end(&t);
	assert_int_equal(maps_of(&t, 0, 5, &config, &error), UMSI_OK);
	assert_int_equal(config.map[0].first, 0x80);
	assert_int_equal(config.map[0].count, 0x80);
	assert_int_equal(config.map[0].device_id, 0x20000);
	assert_int_equal(maps_of(&t, 0x10000, 5, &config, &error), UMSI_EINVAL);
}

static const struct wrong iort_wrongs[] = {
	{ 40, 4, 20, UMSI_EFW_BOUNDS, 20 },
	{ 40, 4, 4000, UMSI_EFW_BOUNDS, 4000 },
	{ 36, 4, 4, UMSI_EFW_TRUNCATED, COMPLEX_AT + 76 },
	{ GROUP_AT + 1, 2, 8, UMSI_EFW_STRUCTURE, GROUP_AT + 1 },
	{ COMPLEX_AT + 1, 2, 400, UMSI_EFW_TRUNCATED, COMPLEX_AT + 1 },
	{ GROUP_AT + 16, 4, 2, UMSI_EFW_BOUNDS, GROUP_AT + 16 },
	{ COMPLEX_AT + 8, 4, 3, UMSI_EFW_BOUNDS, COMPLEX_AT + 8 },
	{ COMPLEX_AT + 12, 4, 4, UMSI_EFW_BOUNDS, COMPLEX_AT + 8 },
	{ COMPLEX_MAP(0) + 12, 4, 4000, UMSI_EFW_BOUNDS, 4000 },
	{ COMPLEX_MAP(0) + 12, 4, COMPLEX_AT, UMSI_EFW_VALUE, COMPLEX_AT },
	{ COMPLEX_MAP(1) + 4, 4, 0xffff, UMSI_EFW_VALUE, COMPLEX_AT },
	{ COMPLEX_MAP(1) + 8, 4, 0xffffff00, UMSI_EFW_VALUE, COMPLEX_MAP(1) },
	{ SMMU_MAP + 12, 4, SMMU_AT, UMSI_EFW_VALUE, SMMU_AT },
};

static void each_wrong_field_of_an_iort_is_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(iort_wrongs) / sizeof(iort_wrongs[0]); i++) {
		const struct wrong *w = &iort_wrongs[i];
		struct umsi_its_config config;
		struct umsi_acpi_error error;
		struct table t;
		int status;

		arm_iort(&t);
		table_set(&t, w->at, w->value, w->bytes);
		table_end(&t);
		status = maps_of(&t, 0, 5, &config, &error);
		if (status != w->status || error.offset != w->place)
			fail_msg("row %zu: %d at %u, %s", i, status, error.offset, error.what ? error.what : "");
	}
}

/* Any byte of either table may be anything. */
static void any_byte_may_be_anything(void **state)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };
	struct umsi_its_config config;
	struct umsi_acpi_error error;
	struct found f;
	struct table t;

	(void)state;
	for (uint32_t at = 4; at < 300; at++)
		for (size_t i = 0; i < sizeof(values); i++) {
			arm_iort(&t);
			if (at < t.bytes)
				t.byte[at] = values[i];
			table_end(&t);
			maps_of(&t, 0, 5, &config, &error);
			assert_true(config.maps <= UMSI_ITS_MAPS_MAX);
			arm_madt(&t, at & 1);
			if (at < t.bytes)
				t.byte[at] = values[i];
			table_end(&t);
			find(&t, ROOM, &f);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_madt_gives_gic_cpus_and_its),
		cmocka_unit_test(redistributors_may_be_said_by_cpu),
		cmocka_unit_test(each_wrong_field_of_a_madt_is_named),
		cmocka_unit_test(an_iort_maps_requesters_by_way_of_an_smmu_or_not),
		cmocka_unit_test(each_wrong_field_of_an_iort_is_named),
		cmocka_unit_test(any_byte_may_be_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
