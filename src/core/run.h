/* SPDX-License-Identifier: MIT */
/* The hot path: from a claimed identity's record to its handler. */
#ifndef UMSI_CORE_RUN_H
#define UMSI_CORE_RUN_H

#include "core/record.h"

/* The caller is the runner: calls the handler until nothing is pending. */
void umsi_run(struct umsi_record *r, struct umsi_cpu_core *cpu);

/* An arrival that did not make its CPU the runner: counts it, recycles if it was the last word. */
void umsi_arrive_slow(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t old,
		      uint32_t clear);

/*
 * One arrival (R10): a single read-modify-write decides who runs. @clear is
 * UMSI_QUEUED when it came through an inbox, else 0.
 */
static inline void umsi_arrive(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t clear)
{
	uint32_t old = umsi_load32(&r->state);

	while (!umsi_cas32(&r->state, &old, umsi_state_arrive(old, clear)))
		;
	if (__builtin_expect(umsi_state_runs(old), 1))
		umsi_run(r, cpu);
	else
		umsi_arrive_slow(r, cpu, old, clear);
}

/*
 * Has the handler called from some CPU's inbox (R9). The caller's step set
 * QUEUED and found it clear before. Any context; takes an inbox lock.
 */
void umsi_inbox_push(struct umsi_record *r, umsi_cpu hint);

/* The same from scratch: unless it is dead or queued already. Any context. */
void umsi_inbox_trigger(struct umsi_record *r);

/* In the kick's trap: every entry of this CPU's inbox has its arrival. */
void umsi_inbox_drain(struct umsi *m, struct umsi_cpu_core *cpu);

#endif
