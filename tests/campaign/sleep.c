/* SPDX-License-Identifier: MIT */
/* A device that sleeps, or is reset under its drivers, while its interrupts move and go. */
#include "isa.h"
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
		overlap_begin(w, OVERLAP_FAULT);
		put_away(w, d, how == 2);
		if (how)
			mach_pci_reset(d->pci);
		w->sleeps++;
		mach_delay(w->m, mach_random(w->m, 400));
		if (how)
			umsi_host_pci_write(w->m, d->fn.requester_id, COMMAND, 2, DECODE_MASTER);
		status = umsi_device_restore(d->dev);
		overlap_end(w, OVERLAP_FAULT);
		MACH_CHECK(w->m, status == UMSI_OK, "I-API", "restore: %s", umsi_status_text(status));
	}
}

/* Now and then one of device 1's interrupts may wake the machine; its owner may free it any time. */
static bool mark_one(struct world *w)
{
	struct entry *e = &w->device[1].entry[mach_random(w->m, WORLD_ENTRIES)];
	int status;

	mach_sync(w->m);
	if (!e->irq || mach_random(w->m, 2))
		return false;
	status = umsi_irq_set_wake(w->umsi, e->irq, true);
	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOENT, "I-API", "wake: %s",
		   umsi_status_text(status));
	return status == UMSI_OK;
}

static void unmark_all(struct world *w)
{
	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		umsi_irq_set_wake(w->umsi, w->device[1].entry[i].irq, false);
}

/* ---- A night: CPUs doze where they are, and nothing keeps a register ---- */

static void doze(void *arg)
{
	struct world *w = arg;

	mach_irq_off(w->m);
	w->down++;
	mach_cpu_down(w->m);
}

static void restore_here(struct world *w)
{
	int status = umsi_cpu_restore(w->umsi, mach_cpu(w->m));

	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "restore: %s", umsi_status_text(status));
	mach_irq_on(w->m);
}

static void wake(void *arg)
{
	struct world *w = arg;

	restore_here(w);
	w->back++;
}

static void wait_for(struct world *w, const uint32_t *count, uint32_t until)
{
	while (*count != until) {
		umsi_host_relax(w->m);
		mach_delay(w->m, 10);
	}
}

/* This CPU first, then the others: what they do before umsi_resume() meets a translator that has lost everything. */
static void sleep_without_power(struct world *w)
{
	uint32_t others = w->plan.ncpus - 1;

	w->night = true;
	wait_for(w, &w->travelling, 0);
	w->down = w->back = 0;
	for (umsi_cpu cpu = 0; cpu < w->plan.ncpus; cpu++)
		if (cpu != mach_cpu(w->m))
			mach_thread(w->m, cpu, doze, w);
	wait_for(w, &w->down, others);
	mach_delay(w->m, mach_random(w->m, 200));
	w->nights++;
	mach_irq_off(w->m);
	w->isa->lose(w);
	restore_here(w);
	for (umsi_cpu cpu = 0; cpu < w->plan.ncpus; cpu++)
		if (cpu != mach_cpu(w->m))
			mach_cpu_up(w->m, cpu, wake, w);
	wait_for(w, &w->back, others);
}

/* What sleeps may lose everything; what may wake the machine keeps its power. */
static void sleep_through(struct world *w, bool marked)
{
	bool reset = mach_random(w->m, 2);
	uint32_t devices = marked ? 1 : 2;

	w->suspends++;
	for (uint32_t i = 0; reset && i < devices; i++)
		mach_pci_reset(w->device[i].pci);
	if (reset && w->aplic)
		mach_aplic_reset(w->aplic);
	if (reset && w->isa->lose)
		sleep_without_power(w);
	mach_delay(w->m, mach_random(w->m, 400));
	for (uint32_t i = 0; reset && i < devices; i++)
		umsi_host_pci_write(w->m, w->device[i].fn.requester_id, COMMAND, 2, DECODE_MASTER);
}

void actor_suspender(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	actor_wait_for(a, w->plan.suspend_at);
	while (actor_next(a)) {
		bool marked;
		int status;

		mach_delay(w->m, 200 + mach_random(w->m, 900));
		marked = mark_one(w);
		actor_says(a, "suspends the machine");
		overlap_begin(w, OVERLAP_SUSPEND);
		status = umsi_suspend(w->umsi);
		MACH_CHECK(w->m, status == UMSI_OK || (status == UMSI_EBUSY && marked) ||
			   (status == UMSI_ETIMEOUT && queues_give_up(w)), "I-API", "suspend: %s",
			   umsi_status_text(status));
		if (!status) {
			sleep_through(w, marked);
			/* Not before the units answer. */
			while ((status = umsi_resume(w->umsi)) == UMSI_ETIMEOUT && queues_give_up(w))
				mach_delay(w->m, 1000);
			w->night = false;
			MACH_CHECK(w->m, status == UMSI_OK || may_fail(w, status), "I-API", "resume: %s",
				   umsi_status_text(status));
		}
		overlap_end(w, OVERLAP_SUSPEND);
		unmark_all(w);
	}
}
