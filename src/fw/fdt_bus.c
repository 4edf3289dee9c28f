/* SPDX-License-Identifier: MIT */
/*
 * Addresses: the reg of a node, and what the CPUs see there through the
 * ranges of the buses above it.
 * Source: Devicetree Specification 0.4, "#address-cells and #size-cells",
 * "reg", "ranges".
 */
#include "fw/fdt_read.h"

/* Cells that a bus without a word about them has. */
#define ADDRESS_CELLS_DEFAULT	2u
#define SIZE_CELLS_DEFAULT	1u

int umsi_fdt_cells_of(const struct umsi_fdt *fdt, umsi_fdt_node bus,
		      struct umsi_fdt_cells *out)
{
	if (umsi_fdt_u32_or(fdt, bus, "#address-cells", ADDRESS_CELLS_DEFAULT,
			    &out->address) ||
	    umsi_fdt_u32_or(fdt, bus, "#size-cells", SIZE_CELLS_DEFAULT, &out->size))
		return UMSI_EFW_CELLS;
	if (out->address < 1 || out->address > 2 || out->size > 2)
		return UMSI_EFW_CELLS;
	return UMSI_OK;
}

int umsi_fdt_regs_of(const struct umsi_fdt *fdt, umsi_fdt_node node,
		     struct umsi_fdt_regs *out)
{
	uint32_t entry;
	int err;

	if (!umsi_fdt_get(fdt, node, "reg", &out->reg))
		return UMSI_EFW_MISSING;
	out->depth = umsi_fdt_path_to(fdt, node, out->path);
	if (out->depth < 2)
		return UMSI_EFW_CELLS;	/* the root sits on no bus */
	out->depth--;
	err = umsi_fdt_cells_of(fdt, out->path[out->depth - 1], &out->cells);
	if (err)
		return err;
	entry = 4 * (out->cells.address + out->cells.size);
	if (!out->reg.bytes || out->reg.bytes % entry)
		return UMSI_EFW_VALUE;
	out->count = out->reg.bytes / entry;
	return UMSI_OK;
}

/* [address, address + bytes) ends at 2^64 at the latest. */
static bool ends(uint64_t address, uint64_t bytes)
{
	return bytes == 0 || bytes - 1 <= UINT64_MAX - address;
}

bool umsi_fdt_regs_entry(const struct umsi_fdt_regs *regs, uint32_t index,
			 uint64_t *out_address, uint64_t *out_bytes)
{
	uint32_t entry = 4 * (regs->cells.address + regs->cells.size);
	const unsigned char *at = regs->reg.value + index * entry;

	*out_address = umsi_fdt_number(at, regs->cells.address);
	*out_bytes = umsi_fdt_number(at + 4 * regs->cells.address, regs->cells.size);
	return ends(*out_address, *out_bytes);
}

int umsi_fdt_get_reg(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
		     uint64_t *out_address, uint64_t *out_bytes)
{
	struct umsi_fdt_regs regs;
	uint64_t address, bytes;
	int err;

	err = umsi_fdt_regs_of(fdt, node, &regs);
	if (err)
		return err;
	if (index >= regs.count)
		return UMSI_EFW_MISSING;
	if (!umsi_fdt_regs_entry(&regs, index, &address, &bytes))
		return UMSI_EFW_VALUE;
	if (out_address)
		*out_address = address;
	if (out_bytes)
		*out_bytes = bytes;
	return UMSI_OK;
}

/*
 * One bus up: *address is one of @bus, and becomes one of the bus that @bus
 * sits on. A ranges entry is child address, parent address, length; an empty
 * ranges says that the two agree, none at all that nothing of @bus is visible.
 */
static int one_bus_up(const struct umsi_fdt *fdt, umsi_fdt_node bus,
		      umsi_fdt_node above, uint64_t *address, uint64_t bytes)
{
	struct umsi_fdt_property ranges;
	struct umsi_fdt_cells own, up;
	uint32_t entry;
	int err;

	if (!umsi_fdt_get(fdt, bus, "ranges", &ranges))
		return UMSI_EFW_VALUE;
	if (!ranges.bytes)
		return UMSI_OK;
	err = umsi_fdt_cells_of(fdt, bus, &own);
	if (!err)
		err = umsi_fdt_cells_of(fdt, above, &up);
	if (err)
		return err;
	entry = 4 * (own.address + up.address + own.size);
	if (ranges.bytes % entry)
		return UMSI_EFW_VALUE;

	for (uint32_t at = 0; at < ranges.bytes; at += entry) {
		const unsigned char *cell = ranges.value + at;
		uint64_t child = umsi_fdt_number(cell, own.address);
		uint64_t parent = umsi_fdt_number(cell + 4 * own.address, up.address);
		uint64_t length = umsi_fdt_number(cell + 4 * (own.address + up.address),
						  own.size);

		if (*address < child || *address - child >= length ||
		    bytes > length - (*address - child))
			continue;
		if (!ends(parent, length))
			return UMSI_EFW_VALUE;
		*address = parent + (*address - child);
		return UMSI_OK;
	}
	return UMSI_EFW_VALUE;
}

int umsi_fdt_to_cpu(const struct umsi_fdt *fdt, const struct umsi_fdt_regs *regs,
		    uint64_t address, uint64_t bytes, uint64_t *out_phys)
{
	/* path[0] is the root, whose addresses are the CPUs'. */
	for (uint32_t level = regs->depth - 1; level > 0; level--) {
		int err = one_bus_up(fdt, regs->path[level], regs->path[level - 1],
				     &address, bytes);

		if (err)
			return err;
	}
	*out_phys = address;
	return UMSI_OK;
}
