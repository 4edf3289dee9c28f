/* SPDX-License-Identifier: MIT */
/*
 * GICv3: distributor, regions of redistributors, the ITSes below it; which
 * DeviceID a PCI function behind a bridge has at which of them.
 * Source: Devicetree bindings arm,gic-v3, pci-msi ("msi-map", "msi-parent").
 */
#include "fw/fdt_gic.h"

#define CELLS		3u
#define MAP_CELLS	4u	/* requester id, phandle, DeviceID, length */

/* A property of one or two cells; 0 without it. */
static uint64_t read_number(struct umsi_fdt_reader *r, const char *name)
{
	const unsigned char *at;
	uint32_t cells = umsi_fdt_rows(r, name, 1, &at);

	if (cells <= 2)
		return umsi_fdt_take(&at, cells);
	umsi_fdt_refuse(r, name, UMSI_EFW_VALUE);
	return 0;
}

static void read_regions(struct umsi_fdt_reader *r, struct umsi_gicv3_region *region, uint32_t room,
			 uint32_t *out_count)
{
	uint64_t stride = read_number(r, "redistributor-stride");

	if (stride > UINT32_MAX)
		umsi_fdt_refuse(r, "redistributor-stride", UMSI_EFW_VALUE);
	*out_count = umsi_fdt_cell(r, "#redistributor-regions", 1, 1, UINT32_MAX);
	if (*out_count > room)
		umsi_fdt_refuse(r, "#redistributor-regions", UMSI_EFW_ROOM);
	for (uint32_t i = 0; i < *out_count && !r->status; i++) {
		region[i].stride = (uint32_t)stride;
		region[i].phys = umsi_fdt_gic_reg(r, 1 + i, &region[i].bytes);
	}
}

/* "mbi-ranges": pairs of first SPI and how many; "mbi-alias": where a page shows nothing but the registers for them. */
static void read_mbis(struct umsi_fdt_reader *r, struct umsi_gicv3_config *config)
{
	const unsigned char *at;

	config->mbis = umsi_fdt_rows(r, "mbi-ranges", 2, &at);
	if (config->mbis > UMSI_GICV3_MBIS_MAX)
		umsi_fdt_refuse(r, "mbi-ranges", UMSI_EFW_ROOM);
	for (uint32_t i = 0; i < config->mbis && !r->status; i++) {
		config->mbi[i].spi_base = (uint32_t)umsi_fdt_take(&at, 1);
		config->mbi[i].spis = (uint32_t)umsi_fdt_take(&at, 1);
	}
	if (config->mbis)
		config->mbi_alias = read_number(r, "mbi-alias");
}

int umsi_fdt_gicv3(const struct umsi_fdt *fdt, struct umsi_gicv3_region *region, uint32_t room,
		   struct umsi_gicv3_config *out, struct umsi_fdt_error *error)
{
	struct umsi_gicv3_config config = { .region = region };
	struct umsi_fdt_reader r = { .fdt = region && out ? fdt : NULL, .error = error };
	uint64_t bytes;

	if (umsi_fdt_seek(&r, -1, "arm,gic-v3"))
		return r.status;
	/* A fourth cell names groups of CPUs for private interrupts. */
	umsi_fdt_cell_count(&r, "#interrupt-cells", CELLS, CELLS, CELLS + 1);
	config.distributor = umsi_fdt_gic_reg(&r, 0, &bytes);
	read_regions(&r, region, room, &config.regions);
	config.timer_id = umsi_fdt_gic_timer(&r);
	read_mbis(&r, &config);
	if (!r.status)
		*out = config;
	return r.status;
}

int umsi_fdt_its(const struct umsi_fdt *fdt, umsi_fdt_node after, umsi_fdt_node *out_node,
		 struct umsi_its_config *out, struct umsi_fdt_error *error)
{
	struct umsi_fdt_reader r = { .fdt = out_node && out ? fdt : NULL, .error = error };
	uint64_t bytes;

	if (umsi_fdt_seek(&r, after, "arm,gic-v3-its"))
		return r.status;
	*out = (struct umsi_its_config){ .phys = umsi_fdt_gic_reg(&r, 0, &bytes) };
	out->node = umsi_fdt_cell(&r, "numa-node-id", 0, 0, UINT32_MAX);
	if (!r.status)
		*out_node = r.node;
	return r.status;
}

static void add_map(struct umsi_fdt_reader *r, const char *name, const struct umsi_its_map *map,
		    struct umsi_its_config *config)
{
	if (!map->count || map->first > UINT32_MAX - (map->count - 1) ||
	    map->device_id > UINT32_MAX - (map->count - 1))
		umsi_fdt_refuse(r, name, UMSI_EFW_VALUE);
	else if (config->maps == UMSI_ITS_MAPS_MAX)
		umsi_fdt_refuse(r, name, UMSI_EFW_ROOM);
	else if (!r->status)
		config->map[config->maps++] = *map;
}

/* Does @phandle lead to @its? */
static bool is_its(struct umsi_fdt_reader *r, const char *name, uint32_t phandle, umsi_fdt_node its)
{
	umsi_fdt_node to = umsi_fdt_find_phandle(r->fdt, phandle);

	if (to < 0)
		umsi_fdt_refuse(r, name, UMSI_EFW_PHANDLE);
	return to == its;
}

/* The DeviceID is the requester id, or the one cell the binding adds to it. */
static void read_parent(struct umsi_fdt_reader *r, uint32_t segment, umsi_fdt_node its,
			struct umsi_its_config *config)
{
	static const char name[] = "msi-parent";
	struct umsi_its_map map = { .first = segment << 16, .count = 0x10000 };
	const unsigned char *row;
	uint32_t cells = umsi_fdt_rows(r, name, 1, &row);

	if (!cells || !is_its(r, name, umsi_fdt_be32(row), its))
		return;
	if (cells > 1)
		map.device_id = umsi_fdt_be32(row + 4);
	add_map(r, name, &map, config);
}

int umsi_fdt_its_map(const struct umsi_fdt *fdt, umsi_fdt_node bridge, uint32_t segment, umsi_fdt_node its,
		     struct umsi_its_config *config, struct umsi_fdt_error *error)
{
	static const char name[] = "msi-map";
	struct umsi_fdt_reader r = { .fdt = fdt, .node = bridge, .error = error };
	const unsigned char *row;
	uint32_t mask, n;

	if (!fdt || !config || segment > 0xffff)
		return umsi_fdt_refuse(&r, "argument", UMSI_EINVAL);
	n = umsi_fdt_rows(&r, name, MAP_CELLS, &row);
	if (!n)
		read_parent(&r, segment, its, config);
	mask = umsi_fdt_cell(&r, "msi-map-mask", 0xffff, 1, 0xffff);
	/* Rows are by requester id without segment. */
	for (; n && !r.status; n--, row += 4 * MAP_CELLS) {
		struct umsi_its_map map = {
			.first = segment << 16 | umsi_fdt_be32(row), .device_id = umsi_fdt_be32(row + 8),
			.count = umsi_fdt_be32(row + 12), .mask = mask == 0xffff ? 0 : UINT32_C(0xffff0000) | mask,
		};

		if (umsi_fdt_be32(row) > 0xffff)
			umsi_fdt_refuse(&r, name, UMSI_EFW_VALUE);
		if (is_its(&r, name, umsi_fdt_be32(row + 4), its))
			add_map(&r, name, &map, config);
	}
	return r.status;
}
