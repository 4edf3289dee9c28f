/* SPDX-License-Identifier: MIT */
/* Random numbers: a Weyl sequence through a 64-bit finaliser. */
#ifndef MACH_RNG_H
#define MACH_RNG_H

#include <stdbool.h>
#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t mix64(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static inline uint64_t rng_next(struct rng *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	return mix64(r->state);
}

/* 0 .. n - 1; n below 2^32. The bias of the multiply is of no consequence here. */
static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
	return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}

/* True @chance times in 256. */
static inline bool rng_chance(struct rng *r, uint32_t chance)
{
	return chance && (rng_next(r) >> 56) < chance;
}

#endif
