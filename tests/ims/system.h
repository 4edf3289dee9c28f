/* SPDX-License-Identifier: MIT */
/*
 * Small whole systems under fire: a machine, the library, a device or two with
 * stores of their own; threads on every CPU open, move, fire and free interrupts.
 * The unit tests and umsi demo run the same ones.
 */
#ifndef IMS_SYSTEM_H
#define IMS_SYSTEM_H

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define SYSTEM_WORKERS	4u		/* on the first CPUs */
#define SYSTEM_CPUS	128u		/* at most; 4 unless the system says */
#define SYSTEM_PARTS	4u
#define SYSTEM_LINES	64u
#define SYSTEM_FUNCTION	0x100u		/* requester id of the first function */

struct line;

/* What stands in for a PCI function where the source is none. Lines must be exact. */
struct wires {
	void (*raise)(struct line *l);		/* after ->raised has grown */
	void (*answer)(struct line *l);		/* its handler deals with all of ->seen; NULL = nothing to do */
	uint64_t (*sent)(struct line *l);	/* messages so far; from cold */
	unsigned int (*trigger)(const struct line *l);
	bool one_at_a_time;			/* no event before the last one was seen */
};

/* One table of one device, and what of it is used. */
struct part {
	struct mach_pci *pci;		/* NULL: wires, of a model */
	const struct wires *wires;
	void *model;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t first_entry, entries;	/* the machine's number of index 0; how many */
	uint32_t wired;			/* indices below must be taken exactly; the others come as they come */
};

struct line {
	struct bench *b;
	struct part *part;
	bool exact;
	uint32_t index, entry;
	umsi_irq irq;
	uint64_t raised, seen;		/* of a wire; plain: the test's own */
};

/* One seed of one system. */
struct bench {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct umsi_imsic_file files[SYSTEM_CPUS];
	struct umsi_cpu_desc cpus[SYSTEM_CPUS];
	const struct system *system;
	struct umsi_device *dev[SYSTEM_PARTS];
	uint32_t ncpus, devs, parts, lines, turns, cycles;
	struct part part[SYSTEM_PARTS];
	struct line line[SYSTEM_LINES];
	void *host;			/* a root of the host's own */
};

struct system {
	const char *name, *text;
	const char *path;		/* from device to CPU */
	/* Adds functions, devices, tables and lines. Cold. */
	int (*build)(struct bench *b);
	/* Of a root of its own; NULL: the library's for interrupt files. */
	const struct system_root *own;
	uint64_t min_age_ns;		/* as in umsi_config */
	uint32_t ncpus;			/* 0 = 4 */
	/* Tables come and go too: makes the table of a part. NULL: they are build()'s. */
	int (*table)(struct bench *b, struct part *p);
};

struct system_root {
	enum mach_kind kind;
	int (*create)(struct bench *b);
	int (*destroy)(struct bench *b);
	void (*trap)(void *bench, umsi_cpu cpu);
	void (*cpu_up)(struct bench *b);
};

struct worker {
	struct bench *b;
	uint32_t number;
};

struct system_totals {
	uint64_t seeds, events, messages, moves, cycles, lost, leaked, violations;
	uint64_t bad_seed;		/* the first that violated */
};

/* NULL past the end. */
const struct system *system_at(size_t n);
const struct system *system_by_name(const char *name);

/*
 * Runs one seed and adds to @t. @path: NULL, or gets the library's lines about one interrupt of each table.
 * Return: false when something was violated; a report went to stdout.
 */
bool system_run(const struct system *s, uint64_t seed, uint32_t turns, struct system_totals *t,
		void (*path)(void *arg, const char *line), void *arg);

/* For builders: the next function's table, and lines of it. */
struct umsi_device *system_device(struct bench *b, const struct mach_pci_config *config, const char *name,
				  struct mach_pci **pci);
/* A device that is no PCI function. */
struct part *system_wires(struct bench *b, const char *name, const struct wires *wires, void *model);
struct part *system_part(struct bench *b, struct mach_pci *pci, struct umsi_device *dev, uint32_t first_entry,
			 uint32_t entries, uint32_t wired);
void system_lines(struct bench *b, struct part *p, uint32_t first, uint32_t count);
int system_msix(struct bench *b, struct part *p);
/* What the host knows of its function: for capabilities. */
void system_function(const struct part *p, struct umsi_pci_function *fn);

#endif
