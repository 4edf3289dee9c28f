/* SPDX-License-Identifier: MIT */
/* The AIA registers of the running hart, hosted: calls into the machine. */
#ifndef UMSI_AIA_H
#define UMSI_AIA_H

#include "umsi_hosted.h"

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
	return umsi_hosted_csr_read(AIA_STOPI);
}

/* Top external identity (bits 26:16), not claimed. */
static inline uint64_t umsi_aia_stopei(void)
{
	return umsi_hosted_csr_read(AIA_STOPEI);
}

/* The same, and claims it: one read-and-write, or a higher one could be lost. */
static inline uint64_t umsi_aia_stopei_claim(void)
{
	return umsi_hosted_csr_swap(AIA_STOPEI, 0);
}

/* Select and value are two registers: interrupts must be off around these. */

static inline uint64_t umsi_aia_read_locked(unsigned int reg)
{
	umsi_hosted_csr_swap(AIA_SISELECT, reg);
	return umsi_hosted_csr_read(AIA_SIREG);
}

static inline void umsi_aia_write_locked(unsigned int reg, uint64_t value)
{
	umsi_hosted_csr_swap(AIA_SISELECT, reg);
	umsi_hosted_csr_swap(AIA_SIREG, value);
}

static inline void umsi_aia_clear_locked(unsigned int reg, uint64_t bits)
{
	umsi_hosted_csr_swap(AIA_SISELECT, reg);
	umsi_hosted_csr_clear(AIA_SIREG, bits);
}

#endif
