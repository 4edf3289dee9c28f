/* SPDX-License-Identifier: MIT */
/* Source: PCI Firmware Specification 3.3, "MCFG Table Description". */
#include "fw/acpi_read.h"

enum {
	MCFG_ENTRIES = 44,
	MCFG_ENTRY_BYTES = 16,
};

#define ECAM_BUS_SHIFT	20u

/* The base address is where bus 0 would be, also when the entry starts with another. */
static void read_entry(struct umsi_acpi_list *l, const struct umsi_acpi_item *i)
{
	uint64_t base = umsi_acpi_le64(i->p);
	struct umsi_pci_host one = {
		.node = -1,
		.segment = umsi_acpi_le16(i->p + 8),
		.first_bus = i->p[10],
		.last_bus = i->p[11],
	};

	if (one.first_bus > one.last_bus)
		umsi_acpi_refuse(&l->v, i->at + 10, "buses", UMSI_EFW_VALUE);
	/* Aligned, and bus 255 ends before the address space does. */
	if (!base || base & ((1u << ECAM_BUS_SHIFT) - 1) || base > UINT64_MAX - (256ull << ECAM_BUS_SHIFT))
		umsi_acpi_refuse(&l->v, i->at, "base address", UMSI_EFW_VALUE);
	one.ecam_phys = base + ((uint64_t)one.first_bus << ECAM_BUS_SHIFT);
	one.ecam_bytes = (uint64_t)(one.last_bus - one.first_bus + 1) << ECAM_BUS_SHIFT;
	umsi_acpi_put(l, i->at, &one);
}

static bool share_a_bus(const void *one, const void *earlier)
{
	const struct umsi_pci_host *a = one, *b = earlier;

	return a->segment == b->segment && a->first_bus <= b->last_bus && a->last_bus >= b->first_bus;
}

int umsi_acpi_mcfg(const void *table, size_t bytes, struct umsi_pci_host *hosts, uint32_t room,
		   uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_row entries = { .least = MCFG_ENTRY_BYTES };
	static const struct umsi_acpi_kind kind = {
		"MCFG", MCFG_ENTRIES, sizeof(*hosts), &entries, read_entry, share_a_bus,
	};

	return umsi_acpi_list(table, bytes, hosts, room, out_count, error, &kind);
}
