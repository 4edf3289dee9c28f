/* SPDX-License-Identifier: MIT */
/*
 * An interrupt moved under fire: the boot CPU raises events, a round at a
 * time, and sleeps until the handlers have seen all of them, so that no later
 * event can hide a lost one. Some other CPUs move the interrupt meanwhile, among all.
 */
#ifndef FIRE_H
#define FIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

#define HPET_EVENTS	1000u	/* of timers that move, and moves of them */
#define LEVEL_MOVES	1000u	/* of a level-triggered wire: each waits for the line to come to rest */

/* Counters are atomic, all CPUs. */
struct fire {
	umsi_irq irq;			/* moved; of a block any member: the others follow */
	void (*raise)(struct fire *f);	/* one round; whoever handles an event of it calls fire_seen() */
	uint32_t events;		/* of a round; 0 counts as 1 */
	uint64_t raised, seen;
	uint64_t empty;			/* handler calls that found nothing */
	uint64_t moves;			/* that changed the CPU with an event under way */
	uint64_t not_now;		/* moves answered UMSI_EAGAIN or UMSI_ENOSLOT */
	uint64_t failures;		/* moves answered anything else */
	uint64_t lost;			/* events not seen within 10 s; the first one ends the run */
};

/* Until @moves are counted. With one CPU: does nothing. True: nothing lost, nothing failed. */
bool fire_run(struct fire *f, uint64_t moves);

/* For handlers. */
void fire_seen(struct fire *f);
void fire_empty(struct fire *f);

uint64_t fire_count(const uint64_t *counter);

/* One line with all counters. */
void fire_print(const char *name, const struct fire *f);

#endif
