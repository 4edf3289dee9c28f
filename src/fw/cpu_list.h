/* SPDX-License-Identifier: MIT */
/* The CPUs that firmware names, in the order a host gives them numbers: the boot CPU first. */
#ifndef UMSI_FW_CPU_LIST_H
#define UMSI_FW_CPU_LIST_H

#include <umsi/umsi.h>

struct umsi_cpu_list {
	uint64_t boot_id;
	struct umsi_cpu_desc *cpus;
	uint32_t room;
	uint32_t count;		/* so far, also those beyond the room */
	bool boot_seen;
};

void umsi_cpu_list_add(struct umsi_cpu_list *list, const struct umsi_cpu_desc *cpu);

/*
 * Says how many, where there is no error but UMSI_EFW_ROOM. UMSI_EFW_MISSING: the boot
 * CPU is not among them; UMSI_EFW_VALUE: two have one number (looked for where there is
 * room for all).
 */
int umsi_cpu_list_end(const struct umsi_cpu_list *list, uint32_t *out_count);

#endif
