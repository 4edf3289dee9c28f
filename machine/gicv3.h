/* SPDX-License-Identifier: MIT */
/* What the GICv3 and its ITSes share. */
#ifndef MACH_GICV3_H
#define MACH_GICV3_H

#include "inside.h"
#include "umsi_hosted.h"

#define FIRST_LPI	8192u

/* What an ITS tells a redistributor: carried out in order, late. */
enum lpi_op {
	LPI_SET,
	LPI_CLEAR,
	LPI_MOVE,	/* what is pending goes to the redistributor @to */
	LPI_INV,	/* the configuration of one is read again */
	LPI_INVALL,
	LPI_MOVE_ALL,	/* all that is pending goes to the redistributor @to */
};

struct lpi_order {
	uint64_t due;
	enum lpi_op op;
	uint32_t lpi, to;
	bool has_from;
	struct arrival from;
};

/* Queues it; false: there are no LPIs at this redistributor (yet). */
bool mach_lpi_order(struct mach *m, uint32_t cpu, const struct lpi_order *order);
/* A moment of the redistributor: everything ordered so far; has it been carried out? */
uint64_t mach_lpi_ordered(const struct mach *m, uint32_t cpu);
bool mach_lpi_done(const struct mach *m, uint32_t cpu, uint64_t moment);
uint64_t mach_lpi_due(const struct mach *m, uint32_t cpu);
bool mach_lpi_exists(const struct mach *m, uint32_t lpi);
/* The redistributor whose RDbase that is, by address or by number; UINT32_MAX: none. */
uint32_t mach_rdbase(const struct mach *m, bool by_address, uint64_t rdbase);

#endif
