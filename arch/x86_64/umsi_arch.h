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

/* ---- Device registers: exact width, in program order per device. ---- */

static inline uint32_t umsi_mmio_read32(const volatile void *address)
{
	return *(const volatile uint32_t *)address;
}

static inline void umsi_mmio_write32(volatile void *address, uint32_t value)
{
	*(volatile uint32_t *)address = value;
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
