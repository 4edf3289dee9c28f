/* SPDX-License-Identifier: MIT */
/* In place of mask.c, for hosts that name one CPU, or any: an affinity that is a set is refused. */
#include "core/mask.h"

int umsi_mask_get(struct umsi *m, const struct umsi_cpuset *set, struct umsi_mask **out)
{
	(void)m, (void)set, (void)out;
	return UMSI_ENOTSUP;
}

umsi_cpu umsi_mask_next(const struct umsi_mask *mask, umsi_cpu cpu)
{
	(void)mask, (void)cpu;
	return UMSI_CPU_NONE;
}

void umsi_masks_destroy(struct umsi *m)
{
	(void)m;
}
