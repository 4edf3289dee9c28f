/* SPDX-License-Identifier: MIT */
/*
 * The GICv3 CPU interface of the running CPU, and 64-bit registers of the GIC.
 * Source: Arm GIC architecture (IHI 0069), "AArch64 System register
 * descriptions"; "Observability of the effects of accesses to the GIC registers".
 */
#ifndef UMSI_ICC_H
#define UMSI_ICC_H

#include <stdint.h>

/* ICC_IAR1_EL1: takes the highest that is pending. */
static inline uint32_t umsi_icc_acknowledge(void)
{
	uint64_t v;

	__asm__ volatile("mrs %0, S3_0_C12_C12_0" : "=r"(v) :: "memory");
	return (uint32_t)v;
}

/* ICC_EOIR1_EL1 */
static inline void umsi_icc_end(uint32_t id)
{
	__asm__ volatile("msr S3_0_C12_C12_1, %0" :: "r"((uint64_t)id) : "memory");
}

/* ICC_SGI1R_EL1; the barrier makes it leave now. */
static inline void umsi_icc_send(uint64_t value)
{
	__asm__ volatile("msr S3_0_C12_C11_5, %0\n\tisb" :: "r"(value) : "memory");
}

/* ICC_SRE_EL1: system registers, not memory. What it reads as afterwards. */
static inline uint64_t umsi_icc_use(uint64_t value)
{
	uint64_t v;

	__asm__ volatile("msr S3_0_C12_C12_5, %1\n\tisb\n\tmrs %0, S3_0_C12_C12_5" : "=r"(v) : "r"(value) : "memory");
	return v;
}

/* ICC_PMR_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1: lowest priority that passes, no preemption, ends deactivate. */
static inline void umsi_icc_setup(uint32_t mask)
{
	__asm__ volatile("msr S3_0_C4_C6_0, %0\n\tmsr S3_0_C12_C12_3, xzr\n\tmsr S3_0_C12_C12_4, xzr\n\tisb"
			 :: "r"((uint64_t)mask) : "memory");
}

/* ICC_IGRPEN1_EL1 */
static inline void umsi_icc_group(uint64_t value)
{
	__asm__ volatile("msr S3_0_C12_C12_7, %0\n\tisb" :: "r"(value) : "memory");
}

static inline uint64_t umsi_gic_read64(const volatile void *address)
{
	return *(const volatile uint64_t *)address;
}

static inline void umsi_gic_write64(volatile void *address, uint64_t value)
{
	*(volatile uint64_t *)address = value;
}

#endif
