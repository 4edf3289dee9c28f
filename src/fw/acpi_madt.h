/* SPDX-License-Identifier: MIT */
/* The entries of a MADT, for its readers. Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#ifndef UMSI_FW_ACPI_MADT_H
#define UMSI_FW_ACPI_MADT_H

#include "fw/acpi_read.h"

enum {
	MADT_LAPIC_ADDRESS = 36,
	MADT_FLAGS = 40,
	MADT_ENTRIES = 44,
};

/* "Interrupt Controller Structure Types", as far as they are read here. */
enum {
	MADT_LAPIC = 0,
	MADT_IOAPIC = 1,
	MADT_OVERRIDE = 2,
	MADT_LAPIC_ADDRESS_OVERRIDE = 5,
	MADT_X2APIC = 9,
	MADT_GICC = 11,
	MADT_GICD = 12,
	MADT_GIC_MSI_FRAME = 13,
	MADT_GICR = 14,
	MADT_GIC_ITS = 15,
	MADT_TYPES,
};

/* As umsi_acpi_next(); a walk begins with @e = { .next = MADT_ENTRIES }. */
extern const struct umsi_acpi_row umsi_acpi_madt_entries;

/* The next entry of @type. */
bool umsi_acpi_madt_next(struct umsi_acpi_view *v, uint8_t type, struct umsi_acpi_item *e);

int umsi_acpi_madt_open(struct umsi_acpi_view *v, const void *table, size_t bytes,
			struct umsi_acpi_error *error);

/*
 * Lists the CPUs of the entries that @enabled says yes to, with the id it gives;
 * the boot CPU first. What else as of umsi_acpi_madt_cpus().
 */
int umsi_acpi_madt_list(const void *table, size_t bytes, uint64_t boot_id, struct umsi_cpu_desc *cpus,
			uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error,
			bool (*enabled)(const unsigned char *p, uint64_t *out_id));

#endif
