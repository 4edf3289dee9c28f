/* SPDX-License-Identifier: MIT */
/* Devices that are neither PCI functions nor part of a CPU: where they decode, when they act. */
#include <stdlib.h>

#include "inside.h"

struct region *mach_region_add(struct mach *m, const struct region *r)
{
	struct region *at;

	if (m->regions == REGIONS)
		abort();
	at = &m->region[m->regions++];
	*at = *r;
	at->next = NEVER;
	return at;
}

struct region *mach_region_at(struct mach *m, uint64_t phys)
{
	for (uint32_t i = 0; i < m->regions; i++)
		if (phys - m->region[i].phys < m->region[i].bytes)
			return &m->region[i];
	return NULL;
}

void mach_region_wake(struct mach *m, struct region *r, uint64_t due)
{
	if (due < r->next)
		r->next = due;
	mach_due(m, r->next);
}

void mach_regions_due(struct mach *m)
{
	for (uint32_t i = 0; i < m->regions; i++) {
		struct region *r = &m->region[i];

		if (r->next > m->step)
			continue;
		r->next = NEVER;
		mach_region_wake(m, r, r->due(m, r->self));
	}
}

uint64_t mach_regions_next(const struct mach *m)
{
	uint64_t next = NEVER;

	for (uint32_t i = 0; i < m->regions; i++)
		if (m->region[i].next < next)
			next = m->region[i].next;
	return next;
}

void mach_regions_done(struct mach *m)
{
	for (uint32_t i = 0; i < m->regions; i++)
		m->region[i].done(m->region[i].self);
}
