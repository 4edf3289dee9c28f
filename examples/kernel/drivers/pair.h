/* SPDX-License-Identifier: MIT */
/* Two "edu" devices whose INTx pins end at one wire, which is moved while both assert it. */
#ifndef PAIR_H
#define PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fire.h"

struct pair {
	bool present;
	struct fire fire;	/* a round is an event of each; empty: walks in which neither was meant */
	uint64_t later;		/* answers that held the line for a while */
};

extern struct pair pair;

/* Takes two devices that nobody else took, if there are and they share a wire. */
void pair_init(void);
void pair_fire(uint64_t moves);
/* Takes the empty walks from the library: the last may come after the last event was seen. */
void pair_count(void);

#endif
