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

/* Whatever was pending at the CPU's redistributor is called once. */
static void call_all(struct umsi_gic *gic, umsi_cpu cpu)
{
	struct umsi_record *r;

	for (uint32_t id = GIC_FIRST_LPI; (r = umsi_gic_next_owner(gic, &id, gic->end)); id++)
		if (umsi_load32(&r->target) == cpu)
			umsi_inbox_trigger(r);
}

/*
 * Without affinity routing a redistributor's registers of private interrupts are
 * not there, so the distributor comes first, whoever comes first.
 */
static int distributor_restore(struct umsi_gic *gic)
{
	uintptr_t state = umsi_lock(gic->m, &gic->lock);
	int status = UMSI_OK;

	if (!umsi_gic_is_on(gic)) {
		umsi_store32(&gic->lost, true);
		status = umsi_gic_reset(gic);
	}
	umsi_unlock(gic->m, &gic->lock, state);
	return status;
}

static bool has_lpis(const struct umsi_gic_cpu *c)
{
	return umsi_mmio_read32(c->frame + GICR_CTLR) & GICR_CTLR_LPIS;
}

/* What CPUs sent each other can be lost, too. */
int umsi_gicv3_cpu_restore(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_gic_cpu *c = &gic->cpu[cpu];
	uint32_t restores = umsi_load32(&c->restores) | 1;
	bool kept = has_lpis(c);
	int status = distributor_restore(gic);

	c->open = false;
	umsi_store32_release(&c->restores, restores);
	umsi_barrier_publish_to_message();
	if (!status)
		status = umsi_gicv3_cpu_online(d, cpu);
	if (status)
		return status;
	if (!kept)
		call_all(gic, cpu);
	umsi_store32_release(&c->restores, restores + 1);
	umsi_gic_send_again(gic, cpu);
	return UMSI_OK;
}

/*
 * A move takes along what is pending, if there is anything left of it: the old
 * CPU may have lost its redistributor and not be back yet, or come back while
 * the move is under way and no longer find the interrupt among its own.
 *
 *   loss, MOVI, look, restore    the look finds LPIs off
 *   loss, restore, MOVI          the restore finds the interrupt, and calls it
 *   loss, MOVI, restore, look    LPIs are on again: "restores" was changed before they were
 *   MOVI, loss                   nothing was left to lose
 */
uint32_t umsi_gicv3_restore_mark(const struct umsi_gic_cpu *from)
{
	return umsi_load32_acquire(&from->restores);
}

bool umsi_gicv3_has_lost(const struct umsi_gic_cpu *from, uint32_t mark)
{
	bool on = has_lpis(from);

	umsi_barrier_flush_to_stamp();
	return !on || mark & 1 || umsi_load32_acquire(&from->restores) != mark;
}

/*
 * Its trigger and enable bit its device's return writes (wires), or the path's
 * start has to be repeated here (messages). An edge may have been lost; a level
 * tells by itself.
 */
static int restore_spi(struct umsi_gic *gic, struct umsi_record *r, uint32_t id)
{
	struct umsi_hold hold;
	int status = UMSI_OK;

	umsi_hold_enter(r, &hold);
	if (r->phase != UMSI_PHASE_FREE && r->slot == id && umsi_load32(&r->target) != UMSI_CPU_NONE) {
		umsi_gic_route(gic, id, umsi_load32(&r->target));
		if (r->phase == UMSI_PHASE_ACTIVE && r->leaf->parent == &gic->messages.domain) {
			/* A move may have opened it since the loss. */
			umsi_gic_disable(gic, id);
			status = umsi_gic_message_open(gic, r);
		}
		if (umsi_load32(&gic->lost) && r->phase == UMSI_PHASE_ACTIVE && !umsi_record_is_level(r))
			umsi_inbox_trigger(r);
	}
	umsi_hold_unlock(r, &hold);
	return status;
}

/* Routes are written whether they were lost or not: firmware may have switched the rest on again. */
int umsi_gicv3_resume(struct umsi_domain *d)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	int status = distributor_restore(gic);
	struct umsi_record *r;

	for (uint32_t id = GIC_FIRST_SPI; !status && (r = umsi_gic_next_owner(gic, &id, gic->spis_end)); id++)
		status = restore_spi(gic, r, id);
	if (!status)
		umsi_store32(&gic->lost, false);
	return status;
}
