/* SPDX-License-Identifier: MIT */
/*
 * A level-triggered wire: the alarm of the real-time clock. An alarm that lies
 * in the past goes off at once, and its line stays up until it is cleared.
 * Source: Google Goldfish Virtual Hardware, "Goldfish real-time clock".
 */
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/tree.h"
#include "root.h"
#include "wire.h"

#define RTC_ALARM_LOW		0x08u
#define RTC_ALARM_HIGH		0x0cu
#define RTC_IRQ_ENABLED		0x10u
#define RTC_CLEAR_INTERRUPT	0x1cu

#define GROUPS_MAX	128

/* up: set before the alarm is, taken by the handler; the clock itself does not say. */
static struct {
	uintptr_t base;
	uint32_t up;
	uint64_t seen[GROUPS_MAX];	/* by CPUs of that group; atomic */
} rtc;

static void saw(void)
{
	__atomic_fetch_add(&rtc.seen[root_group(this_cpu()->index)], 1, __ATOMIC_RELAXED);
	fire_seen(&kernel.level);
}

/* What was raised before the clearing is taken after it. */
static enum umsi_handled alarm(void *arg)
{
	(void)arg;
	mmio_write32(rtc.base + RTC_CLEAR_INTERRUPT, 1);
	arch_fence();
	if (__atomic_exchange_n(&rtc.up, 0, __ATOMIC_ACQ_REL))
		saw();
	else
		fire_empty(&kernel.level);
	return UMSI_HANDLED;
}

static void raise(struct fire *f)
{
	(void)f;
	__atomic_store_n(&rtc.up, 1, __ATOMIC_RELEASE);
	arch_fence();
	mmio_write32(rtc.base + RTC_ALARM_HIGH, 0);
	mmio_write32(rtc.base + RTC_ALARM_LOW, 0);
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("clock: %s: %s", what, umsi_status_text(status));
}

/* Each group of interrupt files must have had its part. */
static bool groups_used(void)
{
	uint32_t used = 0;

	if (root_groups() < 2 || cpu_count() < 2)
		return true;
	for (uint32_t group = 0; group < GROUPS_MAX; group++) {
		if (!rtc.seen[group])
			continue;
		kprintf("GROUP %u alarms=%lu\n", group, rtc.seen[group]);
		used++;
	}
	kprintf("GROUPS used=%u\n", used);
	return used == root_groups();
}

static bool try_clock(const struct umsi_fdt_interrupt *interrupt)
{
	struct umsi_irq_request_at at;
	struct umsi_table *wires;
	bool good;

	need(wire_find(interrupt, &wires, &at), "wire");
	need(umsi_irq_alloc(wires, &at, &kernel.level.irq), "alloc");
	need(umsi_irq_request(kernel.m, kernel.level.irq, alarm, NULL, "alarm"), "request");
	mmio_write32(rtc.base + RTC_CLEAR_INTERRUPT, 1);
	mmio_write32(rtc.base + RTC_IRQ_ENABLED, 1);
	kernel.level.raise = raise;
	good = fire_run(&kernel.level, LEVEL_MOVES);
	mmio_write32(rtc.base + RTC_IRQ_ENABLED, 0);
	kprintf("WIRE source=%u level raised=%lu seen=%lu empty=%lu %s\n", at.first, kernel.level.raised,
		kernel.level.seen, kernel.level.empty, good ? "good" : "bad");
	need(umsi_irq_free(kernel.m, kernel.level.irq), "free");
	return groups_used() && good;
}

bool platform_check(struct umsi_domain *root)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "google,goldfish-rtc");
	struct umsi_fdt_interrupt interrupt;
	uint64_t base, bytes;

	(void)root;
	if (node < 0 || umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) != UMSI_OK ||
	    umsi_fdt_interrupt(&tree_fdt, node, 0, &interrupt) != UMSI_OK)
		return true;
	rtc.base = (uintptr_t)base;
	return try_clock(&interrupt);
}
