/* SPDX-License-Identifier: MIT */
/*
 * An ITS's tables in memory: devices, collections, interrupt translation tables.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "The ITS tables", "GITS_BASER<n>".
 */
#include "its.h"

bool its_coherent(uint64_t base)
{
	return base >> 10 & 3;
}

static uint32_t page_bytes(uint64_t baser)
{
	return 0x1000u << 2 * (baser >> 8 & 3);
}

static uint64_t table_address(uint64_t baser)
{
	if ((baser >> 8 & 3) < 2)
		return baser & UINT64_C(0x0000fffffffff000);
	return (baser & UINT64_C(0x0000ffffffff0000)) | (baser >> 12 & 0xf) << 48;
}

bool its_table_has(struct mach_its *its, unsigned int which, uint32_t id)
{
	struct mach *m = its->m;
	uint64_t baser = its->baser[which], at = table_address(baser), entry;
	uint64_t bytes = ((baser & 0xff) + 1) * page_bytes(baser);
	uint32_t per_page = page_bytes(baser) / ENTRY_BYTES;

	if (!(baser & VALID) || !mach_dma_holds(m, at, bytes))
		return false;
	if (!(baser & INDIRECT))
		return (id + UINT64_C(1)) * ENTRY_BYTES <= bytes;
	if ((id / per_page + UINT64_C(1)) * 8 > bytes)
		return false;
	entry = mach_dma_read(m, at + 8 * (id / per_page), 8, its_coherent(baser));
	return entry & VALID && mach_dma_holds(m, entry & UINT64_C(0x000ffffffffff000), page_bytes(baser));
}

/* Memory of entry @id, which its_table_has(). */
static uint64_t table_entry(struct mach_its *its, unsigned int which, uint32_t id)
{
	uint64_t baser = its->baser[which], at = table_address(baser);
	uint32_t per_page = page_bytes(baser) / ENTRY_BYTES;

	if (!(baser & INDIRECT))
		return at + (uint64_t)id * ENTRY_BYTES;
	at = mach_dma_read(its->m, at + 8 * (id / per_page), 8, its_coherent(baser));
	return (at & UINT64_C(0x000ffffffffff000)) + id % per_page * ENTRY_BYTES;
}

void its_table_keep(struct mach_its *its, unsigned int which, uint32_t id, bool valid)
{
	if (its_table_has(its, which, id))
		mach_dma_write(its->m, table_entry(its, which, id), 8, valid ? VALID | id : 0);
}

void its_must_be_zero(struct mach_its *its, uint64_t at, uint64_t bytes, bool sees, const char *what)
{
	if (!mach_dma_is_zero(its->m, at, bytes, sees))
		mach_violate(its->m, "MODEL", "%s is given with something in it", what);
}

/* One table, or the pages that the first level leads to. */
void its_table_given(struct mach_its *its, unsigned int which)
{
	uint64_t baser = its->baser[which], at = table_address(baser), entry;
	uint64_t bytes = ((baser & 0xff) + 1) * page_bytes(baser);

	if (!(baser & VALID) || !mach_dma_holds(its->m, at, bytes))
		return;
	if (!(baser & INDIRECT)) {
		its_must_be_zero(its, at, bytes, its_coherent(baser), "a table");
		return;
	}
	for (uint64_t n = 0; n < bytes / 8; n++) {
		entry = mach_dma_read(its->m, at + 8 * n, 8, its_coherent(baser));
		if (entry & VALID)
			its_must_be_zero(its, entry & UINT64_C(0x000ffffffffff000), page_bytes(baser), its_coherent(baser),
				     "a table's second level");
	}
}

struct device_ *its_find_device(struct mach_its *its, uint32_t id)
{
	for (uint32_t i = 0; i < its->devices; i++)
		if (its->device[i].id == id)
			return &its->device[i];
	return NULL;
}

uint64_t its_itt_bytes(const struct mach_its *its, uint32_t bits)
{
	uint32_t bytes = its->config.real_entry_bytes ? its->config.real_entry_bytes : its->config.entry_bytes;

	return (uint64_t)bytes << bits;
}

struct event_ *its_find_event(struct mach_its *its, uint32_t device, uint32_t event)
{
	struct device_ *d = its_find_device(its, device);

	if (!d || event >> d->bits)
		return NULL;
	if (!mach_dma_holds(its->m, d->itt, its_itt_bytes(its, d->bits)) || !its_table_has(its, DEVICES_BASER, device))
		mach_violate(its->m, "UAF", "tables of DeviceID %u are read, and gone", device);
	return &d->event[event];
}

struct event_ *its_mapped_event(struct mach_its *its, uint32_t device, uint32_t event)
{
	struct event_ *e = its_find_event(its, device, event);

	return e && e->mapped && its->collection[e->collection].mapped ? e : NULL;
}
