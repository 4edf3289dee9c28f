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

/* Lowest set bit of a word that is not zero. */
static inline unsigned int umsi_lowest_bit(uint64_t word)
{
	/* The top six bits of (2^n times this constant) are different for every n. */
	static const uint8_t position[64] = {
		 0,  1,  2, 53,  3,  7, 54, 27,  4, 38, 41,  8, 34, 55, 48, 28,
		62,  5, 39, 46, 44, 42, 22,  9, 24, 35, 59, 56, 49, 18, 29, 11,
		63, 52,  6, 26, 37, 40, 33, 47, 61, 45, 43, 21, 23, 58, 17, 10,
		51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
	};

	if (UMSI_WORD_COUNTS_ZEROS)
		return (unsigned int)__builtin_ctzll(word);
	return position[((word & (~word + 1)) * UINT64_C(0x022fdd63cc95386d)) >> 58];
}

#endif
