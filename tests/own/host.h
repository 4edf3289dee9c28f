/* SPDX-License-Identifier: MIT */
/*
 * A host with a vector allocator of its own: it runs the machine's interrupt
 * files itself, one identity of one file for each (CPU, interrupt), and gives
 * an old one to somebody else only when it has found it quiet.
 */
#ifndef OWN_HOST_H
#define OWN_HOST_H

#include <umsi/own_root.h>

#include "machine.h"

#define OWN_NUMBERS	64
#define OWN_IDS		64
#define OWN_CPUS	4

/* Under the test's own big lock: the library's calls come with interrupts off, and the machine runs one thread at a time. */
struct own_host {
	struct mach *m;
	void *page[OWN_CPUS];
	uint32_t number[OWN_CPUS][OWN_IDS];	/* by file and identity; through the seam */
	bool busy[OWN_CPUS][OWN_IDS];		/* plain: changed between two steps of the machine */
	uint32_t id[OWN_NUMBERS][OWN_CPUS];	/* 0: none there */
	bool used[OWN_NUMBERS], ended[OWN_NUMBERS];
	uint32_t kicks, taken, cancelled;
	uint32_t fail_prepare;
	uint32_t fail_take;			/* the n-th from now: UMSI_EREFUSED */
};

extern const struct umsi_own_ops own_host_ops;

/* From cold. */
void own_host_init(struct own_host *h, struct mach *m);
void own_host_done(struct own_host *h);
/* On each CPU, before it comes online. */
void own_host_cpu_up(void);
void own_host_trap(struct own_host *h, struct umsi_domain *root, umsi_cpu cpu);
/* Everything has arrived: what has ended is quiet, and free again. The first status that is not UMSI_OK. */
int own_host_collect(struct own_host *h, struct umsi_domain *root);

#endif
