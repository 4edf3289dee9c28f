/* SPDX-License-Identifier: MIT */
/* A device that sleeps, or is reset under its drivers, while its interrupts move and go. */
#include "world.h"

#include <umsi/host.h>

#define COMMAND		0x04
#define DECODE_MASTER	0x0006u

/* With a reset behind its back nothing was announced, and nobody may touch it from then on. */
static void put_away(struct world *w, struct device *d, bool lost)
{
	int status = lost ? umsi_device_lost(d->dev) : umsi_device_quiesce(d->dev);

	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "quiesce: %s", umsi_status_text(status));
}

void actor_sleeper(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;
	struct device *d = &w->device[0];

	actor_begin(a);
	while (actor_next(a)) {
		uint32_t how = (uint32_t)mach_random(w->m, 3);
		int status;

		mach_delay(w->m, 100 + mach_random(w->m, 600));
		actor_says(a, how ? "device 0 sleeps and is reset" : "device 0 sleeps");
		put_away(w, d, how == 2);
		if (how)
			mach_pci_reset(d->pci);
		w->sleeps++;
		mach_delay(w->m, mach_random(w->m, 400));
		if (how)
			umsi_host_pci_write(w->m, d->fn.requester_id, COMMAND, 2, DECODE_MASTER);
		status = umsi_device_restore(d->dev);
		MACH_CHECK(w->m, status == UMSI_OK, "I-API", "restore: %s", umsi_status_text(status));
	}
}
