/* SPDX-License-Identifier: MIT */
/*
 * A CPU leaves (R14). Numbers are global, so there is nothing to prepare and
 * nothing that could run out: each interrupt aimed at the CPU gets another
 * target. What was pending there goes along, what it had acknowledged it
 * serves before it dies.
 */
#include "core/target.h"
#include "root/gic.h"

int umsi_gic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_record *r;
	int status = UMSI_OK;

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &gic->lock, umsi_lock(d->m, &gic->lock));
	for (uint32_t id = GIC_FIRST_SPI; !status && (r = umsi_gic_next_owner(gic, &id, gic->end)); id++)
		status = umsi_target_evacuate(r, id, cpu);
	return status;
}
