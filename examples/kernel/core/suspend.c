/* SPDX-License-Identifier: MIT */
#include "core/suspend.h"

#include <umsi/irq.h>
#include <umsi/umsi.h>

#include "core/disk.h"
#include "core/kernel.h"
#include "core/print.h"

#define WAKE_NS		(5 * 1000000000ull)
#define QUIET_NS	20000000ull

static bool woken(const void *arg)
{
	(void)arg;
	return umsi_woken_by(kernel.m) != UMSI_IRQ_NONE;
}

static bool never(const void *arg)
{
	(void)arg;
	return false;
}

static bool take_page(struct nvme_queue *q, int slot)
{
	if (!nvme_wait(q, slot))
		return false;
	disk_check(q->slot[slot].block, nvme_slot_buffer(q, slot), false);
	nvme_slot_release(q, slot);
	return true;
}

/* Only @wakes may be heard until the machine is awake. */
static bool sleep_until_woken(struct nvme_queue *wakes, struct nvme_queue *sleeps, uint64_t page)
{
	int first = nvme_read_page(sleeps, page);
	int second;
	bool quiet;

	if (first < 0)
		return false;
	cpu_poll(never, NULL, time_ns() + QUIET_NS);
	quiet = !nvme_slot_done(sleeps, first) && !woken(NULL);
	second = nvme_read_page(wakes, page);
	if (second < 0 || !cpu_poll(woken, NULL, time_ns() + WAKE_NS))
		return false;
	quiet = quiet && umsi_woken_by(kernel.m) == wakes->irq && !nvme_slot_done(sleeps, first);
	return umsi_resume(kernel.m) == UMSI_OK && take_page(wakes, second) && take_page(sleeps, first) && quiet;
}

/* A call of the last turn's replay may have taken what a message still on its way was about. */
static bool once(uint32_t turn)
{
	struct nvme_queue *wakes = &disk.queue[turn % cpu_count()];
	struct nvme_queue *sleeps = &disk.queue[(turn + 1) % cpu_count()];
	bool good;

	cpu_poll(never, NULL, time_ns() + QUIET_NS);
	if (umsi_irq_set_wake(kernel.m, wakes->irq, true) || umsi_suspend(kernel.m))
		return false;
	good = sleep_until_woken(wakes, sleeps, turn % disk.pages);
	umsi_irq_set_wake(kernel.m, wakes->irq, false);
	return good;
}

void suspend_and_wake(uint32_t times)
{
	if (kernel.platform.wires_only || cpu_count() < 2)
		return;
	for (uint32_t i = 0; i < times; i++) {
		if (once(i))
			kernel.suspends++;
		else
			kprintf("suspend %u went wrong\n", i);
	}
}
