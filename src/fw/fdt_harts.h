/* SPDX-License-Identifier: MIT */
/* The harts that interrupts-extended of a RISC-V interrupt controller names, one pair of phandle and interrupt each. */
#ifndef FW_FDT_HARTS_H
#define FW_FDT_HARTS_H

#include "fw/fdt_read.h"

struct umsi_fdt_harts {
	struct umsi_fdt_reader r;		/* at the controller */
	const unsigned char *targets;		/* interrupts-extended */
	uint32_t count;				/* of pairs; 0 before they are read */
	uint32_t supervisor;			/* those that are supervisor external interrupts */
};

/*
 * Reads interrupts-extended. A controller of another privilege level has no
 * supervisor targets, which is no error; mixing them is. Returns the reader's status.
 */
int umsi_fdt_harts_read(struct umsi_fdt_harts *h);

/*
 * Calls @found for each CPU of @cpus whose hart a target names, with the number
 * of the pair. Every connected target must name one hart, a hart of its own, and
 * at least one of them a CPU. @found answers UMSI_EEXIST for a CPU it had before; what else it answers ends the walk.
 */
int umsi_fdt_harts_match(struct umsi_fdt_harts *h, const struct umsi_cpu_desc *cpus, uint32_t ncpus,
			 int (*found)(void *arg, uint32_t cpu, uint32_t target), void *arg);

#endif
