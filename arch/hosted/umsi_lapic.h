/* SPDX-License-Identifier: MIT */
/* Model-specific registers of the running CPU, hosted: calls into the machine. */
#ifndef UMSI_LAPIC_SEAM_H
#define UMSI_LAPIC_SEAM_H

#include "umsi_hosted.h"

static inline uint64_t umsi_lapic_msr_read(uint32_t msr)
{
	return umsi_hosted_msr_read(msr);
}

static inline void umsi_lapic_msr_write(uint32_t msr, uint64_t value)
{
	umsi_hosted_msr_write(msr, value);
}

#endif
