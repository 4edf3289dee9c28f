/* SPDX-License-Identifier: MIT */
/* A machine with one plain-MSI function, and beside it an MSI-X one that wants slots too. */
#ifndef TESTS_MSI_BOX_H
#define TESTS_MSI_BOX_H

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define BOX_CPUS	4
#define BOX_IDS		63
#define BOX_ID		0x100
#define BOX_CAP		0x90u
#define BOX_OTHERS	160	/* entries of the other function */
#define COMMAND		0x04
#define INTX_OFF	0x0400u

struct box {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct mach_pci *pci, *other;
	struct umsi_pci_function fn, other_fn;
	struct umsi_device *dev, *other_dev;
	struct umsi_table *table, *other_table;
	uint32_t messages;
	umsi_irq irq[32];
	uint32_t calls[32];
	umsi_cpu last_cpu;
	uint32_t working;		/* threads of a test still at it */
};

extern struct box box;

struct box_config {
	uint64_t seed;
	struct mach_msi msi;
	enum mach_sampling sampling;
	uint16_t entries;		/* of an MSI-X table of the same function */
	uint32_t system_ids;		/* more = fewer slots; 0 = 8 */
	uint64_t imsic_base;
	bool groups;			/* CPUs 2 and 3 are 64 GiB above CPUs 0 and 1 */
	const struct mach_chaos *chaos;	/* NULL = from the seed */
};

/* Machine, library, both functions with their devices; no tables. */
void box_begin(const struct box_config *config);
/* The function's table with @messages, all allocated as a block and requested; from a thread. */
void box_open(uint32_t messages);
/* Runs, and fails the test on a violation. */
void box_run(void);
/* Everything goes, nothing may be left. */
void box_end(void);

enum umsi_handled box_handler(void *arg);	/* arg: the index */
int box_alloc(umsi_cpu cpu);			/* all of the table into box.irq */
int box_move(umsi_irq irq, umsi_cpu cpu);
uint32_t box_control(void);			/* Message Control as it stands */

#endif
