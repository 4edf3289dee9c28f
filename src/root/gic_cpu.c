/* SPDX-License-Identifier: MIT */
/* A CPU's own part: its banked registers, and interrupts from CPU to CPU. */
#include "root/gic.h"
#include "umsi_arch.h"
#include "umsi_gic.h"

/* Lets every priority pass that is not the lowest. */
#define PRIORITY_MASK	0xf0u
#define PRIORITY_ALL	0xa0a0a0a0u
#define ALL_SGIS	0x0000ffffu
#define ALL_PRIVATE	0xffff0000u

static void write(struct umsi_gic *gic, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(gic->distributor + offset, value);
}

/* Ids 0 to 31: registers at the same addresses, one set for each CPU. */
static void reset_private(struct umsi_gic *gic)
{
	write(gic, GICD_ICENABLER, ALL_PRIVATE);
	write(gic, GICD_ICPENDR, ALL_PRIVATE);
	write(gic, GICD_ICACTIVER, UINT32_MAX);
	for (uint32_t id = 0; id < GIC_FIRST_SPI; id += 4)
		write(gic, GICD_IPRIORITYR + id, PRIORITY_ALL);
	write(gic, GICD_ISENABLER, ALL_SGIS | (gic->timer_id ? umsi_gic_bit(gic->timer_id) : 0));
}

/*
 * "GICD_ITARGETSR0": reads as the bit of the CPU that reads, in every byte; on
 * a machine with one CPU it may read as zero, and then target bits mean nothing.
 */
static uint8_t own_targets(struct umsi_gic *gic)
{
	uint8_t targets = umsi_gic_read8(gic->distributor + GICD_ITARGETSR);

	return targets ? targets : 1;
}

static int start_interface(struct umsi_gic *gic, umsi_cpu cpu)
{
	volatile unsigned char *interface = gic->cpu_interface;

	umsi_mmio_write32(interface + GICC_CTLR, 0);
	reset_private(gic);
	umsi_mmio_write32(interface + GICC_PMR, PRIORITY_MASK);
	/* Implementations have 16 priorities or more; the group's view may shift the field. */
	if (!umsi_mmio_read32(interface + GICC_PMR))
		return UMSI_EREFUSED;
	umsi_mmio_write32(interface + GICC_CTLR, GICC_CTLR_ENABLE);
	if (!(umsi_mmio_read32(interface + GICC_CTLR) & GICC_CTLR_ENABLE))
		return UMSI_EREFUSED;
	umsi_store32(&gic->cpu[cpu].targets, own_targets(gic));
	return UMSI_OK;
}

int umsi_gic_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	int status;

	if (gic->cpu[cpu].open)
		return UMSI_OK;
	status = start_interface(gic, cpu);
	gic->cpu[cpu].open = status == UMSI_OK;
	return status;
}

/* SPIs wait at the distributor, which keeps what it has; only what CPUs sent each other can be lost. */
int umsi_gic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	int status = start_interface(gic, cpu);

	for (uint32_t sgi = 0; !status && sgi <= umsi_load32_acquire(&gic->ipis.count); sgi++)
		umsi_gic_send(gic, cpu, GIC_SGI_KICK + sgi);
	return status;
}

void umsi_gic_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi)
{
	umsi_barrier_link_to_kick();
	write(gic, GICD_SGIR, umsi_gic_sgir((uint8_t)umsi_load32(&gic->cpu[cpu].targets), sgi));
}

int umsi_gic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		     void *arg, uint32_t *out_ipi)
{
	if (!root)
		return UMSI_EINVAL;
	return umsi_ipi_add(root->m, &umsi_gic_of(root)->ipis, handler, arg, out_ipi);
}

int umsi_gic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu)
{
	struct umsi_gic *gic;
	int status;

	if (!root)
		return UMSI_EINVAL;
	gic = umsi_gic_of(root);
	status = umsi_ipi_check(root->m, &gic->ipis, ipi, cpu);
	if (!status)
		umsi_gic_send(gic, cpu, GIC_SGI_KICK + 1 + ipi);
	return status;
}
