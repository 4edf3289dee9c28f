/* SPDX-License-Identifier: MIT */
/* The seam without a machine: plain atomics of the process, for unit tests and real threads. */
#ifndef MACH_DIRECT_H
#define MACH_DIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "umsi_hosted.h"

static inline uint64_t direct_load(const void *p, unsigned int size)
{
	if (size == 4)
		return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE);
	return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
}

static inline void direct_store(void *p, unsigned int size, uint64_t value)
{
	if (size == 4)
		__atomic_store_n((uint32_t *)p, (uint32_t)value, __ATOMIC_RELEASE);
	else
		__atomic_store_n((uint64_t *)p, value, __ATOMIC_RELEASE);
}

static inline bool direct_cas(void *p, unsigned int size, uint64_t *expected, uint64_t desired)
{
	uint32_t was = (uint32_t)*expected;
	bool done;

	if (size == 8)
		return __atomic_compare_exchange_n((uint64_t *)p, expected, desired, false,
						   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	done = __atomic_compare_exchange_n((uint32_t *)p, &was, (uint32_t)desired, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	*expected = was;
	return done;
}

static inline uint64_t rmw_result(enum umsi_hosted_op op, uint64_t was, uint64_t operand)
{
	switch (op) {
	case UMSI_HOSTED_ADD:
		return was + operand;
	case UMSI_HOSTED_OR:
		return was | operand;
	case UMSI_HOSTED_AND:
		return was & operand;
	case UMSI_HOSTED_XCHG:
		break;
	}
	return operand;
}

static inline uint64_t direct_rmw(void *p, unsigned int size, enum umsi_hosted_op op,
				  uint64_t operand)
{
	uint64_t was = direct_load(p, size);

	while (!direct_cas(p, size, &was, rmw_result(op, was, operand)))
		;
	return was;
}

#endif
