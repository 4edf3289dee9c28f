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
	struct umsi_fdt_reader r;
	struct umsi_fdt_regs regs;
	struct umsi_pci_host host;	/* what becomes the result */
};

static void read_ecam(struct bridge *bridge)
{
	struct umsi_pci_host *host = &bridge->host;

	umsi_fdt_regs_of(&bridge->r, &bridge->regs);
	host->ecam_phys = umsi_fdt_region(&bridge->r, &bridge->regs, 0, &host->ecam_bytes);
	if (!(host->ecam_bytes >> ECAM_BUS_SHIFT))
		umsi_fdt_refuse(&bridge->r, "reg", UMSI_EFW_VALUE);
}

/* Configuration space starts with that of the first bus. */
static void read_buses(struct bridge *bridge)
{
	struct umsi_pci_host *host = &bridge->host;
	uint64_t buses = host->ecam_bytes >> ECAM_BUS_SHIFT;
	const unsigned char *range;
	uint32_t ranges = umsi_fdt_rows(&bridge->r, "bus-range", 2, &range);

	if (!ranges) {
		host->last_bus = buses > BUS_MAX ? BUS_MAX : (uint32_t)buses - 1;
		return;
	}
	host->first_bus = umsi_fdt_be32(range);
	host->last_bus = umsi_fdt_be32(range + 4);
	if (ranges > 1 || host->first_bus > host->last_bus || host->last_bus > BUS_MAX ||
	    host->last_bus - host->first_bus >= buses)
		umsi_fdt_refuse(&bridge->r, "bus-range", UMSI_EFW_VALUE);
}

static void read_names(struct bridge *bridge)
{
	const unsigned char *parent;

	bridge->host.segment = umsi_fdt_cell(&bridge->r, "linux,pci-domain", 0, 0, SEGMENT_MAX);
	if (umsi_fdt_rows(&bridge->r, "msi-parent", 1, &parent))
		bridge->host.msi_parent = umsi_fdt_be32(parent);
}

/* One entry of ranges: PCI address (3 cells), @parent cells, size (2 cells). */
static void add_window(struct bridge *bridge, const unsigned char **entry, uint32_t parent)
{
	uint32_t hi = (uint32_t)umsi_fdt_take(entry, 1);
	uint64_t pci = umsi_fdt_take(entry, PCI_CELLS - 1);
	uint64_t address = umsi_fdt_take(entry, parent);
	uint64_t bytes = umsi_fdt_take(entry, PCI_SIZE_CELLS);
	uint32_t space = PHYS_HI_SPACE(hi);
	uint64_t last = space == SPACE_MEMORY64 ? UINT64_MAX : UINT32_MAX;
	uint32_t n = bridge->host.windows;

	if (space == SPACE_CONFIG)
		return;			/* older trees list it; reg says the same */
	if (n == WINDOWS_MAX) {
		umsi_fdt_refuse(&bridge->r, "ranges", UMSI_EFW_ROOM);
		return;
	}
	if (!bytes || pci > last || bytes - 1 > last - pci || bytes - 1 > UINT64_MAX - address)
		umsi_fdt_refuse(&bridge->r, "ranges", UMSI_EFW_VALUE);

	bridge->host.windows++;
	bridge->host.window[n].pci = pci;
	bridge->host.window[n].phys = umsi_fdt_to_cpu(&bridge->r, &bridge->regs, address, bytes);
	bridge->host.window[n].bytes = bytes;
	bridge->host.window[n].io = space == SPACE_IO;
	bridge->host.window[n].prefetchable = hi & PHYS_HI_PREFETCHABLE;
	bridge->host.window[n].wide = space == SPACE_MEMORY64;
}

static void read_windows(struct bridge *bridge)
{
	uint32_t parent = bridge->regs.cells.address, windows;
	const unsigned char *at;

	umsi_fdt_cell_count(&bridge->r, "#address-cells", 0, PCI_CELLS, PCI_CELLS);
	umsi_fdt_cell_count(&bridge->r, "#size-cells", 0, PCI_SIZE_CELLS, PCI_SIZE_CELLS);
	windows = umsi_fdt_rows(&bridge->r, "ranges", PCI_CELLS + parent + PCI_SIZE_CELLS, &at);
	if (!windows)
		umsi_fdt_refuse(&bridge->r, "ranges", UMSI_EFW_MISSING);
	for (; windows && !bridge->r.status; windows--)
		add_window(bridge, &at, parent);
}

int umsi_fdt_pci_host(const struct umsi_fdt *fdt, umsi_fdt_node after,
		      struct umsi_pci_host *out, struct umsi_fdt_error *error)
{
	struct bridge bridge = { .r = { .fdt = out ? fdt : NULL, .error = error } };

	if (umsi_fdt_seek(&bridge.r, after, "pci-host-ecam-generic"))
		return bridge.r.status;
	bridge.host.node = bridge.r.node;
	read_ecam(&bridge);
	read_buses(&bridge);
	read_names(&bridge);
	read_windows(&bridge);
	if (!bridge.r.status)
		*out = bridge.host;
	return bridge.r.status;
}
