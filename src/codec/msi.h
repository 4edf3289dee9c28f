/* SPDX-License-Identifier: MIT */
/*
 * Plain MSI: one message in configuration space for up to 32 interrupts.
 * Source: PCI Local Bus 3.0, "MSI Capability Structure"; PCI Express Base, "MSI Capability
 * Structures".
 */
#ifndef UMSI_CODEC_MSI_H
#define UMSI_CODEC_MSI_H

#include <umsi/types.h>

#define MSI_CAP_BYTES		10u	/* of the shortest form: 32-bit, no masks */
#define MSI_CONTROL		0x2	/* Message Control, 16 bits */
#define MSI_ADDRESS_LOW		0x4	/* bits 1:0 are zero */
#define MSI_ADDRESS_HIGH	0x8	/* of the 64-bit form only */

#define MSI_CONTROL_ENABLE	0x0001u
#define MSI_CONTROL_CAPABLE	0x000eu	/* Multiple Message Capable: log2 */
#define MSI_CONTROL_MESSAGES	0x0070u	/* Multiple Message Enable: log2 */
#define MSI_CONTROL_WIDE	0x0080u	/* 64-bit Address Capable */
#define MSI_CONTROL_MASKABLE	0x0100u	/* Per-Vector Masking Capable */

#define MSI_MESSAGES_LOG2_MAX	5u	/* 6 and 7 are reserved */

static inline uint32_t umsi_msi_capable_log2(uint32_t control)
{
	return (control & MSI_CONTROL_CAPABLE) >> 1;
}

static inline uint32_t umsi_msi_with_messages(uint32_t control, uint32_t log2)
{
	return (control & ~MSI_CONTROL_MESSAGES) | log2 << 4;
}

/* The upper half of the address moves all that follows. */
static inline uint32_t umsi_msi_data(bool wide)
{
	return wide ? 0xc : 0x8;
}

/* Mask Bits and Pending Bits, of the maskable forms: 32 bits each. */
static inline uint32_t umsi_msi_mask(bool wide)
{
	return umsi_msi_data(wide) + 4;
}

static inline uint32_t umsi_msi_pending(bool wide)
{
	return umsi_msi_data(wide) + 8;
}

static inline uint32_t umsi_msi_bytes(bool wide, bool maskable)
{
	return maskable ? umsi_msi_pending(wide) + 4 : umsi_msi_data(wide) + 2;
}

/* A bit for each of 1 .. 32 messages. */
static inline uint32_t umsi_msi_bits(uint32_t messages)
{
	return UINT32_MAX >> (32 - messages);
}

#endif
