/* SPDX-License-Identifier: MIT */
/*
 * A spin lock with interrupts off. Test-and-set, not a ticket: when the
 * emulator has fewer host cores than CPUs, the next ticket's holder may be
 * the one that does not run.
 */
#ifndef SPIN_H
#define SPIN_H

#include <stdint.h>

#include "arch.h"

struct spin {
	uint32_t taken;
};

static inline uintptr_t spin_lock(struct spin *lock)
{
	uintptr_t state = arch_irq_off();

	while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED))
			arch_pause();
	return state;
}

static inline void spin_unlock(struct spin *lock, uintptr_t state)
{
	__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
	arch_irq_restore(state);
}

#endif
