/* SPDX-License-Identifier: MIT */
/*
 * What a kernel does with the local APIC beside uMSI: its timer, and starting
 * other CPUs. Source: Intel SDM Vol. 3A, "APIC Timer", "MP Initialization
 * Protocol Algorithm for MP Systems", "Interrupt Command Register (ICR)".
 */
#include <umsi/lapic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/text.h"
#include "port.h"

#define AP_START_PHYS	0x8000ul	/* below 1 MiB, page aligned: the vector is its page */

#define ICR_INIT	0x4500u		/* assert, INIT */
#define ICR_STARTUP	0x4600u		/* assert, start-up; vector in the low byte */
#define ICR_PENDING	(1u << 12)

#define TIMER_DIVIDE_1	0xbu
#define LVT_MASKED	(1u << 16)

#define INIT_NS		10000000ull
#define STARTUP_NS	50000000ull
#define MEASURE_NS	20000000ull

extern char ap_start[], ap_start_end[];
struct cpu *ap_cpu;

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

/* Two registers: no interrupt may send one of its own in between. */
static void send(struct cpu *cpu, uint32_t command)
{
	uintptr_t state = arch_irq_off();

	while (lapic_read(LAPIC_ICR_LOW) & ICR_PENDING)
		arch_pause();
	lapic_write(LAPIC_ICR_HIGH, (uint32_t)cpu->hw_id << 24);
	lapic_write(LAPIC_ICR_LOW, command);
	arch_irq_restore(state);
}

bool arch_cpu_start(struct cpu *cpu)
{
	if (cpu->hw_id >= 0xff)
		return false;
	ap_cpu = cpu;
	memcpy((void *)AP_START_PHYS, ap_start, (size_t)(ap_start_end - ap_start));
	arch_fence();
	send(cpu, ICR_INIT);
	cpu_spin_ns(INIT_NS);
	send(cpu, ICR_STARTUP | AP_START_PHYS >> 12);
	cpu_spin_ns(STARTUP_NS);
	if (!__atomic_load_n(&cpu->up, __ATOMIC_ACQUIRE))
		send(cpu, ICR_STARTUP | AP_START_PHYS >> 12);
	return true;
}
