/* SPDX-License-Identifier: MIT */
/* The story of a run: what actors, devices, CPUs and the library did, in order. */
#ifndef UMSI_TALE_H
#define UMSI_TALE_H

#include "world.h"

struct tale {
	FILE *to;
	bool json;
	uint32_t last;			/* at most so many lines, the last ones; 0 = all */
	uint32_t lines;			/* out: told */
	uint32_t device_events;		/* out: events that devices had */
};

/* For world_run() with run->tell: @tale is a struct tale. */
void tale_tell(void *tale, struct world *w);

#endif
