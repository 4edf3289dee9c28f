/* SPDX-License-Identifier: MIT */
/* A GICv3's state; for gicv3*.c only. */
#ifndef MACH_GICV3_STATE_H
#define MACH_GICV3_STATE_H

#include <stdlib.h>
#include <string.h>

#include "gicv3.h"

#define IDS		96u		/* SPIs are 32 .. 95 */
#define WORDS		(IDS / 32)
#define NOBODY		UINT32_MAX
#define ORDERS		256u
#define NOT_CACHED	0u		/* a configuration byte always has bit 1 */
#define FRAME		0x10000u

/* One redistributor and the CPU interface behind it. */
struct redistributor {
	uint32_t enabled, pending, active;	/* private ids */
	bool asleep, lpis, group, system;
	uint32_t mask;			/* ICC_PMR_EL1 */
	uint32_t running;		/* acknowledged and not ended */
	uint64_t propbaser, pendbaser;
	uint64_t *pends;		/* by LPI */
	uint32_t npending;
	uint8_t *config;		/* kept copies, by LPI */
	uint32_t top;			/* the lowest LPI that is pending and enabled; NOBODY: none */
	struct lpi_order order[ORDERS];
	uint32_t orders;
	uint64_t ordered, done;
};

struct gicv3 {
	uint32_t ctlr;
	uint64_t busy_until;		/* GICD_CTLR.RWP */
	uint32_t enabled[WORDS], lingering[WORDS], pending[WORDS], active[WORDS], edge[WORDS], level[WORDS];
	uint32_t group[WORDS];
	uint64_t router[IDS];
	struct covers *covers;		/* by id */
	uint32_t ids;			/* 2^id bits */
	struct redistributor own[MACH_GIC_CPUS_MAX];
	struct region *clock;
};

static inline bool has(const uint32_t *bits, uint32_t id)
{
	return bits[id / 32] >> id % 32 & 1;
}

static inline void put(uint32_t *bits, uint32_t id, bool set)
{
	bits[id / 32] = (bits[id / 32] & ~(1u << id % 32)) | (uint32_t)set << id % 32;
}

/* A disabled SPI may still be signalled until RWP says otherwise. */
static inline bool shared_up(const struct mach *m, uint32_t id)
{
	const struct gicv3 *g = m->gicv3;

	return has(g->enabled, id) || (has(g->lingering, id) && m->step < g->busy_until);
}

/* gicv3_lpi.c */
void mach_lpi_clear(struct mach *m, struct redistributor *r, uint32_t lpi);
uint64_t mach_lpi_orders_due(struct mach *m, void *self);
/* What it had kept to itself of the pending table goes to memory. */
void mach_lpi_write_back(struct mach *m, struct redistributor *r);
void mach_lpi_read_pending(struct mach *m, struct redistributor *r, uint32_t n, uint32_t bits);

/* gicv3_registers.c */
uint64_t mach_gicd_read(struct mach *m, uint32_t at, unsigned int width);
void mach_gicd_write(struct mach *m, uint32_t at, unsigned int width, uint64_t value);
uint64_t mach_gicr_read(struct mach *m, uint32_t n, uint32_t at, unsigned int width);
void mach_gicr_write(struct mach *m, uint32_t n, uint32_t at, unsigned int width, uint64_t value);

#endif
