/* SPDX-License-Identifier: MIT */
/* Many seeds in several processes, taken in order; which of them violated. */
#ifndef CAMPAIGN_JOBS_H
#define CAMPAIGN_JOBS_H

#include "world.h"

#define JOBS_MAX		64u
#define JOBS_VIOLATIONS_MAX	256u

struct jobs {
	uint64_t first, seeds;
	unsigned int jobs;		/* 0 = one per processor */
	bool keep_going;		/* past the first violation */
	bool progress;			/* a line on stderr, where that is a terminal */
	uint32_t budget_s;		/* begin no seed after so long; 0 = no limit */
	/* What seed @seed runs. In another process; its pointers stay valid there. */
	void (*draw)(void *arg, uint64_t seed, struct run *out);
	void *arg;
};

struct jobs_result {
	struct totals totals;
	uint64_t violations;
	uint64_t next;			/* every seed below was run */
	uint32_t nviolated;
	uint64_t violated[JOBS_VIOLATIONS_MAX];	/* the lowest ones, ascending */
	bool crashed;			/* a process died on the last of them */
};

/* Also when stopped early, every seed below the lowest that violated was run. */
void jobs_run(const struct jobs *jobs, struct jobs_result *out);

void totals_add(struct totals *sum, const struct totals *more);

#endif
