/* SPDX-License-Identifier: MIT */
/* An x86 machine with the library on it. */
#ifndef X86_RIG_H
#define X86_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/lapic.h>
#include <umsi/umsi.h>

#include "machine.h"

#define RIG_CPUS	4

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct umsi_cpu_desc cpus[RIG_CPUS];
	int online[RIG_CPUS];		/* what umsi_cpu_online() answered */
	uint32_t timer_calls;
};

extern struct rig rig;

/* The machine, the library, its root; @lapic NULL: all defaults. Status of the root's creation. */
int rig_begin(uint64_t seed, struct mach_config config, const struct umsi_lapic_config *lapic);
/* Every CPU calls umsi_cpu_online(). */
void rig_online(void);
void rig_run(void);
/* Everything back; checks for leaks. */
void rig_end(void);
void rig_timer(void *host, umsi_cpu cpu);

#endif
