/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers of the running CPU: IA32_APIC_BASE and the x2APIC
 * registers. Writes to the latter wait for nothing; callers fence.
 * Source: Intel SDM Vol. 3A, "MSR Access in x2APIC Mode".
 */
#ifndef UMSI_LAPIC_SEAM_H
#define UMSI_LAPIC_SEAM_H

#include <stdint.h>

static inline uint64_t umsi_lapic_msr_read(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return (uint64_t)high << 32 | low;
}

static inline void umsi_lapic_msr_write(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" :: "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

#endif
