/* SPDX-License-Identifier: MIT */
/*
 * Types of shared words, loads and read-modify-writes by the compiler's
 * builtins: what it gets right on every instruction set here.
 */
#ifndef UMSI_ATOMIC_READ_H
#define UMSI_ATOMIC_READ_H

#include <stdbool.h>
#include <stdint.h>

/* All shared words outside a lock are of these types. */

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

static inline uint64_t umsi_load64(const umsi_atomic64 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline uint64_t umsi_load64_acquire(const umsi_atomic64 *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
}

static inline void *umsi_load_ptr(const umsi_atomic_ptr *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_RELAXED);
}

static inline void *umsi_load_ptr_acquire(const umsi_atomic_ptr *a)
{
	return __atomic_load_n(&a->v, __ATOMIC_ACQUIRE);
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

static inline uint64_t umsi_fetch_add64(umsi_atomic64 *a, uint64_t n)
{
	return __atomic_fetch_add(&a->v, n, __ATOMIC_ACQ_REL);
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

#endif
