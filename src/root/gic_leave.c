/* SPDX-License-Identifier: MIT */
/*
 * A CPU leaves (R14). Numbers are global, so there is nothing to prepare and
 * nothing that could run out: each interrupt aimed at the CPU gets another
 * target. What was pending there goes along, what it had acknowledged it
 * completes before it dies.
 */
#include "core/target.h"
#include "root/gic.h"
#include "umsi_arch.h"

int umsi_gic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	int status = UMSI_OK;

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &gic->lock, umsi_lock(d->m, &gic->lock));
	for (uint32_t id = GIC_FIRST_SPI; id < gic->ids && !status; id++) {
		struct umsi_record *r = umsi_load_ptr_acquire(&gic->record[id]);

		if (r)
			status = umsi_target_evacuate(r, id, cpu);
	}
	return status;
}

/*
 * Outside traps nothing is active here, and an SPI that was signalled and not
 * acknowledged is pending at the distributor, for its new target. A software
 * generated interrupt may stay pending: the inbox it was about is handed on.
 */
int umsi_gic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);

	umsi_mmio_write32(gic->cpu_interface + GICC_CTLR, 0);
	gic->cpu[cpu].open = false;
	return UMSI_OK;
}
