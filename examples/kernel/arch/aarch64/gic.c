/* SPDX-License-Identifier: MIT */
#include "gic.h"

#include <umsi/fdt.h>
#include <umsi/gic.h>
#include <umsi/gicv3.h>
#include <umsi/its.h>

#include "core/cpu.h"
#include "core/kernel.h"
#include "core/platform.h"
#include "core/print.h"
#include "core/tree.h"
#include "drivers/intruder.h"
#include "lpis.h"
#include "rtc.h"
#include "smmu.h"

#define REGIONS_MAX	8

void (*gic_trap)(struct umsi_domain *root, umsi_cpu cpu);

static bool is_v3(void)
{
	return gic_trap == umsi_gicv3_trap;
}

static void timer(void *host, umsi_cpu cpu)
{
	(void)host;
	(void)cpu;
	cpu_tick();
}

static int make_v3(struct umsi *m, struct umsi_domain **out)
{
	struct umsi_gicv3_region region[REGIONS_MAX];
	struct umsi_fdt_error error = { 0 };
	struct umsi_gicv3_config config;

	tree_need(umsi_fdt_gicv3(&tree_fdt, region, REGIONS_MAX, &config, &error), "GICv3", &error);
	config.timer = timer;
	kprintf("gic: version 3 at %lx, %u regions of redistributors, timer %u\n", config.distributor,
		config.regions, config.timer_id);
	gic_trap = umsi_gicv3_trap;
	return umsi_gicv3_create(m, &config, out);
}

static int make_v2(struct umsi *m, struct umsi_domain **out)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_gic_config config;

	tree_need(umsi_fdt_gic(&tree_fdt, &config, &error), "GIC", &error);
	config.timer = timer;
	kprintf("gic: version %u at %lx, %u message frames, timer %u\n", config.version,
		config.distributor, config.frames, config.timer_id);
	gic_trap = umsi_gic_trap;
	return umsi_gic_create(m, &config, out);
}

int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out)
{
	(void)p;
	if (umsi_fdt_find_compatible(&tree_fdt, -1, "arm,gic-v3") >= 0)
		return make_v3(m, out);
	return make_v2(m, out);
}

int platform_messages(struct platform *p, struct umsi *m, struct umsi_domain *root,
		      struct umsi_domain **out)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_its_config config;
	struct umsi_pci_host host;
	umsi_fdt_node its;

	(void)p;
	*out = root;
	if (!is_v3())
		return UMSI_OK;
	tree_need(umsi_fdt_its(&tree_fdt, -1, &its, &config, &error), "ITS", &error);
	tree_need(umsi_fdt_pci_host(&tree_fdt, -1, &host, &error), "PCI host bridge", &error);
	tree_need(umsi_fdt_its_map(&tree_fdt, host.node, 0, its, &config, &error), "msi-map", &error);
	if (smmu_start())
		config.map_doorbell = smmu_map_doorbell;
	kprintf("its: at %lx, %u maps\n", config.phys, config.maps);
	kernel.translator = "its";
	return umsi_its_create(m, root, &config, out);
}

int platform_ipi_add(struct umsi_domain *root, void (*handler)(void *arg, umsi_cpu cpu), void *arg,
		     uint32_t *out_ipi)
{
	return is_v3() ? umsi_gicv3_ipi_add(root, handler, arg, out_ipi) :
			 umsi_gic_ipi_add(root, handler, arg, out_ipi);
}

int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	return is_v3() ? umsi_gicv3_ipi_send(root, ipi, cpu) : umsi_gic_ipi_send(root, ipi, cpu);
}

/* GIC binding: an SPI, its number without the 32 private ones, 4 for active high. */
#define CELL_SPI	0
#define CELL_HIGH	4
#define SPI_FIRST	32

bool platform_pci_wire(uint32_t requester_id, uint32_t pin, struct umsi_table **table, uint32_t *index,
		       uint8_t *trigger)
{
	struct umsi_device_config config = { .name = "intx", .parent = kernel.root };
	struct umsi_fdt_interrupt interrupt;
	static struct umsi_device *device;
	static struct umsi_table *wires;
	struct umsi_fdt_error error = { 0 };
	struct umsi_pci_host host;

	tree_need(umsi_fdt_pci_host(&tree_fdt, -1, &host, &error), "PCI host bridge", &error);
	if (umsi_fdt_pci_interrupt(&tree_fdt, host.node, requester_id, pin, &interrupt) != UMSI_OK ||
	    interrupt.cells < 3 || interrupt.cell[0] != CELL_SPI || (interrupt.cell[2] & 15) != CELL_HIGH)
		return false;
	if (!wires)
		tree_need(umsi_device_add(kernel.m, &config, &device), "wires of PCI", NULL);
	if (!wires)
		tree_need(gic_wires(device, &wires), "wires of PCI", NULL);
	*table = wires;
	*index = SPI_FIRST + interrupt.cell[1];
	*trigger = UMSI_TRIGGER_LEVEL_HIGH;
	return true;
}

int gic_wires(struct umsi_device *device, struct umsi_table **out)
{
	return is_v3() ? umsi_gicv3_wires(device, out) : umsi_gic_wires(device, out);
}

bool platform_check(struct umsi_domain *root)
{
	bool good = rtc_check(root);

	if (is_v3())
		good = intruder_check() && good;
	if (is_v3() && kernel.options.lpis)
		good = lpis_fire(kernel.options.lpis) && good;
	return good;
}
