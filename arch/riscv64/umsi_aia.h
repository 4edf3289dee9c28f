/* SPDX-License-Identifier: MIT */
/* The AIA registers of the running hart, by CSR number (assemblers before 2.41 know no names). */
#ifndef UMSI_AIA_H
#define UMSI_AIA_H

#include <stdint.h>

/*
 * CSR numbers and selected registers.
 * Source: RISC-V AIA 1.0, "Control and Status Registers (CSRs) Added to Harts",
 * "Incoming MSI Controller (IMSIC)", "Indirectly accessed interrupt-file registers".
 */
#define AIA_SISELECT		0x150
#define AIA_SIREG		0x151
#define AIA_STOPEI		0x15c
#define AIA_STOPI		0xdb0

#define AIA_EIDELIVERY		0x70
#define AIA_EITHRESHOLD		0x72
#define AIA_EIP0		0x80	/* RV64: even registers only, 64 identities each */
#define AIA_EIE0		0xc0

/* Top interrupt: iid in bits 27:16, 0 = none. */
static inline uint64_t umsi_aia_stopi(void)
{
	uint64_t v;

	__asm__ volatile("csrr %0, 0xdb0" : "=r"(v) :: "memory");
	return v;
}

/* Top external identity (bits 26:16), not claimed. */
static inline uint64_t umsi_aia_stopei(void)
{
	uint64_t v;

	__asm__ volatile("csrr %0, 0x15c" : "=r"(v) :: "memory");
	return v;
}

/* The same, and claims it: one read-and-write, or a higher one could be lost. */
static inline uint64_t umsi_aia_stopei_claim(void)
{
	uint64_t v;

	__asm__ volatile("csrrw %0, 0x15c, zero" : "=r"(v) :: "memory");
	return v;
}

/* Select and value are two registers: interrupts must be off around these. */

static inline uint64_t umsi_aia_read_locked(unsigned int reg)
{
	uint64_t v;

	__asm__ volatile("csrw 0x150, %1\n\tcsrr %0, 0x151"
			 : "=r"(v) : "r"((uint64_t)reg) : "memory");
	return v;
}

static inline void umsi_aia_write_locked(unsigned int reg, uint64_t value)
{
	__asm__ volatile("csrw 0x150, %0\n\tcsrw 0x151, %1"
			 :: "r"((uint64_t)reg), "r"(value) : "memory");
}

static inline void umsi_aia_clear_locked(unsigned int reg, uint64_t bits)
{
	__asm__ volatile("csrw 0x150, %0\n\tcsrc 0x151, %1"
			 :: "r"((uint64_t)reg), "r"(bits) : "memory");
}

#endif
