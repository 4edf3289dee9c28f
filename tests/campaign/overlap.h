/* SPDX-License-Identifier: MIT */
/*
 * Which operations were under way at once, how often: a campaign that never
 * had a CPU leave during a suspend says nothing about it.
 */
#ifndef CAMPAIGN_OVERLAP_H
#define CAMPAIGN_OVERLAP_H

#include <stdint.h>
#include <stdio.h>

enum overlap {
	OVERLAP_MOVE = 0,
	OVERLAP_SECOND,		/* a move right after another of the same interrupt: its old slot retires */
	OVERLAP_MASK,		/* disabled, until enabled again */
	OVERLAP_FREE,
	OVERLAP_ALLOCATE,
	OVERLAP_OFFLINE,	/* from its leave until it is down */
	OVERLAP_ONLINE,
	OVERLAP_REMOVE,		/* of a device with all that is on it */
	OVERLAP_SUSPEND,	/* until all are awake again */
	OVERLAP_RAISE,		/* from the event to its handler */
	OVERLAP_DRAIN,		/* a CPU proves its slots quiet: from the read of its tickets to done */
	OVERLAP_FAULT,		/* a failed allocation, a device reset or pulled out, a CPU that lost its controller */
	OVERLAPS
};

struct overlaps {
	uint32_t active[OVERLAPS];
	uint64_t met[OVERLAPS][OVERLAPS];
};

struct world;

void overlap_begin(struct world *w, enum overlap what);
void overlap_end(struct world *w, enum overlap what);
/* Over at once. */
void overlap_at(struct world *w, enum overlap what);
/* Of an operation that may have been refused memory. */
void overlap_end_of(struct world *w, enum overlap what, int status);

/* The machine's observer: when a CPU begins and ends the proof of its slots. */
void overlap_barrier(void *world, uint32_t cpu, uint32_t barrier);

void overlap_print(FILE *out, const uint64_t met[OVERLAPS][OVERLAPS]);

/* How often each pair that can meet has to in @seeds runs, for @per in 100,000: prints those that met less. How many they are. */
struct isa;
uint32_t overlap_short(FILE *out, const struct isa *isa, const uint64_t met[OVERLAPS][OVERLAPS], uint64_t seeds,
		       uint64_t per);

#endif
