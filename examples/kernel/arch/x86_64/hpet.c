/* SPDX-License-Identifier: MIT */
/*
 * The HPET's comparators, each with a message of its own, moved while they are
 * armed. What fires while a move has masked it is lost to the hardware; the
 * library calls the handler after the move, and the counter tells that the time has come.
 * Source: IA-PC HPET Specification 1.0a.
 */
#include <umsi/device.h>
#include <umsi/hpet.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

#define COUNTER		0xf0u
#define COMPARATORS	3u	/* used, of up to 32 */
#define DELAY_FS	20000000000ull	/* 20 us, for each comparator a little more */
#define MOVES_A_TURN	10u		/* of one comparator, then of the next */

/* deadline and armed: written by the boot CPU, armed last; cleared by the handler. */
struct comparator {
	umsi_irq irq;
	uint32_t deadline;	/* of the main counter's low half */
	uint32_t armed;
};

static struct {
	uintptr_t block;
	struct umsi_table *table;
	uint32_t delay;		/* ticks */
	uint32_t count;
	struct comparator comparator[COMPARATORS];
} hpet;

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("hpet: %s: %s", what, umsi_status_text(status));
}

static uint32_t now(void)
{
	return mmio_read32(hpet.block + COUNTER);
}

/* Early, by a move's own call, or late, when that call has seen the time before the message came. */
static enum umsi_handled time_has_come(void *arg)
{
	struct comparator *c = arg;

	if (!__atomic_load_n(&c->armed, __ATOMIC_ACQUIRE) || (int32_t)(now() - c->deadline) < 0) {
		fire_empty(&kernel.hpet);
		return UMSI_HANDLED;
	}
	__atomic_store_n(&c->armed, 0, __ATOMIC_RELEASE);
	fire_seen(&kernel.hpet);
	return UMSI_HANDLED;
}

/* From here on its time can only be later than the deadline by what the writing takes. */
static void arm(uint32_t index, uint32_t ticks)
{
	struct comparator *c = &hpet.comparator[index];
	int status;

	c->deadline = now() + ticks;
	__atomic_store_n(&c->armed, 1, __ATOMIC_RELEASE);
	while ((status = umsi_hpet_arm(hpet.table, index, ticks)) == UMSI_EAGAIN)
		ticks *= 2;
	need(status, "arm");
}

static void raise(struct fire *f)
{
	(void)f;
	for (uint32_t i = 0; i < hpet.count; i++)
		arm(i, hpet.delay + i * hpet.delay / 4);
}

/* Those that can send messages come first on this machine. */
static void take_comparators(void)
{
	for (uint32_t i = 0; i < COMPARATORS && i < umsi_table_size(hpet.table); i++) {
		struct umsi_irq_request_at at = { .first = i, .last = i };
		struct comparator *c = &hpet.comparator[i];

		need(umsi_irq_alloc(hpet.table, &at, &c->irq), "alloc");
		need(umsi_irq_request(kernel.m, c->irq, time_has_come, c, "hpet"), "request");
		hpet.count++;
	}
}

static bool enough(void)
{
	return kernel.hpet.seen >= HPET_EVENTS && kernel.hpet.moves >= HPET_EVENTS;
}

bool hpet_check(struct umsi_domain *root, uint64_t phys)
{
	struct umsi_device_config device_config = { .name = "hpet", .parent = root };
	struct umsi_hpet_config config = { .phys = phys };
	struct umsi_device *device;
	bool good = true;
	int status;

	need(umsi_device_add(kernel.m, &device_config, &device), "device");
	status = umsi_hpet_create(device, &config, &hpet.table);
	if (status == UMSI_ENOTSUP) {
		need(umsi_device_remove(device), "remove");
		return true;
	}
	need(status, "table");
	hpet.block = (uintptr_t)phys;
	hpet.delay = (uint32_t)(DELAY_FS / umsi_hpet_period_fs(hpet.table));
	take_comparators();
	need(umsi_hpet_start(hpet.table), "start");
	kernel.hpet.raise = raise;
	kernel.hpet.events = hpet.count;
	for (uint32_t turn = 0; good && cpu_count() > 1 && !enough(); turn++) {
		kernel.hpet.irq = hpet.comparator[turn % hpet.count].irq;
		good = fire_run(&kernel.hpet, kernel.hpet.moves + MOVES_A_TURN);
	}
	need(umsi_device_remove(device), "remove");
	return good;
}
