/* SPDX-License-Identifier: MIT */
/* The MADT of x86: CPUs, local APIC, I/O APICs. Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#include "fw/acpi_madt.h"

#define MADT_PCAT_COMPAT	1u
#define CPU_ENABLED		1u

/* "MPS INTI Flags": polarity in bits 1:0, trigger mode in bits 3:2. */
enum { INTI_RESERVED = 2, INTI_LOW_LEVEL = 3 };

/* True with the id of an enabled CPU. */
static bool enabled_cpu(const unsigned char *p, uint64_t *out_id)
{
	if (p[0] == MADT_LAPIC && umsi_acpi_le32(p + 4) & CPU_ENABLED)
		*out_id = p[3];
	else if (p[0] == MADT_X2APIC && umsi_acpi_le32(p + 8) & CPU_ENABLED)
		*out_id = umsi_acpi_le32(p + 4);
	else
		return false;
	return true;
}

int umsi_acpi_madt_lapic(const void *table, size_t bytes, struct umsi_acpi_lapic *out,
			 struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { .next = MADT_ENTRIES };
	struct umsi_acpi_lapic lapic = { 0 };
	struct umsi_acpi_view v;
	uint64_t id;

	if (umsi_acpi_madt_open(&v, out ? table : NULL, bytes, error))
		return v.status;
	lapic.phys = umsi_acpi_le32(v.at + MADT_LAPIC_ADDRESS);
	lapic.pcat_compat = umsi_acpi_le32(v.at + MADT_FLAGS) & MADT_PCAT_COMPAT;
	while (umsi_acpi_next(&v, &umsi_acpi_madt_entries, &e)) {
		if (e.p[0] == MADT_LAPIC_ADDRESS_OVERRIDE)
			lapic.phys = umsi_acpi_le64(e.p + 4);
		if (e.p[0] == MADT_X2APIC && enabled_cpu(e.p, &id))
			lapic.x2apic_ids = true;
	}
	if (!v.status)
		*out = lapic;
	return v.status;
}

int umsi_acpi_madt_cpus(const void *table, size_t bytes, uint64_t boot_apic_id,
			struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
			struct umsi_acpi_error *error)
{
	return umsi_acpi_madt_list(table, bytes, boot_apic_id, cpus, room, out_count, error, enabled_cpu);
}

/* ---- I/O APICs ---- */

static void read_ioapic(struct umsi_acpi_list *l, const struct umsi_acpi_item *e)
{
	struct umsi_acpi_ioapic one;

	if (e->p[0] != MADT_IOAPIC)
		return;
	one = (struct umsi_acpi_ioapic){
		.io_apic_id = e->p[2],
		.phys = umsi_acpi_le32(e->p + 4),
		.gsi_base = umsi_acpi_le32(e->p + 8),
	};
	if (!one.phys || one.phys % 16)
		umsi_acpi_refuse(&l->v, e->at + 4, "I/O APIC address", UMSI_EFW_VALUE);
	umsi_acpi_put(l, e->at, &one);
}

static bool same_pins(const void *one, const void *earlier)
{
	const struct umsi_acpi_ioapic *a = one, *b = earlier;

	return a->phys == b->phys || a->gsi_base == b->gsi_base;
}

int umsi_acpi_madt_ioapics(const void *table, size_t bytes, struct umsi_acpi_ioapic *ioapics,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"APIC", MADT_ENTRIES, sizeof(*ioapics), &umsi_acpi_madt_entries, read_ioapic, same_pins,
	};

	return umsi_acpi_list(table, bytes, ioapics, room, out_count, error, &kind);
}

/* ---- Overrides ---- */

/* ISA interrupts are edge triggered and active high where nothing else is said. */
static void read_override(struct umsi_acpi_list *l, const struct umsi_acpi_item *e)
{
	unsigned int polarity, mode;

	if (e->p[0] != MADT_OVERRIDE)
		return;
	polarity = e->p[8] & 3;
	mode = e->p[8] >> 2 & 3;
	if (e->p[2])
		umsi_acpi_refuse(&l->v, e->at + 2, "override: bus", UMSI_EFW_VALUE);
	if (e->p[3] > 15)
		umsi_acpi_refuse(&l->v, e->at + 3, "override: source", UMSI_EFW_VALUE);
	if (polarity == INTI_RESERVED || mode == INTI_RESERVED)
		umsi_acpi_refuse(&l->v, e->at + 8, "override: flags", UMSI_EFW_VALUE);
	umsi_acpi_put(l, e->at, &(struct umsi_acpi_override){
		.isa_irq = e->p[3],
		.gsi = umsi_acpi_le32(e->p + 4),
		.level = mode == INTI_LOW_LEVEL,
		.active_low = polarity == INTI_LOW_LEVEL,
	});
}

static bool same_interrupt(const void *one, const void *earlier)
{
	const struct umsi_acpi_override *a = one, *b = earlier;

	return a->isa_irq == b->isa_irq;
}

int umsi_acpi_madt_overrides(const void *table, size_t bytes, struct umsi_acpi_override *overrides,
			     uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"APIC", MADT_ENTRIES, sizeof(*overrides), &umsi_acpi_madt_entries, read_override, same_interrupt,
	};

	return umsi_acpi_list(table, bytes, overrides, room, out_count, error, &kind);
}
