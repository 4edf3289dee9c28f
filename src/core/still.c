/* SPDX-License-Identifier: MIT */
/* In place of affinity.c, for hosts whose interrupts stay on the CPU they were allocated for. */
#include "core/domain.h"

_Static_assert(!UMSI_HAS_MOVES, "this file and -DUMSI_PROFILE=UMSI_PROFILE_LEAST go together");

int umsi_where_named(struct umsi *m, const struct umsi_affinity *affinity, struct umsi_where *where)
{
	if (affinity->kind == UMSI_AFFINITY_SET)
		return UMSI_ENOTSUP;
	if (affinity->kind != UMSI_AFFINITY_CPU)
		return UMSI_EINVAL;
	where->cpu = affinity->cpu;
	return affinity->cpu < m->ncpus ? UMSI_OK : UMSI_ERANGE;
}

int umsi_irq_set_affinity(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity)
{
	(void)m, (void)irq, (void)affinity;
	return UMSI_ENOTSUP;
}

int umsi_irq_set_affinity_wait(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity)
{
	return umsi_irq_set_affinity(m, irq, affinity);
}

bool umsi_irq_moves_atomically(struct umsi *m, umsi_irq irq)
{
	(void)m, (void)irq;
	return false;
}
