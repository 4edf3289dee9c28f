/* SPDX-License-Identifier: MIT */
/*
 * A wire that is level triggered: the alarm of the real-time clock, asserted
 * until it is cleared in the clock.
 * Source: Arm PrimeCell Real Time Clock (DDI 0224), "Register descriptions".
 */
#include <umsi/device.h>
#include <umsi/fdt.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "core/tree.h"
#include "gic.h"
#include "rtc.h"

#define RTC_DR		0x00u	/* seconds */
#define RTC_MR		0x04u	/* alarm when DR equals it */
#define RTC_IMSC	0x10u
#define RTC_RIS		0x14u
#define RTC_MIS		0x18u
#define RTC_ICR		0x1cu

#define ROUNDS		200u
#define QUIET_NS	200000u
#define PATIENCE_NS	2000000000ull

/* calls and extra: written by the handler, one CPU at a time. */
static struct {
	uintptr_t base;
	umsi_irq irq;
	bool fire;		/* events count for kernel.level */
	bool later;		/* leave the line as it is, answer UMSI_LATER */
	uint32_t calls;		/* that found the alarm */
	uint32_t extra;		/* that did not */
	struct cpu *on;		/* where the last one ran */
} rtc;

/*
 * QEMU lets another CPU take a line that is still active on the one it was
 * moved away from, so a move may cost an empty call.
 */
static enum umsi_handled alarm_under_fire(void)
{
	if (!mmio_read32(rtc.base + RTC_MIS)) {
		fire_empty(&kernel.level);
		return UMSI_HANDLED;
	}
	mmio_write32(rtc.base + RTC_ICR, 1);
	fire_seen(&kernel.level);
	return UMSI_HANDLED;
}

static enum umsi_handled alarm(void *arg)
{
	bool later = rtc.later;	/* once calls has grown, it may change */

	(void)arg;
	if (rtc.fire)
		return alarm_under_fire();
	if (!mmio_read32(rtc.base + RTC_MIS)) {
		rtc.extra++;
		return UMSI_NOT_MINE;
	}
	if (!later)
		mmio_write32(rtc.base + RTC_ICR, 1);
	rtc.on = this_cpu();
	__atomic_store_n(&rtc.calls, rtc.calls + 1, __ATOMIC_RELEASE);
	cpu_wake(&boot_cpu);
	return later ? UMSI_LATER : UMSI_HANDLED;
}

static bool called(const void *arg)
{
	return __atomic_load_n(&rtc.calls, __ATOMIC_ACQUIRE) == *(const uint32_t *)arg;
}

static void pass(uint64_t ns)
{
	uint64_t end = time_ns() + ns;

	while (time_ns() < end)
		arch_pause();
}

/*
 * The alarm goes off now. True for sure if the second has not ended between read and
 * write; else whoever heard it has had time to say so before that is looked at.
 */
static bool match_now(void)
{
	uint32_t now = mmio_read32(rtc.base + RTC_DR);

	mmio_write32(rtc.base + RTC_MR, now);
	if (mmio_read32(rtc.base + RTC_DR) == now)
		return true;
	pass(QUIET_NS);
	return mmio_read32(rtc.base + RTC_RIS);
}

static void raise(struct fire *f)
{
	uint64_t before = fire_count(&f->seen);

	while (!match_now() && fire_count(&f->seen) == before)
		;
}

static void raise_alarm(void)
{
	uint32_t before = __atomic_load_n(&rtc.calls, __ATOMIC_ACQUIRE);

	while (!match_now() && called(&before))
		;
}

/*
 * The call, and the trap it was made from: QEMU lets another CPU take a line
 * that is still active on the one it was moved away from.
 */
static bool wait_calls(uint32_t goal)
{
	if (!cpu_wait(called, &goal, time_ns() + PATIENCE_NS))
		return false;
	while (__atomic_load_n(&rtc.on->trap_depth, __ATOMIC_ACQUIRE))
		arch_pause();
	return true;
}

static bool move_to(uint32_t cpu)
{
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu % cpu_count() };

	return umsi_irq_set_affinity(kernel.m, rtc.irq, &to) == UMSI_OK;
}

/* One alarm, one call, on whichever CPU. */
static bool answer_at_once(uint32_t round)
{
	uint32_t goal = rtc.calls + 1;

	if (!move_to(round))
		return false;
	raise_alarm();
	return wait_calls(goal) && move_to(round + 1);
}

/*
 * The line stays asserted while the handler's answer is owed: not one more
 * call, also across a move; done too early brings one more, done after the
 * clearing none.
 */
static bool answer_later(uint32_t round)
{
	uint32_t goal = rtc.calls + 1;

	raise_alarm();
	if (!wait_calls(goal) || !move_to(round))
		return false;
	pass(QUIET_NS);
	if (!called(&goal) || umsi_irq_done(kernel.m, rtc.irq) != UMSI_OK || !wait_calls(++goal))
		return false;
	pass(QUIET_NS);
	mmio_write32(rtc.base + RTC_ICR, 1);
	while (umsi_irq_done(kernel.m, rtc.irq) != UMSI_OK)
		arch_pause();
	pass(QUIET_NS);
	return called(&goal);
}

static bool rounds(void)
{
	for (uint32_t i = 0; i < ROUNDS; i++)
		if (!answer_at_once(i))
			return false;
	rtc.later = true;
	for (uint32_t i = 0; i < ROUNDS / 4; i++)
		if (!answer_later(i))
			return false;
	rtc.later = false;
	return true;
}

static bool move_under_fire(void)
{
	bool good;

	kernel.level.irq = rtc.irq;
	kernel.level.raise = raise;
	rtc.fire = true;
	good = fire_run(&kernel.level, LEVEL_MOVES);
	rtc.fire = false;
	return good;
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("clock: %s: %s", what, umsi_status_text(status));
}

static bool try_clock(struct umsi_domain *root, uint32_t line, uint8_t trigger)
{
	struct umsi_device_config config = { .name = "clock", .parent = root };
	struct umsi_irq_request_at at = { .first = line, .last = line, .trigger = trigger };
	struct umsi_device *device;
	struct umsi_table *wires;
	bool good;

	need(umsi_device_add(kernel.m, &config, &device), "device");
	need(gic_wires(device, &wires), "wires");
	need(umsi_irq_alloc(wires, &at, &rtc.irq), "alloc");
	mmio_write32(rtc.base + RTC_ICR, 1);
	mmio_write32(rtc.base + RTC_IMSC, 1);
	need(umsi_irq_request(kernel.m, rtc.irq, alarm, NULL, "alarm"), "request");
	good = rounds() && !rtc.extra && move_under_fire();
	mmio_write32(rtc.base + RTC_IMSC, 0);
	need(umsi_device_remove(device), "remove");
	return good;
}

bool rtc_check(struct umsi_domain *root)
{
	umsi_fdt_node node = umsi_fdt_find_compatible(&tree_fdt, -1, "arm,pl031");
	uint64_t base, bytes;
	uint8_t trigger;
	uint32_t line;
	bool good;

	if (node < 0 || umsi_fdt_get_reg(&tree_fdt, node, 0, &base, &bytes) != UMSI_OK ||
	    umsi_fdt_gic_interrupt(&tree_fdt, node, 0, &line, &trigger) != UMSI_OK)
		return true;
	rtc.base = (uintptr_t)base;
	good = try_clock(root, line, trigger);
	kprintf("WIRE spi=%u level alarms=%u calls=%u without_alarm=%u %s\n", line,
		ROUNDS + ROUNDS / 4, rtc.calls, rtc.extra, good ? "good" : "bad");
	return good;
}
