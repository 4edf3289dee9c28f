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
#define SYSTEM_PARTS	6u
#define SYSTEM_LINES	64u
#define SYSTEM_FUNCTION	0x100u		/* requester id of the first function */
#define SYSTEM_INTRUDER	0x1f8u		/* of one that sends what is not its own */

struct bench;
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
	struct bench *bench;
	struct mach_pci *pci;		/* NULL: wires, of a model */
	const struct wires *wires;
	void *model;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t first_entry, entries;	/* the machine's number of index 0; how many */
	uint32_t wired;			/* indices below must be taken exactly; the others come as they come */
	uint32_t first_line, lines;
	/* Tables that come and go: */
	int (*make)(struct bench *b, struct part *p);
	bool busy;			/* some thread's, for a cycle */
	uint32_t block;			/* not 0: one message for so many, allocated together */
	/* of logical functions: */
	umsi_function function;		/* 0: not there at the moment */
	bool revoked;			/* from just before the call on */
	bool pinned;			/* by their owner, who is revoking */
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
	struct umsi_domain *parent;	/* of devices: a translator, or the root */
	struct mach_vtd *vtd;
	struct mach_amd_vi *amd;
	struct mach_its *its;
	struct mach_pci *intruder;
	struct umsi_imsic_file files[SYSTEM_CPUS];
	struct umsi_cpu_desc cpus[SYSTEM_CPUS];
	const struct system *system;
	struct umsi_device *dev[SYSTEM_PARTS];
	uint32_t ncpus, devs, parts, lines, turns, working;
	uint64_t cycles, revoked, intrusions, faults;
	void (*path)(void *arg, const char *line);
	void *path_arg;
	bool memory_fails, skewed;	/* of the fault plan */
	uint32_t at_once, most_at_once;	/* tables of one device */
	struct part part[SYSTEM_PARTS];
	struct line line[SYSTEM_LINES];
};

struct worker {
	struct bench *b;
	uint32_t number;
};

struct system_root {
	enum mach_kind kind;
	int (*create)(struct bench *b);	/* ->root, and ->parent where that is another */
	int (*destroy)(struct bench *b);
	void (*trap)(void *bench, umsi_cpu cpu);
	void (*cpu_up)(struct bench *b);	/* NULL: nothing of its own */
};

struct system {
	const char *name, *text;
	const char *path;		/* from device to CPU */
	/* Adds functions, devices, tables and lines. Cold. */
	int (*build)(struct bench *b);
	const struct system_root *root;
	void (*work)(struct worker *w);	/* of each of four threads */
	void (*aside)(struct bench *b);	/* of one more, until ->working is 0; NULL = none */
	uint64_t min_age_ns;		/* as in umsi_config */
	uint32_t ncpus;			/* 0 = 4 */
};

struct system_totals {
	uint64_t seeds, events, messages, moves, cycles, faults, revoked, intrusions, blocked, lost, leaked, violations;
	uint32_t most_at_once;
	uint64_t bad_seed;		/* the first that violated */
};

/* NULL past the end. */
const struct system *system_at(size_t n);
const struct system *system_by_name(const char *name);

/*
 * Runs one seed and adds to @t. @path: NULL, or gets the library's lines about its interrupts, while they are there.
 * Return: false when something was violated; a report went to stdout.
 */
bool system_run(const struct system *s, uint64_t seed, uint32_t turns, struct system_totals *t,
		void (*path)(void *arg, const char *line), void *arg);

/* Messages that the machine's translator stopped. */
uint64_t system_blocked(const struct bench *b);

/* ---- For builders ---- */

/* A device that is the next function: requester id, MSI-X and stores as @config says. */
struct umsi_device *system_device(struct bench *b, const struct mach_pci_config *config, const char *name,
				  struct mach_pci **pci);
/* A device that is no PCI function; NULL: it cannot be added. */
struct part *system_wires(struct bench *b, const char *name, const struct wires *wires, void *model);
struct part *system_part(struct bench *b, struct mach_pci *pci, struct umsi_device *dev, uint32_t first_entry,
			 uint32_t entries, uint32_t wired);
/* Once for each part. */
void system_lines(struct bench *b, struct part *p, uint32_t first, uint32_t count);
int system_msix(struct bench *b, struct part *p);
/* What the host knows of its function: for capabilities. */
void system_function(const struct part *p, struct umsi_pci_function *fn);

/* ---- Roots (roots.c) ---- */

extern const struct system_root system_imsic, system_lapic, system_vtd, system_amd_vi, system_its, system_own_root, system_hypervisor;

/* ---- Sources that are no PCI function (wires.c): tables on p->dev ---- */

#define SYSTEM_COMPARATORS	4u

/* The models, once; then tables over them. A table's parts get ->wires and ->model here. */
void system_aplic_model(struct bench *b, struct part *p);
int system_aplic(struct bench *b, struct part *p);
void system_hpet_model(struct bench *b, struct part *p, uint32_t requester_id);
int system_hpet(struct bench *b, struct part *p);

/* ---- Faults (faults.c) ---- */

void system_plan_faults(struct bench *b);
uint32_t system_plan_skew(uint64_t seed);	/* nanoseconds between the first CPU's clock and the last one's */

/* ---- Work (lines.c, cycles.c, aside.c) ---- */

/* Is it UMSI_OK? If not: a violation, but for what a part being revoked answers, and want of memory if that was planned. */
bool system_check(struct bench *b, int status, const char *what);
bool system_check_of(struct part *p, int status, const char *what);
void system_open(struct line *l);
void system_close(struct line *l);
void system_move(struct line *l);
void system_raise(struct line *l);
/* To ->path, if there is one. */
void system_show(struct bench *b);
/* Its table has gone, and every interrupt with it. */
void system_ended(struct line *l);

/* Opens, moves, fires and frees what lines there are. */
void system_work(struct worker *w);
/* Whole tables, from creation to end: any thread any that is idle; each its own, as a logical function. */
void system_churn(struct worker *w);
void system_functions(struct worker *w);
/* Their owner lists them, asks and revokes. */
void system_owner(struct bench *b);
/* Another function sends what devices were told to send. */
void system_intruder(struct bench *b);

#endif
