/* SPDX-License-Identifier: MIT */
/*
 * A set of ids with aligned blocks. A word of 64 units is filed under its rank
 * (the largest aligned free block in it), so that finding room is one lookup of
 * the lowest rank present, one descent and a few shifts; and since the words
 * that just suffice come first, large blocks stay whole.
 */
#include "idspace/idspace.h"
#include "idspace/word.h"

#define WORD_BITS	64u
#define WORD_ORDER	6u
#define WORD_FULL	UINT64_MAX	/* every unit free */
#define RANK_EMPTY	7u		/* no unit free: in no tree */
#define TREE_ANY	6u		/* first tier only: words with any free id */

/* The order-n blocks of a word start at these bits. */
static const uint64_t block_starts[WORD_ORDER + 1] = {
	UINT64_C(0xffffffffffffffff),
	UINT64_C(0x5555555555555555),
	UINT64_C(0x1111111111111111),
	UINT64_C(0x0101010101010101),
	UINT64_C(0x0001000100010001),
	UINT64_C(0x0000000100000001),
	UINT64_C(0x0000000000000001),
};

/* 2^n units from bit 0 on. */
static const uint64_t block_bits[WORD_ORDER + 1] = {
	0x1, 0x3, 0xf, 0xff, 0xffff, 0xffffffff, UINT64_MAX,
};

/* Bits 0 .. n - 1; n is 0 .. 64. */
static uint64_t low_bits(unsigned int n)
{
	return n < WORD_BITS ? (UINT64_C(1) << n) - 1 : WORD_FULL;
}

/* Starts of the aligned blocks of @order that are free throughout. */
static uint64_t blocks_of(uint64_t free, unsigned int order)
{
	for (unsigned int o = 0; o < order; o++)
		free &= free >> (1u << o);
	return free & block_starts[order];
}

/* The aligned block of @order that holds @bit. */
static uint64_t block_around(unsigned int bit, unsigned int order)
{
	return block_bits[order] << (bit & (~0u << order));
}

static unsigned int rank_of(uint64_t free)
{
	uint64_t run = free;
	unsigned int rank;

	if (!free)
		return RANK_EMPTY;
	for (rank = 0; rank < WORD_ORDER; rank++) {
		run &= run >> (1u << rank);
		if (!(run & block_starts[rank + 1]))
			break;
	}
	return rank;
}

/* 2^order units at @bit of a word of rank @was were taken; @now is what is left. */
static unsigned int rank_after_take(uint64_t now, unsigned int bit, unsigned int order,
				    unsigned int was)
{
	uint64_t block = block_around(bit, was), taken = block_bits[order] << bit;

	/* It came from beside the blocks that give the word its rank. */
	if (((now | taken) & block) != block)
		return was;
	if (order == was)
		return rank_of(now);
	/* It halved the only one, or one of several. */
	return was < WORD_ORDER && blocks_of(now, was) ? was : was - 1;
}

/* 2^order units at @bit came back to a word of rank @was: only around them can blocks grow. */
static unsigned int rank_after_give(uint64_t now, unsigned int bit, unsigned int order,
				    unsigned int was)
{
	unsigned int rank = was == RANK_EMPTY || was < order ? order : was;

	while (rank < WORD_ORDER) {
		uint64_t block = block_around(bit, rank + 1);

		if ((now & block) != block)
			break;
		rank++;
	}
	return rank;
}

/* ---- Trees. ---- */

static uint64_t *tree_of(const struct umsi_ids_tier *t, unsigned int tree)
{
	return t->trees + (size_t)tree * t->tree_words;
}

/* The first leaf bit of word @n came, or the last one went: tell the levels above. */

static void tree_set_above(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	uint64_t *base = tree_of(t, tree), *word, was;

	t->present |= 1u << tree;
	for (uint32_t level = 1; level < t->levels; level++, n /= WORD_BITS) {
		word = &base[t->level_at[level] + n / WORD_BITS];
		was = *word;
		*word = was | UINT64_C(1) << (n % WORD_BITS);
		if (was)
			return;
	}
}

static void tree_clear_above(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	uint64_t *base = tree_of(t, tree), *word;

	for (uint32_t level = 1; level < t->levels; level++, n /= WORD_BITS) {
		word = &base[t->level_at[level] + n / WORD_BITS];
		*word &= ~(UINT64_C(1) << (n % WORD_BITS));
		if (*word)
			return;
	}
	t->present &= ~(1u << tree);
}

static void tree_set(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	uint64_t *word = tree_of(t, tree) + n / WORD_BITS, was = *word;

	*word = was | UINT64_C(1) << (n % WORD_BITS);
	if (!was)
		tree_set_above(t, tree, n / WORD_BITS);
}

static void tree_clear(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	uint64_t *word = tree_of(t, tree) + n / WORD_BITS;

	*word &= ~(UINT64_C(1) << (n % WORD_BITS));
	if (!*word)
		tree_clear_above(t, tree, n / WORD_BITS);
}

/* From a node at @level + 1 down to the lowest leaf bit below it. */
static uint32_t tree_descend(const struct umsi_ids_tier *t, const uint64_t *base,
			     uint32_t level, uint32_t n)
{
	while (level--)
		n = n * WORD_BITS + umsi_lowest_bit(base[t->level_at[level] + n]);
	return n;
}

/* The tree must not be empty. */
static uint32_t tree_first(const struct umsi_ids_tier *t, unsigned int tree)
{
	return tree_descend(t, tree_of(t, tree), t->levels, 0);
}

/* The first leaf bit at or after @from, or UMSI_IDS_NONE. */
static uint32_t tree_first_from(const struct umsi_ids_tier *t, unsigned int tree, uint32_t from)
{
	const uint64_t *base = tree_of(t, tree);
	uint32_t level, end, n = from;
	uint64_t rest;

	for (level = 0; level < t->levels; level++) {
		end = level + 1 < t->levels ? t->level_at[level + 1] : t->tree_words;
		if (t->level_at[level] + n / WORD_BITS >= end)
			return UMSI_IDS_NONE;
		rest = base[t->level_at[level] + n / WORD_BITS] & ~low_bits(n % WORD_BITS);
		if (rest)
			return tree_descend(t, base, level,
					    n / WORD_BITS * WORD_BITS + umsi_lowest_bit(rest));
		n = n / WORD_BITS + 1;
	}
	return UMSI_IDS_NONE;
}

/* ---- Tiers. ---- */

static uint32_t words_for(uint32_t bits)
{
	return (bits + WORD_BITS - 1) / WORD_BITS;
}

static uint32_t tree_words_for(uint32_t leaves)
{
	uint32_t total = 0;

	do {
		leaves = words_for(leaves);
		total += leaves;
	} while (leaves > 1);
	return total;
}

/* Ranks are bytes; what follows them is aligned again. */
static size_t rank_bytes(uint32_t words)
{
	return ((size_t)words + 7) / 8 * 8;
}

static size_t tier_bytes(uint32_t units)
{
	uint32_t words = words_for(units);

	return (size_t)words * 8 + rank_bytes(words) +
	       (size_t)UMSI_IDS_RANKS * tree_words_for(words) * 8;
}

static void tier_init(struct umsi_ids_tier *t, unsigned char *memory, uint32_t units)
{
	uint32_t words = words_for(units), leaves = words, at = 0;

	t->free = (uint64_t *)(void *)memory;
	t->rank = memory + (size_t)words * 8;
	t->trees = (uint64_t *)(void *)(t->rank + rank_bytes(words));
	t->tree_words = tree_words_for(words);
	t->levels = 0;
	t->present = 0;
	do {
		leaves = words_for(leaves);
		t->level_at[t->levels++] = at;
		at += leaves;
	} while (leaves > 1);
	for (uint32_t i = 0; i < words; i++) {
		t->free[i] = 0;
		t->rank[i] = RANK_EMPTY;
	}
	for (uint32_t i = 0; i < UMSI_IDS_RANKS * t->tree_words; i++)
		t->trees[i] = 0;
}

/* A word of the second tier gets another rank. */
static void refile_upper(struct umsi_ids_tier *t, uint32_t word, unsigned int rank)
{
	unsigned int was = t->rank[word];

	if (rank == was)
		return;
	t->rank[word] = (uint8_t)rank;
	if (was != RANK_EMPTY)
		tree_clear(t, was, word);
	if (rank != RANK_EMPTY)
		tree_set(t, rank, word);
}

/* 2^order units of the second tier, from @unit on, are no longer free; or are again. */

static void take_upper(struct umsi_ids_tier *t, uint32_t unit, unsigned int order)
{
	uint32_t word = unit / WORD_BITS;
	unsigned int bit = unit % WORD_BITS;

	t->free[word] &= ~(block_bits[order] << bit);
	refile_upper(t, word, rank_after_take(t->free[word], bit, order, t->rank[word]));
}

static void give_upper(struct umsi_ids_tier *t, uint32_t unit)
{
	uint32_t word = unit / WORD_BITS;
	unsigned int bit = unit % WORD_BITS;

	t->free[word] |= UINT64_C(1) << bit;
	refile_upper(t, word, rank_after_give(t->free[word], bit, 0, t->rank[word]));
}

/* A word of the first tier gets a rank that differs. */
static void refile(struct umsi_ids *s, uint32_t word, unsigned int rank)
{
	struct umsi_ids_tier *t = &s->tier[0];
	unsigned int was = t->rank[word];

	t->rank[word] = (uint8_t)rank;
	if (was < WORD_ORDER)
		tree_clear(t, was, word);
	else if (was == WORD_ORDER)
		take_upper(&s->tier[1], word, 0);
	if (rank < WORD_ORDER)
		tree_set(t, rank, word);
	else if (rank == WORD_ORDER)
		give_upper(&s->tier[1], word);
	if (was == RANK_EMPTY)
		tree_set(t, TREE_ANY, word);
	else if (rank == RANK_EMPTY)
		tree_clear(t, TREE_ANY, word);
}

/* ---- The set. ---- */

size_t umsi_ids_bytes(uint32_t size)
{
	return tier_bytes(size) + tier_bytes(words_for(size));
}

void umsi_ids_init(struct umsi_ids *s, void *memory, uint32_t size)
{
	uint32_t words = words_for(size);

	tier_init(&s->tier[0], memory, size);
	tier_init(&s->tier[1], (unsigned char *)memory + tier_bytes(size), words);
	s->size = size;
	s->free_count = size;
	for (uint32_t i = 0; i < words; i++) {
		uint32_t left = size - i * WORD_BITS;

		s->tier[0].free[i] = low_bits(left < WORD_BITS ? left : WORD_BITS);
		refile(s, i, rank_of(s->tier[0].free[i]));
	}
}

/* 2^order free ids within one word. */
static uint32_t take_bits(struct umsi_ids *s, uint32_t word, unsigned int bit, unsigned int order)
{
	struct umsi_ids_tier *t = &s->tier[0];
	unsigned int rank;

	t->free[word] &= ~(block_bits[order] << bit);
	s->free_count -= 1u << order;
	rank = rank_after_take(t->free[word], bit, order, t->rank[word]);
	if (rank != t->rank[word])
		refile(s, word, rank);
	return word * WORD_BITS + bit;
}

static void give_bits(struct umsi_ids *s, uint32_t word, unsigned int bit, unsigned int order)
{
	struct umsi_ids_tier *t = &s->tier[0];
	unsigned int rank;

	t->free[word] |= block_bits[order] << bit;
	s->free_count += 1u << order;
	rank = rank_after_give(t->free[word], bit, order, t->rank[word]);
	if (rank != t->rank[word])
		refile(s, word, rank);
}

uint32_t umsi_ids_take(struct umsi_ids *s)
{
	uint32_t word;

	if (!s->free_count)
		return UMSI_IDS_NONE;
	word = tree_first(&s->tier[0], TREE_ANY);
	return take_bits(s, word, umsi_lowest_bit(s->tier[0].free[word]), 0);
}

uint32_t umsi_ids_take_range(struct umsi_ids *s, uint32_t first, uint32_t last)
{
	uint32_t word = first / WORD_BITS;
	uint64_t free;
	unsigned int bit;

	if (last >= s->size)
		last = s->size - 1;
	if (first > last)
		return UMSI_IDS_NONE;
	free = s->tier[0].free[word] & ~low_bits(first % WORD_BITS);
	if (!free) {
		word = tree_first_from(&s->tier[0], TREE_ANY, word + 1);
		if (word == UMSI_IDS_NONE)
			return UMSI_IDS_NONE;
		free = s->tier[0].free[word];
	}
	bit = umsi_lowest_bit(free);
	if (word * WORD_BITS + bit > last)
		return UMSI_IDS_NONE;
	return take_bits(s, word, bit, 0);
}

/* The lowest of the trees @order and above that holds a word; below @end. */
static unsigned int lowest_rank(const struct umsi_ids_tier *t, unsigned int order,
				unsigned int end)
{
	uint32_t enough = t->present & ((1u << end) - (1u << order));

	return enough ? umsi_lowest_bit(enough) : RANK_EMPTY;
}

/* A run of 2^order whole words, or UMSI_IDS_NONE. */
static uint32_t find_words(const struct umsi_ids *s, unsigned int order)
{
	const struct umsi_ids_tier *t = &s->tier[1];
	unsigned int rank = lowest_rank(t, order, UMSI_IDS_RANKS);
	uint32_t upper;

	if (rank == RANK_EMPTY)
		return UMSI_IDS_NONE;
	upper = tree_first(t, rank);
	return upper * WORD_BITS + umsi_lowest_bit(blocks_of(t->free[upper], order));
}

/* 2^order whole words at once, 64 ids each. */
static uint32_t take_words(struct umsi_ids *s, unsigned int order)
{
	struct umsi_ids_tier *t = &s->tier[0];
	uint32_t first = find_words(s, order);

	if (first == UMSI_IDS_NONE)
		return UMSI_IDS_NONE;
	take_upper(&s->tier[1], first, order);
	for (uint32_t i = 0; i < UINT32_C(1) << order; i++) {
		t->free[first + i] = 0;
		t->rank[first + i] = RANK_EMPTY;
		tree_clear(t, TREE_ANY, first + i);
	}
	s->free_count -= WORD_BITS << order;
	return first * WORD_BITS;
}

uint32_t umsi_ids_take_block(struct umsi_ids *s, unsigned int order)
{
	unsigned int rank;
	uint32_t word;

	if (order > UMSI_IDS_ORDER_MAX)
		return UMSI_IDS_NONE;
	if (order >= WORD_ORDER)
		return take_words(s, order - WORD_ORDER);
	rank = lowest_rank(&s->tier[0], order, WORD_ORDER);
	if (rank != RANK_EMPTY) {
		word = tree_first(&s->tier[0], rank);
		return take_bits(s, word, umsi_lowest_bit(blocks_of(s->tier[0].free[word], order)),
				 order);
	}
	word = find_words(s, 0);
	return word == UMSI_IDS_NONE ? word : take_bits(s, word, 0, order);
}

bool umsi_ids_take_at(struct umsi_ids *s, uint32_t id)
{
	if (!umsi_ids_is_free(s, id))
		return false;
	take_bits(s, id / WORD_BITS, id % WORD_BITS, 0);
	return true;
}

void umsi_ids_give(struct umsi_ids *s, uint32_t id)
{
	give_bits(s, id / WORD_BITS, id % WORD_BITS, 0);
}

void umsi_ids_give_block(struct umsi_ids *s, uint32_t id, unsigned int order)
{
	uint32_t word = id / WORD_BITS;

	if (order < WORD_ORDER) {
		give_bits(s, word, id % WORD_BITS, order);
		return;
	}
	for (uint32_t i = 0; i < UINT32_C(1) << (order - WORD_ORDER); i++)
		give_bits(s, word + i, 0, WORD_ORDER);
}

bool umsi_ids_is_free(const struct umsi_ids *s, uint32_t id)
{
	return id < s->size && (s->tier[0].free[id / WORD_BITS] >> (id % WORD_BITS) & 1);
}

uint32_t umsi_ids_free_count(const struct umsi_ids *s)
{
	return s->free_count;
}
