/* SPDX-License-Identifier: MIT */
/* Source: ACPI 6.5, "Multiple APIC Description Table (MADT)". */
#include "fw/acpi_madt.h"

#define MADT	"APIC"

#define MADT_PCAT_COMPAT	1u
#define CPU_ENABLED		1u

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

/* "MPS INTI Flags": polarity in bits 1:0, trigger mode in bits 3:2. */
enum { INTI_RESERVED = 2, INTI_LOW_LEVEL = 3 };

static int refuse(const struct umsi_acpi_view *v, uint32_t at, const char *what, int status)
{
	return umsi_acpi_refuse(v->error, v->name, at, what, status);
}

int umsi_acpi_madt_open(const void *table, size_t bytes, struct umsi_acpi_error *error,
			struct umsi_acpi_view *v)
{
	return umsi_acpi_open(table, bytes, MADT, MADT_ENTRIES, error, v);
}

int umsi_acpi_madt_next(const struct umsi_acpi_view *v, struct umsi_acpi_madt_entry *e)
{
	uint32_t left = v->bytes - e->next;
	uint8_t length;

	e->at = e->next;
	if (!left)
		return 0;
	if (left < 2)
		return refuse(v, e->at, "half an entry at the end", UMSI_EFW_TRUNCATED);
	e->p = v->at + e->at;
	e->type = e->p[0];
	length = e->p[1];
	if (length < 2)
		return refuse(v, e->at + 1, "entry length: below 2", UMSI_EFW_STRUCTURE);
	if (length > left)
		return refuse(v, e->at + 1, "entry length: past the end of the table",
			      UMSI_EFW_TRUNCATED);
	if (e->type < MADT_TYPES && length < type_bytes[e->type])
		return refuse(v, e->at + 1, "entry length: too short for its type",
			      UMSI_EFW_STRUCTURE);
	e->next = e->at + length;
	return 1;
}

/* True with the id of an enabled CPU. */
static bool enabled_cpu(const struct umsi_acpi_madt_entry *e, uint64_t *out_id)
{
	if (e->type == MADT_LAPIC && umsi_acpi_le32(e->p + 4) & CPU_ENABLED)
		*out_id = e->p[3];
	else if (e->type == MADT_X2APIC && umsi_acpi_le32(e->p + 8) & CPU_ENABLED)
		*out_id = umsi_acpi_le32(e->p + 4);
	else
		return false;
	return true;
}

int umsi_acpi_madt_lapic(const void *table, size_t bytes, struct umsi_acpi_lapic *out,
			 struct umsi_acpi_error *error)
{
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };
	struct umsi_acpi_lapic lapic = { 0 };
	struct umsi_acpi_view v;
	uint64_t id;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out)
		return refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	lapic.phys = umsi_acpi_le32(v.at + MADT_LAPIC_ADDRESS);
	lapic.pcat_compat = umsi_acpi_le32(v.at + MADT_FLAGS) & MADT_PCAT_COMPAT;
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (e.type == MADT_LAPIC_ADDRESS_OVERRIDE)
			lapic.phys = umsi_acpi_le64(e.p + 4);
		if (e.type == MADT_X2APIC && enabled_cpu(&e, &id))
			lapic.x2apic_ids = true;
	}
	if (err)
		return err;
	*out = lapic;
	return UMSI_OK;
}

/* An enabled CPU with @id in the entries before @end. */
static bool listed_before(const struct umsi_acpi_view *v, uint64_t id, uint32_t end)
{
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };
	uint64_t other;

	while (umsi_acpi_madt_next(v, &e) > 0 && e.at < end)
		if (enabled_cpu(&e, &other) && other == id)
			return true;
	return false;
}

static void put_cpu(struct umsi_cpu_desc *cpus, uint32_t room, uint32_t place, uint64_t id)
{
	if (place < room)
		cpus[place] = (struct umsi_cpu_desc){ .hw_id = id };
}

int umsi_acpi_madt_cpus(const void *table, size_t bytes, uint64_t boot_apic_id,
			struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
			struct umsi_acpi_error *error)
{
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };
	struct umsi_acpi_view v;
	bool boot_seen = false;
	uint32_t others = 0;
	uint64_t id;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !cpus))
		return refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (!enabled_cpu(&e, &id))
			continue;
		if (listed_before(&v, id, e.at))
			return refuse(&v, e.at, "APIC id: an enabled CPU has it already",
				      UMSI_EFW_VALUE);
		if (id == boot_apic_id) {
			boot_seen = true;
			put_cpu(cpus, room, 0, id);
		} else {
			put_cpu(cpus, room, ++others, id);
		}
	}
	if (err)
		return err;
	if (!boot_seen)
		return refuse(&v, MADT_ENTRIES, "the boot CPU's APIC id is not listed as enabled",
			      UMSI_EFW_MISSING);
	*out_count = others + 1;
	if (others + 1 > room)
		return refuse(&v, MADT_ENTRIES, "more CPUs than room", UMSI_EFW_ROOM);
	return UMSI_OK;
}

static struct umsi_acpi_ioapic read_ioapic(const struct umsi_acpi_madt_entry *e)
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
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };

	while (umsi_acpi_madt_next(v, &e) > 0 && e.at < end) {
		struct umsi_acpi_ioapic other;

		if (e.type != MADT_IOAPIC)
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
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !ioapics))
		return refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		struct umsi_acpi_ioapic one;

		if (e.type != MADT_IOAPIC)
			continue;
		one = read_ioapic(&e);
		if (!one.phys || one.phys % 16)
			return refuse(&v, e.at + 4, "I/O APIC address: 0 or unaligned",
				      UMSI_EFW_VALUE);
		if (ioapic_contradicts(&v, &one, e.at))
			return refuse(&v, e.at, "I/O APIC: address or first interrupt used twice",
				      UMSI_EFW_VALUE);
		if (n < room)
			ioapics[n] = one;
		n++;
	}
	if (err)
		return err;
	*out_count = n;
	return n > room ? refuse(&v, MADT_ENTRIES, "more I/O APICs than room", UMSI_EFW_ROOM) : UMSI_OK;
}

/* ISA interrupts are edge triggered and active high where nothing else is said. */
static int read_override(const struct umsi_acpi_view *v, const struct umsi_acpi_madt_entry *e,
			 struct umsi_acpi_override *out)
{
	uint16_t flags = umsi_acpi_le16(e->p + 8);
	unsigned int polarity = flags & 3, mode = flags >> 2 & 3;

	if (e->p[2])
		return refuse(v, e->at + 2, "override: bus is not ISA", UMSI_EFW_VALUE);
	if (e->p[3] > 15)
		return refuse(v, e->at + 3, "override: no such ISA interrupt", UMSI_EFW_VALUE);
	if (polarity == INTI_RESERVED || mode == INTI_RESERVED)
		return refuse(v, e->at + 8, "override: reserved polarity or trigger mode",
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
	struct umsi_acpi_madt_entry e = { .next = MADT_ENTRIES };
	struct umsi_acpi_override one;
	struct umsi_acpi_view v;
	uint32_t n = 0, seen = 0;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !overrides))
		return refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		if (e.type != MADT_OVERRIDE)
			continue;
		err = read_override(&v, &e, &one);
		if (err)
			return err;
		if (seen >> one.isa_irq & 1)
			return refuse(&v, e.at, "override: ISA interrupt has one already",
				      UMSI_EFW_VALUE);
		seen |= 1u << one.isa_irq;
		if (n < room)
			overrides[n] = one;
		n++;
	}
	if (err)
		return err;
	*out_count = n;
	return n > room ? refuse(&v, MADT_ENTRIES, "more overrides than room", UMSI_EFW_ROOM) : UMSI_OK;
}
