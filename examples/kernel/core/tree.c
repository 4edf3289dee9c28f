/* SPDX-License-Identifier: MIT */
#include "core/tree.h"

#include "core/print.h"
#include "core/text.h"

#define TREE_BYTES_MAX	(1u << 21)

extern char kernel_end[];

struct umsi_fdt tree_fdt;
umsi_fdt_node tree_pci_host;

void tree_need(int status, const char *what, const struct umsi_fdt_error *error)
{
	if (status != UMSI_OK)
		panic("device tree: %s: %s (%s at %u)", what, umsi_status_text(status),
		      error && error->what ? error->what : "?", error ? error->offset : 0);
}

static uint64_t page_up(uint64_t a)
{
	return (a + 4095) & ~4095ull;
}

/* Keeps the larger part of [first, end) that [hole, hole + bytes) leaves. */
static void carve(uint64_t *first, uint64_t *end, uint64_t hole, uint64_t bytes)
{
	uint64_t hole_end = page_up(hole + bytes);

	hole &= ~4095ull;
	if (hole_end <= *first || hole >= *end)
		return;
	if (hole > *first && hole - *first >= (hole_end < *end ? *end - hole_end : 0))
		*end = hole;
	else
		*first = hole_end;
}

/* The first bank of the memory node that the kernel is in; a machine of several NUMA nodes has several. */
static void find_bank(uint64_t *base, uint64_t *bytes)
{
	umsi_fdt_node node = umsi_fdt_first_child(&tree_fdt, umsi_fdt_root(&tree_fdt));
	uintptr_t here = (uintptr_t)kernel_end;

	for (; node >= 0; node = umsi_fdt_next_sibling(&tree_fdt, node))
		if (text_starts(umsi_fdt_name(&tree_fdt, node), "memory") &&
		    umsi_fdt_get_reg(&tree_fdt, node, 0, base, bytes) == UMSI_OK && here - *base < *bytes)
			return;
	tree_need(UMSI_EFW_MISSING, "/memory", NULL);
}

/* Free memory: that bank, without kernel, tree and reservations. */
static void find_memory(struct platform *p, const void *tree)
{
	umsi_fdt_node node;
	uint64_t base, bytes, first, end;

	find_bank(&base, &bytes);
	first = page_up((uintptr_t)kernel_end);
	end = base + bytes;
	carve(&first, &end, (uintptr_t)tree, tree_fdt.bytes);
	node = umsi_fdt_find_path(&tree_fdt, "/reserved-memory");
	if (node >= 0)
		node = umsi_fdt_first_child(&tree_fdt, node);
	for (; node >= 0; node = umsi_fdt_next_sibling(&tree_fdt, node))
		if (umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) == UMSI_OK)
			carve(&first, &end, base, bytes);
	p->memory = first;
	p->memory_bytes = end - first;
}

static void find_arguments(struct platform *p)
{
	umsi_fdt_node chosen = umsi_fdt_find_path(&tree_fdt, "/chosen");
	struct umsi_fdt_property property;

	if (chosen < 0 || !umsi_fdt_get(&tree_fdt, chosen, "bootargs", &property))
		return;
	for (uint32_t i = 0; i < property.bytes && i < sizeof(p->arguments) - 1; i++)
		p->arguments[i] = (char)property.value[i];
}

static void find_pci(struct platform *p)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_pci_host host;

	tree_need(umsi_fdt_pci_host(&tree_fdt, -1, &host, &error), "PCI host bridge", &error);
	tree_pci_host = host.node;
	p->pci.ecam = host.ecam_phys;
	p->pci.ecam_bytes = host.ecam_bytes;
	for (uint32_t i = 0; i < host.windows; i++) {
		if (host.window[i].io || host.window[i].wide)
			continue;
		p->pci.memory = host.window[i].phys;
		p->pci.memory_pci = host.window[i].pci;
		p->pci.memory_bytes = host.window[i].bytes;
	}
	if (!p->pci.memory_bytes)
		panic("device tree: the PCI host bridge has no 32-bit memory window");
}

void tree_read(struct platform *p, uint64_t boot_hw_id, const void *tree)
{
	struct umsi_fdt_error error = { 0 };

	tree_need(umsi_fdt_open(tree, TREE_BYTES_MAX, &tree_fdt, &error), "header", &error);
	tree_need(umsi_fdt_cpus(&tree_fdt, boot_hw_id, p->cpu, PLATFORM_CPUS_MAX, &p->cpus, &error),
		  "/cpus", &error);
	find_memory(p, tree);
	find_arguments(p);
	find_pci(p);
}
