/* SPDX-License-Identifier: MIT */
#include <umsi/status.h>

#include "fw/cpu_list.h"

void umsi_cpu_list_add(struct umsi_cpu_list *list, const struct umsi_cpu_desc *cpu)
{
	uint32_t at = 0;

	/* Place 0 is the boot CPU's, wherever it comes. */
	if (cpu->hw_id == list->boot_id && !list->boot_seen)
		list->boot_seen = true;
	else
		at = list->count + !list->boot_seen;
	list->count++;
	if (at < list->room)
		list->cpus[at] = *cpu;
}

/* Nearly always: the boot CPU, then the others by rising number. */
static bool are_rising(const struct umsi_cpu_desc *cpus, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (cpus[i].hw_id == cpus[0].hw_id || (i > 1 && cpus[i].hw_id <= cpus[i - 1].hw_id))
			return false;
	return true;
}

static bool has_twins(const struct umsi_cpu_desc *cpus, uint32_t count)
{
	if (are_rising(cpus, count))
		return false;
	for (uint32_t i = 1; i < count; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (cpus[i].hw_id == cpus[j].hw_id)
				return true;
		}
	}
	return false;
}

int umsi_cpu_list_end(const struct umsi_cpu_list *list, uint32_t *out_count)
{
	if (!list->boot_seen)
		return UMSI_EFW_MISSING;
	if (list->count <= list->room && has_twins(list->cpus, list->count))
		return UMSI_EFW_VALUE;
	*out_count = list->count;
	return list->count > list->room ? UMSI_EFW_ROOM : UMSI_OK;
}
