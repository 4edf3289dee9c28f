/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel needs of the instruction set. */
#ifndef ARCH_H
#define ARCH_H

#include <stdint.h>

#include "core/arch_calls.h"

#define ARCH_NAME	"riscv64"

/* tp holds the running CPU's struct cpu from entry on. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mv %0, tp" : "=r"(cpu));
	return cpu;
}

#define SSTATUS_SIE	2ul

static inline uintptr_t arch_irq_off(void)
{
	uintptr_t was;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(was) :: "memory");
	return was & SSTATUS_SIE;
}

static inline void arch_irq_restore(uintptr_t state)
{
	__asm__ volatile("csrs sstatus, %0" :: "r"(state & SSTATUS_SIE) : "memory");
}

static inline void arch_irq_on(void)
{
	arch_irq_restore(SSTATUS_SIE);
}

/* PAUSE is a FENCE hint. Source: RISC-V Unprivileged ISA, "Zihintpause". */
static inline void arch_pause(void)
{
	__asm__ volatile(".word 0x0100000f" ::: "memory");
}

/* Returns when an enabled interrupt is pending, also with interrupts off. */
static inline void arch_wait(void)
{
	__asm__ volatile("wfi" ::: "memory");
}

/* Everything before, everything after, memory and devices. */
static inline void arch_fence(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

/* What was written to memory is visible before the doorbell that follows. */
static inline void arch_fence_doorbell(void)
{
	__asm__ volatile("fence w, o" ::: "memory");
}

/* The phase bit is read before the entry, and the entry before what it is about. */
static inline void arch_fence_entry(void)
{
	__asm__ volatile("fence r, r" ::: "memory");
}

static inline uint64_t arch_ticks(void)
{
	uint64_t v;

	__asm__ volatile("rdtime %0" : "=r"(v) :: "memory");
	return v;
}

static inline uint64_t arch_instructions(void)
{
	uint64_t v;

	__asm__ volatile("rdinstret %0" : "=r"(v) :: "memory");
	return v;
}

#endif
