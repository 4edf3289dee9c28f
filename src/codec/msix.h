/* SPDX-License-Identifier: MIT */
/*
 * MSI-X: capability, table entry, pending-bit array.
 * Source: PCI Local Bus 3.0, "MSI-X Capability and Table Structures"; PCI
 * Express Base, "MSI-X Capability and Table Structure".
 */
#ifndef UMSI_CODEC_MSIX_H
#define UMSI_CODEC_MSIX_H

#include <umsi/types.h>

#define MSIX_CAP_BYTES		12u
#define MSIX_CONTROL		0x2	/* Message Control, 16 bits */
#define MSIX_TABLE		0x4	/* Table Offset / Table BIR */
#define MSIX_PBA		0x8	/* PBA Offset / PBA BIR */

#define MSIX_CONTROL_SIZE	0x07ffu	/* Table Size: entries - 1 */
#define MSIX_CONTROL_MASK	0x4000u	/* Function Mask */
#define MSIX_CONTROL_ENABLE	0x8000u	/* MSI-X Enable */

#define MSIX_ENTRIES_MAX	2048u
#define MSIX_ENTRY_BYTES	16u
#define MSIX_ENTRY_ADDRESS_LOW	0x0	/* bits 1:0 are zero */
#define MSIX_ENTRY_ADDRESS_HIGH	0x4
#define MSIX_ENTRY_DATA		0x8
#define MSIX_ENTRY_CONTROL	0xc	/* Vector Control */

/* Vector Control; bits 15:1 reserved and preserved, 31:16 may hold a steering tag. */
#define MSIX_VECTOR_MASK	0x1u

static inline uint32_t umsi_msix_entries(uint32_t control)
{
	return (control & MSIX_CONTROL_SIZE) + 1;
}

/* Of MSIX_TABLE and MSIX_PBA alike: BAR slot in bits 2:0, the rest is the offset in bytes. */
static inline uint32_t umsi_msix_bir(uint32_t structure)
{
	return structure & 0x7;
}

static inline uint32_t umsi_msix_offset(uint32_t structure)
{
	return structure & ~UINT32_C(0x7);
}

static inline uint32_t umsi_msix_table_bytes(uint32_t entries)
{
	return entries * MSIX_ENTRY_BYTES;
}

/* One bit for each entry, in whole 64-bit words. */
static inline uint32_t umsi_msix_pba_bytes(uint32_t entries)
{
	return (entries + 63) / 64 * 8;
}

static inline uint32_t umsi_msix_address_low(uint64_t address)
{
	return (uint32_t)address;
}

static inline uint32_t umsi_msix_address_high(uint64_t address)
{
	return (uint32_t)(address >> 32);
}

/* Where an entry's pending bit is, read by double words. */
static inline uint32_t umsi_msix_pba_dword(uint32_t entry)
{
	return entry / 32 * 4;
}

static inline uint32_t umsi_msix_pba_bit(uint32_t entry)
{
	return UINT32_C(1) << (entry % 32);
}

#endif
