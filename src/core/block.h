/* SPDX-License-Identifier: MIT */
/*
 * What some interrupts have beside their record. Interrupts that share one message: PCI multi-message MSI, where the device
 * puts the number of the message into the low bits of the data. Their slots
 * are an aligned power-of-two block on one CPU; they move, and retire, as one.
 * And one interrupt with a slot on every CPU it may go to.
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
	struct umsi_places *places;	/* of the only member, if it has a slot on every CPU; or NULL */
	bool managed;			/* such a one is shut down when the last of its CPUs goes */
	struct umsi_record *member[UMSI_BLOCK_MAX];
};

/*
 * Slots that are an interrupt's as long as it lives, one on each of its CPUs, by
 * CPU. Filled in and emptied under the record's lock; its memory goes after that.
 */
struct umsi_place {
	umsi_cpu cpu;
	uint32_t slot;
};

struct umsi_places {
	uint32_t count, room;
	struct umsi_place at[];
};

/* A record alone, or all members of its block. */
struct umsi_group {
	struct umsi_record *const *member;
	uint32_t count;
};

static inline struct umsi_block *umsi_record_block(const struct umsi_record *r)
{
	return UMSI_HAS_BLOCKS ? umsi_load_ptr(&r->block) : NULL;
}

/* For who is about to take its lock. */
static inline struct umsi_block *umsi_record_block_acquire(const struct umsi_record *r)
{
	return UMSI_HAS_BLOCKS ? umsi_load_ptr_acquire(&r->block) : NULL;
}

static inline struct umsi_lock *umsi_record_lock_by(struct umsi_record *r, struct umsi_block *block)
{
	return block ? &block->lock : &r->lock;
}

/* That of a record that is being made, or whose lock is held: it does not change. */
static inline struct umsi_lock *umsi_record_lock_of(struct umsi_record *r)
{
	return umsi_record_lock_by(r, umsi_record_block(r));
}

/* umsi_record_lock() for who cannot spare a call. */
static inline struct umsi_record *umsi_record_lock_in_line(struct umsi *m, umsi_irq irq, uintptr_t *state)
{
	struct umsi_record *r = umsi_record_at(m, (uint32_t)irq - 1);
	struct umsi_block *block;

	if (!r)
		return NULL;
	block = umsi_record_block_acquire(r);
	*state = umsi_lock(m, umsi_record_lock_by(r, block));
	/* If the record has changed hands since, so may have its lock; then the handle is stale. */
	if (block == umsi_record_block(r) && umsi_record_is_live(r, irq))
		return r;
	umsi_unlock(m, umsi_record_lock_by(r, block), *state);
	return NULL;
}

/* Its slots, if it has one on every CPU; or NULL. */
static inline struct umsi_places *umsi_record_places(const struct umsi_record *r)
{
	const struct umsi_block *block = umsi_record_block(r);

	return block ? block->places : NULL;
}

static inline bool umsi_record_is_managed(const struct umsi_record *r)
{
	const struct umsi_block *block = umsi_record_block(r);

	return block && block->managed;
}

/* @r is the address of a variable that outlives the group. For who cannot spare a call. */
static inline struct umsi_group umsi_group_of_in_line(struct umsi_record *const *r)
{
	struct umsi_block *block = umsi_record_block(*r);

	if (!block)
		return (struct umsi_group){ .member = r, .count = 1 };
	return (struct umsi_group){ .member = block->member, .count = block->count };
}

struct umsi_group umsi_group_by_call(struct umsi_record *const *r);

/* A function would copy the group once more. */
#define umsi_group_of(r)	__builtin_choose_expr(UMSI_HAS_BLOCKS, umsi_group_by_call(r), umsi_group_of_in_line(r))

/* Who speaks for the group: its slot is the block's first, its affinity the block's. */
static inline struct umsi_record *umsi_record_leader(struct umsi_record *r)
{
	struct umsi_block *block = umsi_record_block(r);

	return block ? block->member[0] : r;
}

#endif
