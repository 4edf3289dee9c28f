/* SPDX-License-Identifier: MIT */
/* Source: PCI Firmware Specification 3.3, "MCFG Table Description". */
#include "fw/acpi_read.h"

enum {
	MCFG_ENTRIES = 44,
	MCFG_ENTRY_BYTES = 16,
};

#define ECAM_BUS_SHIFT	20u

/* The base address is where bus 0 would be, also when the entry starts with another. */
static int read_entry(const struct umsi_acpi_view *v, uint32_t at, struct umsi_pci_host *out)
{
	const unsigned char *p = v->at + at;
	uint64_t base = umsi_acpi_le64(p);
	uint32_t buses;

	*out = (struct umsi_pci_host){
		.node = -1,
		.segment = umsi_acpi_le16(p + 8),
		.first_bus = p[10],
		.last_bus = p[11],
	};
	if (out->first_bus > out->last_bus)
		return umsi_acpi_refuse(v, at + 10, "buses: the last is before the first", UMSI_EFW_VALUE);
	if (!base || base & ((1u << ECAM_BUS_SHIFT) - 1))
		return umsi_acpi_refuse(v, at, "base address: 0 or not aligned to 1 MiB", UMSI_EFW_VALUE);
	if (base > UINT64_MAX - (256ull << ECAM_BUS_SHIFT))
		return umsi_acpi_refuse(v, at, "base address: past the end of the address space",
					UMSI_EFW_VALUE);
	buses = out->last_bus - out->first_bus + 1;
	out->ecam_phys = base + ((uint64_t)out->first_bus << ECAM_BUS_SHIFT);
	out->ecam_bytes = (uint64_t)buses << ECAM_BUS_SHIFT;
	return UMSI_OK;
}

static bool overlaps_earlier(const struct umsi_acpi_view *v, uint32_t end,
			     const struct umsi_pci_host *own)
{
	for (uint32_t at = MCFG_ENTRIES; at < end; at += MCFG_ENTRY_BYTES) {
		const unsigned char *p = v->at + at;

		if (umsi_acpi_le16(p + 8) == own->segment && p[10] <= own->last_bus &&
		    p[11] >= own->first_bus)
			return true;
	}
	return false;
}

int umsi_acpi_mcfg(const void *table, size_t bytes, struct umsi_pci_host *hosts, uint32_t room,
		   uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_pci_host one;
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_open(table, bytes, "MCFG", MCFG_ENTRIES, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !hosts))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	if ((v.bytes - MCFG_ENTRIES) % MCFG_ENTRY_BYTES)
		return umsi_acpi_refuse(&v, ACPI_LENGTH, "length: not whole entries", UMSI_EFW_TRUNCATED);
	for (uint32_t at = MCFG_ENTRIES; at < v.bytes; at += MCFG_ENTRY_BYTES) {
		err = read_entry(&v, at, &one);
		if (err)
			return err;
		if (overlaps_earlier(&v, at, &one))
			return umsi_acpi_refuse(&v, at, "a bus of this segment is there already",
						UMSI_EFW_VALUE);
		if (n < room)
			hosts[n] = one;
		n++;
	}
	return umsi_acpi_counted(&v, MCFG_ENTRIES, n, room, out_count);
}
