/* SPDX-License-Identifier: MIT */
/*
 * Sixteen bytes at once, for entries that hardware reads whole.
 * Source: Intel SDM Vol. 2A, "CMPXCHG8B/CMPXCHG16B", "CPUID" leaf 01H.
 */
#ifndef UMSI_WIDE_H
#define UMSI_WIDE_H

#include <stdbool.h>
#include <stdint.h>

static inline bool umsi_arch_has_exchange128(void)
{
	uint32_t a = 1, b, c, d;

	__asm__ volatile("cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
	return c >> 13 & 1;
}

/* @p is 16-byte aligned and nobody else writes it. Ordered like any locked instruction. */
static inline void umsi_arch_store128(void *p, uint64_t low, uint64_t high)
{
	uint64_t was_low = ((volatile uint64_t *)p)[0], was_high = ((volatile uint64_t *)p)[1];
	bool done;

	do {
		__asm__ volatile("lock cmpxchg16b %1"
				 : "=@ccz"(done), "+m"(*(volatile unsigned char (*)[16])p),
				   "+a"(was_low), "+d"(was_high)
				 : "b"(low), "c"(high) : "memory");
	} while (!done);
}

#endif
