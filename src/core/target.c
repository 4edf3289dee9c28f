/* SPDX-License-Identifier: MIT */
#include "core/target.h"

#include "core/block.h"
#include "core/mask.h"

bool umsi_target_permitted(const struct umsi_domain *root, const struct umsi_record *r, const struct umsi_where *where,
			   umsi_cpu cpu)
{
	if (!umsi_cpu_open(root->m, cpu) || (umsi_where_is_set(where) && !umsi_mask_has(where->mask, cpu)))
		return false;
	for (struct umsi_domain *d = r->leaf; d; d = d->parent)
		if (d->ops->reaches && !d->ops->reaches(d, cpu))
			return false;
	return true;
}

umsi_cpu umsi_target_choose(const struct umsi_domain *root, const struct umsi_record *r,
			    const struct umsi_where *where, umsi_load_of load)
{
	umsi_cpu best = UMSI_CPU_NONE;
	uint32_t least = UINT32_MAX;

	if (where->cpu != UMSI_CPU_NONE)
		return umsi_target_permitted(root, r, where, where->cpu) ? where->cpu : UMSI_CPU_NONE;
	for (umsi_cpu cpu = 0; cpu < root->m->ncpus; cpu++) {
		uint32_t now = load(root, cpu);

		if (now >= least || !umsi_target_permitted(root, r, where, cpu))
			continue;
		best = cpu;
		least = now;
	}
	return best;
}
