/* SPDX-License-Identifier: MIT */
/* Makes a run that violates smaller, as long as it violates the same invariant. */
#ifndef UMSI_SHRINK_H
#define UMSI_SHRINK_H

#include "world.h"

struct shrink {
	struct run run;			/* in: violates; out: the smallest found */
	struct keep keep;		/* run.keep points here afterwards */
	struct outcome outcome;		/* of run */
	uint32_t seconds;		/* of the processor: then stop looking */
	bool progress;
	uint64_t tries;			/* runs that were needed */
	uint32_t operations_before, operations;
};

/* False: it does not violate when run in this process. */
bool shrink(struct shrink *s);

#endif
