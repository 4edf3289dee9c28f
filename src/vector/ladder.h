/* SPDX-License-Identifier: MIT */
/*
 * Items filed by a small number, to find one with the lowest at once: a ring
 * of items for each rung, and two levels of bits that say which rungs have
 * any. Every call is a few word operations. No locks, no memory of its own.
 */
#ifndef UMSI_VECTOR_LADDER_H
#define UMSI_VECTOR_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idspace/word.h"

#define UMSI_LADDER_RUNGS_MAX	2048u	/* a word of words of bits would hold 4,096 */
#define UMSI_LADDER_NONE	UINT32_MAX

struct umsi_ladder_link {
	uint16_t next, prev;
};

struct umsi_ladder {
	uint64_t words;			/* bit w: present[w] is not 0 */
	uint64_t *present;		/* bit r: rung r has an item */
	struct umsi_ladder_link *link;	/* a head for each rung, then the items */
	uint32_t rungs;
};

/* Memory for @items (1 .. 32,768) on @rungs rungs (1 .. 2,048), 8-byte aligned. */
size_t umsi_ladder_bytes(uint32_t rungs, uint32_t items);

/* Empty. @memory holds umsi_ladder_bytes() and lives as long as @l. */
void umsi_ladder_init(struct umsi_ladder *l, void *memory, uint32_t rungs);

/* The item is on no rung before. */
static inline void umsi_ladder_put(struct umsi_ladder *l, uint32_t item, uint32_t rung)
{
	uint32_t at = l->rungs + item, last = l->link[rung].prev;

	l->link[at] = (struct umsi_ladder_link){ .next = (uint16_t)rung, .prev = (uint16_t)last };
	l->link[last].next = (uint16_t)at;
	l->link[rung].prev = (uint16_t)at;
	if (last != rung)
		return;
	l->present[rung / 64] |= UINT64_C(1) << (rung % 64);
	l->words |= UINT64_C(1) << (rung / 64);
}

/* The item is on @rung. */
static inline void umsi_ladder_take(struct umsi_ladder *l, uint32_t item, uint32_t rung)
{
	struct umsi_ladder_link at = l->link[l->rungs + item];

	l->link[at.prev].next = at.next;
	l->link[at.next].prev = at.prev;
	if (at.next != at.prev || at.next != rung)
		return;
	l->present[rung / 64] &= ~(UINT64_C(1) << (rung % 64));
	if (!l->present[rung / 64])
		l->words &= ~(UINT64_C(1) << (rung / 64));
}

/* The item on the lowest rung that came there first, and the rung; or UMSI_LADDER_NONE. */
static inline uint32_t umsi_ladder_first(const struct umsi_ladder *l, uint32_t *rung)
{
	uint32_t word;

	if (!l->words)
		return UMSI_LADDER_NONE;
	word = umsi_lowest_bit(l->words);
	*rung = word * 64 + umsi_lowest_bit(l->present[word]);
	return l->link[*rung].next - l->rungs;
}

#endif
