/* SPDX-License-Identifier: MIT */
/* The device tree, read with the library's own reader. */
#include "core/platform.h"

#include <umsi/fdt.h>
#include <umsi/imsic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/print.h"
#include "core/text.h"

#define TREE_BYTES_MAX	(1u << 20)

extern char kernel_end[];

static struct umsi_fdt fdt;
static struct umsi_imsic_file files[PLATFORM_CPUS_MAX];

static void need(int status, const char *what, const struct umsi_fdt_error *error)
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

/* Free memory: the bank the kernel is in, without kernel, tree and reservations. */
static void find_memory(struct platform *p, const void *tree)
{
	umsi_fdt_node node = umsi_fdt_find_path(&fdt, "/memory");
	uint64_t base, bytes, first, end;

	need(node < 0 ? UMSI_EFW_MISSING : UMSI_OK, "/memory", NULL);
	need(umsi_fdt_get_reg(&fdt, node, 0, &base, &bytes), "/memory reg", NULL);
	first = page_up((uintptr_t)kernel_end);
	end = base + bytes;
	carve(&first, &end, (uintptr_t)tree, fdt.bytes);
	node = umsi_fdt_find_path(&fdt, "/reserved-memory");
	if (node >= 0)
		node = umsi_fdt_first_child(&fdt, node);
	for (; node >= 0; node = umsi_fdt_next_sibling(&fdt, node))
		if (umsi_fdt_get_reg(&fdt, node, 0, &base, &bytes) == UMSI_OK)
			carve(&first, &end, base, bytes);
	p->memory = first;
	p->memory_bytes = end - first;
}

static void find_arguments(struct platform *p)
{
	umsi_fdt_node chosen = umsi_fdt_find_path(&fdt, "/chosen");
	struct umsi_fdt_property property;

	if (chosen < 0 || !umsi_fdt_get(&fdt, chosen, "bootargs", &property))
		return;
	for (uint32_t i = 0; i < property.bytes && i < sizeof(p->arguments) - 1; i++)
		p->arguments[i] = (char)property.value[i];
}

/* The firmware's own use of it drops the status, so the kernel keeps its address. */
static void find_exit(struct platform *p)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&fdt, -1, "sifive,test0");
	uint64_t bytes;

	if (node < 0 || umsi_fdt_get_reg(&fdt, node, 0, &p->exit_register, &bytes) != UMSI_OK)
		p->exit_register = 0;
}

static void find_pci(struct platform *p)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_pci_host host;

	need(umsi_fdt_pci_host(&fdt, -1, &host, &error), "PCI host bridge", &error);
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

void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree)
{
	struct umsi_fdt_error error = { 0 };
	umsi_fdt_node cpus;
	uint32_t hz = 0;

	need(umsi_fdt_open(tree, TREE_BYTES_MAX, &fdt, &error), "header", &error);
	need(umsi_fdt_cpus(&fdt, boot_hw_id, p->cpu, PLATFORM_CPUS_MAX, &p->cpus, &error),
	     "/cpus", &error);
	cpus = umsi_fdt_find_path(&fdt, "/cpus");
	need(umsi_fdt_get_u32(&fdt, cpus, "timebase-frequency", 0, &hz), "timebase-frequency", NULL);
	p->ticks_per_second = hz;
	find_exit(p);
	find_memory(p, tree);
	find_arguments(p);
	find_pci(p);
}

static void timer(void *host, umsi_cpu cpu)
{
	(void)host;
	(void)cpu;
	cpu_tick();
}

int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_imsic_config config;

	need(umsi_fdt_imsic(&fdt, p->cpu, p->cpus, files, &config, &error), "IMSIC", &error);
	config.timer = timer;
	kprintf("imsic: %u ids a file, cpu 0 at %lx\n", config.num_ids, files[0].phys);
	return umsi_imsic_create(m, &config, out);
}
