/* SPDX-License-Identifier: MIT */
/* What this machine has beside what every device tree tells. */
#include "core/platform.h"

#include <umsi/fdt.h>
#include <umsi/gic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/print.h"
#include "core/text.h"
#include "core/tree.h"
#include "firmware.h"

static void find_uart(void)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "arm,pl011");
	uint64_t base, bytes;

	if (node >= 0 && umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) == UMSI_OK)
		uart_at((uintptr_t)base);
}

static void find_psci(void)
{
	umsi_fdt_node node = umsi_fdt_find_path(&tree_fdt, "/psci");
	struct umsi_fdt_property method;

	if (node >= 0 && umsi_fdt_get(&tree_fdt, node, "method", &method))
		psci_by_smc(method.bytes == 4 && method.value[0] == 's');
}

void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree)
{
	tree_read(p, boot_hw_id, tree);
	find_uart();
	find_psci();
	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(p->ticks_per_second));
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
	struct umsi_gic_config config;

	(void)p;
	tree_need(umsi_fdt_gic(&tree_fdt, &config, &error), "GIC", &error);
	config.timer = timer;
	kprintf("gic: version %u at %lx, %u message frames, timer %u\n", config.version,
		config.distributor, config.frames, config.timer_id);
	return umsi_gic_create(m, &config, out);
}

int platform_ipi_add(struct umsi_domain *root, void (*handler)(void *arg, umsi_cpu cpu), void *arg,
		     uint32_t *out_ipi)
{
	return umsi_gic_ipi_add(root, handler, arg, out_ipi);
}

int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return umsi_gic_ipi_send(root, ipi, cpu);
}
