/* SPDX-License-Identifier: MIT */
/* CRC-32 of Ethernet and zlib: polynomial 0x04c11db7, bits reflected. */
#ifndef CRC32_H
#define CRC32_H

#include <stddef.h>
#include <stdint.h>

void crc32_init(void);
uint32_t crc32(const void *data, size_t bytes);

/*
 * The CRC of a whole from the CRCs of its parts, all of @part_bytes:
 * crc(A B) = crc(A) * x^(8 * bytes of B) mod P, plus crc(B).
 */
uint32_t crc32_join(const uint32_t *parts, size_t count, size_t part_bytes);

#endif
