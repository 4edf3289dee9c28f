/* SPDX-License-Identifier: MIT */
/* Which interrupt controller this machine has: a GICv2 with message frames, or a GICv3 with an ITS. */
#ifndef GIC_H
#define GIC_H

#include <umsi/umsi.h>

/* The root's trap entry. */
extern void (*gic_trap)(struct umsi_domain *root, umsi_cpu cpu);

/* The wired lines as a table of a device whose parent is the root. */
int gic_wires(struct umsi_device *device, struct umsi_table **out);

#endif
