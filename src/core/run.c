/* SPDX-License-Identifier: MIT */
#include "core/run.h"

void umsi_run(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	uint32_t repeats = 0;
	uint32_t old, now;

	do {
		umsi_count_own(&r->handled);
		if (r->handler(r->arg) == UMSI_NOT_MINE) {
			umsi_store32(&r->not_mine, umsi_load32(&r->not_mine) + 1);
			umsi_count_own(&cpu->count.not_mine);
		}
		umsi_count_own(&cpu->count.handled);

		/*
		 * R11. Statistics come first: once RUN and QUEUED are both gone the
		 * record may be somebody else's.
		 */
		repeats++;
		old = umsi_load32(&r->state);
		do {
			now = umsi_state_exit(old, repeats >= r->m->max_repeats);
		} while (!umsi_cas32(&r->state, &old, now));
	} while (now & UMSI_RUN);

	if ((now & UMSI_QUEUED) && !(old & UMSI_QUEUED)) {
		umsi_count_own(&cpu->count.handovers);
		umsi_inbox_push(r, umsi_load32(&r->target));
	}
}

void umsi_arrive_slow(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t old,
		      uint32_t clear)
{
	if (!(old & UMSI_DEAD)) {
		/* Once QUEUED is cleared nothing keeps the record from being recycled. */
		if (!clear)
			umsi_fetch_add32(&r->merged, 1);
		umsi_count_own(&cpu->count.merged);
		return;
	}
	umsi_count_own(&cpu->count.dead);
	/* The queue entry was the last that knew it (its slots have drained). */
	if (clear && (old & UMSI_DRAINED))
		umsi_record_recycle(r);
}
