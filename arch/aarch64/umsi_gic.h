/* SPDX-License-Identifier: MIT */
/* What the GIC needs of the instruction set beyond umsi_arch.h. */
#ifndef UMSI_GIC_SEAM_H
#define UMSI_GIC_SEAM_H

#include <stdint.h>

static inline uint8_t umsi_gic_read8(const volatile void *address)
{
	return *(const volatile uint8_t *)address;
}

static inline void umsi_gic_write8(volatile void *address, uint8_t value)
{
	*(volatile uint8_t *)address = value;
}

/*
 * A level source's handler quietened its device; the device has seen it before
 * the GIC sees the completion, or the line would be taken once more.
 */
static inline void umsi_gic_device_before_end(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

#endif
