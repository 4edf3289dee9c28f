/* SPDX-License-Identifier: MIT */
/*
 * AArch64. Device memory is mapped nGnRE; the barriers name the accesses they
 * keep apart. CPU-interface registers are ordered by ISB, not by DMB.
 * Source: Arm ARM (DDI 0487), "Memory barriers", "Limited ordering regions";
 * GIC architecture (IHI 0069), "Observability of the effects of accesses to
 * the GIC registers".
 */
#ifndef UMSI_ARCH_H
#define UMSI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../builtin/umsi_atomic_write.h"

/* ---- The named barriers (DESIGN.md, "Ordering"). ---- */

/* R1: the table entry is visible before the device can learn the message. */
static inline void umsi_barrier_publish_to_message(void)
{
	__asm__ volatile("dmb oshst" ::: "memory");
}

/* The acknowledge has taken effect before anything the device wrote is read. */
static inline void umsi_barrier_claim_to_handler(void)
{
	__asm__ volatile("isb\n\tdsb sy" ::: "memory");
}

/* R4, R13: the flush read has returned before anything later. */
static inline void umsi_barrier_flush_to_stamp(void)
{
	__asm__ volatile("dsb ld" ::: "memory");
}

/* R7: req is read before the marker leaves. */
static inline void umsi_barrier_req_to_marker(void)
{
	__asm__ volatile("dmb osh" ::: "memory");
}

/* R6: req is read before the controller is looked at. */
static inline void umsi_barrier_req_to_look(void)
{
	__asm__ volatile("dsb ld\n\tisb" ::: "memory");
}

/* R6: the look, and every use of the table, precede the store of done. */
static inline void umsi_barrier_look_to_done(void)
{
	__asm__ volatile("isb\n\tdsb sy" ::: "memory");
}

/* R9: what the kick is about is visible before the SGI can be taken. */
static inline void umsi_barrier_link_to_kick(void)
{
	__asm__ volatile("dsb ishst\n\tisb" ::: "memory");
}

/* ---- Local interrupts: DAIF.I. ---- */

#define UMSI_DAIF_I	0x80ul

static inline uintptr_t umsi_arch_irq_save(void)
{
	uintptr_t was;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(was) :: "memory");
	return was & UMSI_DAIF_I;
}

static inline void umsi_arch_irq_restore(uintptr_t state)
{
	if (!(state & UMSI_DAIF_I))
		__asm__ volatile("msr daifclr, #2" ::: "memory");
}

#endif
