/* SPDX-License-Identifier: MIT */
/*
 * One run of the campaign: a machine drawn from the seed, the library on it,
 * actors that use every public call at once, and the checks at the end.
 */
#ifndef CAMPAIGN_WORLD_H
#define CAMPAIGN_WORLD_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define WORLD_CPUS_MAX		8
#define WORLD_DEVICES		3	/* the last one comes and goes, now and then with plain MSI */
#define WORLD_ENTRIES		24	/* of each device's table */
#define WORLD_OWNERS		3	/* threads that allocate; each has its part of each table */

struct world;
struct isa;

/* What the test knows about one table entry. Written by the thread that owns its part. */
struct entry {
	struct world *w;
	struct mach_pci *pci;
	uint32_t index;
	umsi_irq irq;			/* UMSI_IRQ_NONE: free */
	bool requested;
	uint32_t disables;		/* by its owner */
	bool quiet;			/* disabled and synchronized: no handler may begin */
	bool trigger_owed;		/* a software trigger was accepted and no handler began since */
	bool later;			/* its handler answered UMSI_LATER and nobody said done */
	uint64_t begun;
};

struct device {
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	bool plain;			/* of plain MSI, this time */
	struct entry entry[WORLD_ENTRIES];
};

/* Features of a run, each drawn from the seed. */
struct plan {
	uint32_t ncpus;
	bool few_slots;
	bool fail_alloc, fail_for_ever;
	bool surprise;			/* device 1 is pulled out in mid-run */
	bool strays;			/* messages from nowhere */
	bool nest;			/* handlers turn interrupts on */
	bool ticks;
	bool hotplug;			/* CPUs leave and come back */
	struct mach_msi msi;		/* of the device that comes and goes, if it has any */
	uint64_t steps;			/* actors stop starting new work here */
};

struct world {
	struct mach *m;
	struct umsi *umsi;
	struct umsi_storage storage;
	struct umsi_domain *root;
	struct plan plan;
	struct device device[WORLD_DEVICES];
	const struct isa *isa;
	bool x2apic, long_ids;		/* x86 */
	struct umsi_cpu_desc cpus[WORLD_CPUS_MAX];
	uint32_t online;
	uint32_t ipi;
	uint64_t ipi_word[WORLD_CPUS_MAX];	/* payload for each CPU, through the seam */
	uint64_t ipi_sent[WORLD_CPUS_MAX], ipi_seen[WORLD_CPUS_MAX];
	uint64_t moves_tried, moves_done;
	uint64_t started;			/* through the seam */
	uint32_t going;			/* bit per CPU that has been told to leave once */
	uint64_t trips;			/* CPUs that went down */
	bool closing;			/* handlers answer at once from now on */
	uint32_t left;			/* drain threads still at work in the last phase */
};

/* One whole run. False: violated; the machine is kept in *out for the report. */
struct totals {
	uint64_t steps, moves, handled, runs, reaped, revived, handovers, drains, hotplug;
};

bool world_run(const struct isa *isa, uint64_t seed, struct totals *totals, bool report, unsigned int events);

/* actors.c */
void actor_owner(void *arg);		/* allocates, requests, frees in its part */
void actor_mover(void *arg);
void actor_toucher(void *arg);		/* triggers, reads, dumps, misuses */
void actor_remover(void *arg);		/* the device that comes and goes */
void actor_ipi(void *arg);
void actor_hotplug(void *arg);		/* hotplug.c */
void actor_closer(void *arg);		/* says done wherever it is owed */

struct owner {
	struct world *w;
	uint32_t number;
};

/* world.c, for the actors */
enum umsi_handled world_handler(void *arg);
void entry_begin_life(struct entry *e, umsi_irq irq);
void entry_end_life(struct entry *e);
int device_up(struct world *w, struct device *d, uint32_t number);
bool may_fail(const struct world *w, int status);

#endif
