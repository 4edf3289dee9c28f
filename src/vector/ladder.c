/* SPDX-License-Identifier: MIT */
#include "vector/ladder.h"

#include "idspace/word.h"

static uint32_t words_for(uint32_t rungs)
{
	return (rungs + 63) / 64;
}

size_t umsi_ladder_bytes(uint32_t rungs, uint32_t items)
{
	return words_for(rungs) * sizeof(uint64_t) +
	       ((size_t)rungs + items) * sizeof(struct umsi_ladder_link);
}

void umsi_ladder_init(struct umsi_ladder *l, void *memory, uint32_t rungs)
{
	l->words = 0;
	l->present = memory;
	l->link = (struct umsi_ladder_link *)(void *)(l->present + words_for(rungs));
	l->rungs = rungs;
	for (uint32_t w = 0; w < words_for(rungs); w++)
		l->present[w] = 0;
	for (uint32_t r = 0; r < rungs; r++)
		l->link[r] = (struct umsi_ladder_link){ .next = (uint16_t)r, .prev = (uint16_t)r };
}

void umsi_ladder_put(struct umsi_ladder *l, uint32_t item, uint32_t rung)
{
	uint32_t at = l->rungs + item, last = l->link[rung].prev;

	l->link[at] = (struct umsi_ladder_link){ .next = (uint16_t)rung, .prev = (uint16_t)last };
	l->link[last].next = (uint16_t)at;
	l->link[rung].prev = (uint16_t)at;
	l->present[rung / 64] |= UINT64_C(1) << (rung % 64);
	l->words |= UINT64_C(1) << (rung / 64);
}

void umsi_ladder_take(struct umsi_ladder *l, uint32_t item, uint32_t rung)
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

uint32_t umsi_ladder_first(const struct umsi_ladder *l, uint32_t *rung)
{
	uint32_t word;

	if (!l->words)
		return UMSI_LADDER_NONE;
	word = umsi_lowest_bit(l->words);
	*rung = word * 64 + umsi_lowest_bit(l->present[word]);
	return l->link[*rung].next - l->rungs;
}
