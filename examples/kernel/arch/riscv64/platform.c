/* SPDX-License-Identifier: MIT */
/* The device tree, read with the library's own reader. */
#include "core/platform.h"

#include <umsi/fdt.h>

#include "arch.h"
#include "core/tree.h"

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
