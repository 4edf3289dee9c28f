/* SPDX-License-Identifier: MIT */
#include "vector/ladder.h"

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
