/* SPDX-License-Identifier: MIT */
/*
 * Nearly all the LPIs there are, at once: a device that is just a number, whose
 * events the ITS raises itself. Each must call its handler exactly once.
 */
#include "lpis.h"

#include <umsi/device.h>
#include <umsi/gicv3.h>
#include <umsi/irq.h>
#include <umsi/its.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"

/* No function of this machine: the last of bus 0. */
#define REQUESTER	0x00ffu
#define PATIENCE_NS	20000000000ull
/* Not more than so many at once: the emulator looks through all that are pending for each. */
#define WINDOW		64u

static unsigned char *calls;	/* by index */
static uint64_t handled;

static enum umsi_handled handler(void *arg)
{
	calls[(uintptr_t)arg]++;
	__atomic_fetch_add(&handled, 1, __ATOMIC_RELEASE);
	return UMSI_HANDLED;
}

static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store;
	(void)index;
	(void)cookie;
	(void)msg;
	return 0;
}

static int store_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return 0;
}

static int store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops store_ops = {
	.name = "events", .number_name = "n", .write = store_write, .mask = store_mask, .unmask = store_mask,
	.settle = store_settle,
};

static bool fire_one(struct umsi_table *table, uint32_t n)
{
	struct umsi_irq_request_at at = { .first = n, .last = n };
	umsi_irq irq;

	return umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
	       umsi_irq_request(kernel.m, irq, handler, (void *)(uintptr_t)n, "event") == UMSI_OK &&
	       umsi_its_raise(kernel.m, irq) == UMSI_OK;
}

/* At most @left of those fired are yet to be handled; false: it takes too long. */
static bool wait_left(uint32_t fired, uint32_t left)
{
	uint64_t end = time_ns() + PATIENCE_NS;

	while (fired - __atomic_load_n(&handled, __ATOMIC_ACQUIRE) > left) {
		if (time_ns() > end)
			return false;
		arch_pause();
	}
	return true;
}

static bool each_once(uint32_t count)
{
	for (uint32_t n = 0; n < count; n++)
		if (calls[n] != 1)
			return false;
	return true;
}

bool lpis_fire(uint32_t count)
{
	struct umsi_device_config config = { .name = "events", .parent = kernel.messages, .requester_id = REQUESTER };
	struct umsi_table_config size = { .size = count };
	struct umsi_gicv3_lpis before, during, after;
	struct umsi_device *device;
	struct umsi_table *table;
	uint32_t fired = 0;
	bool good;

	umsi_gicv3_count(kernel.root, &before);
	calls = memory_alloc(count);
	if (!calls || umsi_device_add(kernel.m, &config, &device) != UMSI_OK ||
	    umsi_table_create(device, &store_ops, NULL, &size, &table) != UMSI_OK)
		panic("lpis: no device of %u events", count);
	while (fired < count && fire_one(table, fired)) {
		fired++;
		if (!wait_left(fired, WINDOW))
			break;
	}
	good = fired == count && wait_left(fired, 0) && each_once(count);
	umsi_gicv3_count(kernel.root, &during);
	good = umsi_device_remove(device) == UMSI_OK && good;
	umsi_gicv3_count(kernel.root, &after);
	good = good && during.owned == before.owned + count && after.owned == before.owned;
	kprintf("LPIS total=%u owned=%u fired=%u handled=%lu left=%u %s\n", during.total, during.owned, fired,
		handled, after.owned - before.owned, good ? "good" : "bad");
	memory_free(calls, count);
	return good;
}
