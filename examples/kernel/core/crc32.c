/* SPDX-License-Identifier: MIT */
#include "core/crc32.h"

#define POLYNOMIAL	0xedb88320u	/* reflected: bit 31 is x^0 */

static uint32_t table[256];

void crc32_init(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t v = byte;

		for (int bit = 0; bit < 8; bit++)
			v = v >> 1 ^ (v & 1 ? POLYNOMIAL : 0);
		table[byte] = v;
	}
}

uint32_t crc32(const void *data, size_t bytes)
{
	const unsigned char *p = data;
	uint32_t v = 0xffffffff;

	while (bytes--)
		v = v >> 8 ^ table[(v ^ *p++) & 0xff];
	return ~v;
}

/* a * b mod P */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t bit = 1u << 31; bit; bit >>= 1) {
		if (a & bit)
			product ^= b;
		b = b >> 1 ^ (b & 1 ? POLYNOMIAL : 0);
	}
	return product;
}

/* x^n mod P, by squaring */
static uint32_t power(uint64_t n)
{
	uint32_t result = 1u << 31, square = 1u << 30;

	for (; n; n >>= 1) {
		if (n & 1)
			result = multiply(result, square);
		square = multiply(square, square);
	}
	return result;
}

uint32_t crc32_join(const uint32_t *parts, size_t count, size_t part_bytes)
{
	uint32_t shift = power(8ull * part_bytes), whole = 0;

	for (size_t i = 0; i < count; i++)
		whole = multiply(whole, shift) ^ parts[i];
	return whole;
}
