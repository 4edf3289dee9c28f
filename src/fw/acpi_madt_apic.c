/* SPDX-License-Identifier: MIT */
/* The MADT of x86: CPUs, local APIC, I/O APICs. Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#include "fw/acpi_madt.h"

#define MADT_PCAT_COMPAT	1u
#define CPU_ENABLED		1u

/* "MPS INTI Flags": polarity in bits 1:0, trigger mode in bits 3:2. */
enum { INTI_RESERVED = 2, INTI_LOW_LEVEL = 3 };

/* True with the id of an enabled CPU. */
static bool enabled_cpu(const struct umsi_acpi_item *e, uint64_t *out_id)
{
	if (e->p[0] == MADT_LAPIC && umsi_acpi_le32(e->p + 4) & CPU_ENABLED)
		*out_id = e->p[3];
	else if (e->p[0] == MADT_X2APIC && umsi_acpi_le32(e->p + 8) & CPU_ENABLED)
		*out_id = umsi_acpi_le32(e->p + 4);
	else
		return false;
	return true;
}

int umsi_acpi_madt_lapic(const void *table, size_t bytes, struct umsi_acpi_lapic *out,
			 struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { 0 };
	struct umsi_acpi_lapic lapic = { 0 };
	struct umsi_acpi_view v;
	uint64_t id;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out)
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	lapic.phys = umsi_acpi_le32(v.at + MADT_LAPIC_ADDRESS);
	lapic.pcat_compat = umsi_acpi_le32(v.at + MADT_FLAGS) & MADT_PCAT_COMPAT;
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (e.p[0] == MADT_LAPIC_ADDRESS_OVERRIDE)
			lapic.phys = umsi_acpi_le64(e.p + 4);
		if (e.p[0] == MADT_X2APIC && enabled_cpu(&e, &id))
			lapic.x2apic_ids = true;
	}
	if (err)
		return err;
	*out = lapic;
	return UMSI_OK;
}

int umsi_acpi_madt_cpus(const void *table, size_t bytes, uint64_t boot_apic_id,
			struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
			struct umsi_acpi_error *error)
{
	return umsi_acpi_madt_list(table, bytes, boot_apic_id, enabled_cpu, cpus, room, out_count, error);
}

static struct umsi_acpi_ioapic read_ioapic(const struct umsi_acpi_item *e)
{
	return (struct umsi_acpi_ioapic){
		.io_apic_id = e->p[2],
		.phys = umsi_acpi_le32(e->p + 4),
		.gsi_base = umsi_acpi_le32(e->p + 8),
	};
}

static bool ioapic_contradicts(const struct umsi_acpi_view *v, const struct umsi_acpi_ioapic *own,
			       uint32_t end)
{
	struct umsi_acpi_item e = { 0 };

	while (umsi_acpi_madt_next(v, &e) > 0 && e.at < end) {
		struct umsi_acpi_ioapic other;

		if (e.p[0] != MADT_IOAPIC)
			continue;
		other = read_ioapic(&e);
		if (other.phys == own->phys || other.gsi_base == own->gsi_base)
			return true;
	}
	return false;
}

int umsi_acpi_madt_ioapics(const void *table, size_t bytes, struct umsi_acpi_ioapic *ioapics,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { 0 };
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !ioapics))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		struct umsi_acpi_ioapic one;

		if (e.p[0] != MADT_IOAPIC)
			continue;
		one = read_ioapic(&e);
		if (!one.phys || one.phys % 16)
			return umsi_acpi_refuse(&v, e.at + 4, "I/O APIC address: 0 or unaligned",
						UMSI_EFW_VALUE);
		if (ioapic_contradicts(&v, &one, e.at))
			return umsi_acpi_refuse(&v, e.at, "I/O APIC: address or first interrupt used twice",
						UMSI_EFW_VALUE);
		if (n < room)
			ioapics[n] = one;
		n++;
	}
	if (err)
		return err;
	return umsi_acpi_counted(&v, MADT_ENTRIES, n, room, out_count);
}

/* ISA interrupts are edge triggered and active high where nothing else is said. */
static int read_override(const struct umsi_acpi_view *v, const struct umsi_acpi_item *e,
			 struct umsi_acpi_override *out)
{
	uint16_t flags = umsi_acpi_le16(e->p + 8);
	unsigned int polarity = flags & 3, mode = flags >> 2 & 3;

	if (e->p[2])
		return umsi_acpi_refuse(v, e->at + 2, "override: bus is not ISA", UMSI_EFW_VALUE);
	if (e->p[3] > 15)
		return umsi_acpi_refuse(v, e->at + 3, "override: no such ISA interrupt", UMSI_EFW_VALUE);
	if (polarity == INTI_RESERVED || mode == INTI_RESERVED)
		return umsi_acpi_refuse(v, e->at + 8, "override: reserved polarity or trigger mode",
					UMSI_EFW_VALUE);
	*out = (struct umsi_acpi_override){
		.isa_irq = e->p[3],
		.gsi = umsi_acpi_le32(e->p + 4),
		.level = mode == INTI_LOW_LEVEL,
		.active_low = polarity == INTI_LOW_LEVEL,
	};
	return UMSI_OK;
}

int umsi_acpi_madt_overrides(const void *table, size_t bytes, struct umsi_acpi_override *overrides,
			     uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { 0 };
	struct umsi_acpi_override one;
	struct umsi_acpi_view v;
	uint32_t n = 0, seen = 0;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !overrides))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (e.p[0] != MADT_OVERRIDE)
			continue;
		err = read_override(&v, &e, &one);
		if (err)
			return err;
		if (seen >> one.isa_irq & 1)
			return umsi_acpi_refuse(&v, e.at, "override: ISA interrupt has one already",
						UMSI_EFW_VALUE);
		seen |= 1u << one.isa_irq;
		if (n < room)
			overrides[n] = one;
		n++;
	}
	if (err)
		return err;
	return umsi_acpi_counted(&v, MADT_ENTRIES, n, room, out_count);
}
