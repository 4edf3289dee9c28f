/* SPDX-License-Identifier: MIT */
/*
 * Whose interrupt a node's is: through interrupt-parent, or through the
 * interrupt-map of a PCI host bridge for its functions' pins.
 * Source: Devicetree Specification 0.4, "Interrupts and Interrupt Mapping";
 * PCI Bus Binding to Open Firmware (IEEE Std 1275), "Mapping PCI Interrupts".
 */
#include "fw/fdt_read.h"

#define PCI_CELLS	3u	/* of an address on the bus */
#define PIN_CELLS	1u

/* The phandle that @node or the nearest node above it gives; 0: none does. */
static uint32_t parent_of(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	uint32_t phandle = 0;

	for (; node >= 0 && !phandle; node = umsi_fdt_parent(fdt, node))
		if (umsi_fdt_u32_or(fdt, node, "interrupt-parent", 0, &phandle))
			return 0;
	return phandle;
}

/* How many cells an interrupt of @controller has; 0: unusable. */
static uint32_t cells_of(const struct umsi_fdt *fdt, uint32_t controller)
{
	umsi_fdt_node node = umsi_fdt_find_phandle(fdt, controller);
	uint32_t cells;

	if (node < 0 || umsi_fdt_u32_or(fdt, node, "#interrupt-cells", 0, &cells) ||
	    cells > UMSI_FDT_INTERRUPT_CELLS)
		return 0;
	return cells;
}

static void read_cells(const unsigned char *at, uint32_t cells, struct umsi_fdt_interrupt *out)
{
	out->cells = cells;
	for (uint32_t i = 0; i < UMSI_FDT_INTERRUPT_CELLS; i++)
		out->cell[i] = i < cells ? umsi_fdt_be32(at + 4 * i) : 0;
}

int umsi_fdt_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
		       struct umsi_fdt_interrupt *out)
{
	struct umsi_fdt_property property;
	uint32_t cells;

	if (!fdt || node < 0 || !out)
		return UMSI_EINVAL;
	if (!umsi_fdt_get(fdt, node, "interrupts", &property))
		return UMSI_EFW_MISSING;
	out->controller = parent_of(fdt, node);
	if (!out->controller)
		return UMSI_EFW_PHANDLE;
	cells = cells_of(fdt, out->controller);
	if (!cells)
		return UMSI_EFW_CELLS;
	if (property.bytes % (4 * cells))
		return UMSI_EFW_VALUE;
	if (index >= property.bytes / (4 * cells))
		return UMSI_EFW_MISSING;
	read_cells(property.value + 4 * cells * index, cells, out);
	return UMSI_OK;
}

/* ---- Through a bridge's map ---- */

struct map {
	const struct umsi_fdt *fdt;
	struct umsi_fdt_property property;
	uint32_t at;			/* bytes into it */
	uint32_t mask[PCI_CELLS + PIN_CELLS];
};

static int open_map(struct map *map, const struct umsi_fdt *fdt, umsi_fdt_node host)
{
	struct umsi_fdt_property mask;
	uint32_t cells;

	*map = (struct map){ .fdt = fdt };
	if (umsi_fdt_u32_or(fdt, host, "#interrupt-cells", 0, &cells) || cells != PIN_CELLS ||
	    umsi_fdt_u32_or(fdt, host, "#address-cells", 2, &cells) || cells != PCI_CELLS)
		return UMSI_EFW_CELLS;
	if (!umsi_fdt_get(fdt, host, "interrupt-map", &map->property))
		return UMSI_EFW_MISSING;
	for (uint32_t i = 0; i < PCI_CELLS + PIN_CELLS; i++)
		map->mask[i] = UINT32_MAX;
	if (!umsi_fdt_get(fdt, host, "interrupt-map-mask", &mask))
		return UMSI_OK;
	if (mask.bytes != sizeof(map->mask))
		return UMSI_EFW_VALUE;
	for (uint32_t i = 0; i < PCI_CELLS + PIN_CELLS; i++)
		map->mask[i] = umsi_fdt_be32(mask.value + 4 * i);
	return UMSI_OK;
}

/* The row at map->at, and past it. UMSI_OK, UMSI_EFW_VALUE, UMSI_EFW_PHANDLE, UMSI_EFW_CELLS. */
static int read_row(struct map *map, uint32_t child[PCI_CELLS + PIN_CELLS], struct umsi_fdt_interrupt *out)
{
	const unsigned char *row = map->property.value + map->at;
	uint32_t left = map->property.bytes - map->at, head = 4 * (PCI_CELLS + PIN_CELLS + 1);
	uint32_t cells, address_cells;
	umsi_fdt_node controller;

	if (left < head)
		return UMSI_EFW_VALUE;
	for (uint32_t i = 0; i < PCI_CELLS + PIN_CELLS; i++)
		child[i] = umsi_fdt_be32(row + 4 * i);
	out->controller = umsi_fdt_be32(row + head - 4);
	controller = umsi_fdt_find_phandle(map->fdt, out->controller);
	if (controller < 0)
		return UMSI_EFW_PHANDLE;
	cells = cells_of(map->fdt, out->controller);
	/* A controller without #address-cells has no unit address in the row ("interrupt-map"). */
	if (!cells || umsi_fdt_u32_or(map->fdt, controller, "#address-cells", 0, &address_cells) ||
	    address_cells > 4)
		return UMSI_EFW_CELLS;
	if (left - head < 4 * (address_cells + cells))
		return UMSI_EFW_VALUE;
	read_cells(row + head + 4 * address_cells, cells, out);
	map->at += head + 4 * (address_cells + cells);
	return UMSI_OK;
}

int umsi_fdt_pci_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node host, uint32_t requester_id,
			   uint32_t pin, struct umsi_fdt_interrupt *out)
{
	/* "Address Format": phys.hi has bus 23:16, device 15:11, function 10:8. */
	const uint32_t wanted[PCI_CELLS + PIN_CELLS] = { (requester_id & 0xffff) << 8, 0, 0, pin };
	struct map map;
	int err;

	if (!fdt || host < 0 || !out || !pin || pin > 4)
		return UMSI_EINVAL;
	err = open_map(&map, fdt, host);
	while (!err && map.at < map.property.bytes) {
		uint32_t child[PCI_CELLS + PIN_CELLS];
		bool same = true;

		err = read_row(&map, child, out);
		for (uint32_t i = 0; i < PCI_CELLS + PIN_CELLS; i++)
			same = same && !((child[i] ^ wanted[i]) & map.mask[i]);
		if (!err && same)
			return UMSI_OK;
	}
	return err ? err : UMSI_EFW_MISSING;
}
