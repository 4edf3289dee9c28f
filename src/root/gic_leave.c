/* SPDX-License-Identifier: MIT */
/*
 * A CPU leaves (R14). Numbers are global, so there is nothing to prepare and
 * nothing that could run out: each interrupt aimed at the CPU gets another
 * target. What was pending there goes along, what it had acknowledged it
 * completes before it dies.
 */
#include "root/gic.h"
#include "umsi_arch.h"

/* Within its affinity, or else anywhere. */
static int choose_new(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv,
		      bool *broken)
{
	int status;

	*mv = (struct umsi_move){ .where = { .mask = r->mask, .cpu = r->affinity_cpu } };
	*broken = false;
	status = d->ops->move_prepare(d, r, mv);
	if (status != UMSI_ENOCPU)
		return status;
	mv->where = (struct umsi_where){ .cpu = UMSI_CPU_NONE };
	*broken = true;
	return d->ops->move_prepare(d, r, mv);
}

/* A block moves as one, when its first member is met. */
static int move_away(struct umsi_gic *gic, struct umsi_record *r, uint32_t id, umsi_cpu cpu)
{
	struct umsi_domain *d = &gic->messages.domain;
	uintptr_t state = umsi_record_enter(r);
	struct umsi_move mv;
	bool broken;
	int status = UMSI_OK;

	if (umsi_record_leader(r) == r && r->slot == id && umsi_load32(&r->target) == cpu) {
		status = choose_new(d, r, &mv, &broken);
		if (!status)
			status = umsi_move_finish(r, &mv);
		if (!status && broken && !r->broken)
			umsi_fetch_add64(&d->m->count.affinity_broken, 1);
		if (!status)
			r->broken = broken;
	}
	umsi_record_unlock(r, state);
	return status;
}

int umsi_gic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	int status = UMSI_OK;

	/* Whoever chose this CPU before it was barred has published by now. */
	umsi_unlock(d->m, &gic->lock, umsi_lock(d->m, &gic->lock));
	for (uint32_t id = GIC_FIRST_SPI; id < gic->ids && !status; id++) {
		struct umsi_record *r = umsi_load_ptr_acquire(&gic->record[id]);

		if (r)
			status = move_away(gic, r, id, cpu);
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
