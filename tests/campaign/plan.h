/* SPDX-License-Identifier: MIT */
/*
 * What decides a run besides its seed: how large the machine is, who acts, what
 * goes wrong, how wild the hardware is. Drawn from the seed; each field can be
 * given another value, which is how runs are described by hand and reduced.
 */
#ifndef CAMPAIGN_PLAN_H
#define CAMPAIGN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine.h"

struct plan {
	uint32_t ncpus;
	uint32_t few_slots;
	uint32_t steps;			/* actors stop starting new work that long after they began */
	uint32_t ticks;			/* period of every CPU's timer; 0 = none */

	/* How many of each kind act. */
	uint32_t owners, movers, touchers, removers, ipis, hotplug, raisers, shakers, sleepers, suspenders, commuters;
	uint32_t intruders, forgers, balancers;
	uint32_t limits;		/* devices have a least and a most; the one that comes and goes gives back */
	uint32_t kinds;			/* some interrupts have a slot on every CPU */
	uint32_t wishes;		/* some only reserve one, or want a number of some band */
	uint32_t translator;		/* x86: none, VT-d, AMD-Vi */
	uint32_t naps;			/* of the CPUs that go down, some only lose their controller */
	uint32_t traffic[3];		/* events that each device raises by itself */
	uint32_t gap[3];		/* mean steps between two of them */

	/* What handlers do now and then. */
	uint32_t handler_delay, handler_move, handler_free, handler_later, nest;

	/* Plain MSI of the device that comes and goes. */
	uint32_t plain, plain_log2, plain_wide, plain_maskable;

	/* What goes wrong; 0 = nothing. */
	uint32_t fail_alloc, fail_for_ever;	/* the n-th allocation, or from the n-th on */
	uint32_t surprise;		/* step at which device 1 is pulled out */
	uint32_t strays;		/* the toucher sends messages from nowhere */
	uint32_t stall_at, stall_steps;	/* device 0 sends nothing for a while */
	uint32_t queue_stall_at, queue_stall_steps;	/* command queues of translators stand */
	uint32_t lies;			/* the device that comes has a false capability first */
	uint32_t deaf_at, deaf_steps;	/* device 1 answers reads all-ones for a while */
	uint32_t torn, torn_steps;	/* of device 0's n-th message the words are read far apart */
	uint32_t storm_at, storm;	/* so many events of one entry of device 0, one a step */
	uint32_t slow_write, slow_write_steps;	/* the n-th write to a device takes so much longer */
	uint32_t skew_us;		/* between the clocks of the first CPU and the last */
	uint32_t hotplug_at, suspend_at;	/* the first CPU goes, the machine sleeps, not before this step */

	struct mach_chaos chaos;
};

/*
 * One field, by name. calm: the value at which it does least. Its kind: how much
 * there is, who acts, what goes wrong or how wild hardware is, how long it takes.
 */
struct plan_field {
	const char *name;
	size_t offset;			/* of a uint32_t in struct plan */
	uint32_t least, most, calm;
	enum { PLAN_SIZE, PLAN_ACTS, PLAN_WILD, PLAN_LENGTH } kind;
	const char *text;
};

extern const struct plan_field plan_fields[];
extern const size_t plan_field_count;

void plan_draw(uint64_t seed, struct plan *out);

/* Every field at its calmest, but for how long and how often, and how many act. */
void plan_calm(struct plan *p);

/* NULL: no such field. */
const struct plan_field *plan_field_by_name(const char *name, size_t length);

static inline uint32_t plan_get(const struct plan *p, const struct plan_field *f)
{
	return *(const uint32_t *)((const char *)p + f->offset);
}

/* False: out of the field's range, and nothing was changed. */
bool plan_set(struct plan *p, const struct plan_field *f, uint64_t value);

#endif
