/* SPDX-License-Identifier: MIT */
/*
 * Registers of GICv3: distributor, redistributors, CPU interface, the tables of
 * LPIs.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "Distributor register
 * descriptions", "Redistributor register descriptions", "AArch64 System
 * register descriptions", "LPIs".
 */
#ifndef UMSI_CODEC_GICV3_H
#define UMSI_CODEC_GICV3_H

#include "codec/gic.h"

/* ---- Interrupt ids ---- */

#define GICV3_ID_MASK		0xffffffu	/* of ICC_IAR1_EL1 */

/* ---- Distributor ---- */

#define GICV3_GICD_BYTES	0x10000u
#define GICV3_GICD_IROUTER	0x6000u		/* 64 bits an id, from 32 on */
#define GICV3_GICD_PIDR2	0xffe8u

/* With one security state, and in the non-secure view of two. */
#define GICV3_GICD_CTLR_GROUP1	(UINT32_C(1) << 1)
#define GICV3_GICD_CTLR_ARE	(UINT32_C(1) << 4)
#define GICV3_GICD_CTLR_RWP	(UINT32_C(1) << 31)

/* GICD_TYPER: num_LPIs 15:11; MBIS 16; LPIS 17; IDbits 23:19. */
static inline bool umsi_gicv3_has_messages(uint32_t typer)
{
	return typer >> 16 & 1;
}

static inline bool umsi_gicv3_has_lpis(uint32_t typer)
{
	return typer >> 17 & 1;
}

static inline uint32_t umsi_gicv3_id_bits(uint32_t typer)
{
	return (typer >> 19 & 0x1f) + 1;
}

/* 0: as many as the id bits allow. */
static inline uint32_t umsi_gicv3_lpi_limit(uint32_t typer)
{
	uint32_t log2 = typer >> 11 & 0x1f;

	return log2 ? UINT32_C(2) << log2 : 0;
}

/* The four fields of MPIDR_EL1 as IROUTER wants them: Aff3 in 39:32. */
static inline uint64_t umsi_gicv3_router(uint64_t mpidr)
{
	return mpidr & UINT64_C(0xff00ffffff);
}

/* ---- Redistributor: RD_base, and SGI_base behind it ---- */

#define GICV3_FRAME_BYTES	0x10000u
#define GICR_CTLR		0x0000u
#define GICR_TYPER		0x0008u		/* 64 bits */
#define GICR_WAKER		0x0014u
#define GICR_PROPBASER		0x0070u		/* 64 bits */
#define GICR_PENDBASER		0x0078u		/* 64 bits */
#define GICR_SGI_BASE		0x10000u	/* behind it ids 0 to 31 as in a distributor */

#define GICR_CTLR_LPIS		(UINT32_C(1) << 0)
#define GICR_CTLR_RWP		(UINT32_C(1) << 3)
#define GICR_WAKER_SLEEP	(UINT32_C(1) << 1)
#define GICR_WAKER_ASLEEP	(UINT32_C(1) << 2)

static inline bool umsi_gicr_has_lpis(uint64_t typer)
{
	return typer & 1;
}

/* With virtual LPIs a redistributor has two frames more. */
static inline uint32_t umsi_gicr_stride(uint64_t typer)
{
	return (typer >> 1 & 1 ? 4 : 2) * GICV3_FRAME_BYTES;
}

static inline bool umsi_gicr_is_last(uint64_t typer)
{
	return typer >> 4 & 1;
}

static inline uint32_t umsi_gicr_number(uint64_t typer)
{
	return (uint32_t)(typer >> 8 & 0xffff);
}

/* Affinity_Value: Aff3 to Aff0 in 32 bits. */
static inline bool umsi_gicr_is_of(uint64_t typer, uint64_t mpidr)
{
	return (uint32_t)(typer >> 32) == ((uint32_t)(mpidr >> 32 & 0xff) << 24 | (uint32_t)(mpidr & 0xffffff));
}

/* GICR_PROPBASER, GICR_PENDBASER: inner cacheability in 9:7, shareability in 11:10. */
#define GICR_CACHE_NONE		1u
#define GICR_CACHE_WRITE_BACK	7u
#define GICR_SHARE_NONE		0u
#define GICR_SHARE_INNER	1u
#define GICR_PENDBASER_ZEROED	(UINT64_C(1) << 62)
#define GICR_PENDING_ALIGN	0x10000u

static inline uint64_t umsi_gicr_attributes(unsigned int cache, unsigned int share)
{
	return (uint64_t)cache << 7 | (uint64_t)share << 10;
}

static inline unsigned int umsi_gicr_share(uint64_t base)
{
	return base >> 10 & 3;
}

static inline uint64_t umsi_gicr_propbaser(uint64_t table, uint32_t id_bits)
{
	return (table & UINT64_C(0x000ffffffffff000)) | (id_bits - 1);
}

static inline uint64_t umsi_gicr_pendbaser(uint64_t table)
{
	return (table & UINT64_C(0x000fffffffff0000)) | GICR_PENDBASER_ZEROED;
}

/* "LPI Configuration tables": a byte an LPI; bit 1 is to be one. */
#define GICV3_LPI_ENABLED	(GIC_PRIORITY | 3u)
#define GICV3_LPI_DISABLED	(GIC_PRIORITY | 2u)

/* ---- CPU interface ---- */

#define ICC_SRE_ENABLE		UINT64_C(1)
#define ICC_IGRPEN1_ENABLE	UINT64_C(1)

/*
 * ICC_SGI1R_EL1: one CPU of the group of sixteen that Aff3.Aff2.Aff1 and the
 * range selector name.
 */
static inline uint64_t umsi_gicv3_sgi(uint64_t mpidr, uint32_t sgi)
{
	uint64_t aff0 = mpidr & 0xff, aff1 = mpidr >> 8 & 0xff, aff2 = mpidr >> 16 & 0xff,
		 aff3 = mpidr >> 32 & 0xff;

	return aff3 << 48 | (aff0 >> 4) << 44 | aff2 << 32 | (uint64_t)(sgi & 0xf) << 24 | aff1 << 16 |
	       UINT64_C(1) << (aff0 & 0xf);
}

#endif
