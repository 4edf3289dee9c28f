/* SPDX-License-Identifier: MIT */
/*
 * What to do when the controller has lost what it held: one CPU's part, after an
 * idle state; the distributor's too, after a suspend of the whole machine.
 *
 * Pending LPIs. A redistributor writes them to its pending table when EnableLPIs
 * is cleared, where that is possible at all, and reads them back if PTZ is clear
 * (IHI 0069, "GICR_CTLR", "GICR_PENDBASER"). One that lost its power without
 * notice has left anything there. So the table is cleared and said to be clear,
 * and every interrupt aimed there is called once.
 */
#include "core/hold.h"
#include "root/gicv3.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

/* Whatever was pending at the CPU's redistributor is called once. */
static void call_all(struct umsi_gicv3 *gic, umsi_cpu cpu)
{
	for (uint32_t id = GICV3_FIRST_LPI; id < gic->lpis_end; id++) {
		struct umsi_record *r;

		if (!umsi_load_ptr_acquire(&gic->chunk[id >> GICV3_CHUNK_BITS])) {
			id |= GICV3_CHUNK - 1;
			continue;
		}
		r = umsi_gicv3_owner(gic, id);
		if (r && umsi_load32(&r->target) == cpu)
			umsi_inbox_trigger(r);
	}
}

/*
 * Without affinity routing a redistributor's registers of private interrupts are
 * not there, so the distributor comes first, whoever comes first.
 */
static int distributor_restore(struct umsi_gicv3 *gic)
{
	struct umsi *m = umsi_gicv3_machine(gic);
	uintptr_t state = umsi_lock(m, &gic->lock);
	int status = UMSI_OK;

	if (!umsi_gicv3_is_on(gic)) {
		gic->lost = true;
		status = umsi_gicv3_reset(gic);
	}
	umsi_unlock(m, &gic->lock, state);
	return status;
}

/* What CPUs sent each other can be lost, too. */
int umsi_gicv3_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	struct umsi_gicv3_cpu *c = &gic->cpu[cpu];
	bool kept = umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS;
	int status = distributor_restore(gic);

	c->open = false;
	if (!status)
		status = umsi_gicv3_cpu_online(d, cpu);
	if (status)
		return status;
	if (!kept)
		call_all(gic, cpu);
	for (uint32_t sgi = 0; sgi <= umsi_load32_acquire(&gic->ipis); sgi++)
		umsi_gicv3_send(gic, cpu, GICV3_SGI_KICK + sgi);
	return UMSI_OK;
}

/*
 * Its trigger and enable bit its device's return writes (wires), or the path's
 * start has to be repeated here (messages). An edge may have been lost; a level
 * tells by itself.
 */
static int restore_spi(struct umsi_gicv3 *gic, struct umsi_record *r, uint32_t id)
{
	struct umsi_hold hold;
	int status = UMSI_OK;

	umsi_hold_enter(r, &hold);
	if (r->phase != UMSI_PHASE_FREE && r->slot == id && umsi_load32(&r->target) != UMSI_CPU_NONE) {
		umsi_gicv3_route(gic, id, umsi_load32(&r->target));
		if (gic->lost && r->phase == UMSI_PHASE_ACTIVE && !umsi_record_is_level(r))
			umsi_inbox_trigger(r);
	}
	umsi_hold_unlock(r, &hold);
	return status;
}

/* Routes are written whether they were lost or not: firmware may have switched the rest on again. */
int umsi_gicv3_resume(struct umsi_domain *d)
{
	struct umsi_gicv3 *gic = umsi_gicv3_of(d);
	int status = distributor_restore(gic);

	for (uint32_t id = GICV3_FIRST_SPI; id < gic->spis_end && !status; id++) {
		struct umsi_record *r = umsi_gicv3_owner(gic, id);

		if (r)
			status = restore_spi(gic, r, id);
	}
	if (!status)
		gic->lost = false;
	return status;
}
