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
	bool wires_only;			/* nobody takes messages: PCI functions use their pins */
	uint64_t exit_register;			/* ends the emulator with a status; 0 = none */
	char arguments[256];
};

/* Ends the run with a reason when something needed is missing. */
void platform_discover(struct platform *p, uint64_t boot_hw_id, const void *tree);

/* The root that everything ends at. Returns an umsi_status. */
int platform_root(struct platform *p, struct umsi *m, struct umsi_domain **out);
/* Where the messages of PCI functions go: a translator before @root, or @root itself. */
int platform_messages(struct platform *p, struct umsi *m, struct umsi_domain *root,
		      struct umsi_domain **out);

/* Inter-processor interrupts of that root; as its own calls say. */
int platform_ipi_add(struct umsi_domain *root, void (*handler)(void *arg, umsi_cpu cpu), void *arg,
		     uint32_t *out_ipi);
int platform_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

/*
 * Where pin @pin (1: INTA) of a function is wired: the table of that wire and its index there; both
 * the table and its device stay. False: not known.
 */
bool platform_pci_wire(uint32_t requester_id, uint32_t pin, struct umsi_table **table, uint32_t *index,
		       uint8_t *trigger);

/* Uses what else this machine has, wired lines for one; all CPUs are up. False: not as it must be. */
bool platform_check(struct umsi_domain *root);

/* Can CPUs stop, and be started again? The next two exist for those that can. */
bool platform_cpus_stop(void);
/* Stops this CPU; interrupts are off. Returns only when the firmware refuses. */
void platform_cpu_stop(void);
/* True when the firmware says that @hw_id has stopped. */
bool platform_cpu_is_stopped(uint64_t hw_id);

#endif
