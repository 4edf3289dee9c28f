/* SPDX-License-Identifier: MIT */
/* The leaf level's view of a store's ops; shared by leaf.c and leaf_move.c. */
#ifndef UMSI_MSI_LEAF_H
#define UMSI_MSI_LEAF_H

#include "core/block.h"
#include "core/trace.h"
#include "msi/device.h"

#define UMSI_LEAF_RARE	__attribute__((noinline, cold))

/* Which index holds the message of @r. */
static inline uint32_t umsi_leaf_index(const struct umsi_table *t, const struct umsi_record *r)
{
	return t->ops->shared_message ? 0 : r->index;
}

/* Does a slot have to wait for M1 whatever the flush said? */
static inline bool umsi_leaf_ages(const struct umsi_table *t)
{
	return t->ops->flush_ages || !t->ops->settle;
}

/* Both: how many device writes it took; a store without a mask takes none. */
static inline uint32_t umsi_leaf_mask(struct umsi_table *t, struct umsi_record *r)
{
	return t->ops->mask ? (uint32_t)t->ops->mask(t->store, r->index, r->cookie) : 0;
}

static inline uint32_t umsi_leaf_unmask(struct umsi_table *t, struct umsi_record *r)
{
	return t->ops->unmask ? (uint32_t)t->ops->unmask(t->store, r->index, r->cookie) : 0;
}

/*
 * The flush (S1). The read has returned before anything that follows from it
 * can be seen: a ticket, DEAD, the release of the record's lock. A flush that
 * sleeps is done without that lock, in the table's turn (core/hold.h).
 */
int umsi_leaf_settle(struct umsi_table *t, struct umsi_record *r);

/* Member i of a block is reached by data + i. */
void umsi_leaf_keep_message(struct umsi_record *r, const struct umsi_msg *msg);

int umsi_leaf_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);

#endif
