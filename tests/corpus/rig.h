/* SPDX-License-Identifier: MIT */
/*
 * A RISC-V machine of as many CPUs as a row of the corpus asks for, the library
 * on it, and functions whose events the machine counts (I-CONS). At the end every
 * slot of every CPU is free again and nothing leaks (I-ACCT, I-LEAK).
 */
#ifndef CORPUS_RIG_H
#define CORPUS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/dump.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define RIG_CPUS_MAX	64u
#define RIG_FUNCTIONS	4u
#define RIG_LINES	64u		/* per function */
#define RIG_SYSTEM_IDS	8u
#define RIG_USABLE(ids)	((ids) - RIG_SYSTEM_IDS)

/* One message of a function. */
struct line {
	struct function *f;
	uint32_t index;
	umsi_irq irq;
	uint32_t calls;
	umsi_cpu last_cpu;
};

struct function {
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct line line[RIG_LINES];
};

/* Zeroed: 4 CPUs of one node, all online, 63 identities, a calm machine. */
struct rig_config {
	uint64_t seed;
	uint32_t cpus, ids;
	uint64_t offline;		/* bit per CPU that does not come up */
	const uint32_t *node;
	const struct mach_chaos *chaos;
	bool wild;			/* chaos from the seed */
	bool strict_route;		/* as machine.h's */
	uint64_t max_steps;
};

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	uint32_t cpus, ids;
	struct function f[RIG_FUNCTIONS];
	struct umsi_device *filler;	/* of rig_fill() */
	struct umsi_table *filling;
};

extern struct rig rig;

/* The machine, the library, its root, the CPUs online. */
void rig_begin(const struct rig_config *config);
/* Everything goes. */
void rig_end(void);
/* Runs what is under way; a violation fails the test with its story. */
void rig_run(void);
/* Each online CPU ends its traps, until what retired is free. */
void rig_drain(void);

/* Function @n; then its device with a table of MSI-X, or of plain MSI with @messages. */
struct function *rig_function(uint32_t n, const struct mach_pci_config *config);
int rig_msix(struct function *f);
int rig_msi(struct function *f, uint32_t messages);
/* rig_begin(), and function 0 with a table of MSI-X. */
struct function *rig_begin_msix(uint16_t entries, const struct rig_config *config);

/* Index @index, allocated; where, or @cpu UMSI_CPU_NONE: anywhere. A status. */
int rig_alloc(struct function *f, uint32_t index, umsi_cpu cpu);
int rig_alloc_at(struct function *f, uint32_t index, const struct umsi_affinity *affinity, enum umsi_irq_kind kind);
/* Requested, and every event of it must be handled from here on. */
int rig_request(struct line *l);
/* Both, which must succeed. */
struct line *rig_open(struct function *f, uint32_t index, umsi_cpu cpu);
int rig_free(struct line *l);
enum umsi_handled rig_handler(void *line);

int rig_move(const struct line *l, umsi_cpu cpu);
umsi_cpu rig_target(const struct line *l);
/* Raises and lets it arrive; how many handler calls that made. */
uint32_t rig_raise(struct line *l);

/* Status of umsi_cpu_leave(); after UMSI_OK the CPU is down. From cold. */
int rig_down(umsi_cpu cpu);
void rig_up(umsi_cpu cpu);

/* The table of a store that holds nothing, for slots that are just taken. */
struct umsi_table *rig_void(void);
/* Allocates interrupts of nobody on @cpu until it is full, or until @count are; how many. */
uint32_t rig_fill(umsi_cpu cpu, uint32_t count);
/* All of them go. */
void rig_unfill(void);

uint32_t rig_free_slots(umsi_cpu cpu);
void rig_expect_free(umsi_cpu cpu, uint32_t slots);
struct umsi_stats rig_stats(void);

#endif
