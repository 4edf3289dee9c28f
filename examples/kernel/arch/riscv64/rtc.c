/* SPDX-License-Identifier: MIT */
/*
 * A level-triggered wire: the alarm of the real-time clock. An alarm that lies
 * in the past goes off at once, and its line stays up until it is cleared.
 * Source: Google Goldfish Virtual Hardware, "Goldfish real-time clock".
 */
#include <umsi/aplic.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/tree.h"
#include "wire.h"

#define RTC_ALARM_LOW		0x08u
#define RTC_ALARM_HIGH		0x0cu
#define RTC_IRQ_ENABLED		0x10u
#define RTC_CLEAR_INTERRUPT	0x1cu

/* up: set before the alarm is, taken by the handler; the clock itself does not say. */
static struct {
	uintptr_t base;
	uint32_t up;
} rtc;

/* What was raised before the clearing is taken after it. */
static enum umsi_handled alarm(void *arg)
{
	(void)arg;
	mmio_write32(rtc.base + RTC_CLEAR_INTERRUPT, 1);
	arch_fence();
	if (__atomic_exchange_n(&rtc.up, 0, __ATOMIC_ACQ_REL))
		fire_seen(&kernel.level);
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

static bool try_clock(struct umsi_domain *root, const struct umsi_fdt_interrupt *interrupt)
{
	struct umsi_irq_request_at at = { 0 };
	struct umsi_device *device;
	struct umsi_table *wires;
	bool good;

	need(umsi_fdt_aplic_source(interrupt, &at.first, &at.trigger), "interrupt");
	at.last = at.first;
	need(wire_table(root, interrupt, &device, &wires), "wires");
	need(umsi_irq_alloc(wires, &at, &kernel.level.irq), "alloc");
	need(umsi_irq_request(kernel.m, kernel.level.irq, alarm, NULL, "alarm"), "request");
	mmio_write32(rtc.base + RTC_CLEAR_INTERRUPT, 1);
	mmio_write32(rtc.base + RTC_IRQ_ENABLED, 1);
	kernel.level.raise = raise;
	good = fire_run(&kernel.level, LEVEL_MOVES);
	mmio_write32(rtc.base + RTC_IRQ_ENABLED, 0);
	kprintf("WIRE source=%u level raised=%lu seen=%lu empty=%lu %s\n", at.first, kernel.level.raised,
		kernel.level.seen, kernel.level.empty, good ? "good" : "bad");
	need(umsi_device_remove(device), "remove");
	return good;
}

bool platform_check(struct umsi_domain *root)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "google,goldfish-rtc");
	struct umsi_fdt_interrupt interrupt;
	uint64_t base, bytes;

	if (node < 0 || umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) != UMSI_OK ||
	    umsi_fdt_interrupt(&tree_fdt, node, 0, &interrupt) != UMSI_OK)
		return true;
	rtc.base = (uintptr_t)base;
	return try_clock(root, &interrupt);
}
