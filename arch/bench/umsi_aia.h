/* SPDX-License-Identifier: MIT */
/* The AIA registers of the CPU that is being played: one call each, as device accesses are counted apart. */
#ifndef UMSI_AIA_H
#define UMSI_AIA_H

#include <stdint.h>

/*
 * Source: RISC-V AIA 1.0, "Incoming MSI Controller (IMSIC)",
 * "Indirectly accessed interrupt-file registers".
 */
#define AIA_EIDELIVERY		0x70
#define AIA_EITHRESHOLD		0x72
#define AIA_EIP0		0x80
#define AIA_EIE0		0xc0

/* Defined by the benchmark. */
uint64_t bench_aia_stopi(void);
uint64_t bench_aia_stopei(void);
uint64_t bench_aia_claim(void);
uint64_t bench_aia_read(unsigned int reg);
void bench_aia_write(unsigned int reg, uint64_t value);

static inline uint64_t umsi_aia_stopi(void)
{
	return bench_aia_stopi();
}

static inline uint64_t umsi_aia_stopei(void)
{
	return bench_aia_stopei();
}

static inline uint64_t umsi_aia_stopei_claim(void)
{
	return bench_aia_claim();
}

static inline uint64_t umsi_aia_read_locked(unsigned int reg)
{
	return bench_aia_read(reg);
}

static inline void umsi_aia_write_locked(unsigned int reg, uint64_t value)
{
	bench_aia_write(reg, value);
}

static inline void umsi_aia_clear_locked(unsigned int reg, uint64_t bits)
{
	bench_aia_write(reg, bench_aia_read(reg) & ~bits);
}

#endif
