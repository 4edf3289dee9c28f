/* SPDX-License-Identifier: MIT */
/* The entries of any MADT, and its CPUs. Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#include "fw/acpi_madt.h"
#include "fw/cpu_list.h"

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

const struct umsi_acpi_row umsi_acpi_madt_entries = {
	.length_at = 1,
	.least = 2,
	.smallest = smallest,
};

bool umsi_acpi_madt_next(struct umsi_acpi_view *v, uint8_t type, struct umsi_acpi_item *e)
{
	bool found;

	do {
		found = umsi_acpi_next(v, &umsi_acpi_madt_entries, e);
	} while (found && e->p[0] != type);
	return found;
}

int umsi_acpi_madt_open(struct umsi_acpi_view *v, const void *table, size_t bytes,
			struct umsi_acpi_error *error)
{
	return umsi_acpi_open(v, table, bytes, "APIC", MADT_ENTRIES, error);
}

int umsi_acpi_madt_list(const void *table, size_t bytes, uint64_t boot_id, struct umsi_cpu_desc *cpus,
			uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error,
			bool (*enabled)(const unsigned char *p, uint64_t *out_id))
{
	struct umsi_cpu_list list = { .boot_id = boot_id, .cpus = cpus, .room = room };
	struct umsi_acpi_item e = { .next = MADT_ENTRIES };
	struct umsi_acpi_view v;
	int err;

	if (umsi_acpi_madt_open(&v, out_count && (cpus || !room) ? table : NULL, bytes, error))
		return v.status;
	while (umsi_acpi_next(&v, &umsi_acpi_madt_entries, &e)) {
		struct umsi_cpu_desc one = { 0 };

		if (enabled(e.p, &one.hw_id))
			umsi_cpu_list_add(&list, &one);
	}
	if (v.status)
		return v.status;
	err = umsi_cpu_list_end(&list, out_count);
	return err ? umsi_acpi_refuse(&v, MADT_ENTRIES, "CPUs", err) : UMSI_OK;
}
