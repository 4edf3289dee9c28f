/* SPDX-License-Identifier: MIT */
/* Hosted: every access goes through the seam of umsi_hosted.h. */
#ifndef UMSI_ARCH_H
#define UMSI_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#include "umsi_hosted.h"

/* ---- Atomics. All shared words outside a lock are of these types. ---- */

typedef struct { uint32_t v; } umsi_atomic32;
typedef struct { uint64_t v; } umsi_atomic64;
typedef struct { void *v; } umsi_atomic_ptr;

static inline uint32_t umsi_load32(const umsi_atomic32 *a)
{
	return (uint32_t)umsi_hosted_load(&a->v, 4, UMSI_HOSTED_RELAXED);
}

static inline uint32_t umsi_load32_acquire(const umsi_atomic32 *a)
{
	return (uint32_t)umsi_hosted_load(&a->v, 4, UMSI_HOSTED_ACQUIRE);
}

static inline void umsi_store32(umsi_atomic32 *a, uint32_t value)
{
	umsi_hosted_store(&a->v, 4, value, UMSI_HOSTED_RELAXED);
}

static inline void umsi_store32_release(umsi_atomic32 *a, uint32_t value)
{
	umsi_hosted_store(&a->v, 4, value, UMSI_HOSTED_RELEASE);
}

static inline bool umsi_cas32(umsi_atomic32 *a, uint32_t *expected, uint32_t desired)
{
	uint64_t was = *expected;
	bool done = umsi_hosted_cas(&a->v, 4, &was, desired, UMSI_HOSTED_ACQ_REL);

	*expected = (uint32_t)was;
	return done;
}

static inline bool umsi_swap32(umsi_atomic32 *a, uint32_t expected, uint32_t desired)
{
	uint64_t was = expected;

	return umsi_hosted_cas(&a->v, 4, &was, desired, UMSI_HOSTED_ACQ_REL);
}

static inline uint32_t umsi_fetch_add32(umsi_atomic32 *a, uint32_t n)
{
	return (uint32_t)umsi_hosted_rmw(&a->v, 4, UMSI_HOSTED_ADD, n, UMSI_HOSTED_ACQ_REL);
}

static inline uint32_t umsi_fetch_or32(umsi_atomic32 *a, uint32_t bits)
{
	return (uint32_t)umsi_hosted_rmw(&a->v, 4, UMSI_HOSTED_OR, bits, UMSI_HOSTED_ACQ_REL);
}

static inline uint32_t umsi_fetch_and32(umsi_atomic32 *a, uint32_t bits)
{
	return (uint32_t)umsi_hosted_rmw(&a->v, 4, UMSI_HOSTED_AND, bits, UMSI_HOSTED_ACQ_REL);
}

static inline uint64_t umsi_load64(const umsi_atomic64 *a)
{
	return umsi_hosted_load(&a->v, 8, UMSI_HOSTED_RELAXED);
}

static inline uint64_t umsi_load64_acquire(const umsi_atomic64 *a)
{
	return umsi_hosted_load(&a->v, 8, UMSI_HOSTED_ACQUIRE);
}

static inline void umsi_store64(umsi_atomic64 *a, uint64_t value)
{
	umsi_hosted_store(&a->v, 8, value, UMSI_HOSTED_RELAXED);
}

static inline void umsi_store64_release(umsi_atomic64 *a, uint64_t value)
{
	umsi_hosted_store(&a->v, 8, value, UMSI_HOSTED_RELEASE);
}

static inline uint64_t umsi_fetch_add64(umsi_atomic64 *a, uint64_t n)
{
	return umsi_hosted_rmw(&a->v, 8, UMSI_HOSTED_ADD, n, UMSI_HOSTED_ACQ_REL);
}

static inline void *umsi_load_ptr(const umsi_atomic_ptr *a)
{
	return (void *)(uintptr_t)umsi_hosted_load(&a->v, sizeof(a->v), UMSI_HOSTED_RELAXED);
}

static inline void *umsi_load_ptr_acquire(const umsi_atomic_ptr *a)
{
	return (void *)(uintptr_t)umsi_hosted_load(&a->v, sizeof(a->v), UMSI_HOSTED_ACQUIRE);
}

static inline void umsi_store_ptr(umsi_atomic_ptr *a, void *value)
{
	umsi_hosted_store(&a->v, sizeof(a->v), (uintptr_t)value, UMSI_HOSTED_RELAXED);
}

static inline void umsi_store_ptr_release(umsi_atomic_ptr *a, void *value)
{
	umsi_hosted_store(&a->v, sizeof(a->v), (uintptr_t)value, UMSI_HOSTED_RELEASE);
}

/* ---- The named barriers. ---- */

static inline void umsi_barrier_publish_to_message(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_PUBLISH_TO_MESSAGE);
}

static inline void umsi_barrier_claim_to_handler(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_CLAIM_TO_HANDLER);
}

static inline void umsi_barrier_flush_to_stamp(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_FLUSH_TO_STAMP);
}

static inline void umsi_barrier_req_to_marker(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_REQ_TO_MARKER);
}

static inline void umsi_barrier_look_to_done(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_LOOK_TO_DONE);
}

static inline void umsi_barrier_link_to_kick(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_LINK_TO_KICK);
}

static inline void umsi_barrier_req_to_look(void)
{
	umsi_hosted_barrier(UMSI_BARRIER_REQ_TO_LOOK);
}

/* ---- Device registers: exact width, in program order per device. ---- */

static inline uint32_t umsi_mmio_read32(const volatile void *address)
{
	return (uint32_t)umsi_hosted_mmio_read(address, 4);
}

static inline void umsi_mmio_write32(volatile void *address, uint32_t value)
{
	umsi_hosted_mmio_write(address, 4, value);
}

/* ---- Local interrupts. ---- */

static inline uintptr_t umsi_arch_irq_save(void)
{
	return umsi_hosted_irq_save();
}

static inline void umsi_arch_irq_restore(uintptr_t state)
{
	umsi_hosted_irq_restore(state);
}

#endif
