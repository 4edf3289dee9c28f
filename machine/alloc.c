/* SPDX-License-Identifier: MIT */
/* The library's memory: counted, failing on order, kept for a while once freed. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define HEADER		64u
#define QUARANTINE	(16u << 20)

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
static void forbid(void *p, size_t bytes)
{
	ASAN_POISON_MEMORY_REGION(p, bytes);
}

static void allow(void *p, size_t bytes)
{
	ASAN_UNPOISON_MEMORY_REGION(p, bytes);
}
#else
static void forbid(void *p, size_t bytes)
{
	(void)p, (void)bytes;
}

static void allow(void *p, size_t bytes)
{
	(void)p, (void)bytes;
}
#endif

bool mach_alloc_fails(struct mach *m)
{
	m->allocs++;
	if (!m->fail_in)
		return false;
	if (m->fail_in > 1) {
		m->fail_in--;
		return false;
	}
	if (!m->fail_for_ever)
		m->fail_in = 0;
	mach_trace(m, "allocation % fails", m->allocs, 0);
	mach_say(m, "is refused allocation %llu", (unsigned long long)m->allocs);
	return true;
}

void mach_fail_alloc(struct mach *m, uint64_t nth, bool for_ever)
{
	m->fail_in = nth;
	m->fail_for_ever = for_ever;
}

static struct block *block_new(struct mach *m)
{
	if (m->nblocks == m->room_blocks) {
		m->room_blocks = m->room_blocks ? 2 * m->room_blocks : 256;
		m->blocks = realloc(m->blocks, m->room_blocks * sizeof(*m->blocks));
		if (!m->blocks)
			abort();
	}
	return &m->blocks[m->nblocks++];
}

/* The number of the block stands in front of it. */
void *mach_alloc(struct mach *m, size_t bytes, size_t align)
{
	size_t lead = align > HEADER ? align : HEADER;
	struct block *b;
	void *raw;

	if (posix_memalign(&raw, lead, lead + bytes))
		abort();
	memset(raw, 0, lead + bytes);
	b = block_new(m);
	*b = (struct block){ .memory = (char *)raw + lead, .bytes = bytes, .lead = lead,
			     .number = m->nblocks - 1 };
	memcpy((char *)b->memory - HEADER, &b->number, sizeof(b->number));
	forbid(raw, lead);
	m->live_blocks++;
	m->live_bytes += bytes;
	if (m->live_bytes > m->most_bytes)
		m->most_bytes = m->live_bytes;
	mach_trace(m, "alloc block % of %", b->number, bytes);
	return b->memory;
}

static void let_go(struct mach *m, struct block *b)
{
	char *raw = (char *)b->memory - b->lead;

	allow(raw, b->lead + b->bytes);
	free(raw);
	if (b->freed)
		m->quarantined -= b->bytes;
	b->memory = NULL;
}

static void shrink_quarantine(struct mach *m)
{
	while (m->quarantined > QUARANTINE && m->evict < m->nblocks) {
		struct block *b = &m->blocks[m->evict++];

		if (!b->freed || !b->memory)
			continue;
		if (!m->config.plain_memory)
			mach_words_free(m, b->memory, b->bytes, true);
		let_go(m, b);
	}
	if (m->evict == m->nblocks)
		m->evict = 0;
}

/* A store by others that is still on its way into memory being given back. */
static void settle_stores(struct mach *m, uintptr_t from, size_t bytes)
{
	for (uint32_t i = 0; i < m->ncpus; i++) {
		struct cpu *c = &m->cpus[i];

		if (c == m->cpu) {
			mach_store_memory_all(m, c);
			continue;
		}
		for (uint32_t j = 0; j < c->stores; j++) {
			const struct word *w = c->buffer[j].word;

			if (w && w->address - from < bytes)
				mach_violate(m, "UAF", "memory given back while a store of cpu%u to word %u is on its way",
					     i, w->number);
		}
	}
}

void mach_free(struct mach *m, void *memory, size_t bytes)
{
	char *raw = (char *)memory - HEADER;
	uint64_t number;
	struct block *b;

	allow(raw, HEADER);
	memcpy(&number, raw, sizeof(number));
	forbid(raw, HEADER);
	b = number < m->nblocks ? &m->blocks[number] : NULL;
	if (!b || b->memory != memory || b->bytes != bytes || b->freed) {
		mach_violate(m, "UAF", "free of %zu bytes that were not allocated so", bytes);
		return;
	}
	if (!m->config.plain_memory) {
		settle_stores(m, (uintptr_t)memory, bytes);
		mach_words_free(m, memory, bytes, false);
	}
	memset(memory, 0xa5, bytes);
	forbid(memory, bytes);
	b->freed = true;
	m->live_blocks--;
	m->live_bytes -= bytes;
	m->quarantined += bytes;
	mach_trace(m, "free block % of %", b->number, bytes);
	shrink_quarantine(m);
}

bool mach_address_freed(const struct mach *m, uintptr_t address)
{
	for (size_t i = 0; i < m->nblocks; i++)
		if (m->blocks[i].freed && m->blocks[i].memory &&
		    address - (uintptr_t)m->blocks[i].memory < m->blocks[i].bytes)
			return true;
	return false;
}

void mach_blocks_done(struct mach *m)
{
	for (size_t i = 0; i < m->nblocks; i++)
		if (m->blocks[i].memory)
			let_go(m, &m->blocks[i]);
	free(m->blocks);
}

void mach_baseline(struct mach *m)
{
	m->base_blocks = m->live_blocks;
	m->base_maps = m->live_maps;
}

bool mach_check_leaks(struct mach *m)
{
	if (m->live_blocks != m->base_blocks)
		mach_violate(m, "I-LEAK", "%zu blocks live, %zu at the baseline",
			     m->live_blocks, m->base_blocks);
	if (m->live_maps != m->base_maps)
		mach_violate(m, "I-LEAK", "%zu mappings live, %zu at the baseline",
			     m->live_maps, m->base_maps);
	return !m->violated;
}

uint64_t mach_allocs(const struct mach *m)
{
	return m->allocs;
}

size_t mach_live_blocks(const struct mach *m)
{
	return m->live_blocks;
}

size_t mach_live_bytes(const struct mach *m)
{
	return m->live_bytes;
}

size_t mach_most_bytes(const struct mach *m)
{
	return m->most_bytes;
}

size_t mach_live_maps(const struct mach *m)
{
	return m->live_maps;
}
