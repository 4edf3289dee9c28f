/* SPDX-License-Identifier: MIT */
/*
 * ACPI tables: a reader that believes nothing, and the finders that turn
 * entries into the config structs a host could also fill by hand.
 * Pure: no hook is called, no memory allocated, nothing written but outputs.
 * A finder checks its table from end to end, checksum first, on every call.
 * Source: ACPI Specification 6.5, sections by title at each.
 */
#ifndef UMSI_ACPI_H
#define UMSI_ACPI_H

#include <umsi/fdt.h>
#include <umsi/status.h>
#include <umsi/types.h>
#include <umsi/umsi.h>

/* Where and why a table was refused. */
struct umsi_acpi_error {
	char table[5];		/* signature of the table meant, NUL terminated; "RSDP" for the root pointer */
	uint32_t offset;	/* bytes from the start of that table */
	const char *what;	/* static text: the field or structure; the status says what is wrong with it */
};

/*
 * Shows @bytes of memory at CPU-physical @phys, readable until the caller of
 * the finder is done with what it found. NULL when it cannot.
 */
typedef const void *(*umsi_acpi_map)(void *context, uint64_t phys, size_t bytes);

/**
 * umsi_acpi_find() - one table, by way of RSDP and XSDT (or RSDT)
 * @rsdp: physical address of the Root System Description Pointer
 * @signature: four characters, as "APIC"
 * @instance: 0 = the first with that signature
 * @out_table, @out_bytes: the whole table, its checksum verified
 *
 * The XSDT is used where the RSDP names one. A damaged table with another signature
 * does no harm. Context: that of @map. Return: UMSI_OK, UMSI_EINVAL,
 *   UMSI_EFW_MAGIC, UMSI_EFW_VALUE (checksum, a zero address), UMSI_EFW_TRUNCATED,
 *   UMSI_EFW_STRUCTURE (half an entry), UMSI_EFW_BOUNDS (@map refused, an entry is 0), UMSI_EFW_MISSING (no such table).
 * Source: "Root System Description Pointer (RSDP)", "Extended System Description Table (XSDT)".
 */
int umsi_acpi_find(uint64_t rsdp, umsi_acpi_map map, void *context, const char signature[4],
		   uint32_t instance, const void **out_table, uint32_t *out_bytes,
		   struct umsi_acpi_error *error);

/*
 * True of all finders below: @table may be read for @bytes, its own length may
 * be less; @error is optional and written on failure; @out_count is how many
 * there are, written with UMSI_OK and UMSI_EFW_ROOM, so that a call with no
 * room asks; contradictions are looked for among those there is room for.
 * What an array holds after a failure is undefined. Context: any.
 * Return: UMSI_OK, UMSI_EINVAL (a NULL), UMSI_EFW_MAGIC (another table), UMSI_EFW_TRUNCATED
 *   (table or entry ends too early), UMSI_EFW_STRUCTURE (an entry too short for its type),
 *   UMSI_EFW_VALUE (checksum, a field, two entries that contradict), UMSI_EFW_ROOM, UMSI_EFW_MISSING.
 */

/* What the MADT says of local APICs as a whole. */
struct umsi_acpi_lapic {
	uint64_t phys;		/* of the xAPIC's registers */
	bool pcat_compat;	/* two 8259s are there as well and must be masked */
	bool x2apic_ids;	/* an enabled CPU is listed by a 32-bit id */
};

int umsi_acpi_madt_lapic(const void *table, size_t bytes, struct umsi_acpi_lapic *out,
			 struct umsi_acpi_error *error);

/*
 * Every enabled CPU, the one with @boot_apic_id first; hw_id is the APIC id.
 * Two enabled entries with one id contradict. Missing: @boot_apic_id is not among them.
 * Source: "Processor Local APIC Structure", "Processor Local x2APIC Structure".
 */
int umsi_acpi_madt_cpus(const void *table, size_t bytes, uint64_t boot_apic_id,
			struct umsi_cpu_desc *cpus, uint32_t room, uint32_t *out_count,
			struct umsi_acpi_error *error);

struct umsi_acpi_ioapic {
	uint64_t phys;
	uint32_t gsi_base;	/* global system interrupt of pin 0 */
	uint32_t io_apic_id;
};

/* Source: "I/O APIC Structure". Two with one address or one gsi_base contradict. */
int umsi_acpi_madt_ioapics(const void *table, size_t bytes, struct umsi_acpi_ioapic *ioapics,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);

/* An ISA interrupt that is not the pin of its own number, edge, active high. */
struct umsi_acpi_override {
	uint32_t gsi;
	uint8_t isa_irq;
	bool level, active_low;
};

/* Source: "Interrupt Source Override Structure". Two for one ISA interrupt contradict. */
int umsi_acpi_madt_overrides(const void *table, size_t bytes, struct umsi_acpi_override *overrides,
			     uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);

/*
 * Configuration spaces; node is -1 and windows 0, for ACPI says those in AML.
 * Two with one segment and a bus in common contradict.
 * Source: PCI Firmware Specification 3.3, "MCFG Table Description".
 */
int umsi_acpi_mcfg(const void *table, size_t bytes, struct umsi_pci_host *hosts, uint32_t room,
		   uint32_t *out_count, struct umsi_acpi_error *error);

/* ---- GICv3, ITS ---- */

/*
 * The GICv3: its distributor, the redistributors' regions (@room of them; one of each
 * CPU's own where there are no ranges). timer_id is 0 and timer NULL: a GTDT says those.
 * Missing: also where the distributor is of an older version. Two distributors contradict.
 */
int umsi_acpi_madt_gicv3(const void *table, size_t bytes, struct umsi_gicv3_region *region, uint32_t room,
			 struct umsi_gicv3_config *out, struct umsi_acpi_error *error);

/* Every enabled CPU, the one with @boot_mpidr first; hw_id is MPIDR_EL1, affinity fields only. */
int umsi_acpi_madt_arm_cpus(const void *table, size_t bytes, uint64_t boot_mpidr, struct umsi_cpu_desc *cpus,
			    uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);

/* The ITS at place @index, from 0: *out without maps, *out_its_id as an IORT names it. */
int umsi_acpi_madt_its(const void *table, size_t bytes, uint32_t index, struct umsi_its_config *out,
		       uint32_t *out_its_id, struct umsi_acpi_error *error);

/*
 * Adds to @config the DeviceIDs that functions of @segment have at ITS @its_id, directly or
 * by way of an SMMU; none where they lead elsewhere. On failure it may have got some.
 * Source: Arm IO Remapping Table (DEN 0049), "ID mapping format".
 */
int umsi_acpi_iort_its_map(const void *table, size_t bytes, uint32_t segment, uint32_t its_id,
			   struct umsi_its_config *config, struct umsi_acpi_error *error);

/* ---- Remapping units ---- */

/* What a unit's scope, or a block's own requester id, is named by. */
enum umsi_acpi_scope_type {
	UMSI_ACPI_SCOPE_FUNCTION = 1,	/* one PCI function */
	UMSI_ACPI_SCOPE_BRIDGE = 2,	/* a bridge and all behind it */
	UMSI_ACPI_SCOPE_IOAPIC = 3,	/* enumeration_id: the I/O APIC's id */
	UMSI_ACPI_SCOPE_HPET = 4,	/* enumeration_id: the HPET's number */
	UMSI_ACPI_SCOPE_NAMESPACE = 5,	/* enumeration_id: the ACPI device's number */
};

/* Bridges on the way to a function: more than any firmware has. */
#define UMSI_ACPI_HOPS_MAX	8u

/*
 * @hops steps of device << 3 | function from @first_bus on: all but the last
 * are bridges, whose secondary bus is where the next step is.
 */
struct umsi_acpi_scope {
	uint32_t unit;			/* index in the units of the same table */
	uint8_t type;			/* enum umsi_acpi_scope_type, or another that firmware knows */
	uint8_t enumeration_id;
	uint8_t first_bus, hops;
	uint8_t hop[UMSI_ACPI_HOPS_MAX];
};

/* Intel VT-d. */
struct umsi_acpi_dmar {
	bool interrupt_remapping;	/* firmware says the platform can */
	bool x2apic_opt_out;		/* firmware asks for xAPIC mode */
	uint8_t address_bits;		/* of DMA */
};

struct umsi_acpi_dmar_unit {
	uint64_t phys;			/* of its registers: umsi_vtd_config.phys */
	uint16_t segment;
	bool all_others;		/* its scope is what no other unit of the segment names; it is the last */
};

/*
 * Source: Intel VT-d, "DMA Remapping Reporting Structure", "DMA Remapping
 * Hardware Unit Definition Structure", "Device Scope Structure".
 */
int umsi_acpi_dmar(const void *table, size_t bytes, struct umsi_acpi_dmar *out,
		   struct umsi_acpi_dmar_unit *units, uint32_t room, uint32_t *out_count,
		   struct umsi_acpi_error *error);
int umsi_acpi_dmar_scopes(const void *table, size_t bytes, struct umsi_acpi_scope *scopes,
			  uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);

/* AMD-Vi. */
struct umsi_acpi_ivrs_unit {
	uint64_t phys;			/* of its registers: umsi_amd_vi_config.phys */
	uint16_t segment;
	uint16_t requester_id;		/* the unit's own PCI function */
	uint16_t capability;		/* where its capability block is there */
	uint32_t features;		/* of type 10h; types 11h and 40h mirror the register at 30h instead */
	bool efr_known;
	uint64_t efr;			/* extended feature register, when known */
};

enum umsi_acpi_ivrs_kind {
	UMSI_ACPI_IVRS_FUNCTIONS = 0,	/* requester ids first .. last are in the unit's scope */
	UMSI_ACPI_IVRS_ALIASES = 1,	/* ... and their messages carry @alias */
	UMSI_ACPI_IVRS_IOAPIC = 2,	/* an I/O APIC, by its id, sends with requester id first */
	UMSI_ACPI_IVRS_HPET = 3,	/* an HPET, by its number */
};

struct umsi_acpi_ivrs_device {
	uint32_t unit;			/* index in the units of the same table */
	uint8_t kind;			/* enum umsi_acpi_ivrs_kind */
	uint8_t handle;			/* of I/O APIC or HPET */
	uint8_t settings;		/* which system interrupts pass: the flags of its device table entry */
	uint16_t first, last, alias;
};

/*
 * A unit described by several blocks (types 10h, 11h, 40h) is one: the highest type is read.
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification, "I/O
 * Virtualization Reporting Structure (IVRS)", "IVHD Device Entries".
 */
int umsi_acpi_ivrs(const void *table, size_t bytes, struct umsi_acpi_ivrs_unit *units,
		   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);
int umsi_acpi_ivrs_devices(const void *table, size_t bytes, struct umsi_acpi_ivrs_device *devices,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error);

struct umsi_acpi_hpet {
	uint64_t phys;
	uint32_t event_timer_block_id;
	uint16_t min_tick;	/* in periods of the main counter */
	uint8_t number;
};

/* Source: IA-PC HPET Specification 1.0a, "The ACPI 2.0 HPET Description Table (HPET)". */
int umsi_acpi_hpet(const void *table, size_t bytes, struct umsi_acpi_hpet *out,
		   struct umsi_acpi_error *error);

#endif
