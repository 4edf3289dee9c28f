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

/* One entry; the walk starts with @next = MADT_ENTRIES. */
struct umsi_acpi_madt_entry {
	const unsigned char *p;
	uint32_t at, next;
	uint8_t type;
};

int umsi_acpi_madt_open(const void *table, size_t bytes, struct umsi_acpi_error *error,
			struct umsi_acpi_view *v);

/* 1 = an entry, as long as its type must be, 0 = the end, negative = refused. */
int umsi_acpi_madt_next(const struct umsi_acpi_view *v, struct umsi_acpi_madt_entry *e);

#endif
