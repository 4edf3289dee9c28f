/* SPDX-License-Identifier: MIT */
#include "core/flow.h"
#include "core/run.h"

/* Of what the handler answers, only UMSI_HANDLED is on the hot path. False: the caller is not the runner any more. */
static bool answered(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer)
{
	if (answer == UMSI_LATER)
		return !umsi_flow_hold(r);
	umsi_store32(&r->not_mine, umsi_load32(&r->not_mine) + 1);
	umsi_count_own(&cpu->count.not_mine);
	return true;
}

void umsi_run(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	enum umsi_handled answer;
	uint32_t repeats = 0;
	uint32_t old, now;

	do {
		umsi_count_own(&r->handled);
		answer = r->handler(r->arg);
		umsi_count_own(&cpu->count.handled);
		if (__builtin_expect(answer != UMSI_HANDLED, 0) && !answered(r, cpu, answer))
			return;
		if (__builtin_expect(umsi_record_is_level(r), 0))
			umsi_flow_rearm(r);

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
		if (!clear && (old & UMSI_DIS) && umsi_record_is_level(r))
			umsi_flow_disabled(r);
		umsi_count_own(&cpu->count.merged);
		return;
	}
	umsi_count_own(&cpu->count.dead);
	/* The queue entry was the last that knew it (its slots have drained). */
	if (clear && (old & UMSI_DRAINED))
		umsi_record_recycle(r);
}
