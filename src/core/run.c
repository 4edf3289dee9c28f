/* SPDX-License-Identifier: MIT */
#include "core/flow.h"
#include "core/run.h"
#include "core/trace.h"

/*
 * How often in a row? Calls are counted before; one that was answered otherwise
 * leaves a gap. Watched by CPU, because few interrupts ever answer so.
 */
static bool too_often(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	uint32_t calls = (uint32_t)umsi_load64(&r->handled);
	struct umsi_idle_watch *w = &cpu->watch[0];

	for (uint32_t i = 0; i < UMSI_IDLE_WATCHED; i++) {
		if (cpu->watch[i].irq == r->number + 1) {
			w = &cpu->watch[i];
			break;
		}
		if (cpu->watch[i].run < w->run)
			w = &cpu->watch[i];
	}
	if (w->irq != r->number + 1 || calls - w->calls != 1)
		w->run = 0;
	w->irq = r->number + 1;
	w->calls = calls;
	return ++w->run >= r->m->not_mine_limit;
}

/* Of what the handler answers, only UMSI_HANDLED is on the hot path. False: the caller is not the runner any more. */
static bool answered(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer)
{
	if (answer == UMSI_LATER)
		return !UMSI_HAS_FLOW || !umsi_flow_hold(r);
	umsi_store32(&r->not_mine, umsi_load32(&r->not_mine) + 1);
	umsi_count_own(&cpu->count.not_mine);
	if (UMSI_HAS_FLOW && too_often(r, cpu))
		umsi_flow_contain(r);
	return true;
}

/* What the answer asks for besides the exit step. False: the caller is not the runner any more. */
static bool after_call(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer)
{
	if (answer != UMSI_HANDLED && !answered(r, cpu, answer))
		return false;
	if (umsi_record_is_level(r))
		umsi_flow_rearm(r, false);
	return true;
}

/* It is a level, held, or not the device's; or something came meanwhile: it is pending, dead, disabled, done. */
void umsi_run_on(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer)
{
	uint32_t repeats = 0;
	uint32_t old, now;

	for (;;) {
		if (!after_call(r, cpu, answer))
			return;
		repeats++;
		old = umsi_load32(&r->state);
		do {
			now = umsi_state_exit(old, repeats >= r->m->max_repeats);
		} while (!umsi_cas32(&r->state, &old, now));
		if (!(now & UMSI_RUN))
			break;
		answer = umsi_call_handler(r, &cpu);
	}
	if ((now & UMSI_QUEUED) && !(old & UMSI_QUEUED)) {
		umsi_count_own(&cpu->count.handovers);
		umsi_trace_rare(r, UMSI_TRACE_HANDOVER, old, 0);
		umsi_inbox_push(r);
	}
}

/* Dead, running elsewhere or disabled: counted; recycles the record if this was the last word on it. */
static void not_the_runner(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t old,
			   uint32_t clear)
{
	uint32_t merged = 0;

	if (!(old & UMSI_DEAD)) {
		/* Once QUEUED is cleared nothing keeps the record from being recycled. */
		if (!clear)
			merged = umsi_fetch_add32(&r->merged, 1) + 1;
		if (UMSI_HAS_FLOW && !clear && (old & UMSI_DIS) &&
		    (umsi_record_is_level(r) || merged % r->m->storm_limit == 0))
			umsi_flow_disabled(r);
		umsi_count_own(&cpu->count.merged);
		umsi_trace_rare(r, UMSI_TRACE_PEND, old, 0);
		return;
	}
	umsi_count_own(&cpu->count.dead);
	umsi_trace_rare(r, UMSI_TRACE_DROP, old, 0);
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
		umsi_run_on(r, cpu, umsi_call_handler(r, &cpu));
	else
		not_the_runner(r, cpu, old, clear);
}
