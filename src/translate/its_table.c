/* SPDX-License-Identifier: MIT */
/*
 * The ITS's own tables: devices, flat or in two levels, and collections. The
 * entries are the ITS's; only the first level of two is written here.
 * Source: IHI 0069, "The ITS tables", "GITS_BASER<n>".
 */
#include "translate/its.h"
#include "umsi_arch.h"
#include "umsi_icc.h"

/* Beyond this a table is made in two levels where the ITS can. */
#define FLAT_BYTES	0x10000u
#define LEVEL1_BYTES	8u

static uint64_t read(const struct umsi_its *its, uint32_t reg)
{
	return umsi_gic_read64(its->frame + reg);
}

static void write(struct umsi_its *its, uint32_t reg, uint64_t value)
{
	umsi_gic_write64(its->frame + reg, value);
}

static uint32_t find_register(const struct umsi_its *its, unsigned int type)
{
	for (uint32_t n = 0; n < GITS_BASERS; n++)
		if (umsi_its_baser_type(read(its, GITS_BASER + 8 * n)) == type)
			return GITS_BASER + 8 * n;
	return 0;
}

/* The largest page size that the register takes. */
static unsigned int find_page(struct umsi_its *its, uint32_t reg)
{
	for (unsigned int page = 2; page; page--) {
		write(its, reg, (uint64_t)page << 8);
		if (umsi_its_baser_page(read(its, reg)) == page)
			return page;
	}
	return 0;
}

static bool takes_indirect(struct umsi_its *its, uint32_t reg, unsigned int page)
{
	write(its, reg, GITS_BASER_INDIRECT | (uint64_t)page << 8);
	return read(its, reg) & GITS_BASER_INDIRECT;
}

static size_t whole_pages(uint64_t bytes, uint32_t page_bytes)
{
	return (size_t)((bytes + page_bytes - 1) / page_bytes * page_bytes);
}

/* Flat or not, and for how many ids: as many as were asked for, if they fit. */
static void shape(struct umsi_its *its, struct umsi_its_table *t, uint64_t ids)
{
	uint32_t page_bytes = umsi_its_page_bytes(t->page);
	uint64_t most = (uint64_t)GITS_BASER_PAGES_MAX * page_bytes;
	uint64_t per_page = page_bytes / t->entry_bytes;

	if (ids * t->entry_bytes > FLAT_BYTES && takes_indirect(its, t->reg, t->page)) {
		t->indirect = true;
		if ((ids + per_page - 1) / per_page * LEVEL1_BYTES > most)
			ids = most / LEVEL1_BYTES * per_page;
		t->level2_pages = (uint32_t)((ids + per_page - 1) / per_page);
		t->bytes = whole_pages((uint64_t)t->level2_pages * LEVEL1_BYTES, page_bytes);
	} else {
		if (ids * t->entry_bytes > most)
			ids = most / t->entry_bytes;
		t->bytes = whole_pages(ids * t->entry_bytes, page_bytes);
	}
	t->ids = ids > UINT32_MAX ? UINT32_MAX : (uint32_t)ids;
}

static int allocate(struct umsi_its *its, struct umsi_its_table *t)
{
	struct umsi *m = its->domain.m;

	t->memory = umsi_host_dma_alloc(m->host, t->bytes, umsi_its_page_bytes(t->page), &t->bus);
	if (!t->memory)
		return UMSI_ENOMEM;
	if (!t->indirect)
		return UMSI_OK;
	t->level2 = umsi_host_alloc(m->host, t->level2_pages * (sizeof(*t->level2) + sizeof(*t->level2_bus)));
	if (!t->level2)
		return UMSI_ENOMEM;
	t->level2_bus = (uint64_t *)(t->level2 + t->level2_pages);
	return UMSI_OK;
}

/*
 * Shareable and cached if the ITS takes that, else it reads memory past the
 * caches. Everything else must read back as written.
 */
static int give(struct umsi_its *its, struct umsi_its_table *t)
{
	uint32_t pages = (uint32_t)(t->bytes / umsi_its_page_bytes(t->page));
	uint64_t base = umsi_its_baser(t->bus, t->page, pages) | (t->indirect ? GITS_BASER_INDIRECT : 0);
	uint64_t same = GITS_BASER_VALID | GITS_BASER_INDIRECT | UINT64_C(0x0000fffffffff3ff), back;

	write(its, t->reg, base | umsi_its_attributes(its->cache, GITS_SHARE_INNER));
	back = read(its, t->reg);
	if (umsi_its_share(back) == GITS_SHARE_NONE) {
		its->coherent = false;
		write(its, t->reg, base | umsi_its_attributes(GITS_CACHE_NONE, GITS_SHARE_NONE));
		back = read(its, t->reg);
	}
	return (back & same) == (base & same) ? UMSI_OK : UMSI_EREFUSED;
}

static int make(struct umsi_its *its, struct umsi_its_table *t, unsigned int type, uint64_t ids)
{
	int status;

	t->reg = find_register(its, type);
	if (!t->reg)
		return UMSI_OK;
	t->entry_bytes = umsi_its_baser_entry_bytes(read(its, t->reg));
	t->page = find_page(its, t->reg);
	shape(its, t, ids);
	status = allocate(its, t);
	return status ? status : give(its, t);
}

int umsi_its_tables_make(struct umsi_its *its)
{
	uint32_t ncpus = its->domain.m->ncpus;
	int status;

	status = make(its, &its->devices_table, GITS_BASER_DEVICES, its->device_ids);
	if (status)
		return status;
	if (its->devices_table.reg && its->device_ids > its->devices_table.ids)
		its->device_ids = its->devices_table.ids;
	if (ncpus > UINT32_C(1) << umsi_its_collection_bits(its->typer))
		return UMSI_ERANGE;
	if (ncpus <= umsi_its_own_collections(its->typer))
		return UMSI_OK;
	status = make(its, &its->collections_table, GITS_BASER_COLLECTIONS, ncpus);
	if (status)
		return status;
	return its->collections_table.ids + umsi_its_own_collections(its->typer) < ncpus ? UMSI_ERANGE : UMSI_OK;
}

/* The first level of two is ours, and stays. */
static void clear(struct umsi_its *its, struct umsi_its_table *t)
{
	uint32_t page_bytes = umsi_its_page_bytes(t->page);

	if (!t->indirect) {
		__builtin_memset(t->memory, 0, t->bytes);
		umsi_its_clean(its, t->memory, t->bytes);
	}
	for (uint32_t i = 0; i < t->level2_pages; i++) {
		if (!t->level2[i])
			continue;
		__builtin_memset(t->level2[i], 0, page_bytes);
		umsi_its_clean(its, t->level2[i], page_bytes);
	}
}

static int again(struct umsi_its *its, struct umsi_its_table *t)
{
	if (!t->reg || !t->memory)
		return UMSI_OK;
	clear(its, t);
	return give(its, t);
}

int umsi_its_tables_again(struct umsi_its *its)
{
	int status = again(its, &its->devices_table);

	return status ? status : again(its, &its->collections_table);
}

static bool kept(const struct umsi_its *its, const struct umsi_its_table *t)
{
	uint64_t same = GITS_BASER_VALID | umsi_its_baser_address(UINT64_MAX, t->page);

	return !t->reg || !t->memory || (read(its, t->reg) & same) == (umsi_its_baser(t->bus, t->page, 1) & same);
}

bool umsi_its_tables_kept(struct umsi_its *its)
{
	return kept(its, &its->devices_table) && kept(its, &its->collections_table);
}

static void free_table(struct umsi_its *its, struct umsi_its_table *t)
{
	struct umsi *m = its->domain.m;
	uint32_t page_bytes = umsi_its_page_bytes(t->page);

	if (t->reg)
		write(its, t->reg, 0);
	for (uint32_t i = 0; t->level2 && i < t->level2_pages; i++)
		if (t->level2[i])
			umsi_host_dma_free(m->host, t->level2[i], page_bytes, page_bytes);
	if (t->level2)
		umsi_host_free(m->host, t->level2,
			       t->level2_pages * (sizeof(*t->level2) + sizeof(*t->level2_bus)));
	if (t->memory)
		umsi_host_dma_free(m->host, t->memory, t->bytes, page_bytes);
}

void umsi_its_tables_free(struct umsi_its *its)
{
	free_table(its, &its->devices_table);
	free_table(its, &its->collections_table);
}

int umsi_its_table_reach(struct umsi_its *its, struct umsi_its_table *t, uint32_t id)
{
	struct umsi *m = its->domain.m;
	uint32_t page_bytes = umsi_its_page_bytes(t->page), n;
	umsi_atomic64 *entry;

	if (id >= its->device_ids)
		return UMSI_ERANGE;
	if (!t->indirect)
		return UMSI_OK;
	n = id / (page_bytes / t->entry_bytes);
	if (t->level2[n])
		return UMSI_OK;
	t->level2[n] = umsi_host_dma_alloc(m->host, page_bytes, page_bytes, &t->level2_bus[n]);
	if (!t->level2[n])
		return UMSI_ENOMEM;
	entry = (umsi_atomic64 *)t->memory + n;
	umsi_store64_release(entry, umsi_its_level1(t->level2_bus[n]));
	umsi_its_clean(its, entry, sizeof(*entry));
	return UMSI_OK;
}
