/* SPDX-License-Identifier: MIT */
/*
 * A set of ids with aligned blocks. A word of 64 units is filed under a rank
 * that is never below the true one (its largest aligned free block), so that
 * finding room is one lookup of the lowest rank present and a few shifts; and
 * since the words that just suffice come first, large blocks stay whole.
 *
 * Taking does not file anew: a word that disappoints a later request is filed
 * under what it has then, which each time is paid for by an earlier taking.
 *
 * Single ids come from one word, the one in hand, until it is empty or another
 * turns out to spare blocks better. A word is in a tree while it has free ids,
 * and the one in hand also without: what is taken from it and given back again
 * and again moves nothing.
 */
#include "idspace/idspace.h"

#define WORD_BITS	64u
#define WORD_ORDER	6u
#define WORD_FULL	UINT64_MAX	/* every unit free */
#define RANK_EMPTY	7u		/* no unit free: in no tree */

/* What is rare stays out of line, so that what is frequent saves no registers for it. */
#define RARE		__attribute__((noinline, cold))

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

/* Starts of the aligned blocks of @order, less than a word, that are free throughout. */
static inline uint64_t blocks_of(uint64_t free, unsigned int order)
{
	switch (order) {
	case 5:
		free &= free >> 16;
		/* fall through */
	case 4:
		free &= free >> 8;
		/* fall through */
	case 3:
		free &= free >> 4;
		/* fall through */
	case 2:
		free &= free >> 2;
		/* fall through */
	case 1:
		free &= free >> 1;
	}
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

/* ---- Trees. ---- */

static inline uint64_t *tree_of(const struct umsi_ids_tier *t, unsigned int tree)
{
	return t->trees + (size_t)tree * t->tree_words;
}

/*
 * A word that is not zero has its bit in the level above, and the tree is
 * present. Not the other way round: a leaf that comes to nothing is noticed by
 * who looks there for something.
 */

static RARE void tree_set_above(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
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

/* Leaf @n was found to be zero. */
static RARE void tree_clear_above(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
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

static inline void tree_set(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	uint64_t *word = tree_of(t, tree) + n / WORD_BITS, was = *word;

	*word = was | UINT64_C(1) << (n % WORD_BITS);
	if (!was)
		tree_set_above(t, tree, n / WORD_BITS);
}

static inline void tree_clear(struct umsi_ids_tier *t, unsigned int tree, uint32_t n)
{
	tree_of(t, tree)[n / WORD_BITS] &= ~(UINT64_C(1) << (n % WORD_BITS));
}

/* The lowest leaf that may be below word @n of @level. */
static uint32_t tree_descend(const struct umsi_ids_tier *t, const uint64_t *base,
			     uint32_t level, uint32_t n)
{
	for (; level; level--)
		n = n * WORD_BITS + umsi_lowest_bit(base[t->level_at[level] + n]);
	return n;
}

/* The first leaf bit, or UMSI_IDS_NONE: then the tree is not present any more. */
static uint32_t tree_first(struct umsi_ids_tier *t, unsigned int tree)
{
	const uint64_t *base = tree_of(t, tree);

	while (t->present >> tree & 1) {
		uint32_t leaf = tree_descend(t, base, t->levels - 1, 0);

		if (base[leaf])
			return leaf * WORD_BITS + umsi_lowest_bit(base[leaf]);
		tree_clear_above(t, tree, leaf);
	}
	return UMSI_IDS_NONE;
}

/* The first leaf at or after @leaf that may not be zero, or UMSI_IDS_NONE. */
static uint32_t tree_leaf_from(const struct umsi_ids_tier *t, const uint64_t *base, uint32_t leaf)
{
	uint32_t level, end, n = leaf;
	uint64_t rest;

	for (level = 1; level < t->levels; level++) {
		end = level + 1 < t->levels ? t->level_at[level + 1] : t->tree_words;
		if (t->level_at[level] + n / WORD_BITS >= end)
			return UMSI_IDS_NONE;
		rest = base[t->level_at[level] + n / WORD_BITS] & ~low_bits(n % WORD_BITS);
		if (rest)
			return tree_descend(t, base, level - 1,
					    n / WORD_BITS * WORD_BITS + umsi_lowest_bit(rest));
		n = n / WORD_BITS + 1;
	}
	return UMSI_IDS_NONE;
}

/* The first leaf bit at or after @from, or UMSI_IDS_NONE. */
static uint32_t tree_first_from(struct umsi_ids_tier *t, unsigned int tree, uint32_t from)
{
	const uint64_t *base = tree_of(t, tree);
	uint32_t leaf = from / WORD_BITS;
	uint32_t leaves = t->levels > 1 ? t->level_at[1] : t->tree_words;
	uint64_t rest;

	if (leaf >= leaves)
		return UMSI_IDS_NONE;
	rest = base[leaf] & ~low_bits(from % WORD_BITS);
	if (rest)
		return leaf * WORD_BITS + umsi_lowest_bit(rest);
	while ((leaf = tree_leaf_from(t, base, leaf + 1)) != UMSI_IDS_NONE) {
		if (base[leaf])
			return leaf * WORD_BITS + umsi_lowest_bit(base[leaf]);
		tree_clear_above(t, tree, leaf);
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

/* A unit of the second tier is no longer free; or is again. */

static RARE void take_upper(struct umsi_ids_tier *t, uint32_t unit)
{
	uint32_t word = unit / WORD_BITS;

	t->free[word] &= ~(UINT64_C(1) << (unit % WORD_BITS));
	refile_upper(t, word, rank_of(t->free[word]));
}

static RARE void give_upper(struct umsi_ids_tier *t, uint32_t unit)
{
	uint32_t word = unit / WORD_BITS;

	t->free[word] |= UINT64_C(1) << (unit % WORD_BITS);
	refile_upper(t, word, rank_of(t->free[word]));
}

/* A leaf that held @was has a word more. */
static RARE void tell_levels(struct umsi_ids *s, uint32_t word, unsigned int rank, uint64_t was)
{
	if (!was)
		tree_set_above(&s->tier[0], rank, word / WORD_BITS);
	if (rank == WORD_ORDER)
		give_upper(&s->tier[1], word);
}

/*
 * A word of the first tier that had nothing has something. It is filed under
 * what it was when it came to nothing: the rest is likely to come back too.
 */
static inline void come_back(struct umsi_ids *s, uint32_t word)
{
	unsigned int rank = s->tier[0].rank[word];
	uint64_t *leaf = tree_of(&s->tier[0], rank) + word / WORD_BITS, was = *leaf;

	*leaf = was | UINT64_C(1) << (word % WORD_BITS);
	if (!was || rank == WORD_ORDER)
		tell_levels(s, word, rank, was);
}

static void file(struct umsi_ids *s, uint32_t word, unsigned int rank)
{
	s->tier[0].rank[word] = (uint8_t)rank;
	come_back(s, word);
}

/* Single ids are looked for afresh. */
static void drop_hand(struct umsi_ids *s)
{
	s->hand = &s->nothing;
	s->hand_leaf = &s->nothing;
	s->hand_first = UINT32_MAX - WORD_BITS + 1;
	s->hand_rank = 0;
}

static void unfile(struct umsi_ids *s, uint32_t word)
{
	unsigned int rank = s->tier[0].rank[word];

	tree_clear(&s->tier[0], rank, word);
	if (rank == WORD_ORDER)
		take_upper(&s->tier[1], word);
	if (s->hand == &s->tier[0].free[word])
		drop_hand(s);
}

/* To its true rank, or out of all trees; it was in one. */
static RARE void refile_truly(struct umsi_ids *s, uint32_t word)
{
	unsigned int rank = rank_of(s->tier[0].free[word]);

	if (rank == s->tier[0].rank[word])
		return;
	unfile(s, word);
	if (rank != RANK_EMPTY)
		file(s, word, rank);
	else
		s->tier[0].rank[word] = 0;
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
	s->nothing = 0;
	drop_hand(s);
	for (unsigned int rank = 0; rank < UMSI_IDS_RANKS; rank++)
		s->leaf[rank] = (struct umsi_ids_leaf){ .bits = tree_of(&s->tier[0], rank) };
	for (uint32_t i = 0; i < words; i++) {
		uint32_t left = size - i * WORD_BITS;

		s->tier[0].free[i] = low_bits(left < WORD_BITS ? left : WORD_BITS);
		file(s, i, rank_of(s->tier[0].free[i]));
	}
}

/* ---- Within one word. ---- */

/* The leaf of that rank's tree that was used last has come to nothing; so may have the tree. */
static RARE void find_leaf(struct umsi_ids *s, unsigned int rank)
{
	uint32_t word = tree_first(&s->tier[0], rank), leaf = word / WORD_BITS;

	if (word == UMSI_IDS_NONE)
		return;
	s->leaf[rank].bits = tree_of(&s->tier[0], rank) + leaf;
	s->leaf[rank].first = leaf * WORD_BITS;
}

/* Nothing is left of a word that was filed as free throughout. It will not be so again at once. */
static RARE uint32_t emptied_whole(struct umsi_ids *s, uint32_t id)
{
	take_upper(&s->tier[1], id / WORD_BITS);
	s->tier[0].rank[id / WORD_BITS] = WORD_ORDER - 1;
	return id;
}

/* Units of the first word of @leaf went, from @bit on. The word keeps its rank, unless nothing is left of it. */
static inline uint32_t take_from(struct umsi_ids *s, uint32_t word, unsigned int bit, unsigned int rank,
				 uint64_t *leaf, uint64_t left)
{
	uint32_t id = word * WORD_BITS + bit;

	s->tier[0].free[word] = left;
	if (left)
		return id;
	*leaf &= *leaf - 1;
	if (s->hand == &s->tier[0].free[word])
		drop_hand(s);
	return rank != WORD_ORDER ? id : emptied_whole(s, id);
}

static uint32_t take_within(struct umsi_ids *s, unsigned int order);

static inline uint32_t take_up(struct umsi_ids *s, uint64_t *leaf, uint32_t leaf_first)
{
	uint32_t first = leaf_first + umsi_lowest_bit(*leaf) * WORD_BITS;
	uint64_t *hand = &s->tier[0].free[first / WORD_BITS], free = *hand;

	s->hand = hand;
	s->hand_first = first;
	s->free_count--;
	*hand = free & (free - 1);
	return first + umsi_lowest_bit(free);
}

/* A word that is free throughout will not be so again at once. */
static RARE void break_up(struct umsi_ids *s, uint32_t word)
{
	unfile(s, word);
	file(s, word, WORD_ORDER - 1);
}

/* The first word of the lowest rank there is. */
static RARE uint32_t take_from_another_leaf(struct umsi_ids *s)
{
	struct umsi_ids_leaf *at;
	unsigned int rank;

	for (;;) {
		if (!s->tier[0].present)
			return UMSI_IDS_NONE;
		rank = umsi_lowest_bit(s->tier[0].present);
		at = &s->leaf[rank];
		if (!*at->bits)
			find_leaf(s, rank);
		else if (rank == WORD_ORDER)
			break_up(s, at->first + umsi_lowest_bit(*at->bits));
		else
			break;
	}
	s->hand_leaf = at->bits;
	s->hand_rank = rank;
	return take_up(s, at->bits, at->first * WORD_BITS);
}

/* The empty word in hand becomes one like any other, in no tree. */
static inline uint64_t put_down(struct umsi_ids *s)
{
	return *s->hand_leaf &= ~(UINT64_C(1) << (s->hand_first / WORD_BITS % WORD_BITS));
}

/* From here on the word in hand is filed like any other: by what it has, if that is anything. */
RARE void umsi_ids_let_go(struct umsi_ids *s)
{
	if (!*s->hand)
		put_down(s);
	else if (rank_of(*s->hand) > s->hand_rank)
		refile_truly(s, s->hand_first / WORD_BITS);
	drop_hand(s);
}

/* Best the next word of the same leaf: whatever is filed lower has made us drop what was in hand. */
uint32_t umsi_ids_take_elsewhere(struct umsi_ids *s)
{
	if (__builtin_expect(put_down(s) == 0, 0))
		return take_from_another_leaf(s);
	return take_up(s, s->hand_leaf, s->hand_first & ~(WORD_BITS * WORD_BITS - 1));
}

/* The leaf is empty; or @word has no such block, whatever it is filed under. */

static RARE uint32_t take_in_another_leaf(struct umsi_ids *s, unsigned int rank, unsigned int order)
{
	find_leaf(s, rank);
	return take_within(s, order);
}

static RARE uint32_t take_in_another_word(struct umsi_ids *s, uint32_t word, unsigned int order)
{
	refile_truly(s, word);
	return take_within(s, order);
}

/* What was given back to the word in hand may have made the block. */
static RARE uint32_t take_with_the_hand(struct umsi_ids *s, unsigned int order)
{
	umsi_ids_let_go(s);
	return take_within(s, order);
}

/* 2^order ids, less than a word. */
static uint32_t take_within(struct umsi_ids *s, unsigned int order)
{
	uint64_t free, blocks, *leaf;
	uint32_t enough, word;
	unsigned int rank, bit;

	enough = s->tier[0].present >> order << order;
	if (__builtin_expect(!enough, 0))
		return s->hand != &s->nothing ? take_with_the_hand(s, order) : UMSI_IDS_NONE;
	rank = umsi_lowest_bit(enough);
	leaf = s->leaf[rank].bits;
	if (__builtin_expect(!*leaf, 0))
		return take_in_another_leaf(s, rank, order);
	word = s->leaf[rank].first + umsi_lowest_bit(*leaf);
	free = s->tier[0].free[word];
	blocks = blocks_of(free, order);
	if (__builtin_expect(!blocks, 0))
		return take_in_another_word(s, word, order);
	bit = umsi_lowest_bit(blocks);
	s->free_count -= 1u << order;
	return take_from(s, word, bit, rank, leaf, free & ~(block_bits[order] << bit));
}

/* Is the aligned block of @order around @bit free? */
static inline bool free_around(uint64_t now, unsigned int bit, unsigned int order)
{
	uint64_t block = block_around(bit, order);

	return (now & block) == block;
}

/* The block of @rank around @bit is free, and what else? */
static RARE void grow(struct umsi_ids *s, uint32_t word, unsigned int bit, unsigned int rank)
{
	while (rank < WORD_ORDER && free_around(s->tier[0].free[word], bit, rank + 1))
		rank++;
	unfile(s, word);
	file(s, word, rank);
}

/* Only around what came back can there be blocks that are larger than the word's rank says. */

static void give_within(struct umsi_ids *s, uint32_t word, unsigned int bit, unsigned int order)
{
	uint64_t was = s->tier[0].free[word], now = was | block_bits[order] << bit;
	unsigned int rank;

	s->tier[0].free[word] = now;
	s->free_count += 1u << order;
	if (!was && s->hand != &s->tier[0].free[word]) {
		if (s->tier[0].rank[word] < order)
			s->tier[0].rank[word] = (uint8_t)order;
		come_back(s, word);
		return;
	}
	rank = s->tier[0].rank[word];
	if (rank < order)
		grow(s, word, bit, order);
	else if (rank < WORD_ORDER && free_around(now, bit, rank + 1))
		grow(s, word, bit, rank + 1);
}

/* It spares blocks better than the word in hand. */
static RARE void prefer(struct umsi_ids *s, uint32_t word)
{
	umsi_ids_let_go(s);
	come_back(s, word);
}

/* Of a word that had nothing. If it is the one in hand, which never went, this changes nothing. */
static inline void give_first(struct umsi_ids *s, uint32_t word)
{
	if (__builtin_expect(s->tier[0].rank[word] < s->hand_rank, 0))
		prefer(s, word);
	else
		come_back(s, word);
}

/* Only around what came back can there be a block that is larger than the word's rank says. */
static void give_another(struct umsi_ids *s, uint32_t word, unsigned int bit, uint64_t now)
{
	unsigned int rank = s->tier[0].rank[word] + 1u;

	if (__builtin_expect(rank <= WORD_ORDER && free_around(now, bit, rank), 0))
		grow(s, word, bit, rank);
}

void umsi_ids_give(struct umsi_ids *s, uint32_t id)
{
	uint32_t word = id / WORD_BITS;
	unsigned int bit = id % WORD_BITS;
	uint64_t was = s->tier[0].free[word], now = was | UINT64_C(1) << bit;

	s->tier[0].free[word] = now;
	s->free_count++;
	if (!was)
		give_first(s, word);
	else if (now >> (bit ^ 1) & 1)
		give_another(s, word, bit, now);
}

/* ---- Whole words. ---- */

/* 2^order words that are filed as free throughout, or UMSI_IDS_NONE. */
static uint32_t find_words(struct umsi_ids *s, unsigned int order)
{
	struct umsi_ids_tier *t = &s->tier[1];

	for (uint32_t left = t->present >> order << order; left; left &= left - 1) {
		uint32_t upper = tree_first(t, umsi_lowest_bit(left));

		if (upper != UMSI_IDS_NONE)
			return upper * WORD_BITS + umsi_lowest_bit(blocks_of(t->free[upper], order));
	}
	return UMSI_IDS_NONE;
}

/* Are they? Those that are not are filed anew. */
static bool all_free(struct umsi_ids *s, uint32_t first, uint32_t count)
{
	bool all = true;

	for (uint32_t i = first; i < first + count; i++) {
		if (s->tier[0].free[i] == WORD_FULL)
			continue;
		refile_truly(s, i);
		all = false;
	}
	return all;
}

/* 2^order whole words at once, 64 ids each. */
static RARE uint32_t take_words(struct umsi_ids *s, unsigned int order)
{
	uint32_t first, count = UINT32_C(1) << order;

	umsi_ids_let_go(s);
	do {
		first = find_words(s, order);
		if (first == UMSI_IDS_NONE)
			return UMSI_IDS_NONE;
	} while (!all_free(s, first, count));
	for (uint32_t i = 0; i < count; i++) {
		unfile(s, first + i);
		s->tier[0].free[first + i] = 0;
	}
	s->free_count -= WORD_BITS << order;
	return first * WORD_BITS;
}

/* ---- Blocks, exact ids, ranges. ---- */

static uint32_t take_one(struct umsi_ids *s)
{
	uint32_t id;

	return umsi_ids_take_in_hand(s, &id) ? id : umsi_ids_take_elsewhere(s);
}

uint32_t umsi_ids_take_block(struct umsi_ids *s, unsigned int order)
{
	if (!order)
		return take_one(s);
	if (order < WORD_ORDER)
		return take_within(s, order);
	return order <= UMSI_IDS_ORDER_MAX ? take_words(s, order - WORD_ORDER) : UMSI_IDS_NONE;
}

void umsi_ids_give_block(struct umsi_ids *s, uint32_t id, unsigned int order)
{
	uint32_t word = id / WORD_BITS;

	if (!order) {
		umsi_ids_give(s, id);
		return;
	}
	if (order < WORD_ORDER) {
		give_within(s, word, id % WORD_BITS, order);
		return;
	}
	s->free_count += UINT32_C(1) << order;
	umsi_ids_let_go(s);
	for (uint32_t i = 0; i < UINT32_C(1) << (order - WORD_ORDER); i++) {
		s->tier[0].free[word + i] = WORD_FULL;
		file(s, word + i, WORD_ORDER);
	}
}

/* Ids that are asked for by name come from all over: their words are filed truly at once. */
static void take_named(struct umsi_ids *s, uint32_t id)
{
	s->tier[0].free[id / WORD_BITS] &= ~(UINT64_C(1) << (id % WORD_BITS));
	s->free_count--;
	refile_truly(s, id / WORD_BITS);
}

bool umsi_ids_take_at(struct umsi_ids *s, uint32_t id)
{
	if (!umsi_ids_is_free(s, id))
		return false;
	take_named(s, id);
	return true;
}

/* The first word at or after @from with any free id, or UMSI_IDS_NONE. */
static uint32_t first_word_from(struct umsi_ids *s, uint32_t from)
{
	struct umsi_ids_tier *t = &s->tier[0];
	uint32_t first = UMSI_IDS_NONE;

	for (uint32_t left = t->present; left; left &= left - 1) {
		uint32_t word = tree_first_from(t, umsi_lowest_bit(left), from);

		if (word < first)
			first = word;
	}
	return first;
}

uint32_t umsi_ids_take_range(struct umsi_ids *s, uint32_t first, uint32_t last)
{
	uint32_t word = first / WORD_BITS, id;
	uint64_t free;

	if (last >= s->size)
		last = s->size - 1;
	if (first > last)
		return UMSI_IDS_NONE;
	/* What is looked for in the trees has something. */
	if (!*s->hand)
		umsi_ids_let_go(s);
	free = s->tier[0].free[word] & ~low_bits(first % WORD_BITS);
	if (!free) {
		word = first_word_from(s, word + 1);
		if (word == UMSI_IDS_NONE)
			return UMSI_IDS_NONE;
		free = s->tier[0].free[word];
	}
	id = word * WORD_BITS + umsi_lowest_bit(free);
	if (id > last)
		return UMSI_IDS_NONE;
	take_named(s, id);
	return id;
}

uint32_t umsi_ids_take(struct umsi_ids *s)
{
	return umsi_ids_take_range(s, 0, s->size - 1);
}

bool umsi_ids_is_free(const struct umsi_ids *s, uint32_t id)
{
	return id < s->size && (s->tier[0].free[id / WORD_BITS] >> (id % WORD_BITS) & 1);
}
