/* SPDX-License-Identifier: MIT */
/* In place of alloc_block.c and alloc_places.c: an interrupt with a slot on every CPU is refused, and blocks are none. */
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
