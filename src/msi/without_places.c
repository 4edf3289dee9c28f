/* SPDX-License-Identifier: MIT */
/*
 * In place of alloc_block.c and alloc_places.c: an interrupt with a slot on every CPU, or a wish of its slot, is
 * refused, and blocks are none. Where numbers are global every interrupt roams. In the least profile levels are refused too.
 */
#include "msi/alloc.h"

int umsi_alloc_with_places(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
			   const struct umsi_where *where, struct umsi_record **out)
{
	(void)t, (void)at, (void)index, (void)where, (void)out;
	return UMSI_ENOTSUP;
}

void umsi_alloc_end_places(struct umsi_record *r)
{
	(void)r;
}

int umsi_alloc_check_wishes(struct umsi_table *t, const struct umsi_irq_request_at *at)
{
	bool level = at->trigger >= UMSI_TRIGGER_LEVEL_HIGH;

	(void)t;
	return at->kind > UMSI_IRQ_ROAMING || at->band || at->strict || (level && !UMSI_HAS_FLOW) ? UMSI_ENOTSUP : UMSI_OK;
}

void umsi_alloc_wish(struct umsi_record *r, const struct umsi_irq_request_at *at)
{
	(void)r, (void)at;
}
