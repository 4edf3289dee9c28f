/* SPDX-License-Identifier: MIT */
/* What this machine has beside what every device tree tells. */
#include "core/platform.h"

#include <umsi/fdt.h>

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
