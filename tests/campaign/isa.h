/* SPDX-License-Identifier: MIT */
/* What a run of the campaign does differently by kind of machine. */
#ifndef CAMPAIGN_ISA_H
#define CAMPAIGN_ISA_H

#include "world.h"

struct isa {
	const char *name;		/* as --isa takes it */
	/* The kind of machine and its CPUs' numbers; hw_id of each CPU. */
	void (*machine)(struct world *w, uint64_t seed, struct mach_config *out);
	/* How long a slot ages where only age helps. */
	uint64_t (*min_age_ns)(const struct world *w);
	/* Creates w->root and takes w->ipi; aborts if it cannot. */
	void (*root)(struct world *w, void (*timer)(void *host, umsi_cpu cpu), umsi_ipi_handler ipi);
	void (*trap)(struct world *w, umsi_cpu cpu);
	/* On that CPU, after umsi_cpu_online(): the host's part. */
	void (*cpu_up)(struct world *w, umsi_cpu cpu);	/* NULL: nothing of its own */
	int (*ipi_send)(struct world *w, umsi_cpu cpu);
	/* A message from nowhere. */
	void (*stray)(struct world *w, umsi_cpu cpu);
	/*
	 * Wires of @dev as a table, and one that is level triggered, active high; its
	 * electrical level. NULL: this kind of machine has none.
	 */
	int (*wires)(struct world *w, struct umsi_device *dev, struct umsi_table **out, uint32_t *index);
	void (*line)(struct world *w, bool high);
	/* What stands before the root, w->messages, goes; NULL: nothing does. */
	int (*translator_destroy)(struct world *w);
	int (*destroy)(struct umsi_domain *root);
	/* A CPU that has left is about to go down: what goes with it; NULL: nothing more. */
	void (*power_off)(struct world *w, umsi_cpu cpu);
	/* The whole machine has slept, and nothing in it has kept a register; NULL: no such sleep. No CPU is in a trap. */
	void (*lose)(struct world *w);
	bool hotplug;			/* its root lets CPUs leave */
	bool managed;			/* its root keeps a slot on every CPU */
	bool drains;			/* its CPUs prove numbers quiet */
};

extern const struct isa isa_riscv, isa_x86, isa_arm, isa_arm3;
extern const struct isa *const isa_all[];
extern const size_t isa_count;

/* NULL: no such name. */
const struct isa *isa_by_name(const char *name);

#endif
