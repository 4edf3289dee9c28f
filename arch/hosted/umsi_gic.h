/* SPDX-License-Identifier: MIT */
/* What the GIC needs of the instruction set beyond umsi_arch.h, hosted: calls into the machine. */
#ifndef UMSI_GIC_SEAM_H
#define UMSI_GIC_SEAM_H

#include "umsi_hosted.h"

static inline uint8_t umsi_gic_read8(const volatile void *address)
{
	return (uint8_t)umsi_hosted_mmio_read(address, 1);
}

static inline void umsi_gic_write8(volatile void *address, uint8_t value)
{
	umsi_hosted_mmio_write(address, 1, value);
}

/* The machine performs register writes of one CPU in program order, whatever the device. */
static inline void umsi_gic_device_before_end(void)
{
}

#endif
