/* SPDX-License-Identifier: MIT */
/* The entries of any MADT, and its CPUs. Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#include "fw/acpi_madt.h"

#define MADT	"APIC"

/* "Interrupt Controller Structure Types": their lengths, at least; 0: any. */
static const uint8_t type_bytes[MADT_TYPES] = {
	[MADT_LAPIC] = 8,
	[MADT_IOAPIC] = 12,
	[MADT_OVERRIDE] = 10,
	[MADT_LAPIC_ADDRESS_OVERRIDE] = 12,
	[MADT_X2APIC] = 16,
	[MADT_GICC] = 76,
	[MADT_GICD] = 24,
	[MADT_GIC_MSI_FRAME] = 24,
	[MADT_GICR] = 16,
	[MADT_GIC_ITS] = 20,
};

static uint32_t smallest(const unsigned char *p)
{
	return p[0] < MADT_TYPES ? type_bytes[p[0]] : 0;
}

static const struct umsi_acpi_row entries = {
	.start = MADT_ENTRIES,
	.length_at = 1,
	.header_bytes = 2,
	.smallest = smallest,
};

int umsi_acpi_madt_next(const struct umsi_acpi_view *v, struct umsi_acpi_item *e)
{
	return umsi_acpi_next(v, &entries, e);
}

int umsi_acpi_madt_open(const void *table, size_t bytes, struct umsi_acpi_error *error,
			struct umsi_acpi_view *v)
{
	return umsi_acpi_open(table, bytes, MADT, MADT_ENTRIES, error, v);
}

/* An enabled CPU with @id in the entries before @end. */
static bool listed_before(const struct umsi_acpi_view *v, uint64_t id, uint32_t end,
			  bool (*enabled)(const struct umsi_acpi_item *e, uint64_t *out_id))
{
	struct umsi_acpi_item e = { 0 };
	uint64_t other;

	while (umsi_acpi_madt_next(v, &e) > 0 && e.at < end)
		if (enabled(&e, &other) && other == id)
			return true;
	return false;
}

int umsi_acpi_madt_list(const void *table, size_t bytes, uint64_t boot_id,
			bool (*enabled)(const struct umsi_acpi_item *e, uint64_t *out_id),
			struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
			struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { 0 };
	uint32_t others = 0, place;
	struct umsi_acpi_view v;
	bool boot_seen = false;
	uint64_t id;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !cpus))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (!enabled(&e, &id))
			continue;
		if (listed_before(&v, id, e.at, enabled))
			return umsi_acpi_refuse(&v, e.at, "an enabled CPU has this id already", UMSI_EFW_VALUE);
		boot_seen = boot_seen || id == boot_id;
		place = id == boot_id ? 0 : ++others;
		if (place < room)
			cpus[place] = (struct umsi_cpu_desc){ .hw_id = id };
	}
	if (err)
		return err;
	if (!boot_seen)
		return umsi_acpi_refuse(&v, MADT_ENTRIES, "the boot CPU is not listed as enabled", UMSI_EFW_MISSING);
	return umsi_acpi_counted(&v, MADT_ENTRIES, others + 1, room, out_count);
}
