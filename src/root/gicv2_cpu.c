/* SPDX-License-Identifier: MIT */
/* A CPU's own part: its banked registers, and interrupts from CPU to CPU. */
#include "root/gicv2.h"
#include "umsi_arch.h"
#include "umsi_gic.h"

/*
 * "GICD_ITARGETSR0": reads as the bit of the CPU that reads, in every byte; on
 * a machine with one CPU it may read as zero, and then target bits mean nothing.
 */
static uint8_t own_targets(const struct umsi_gic *gic)
{
	uint8_t targets = umsi_gic_read8(gic->distributor + GICD_ITARGETSR);

	return targets ? targets : 1;
}

static int start_interface(struct umsi_gicv2 *v2, umsi_cpu cpu)
{
	volatile unsigned char *interface = v2->cpu_interface;
	struct umsi_gic *gic = &v2->gic;

	umsi_mmio_write32(interface + GICC_CTLR, 0);
	umsi_gic_reset_private(gic, gic->distributor, gic->distributor + GICD_CTLR, 0);
	umsi_mmio_write32(interface + GICC_PMR, GIC_PRIORITY_MASK);
	/* Implementations have 16 priorities or more; the group's view may shift the field. */
	if (!umsi_mmio_read32(interface + GICC_PMR))
		return UMSI_EREFUSED;
	umsi_mmio_write32(interface + GICC_CTLR, GICC_CTLR_ENABLE);
	if (!(umsi_mmio_read32(interface + GICC_CTLR) & GICC_CTLR_ENABLE))
		return UMSI_EREFUSED;
	umsi_store32(&gic->cpu[cpu].targets, own_targets(gic));
	return UMSI_OK;
}

int umsi_gicv2_cpu_online(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv2 *v2 = umsi_gicv2_of(d);
	int status;

	if (v2->gic.cpu[cpu].open)
		return UMSI_OK;
	status = start_interface(v2, cpu);
	v2->gic.cpu[cpu].open = status == UMSI_OK;
	return status;
}

/* SPIs wait at the distributor, which keeps what it has; only what CPUs sent each other can be lost. */
int umsi_gicv2_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv2 *v2 = umsi_gicv2_of(d);
	int status = start_interface(v2, cpu);

	if (!status)
		umsi_gic_send_again(&v2->gic, cpu);
	return status;
}

/*
 * Outside traps nothing is active here, and an SPI that was signalled and not
 * acknowledged is pending at the distributor, for its new target. A software
 * generated interrupt may stay pending: the inbox it was about is handed on.
 */
int umsi_gicv2_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv2 *v2 = umsi_gicv2_of(d);

	umsi_mmio_write32(v2->cpu_interface + GICC_CTLR, 0);
	v2->gic.cpu[cpu].open = false;
	return UMSI_OK;
}

void umsi_gicv2_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi)
{
	umsi_barrier_link_to_kick();
	umsi_mmio_write32(gic->distributor + GICD_SGIR,
			  umsi_gic_sgir((uint8_t)umsi_load32(&gic->cpu[cpu].targets), sgi));
}
