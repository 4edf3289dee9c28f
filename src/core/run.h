/* SPDX-License-Identifier: MIT */
/* The hot path: from a claimed identity's record to its handler. */
#ifndef UMSI_CORE_RUN_H
#define UMSI_CORE_RUN_H

#include "core/record.h"

/* The caller is the runner: calls the handler until nothing is pending. */
void umsi_run(struct umsi_record *r, struct umsi_cpu_core *cpu);

/* An arrival that found more than an idle record. */
void umsi_arrive_slow(struct umsi_record *r, struct umsi_cpu_core *cpu, uint32_t clear);

/*
 * One arrival of a claimed identity (R10): a single read-modify-write decides
 * who runs. Nearly always the record is idle, and that is all that is decided here.
 */
static inline void umsi_arrive(struct umsi_record *r, struct umsi_cpu_core *cpu)
{
	uint32_t old = umsi_load32(&r->state);

	if (__builtin_expect(umsi_state_runs(old) && umsi_cas32(&r->state, &old, old | UMSI_RUN), 1))
		umsi_run(r, cpu);
	else
		umsi_arrive_slow(r, cpu, 0);
}

/*
 * Has the handler called from some CPU's inbox (R9). The caller's step set
 * QUEUED and found it clear before. Any context; takes an inbox lock.
 */
void umsi_inbox_push(struct umsi_record *r, umsi_cpu hint);

/* The same from scratch: unless it is dead or queued already. Any context. */
void umsi_inbox_trigger(struct umsi_record *r);

/* A CPU's inbox takes entries; or no more, and hands on those it has. */
void umsi_inbox_open(struct umsi *m, struct umsi_cpu_core *cpu);
void umsi_inbox_close(struct umsi *m, struct umsi_cpu_core *cpu);

/* In the kick's trap: every entry of this CPU's inbox has its arrival. */
void umsi_inbox_drain(struct umsi *m, struct umsi_cpu_core *cpu);

#endif
