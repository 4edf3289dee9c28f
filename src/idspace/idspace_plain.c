/* SPDX-License-Identifier: MIT */
/*
 * In place of idspace.c, for hosts that count bytes: the same calls over one bitmap. A single id costs a look at each
 * word before its own, a block a look at each id; blocks go where they first fit.
 */
#include "idspace/idspace.h"

static uint32_t words_of(uint32_t size)
{
	return (size + 63) / 64;
}

size_t umsi_ids_bytes(uint32_t size)
{
	return words_of(size) * sizeof(uint64_t);
}

void umsi_ids_init(struct umsi_ids *s, void *memory, uint32_t size)
{
	*s = (struct umsi_ids){ .free_count = size, .size = size, .hand = &s->nothing, .hand_first = UMSI_IDS_SIZE_MAX };
	s->tier[0].free = memory;
	for (uint32_t w = 0; w < words_of(size); w++)
		s->tier[0].free[w] = UINT64_MAX;
	if (size % 64)
		s->tier[0].free[size / 64] = (UINT64_C(1) << size % 64) - 1;
}

bool umsi_ids_is_free(const struct umsi_ids *s, uint32_t id)
{
	return id < s->size && s->tier[0].free[id / 64] >> id % 64 & 1;
}

bool umsi_ids_take_at(struct umsi_ids *s, uint32_t id)
{
	if (!umsi_ids_is_free(s, id))
		return false;
	s->tier[0].free[id / 64] &= ~(UINT64_C(1) << id % 64);
	s->free_count--;
	return true;
}

void umsi_ids_give(struct umsi_ids *s, uint32_t id)
{
	s->tier[0].free[id / 64] |= UINT64_C(1) << id % 64;
	s->free_count++;
}

uint32_t umsi_ids_take_range(struct umsi_ids *s, uint32_t first, uint32_t last)
{
	uint64_t not_before = UINT64_MAX << first % 64;

	for (uint32_t w = first / 64; w < words_of(s->size) && w <= last / 64; w++, not_before = UINT64_MAX) {
		uint64_t free = s->tier[0].free[w] & not_before;
		uint32_t id = w * 64;

		if (!free)
			continue;
		id += umsi_lowest_bit(free);
		return id <= last && umsi_ids_take_at(s, id) ? id : UMSI_IDS_NONE;
	}
	return UMSI_IDS_NONE;
}

uint32_t umsi_ids_take(struct umsi_ids *s)
{
	return umsi_ids_take_range(s, 0, UINT32_MAX);
}

static bool block_is_free(const struct umsi_ids *s, uint32_t id, uint32_t count)
{
	while (count && umsi_ids_is_free(s, id + count - 1))
		count--;
	return !count;
}

uint32_t umsi_ids_take_block(struct umsi_ids *s, unsigned int order)
{
	uint32_t count;

	if (!order)
		return umsi_ids_take(s);
	if (order > UMSI_IDS_ORDER_MAX)
		return UMSI_IDS_NONE;
	count = UINT32_C(1) << order;
	for (uint32_t id = 0; id < s->size; id += count) {
		if (!block_is_free(s, id, count))
			continue;
		for (uint32_t i = 0; i < count; i++)
			umsi_ids_take_at(s, id + i);
		return id;
	}
	return UMSI_IDS_NONE;
}

void umsi_ids_give_block(struct umsi_ids *s, uint32_t id, unsigned int order)
{
	for (uint32_t i = 0; i < UINT32_C(1) << order; i++)
		umsi_ids_give(s, id + i);
}

/* Nothing is ever in hand. */
void umsi_ids_let_go(struct umsi_ids *s)
{
	(void)s;
}

uint32_t umsi_ids_take_elsewhere(struct umsi_ids *s)
{
	return umsi_ids_take(s);
}
