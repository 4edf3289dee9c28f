/* SPDX-License-Identifier: MIT */
/* A long campaign in several sittings: where to go on, and what it has come to so far. */
#ifndef CAMPAIGN_CURSOR_H
#define CAMPAIGN_CURSOR_H

#include "jobs.h"

struct cursor {
	uint64_t next, violations;
	struct totals totals;
};

/* A file that is not there is a beginning. False, and errno: it is of another program, machine or first seed (EINVAL). */
bool cursor_read(const char *file, const struct isa *isa, uint64_t first, struct cursor *c);
bool cursor_write(const char *file, const struct isa *isa, uint64_t first, const struct cursor *c);

#endif
