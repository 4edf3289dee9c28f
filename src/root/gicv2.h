/* SPDX-License-Identifier: MIT */
/*
 * The GICv2 root's state; shared by gicv2*.c only.
 *
 * After the source was flushed and the SPI disabled, there may be in flight:
 *
 *   pending at the distributor   dropped: ICPENDR, before the number is given out again
 *   acknowledged by a CPU        active from acknowledge to completion, which the trap writes
 *                                after its last use of the table: so a number that is not
 *                                active is between no CPU's acknowledge and claim
 *   signalled, not acknowledged  the CPU reads a special id, or the number becomes active; how
 *                                soon, nobody promises in writing (M1): the number ages
 */
#ifndef UMSI_ROOT_GICV2_H
#define UMSI_ROOT_GICV2_H

#include "root/gic.h"

#define GICV2_WORDS	(GIC_FIRST_SPECIAL / 64 + 1)

/*
 *   field                        written under   read without the lock by
 *   record[]                     lock            traps
 *   ended, not_before            lock            nobody
 *   cpu_interface                creation        anyone
 */
struct umsi_gicv2 {
	struct umsi_gic gic;
	volatile unsigned char *cpu_interface;
	umsi_atomic_ptr run[2];
	umsi_atomic_ptr record[GIC_FIRST_SPECIAL];
	uint64_t ended[GICV2_WORDS];	/* freed, perhaps still being handled */
	uint64_t not_before_ns[GIC_FIRST_SPECIAL];
};

static inline struct umsi_gicv2 *umsi_gicv2_of(struct umsi_domain *d)
{
	return (struct umsi_gicv2 *)umsi_gic_of(d);
}

/* gicv2_cpu.c */
int umsi_gicv2_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gicv2_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gicv2_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);
void umsi_gicv2_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi);

/* gicv2_number.c */
void umsi_gicv2_end_locked(struct umsi_gic *gic, uint32_t id, int settled);
void umsi_gicv2_reap_locked(struct umsi_gic *gic);

#endif
