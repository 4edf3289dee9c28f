/* SPDX-License-Identifier: MIT */
/*
 * RISC-V, 64 bit. C11 fences order memory against memory only; a device
 * register is input (i) and output (o) to the FENCE instruction, so each
 * barrier below says which of i, o, r, w it keeps apart.
 * Source: RISC-V Unprivileged ISA, "RV32I Base Integer Instruction Set",
 * "Memory Ordering Instructions"; "RVWMO Memory Consistency Model".
 */
#ifndef UMSI_ARCH_H
#define UMSI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "../builtin/umsi_atomic_read.h"

/* ---- Stores are written out: GCC before 14 makes an AMO of each atomic store. ---- */

static inline void umsi_store32(umsi_atomic32 *a, uint32_t value)
{
	*(volatile uint32_t *)&a->v = value;
}

static inline void umsi_store32_release(umsi_atomic32 *a, uint32_t value)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint32_t *)&a->v = value;
}

/*
 * By hand: GCC before 14 takes the orders of lr and sc from the wrong operand
 * (PR 100265) and leaves the release out, so that a handler's last accesses
 * could be seen after RUN was cleared. lr.w sign-extends what it loads.
 */
static inline bool umsi_cas32(umsi_atomic32 *a, uint32_t *expected, uint32_t desired)
{
	long want = (int32_t)*expected;
	long was, failed;

	__asm__ volatile("1:	lr.w.aq	%0, %2\n"
			 "	bne	%0, %z3, 2f\n"
			 "	sc.w.rl	%1, %z4, %2\n"
			 "	bnez	%1, 1b\n"
			 "2:"
			 : "=&r"(was), "=&r"(failed), "+A"(a->v)
			 : "rJ"(want), "rJ"((long)desired)
			 : "memory");
	*expected = (uint32_t)was;
	return was == want;
}

/*
 * The same where the caller has another way if it fails, and wants no value
 * then. lr.w sign-extends, so both words are handed over as signed.
 */
static inline bool umsi_swap32(umsi_atomic32 *a, uint32_t expected, uint32_t desired)
{
	__asm__ goto("	lr.w.aq	t5, %0\n"
		     "	bne	t5, %z1, %l[fails]\n"
		     "	sc.w.rl	t5, %z2, %0\n"
		     "	bnez	t5, %l[fails]\n"
		     : : "A"(a->v), "rJ"((int32_t)expected), "rJ"((int32_t)desired)
		     : "t5", "memory" : fails);
	return true;
fails:
	return false;
}

static inline void umsi_store64(umsi_atomic64 *a, uint64_t value)
{
	*(volatile uint64_t *)&a->v = value;
}

static inline void umsi_store64_release(umsi_atomic64 *a, uint64_t value)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(volatile uint64_t *)&a->v = value;
}

static inline void umsi_store_ptr(umsi_atomic_ptr *a, void *value)
{
	*(void *volatile *)&a->v = value;
}

static inline void umsi_store_ptr_release(umsi_atomic_ptr *a, void *value)
{
	__atomic_thread_fence(__ATOMIC_RELEASE);
	*(void *volatile *)&a->v = value;
}

/* ---- The named barriers (DESIGN.md, "Ordering"). ---- */

/* R1: the table entry is visible before the device can learn the message. */
static inline void umsi_barrier_publish_to_message(void)
{
	__asm__ volatile("fence w, o" ::: "memory");
}

/*
 * After each claim: a CSR read is device input and carries no dependency, so
 * without this the table and whatever the device wrote may be read too early.
 */
static inline void umsi_barrier_claim_to_handler(void)
{
	__asm__ volatile("fence i, r" ::: "memory");
}

/* R4, R13: the flush has returned before the stamp (or DEAD) can be seen. */
static inline void umsi_barrier_flush_to_stamp(void)
{
	__asm__ volatile("fence i, rw" ::: "memory");
}

/* R7: req is read before the marker leaves. */
static inline void umsi_barrier_req_to_marker(void)
{
	__asm__ volatile("fence r, o" ::: "memory");
}

/* R6: the look at topei and every use of the table precede the store of done. */
static inline void umsi_barrier_look_to_done(void)
{
	__asm__ volatile("fence irw, w" ::: "memory");
}

/* R6 without a marker: req is read before the controller is looked at. */
static inline void umsi_barrier_req_to_look(void)
{
	__asm__ volatile("fence r, i" ::: "memory");
}

/* R9: the inbox link (or what an IPI is about) is visible before the kick. */
static inline void umsi_barrier_link_to_kick(void)
{
	__asm__ volatile("fence w, o" ::: "memory");
}

/* ---- Local interrupts: sstatus.SIE. ---- */

#define UMSI_SSTATUS_SIE	2ul

static inline uintptr_t umsi_arch_irq_save(void)
{
	uintptr_t was;

	__asm__ volatile("csrrci %0, sstatus, 2" : "=r"(was) :: "memory");
	return was & UMSI_SSTATUS_SIE;
}

static inline void umsi_arch_irq_restore(uintptr_t state)
{
	__asm__ volatile("csrs sstatus, %0" :: "r"(state & UMSI_SSTATUS_SIE) : "memory");
}

#endif
