/* SPDX-License-Identifier: MIT */
/* As many interrupts as there are, between two bounds. */
#include "msi/alloc.h"

static void give_back(struct umsi_table *t, const umsi_irq *irq, uint32_t n)
{
	while (n--)
		umsi_irq_free(t->dev->m, irq[n]);
}

int umsi_irq_alloc_many(struct umsi_table *table, const struct umsi_irq_request_at *at, uint32_t least,
			uint32_t most, umsi_irq *out)
{
	const struct umsi_policy *policy;
	int status = UMSI_OK;
	uint32_t n = 0;

	if (!table || !at || !out)
		return UMSI_EINVAL;
	if (!least || least > most || most > UMSI_TABLE_MAX)
		return UMSI_ERANGE;
	policy = umsi_policy(table->dev->m);
	if (!policy)
		status = umsi_alloc_some(table, at, most, out, &n);
	for (; policy && n < most && !status; n += !status)
		status = policy->alloc(table, at, 1, false, &out[n]);
	/* Short of what there is none of: the count says so. Anything else is an error. */
	if (n >= least && (!status || status == UMSI_ENOSLOT || status == UMSI_ELIMIT || status == UMSI_ENOINDEX || status == UMSI_ENOMEM))
		return (int)n;
	give_back(table, out, n);
	return status;
}
