/* SPDX-License-Identifier: MIT */
/* A RISC-V machine with wires: the library on it, its root one way or the other. */
#ifndef APLIC_RIG_H
#define APLIC_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/aplic.h>
#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/umsi.h>

#include "machine.h"

#define RIG_CPUS	4
#define RIG_SOURCES	24
#define RIG_PHYS	UINT64_C(0x0d000000)
#define RIG_BYTES	0x8000
#define RIG_WIRES	6	/* level high, level low, edges both ways, two more levels */

/* A wire, what happened on it and what its handler has seen. */
struct wire {
	uint32_t source;
	umsi_irq irq;
	unsigned int trigger;
	uint64_t raised, seen, calls, idle_calls;
	bool later, saying, pulsing;
};

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct mach_aplic *aplic;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_cpu_desc cpus[RIG_CPUS];
	bool direct;
	struct wire wire[RIG_WIRES];
	uint64_t moves;
	uint32_t owners_left;
	bool answer_later, slow;	/* what handlers do now and then */
	uint32_t down;			/* a CPU that is away, or UMSI_CPU_NONE */
	uint64_t trips;
};

extern struct rig rig;

/* Of the next machine: each CPU's, below 8. */
extern const uint32_t *rig_hart_index;

/* What both ways are told; index widths as the machine's. */
extern const struct umsi_aplic_config rig_config;

/* The machine, the library, a root; no APLIC in the library yet. @loose as in mach_aplic_config. */
void rig_begin(uint64_t seed, bool direct, bool loose, const struct mach_chaos *chaos);
/* The table of sources, and a handler on each of the wires. */
void rig_wires(void);
void rig_run(void);
/* Everything back; checks for leaks and that every source is off. */
void rig_end(void);

/* A run under fire: raised, moved, answered later, a CPU that leaves and returns. */
void rig_fire(uint64_t seed, bool direct, bool later, bool hotplug);
/* A thread: two events a wire, far apart. */
void rig_two_events_each(void *unused);
/* They make two calls each, whatever the controller is like. */
void rig_slow_events(bool direct);
/* No dead line, no storm, no edge lost. */
void rig_check_wires(void);

/* A quiet line and a handler on it; the handler alone. */
void rig_request(struct wire *w, uint32_t source, unsigned int trigger);
void rig_listen(struct wire *w);
void rig_raise(struct wire *w);
enum umsi_handled rig_handler(void *wire);

#endif
