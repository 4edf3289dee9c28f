/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables. The first byte says which reader; bit 7: the rest gets the length and checksum it should
 * have, so that what is behind the header is read at all.
 */
#include <string.h>

#include <umsi/acpi.h>
#include <umsi/fdt.h>
#include <umsi/gicv3.h>
#include <umsi/its.h>
#include <umsi/umsi.h>

#include "fuzz.h"

#define ROOM	4u

struct blob {
	const uint8_t *table;
	size_t bytes;
	struct umsi_acpi_error error;
};

static void read_x86(struct blob *b)
{
	struct umsi_acpi_lapic lapic;
	struct umsi_cpu_desc cpus[ROOM];
	struct umsi_acpi_ioapic ioapics[ROOM];
	struct umsi_acpi_override overrides[ROOM];
	uint32_t count;

	umsi_acpi_madt_lapic(b->table, b->bytes, &lapic, &b->error);
	if (umsi_acpi_madt_cpus(b->table, b->bytes, 0, cpus, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
	if (umsi_acpi_madt_ioapics(b->table, b->bytes, ioapics, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
	if (umsi_acpi_madt_overrides(b->table, b->bytes, overrides, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
}

static void read_arm(struct blob *b)
{
	struct umsi_gicv3_region region[ROOM];
	struct umsi_gicv3_config gic;
	struct umsi_cpu_desc cpus[ROOM];
	struct umsi_its_config its = { 0 };
	uint32_t count, id;

	umsi_acpi_madt_gicv3(b->table, b->bytes, region, ROOM, &gic, &b->error);
	if (umsi_acpi_madt_arm_cpus(b->table, b->bytes, 0, cpus, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
	for (uint32_t i = 0; i < 2; i++)
		umsi_acpi_madt_its(b->table, b->bytes, i, &its, &id, &b->error);
}

static void read_iort(struct blob *b)
{
	struct umsi_its_config its = { 0 };

	umsi_acpi_iort_its_map(b->table, b->bytes, 0, 0, &its, &b->error);
	umsi_acpi_iort_its_map(b->table, b->bytes, 1, 1, &its, &b->error);
}

static void read_dmar(struct blob *b)
{
	struct umsi_acpi_dmar dmar;
	struct umsi_acpi_dmar_unit units[ROOM];
	struct umsi_acpi_scope scopes[ROOM];
	uint32_t count;

	if (umsi_acpi_dmar(b->table, b->bytes, &dmar, units, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
	if (umsi_acpi_dmar_scopes(b->table, b->bytes, scopes, ROOM, &count, &b->error) != UMSI_OK)
		return;
	FUZZ_CHECK(count <= ROOM);
	for (uint32_t i = 0; i < count; i++)
		FUZZ_CHECK(scopes[i].hops <= UMSI_ACPI_HOPS_MAX);
}

static void read_ivrs(struct blob *b)
{
	struct umsi_acpi_ivrs_unit units[ROOM];
	struct umsi_acpi_ivrs_device devices[ROOM];
	uint32_t count;

	if (umsi_acpi_ivrs(b->table, b->bytes, units, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
	if (umsi_acpi_ivrs_devices(b->table, b->bytes, devices, ROOM, &count, &b->error) != UMSI_OK)
		return;
	FUZZ_CHECK(count <= ROOM);
	for (uint32_t i = 0; i < count; i++)
		FUZZ_CHECK(devices[i].first <= devices[i].last);
}

static void read_small(struct blob *b)
{
	struct umsi_acpi_hpet hpet;
	struct umsi_pci_host hosts[ROOM];
	uint32_t count;

	umsi_acpi_hpet(b->table, b->bytes, &hpet, &b->error);
	if (umsi_acpi_mcfg(b->table, b->bytes, hosts, ROOM, &count, &b->error) == UMSI_OK)
		FUZZ_CHECK(count <= ROOM);
}

/* Physical memory is the blob, from address 16 on: 0 is no table's. */
static const void *map(void *context, uint64_t phys, size_t bytes)
{
	struct blob *b = context;

	if (phys < 16 || phys - 16 > b->bytes || bytes > b->bytes - (phys - 16))
		return NULL;
	return b->table + (phys - 16);
}

static void find(struct blob *b)
{
	const void *table;
	uint32_t bytes;

	if (umsi_acpi_find(16, map, b, "APIC", 0, &table, &bytes, &b->error) != UMSI_OK)
		return;
	FUZZ_CHECK((const uint8_t *)table >= b->table);
	FUZZ_CHECK((const uint8_t *)table + bytes <= b->table + b->bytes);
}

static const struct {
	const char *signature;
	void (*read)(struct blob *b);
} readers[] = {
	{ "APIC", read_x86 }, { "APIC", read_arm }, { "IORT", read_iort }, { "DMAR", read_dmar },
	{ "IVRS", read_ivrs }, { "HPET", read_small }, { "MCFG", read_small }, { "RSD ", find },
};

/* Signature, length, checksum. */
static void seal(uint8_t *table, size_t bytes, const char *signature)
{
	uint8_t sum = 0;

	if (bytes < 36)
		return;
	memcpy(table, signature, 4);
	for (unsigned int i = 0; i < 4; i++)
		table[4 + i] = (uint8_t)(bytes >> 8 * i);
	table[9] = 0;
	for (size_t i = 0; i < bytes; i++)
		sum = (uint8_t)(sum + table[i]);
	table[9] = (uint8_t)-sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	unsigned int which;
	struct blob b;
	uint8_t *copy;

	if (!bytes)
		return 0;
	which = data[0] % (sizeof(readers) / sizeof(readers[0]));
	b = (struct blob){ .bytes = bytes - 1 };
	copy = malloc(bytes);
	FUZZ_CHECK(copy);
	memcpy(copy, data + 1, b.bytes);
	if (data[0] & 0x80 && readers[which].read != find)
		seal(copy, b.bytes, readers[which].signature);
	b.table = copy;
	readers[which].read(&b);
	FUZZ_CHECK(!b.error.what || strlen(b.error.table) <= 4);
	free(copy);
	return 0;
}
