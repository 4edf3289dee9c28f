/* SPDX-License-Identifier: MIT */
#include "core/pages.h"

#include "core/print.h"
#include "core/spin.h"
#include "core/text.h"

#define PIECE_MIN	64u
#define PIECE_CLASSES	6	/* 64 .. 2048 bytes */

struct piece {
	struct piece *next;
};

/*
 * used: one byte a page, at the start of the memory it describes. All under
 * lock. A run is found by the first fit after the last one taken.
 */
static struct {
	struct spin lock;
	uint64_t base;
	uint64_t count;
	unsigned char *used;
	uint64_t hint;
	struct piece *pieces[PIECE_CLASSES];
	uint64_t bytes;
} memory;

void pages_init(uint64_t first, uint64_t bytes)
{
	uint64_t own;

	memory.base = first;
	memory.count = bytes / PAGE;
	memory.used = (unsigned char *)(uintptr_t)first;
	own = (memory.count + PAGE - 1) / PAGE;
	memset(memory.used, 0, memory.count);
	memset(memory.used, 1, own);
	memory.hint = own;
}

static bool run_free(uint64_t at, uint64_t n)
{
	if (at + n > memory.count)
		return false;
	for (uint64_t i = 0; i < n; i++)
		if (memory.used[at + i])
			return false;
	return true;
}

static void *take_run_locked(uint64_t n, uint64_t align)
{
	for (uint64_t tried = 0; tried < memory.count; tried++) {
		uint64_t at = (memory.hint + tried) % memory.count;

		if ((memory.base + at * PAGE) % align || !run_free(at, n))
			continue;
		memset(memory.used + at, 1, n);
		memory.hint = at + n;
		return (void *)(uintptr_t)(memory.base + at * PAGE);
	}
	return NULL;
}

static unsigned int piece_class(size_t bytes)
{
	unsigned int class = 0;

	while ((size_t)PIECE_MIN << class < bytes)
		class++;
	return class;
}

/* The list of a class that ran dry gets one page, cut up. */
static void *take_piece_locked(unsigned int class)
{
	struct piece *piece = memory.pieces[class];
	size_t bytes = (size_t)PIECE_MIN << class;
	char *page;

	if (!piece) {
		page = take_run_locked(1, PAGE);
		if (!page)
			return NULL;
		for (size_t at = 0; at < PAGE; at += bytes) {
			piece = (struct piece *)(page + at);
			piece->next = memory.pieces[class];
			memory.pieces[class] = piece;
		}
	}
	memory.pieces[class] = piece->next;
	return piece;
}

void *memory_alloc(size_t bytes)
{
	return memory_alloc_aligned(bytes, PIECE_MIN);
}

/* A piece is aligned to its own size. */
static size_t with_align(size_t bytes, size_t align)
{
	return bytes < align && align <= PAGE ? align : bytes;
}

void *memory_alloc_aligned(size_t size, size_t align)
{
	size_t bytes = with_align(size, align);
	unsigned int class = piece_class(bytes);
	uintptr_t state = spin_lock(&memory.lock);
	void *p;

	if (class < PIECE_CLASSES)
		p = take_piece_locked(class);
	else
		p = take_run_locked((bytes + PAGE - 1) / PAGE, align);
	if (p)
		memory.bytes += bytes;
	spin_unlock(&memory.lock, state);
	if (p)
		memset(p, 0, bytes);
	return p;
}

void memory_free(void *p, size_t bytes)
{
	memory_free_aligned(p, bytes, PIECE_MIN);
}

void memory_free_aligned(void *p, size_t size, size_t align)
{
	size_t bytes = with_align(size, align);
	unsigned int class = piece_class(bytes);
	struct piece *piece = p;
	uintptr_t state;

	if (!p)
		return;
	state = spin_lock(&memory.lock);
	if (class < PIECE_CLASSES) {
		piece->next = memory.pieces[class];
		memory.pieces[class] = piece;
	} else {
		memset(memory.used + ((uintptr_t)p - memory.base) / PAGE, 0,
		       (bytes + PAGE - 1) / PAGE);
	}
	memory.bytes -= bytes;
	spin_unlock(&memory.lock, state);
}

uint64_t memory_in_use(void)
{
	return __atomic_load_n(&memory.bytes, __ATOMIC_RELAXED);
}
