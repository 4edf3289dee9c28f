/* SPDX-License-Identifier: MIT */
/* Numbers in order: heap sort, in place, n log n whatever they are. */
#ifndef UMSI_CODEC_SORT_H
#define UMSI_CODEC_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* At most 2^31 of them. */
void umsi_sort64(uint64_t *a, uint32_t n);

#endif
