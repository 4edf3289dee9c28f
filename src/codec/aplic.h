/* SPDX-License-Identifier: MIT */
/*
 * APLIC registers: pure.
 * Source: RISC-V AIA 1.0, "Memory-mapped control region for an interrupt
 * domain", "Interrupt delivery control (IDC) structure", "Addresses and data
 * for outgoing MSIs".
 */
#ifndef UMSI_CODEC_APLIC_H
#define UMSI_CODEC_APLIC_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

#define APLIC_SOURCES_MAX	1023u
#define APLIC_HARTS_MAX		16384u

/* ---- The control region ---- */

#define APLIC_DOMAINCFG		0x0000u
#define APLIC_DOMAINCFG_FIXED	0x80000000u	/* bits 31:24 read as 0x80, in the domain's byte order */
#define APLIC_DOMAINCFG_FIXED_MASK 0xff000000u
#define APLIC_DOMAINCFG_IE	(1u << 8)
#define APLIC_DOMAINCFG_DM	(1u << 2)	/* 1: by MSI */
#define APLIC_DOMAINCFG_BE	(1u << 0)

#define APLIC_SETIPNUM		0x1cdcu
#define APLIC_CLRIPNUM		0x1ddcu
#define APLIC_SETIENUM		0x1edcu
#define APLIC_CLRIENUM		0x1fdcu
#define APLIC_GENMSI		0x3000u
#define APLIC_GENMSI_BUSY	(1u << 12)

#define APLIC_IDC		0x4000u
#define APLIC_IDC_BYTES		32u
#define APLIC_IDELIVERY		0x00u
#define APLIC_IFORCE		0x04u
#define APLIC_ITHRESHOLD	0x08u
#define APLIC_CLAIMI		0x1cu

#define APLIC_REGION_MSI_BYTES	0x4000u		/* without delivery controls */

/* Registers of one source, from 1. */
static inline uint32_t umsi_aplic_sourcecfg(uint32_t source)
{
	return 0x0004 + 4 * (source - 1);
}

static inline uint32_t umsi_aplic_target(uint32_t source)
{
	return 0x3004 + 4 * (source - 1);
}

/* Words of 32 sources: "Set interrupt-pending bits", "Rectified inputs", "Set interrupt-enable bits", "Clear ...". */
static inline uint32_t umsi_aplic_pending(uint32_t source)
{
	return 0x1c00 + source / 32 * 4;
}

static inline uint32_t umsi_aplic_input(uint32_t source)
{
	return 0x1d00 + source / 32 * 4;
}

static inline uint32_t umsi_aplic_enabled(uint32_t source)
{
	return 0x1e00 + source / 32 * 4;
}

static inline uint32_t umsi_aplic_disable(uint32_t word)
{
	return 0x1f00 + word * 4;
}

static inline uint32_t umsi_aplic_bit(uint32_t source)
{
	return UINT32_C(1) << source % 32;
}

/* "Source configurations": delegated to a child domain, or how the source signals. */
#define APLIC_SOURCECFG_D	(1u << 10)
#define APLIC_INACTIVE		0u

/* 0: no such mode. */
static inline uint32_t umsi_aplic_mode(unsigned int trigger)
{
	switch (trigger) {
	case UMSI_TRIGGER_EDGE_RISING: return 4;
	case UMSI_TRIGGER_EDGE_FALLING: return 5;
	case UMSI_TRIGGER_LEVEL_HIGH: return 6;
	case UMSI_TRIGGER_LEVEL_LOW: return 7;
	default: return 0;
	}
}

/* ---- By MSI ---- */

/* Widths of the fields of a hart index and of an address; see struct umsi_aplic_messages. */
struct umsi_aplic_layout {
	uint64_t base;
	uint32_t guest_bits, hart_bits, group_bits, group_shift;
};

static inline uint64_t aplic_field(uint64_t value, uint32_t shift, uint32_t bits)
{
	return bits ? value >> shift & ((UINT64_C(1) << bits) - 1) : 0;
}

/*
 * "Active source, MSI delivery mode": the target that makes the domain write
 * @msg. False: it cannot, the address or the identity is none of its.
 */
static inline bool umsi_aplic_encode(const struct umsi_aplic_layout *l, const struct umsi_msg *msg,
				     uint32_t *target)
{
	uint64_t guest = aplic_field(msg->address, 12, l->guest_bits);
	uint64_t hart = aplic_field(msg->address, 12 + l->guest_bits, l->hart_bits);
	uint64_t group = aplic_field(msg->address, l->group_shift, l->group_bits);
	uint64_t reached = l->base | guest << 12 | hart << (12 + l->guest_bits) |
			   (l->group_bits ? group << l->group_shift : 0);
	uint64_t index = group << l->hart_bits | hart;

	if (reached != msg->address || index >= APLIC_HARTS_MAX || guest > 63 || !msg->data ||
	    msg->data > 2047)
		return false;
	*target = (uint32_t)(index << 18 | guest << 12 | msg->data);
	return true;
}

/*
 * "Generate MSI": an extempore message to the hart of @target with identity 0,
 * which no interrupt file has ("Interrupt files and interrupt identities").
 */
static inline uint32_t umsi_aplic_genmsi(uint32_t target)
{
	return target & 0xfffc0000u;
}

/* ---- Directly ---- */

/* "Active source, direct delivery mode": one priority for all, the highest that all have. */
static inline uint32_t umsi_aplic_direct_target(uint32_t hart_index)
{
	return hart_index << 18 | 1;
}

/* "Top interrupt": 0 = none. */
static inline uint32_t umsi_aplic_claimed(uint32_t claimi)
{
	return claimi >> 16 & 0x3ff;
}

static inline uint32_t umsi_aplic_idc(uint32_t hart_index, uint32_t offset)
{
	return APLIC_IDC + hart_index * APLIC_IDC_BYTES + offset;
}

#endif
