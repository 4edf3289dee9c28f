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

/* ---- Atomics. All shared words outside a lock are of these types. ---- */

typedef struct { uint32_t v; } umsi_atomic32;
typedef struct { uint64_t v; } umsi_atomic64;
typedef struct { void *v; } umsi_atomic_ptr;

static inline uint32_t umsi_load32(const umsi_atomic32 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline uint32_t umsi_load32_acquire(const umsi_atomic32 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
}

static inline void umsi_store32(umsi_atomic32 *a, uint32_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store32_release(umsi_atomic32 *a, uint32_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

static inline bool umsi_cas32(umsi_atomic32 *a, uint32_t *expected, uint32_t desired)
{
	return __atomic_compare_exchange_n(&a->v, expected, desired, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static inline uint32_t umsi_fetch_add32(umsi_atomic32 *a, uint32_t n)
{
	return __atomic_fetch_add(&a->v, n, __ATOMIC_ACQ_REL);
}

static inline uint32_t umsi_fetch_or32(umsi_atomic32 *a, uint32_t bits)
{
	return __atomic_fetch_or(&a->v, bits, __ATOMIC_ACQ_REL);
}

static inline uint32_t umsi_fetch_and32(umsi_atomic32 *a, uint32_t bits)
{
	return __atomic_fetch_and(&a->v, bits, __ATOMIC_ACQ_REL);
}

static inline uint64_t umsi_load64(const umsi_atomic64 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline uint64_t umsi_load64_acquire(const umsi_atomic64 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
}

static inline void umsi_store64(umsi_atomic64 *a, uint64_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store64_release(umsi_atomic64 *a, uint64_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

static inline uint64_t umsi_fetch_add64(umsi_atomic64 *a, uint64_t n)
{
	return __atomic_fetch_add(&a->v, n, __ATOMIC_ACQ_REL);
}

static inline void *umsi_load_ptr(const umsi_atomic_ptr *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline void *umsi_load_ptr_acquire(const umsi_atomic_ptr *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
}

static inline void umsi_store_ptr(umsi_atomic_ptr *a, void *value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store_ptr_release(umsi_atomic_ptr *a, void *value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

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

/* ---- Device registers: exact width, in program order per device. ---- */

static inline uint32_t umsi_mmio_read32(const volatile void *address)
{
	return *(const volatile uint32_t *)address;
}

static inline void umsi_mmio_write32(volatile void *address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
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
