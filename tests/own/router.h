/* SPDX-License-Identifier: MIT */
/*
 * A hypervisor, or firmware, that composes and moves whole messages: what it
 * composes names no CPU of its guest's choice. All messages come to its own CPU, it looks up
 * where each number goes at the moment, and raises it there. A move is its own affair; no device hears of it.
 */
#ifndef OWN_ROUTER_H
#define OWN_ROUTER_H

#include <umsi/own_root.h>

#include "machine.h"

#define ROUTER_NUMBERS	60u		/* identities 2 .. 61 of CPU 0's file */
#define ROUTER_CPUS	4u

/* Through the seam but for used and ended, which change between two steps of the machine. */
struct router {
	struct mach *m;
	void *page[ROUTER_CPUS];
	uint32_t target[ROUTER_NUMBERS];
	uint64_t pending[ROUTER_CPUS];	/* numbers raised there */
	bool used[ROUTER_NUMBERS], ended[ROUTER_NUMBERS];
	uint32_t routed, composed;
};

extern const struct umsi_own_ops router_ops;

/* From cold. */
void router_init(struct router *h, struct mach *m);
void router_done(struct router *h);
void router_trap(struct router *h, struct umsi_domain *root, umsi_cpu cpu);
/* Everything has arrived: as own_host_collect(). */
int router_collect(struct router *h, struct umsi_domain *root);

#endif
