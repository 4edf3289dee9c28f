/* SPDX-License-Identifier: MIT */
#include "core/flow.h"
#include "core/run.h"
#include "core/trace.h"

/* Of what the handler answers, only UMSI_HANDLED is on the hot path. False: the caller is not the runner any more. */
static bool answered(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer)
{
	if (answer == UMSI_LATER)
		return !umsi_flow_hold(r);
	umsi_store32(&r->not_mine, umsi_load32(&r->not_mine) + 1);
	umsi_count_own(&cpu->count.not_mine);
	return true;
}

/* One handler call and what it answered. False: the caller is not the runner any more. */
static inline bool call_handler(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	enum umsi_handled answer;

	umsi_trace_hot(r, UMSI_TRACE_CLAIM);
	answer = r->handler(r->arg);
	umsi_trace_hot(r, UMSI_TRACE_EXIT);

	/* Statistics come first: once RUN and QUEUED are gone the record may be somebody else's. */
	umsi_count_own(&r->handled);
	umsi_count_own(&cpu->count.handled);
	if (__builtin_expect(answer != UMSI_HANDLED, 0) && !answered(r, cpu, answer))
		return false;
	if (__builtin_expect(umsi_record_is_level(r), 0))
		umsi_flow_rearm(r);
	return true;
}

/* Something came meanwhile: it is pending, dead, disabled, done. */
static __attribute__((noinline)) void run_on(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	uint32_t repeats = 0;
	uint32_t old, now;

	for (;;) {
		repeats++;
		old = umsi_load32(&r->state);
		do {
			now = umsi_state_exit(old, repeats >= r->m->max_repeats);
		} while (!umsi_cas32(&r->state, &old, now));
		if (!(now & UMSI_RUN))
			break;
		if (!call_handler(r, cpu))
			return;
	}
	if ((now & UMSI_QUEUED) && !(old & UMSI_QUEUED)) {
		umsi_count_own(&cpu->count.handovers);
		umsi_trace_irq(r, UMSI_TRACE_HANDOVER, old, 0);
		umsi_inbox_push(r, umsi_load32(&r->target));
	}
}

/* R11. Nearly always nothing came meanwhile, and one read-modify-write ends it. */
void umsi_run(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	uint32_t old;

	if (!call_handler(r, cpu))
		return;
	old = umsi_load32(&r->state);
	if (__builtin_expect(!umsi_state_quiet(old) || !umsi_cas32(&r->state, &old, old & ~UMSI_RUN), 0))
		run_on(r, cpu);
}

/* Dead, running elsewhere or disabled: counted; recycles the record if this was the last word on it. */
static void not_the_runner(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t old,
			   uint32_t clear)
{
	if (!(old & UMSI_DEAD)) {
		/* Once QUEUED is cleared nothing keeps the record from being recycled. */
		if (!clear)
			umsi_fetch_add32(&r->merged, 1);
		if (!clear && (old & UMSI_DIS) && umsi_record_is_level(r))
			umsi_flow_disabled(r);
		umsi_count_own(&cpu->count.merged);
		umsi_trace_irq(r, UMSI_TRACE_PEND, old, 0);
		return;
	}
	umsi_count_own(&cpu->count.dead);
	umsi_trace_irq(r, UMSI_TRACE_DROP, old, 0);
	/* The queue entry was the last that knew it (its slots have drained). */
	if (clear && (old & UMSI_DRAINED))
		umsi_record_recycle(r);
}

void umsi_arrive_slow(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t clear)
{
	uint32_t old = umsi_load32(&r->state);

	while (!umsi_cas32(&r->state, &old, umsi_state_arrive(old, clear)))
		;
	if (umsi_state_runs(old))
		umsi_run(r, cpu);
	else
		not_the_runner(r, cpu, old, clear);
}
