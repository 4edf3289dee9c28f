/* SPDX-License-Identifier: MIT */
/* Devices with floors and ceilings, one that gives interrupts back when it is asked, and who rebalances. */
#include <umsi/limits.h>

#include "isa.h"
#include "world.h"

#define MOST	20u

/* The device that comes and goes frees what anybody may free. */
static void give_back(void *arg, uint32_t wanted)
{
	struct world *w = arg;
	struct device *d = &w->device[WORLD_DEVICES - 1];

	mach_sync(w->m);
	w->asked++;
	for (uint32_t i = 0; i < WORLD_ENTRIES && wanted; i++)
		wanted -= free_shared(w, &d->entry[i]);
}

static void offer(void *arg)
{
	struct world *w = arg;

	w->offered++;
	mach_delay(w->m, 10);
}

void limits_set(struct world *w, uint32_t device)
{
	struct umsi_device_limits limits = { .offer = offer, .arg = w };
	int status;

	if (!w->plan.limits)
		return;
	if (device == WORLD_DEVICES - 1) {
		limits.give_back = give_back;
	} else {
		limits.least = w->isa->managed ? device * 2 : 0;
		limits.most = MOST;
	}
	status = umsi_device_set_limits(w->device[device].dev, &limits);
	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOSLOT, "I-API", "limits: %s", umsi_status_text(status));
}

/* It has no more than it may, as far as its drivers have heard of it. */
void limits_check(struct world *w, const struct device *d)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		n += d->entry[i].irq != UMSI_IRQ_NONE;
	MACH_CHECK(w->m, !w->plan.limits || d == &w->device[WORLD_DEVICES - 1] || n <= MOST, "I-LIMIT",
		   "a device that may have %u interrupts has %u", MOST, n);
}

void actor_balancer(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		uint32_t most = (uint32_t)mach_random(w->m, 8);
		int moved;

		actor_says(a, "rebalances");
		overlap_begin(w, OVERLAP_MOVE);
		moved = umsi_rebalance(w->umsi, most);
		overlap_end_of(w, OVERLAP_MOVE, moved);
		MACH_CHECK(w->m, moved >= 0 ? moved <= (int)most : moved == UMSI_ENOMEM && w->plan.fail_alloc, "I-API",
			   "rebalance: %d", moved);
		mach_delay(w->m, 200 + mach_random(w->m, 800));
	}
}
