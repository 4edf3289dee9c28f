/* SPDX-License-Identifier: MIT */
/* A machine of each kind, what the library has on it so far, and calls whose memory fails. */
#ifndef ALLOC_WORLD_H
#define ALLOC_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/amd_vi.h>
#include <umsi/aplic.h>
#include <umsi/device.h>
#include <umsi/gic.h>
#include <umsi/gicv3.h>
#include <umsi/hpet.h>
#include <umsi/imsic.h>
#include <umsi/ioapic.h>
#include <umsi/irq.h>
#include <umsi/its.h>
#include <umsi/lapic.h>
#include <umsi/limits.h>
#include <umsi/own_root.h>
#include <umsi/pci.h>
#include <umsi/shared.h>
#include <umsi/umsi.h>
#include <umsi/vtd.h>

#include "machine.h"

#define CPUS	4u
#define IRQS	24u

struct world {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_cpu_desc cpus[CPUS];
	struct umsi_domain *root, *unit;	/* unit: a translator */
	int (*end_root)(struct umsi_domain *root);
	int (*end_unit)(struct umsi_domain *unit);
	void (*trap)(umsi_cpu cpu);
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev, *platform;	/* the function; what has wires and timers */
	struct umsi_table *table, *wires;
	umsi_irq irq[IRQS];
	uint32_t irqs;
	struct umsi_pci_irqs set;
	bool has_set;
	struct umsi_shared *line;
	struct umsi_sharer *sharer[2];
};

extern struct world w;

/*
 * One step on the way. With a name it is the call of that public function: each of its allocations
 * fails. Without, it only gets there.
 */
struct step {
	const char *function;
	int (*call)(void);
};

/* A machine of that kind, and steps from nothing. */
struct path {
	struct mach_config config;
	struct mach_pci_config pci;
	uint32_t steps;
	struct step step[24];
};

/* Each allocation of each named step of @path, once or for ever. */
void fail_each(const struct path *path, bool for_ever);

void run(void);

#endif
