/* SPDX-License-Identifier: MIT */
/* A system's fault plan: up to three, drawn from the seed, and clocks that differ. */
#include "system.h"

/* What devices do to their own messages. */
static bool plan_of_device(struct bench *b, struct mach_pci *d)
{
	uint64_t steps = 1 + mach_random(b->m, 2000);

	switch (mach_random(b->m, 3)) {
	case 0: mach_pci_stall(d, mach_random(b->m, 5000), steps); break;
	case 1: mach_pci_tear(d, 1 + mach_random(b->m, 60), steps); break;
	default: mach_pci_storm(d, mach_random(b->m, 5000), 1 + mach_random(b->m, 60)); break;
	}
	return true;
}

static bool plan_one(struct bench *b)
{
	struct mach_pci *d = b->part[mach_random(b->m, b->parts)].pci;

	switch (mach_random(b->m, 5)) {
	case 0:
		return false;
	case 1:
		mach_fail_alloc(b->m, 1 + mach_random(b->m, 40), false);
		return b->memory_fails = true;
	case 2:
		mach_slow_write(b->m, 1 + mach_random(b->m, 200), 1 + mach_random(b->m, 2000));
		return true;
	default:
		return d && plan_of_device(b, d);
	}
}

void system_plan_faults(struct bench *b)
{
	b->faults += b->skewed;
	for (uint32_t i = 0; b->parts && i < 3; i++)
		b->faults += plan_one(b);
}

uint32_t system_plan_skew(uint64_t seed)
{
	return seed % 4 ? 0 : 1 + (uint32_t)(seed * 7919 % 50000);
}
