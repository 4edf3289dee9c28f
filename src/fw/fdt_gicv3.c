/* SPDX-License-Identifier: MIT */
/*
 * GICv3: distributor, regions of redistributors, the ITSes below it; which
 * DeviceID a PCI function behind a bridge has at which of them.
 * Source: Devicetree bindings arm,gic-v3, pci-msi ("msi-map", "msi-parent").
 */
#include "fw/fdt_gic.h"

#define CELLS		3u
#define MAP_CELLS	4u	/* requester id, phandle, DeviceID, length */

static int read_regions(const struct umsi_fdt_reader *r, struct umsi_gicv3_region *region, uint32_t room,
			uint32_t *out_count)
{
	uint32_t stride;
	int err;

	if (umsi_fdt_u32_or(r->fdt, r->node, "#redistributor-regions", 1, out_count) || !*out_count)
		return umsi_fdt_refuse_here(r, "#redistributor-regions", UMSI_EFW_VALUE);
	if (*out_count > room)
		return umsi_fdt_refuse_here(r, "more regions of redistributors than there is room for",
					    UMSI_EFW_ROOM);
	/* One cell, or two with nothing in the upper one. */
	if (umsi_fdt_u32_or(r->fdt, r->node, "redistributor-stride", 0, &stride) &&
	    umsi_fdt_get_u32(r->fdt, r->node, "redistributor-stride", 1, &stride))
		return umsi_fdt_refuse_here(r, "redistributor-stride", UMSI_EFW_VALUE);
	for (uint32_t i = 0; i < *out_count; i++) {
		region[i].stride = stride;
		err = umsi_fdt_gic_reg(r, 1 + i, &region[i].phys, &region[i].bytes);
		if (err)
			return umsi_fdt_refuse_here(r, "reg: redistributors", err);
	}
	return UMSI_OK;
}

/* "mbi-ranges": pairs of first SPI and how many; "mbi-alias": where a page shows nothing but the registers for them. */
static int read_mbis(const struct umsi_fdt_reader *r, struct umsi_gicv3_config *config)
{
	struct umsi_fdt_property list, alias;

	if (!umsi_fdt_get(r->fdt, r->node, "mbi-ranges", &list))
		return UMSI_OK;
	if (!list.bytes || list.bytes % 8)
		return umsi_fdt_refuse_here(r, "mbi-ranges: no pairs", UMSI_EFW_VALUE);
	if (list.bytes / 8 > UMSI_GICV3_MBIS_MAX)
		return umsi_fdt_refuse_here(r, "mbi-ranges: more than there is room for", UMSI_EFW_ROOM);
	config->mbis = (uint32_t)(list.bytes / 8);
	for (uint32_t i = 0; i < config->mbis; i++) {
		config->mbi[i].spi_base = umsi_fdt_be32(list.value + 8 * i);
		config->mbi[i].spis = umsi_fdt_be32(list.value + 8 * i + 4);
	}
	if (!umsi_fdt_get(r->fdt, r->node, "mbi-alias", &alias))
		return UMSI_OK;
	if (alias.bytes != 4 && alias.bytes != 8)
		return umsi_fdt_refuse_here(r, "mbi-alias: no address", UMSI_EFW_VALUE);
	config->mbi_alias = umsi_fdt_be32(alias.value);
	if (alias.bytes == 8)
		config->mbi_alias = config->mbi_alias << 32 | umsi_fdt_be32(alias.value + 4);
	return UMSI_OK;
}

int umsi_fdt_gicv3(const struct umsi_fdt *fdt, struct umsi_gicv3_region *region, uint32_t room,
		   struct umsi_gicv3_config *out, struct umsi_fdt_error *error)
{
	static const char *const names[] = { "arm,gic-v3", NULL };
	struct umsi_gicv3_config config = { .region = region };
	struct umsi_fdt_reader r = { .fdt = fdt, .error = error };
	uint64_t bytes;
	uint32_t cells;
	int err;

	if (!fdt || !region || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL", UMSI_EINVAL);
	r.node = umsi_fdt_gic_find(fdt, names);
	if (r.node < 0)
		return umsi_fdt_refuse_here(&r, "no GICv3", UMSI_EFW_MISSING);
	/* A fourth cell names groups of CPUs for private interrupts. */
	if (umsi_fdt_u32_or(fdt, r.node, "#interrupt-cells", CELLS, &cells) || cells < CELLS || cells > CELLS + 1)
		return umsi_fdt_refuse_here(&r, "#interrupt-cells: not 3 or 4", UMSI_EFW_CELLS);
	err = umsi_fdt_gic_reg(&r, 0, &config.distributor, &bytes);
	if (err)
		return umsi_fdt_refuse_here(&r, "reg: distributor", err);
	err = read_regions(&r, region, room, &config.regions);
	if (!err)
		err = umsi_fdt_gic_timer(&r, &config.timer_id);
	if (!err)
		err = read_mbis(&r, &config);
	if (!err)
		*out = config;
	return err;
}

int umsi_fdt_its(const struct umsi_fdt *fdt, umsi_fdt_node after, umsi_fdt_node *out_node,
		 struct umsi_its_config *out, struct umsi_fdt_error *error)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .error = error };
	uint64_t bytes;
	int err;

	if (!fdt || !out_node || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL", UMSI_EINVAL);
	r.node = umsi_fdt_next_okay(fdt, after, "arm,gic-v3-its");
	if (r.node < 0)
		return umsi_fdt_refuse_here(&r, "no ITS", UMSI_EFW_MISSING);
	*out = (struct umsi_its_config){ 0 };
	err = umsi_fdt_gic_reg(&r, 0, &out->phys, &bytes);
	if (!err)
		err = umsi_fdt_u32_or(fdt, r.node, "numa-node-id", 0, &out->node);
	if (err)
		return umsi_fdt_refuse_here(&r, "its: reg, numa-node-id", err);
	*out_node = r.node;
	return UMSI_OK;
}

static int add_map(const struct umsi_fdt_reader *r, const struct umsi_its_map *map, struct umsi_its_config *config)
{
	if (!map->count || map->first > UINT32_MAX - (map->count - 1) ||
	    map->device_id > UINT32_MAX - (map->count - 1))
		return umsi_fdt_refuse_here(r, "msi-map: empty, or beyond 32 bits", UMSI_EFW_VALUE);
	if (config->maps == UMSI_ITS_MAPS_MAX)
		return umsi_fdt_refuse_here(r, "msi-map: more entries than there is room for", UMSI_EFW_ROOM);
	config->map[config->maps++] = *map;
	return UMSI_OK;
}

/* One entry of msi-map, if it leads to @its. Entries are by requester id without segment. */
static int read_map_entry(const struct umsi_fdt_reader *r, const unsigned char *at, uint32_t mask, uint32_t segment,
			  umsi_fdt_node its, struct umsi_its_config *config)
{
	struct umsi_its_map map = {
		.first = segment << 16 | umsi_fdt_be32(at), .device_id = umsi_fdt_be32(at + 8),
		.count = umsi_fdt_be32(at + 12), .mask = mask == 0xffff ? 0 : UINT32_C(0xffff0000) | mask,
	};
	umsi_fdt_node to = umsi_fdt_find_phandle(r->fdt, umsi_fdt_be32(at + 4));

	if (umsi_fdt_be32(at) > 0xffff)
		return umsi_fdt_refuse_here(r, "msi-map: requester id beyond 16 bits", UMSI_EFW_VALUE);
	if (to < 0)
		return umsi_fdt_refuse_here(r, "msi-map: phandle leads nowhere", UMSI_EFW_PHANDLE);
	return to == its ? add_map(r, &map, config) : UMSI_OK;
}

/* msi-parent: the DeviceID is the requester id, or the one cell the binding adds to it. */
static int read_parent(const struct umsi_fdt_reader *r, uint32_t segment, umsi_fdt_node its,
		       struct umsi_its_config *config)
{
	struct umsi_its_map map = { .first = segment << 16, .count = 0x10000 };
	uint32_t phandle;
	int err = umsi_fdt_get_u32(r->fdt, r->node, "msi-parent", 0, &phandle);

	if (err == UMSI_EFW_MISSING)
		return UMSI_OK;
	if (err)
		return umsi_fdt_refuse_here(r, "msi-parent", err);
	if (umsi_fdt_find_phandle(r->fdt, phandle) < 0)
		return umsi_fdt_refuse_here(r, "msi-parent: phandle leads nowhere", UMSI_EFW_PHANDLE);
	if (umsi_fdt_find_phandle(r->fdt, phandle) != its)
		return UMSI_OK;
	if (umsi_fdt_get_u32(r->fdt, r->node, "msi-parent", 1, &map.device_id))
		map.device_id = 0;
	return add_map(r, &map, config);
}

int umsi_fdt_its_map(const struct umsi_fdt *fdt, umsi_fdt_node bridge, uint32_t segment, umsi_fdt_node its,
		     struct umsi_its_config *config, struct umsi_fdt_error *error)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .node = bridge, .error = error };
	struct umsi_fdt_property list;
	uint32_t mask;
	int err = UMSI_OK;

	if (!fdt || !config || segment > 0xffff)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL, or segment beyond 16 bits", UMSI_EINVAL);
	if (!umsi_fdt_get(fdt, bridge, "msi-map", &list))
		return read_parent(&r, segment, its, config);
	if (umsi_fdt_u32_or(fdt, bridge, "msi-map-mask", 0xffff, &mask) || !mask || mask > 0xffff)
		return umsi_fdt_refuse_here(&r, "msi-map-mask", UMSI_EFW_VALUE);
	if (!list.bytes || list.bytes % (4 * MAP_CELLS))
		return umsi_fdt_refuse_here(&r, "msi-map: not entries of four cells", UMSI_EFW_VALUE);
	for (uint32_t at = 0; at < list.bytes && !err; at += 4 * MAP_CELLS)
		err = read_map_entry(&r, list.value + at, mask, segment, its, config);
	return err;
}
