/* SPDX-License-Identifier: MIT */
/*
 * IMSIC addresses and registers: pure.
 * Source: RISC-V AIA 1.0, "Incoming MSI Controller (IMSIC)": "Arrangement of
 * the memory regions of multiple interrupt files", "Top external interrupt CSRs".
 */
#ifndef UMSI_CODEC_IMSIC_H
#define UMSI_CODEC_IMSIC_H

#include <stdbool.h>
#include <stdint.h>

#define IMSIC_PAGE_SHIFT	12
#define IMSIC_PAGE_BYTES	4096u
#define IMSIC_SETEIPNUM_LE	0x000	/* offset in a file's page: write an identity, little-endian */

#define IMSIC_IDS_MIN		63u
#define IMSIC_IDS_MAX		2047u

/* Field widths of a file's address: base | group << group_shift | hart << (12 + guest_bits) | guest << 12. */
struct umsi_imsic_layout {
	uint32_t guest_bits, hart_bits, group_bits, group_shift;
};

static inline uint64_t imsic_field(uint64_t value, uint32_t shift, uint32_t bits)
{
	if (!bits || shift > 63)
		return 0;
	return value >> shift & ((UINT64_C(1) << bits) - 1);
}

static inline uint32_t umsi_imsic_guest_index(const struct umsi_imsic_layout *l, uint64_t phys)
{
	return (uint32_t)imsic_field(phys, IMSIC_PAGE_SHIFT, l->guest_bits);
}

static inline uint32_t umsi_imsic_hart_index(const struct umsi_imsic_layout *l, uint64_t phys)
{
	return (uint32_t)imsic_field(phys, IMSIC_PAGE_SHIFT + l->guest_bits, l->hart_bits);
}

static inline uint32_t umsi_imsic_group_index(const struct umsi_imsic_layout *l, uint64_t phys)
{
	return (uint32_t)imsic_field(phys, l->group_shift, l->group_bits);
}

/* What all files share: the address without its index fields. */
static inline uint64_t umsi_imsic_base(const struct umsi_imsic_layout *l, uint64_t phys)
{
	uint32_t low = IMSIC_PAGE_SHIFT + l->guest_bits + l->hart_bits;
	uint64_t mask = (UINT64_C(1) << low) - 1;

	if (l->group_bits)
		mask |= ((UINT64_C(1) << l->group_bits) - 1) << l->group_shift;
	return phys & ~mask;
}

static inline uint64_t umsi_imsic_file_address(const struct umsi_imsic_layout *l, uint64_t base,
					       uint32_t group, uint32_t hart, uint32_t guest)
{
	uint64_t address = base | (uint64_t)guest << IMSIC_PAGE_SHIFT |
			   (uint64_t)hart << (IMSIC_PAGE_SHIFT + l->guest_bits);

	return l->group_bits ? address | (uint64_t)group << l->group_shift : address;
}

/* num_ids = 64n - 1. */
static inline bool umsi_imsic_ids_valid(uint32_t num_ids)
{
	return num_ids >= IMSIC_IDS_MIN && num_ids <= IMSIC_IDS_MAX && num_ids % 64 == 63;
}

/* topei: identity in bits 26:16, priority (the identity again) in 10:0; 0 = none. */
static inline uint32_t umsi_imsic_topei_id(uint64_t topei)
{
	return topei >> 16 & 0x7ff;
}

/* topi: interrupt number in bits 27:16. */
static inline uint32_t umsi_aia_topi_iid(uint64_t topi)
{
	return topi >> 16 & 0xfff;
}

/* eie/eip: on RV64 only even registers exist, each of 64 identities. */
static inline uint32_t umsi_imsic_word_register(uint32_t first_register, uint32_t id)
{
	return first_register + id / 64 * 2;
}

#endif
