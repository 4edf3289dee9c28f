/* SPDX-License-Identifier: MIT */
/* The hot path: from a claimed identity's record to its handler. */
#ifndef UMSI_CORE_RUN_H
#define UMSI_CORE_RUN_H

#include "core/record.h"
#include "core/trace.h"

/* An arrival that found more than an idle record. @clear: UMSI_QUEUED for an inbox entry, else 0. */
void umsi_arrive_slow(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t clear);

/* The rest of a run whose handler gave @answer and that is not over with that. */
void umsi_run_on(struct umsi_record *r, struct umsi_cpu_core *cpu, enum umsi_handled answer);

/* One handler call. Statistics come first: once RUN and QUEUED are gone the record may be somebody else's. */
static inline enum umsi_handled umsi_call_handler(struct umsi_record *r, struct umsi_cpu_core *const *cpu)
{
	enum umsi_handled answer;

	umsi_trace_hot(r, UMSI_TRACE_CLAIM);
	answer = r->handler(r->arg);
	umsi_trace_hot(r, UMSI_TRACE_EXIT);
	umsi_count_own(&r->handled);
	umsi_count_own(&(*cpu)->count.handled);
	return answer;
}

/*
 * The caller is the runner. R11: nearly always an edge was handled and nothing
 * came meanwhile, and one read-modify-write ends it. @cpu is where to find the
 * CPU: it is looked up after the handler, so that less stands before it.
 */
static inline void umsi_run(struct umsi_record *r, struct umsi_cpu_core *const *cpu)
{
	enum umsi_handled answer = umsi_call_handler(r, cpu);
	uint32_t old = umsi_load32(&r->state);
	bool usual = answer == UMSI_HANDLED && !umsi_record_is_level(r) && umsi_state_quiet(old);

	if (__builtin_expect(!usual || !umsi_swap32(&r->state, old, old & ~UMSI_RUN), 0))
		umsi_run_on(r, *cpu, answer);
}

/*
 * One arrival of a claimed identity (R10): a single read-modify-write decides
 * who runs. Nearly always the record is idle, and that is all that is decided here.
 */
static inline void umsi_arrive(struct umsi_record *r, struct umsi_cpu_core *const *cpu)
{
	uint32_t old = umsi_load32(&r->state);

	if (__builtin_expect(umsi_state_runs(old) && umsi_swap32(&r->state, old, old | UMSI_RUN), 1))
		umsi_run(r, cpu);
	else
		umsi_arrive_slow(r, *cpu, 0);
}

/*
 * Has the handler called from some CPU's inbox (R9). The caller's step set
 * QUEUED and found it clear before. Any context; takes an inbox lock.
 */
void umsi_inbox_push(struct umsi_record *r);

/* The same from scratch: unless it is dead or queued already. Any context. */
void umsi_inbox_trigger(struct umsi_record *r);

/* A CPU's inbox takes entries; or no more, and hands on those it has. */
void umsi_inbox_open(struct umsi *m, struct umsi_cpu_core *cpu);
void umsi_inbox_close(struct umsi *m, struct umsi_cpu_core *cpu);

/* In the kick's trap: every entry of this CPU's inbox has its arrival. */
void umsi_inbox_drain(struct umsi *m, struct umsi_cpu_core *cpu);

#endif
