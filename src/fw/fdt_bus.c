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

/* How the addresses of one node's children are written. UMSI_OK, UMSI_EFW_CELLS. */
static int read_cells(const struct umsi_fdt *fdt, umsi_fdt_node bus, struct umsi_fdt_cells *out)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .node = bus };

	out->address = umsi_fdt_cell_count(&r, "#address-cells", ADDRESS_CELLS_DEFAULT, 1, 2);
	out->size = umsi_fdt_cell_count(&r, "#size-cells", SIZE_CELLS_DEFAULT, 0, 2);
	return r.status;
}

static uint32_t entry_cells(const struct umsi_fdt_regs *regs)
{
	return regs->cells.address + regs->cells.size;
}

int umsi_fdt_regs_of(struct umsi_fdt_reader *r, struct umsi_fdt_regs *out)
{
	uint32_t cells = umsi_fdt_rows(r, "reg", 1, &out->first);

	out->count = 0;
	if (!cells)
		return umsi_fdt_refuse(r, "reg", UMSI_EFW_MISSING);
	out->depth = umsi_fdt_path_to(r->fdt, r->node, out->path);
	/* The root sits on no bus. */
	if (out->depth < 2 || read_cells(r->fdt, out->path[--out->depth - 1], &out->cells))
		return umsi_fdt_refuse(r, "reg", UMSI_EFW_CELLS);
	if (cells % entry_cells(out))
		return umsi_fdt_refuse(r, "reg", UMSI_EFW_VALUE);
	out->count = cells / entry_cells(out);
	return r->status;
}

/* [address, address + bytes) ends at 2^64 at the latest. */
static bool ends(uint64_t address, uint64_t bytes)
{
	return bytes == 0 || bytes - 1 <= UINT64_MAX - address;
}

bool umsi_fdt_regs_entry(const struct umsi_fdt_regs *regs, uint32_t index,
			 uint64_t *out_address, uint64_t *out_bytes)
{
	const unsigned char *at = regs->first + 4 * entry_cells(regs) * index;

	*out_address = umsi_fdt_take(&at, regs->cells.address);
	*out_bytes = umsi_fdt_take(&at, regs->cells.size);
	return ends(*out_address, *out_bytes);
}

/* As the node's own bus sees it. */
static int read_entry(struct umsi_fdt_reader *r, const struct umsi_fdt_regs *regs, uint32_t index,
		      uint64_t *out_address, uint64_t *out_bytes)
{
	if (!r->status && index >= regs->count)
		return umsi_fdt_refuse(r, "reg", UMSI_EFW_MISSING);
	if (!r->status && !umsi_fdt_regs_entry(regs, index, out_address, out_bytes))
		return umsi_fdt_refuse(r, "reg", UMSI_EFW_VALUE);
	return r->status;
}

int umsi_fdt_get_reg(const struct umsi_fdt *fdt, umsi_fdt_node node, uint32_t index,
		     uint64_t *out_address, uint64_t *out_bytes)
{
	struct umsi_fdt_reader r = { .fdt = fdt, .node = node };
	struct umsi_fdt_regs regs;
	uint64_t address, bytes;

	umsi_fdt_regs_of(&r, &regs);
	if (read_entry(&r, &regs, index, &address, &bytes))
		return r.status;
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
	struct umsi_fdt_reader r = { .fdt = fdt, .node = bus };
	struct umsi_fdt_property ranges;
	struct umsi_fdt_cells own, up;
	const unsigned char *at;
	uint32_t rows;
	int err;

	if (!umsi_fdt_get(fdt, bus, "ranges", &ranges))
		return UMSI_EFW_VALUE;
	if (!ranges.bytes)
		return UMSI_OK;
	err = read_cells(fdt, bus, &own);
	if (!err)
		err = read_cells(fdt, above, &up);
	if (err)
		return err;
	for (rows = umsi_fdt_rows(&r, "ranges", own.address + up.address + own.size, &at); rows; rows--) {
		uint64_t child = umsi_fdt_take(&at, own.address), inside = *address - child;
		uint64_t parent = umsi_fdt_take(&at, up.address);
		uint64_t length = umsi_fdt_take(&at, own.size);

		if (*address < child || inside >= length || bytes > length - inside)
			continue;
		if (!ends(parent, length))
			return UMSI_EFW_VALUE;
		*address = parent + inside;
		return UMSI_OK;
	}
	return UMSI_EFW_VALUE;
}

uint64_t umsi_fdt_to_cpu(struct umsi_fdt_reader *r, const struct umsi_fdt_regs *regs,
			 uint64_t address, uint64_t bytes)
{
	/* path[0] is the root, whose addresses are the CPUs'. */
	for (uint32_t level = regs->depth - 1; level > 0; level--) {
		int err = one_bus_up(r->fdt, regs->path[level], regs->path[level - 1], &address, bytes);

		if (err)
			umsi_fdt_refuse(r, "ranges", err);
	}
	return address;
}

uint64_t umsi_fdt_region(struct umsi_fdt_reader *r, const struct umsi_fdt_regs *regs,
			 uint32_t index, uint64_t *out_bytes)
{
	uint64_t address;

	if (read_entry(r, regs, index, &address, out_bytes))
		return *out_bytes = 0;
	return umsi_fdt_to_cpu(r, regs, address, *out_bytes);
}
