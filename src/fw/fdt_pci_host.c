/* SPDX-License-Identifier: MIT */
/*
 * Host bridges whose configuration space is mapped in memory (ECAM).
 * Source: Devicetree binding pci-host-ecam-generic; IEEE Std 1275 "PCI Bus
 * Binding to Open Firmware", "Address Format" for the cells of ranges.
 */
#include "fw/fdt_read.h"

#define ECAM_BUS_SHIFT	20u		/* bytes of one bus; PCIe Base, "ECAM" */
#define BUS_MAX		255u
#define SEGMENT_MAX	0xffffu
#define PCI_CELLS	3u		/* of an address in ranges: phys.hi, .mid, .low */
#define PCI_SIZE_CELLS	2u
#define WINDOWS_MAX	(sizeof(((struct umsi_pci_host *)0)->window) / \
			 sizeof(((struct umsi_pci_host *)0)->window[0]))

/* phys.hi: bit 30 prefetchable, bits 25:24 the space. */
#define PHYS_HI_PREFETCHABLE	(UINT32_C(1) << 30)
#define PHYS_HI_SPACE(hi)	((hi) >> 24 & 3)
enum { SPACE_CONFIG = 0, SPACE_IO = 1, SPACE_MEMORY = 2, SPACE_MEMORY64 = 3 };

struct bridge {
	const struct umsi_fdt *fdt;
	umsi_fdt_node node;
	struct umsi_fdt_error *error;
	struct umsi_fdt_regs regs;
	struct umsi_pci_host host;	/* what becomes the result */
};

static int refuse(const struct bridge *bridge, const char *what, int status)
{
	return umsi_fdt_refuse_node(bridge->error, bridge->fdt, bridge->node, what, status);
}

static int read_ecam(struct bridge *bridge)
{
	struct umsi_pci_host *host = &bridge->host;
	uint64_t address;
	int err;

	err = umsi_fdt_regs_of(bridge->fdt, bridge->node, &bridge->regs);
	if (err)
		return refuse(bridge, "reg: absent or malformed", err);
	if (!umsi_fdt_regs_entry(&bridge->regs, 0, &address, &host->ecam_bytes))
		return refuse(bridge, "reg: past the end of the address space", UMSI_EFW_VALUE);
	if (!(host->ecam_bytes >> ECAM_BUS_SHIFT))
		return refuse(bridge, "reg: smaller than the 1 MiB of one bus", UMSI_EFW_VALUE);
	err = umsi_fdt_to_cpu(bridge->fdt, &bridge->regs, address, host->ecam_bytes,
			      &host->ecam_phys);
	if (err)
		return refuse(bridge, "reg: no ranges above shows it to the CPUs", err);
	return UMSI_OK;
}

/* Configuration space starts with that of the first bus. */
static int read_buses(struct bridge *bridge)
{
	struct umsi_pci_host *host = &bridge->host;
	uint64_t buses = host->ecam_bytes >> ECAM_BUS_SHIFT;
	struct umsi_fdt_property range;

	if (!umsi_fdt_get(bridge->fdt, bridge->node, "bus-range", &range)) {
		host->first_bus = 0;
		host->last_bus = buses > BUS_MAX ? BUS_MAX : (uint32_t)buses - 1;
		return UMSI_OK;
	}
	if (range.bytes != 8)
		return refuse(bridge, "bus-range: not two cells", UMSI_EFW_VALUE);
	host->first_bus = umsi_fdt_be32(range.value);
	host->last_bus = umsi_fdt_be32(range.value + 4);
	if (host->first_bus > host->last_bus || host->last_bus > BUS_MAX)
		return refuse(bridge, "bus-range: not ascending within 0 to 255", UMSI_EFW_VALUE);
	if (host->last_bus - host->first_bus >= buses)
		return refuse(bridge, "bus-range: more buses than reg has room for", UMSI_EFW_VALUE);
	return UMSI_OK;
}

static int read_names(struct bridge *bridge)
{
	struct umsi_pci_host *host = &bridge->host;
	struct umsi_fdt_property parent;

	if (umsi_fdt_u32_or(bridge->fdt, bridge->node, "linux,pci-domain", 0, &host->segment) ||
	    host->segment > SEGMENT_MAX)
		return refuse(bridge, "linux,pci-domain: not one cell up to 0xffff", UMSI_EFW_VALUE);
	if (!umsi_fdt_get(bridge->fdt, bridge->node, "msi-parent", &parent))
		return UMSI_OK;
	if (!parent.bytes || parent.bytes % 4)
		return refuse(bridge, "msi-parent: not whole cells", UMSI_EFW_VALUE);
	host->msi_parent = umsi_fdt_be32(parent.value);
	return UMSI_OK;
}

/* One entry of ranges: PCI address (3 cells), @parent cells, size (2 cells). */
static int add_window(struct bridge *bridge, const unsigned char *entry, uint32_t parent)
{
	uint32_t hi = umsi_fdt_be32(entry);
	uint64_t pci = umsi_fdt_number(entry + 4, 2);
	uint64_t address = umsi_fdt_number(entry + 4 * PCI_CELLS, parent);
	uint64_t bytes = umsi_fdt_number(entry + 4 * (PCI_CELLS + parent), PCI_SIZE_CELLS);
	uint32_t space = PHYS_HI_SPACE(hi);
	uint64_t last = space == SPACE_MEMORY64 ? UINT64_MAX : UINT32_MAX;
	uint64_t phys;
	uint32_t n;
	int err;

	if (space == SPACE_CONFIG)
		return UMSI_OK;		/* older trees list it; reg says the same */
	if (bridge->host.windows == WINDOWS_MAX)
		return refuse(bridge, "ranges: more than 8 windows", UMSI_EFW_ROOM);
	if (!bytes || pci > last || bytes - 1 > last - pci || bytes - 1 > UINT64_MAX - address)
		return refuse(bridge, "ranges: a window past the end of its space", UMSI_EFW_VALUE);
	err = umsi_fdt_to_cpu(bridge->fdt, &bridge->regs, address, bytes, &phys);
	if (err)
		return refuse(bridge, "ranges: no ranges above shows a window to the CPUs", err);

	n = bridge->host.windows++;
	bridge->host.window[n].pci = pci;
	bridge->host.window[n].phys = phys;
	bridge->host.window[n].bytes = bytes;
	bridge->host.window[n].io = space == SPACE_IO;
	bridge->host.window[n].prefetchable = hi & PHYS_HI_PREFETCHABLE;
	bridge->host.window[n].wide = space == SPACE_MEMORY64;
	return UMSI_OK;
}

static int read_windows(struct bridge *bridge)
{
	uint32_t parent = bridge->regs.cells.address;
	uint32_t entry = 4 * (PCI_CELLS + parent + PCI_SIZE_CELLS);
	uint32_t address_cells, size_cells;
	struct umsi_fdt_property ranges;
	int err;

	if (umsi_fdt_u32_or(bridge->fdt, bridge->node, "#address-cells", 0, &address_cells) ||
	    umsi_fdt_u32_or(bridge->fdt, bridge->node, "#size-cells", 0, &size_cells) ||
	    address_cells != PCI_CELLS || size_cells != PCI_SIZE_CELLS)
		return refuse(bridge, "#address-cells, #size-cells: not 3 and 2", UMSI_EFW_CELLS);
	if (!umsi_fdt_get(bridge->fdt, bridge->node, "ranges", &ranges))
		return refuse(bridge, "ranges: absent", UMSI_EFW_MISSING);
	if (!ranges.bytes || ranges.bytes % entry)
		return refuse(bridge, "ranges: not whole entries", UMSI_EFW_VALUE);
	for (uint32_t at = 0; at < ranges.bytes; at += entry) {
		err = add_window(bridge, ranges.value + at, parent);
		if (err)
			return err;
	}
	return UMSI_OK;
}

int umsi_fdt_pci_host(const struct umsi_fdt *fdt, umsi_fdt_node after,
		      struct umsi_pci_host *out, struct umsi_fdt_error *error)
{
	struct bridge bridge = { .fdt = fdt, .error = error };
	int err;

	if (!fdt || !out)
		return umsi_fdt_refuse(error, 0, "a pointer is NULL", UMSI_EINVAL);
	bridge.node = umsi_fdt_next_okay(fdt, after, "pci-host-ecam-generic");
	if (bridge.node < 0)
		return refuse(&bridge, "no further pci-host-ecam-generic", UMSI_EFW_MISSING);
	bridge.host.node = bridge.node;
	err = read_ecam(&bridge);
	if (!err)
		err = read_buses(&bridge);
	if (!err)
		err = read_names(&bridge);
	if (!err)
		err = read_windows(&bridge);
	if (err)
		return err;
	*out = bridge.host;
	return UMSI_OK;
}
