/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel needs of the instruction set. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

#include "core/arch_calls.h"

#define ARCH_NAME	"aarch64"

/* TPIDR_EL1 holds the running CPU's struct cpu from entry on. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

#define DAIF_I	0x80ul

static inline uintptr_t arch_irq_off(void)
{
	uintptr_t was;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(was) :: "memory");
	return was & DAIF_I;
}

static inline void arch_irq_on(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static inline void arch_irq_restore(uintptr_t state)
{
	if (!(state & DAIF_I))
		arch_irq_on();
}

static inline void arch_pause(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* Returns when an interrupt is pending, also with interrupts off. */
static inline void arch_wait(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/* Everything before, everything after, memory and devices. */
static inline void arch_fence(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* What was written to memory is visible before the doorbell that follows. */
static inline void arch_fence_doorbell(void)
{
	__asm__ volatile("dmb oshst" ::: "memory");
}

/* The phase bit is read before the entry, and the entry before what it is about. */
static inline void arch_fence_entry(void)
{
	__asm__ volatile("dmb oshld" ::: "memory");
}

static inline uint64_t arch_ticks(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) :: "memory");
	return v;
}

/* Event counter 0, set up by arch_trap_counting() to count retired instructions. */
static inline uint64_t arch_instructions(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(v) :: "memory");
	return v;
}

/* Where the UART is, once the tree has been read. */
void uart_at(uintptr_t base);

#endif
