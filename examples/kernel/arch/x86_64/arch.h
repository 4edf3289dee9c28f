/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel needs of the instruction set. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

#include "core/arch_calls.h"

#define ARCH_NAME	"x86_64"

/* The GS base holds the running CPU's struct cpu from entry on (CR4.FSGSBASE). */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("rdgsbase %0" : "=r"(cpu));
	return cpu;
}

#define RFLAGS_IF	0x200ul

static inline uintptr_t arch_irq_off(void)
{
	uintptr_t was;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(was) :: "memory");
	return was & RFLAGS_IF;
}

static inline void arch_irq_restore(uintptr_t state)
{
	if (state & RFLAGS_IF)
		__asm__ volatile("sti" ::: "memory");
}

static inline void arch_irq_on(void)
{
	arch_irq_restore(RFLAGS_IF);
}

static inline void arch_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/*
 * Called with interrupts off, returns so. HLT ends only by an interrupt that
 * is taken; none is taken between STI and the instruction after it.
 */
static inline void arch_wait(void)
{
	__asm__ volatile("sti\n\thlt\n\tcli" ::: "memory");
}

/* Everything before, everything after, memory and devices. */
static inline void arch_fence(void)
{
	__asm__ volatile("mfence" ::: "memory");
}

/* An uncached store is not seen before an earlier store to memory. */
static inline void arch_fence_doorbell(void)
{
	__asm__ volatile("" ::: "memory");
}

/* Loads are seen in program order. */
static inline void arch_fence_entry(void)
{
	__asm__ volatile("" ::: "memory");
}

static inline uint64_t arch_ticks(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) :: "memory");
	return (uint64_t)high << 32 | low;
}

/* Where the emulator counts instructions, the time-stamp counter follows that count. */
static inline uint64_t arch_instructions(void)
{
	return arch_ticks();
}

#endif
