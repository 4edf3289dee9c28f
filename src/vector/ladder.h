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

/* The item is on no rung before / on @rung. */
void umsi_ladder_put(struct umsi_ladder *l, uint32_t item, uint32_t rung);
void umsi_ladder_take(struct umsi_ladder *l, uint32_t item, uint32_t rung);

/* The item on the lowest rung that came there first, and the rung; or UMSI_LADDER_NONE. */
uint32_t umsi_ladder_first(const struct umsi_ladder *l, uint32_t *rung);

#endif
