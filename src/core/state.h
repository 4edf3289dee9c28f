/* SPDX-License-Identifier: MIT */
/*
 * The state word of an interrupt record: generation and run state in 32 bits,
 * changed by one read-modify-write at a time (R10 to R12 of DESIGN.md,
 * "Running"). Pure: the transitions are functions of the old value.
 */
#ifndef UMSI_CORE_STATE_H
#define UMSI_CORE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define UMSI_RUN	0x01u	/* a CPU is in its handler */
#define UMSI_PEND	0x02u	/* arrived while RUN or DIS: to be handled later */
#define UMSI_DIS	0x04u	/* disabled, or no handler yet */
#define UMSI_DEAD	0x08u	/* freed: whatever still arrives is dropped */
#define UMSI_QUEUED	0x10u	/* linked, or about to be, into some CPU's inbox */
#define UMSI_DRAINED	0x20u	/* dead, and nobody but a queue entry refers to it */
#define UMSI_HELD	0x40u	/* with RUN: no CPU runs it, a driver's thread will say done */
#define UMSI_DONE	0x80u	/* with RUN: done came before the handler returned */

#define UMSI_GENERATION_SHIFT	8
#define UMSI_GENERATION_MASK	0xffffffu

static inline uint32_t umsi_state_generation(uint32_t state)
{
	return state >> UMSI_GENERATION_SHIFT;
}

/* Who called: a claimed identity clears nothing, an inbox entry clears QUEUED. */
static inline uint32_t umsi_state_arrive(uint32_t old, uint32_t clear)
{
	if (old & UMSI_DEAD)
		return old & ~clear;
	if (old & (UMSI_RUN | UMSI_DIS))
		return (old & ~clear) | UMSI_PEND;
	return (old & ~clear) | UMSI_RUN;
}

/* Did that arrival make the caller the runner? */
static inline bool umsi_state_runs(uint32_t old)
{
	return !(old & (UMSI_DEAD | UMSI_RUN | UMSI_DIS));
}

/*
 * The end of one handler call. While something is pending the caller stays
 * the runner (RUN is set in the result), unless @give_up: then RUN and PEND
 * turn into QUEUED in this same step, and the caller queues the record if
 * QUEUED was clear before.
 */
static inline uint32_t umsi_state_exit(uint32_t old, bool give_up)
{
	old &= ~(UMSI_HELD | UMSI_DONE);
	if (old & UMSI_DEAD)
		return old & ~(UMSI_RUN | UMSI_PEND);
	if (!(old & UMSI_PEND) || (old & UMSI_DIS))
		return old & ~UMSI_RUN;
	if (give_up)
		return (old & ~(UMSI_RUN | UMSI_PEND)) | UMSI_QUEUED;
	return old & ~UMSI_PEND;
}

/* At the end of a handler call: did nothing happen to the record meanwhile? */
static inline bool umsi_state_quiet(uint32_t state)
{
	return !(state & (UMSI_PEND | UMSI_DEAD | UMSI_HELD | UMSI_DONE));
}

/* The handler answered UMSI_LATER: still the runner, but nobody runs. Unless done, or dead, by now. */
static inline uint32_t umsi_state_hold(uint32_t old)
{
	return old & (UMSI_DONE | UMSI_DEAD) ? old : old | UMSI_HELD;
}

/*
 * The last enable: what was pending and has no runner becomes a queue entry
 * in the same step.
 */
static inline uint32_t umsi_state_enable(uint32_t old)
{
	uint32_t now = old & ~UMSI_DIS;

	if ((now & UMSI_PEND) && !(now & (UMSI_RUN | UMSI_DEAD)))
		now = (now & ~UMSI_PEND) | UMSI_QUEUED;
	return now;
}

#endif
