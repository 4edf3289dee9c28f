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
	struct umsi_fdt_reader r = { .fdt = fdt, .node = node };
	uint32_t phandle = 0;

	for (; r.node >= 0 && !phandle && !r.status; r.node = umsi_fdt_parent(fdt, r.node))
		phandle = umsi_fdt_cell(&r, "interrupt-parent", 0, 0, UINT32_MAX);
	return phandle;
}

/* How many cells an interrupt of the controller at @r has. */
static uint32_t cells_of(struct umsi_fdt_reader *r)
{
	return umsi_fdt_cell_count(r, "#interrupt-cells", 0, 1, UMSI_FDT_INTERRUPT_CELLS);
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
	struct umsi_fdt_reader r = { .fdt = fdt };
	struct umsi_fdt_property property;
	uint32_t cells;

	if (!fdt || node < 0 || !out)
		return UMSI_EINVAL;
	if (!umsi_fdt_get(fdt, node, "interrupts", &property))
		return UMSI_EFW_MISSING;
	out->controller = parent_of(fdt, node);
	if (!out->controller)
		return UMSI_EFW_PHANDLE;
	r.node = umsi_fdt_find_phandle(fdt, out->controller);
	cells = cells_of(&r);
	if (r.status)
		return r.status;
	if (property.bytes % (4 * cells))
		return UMSI_EFW_VALUE;
	if (index >= property.bytes / (4 * cells))
		return UMSI_EFW_MISSING;
	read_cells(property.value + 4 * cells * index, cells, out);
	return UMSI_OK;
}

int umsi_fdt_trigger(uint32_t flags, uint8_t *out_trigger)
{
	static const uint8_t trigger[] = {
		[1] = UMSI_TRIGGER_EDGE_RISING,
		[2] = UMSI_TRIGGER_EDGE_FALLING,
		[4] = UMSI_TRIGGER_LEVEL_HIGH,
		[8] = UMSI_TRIGGER_LEVEL_LOW,
	};

	if (flags >= sizeof(trigger) || !trigger[flags])
		return UMSI_EFW_VALUE;
	*out_trigger = trigger[flags];
	return UMSI_OK;
}

/* ---- Through a bridge's map ---- */

#define KEY_CELLS	(PCI_CELLS + PIN_CELLS)

struct map {
	const struct umsi_fdt *fdt;
	const unsigned char *row;	/* of cells: unit address, pin, controller, ... */
	uint32_t left;			/* of them, in all rows that remain */
};

/*
 * What the row at map->row leads to, and past it. UMSI_OK, UMSI_EFW_VALUE,
 * UMSI_EFW_PHANDLE, UMSI_EFW_CELLS.
 */
static int read_row(struct map *map, struct umsi_fdt_interrupt *out)
{
	struct umsi_fdt_reader controller = { .fdt = map->fdt };
	uint32_t head = KEY_CELLS + 1, cells;

	if (map->left < head)
		return UMSI_EFW_VALUE;
	out->controller = umsi_fdt_be32(map->row + 4 * KEY_CELLS);
	controller.node = umsi_fdt_find_phandle(map->fdt, out->controller);
	if (controller.node < 0)
		return UMSI_EFW_PHANDLE;
	cells = cells_of(&controller);
	/* A controller without #address-cells has no unit address in the row ("interrupt-map"). */
	head += umsi_fdt_cell_count(&controller, "#address-cells", 0, 0, 4);
	if (controller.status)
		return controller.status;
	if (map->left < head + cells)
		return UMSI_EFW_VALUE;
	read_cells(map->row + 4 * head, cells, out);
	map->row += 4 * (head + cells);
	map->left -= head + cells;
	return UMSI_OK;
}

/* The cells of @key that @mask, where there is one, lets count. */
static bool matches(const unsigned char *key, const uint32_t wanted[KEY_CELLS], const unsigned char *mask)
{
	uint32_t differ = 0;

	for (uint32_t i = 0; i < KEY_CELLS; i++)
		differ |= (umsi_fdt_be32(key + 4 * i) ^ wanted[i]) &
			  (mask ? umsi_fdt_be32(mask + 4 * i) : UINT32_MAX);
	return !differ;
}

int umsi_fdt_pci_interrupt(const struct umsi_fdt *fdt, umsi_fdt_node host, uint32_t requester_id,
			   uint32_t pin, struct umsi_fdt_interrupt *out)
{
	/* "Address Format": phys.hi has bus 23:16, device 15:11, function 10:8. */
	const uint32_t wanted[KEY_CELLS] = { (requester_id & 0xffff) << 8, 0, 0, pin };
	struct umsi_fdt_reader r = { .fdt = fdt, .node = host };
	const unsigned char *mask = NULL;
	struct map map = { .fdt = fdt };

	if (!fdt || host < 0 || !out || !pin || pin > 4)
		return UMSI_EINVAL;
	umsi_fdt_cell_count(&r, "#interrupt-cells", 0, PIN_CELLS, PIN_CELLS);
	umsi_fdt_cell_count(&r, "#address-cells", 2, PCI_CELLS, PCI_CELLS);
	map.left = umsi_fdt_rows(&r, "interrupt-map", 1, &map.row);
	if (umsi_fdt_rows(&r, "interrupt-map-mask", KEY_CELLS, &mask) > 1)
		umsi_fdt_refuse(&r, "interrupt-map-mask", UMSI_EFW_VALUE);
	while (!r.status && map.left) {
		const unsigned char *key = map.row;

		r.status = read_row(&map, out);
		if (!r.status && matches(key, wanted, mask))
			return UMSI_OK;
	}
	return r.status ? r.status : UMSI_EFW_MISSING;
}
