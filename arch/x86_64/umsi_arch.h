/* SPDX-License-Identifier: MIT */
/*
 * x86-64. Stores are seen in program order, loads too; device memory is
 * mapped uncached, whose accesses stay in order among themselves and behind
 * earlier stores. What is left for most barriers is the compiler; x2APIC
 * registers are the exception: WRMSR to them orders nothing before it.
 * Source: Intel SDM Vol. 3A, "Memory Ordering", "MSR Access in x2APIC Mode".
 */
#ifndef UMSI_ARCH_H
#define UMSI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../builtin/umsi_atomic_write.h"

/* ---- The named barriers (DESIGN.md, "Ordering"). ---- */

static inline void umsi_compiler_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

/* R1: an uncached store is not seen before an earlier write-back store. */
static inline void umsi_barrier_publish_to_message(void)
{
	umsi_compiler_barrier();
}

/* The claim is the trap itself. */
static inline void umsi_barrier_claim_to_handler(void)
{
	umsi_compiler_barrier();
}

/* R4, R13: an uncached load has returned before a later store is seen. */
static inline void umsi_barrier_flush_to_stamp(void)
{
	umsi_compiler_barrier();
}

/* R7: roots of this ISA have no marker; kept for shared code. */
static inline void umsi_barrier_req_to_marker(void)
{
	__asm__ volatile("mfence\n\tlfence" ::: "memory");
}

/* R6: RDMSR of an x2APIC register does not wait for earlier loads. */
static inline void umsi_barrier_req_to_look(void)
{
	__asm__ volatile("lfence" ::: "memory");
}

/* R6: loads, RDMSR among them, complete before a later store is seen. */
static inline void umsi_barrier_look_to_done(void)
{
	umsi_compiler_barrier();
}

/* R9: a WRMSR to the x2APIC may overtake earlier stores. */
static inline void umsi_barrier_link_to_kick(void)
{
	__asm__ volatile("mfence\n\tlfence" ::: "memory");
}

/* ---- Local interrupts: RFLAGS.IF. ---- */

#define UMSI_RFLAGS_IF	0x200ul

static inline uintptr_t umsi_arch_irq_save(void)
{
	uintptr_t was;

	__asm__ volatile("pushfq\n\tpopq %0\n\tcli" : "=r"(was) :: "memory");
	return was & UMSI_RFLAGS_IF;
}

static inline void umsi_arch_irq_restore(uintptr_t state)
{
	if (state & UMSI_RFLAGS_IF)
		__asm__ volatile("sti" ::: "memory");
}

#endif
