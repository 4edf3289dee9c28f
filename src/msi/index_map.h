/* SPDX-License-Identifier: MIT */
/*
 * Which indices of a table are taken, and by which record: sparse, so that a
 * table of 65,536 costs what it holds. Guarded by the device's mutex; the
 * chunks are freed with the map only.
 */
#ifndef UMSI_MSI_INDEX_MAP_H
#define UMSI_MSI_INDEX_MAP_H

#include "core/machine.h"
#include "core/profile.h"
#include "idspace/word.h"

#define UMSI_CHUNK_BITS		6
#define UMSI_CHUNK_INDICES	(1u << UMSI_CHUNK_BITS)
#define UMSI_CHUNKS_MAX		(UMSI_TABLE_MAX / UMSI_CHUNK_INDICES)

/* 64 neighbouring indices. */
struct umsi_index_chunk {
	uint64_t taken;
	uint32_t record[UMSI_CHUNK_INDICES];	/* numbers */
};

struct umsi_index_map {
	uint32_t size;			/* indices 0 .. size - 1 */
	uint32_t count;			/* taken */
	uint32_t open;			/* all chunks before this one are full */
	uint64_t full[UMSI_CHUNKS_MAX / 64];	/* bit per chunk: nothing free in it */
	struct umsi_index_chunk **chunk;	/* NULL until one of its indices is taken */
};

/* UMSI_OK or UMSI_ENOMEM. Sleepable, like all below that may allocate. */
int umsi_index_map_init(struct umsi *m, struct umsi_index_map *map, uint32_t size);
void umsi_index_map_destroy(struct umsi *m, struct umsi_index_map *map);

/*
 * Takes the lowest free index in [first, last] (last < size) for no record yet:
 * that index, or UMSI_ENOINDEX, UMSI_ENOMEM.
 */
int umsi_index_map_take(struct umsi *m, struct umsi_index_map *map, uint32_t first, uint32_t last);
/* One of chunk @c was taken, the last it had. */
__attribute__((noinline, cold)) void umsi_index_map_mark_full(struct umsi_index_map *map, uint32_t c);

/* The same in line: mostly the first chunk that is not full has it. */
static inline int umsi_index_map_take_next(struct umsi *m, struct umsi_index_map *map, uint32_t first, uint32_t last)
{
	uint32_t base = map->open * UMSI_CHUNK_INDICES, bit;
	struct umsi_index_chunk *chunk;
	uint64_t taken;

	if (!UMSI_HAS_SHORTCUTS)
		return umsi_index_map_take(m, map, first, last);
	if (base < first || base > last || !(chunk = map->chunk[map->open]))
		return umsi_index_map_take(m, map, first, last);
	taken = chunk->taken;
	bit = umsi_lowest_bit(~taken);
	if (base + bit > last)
		return UMSI_ENOINDEX;
	chunk->record[bit] = UINT32_MAX;
	chunk->taken = taken | (taken + 1);
	map->count++;
	if (__builtin_expect(!~chunk->taken, 0))
		umsi_index_map_mark_full(map, map->open);
	return (int)(base + bit);
}

static inline void umsi_index_map_set(struct umsi_index_map *map, uint32_t index, uint32_t record)
{
	map->chunk[index / UMSI_CHUNK_INDICES]->record[index % UMSI_CHUNK_INDICES] = record;
}
void umsi_index_map_give(struct umsi_index_map *map, uint32_t index);

/* False: free. */
bool umsi_index_map_get(const struct umsi_index_map *map, uint32_t index, uint32_t *out_record);

/* The first taken index in [from, last], or UINT32_MAX. */
uint32_t umsi_index_map_next(const struct umsi_index_map *map, uint32_t from, uint32_t last);

#endif
