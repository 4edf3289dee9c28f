/* SPDX-License-Identifier: MIT */
#include "msi/index_map.h"

static uint32_t chunks_of(const struct umsi_index_map *map)
{
	return (map->size + UMSI_CHUNK_INDICES - 1) / UMSI_CHUNK_INDICES;
}

int umsi_index_map_init(struct umsi *m, struct umsi_index_map *map, uint32_t size)
{
	*map = (struct umsi_index_map){ .size = size };
	map->chunk = umsi_host_alloc(m->host, chunks_of(map) * sizeof(*map->chunk));
	return map->chunk ? UMSI_OK : UMSI_ENOMEM;
}

void umsi_index_map_destroy(struct umsi *m, struct umsi_index_map *map)
{
	for (uint32_t c = 0; c < chunks_of(map); c++)
		if (map->chunk[c])
			umsi_host_free(m->host, map->chunk[c], sizeof(*map->chunk[c]));
	umsi_host_free(m->host, map->chunk, chunks_of(map) * sizeof(*map->chunk));
}

/* The indices of [first, last] in chunk @c, which has at least one of them. */
static uint64_t chunk_window(uint32_t c, uint32_t first, uint32_t last)
{
	uint64_t window = ~UINT64_C(0);

	if (first > c * 64)
		window <<= first % 64;
	if (last < c * 64 + 63)
		window &= ~UINT64_C(0) >> (63 - last % 64);
	return window;
}

static uint64_t taken_in(const struct umsi_index_map *map, uint32_t c)
{
	return map->chunk[c] ? map->chunk[c]->taken : 0;
}

/* The first chunk from @c on that is not full, at most @last; past it if there is none. */
static uint32_t next_not_full(const struct umsi_index_map *map, uint32_t c, uint32_t last)
{
	while (c <= last) {
		uint64_t open = ~map->full[c / 64] & (~UINT64_C(0) << (c % 64));

		if (open)
			return c / 64 * 64 + umsi_lowest_bit(open);
		c = (c / 64 + 1) * 64;
	}
	return c;
}

void umsi_index_map_mark_full(struct umsi_index_map *map, uint32_t c)
{
	map->full[c / 64] |= UINT64_C(1) << (c % 64);
	if (c == map->open)
		map->open = next_not_full(map, c, UMSI_CHUNKS_MAX - 1);
}

static void take_in(struct umsi_index_map *map, uint32_t c, uint32_t bit)
{
	struct umsi_index_chunk *chunk = map->chunk[c];

	chunk->record[bit] = UINT32_MAX;
	chunk->taken |= UINT64_C(1) << bit;
	map->count++;
	if (__builtin_expect(!~chunk->taken, 0))
		umsi_index_map_mark_full(map, c);
}

int umsi_index_map_take(struct umsi *m, struct umsi_index_map *map, uint32_t first, uint32_t last)
{
	uint32_t last_chunk = last / 64, bit;

	for (uint32_t c = first / 64 > map->open ? first / 64 : map->open; c <= last_chunk;
	     c = next_not_full(map, c + 1, last_chunk)) {
		uint64_t open = ~taken_in(map, c) & chunk_window(c, first, last);

		if (!open)
			continue;
		if (!map->chunk[c])
			map->chunk[c] = umsi_host_alloc(m->host, sizeof(*map->chunk[c]));
		if (!map->chunk[c])
			return UMSI_ENOMEM;
		bit = umsi_lowest_bit(open);
		take_in(map, c, bit);
		return (int)(c * 64 + bit);
	}
	return UMSI_ENOINDEX;
}

void umsi_index_map_give(struct umsi_index_map *map, uint32_t index)
{
	uint32_t c = index / 64;

	map->chunk[c]->taken &= ~(UINT64_C(1) << (index % 64));
	map->full[c / 64] &= ~(UINT64_C(1) << (c % 64));
	map->count--;
	if (c < map->open)
		map->open = c;
}

bool umsi_index_map_get(const struct umsi_index_map *map, uint32_t index, uint32_t *out_record)
{
	if (index >= map->size || !(taken_in(map, index / 64) >> (index % 64) & 1))
		return false;
	*out_record = map->chunk[index / 64]->record[index % 64];
	return true;
}

uint32_t umsi_index_map_next(const struct umsi_index_map *map, uint32_t from, uint32_t last)
{
	if (last >= map->size)
		last = map->size - 1;
	for (uint32_t c = from / 64; from <= last && c <= last / 64; c++) {
		uint64_t taken = taken_in(map, c) & chunk_window(c, from, last);

		if (taken)
			return c * 64 + umsi_lowest_bit(taken);
	}
	return UINT32_MAX;
}
