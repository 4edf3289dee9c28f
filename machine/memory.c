/* SPDX-License-Identifier: MIT */
/*
 * Words stored to through the seam, and what they held before.
 *
 * m->tick numbers the moments of memory: each commit of a store, each point at
 * which a CPU's loads are ordered, each trap entry. A word held a version from
 * its "written" moment until "replaced". A load may return any version that
 * was still there after the CPU's last ordering point and is not older than
 * what this CPU has read or written there before.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* Pointers differ from run to run: they stay out of the story and its hash. */
#define LOWEST_POINTER	UINT64_C(0x400000)

uint64_t mach_plain(const void *p, unsigned int size)
{
	uint32_t half;
	uint64_t all;

	if (size == 4) {
		memcpy(&half, p, 4);
		return half;
	}
	memcpy(&all, p, 8);
	return all;
}

static void put_plain(uintptr_t address, unsigned int size, uint64_t value)
{
	uint32_t half = (uint32_t)value;

	if (size == 4)
		memcpy((void *)address, &half, 4);
	else
		memcpy((void *)address, &value, 8);
}

static struct word **bucket(struct mach *m, uintptr_t address)
{
	return &m->words[(address >> 2) * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}
_Static_assert(WORD_BUCKETS == 1u << 12, "bucket() takes the upper twelve bits");

struct word *mach_word_find(struct mach *m, const void *p)
{
	struct word *w = *bucket(m, (uintptr_t)p);

	while (w && w->address != (uintptr_t)p)
		w = w->next;
	return w;
}

static struct word *word_new(struct mach *m, const void *p, unsigned int size)
{
	struct word **head = bucket(m, (uintptr_t)p);
	struct word *w = calloc(1, sizeof(*w) + m->ncpus * sizeof(w->seen[0]));

	if (!w)
		abort();
	w->address = (uintptr_t)p;
	w->size = (uint8_t)size;
	w->number = m->nwords++;
	w->freed = mach_address_freed(m, w->address);
	w->value = w->freed ? 0 : mach_plain(p, size);
	w->next = *head;
	*head = w;
	return w;
}

struct word *mach_word(struct mach *m, const void *p, unsigned int size)
{
	struct word *w = mach_word_find(m, p);

	if ((size != 4 && size != 8) || (uintptr_t)p % size)
		mach_violate(m, "MODEL", "an atomic of %u bytes, or not aligned", size);
	if (!w)
		w = word_new(m, p, size);
	if (w->freed)
		mach_violate(m, "UAF", "store to word %u of memory that was given back", w->number);
	if (w->size != size)
		mach_violate(m, "MODEL", "word %u is of %u bytes and accessed with %u",
			     w->number, w->size, size);
	return w;
}

/* Somebody wrote without the seam (initialisation, memset): forget the past. */
static void resync(struct mach *m, struct word *w)
{
	uint64_t now = mach_plain((const void *)w->address, w->size);

	if (now == w->value)
		return;
	w->value = now;
	w->nold = 0;
	w->written = ++m->tick;
	w->version++;
}

void mach_word_commit(struct mach *m, struct cpu *c, struct word *w, uint64_t value)
{
	if (w->freed)
		mach_violate(m, "UAF", "store to word %u came out after its memory was given back",
			     w->number);
	resync(m, w);
	memmove(&w->old[1], &w->old[0], sizeof(w->old) - sizeof(w->old[0]));
	if (w->nold < OLD_VERSIONS)
		w->nold++;
	m->tick++;
	w->old[0] = (struct version){ w->value, w->written, m->tick };
	w->value = value;
	w->written = m->tick;
	w->version++;
	w->seen[c->number] = w->version;
	put_plain(w->address, w->size, value);
	if (m->config.wrote)
		m->config.wrote(m->config.watch_arg, (const void *)w->address);
	if (m->remappers)
		mach_remap_wrote(m, (const void *)w->address);
	mach_trace(m, "word % := %", w->number, w->size == 8 && value >= LOWEST_POINTER ? 0 : value);
}

/* Forgets, or marks as given back, every word in a range. */
void mach_words_free(struct mach *m, const void *p, size_t bytes, bool forget)
{
	uintptr_t from = (uintptr_t)p;

	for (uintptr_t a = from; a < from + bytes; a += 4) {
		struct word **link = bucket(m, a);
		struct word *w;

		while (*link && (*link)->address != a)
			link = &(*link)->next;
		w = *link;
		if (!w)
			continue;
		w->freed = true;
		if (!forget)
			continue;
		*link = w->next;
		free(w);
	}
}

void mach_words_done(struct mach *m)
{
	for (uint32_t i = 0; i < WORD_BUCKETS; i++) {
		struct word *w;

		while ((w = m->words[i])) {
			m->words[i] = w->next;
			free(w);
		}
	}
}

void mach_order_loads(struct mach *m, struct cpu *c)
{
	c->order = ++m->tick;
}

/* How many of the old versions @c may still read. */
static uint32_t readable(const struct word *w, const struct cpu *c)
{
	uint32_t n = 0;

	while (n < w->nold && w->old[n].replaced > c->order &&
	       w->version - 1 - n >= w->seen[c->number])
		n++;
	return n;
}

static uint64_t load_word(struct mach *m, struct cpu *c, struct word *w, bool acquire)
{
	uint32_t n, age = 0;
	uint64_t value, written;

	resync(m, w);
	n = m->running ? readable(w, c) : 0;
	if (n && rng_chance(&m->rng, m->chaos.stale))
		age = 1 + rng_below(&m->rng, n);
	value = age ? w->old[age - 1].value : w->value;
	written = age ? w->old[age - 1].written : w->written;
	w->seen[c->number] = w->version - age;
	if (age)
		mach_trace(m, "word % read old, age %", w->number, age);
	/* What the storer had stored before, and released, is now seen. */
	if (acquire && written > c->order)
		c->order = written;
	return value;
}

uint64_t mach_load(struct mach *m, const void *p, unsigned int size, bool acquire)
{
	struct cpu *c = m->cpu;
	struct word *w;
	uint64_t value;

	if (size == 8) {
		mach_stall(m, m->chaos.slow_load);
		c->marker_since = c->order > c->entered ? c->order : c->entered;
		c->marker_fenced = false;
		c->look_fenced = false;
	}
	w = mach_word_find(m, p);
	if (!w)
		return mach_plain(p, size);
	if (w->freed)
		mach_violate(m, "UAF", "load from word %u of memory that was given back", w->number);
	if (w->size != size)
		mach_violate(m, "MODEL", "word %u is of %u bytes and loaded with %u",
			     w->number, w->size, size);
	if (mach_store_forward(c, w, &value))
		return value;
	return load_word(m, c, w, acquire);
}
