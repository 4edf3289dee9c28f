/* SPDX-License-Identifier: MIT */
/* What firmware says about the machine, in the terms of the core. */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <umsi/umsi.h>

#include "drivers/pci.h"

#define PLATFORM_CPUS_MAX	64

struct platform {
	struct umsi_cpu_desc cpu[PLATFORM_CPUS_MAX];	/* the boot CPU first */
	uint32_t cpus;
	uint64_t ticks_per_second;
	uint64_t memory, memory_bytes;		/* free for the page allocator */
	struct pci_windows pci;
	uint64_t exit_register;			/* ends the emulator with a status; 0 = none */
	char arguments[256];
};

/* Ends the run with a reason when something needed is missing. */
void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree);

/* The root that messages go to. Returns an umsi_status. */
int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out);

#endif
