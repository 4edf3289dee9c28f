/* SPDX-License-Identifier: MIT */
/* In place of index_map.c, for hosts that count bytes: an index costs a look at each before it. */
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

static bool is_taken(const struct umsi_index_map *map, uint32_t index)
{
	const struct umsi_index_chunk *chunk = map->chunk[index / 64];

	return chunk && chunk->taken >> (index % 64) & 1;
}

int umsi_index_map_take(struct umsi *m, struct umsi_index_map *map, uint32_t first, uint32_t last)
{
	struct umsi_index_chunk **chunk;

	while (first <= last && is_taken(map, first))
		first++;
	if (first > last)
		return UMSI_ENOINDEX;
	chunk = &map->chunk[first / 64];
	if (!*chunk)
		*chunk = umsi_host_alloc(m->host, sizeof(**chunk));
	if (!*chunk)
		return UMSI_ENOMEM;
	(*chunk)->record[first % 64] = UINT32_MAX;
	(*chunk)->taken |= UINT64_C(1) << (first % 64);
	map->count++;
	return (int)first;
}

void umsi_index_map_give(struct umsi_index_map *map, uint32_t index)
{
	map->chunk[index / 64]->taken &= ~(UINT64_C(1) << (index % 64));
	map->count--;
}

bool umsi_index_map_get(const struct umsi_index_map *map, uint32_t index, uint32_t *out_record)
{
	if (index >= map->size || !is_taken(map, index))
		return false;
	*out_record = map->chunk[index / 64]->record[index % 64];
	return true;
}

uint32_t umsi_index_map_next(const struct umsi_index_map *map, uint32_t from, uint32_t last)
{
	while (from <= last && from < map->size && !is_taken(map, from))
		from++;
	return from <= last && from < map->size ? from : UINT32_MAX;
}
