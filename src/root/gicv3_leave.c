/* SPDX-License-Identifier: MIT */
/*
 * A CPU leaves (R14). Numbers are global, so there is nothing to prepare and
 * nothing that could run out: each interrupt aimed at the CPU gets another
 * target. What was pending there goes along (MOVI, IROUTER), what it had
 * acknowledged it serves before it dies.
 */
#include "core/target.h"
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

static int evacuate_chunk(struct umsi_gicv3 *gic, uint32_t n, umsi_cpu cpu)
{
	struct umsi_gicv3_chunk *chunk = umsi_load_ptr_acquire(&gic->chunk[n]);
	int status = UMSI_OK;

	for (uint32_t i = 0; chunk && i < GICV3_CHUNK && !status; i++) {
		struct umsi_record *r = umsi_load_ptr_acquire(&chunk->record[i]);

		if (r)
			status = umsi_target_evacuate(r, n * GICV3_CHUNK + i, cpu);
	}
	return status;
}

int umsi_gicv3_cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	int status = UMSI_OK;

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &gic->lock, umsi_lock(d->m, &gic->lock));
	for (uint32_t n = 0; n <= (gic->lpis_end - 1) >> GICV3_CHUNK_BITS && !status; n++)
		status = evacuate_chunk(gic, n, cpu);
	return status;
}

/*
 * Outside traps nothing is acknowledged here, and what was signalled and not
 * acknowledged is pending for its new target. A software generated interrupt may
 * stay pending: the inbox it was about is handed on.
 */
int umsi_gicv3_cpu_dead(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);

	umsi_icc_group(0);
	gic->cpu[cpu].open = false;
	umsi_gicv3_prove(gic, cpu);
	return UMSI_OK;
}
