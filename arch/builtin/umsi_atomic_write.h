/* SPDX-License-Identifier: MIT */
/* Stores and compare-and-swap by the compiler's builtins, where it gets them right. */
#ifndef UMSI_ATOMIC_WRITE_H
#define UMSI_ATOMIC_WRITE_H

#include "umsi_atomic_read.h"

static inline void umsi_store32(umsi_atomic32 *a, uint32_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store32_release(umsi_atomic32 *a, uint32_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

static inline void umsi_store64(umsi_atomic64 *a, uint64_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store64_release(umsi_atomic64 *a, uint64_t value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

static inline void umsi_store_ptr(umsi_atomic_ptr *a, void *value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELAXED);
}

static inline void umsi_store_ptr_release(umsi_atomic_ptr *a, void *value)
{
	__atomic_store_n(&a->v, value, __ATOMIC_RELEASE);
}

/* The same where the caller has another way if it fails, and wants no value then. */
static inline bool umsi_swap32(umsi_atomic32 *a, uint32_t expected, uint32_t desired)
{
	return __atomic_compare_exchange_n(&a->v, &expected, desired, true,
					   __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline bool umsi_cas32(umsi_atomic32 *a, uint32_t *expected, uint32_t desired)
{
	return __atomic_compare_exchange_n(&a->v, expected, desired, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

#endif
