/* SPDX-License-Identifier: MIT */
/* Memory that blocks of the machine read by themselves, at addresses that are not the CPU's. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define FIRST_BUS	UINT64_C(0x140000000)
#define LINE		64u

void *mach_dma_alloc(struct mach *m, size_t bytes, size_t align, uint64_t *bus)
{
	struct dma *d;

	if (!bytes || align < LINE || align & (align - 1)) {
		mach_violate(m, "MODEL", "dma memory of %zu bytes, aligned to %zu", bytes, align);
		return NULL;
	}
	m->dma = realloc(m->dma, (m->ndma + 1) * sizeof(*m->dma));
	if (!m->dma)
		abort();
	d = &m->dma[m->ndma++];
	if (!m->next_bus)
		m->next_bus = FIRST_BUS;
	m->next_bus = (m->next_bus + align - 1) & ~(uint64_t)(align - 1);
	*d = (struct dma){
		.memory = mach_alloc(m, bytes, align), .clean = calloc(1, bytes),
		.bytes = bytes, .align = align, .bus = m->next_bus,
	};
	if (!d->clean)
		abort();
	m->next_bus += bytes + align;	/* what runs over an end hits nothing */
	*bus = d->bus;
	return d->memory;
}

static struct dma *by_memory(const struct mach *m, const void *memory)
{
	for (size_t i = 0; i < m->ndma; i++)
		if ((uintptr_t)memory - (uintptr_t)m->dma[i].memory < m->dma[i].bytes)
			return &m->dma[i];
	return NULL;
}

static struct dma *by_bus(const struct mach *m, uint64_t bus, size_t bytes)
{
	for (size_t i = 0; i < m->ndma; i++)
		if (bus - m->dma[i].bus < m->dma[i].bytes &&
		    bytes <= m->dma[i].bytes - (bus - m->dma[i].bus))
			return &m->dma[i];
	return NULL;
}

void mach_dma_free(struct mach *m, void *memory, size_t bytes, size_t align)
{
	struct dma *d = by_memory(m, memory);

	if (!d || d->memory != memory || d->bytes != bytes || d->align != align) {
		mach_violate(m, "UAF", "dma memory given back that was not allocated so");
		return;
	}
	free(d->clean);
	*d = m->dma[--m->ndma];
	mach_free(m, memory, bytes);
}

/* Whole lines, with what the writing CPU has in its store buffer. */
void mach_dma_clean(struct mach *m, const void *memory, size_t bytes)
{
	struct dma *d = by_memory(m, memory);
	size_t from, to;

	if (!d || !bytes || (uintptr_t)memory + bytes > (uintptr_t)d->memory + d->bytes) {
		mach_violate(m, "MODEL", "write-back of what is no dma memory");
		return;
	}
	mach_store_memory_all(m, m->cpu);
	from = ((size_t)((const unsigned char *)memory - d->memory)) & ~(size_t)(LINE - 1);
	to = (size_t)((const unsigned char *)memory - d->memory) + bytes;
	to = (to + LINE - 1) & ~(size_t)(LINE - 1);
	if (to > d->bytes)
		to = d->bytes;
	memcpy(d->clean + from, d->memory + from, to - from);
	mach_trace(m, "write-back of % at bus %", to - from, d->bus + from);
}

uint64_t mach_dma_bus(const struct mach *m, const void *memory)
{
	const struct dma *d = by_memory(m, memory);

	return d ? d->bus + (uint64_t)((const unsigned char *)memory - d->memory) : 0;
}

bool mach_dma_holds(const struct mach *m, uint64_t bus, size_t bytes)
{
	return by_bus(m, bus, bytes) != NULL;
}

uint64_t mach_dma_read(struct mach *m, uint64_t bus, unsigned int width, bool coherent)
{
	struct dma *d = by_bus(m, bus, width);
	uint64_t value = 0;

	if (!d || bus % width || width > 8) {
		mach_violate(m, "MODEL", "a block reads %u bytes of memory at %#llx: none there", width,
			     (unsigned long long)bus);
		return 0;
	}
	memcpy(&value, (coherent ? d->memory : d->clean) + (bus - d->bus), width);
	return value;
}

bool mach_dma_is_zero(struct mach *m, uint64_t bus, size_t bytes, bool coherent)
{
	struct dma *d = by_bus(m, bus, bytes);
	const unsigned char *at;

	if (!d)
		return false;
	at = (coherent ? d->memory : d->clean) + (bus - d->bus);
	return !bytes || (!at[0] && !memcmp(at, at + 1, bytes - 1));
}

void mach_dma_write(struct mach *m, uint64_t bus, unsigned int width, uint64_t value)
{
	struct dma *d = by_bus(m, bus, width);

	if (!d || bus % width || width > 8) {
		mach_violate(m, "MODEL", "a block writes %u bytes of memory at %#llx: none there", width,
			     (unsigned long long)bus);
		return;
	}
	memcpy(d->memory + (bus - d->bus), &value, width);
	memcpy(d->clean + (bus - d->bus), &value, width);
	mach_trace(m, "a block writes memory at bus % := %", bus, value);
}

void mach_dma_done(struct mach *m)
{
	for (size_t i = 0; i < m->ndma; i++)
		free(m->dma[i].clean);
	free(m->dma);
}
