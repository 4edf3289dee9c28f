/* SPDX-License-Identifier: MIT */
/* The device tree, read with the library's own reader. */
#include "core/platform.h"

#include <umsi/fdt.h>
#include <umsi/imsic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/print.h"
#include "core/tree.h"

static struct umsi_imsic_file files[PLATFORM_CPUS_MAX];

/* The firmware's own use of it drops the status, so the kernel keeps its address. */
static void find_exit(struct platform *p)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "sifive,test0");
	uint64_t bytes;

	if (node < 0 || umsi_fdt_get_reg(&tree_fdt, node, 0, &p->exit_register, &bytes) != UMSI_OK)
		p->exit_register = 0;
}

void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree)
{
	umsi_fdt_node cpus;
	uint32_t hz = 0;

	tree_read(p, boot_hw_id, tree);
	cpus = umsi_fdt_find_path(&tree_fdt, "/cpus");
	tree_need(umsi_fdt_get_u32(&tree_fdt, cpus, "timebase-frequency", 0, &hz), "timebase-frequency", NULL);
	p->ticks_per_second = hz;
	find_exit(p);
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

	tree_need(umsi_fdt_imsic(&tree_fdt, p->cpu, p->cpus, files, &config, &error), "IMSIC", &error);
	config.timer = timer;
	kprintf("imsic: %u ids a file, cpu 0 at %lx\n", config.num_ids, files[0].phys);
	return umsi_imsic_create(m, &config, out);
}

/* Nothing stands between devices and the root. */
int platform_messages(struct platform *p, struct umsi *m, struct umsi_domain *root,
		      struct umsi_domain **out)
{
	(void)p;
	(void)m;
	*out = root;
	return UMSI_OK;
}

int platform_ipi_add(struct umsi_domain *root, void (*handler)(void *arg, umsi_cpu cpu), void *arg,
		     uint32_t *out_ipi)
{
	return umsi_imsic_ipi_add(root, handler, arg, out_ipi);
}

int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return umsi_imsic_ipi_send(root, ipi, cpu);
}
