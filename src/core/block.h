/* SPDX-License-Identifier: MIT */
/*
 * Interrupts that share one message: PCI multi-message MSI, where the device
 * puts the number of the message into the low bits of the data. Their slots
 * are an aligned power-of-two block on one CPU; they move, and retire, as one.
 */
#ifndef UMSI_CORE_BLOCK_H
#define UMSI_CORE_BLOCK_H

#include "core/record.h"

#define UMSI_BLOCK_MAX	32

/*
 * Pooled and type-stable. Its lock is its members' record lock.
 *
 *   field        written under      read without the lock by
 *   live         lock               nobody
 *   references   atomic             nobody
 *   the rest     before it is live  anyone who holds a member
 */
struct umsi_block {
	struct umsi_pool_link link;
	struct umsi_lock lock;
	uint32_t count;			/* members, a power of two */
	uint32_t live;			/* members not yet freed: the slots stay until the last */
	umsi_atomic32 references;	/* members not yet recycled */
	struct umsi_record *member[UMSI_BLOCK_MAX];
};

/* A record alone, or all members of its block. */
struct umsi_group {
	struct umsi_record *const *member;
	uint32_t count;
};

static inline struct umsi_block *umsi_record_block(const struct umsi_record *r)
{
	return umsi_load_ptr(&r->block);
}

/* @r is the address of a variable that outlives the group. */
static inline struct umsi_group umsi_group_of(struct umsi_record *const *r)
{
	struct umsi_block *block = umsi_record_block(*r);

	if (!block)
		return (struct umsi_group){ .member = r, .count = 1 };
	return (struct umsi_group){ .member = block->member, .count = block->count };
}

/* Who speaks for the group: its slot is the block's first, its affinity the block's. */
static inline struct umsi_record *umsi_record_leader(struct umsi_record *r)
{
	struct umsi_block *block = umsi_record_block(r);

	return block ? block->member[0] : r;
}

#endif
