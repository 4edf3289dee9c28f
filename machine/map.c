/* SPDX-License-Identifier: MIT */
/*
 * What umsi_host_mmio_map() returns: addresses that fault when dereferenced,
 * and stand for device registers when handed to the seam.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "inside.h"

#define PAGE		4096u
#define PAGES		(UINT32_C(1) << 18)

/* One window per thread of the process; page[] holds mapping number + 1. */
static _Thread_local char *window;
static _Thread_local uint32_t *page;
static _Thread_local uint32_t next_page;

static void *reserve(size_t bytes, int protection)
{
	void *p = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		fprintf(stderr, "machine: no address space for device windows\n");
		abort();
	}
	return p;
}

static struct mapping *mapping_new(struct mach *m)
{
	if (m->nmaps == m->room_maps) {
		m->room_maps = m->room_maps ? 2 * m->room_maps : 64;
		m->maps = realloc(m->maps, m->room_maps * sizeof(*m->maps));
		if (!m->maps)
			abort();
	}
	return &m->maps[m->nmaps++];
}

void *mach_map(struct mach *m, uint64_t phys, size_t bytes)
{
	uint32_t n = (uint32_t)((phys % PAGE + bytes + PAGE - 1) / PAGE);
	struct mapping *map;

	if (!bytes)
		mach_violate(m, "MODEL", "a mapping of no bytes");
	if (!window) {
		window = reserve((size_t)PAGES * PAGE, PROT_NONE);
		page = reserve(PAGES * sizeof(*page), PROT_READ | PROT_WRITE);
	}
	if (n > PAGES - next_page)
		return NULL;
	map = mapping_new(m);
	map->phys = phys;
	map->bytes = bytes;
	map->live = true;
	map->at = (uintptr_t)window + (uintptr_t)next_page * PAGE + phys % PAGE;
	for (uint32_t i = 0; i < n; i++)
		page[next_page++] = (uint32_t)m->nmaps;
	m->live_maps++;
	mach_trace(m, "map % bytes %", phys, bytes);
	return (void *)map->at;
}

static struct mapping *find(struct mach *m, uintptr_t at)
{
	uintptr_t offset = at - (uintptr_t)window;

	if (!window || offset / PAGE >= next_page || !page[offset / PAGE])
		return NULL;
	return &m->maps[page[offset / PAGE] - 1];
}

void mach_unmap(struct mach *m, void *mapped, size_t bytes)
{
	struct mapping *map = find(m, (uintptr_t)mapped);

	if (!map || !map->live || map->at != (uintptr_t)mapped || map->bytes != bytes) {
		mach_violate(m, "MODEL", "unmap of something that was not mapped so");
		return;
	}
	map->live = false;
	m->live_maps--;
	mach_trace(m, "unmap % bytes %", map->phys, bytes);
}

bool mach_map_resolve(struct mach *m, const volatile void *p, unsigned int width, uint64_t *phys)
{
	const struct mapping *map = find(m, (uintptr_t)p);

	if (!map || !map->live || (uintptr_t)p < map->at ||
	    (uintptr_t)p + width > map->at + map->bytes) {
		mach_violate(m, "MODEL", "device access outside every live mapping");
		return false;
	}
	*phys = map->phys + ((uintptr_t)p - map->at);
	return true;
}

void mach_maps_done(struct mach *m)
{
	for (uint32_t i = 0; i < next_page; i++)
		page[i] = 0;
	next_page = 0;
	free(m->maps);
}
