/* SPDX-License-Identifier: MIT */
/* The local APIC's timer. Source: Intel SDM Vol. 3A, "APIC Timer". */
#include <umsi/lapic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "port.h"

#define TIMER_DIVIDE_1	0xbu
#define LVT_MASKED	(1u << 16)

#define MEASURE_NS	20000000ull

static uint64_t timer_per_second;

static uint32_t lapic_read(uint32_t offset)
{
	return mmio_read32(LAPIC_REGISTERS + offset);
}

static void lapic_write(uint32_t offset, uint32_t value)
{
	mmio_write32(LAPIC_REGISTERS + offset, value);
}

/* Its clock is the platform's own: measured once, against the time-stamp counter. */
static void measure_timer(void)
{
	uint64_t began, hz = kernel.platform.ticks_per_second;
	uint32_t counted;

	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | umsi_lapic_timer_vector(kernel.root));
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_1);
	lapic_write(LAPIC_TIMER_INITIAL, UINT32_MAX);
	began = arch_ticks();
	cpu_spin_ns(MEASURE_NS);
	counted = UINT32_MAX - lapic_read(LAPIC_TIMER_CURRENT);
	timer_per_second = (uint64_t)counted * (hz / 1000) / ((arch_ticks() - began) / 1000);
	lapic_write(LAPIC_TIMER_INITIAL, 0);
}

void arch_interrupts_open(void)
{
	struct cpu *cpu = this_cpu();

	cpu->trap_part = umsi_lapic_part(kernel.root, cpu->index);
	if (!cpu->trap_part)
		panic("cpu %u: no message can name it", cpu->index);
	if (!timer_per_second)
		measure_timer();
	lapic_write(LAPIC_TIMER_DIVIDE, TIMER_DIVIDE_1);
	lapic_write(LAPIC_LVT_TIMER, umsi_lapic_timer_vector(kernel.root));
}

void arch_timer_arm(uint64_t ticks)
{
	uint64_t hz = kernel.platform.ticks_per_second, now = arch_ticks();
	uint64_t left = ticks > now ? ticks - now : 1;
	uint64_t count = left * (timer_per_second / 1000) / (hz / 1000) + 1;

	lapic_write(LAPIC_TIMER_INITIAL, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count);
}
