/* SPDX-License-Identifier: MIT */
/*
 * A set of ids 0 .. size - 1, each free or taken, handed out one by one or in
 * aligned power-of-two blocks. Every call is a few word operations at any fill.
 *
 * True for all calls: pointers are valid, ids are below size, and the caller
 * keeps calls on one set apart (no lock, no atomics in here).
 */
#ifndef UMSI_IDSPACE_H
#define UMSI_IDSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idspace/word.h"

#define UMSI_IDS_NONE		UINT32_MAX
#define UMSI_IDS_ORDER_MAX	11
#define UMSI_IDS_SIZE_MAX	(UINT32_C(1) << 24)

/* Ranks 0 .. 6: a word's largest aligned free block is 2^rank; 7: the word has none. */
#define UMSI_IDS_RANKS		7

/*
 * Units in 64-bit words, each word filed in one summary tree, by a rank that
 * is at least its own. A tree is a 64-ary hierarchy: leaf bit w stands for word w, a bit of the level
 * above for one word of the level below that is not zero.
 */
struct umsi_ids_tier {
	uint64_t *free;			/* bit set: unit is free */
	uint8_t *rank;			/* by word */
	uint64_t *trees;		/* UMSI_IDS_RANKS of them, tree_words apart */
	uint32_t tree_words;
	uint32_t level_at[4];		/* first word of each level within a tree, leaves first */
	uint32_t levels;
	uint32_t present;		/* bit n: tree n is not empty */
};

/* Of a tree of the first tier: where a word was found last, and the first word of that leaf. */
struct umsi_ids_leaf {
	uint64_t *bits;
	uint32_t first;
};

/*
 * Two tiers: units of the first are ids, units of the second are words of the
 * first: free are those in the first tier's tree 6. Blocks of 64 ids and more
 * are blocks of such words.
 */
struct umsi_ids {
	uint64_t *hand;			/* the word that single ids come from, or &nothing */
	uint32_t hand_first;		/* its first id; of nothing no id's */
	uint32_t free_count;
	uint64_t *hand_leaf;		/* the leaf that has its bit, also while it is empty */
	uint64_t nothing;		/* 0 */
	uint32_t hand_rank;		/* what it is filed under, if not more by now; 0 for nothing */
	struct umsi_ids_tier tier[2];
	struct umsi_ids_leaf leaf[UMSI_IDS_RANKS];
	uint32_t size;
};

/* Memory for ids 0 .. size - 1 (1 <= size <= UMSI_IDS_SIZE_MAX), 8-byte aligned. */
size_t umsi_ids_bytes(uint32_t size);

/* All free. @memory holds umsi_ids_bytes(size) and lives as long as @s. */
void umsi_ids_init(struct umsi_ids *s, void *memory, uint32_t size);

/* The lowest free id, or UMSI_IDS_NONE. */
uint32_t umsi_ids_take(struct umsi_ids *s);

/* The lowest free id in [first, last] (last is clamped to the set), or UMSI_IDS_NONE. */
uint32_t umsi_ids_take_range(struct umsi_ids *s, uint32_t first, uint32_t last);

/*
 * 2^order ids from a multiple of 2^order on, out of a word that is filed under
 * the smallest rank that suffices, so that larger blocks stay whole. Order 0
 * is a single id that spares blocks, where umsi_ids_take() is the lowest one
 * and costs a few word operations more.
 * Returns the first id, or UMSI_IDS_NONE (none free, or order too high).
 */
uint32_t umsi_ids_take_block(struct umsi_ids *s, unsigned int order);

/* False: taken already, or not below size. */
bool umsi_ids_take_at(struct umsi_ids *s, uint32_t id);

/* The ids must be taken; how they were taken does not matter. */
void umsi_ids_give(struct umsi_ids *s, uint32_t id);
void umsi_ids_give_block(struct umsi_ids *s, uint32_t id, unsigned int order);

/* Nothing is in hand any more, until the next single id is taken. */
void umsi_ids_let_go(struct umsi_ids *s);

/* ---- umsi_ids_take_block(s, 0) and umsi_ids_give() in line, for who cannot spare a call. ---- */

/* Nothing is left in hand. */
uint32_t umsi_ids_take_elsewhere(struct umsi_ids *s);

/* False: nothing is left in hand. */
static inline bool umsi_ids_take_in_hand(struct umsi_ids *s, uint32_t *id)
{
	uint64_t free = *s->hand;

	if (__builtin_expect(!free, 0))
		return false;
	*s->hand = free & (free - 1);
	s->free_count--;
	*id = s->hand_first + umsi_lowest_bit(free);
	return true;
}

/* False: it belongs to another word. */
static inline bool umsi_ids_give_to_hand(struct umsi_ids *s, uint32_t id)
{
	uint32_t bit = id - s->hand_first;

	if (__builtin_expect(bit >= 64, 0))
		return false;
	s->free_count++;
	*s->hand |= UINT64_C(1) << bit;
	return true;
}

/* The same for @n ids of word @w, a bit each. */
static inline bool umsi_ids_give_word_to_hand(struct umsi_ids *s, uint32_t w, uint64_t ids, uint32_t n)
{
	if (__builtin_expect(w * 64 != s->hand_first, 0))
		return false;
	s->free_count += n;
	*s->hand |= ids;
	return true;
}

/* False also when not below size. */
bool umsi_ids_is_free(const struct umsi_ids *s, uint32_t id);
static inline uint32_t umsi_ids_free_count(const struct umsi_ids *s)
{
	return s->free_count;
}

/* Which of ids 64 * word .. 64 * word + 63 are free: a bit each; 64 * word is below size. */
static inline uint64_t umsi_ids_free_word(const struct umsi_ids *s, uint32_t word)
{
	return s->tier[0].free[word];
}

#endif
