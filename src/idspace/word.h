/* SPDX-License-Identifier: MIT */
/* Bits of a 64-bit word. */
#ifndef UMSI_IDSPACE_WORD_H
#define UMSI_IDSPACE_WORD_H

#include <stdint.h>

/* Base RV64 has no instruction for it, and its compilers would call a library. */
#if defined(__riscv) && !defined(__riscv_zbb)
enum { UMSI_WORD_COUNTS_ZEROS = 0 };
#else
enum { UMSI_WORD_COUNTS_ZEROS = 1 };
#endif

/* By the top six bits of 2^n times a constant, which differ for every n: n (word.c). */
extern const uint8_t umsi_bit_position[64];

/* Lowest set bit of a word that is not zero. */
static inline unsigned int umsi_lowest_bit(uint64_t word)
{
	if (UMSI_WORD_COUNTS_ZEROS)
		return (unsigned int)__builtin_ctzll(word);
	return umsi_bit_position[((word & (~word + 1)) * UINT64_C(0x022fdd63cc95386d)) >> 58];
}

#endif
