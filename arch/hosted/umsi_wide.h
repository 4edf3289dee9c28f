/* SPDX-License-Identifier: MIT */
/* Sixteen bytes at once, hosted: a call into the machine. */
#ifndef UMSI_WIDE_H
#define UMSI_WIDE_H

#include "umsi_hosted.h"

static inline bool umsi_arch_has_exchange128(void)
{
	return true;
}

static inline void umsi_arch_store128(void *p, uint64_t low, uint64_t high)
{
	umsi_hosted_store128(p, low, high);
}

#endif
