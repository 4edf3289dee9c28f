/* SPDX-License-Identifier: MIT */
/*
 * GICv3 and its ITSes.
 * Source: ACPI 6.5, "GIC CPU Interface (GICC) Structure", "GIC Distributor (GICD)
 * Structure", "GIC Redistributor (GICR) Structure", "GIC Interrupt Translation
 * Service (ITS) Structure".
 */
#include "fw/acpi_madt.h"

enum {
	GICC_FLAGS = 12,
	GICC_GICR = 60,
	GICC_MPIDR = 68,
	GICD_BASE = 8,
	GICD_VERSION = 20,
	GICR_BASE = 4,
	GICR_BYTES = 12,
	ITS_ID = 4,
	ITS_BASE = 8,
};

#define GICC_ENABLED		1u
#define AFFINITY		UINT64_C(0xff00ffffff)
#define REDISTRIBUTOR_BYTES	0x20000u
#define FRAME_MASK		UINT64_C(0xffff)
#define VERSION_3		3u

/* 0 or unaligned: no frame can be there. */
static uint64_t read_frame(struct umsi_acpi_view *v, uint32_t at)
{
	uint64_t phys = umsi_acpi_le64(v->at + at);

	if (!phys || phys & FRAME_MASK)
		umsi_acpi_refuse(v, at, "address", UMSI_EFW_VALUE);
	return phys;
}

/* The one distributor. Version 0 lets the hardware say it. */
static uint64_t read_distributor(struct umsi_acpi_view *v)
{
	struct umsi_acpi_item e = { .next = MADT_ENTRIES };
	uint64_t phys = 0;

	while (umsi_acpi_madt_next(v, MADT_GICD, &e)) {
		if (phys)
			umsi_acpi_refuse(v, e.at, "a second GICD", UMSI_EFW_VALUE);
		if (e.p[GICD_VERSION] && e.p[GICD_VERSION] < VERSION_3)
			umsi_acpi_refuse(v, e.at + GICD_VERSION, "GICD: version", UMSI_EFW_MISSING);
		phys = read_frame(v, e.at + GICD_BASE);
	}
	if (!phys)
		umsi_acpi_refuse(v, MADT_ENTRIES, "GICD", UMSI_EFW_MISSING);
	return phys;
}

struct regions {
	struct umsi_gicv3_region *region;
	uint32_t room, count;
};

static void add_region(struct umsi_acpi_view *v, uint32_t at, uint64_t bytes, struct regions *to)
{
	uint64_t phys = read_frame(v, at);

	if (bytes < REDISTRIBUTOR_BYTES || phys + bytes < phys)
		umsi_acpi_refuse(v, at, "redistributors", UMSI_EFW_VALUE);
	if (to->count == to->room)
		umsi_acpi_refuse(v, at, "redistributors", UMSI_EFW_ROOM);
	else
		to->region[to->count++] = (struct umsi_gicv3_region){ .phys = phys, .bytes = bytes };
}

/* Where there are no ranges, each CPU's entry says where its redistributor is. */
static void read_regions(struct umsi_acpi_view *v, struct regions *to)
{
	struct umsi_acpi_item range = { .next = MADT_ENTRIES }, cpu = range;

	while (umsi_acpi_madt_next(v, MADT_GICR, &range))
		add_region(v, range.at + GICR_BASE, umsi_acpi_le32(range.p + GICR_BYTES), to);
	if (to->count)
		return;
	while (umsi_acpi_madt_next(v, MADT_GICC, &cpu))
		if (umsi_acpi_le32(cpu.p + GICC_FLAGS) & GICC_ENABLED)
			add_region(v, cpu.at + GICC_GICR, REDISTRIBUTOR_BYTES, to);
	if (!to->count)
		umsi_acpi_refuse(v, MADT_ENTRIES, "redistributors", UMSI_EFW_MISSING);
}

int umsi_acpi_madt_gicv3(const void *table, size_t bytes, struct umsi_gicv3_region *region, uint32_t room,
			 struct umsi_gicv3_config *out, struct umsi_acpi_error *error)
{
	struct regions regions = { .region = region, .room = room };
	struct umsi_acpi_view v;
	uint64_t distributor;

	if (umsi_acpi_madt_open(&v, region && out ? table : NULL, bytes, error))
		return v.status;
	distributor = read_distributor(&v);
	read_regions(&v, &regions);
	if (!v.status)
		*out = (struct umsi_gicv3_config){
			.distributor = distributor, .region = region, .regions = regions.count,
		};
	return v.status;
}

static bool enabled_cpu(const unsigned char *p, uint64_t *out_mpidr)
{
	if (p[0] != MADT_GICC || !(umsi_acpi_le32(p + GICC_FLAGS) & GICC_ENABLED))
		return false;
	*out_mpidr = umsi_acpi_le64(p + GICC_MPIDR) & AFFINITY;
	return true;
}

int umsi_acpi_madt_arm_cpus(const void *table, size_t bytes, uint64_t boot_mpidr, struct umsi_cpu_desc *cpus,
			    uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	return umsi_acpi_madt_list(table, bytes, boot_mpidr, cpus, room, out_count, error, enabled_cpu);
}

int umsi_acpi_madt_its(const void *table, size_t bytes, uint32_t index, struct umsi_its_config *out,
		       uint32_t *out_its_id, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { .next = MADT_ENTRIES };
	struct umsi_acpi_view v;
	uint64_t phys;

	if (umsi_acpi_madt_open(&v, out && out_its_id ? table : NULL, bytes, error))
		return v.status;
	do {
		if (!umsi_acpi_madt_next(&v, MADT_GIC_ITS, &e))
			return umsi_acpi_refuse(&v, MADT_ENTRIES, "ITS", UMSI_EFW_MISSING);
	} while (index--);
	phys = read_frame(&v, e.at + ITS_BASE);
	if (v.status)
		return v.status;
	*out = (struct umsi_its_config){ .phys = phys };
	*out_its_id = umsi_acpi_le32(e.p + ITS_ID);
	return UMSI_OK;
}
