/* SPDX-License-Identifier: MIT */
/*
 * Registers of GICv2 and GICv2m: offsets, fields, which register and bit
 * belongs to an interrupt id. What GICv3 has at the same places it has the same
 * (codec/gicv3.h has the rest).
 * Source: Arm GIC architecture 2.0 (IHI 0048), "Distributor register map",
 * "CPU interface register map"; DEN 0029, "GICv2m Architecture"; GIC architecture
 * 3 and 4 (IHI 0069), "Distributor register map".
 */
#ifndef UMSI_CODEC_GIC_H
#define UMSI_CODEC_GIC_H

#include <stdbool.h>
#include <stdint.h>

#define GICD_BYTES		0x1000u
#define GICD_CTLR		0x000u
#define GICD_TYPER		0x004u
#define GICD_IGROUPR		0x080u	/* one bit an id */
#define GICD_ISENABLER		0x100u	/* one bit an id, write one to act, as the next five */
#define GICD_ICENABLER		0x180u
#define GICD_ISPENDR		0x200u
#define GICD_ICPENDR		0x280u
#define GICD_ISACTIVER		0x300u
#define GICD_ICACTIVER		0x380u
#define GICD_IPRIORITYR		0x400u	/* one byte an id */
#define GICD_ITARGETSR		0x800u	/* one byte an id, byte access; ids 0 .. 31 read as the reader's own bit */
#define GICD_ICFGR		0xc00u	/* two bits an id; the upper one: edge */
#define GICD_IGRPMODR		0xd00u	/* GICv3: one bit an id */
#define GICD_SGIR		0xf00u

#define GICD_CTLR_ENABLE	1u

#define GICC_BYTES		0x100u
#define GICC_CTLR		0x00u
#define GICC_PMR		0x04u
#define GICC_IAR		0x0cu
#define GICC_EOIR		0x10u

#define GICC_CTLR_ENABLE	1u
#define GICC_ID_MASK		0x3ffu	/* of IAR; above it: who sent a software generated interrupt */

/* "Interrupt IDs": 0 .. 15 software generated, 16 .. 31 private, 32 .. 1019 shared, then special. */
#define GIC_SGIS		16u
#define GIC_FIRST_SPI		32u
#define GIC_FIRST_SPECIAL	1020u
#define GIC_FIRST_LPI		8192u	/* GICv3 */

/* One priority for all: nothing preempts, and the mask of every CPU lets it pass. */
#define GIC_PRIORITY		0xa0u
#define GIC_PRIORITIES		0xa0a0a0a0u
#define GIC_PRIORITY_MASK	0xf0u

#define V2M_BYTES		0x1000u
#define V2M_MSI_TYPER		0x008u
#define V2M_SETSPI_NS		0x040u	/* written: that SPI becomes pending; GICv3: GICD_SETSPI_NSR */

/* GICD_TYPER.ITLinesNumber, bits 4:0: 32 (n + 1) ids, less the special ones. */
static inline uint32_t umsi_gic_ids(uint32_t typer)
{
	uint32_t ids = 32 * ((typer & 0x1f) + 1);

	return ids < GIC_FIRST_SPECIAL ? ids : GIC_FIRST_SPECIAL;
}

/* The register of a one-bit-an-id bank that holds @id, and its bit. */
static inline uint32_t umsi_gic_bank(uint32_t bank, uint32_t id)
{
	return bank + id / 32 * 4;
}

static inline uint32_t umsi_gic_bit(uint32_t id)
{
	return UINT32_C(1) << (id % 32);
}

/* GICD_ICFGR<id / 16>, and its "edge" bit. */
static inline uint32_t umsi_gic_config_register(uint32_t id)
{
	return GICD_ICFGR + id / 16 * 4;
}

static inline uint32_t umsi_gic_edge_bit(uint32_t id)
{
	return UINT32_C(2) << (id % 16 * 2);
}

/* GICD_SGIR: target list filter 0 (use the list), list in bits 23:16, id in 3:0. */
static inline uint32_t umsi_gic_sgir(uint8_t targets, uint32_t sgi)
{
	return (uint32_t)targets << 16 | (sgi & 0xf);
}

/* MSI_TYPER: first SPI in bits 25:16, how many in 9:0. */
static inline uint32_t umsi_v2m_base(uint32_t typer)
{
	return typer >> 16 & 0x3ff;
}

static inline uint32_t umsi_v2m_count(uint32_t typer)
{
	return typer & 0x3ff;
}

#endif
