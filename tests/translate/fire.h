/* SPDX-License-Identifier: MIT */
/* What every remapping unit goes through alike: moves while messages arrive, and sleeps. */
#ifndef TRANSLATE_FIRE_H
#define TRANSLATE_FIRE_H

#include "rig.h"

/* 400 seeds on machines that reorder. @begin: machine and unit; @nothing_blocked: asserts it of the unit. */
void fire_reordered(void (*begin)(uint64_t seed), void (*nothing_blocked)(void));

/* R1: the unit may read the new entry the moment it is stored; the slot it leads to is known by then. */
void fire_slow_stores(void (*begin)(uint64_t seed, const struct mach_chaos *chaos));

struct fire_unit {
	void (*power_cycle)(void);
	bool (*enabled)(void);
	int (*resume)(struct umsi_domain *unit);
	void (*stall)(bool stall);
	void (*refuse)(uint32_t nth);	/* of the commands to come */
};

/* P-83: the message of the device and its entry are the same after each sleep. The rig has begun. */
void fire_six_sleeps(const struct fire_unit *unit);

/*
 * Who waits for the unit is kept off its CPU until long after the answer came and time was over: the
 * answer counts. Seed 3771 of x86 met it first.
 */
void fire_late_looks(void (*begin)(uint64_t seed, const struct mach_chaos *chaos), const struct fire_unit *unit);

#endif
