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

/* The one distributor. Version 0 lets the hardware say it. */
static int read_distributor(const struct umsi_acpi_view *v, uint64_t *out_phys)
{
	struct umsi_acpi_item e = { 0 };
	bool seen = false;
	int err;

	while ((err = umsi_acpi_madt_next(v, &e)) > 0) {
		if (e.p[0] != MADT_GICD)
			continue;
		if (seen)
			return umsi_acpi_refuse(v, e.at, "GICD: there is one already", UMSI_EFW_VALUE);
		seen = true;
		if (e.p[GICD_VERSION] && e.p[GICD_VERSION] < VERSION_3)
			return umsi_acpi_refuse(v, e.at + GICD_VERSION, "GICD: not a GICv3", UMSI_EFW_MISSING);
		*out_phys = umsi_acpi_le64(e.p + GICD_BASE);
		if (!*out_phys || *out_phys & FRAME_MASK)
			return umsi_acpi_refuse(v, e.at + GICD_BASE, "GICD: address 0 or unaligned", UMSI_EFW_VALUE);
	}
	if (!err && !seen)
		return umsi_acpi_refuse(v, MADT_ENTRIES, "no GICD", UMSI_EFW_MISSING);
	return err;
}

static int add_region(const struct umsi_acpi_view *v, uint32_t at, uint64_t phys, uint64_t bytes,
		      struct umsi_gicv3_region *region, uint32_t room, uint32_t *count)
{
	if (!phys || phys & FRAME_MASK || bytes < REDISTRIBUTOR_BYTES || phys + bytes < phys)
		return umsi_acpi_refuse(v, at, "GICR: address 0 or unaligned, or too short", UMSI_EFW_VALUE);
	if (*count == room)
		return umsi_acpi_refuse(v, at, "more redistributors' regions than room", UMSI_EFW_ROOM);
	region[(*count)++] = (struct umsi_gicv3_region){ .phys = phys, .bytes = bytes };
	return UMSI_OK;
}

/* Where there are no ranges, each CPU's entry says where its redistributor is. */
static int read_regions(const struct umsi_acpi_view *v, bool by_cpu, struct umsi_gicv3_region *region,
			uint32_t room, uint32_t *count)
{
	struct umsi_acpi_item e = { 0 };
	int more, err = UMSI_OK;

	while (!err && (more = umsi_acpi_madt_next(v, &e)) > 0) {
		if (!by_cpu && e.p[0] == MADT_GICR)
			err = add_region(v, e.at + GICR_BASE, umsi_acpi_le64(e.p + GICR_BASE),
					 umsi_acpi_le32(e.p + GICR_BYTES), region, room, count);
		else if (by_cpu && e.p[0] == MADT_GICC && umsi_acpi_le32(e.p + GICC_FLAGS) & GICC_ENABLED)
			err = add_region(v, e.at + GICC_GICR, umsi_acpi_le64(e.p + GICC_GICR),
					 REDISTRIBUTOR_BYTES, region, room, count);
	}
	return err ? err : more;
}

int umsi_acpi_madt_gicv3(const void *table, size_t bytes, struct umsi_gicv3_region *region, uint32_t room,
			 struct umsi_gicv3_config *out, struct umsi_acpi_error *error)
{
	struct umsi_gicv3_config config = { .region = region };
	struct umsi_acpi_view v;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!region || !out)
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	err = read_distributor(&v, &config.distributor);
	if (!err)
		err = read_regions(&v, false, region, room, &config.regions);
	if (!err && !config.regions)
		err = read_regions(&v, true, region, room, &config.regions);
	if (!err && !config.regions)
		err = umsi_acpi_refuse(&v, MADT_ENTRIES, "no redistributor", UMSI_EFW_MISSING);
	if (!err)
		*out = config;
	return err;
}

static bool enabled_cpu(const struct umsi_acpi_item *e, uint64_t *out_mpidr)
{
	if (e->p[0] != MADT_GICC || !(umsi_acpi_le32(e->p + GICC_FLAGS) & GICC_ENABLED))
		return false;
	*out_mpidr = umsi_acpi_le64(e->p + GICC_MPIDR) & AFFINITY;
	return true;
}

int umsi_acpi_madt_arm_cpus(const void *table, size_t bytes, uint64_t boot_mpidr, struct umsi_cpu_desc *cpus,
			    uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	return umsi_acpi_madt_list(table, bytes, boot_mpidr, enabled_cpu, cpus, room, out_count, error);
}

int umsi_acpi_madt_its(const void *table, size_t bytes, uint32_t index, struct umsi_its_config *out,
		       uint32_t *out_its_id, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item e = { 0 };
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_madt_open(table, bytes, error, &v);

	if (err)
		return err;
	if (!out || !out_its_id)
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = umsi_acpi_madt_next(&v, &e)) > 0) {
		uint64_t phys;

		if (e.p[0] != MADT_GIC_ITS || n++ != index)
			continue;
		phys = umsi_acpi_le64(e.p + ITS_BASE);
		if (!phys || phys & FRAME_MASK)
			return umsi_acpi_refuse(&v, e.at + ITS_BASE, "ITS: address 0 or unaligned", UMSI_EFW_VALUE);
		*out = (struct umsi_its_config){ .phys = phys };
		*out_its_id = umsi_acpi_le32(e.p + ITS_ID);
		return UMSI_OK;
	}
	return err ? err : umsi_acpi_refuse(&v, MADT_ENTRIES, "no such ITS", UMSI_EFW_MISSING);
}
