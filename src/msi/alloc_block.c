/* SPDX-License-Identifier: MIT */
/* Allocating all indices of a table whose store has one message. */
#include "msi/alloc.h"

#include "core/block.h"
#include "core/mask.h"

static int check_block(const struct umsi_table *t, const struct umsi_irq_request_at *at,
		       uint32_t count)
{
	if (!t->ops->shared_message || at->kind || at->band)
		return UMSI_ENOTSUP;
	if (at->trigger > UMSI_TRIGGER_LEVEL_LOW || (at->trigger && !t->ops->set_trigger))
		return UMSI_EINVAL;
	if (count != t->map.size || count > UMSI_BLOCK_MAX || count & (count - 1) ||
	    at->first || at->last < count - 1)
		return UMSI_ERANGE;
	return UMSI_OK;
}

static void give_indices(struct umsi_table *t, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		umsi_index_map_give(&t->map, i);
}

static int take_indices(struct umsi_table *t, uint32_t count)
{
	int status = UMSI_OK;
	uint32_t taken = 0;

	if (t->closing)
		status = UMSI_ESTATE;
	else if (t->map.count)
		status = UMSI_EEXIST;
	while (status >= 0 && taken < count) {
		status = umsi_index_map_take(t->dev->m, &t->map, taken, taken);
		taken += status >= 0;
	}
	if (status >= 0)
		return UMSI_OK;
	give_indices(t, taken);
	return status;
}

void umsi_alloc_put_block(struct umsi *m, struct umsi_block *block)
{
	if (umsi_fetch_add32(&block->references, UINT32_MAX) == 1)
		umsi_pool_put(m, &m->block_pool, block);
}

static void drop_members(struct umsi_block *block, uint32_t made)
{
	for (uint32_t i = 0; i < made; i++)
		umsi_alloc_drop(block->member[i]);
}

struct umsi_block *umsi_alloc_new_block(struct umsi_table *t, const struct umsi_irq_request_at *at,
					uint32_t first, uint32_t count)
{
	struct umsi *m = t->dev->m;
	struct umsi_block *block = umsi_pool_get(m, &m->block_pool, sizeof(*block));

	if (!block)
		return NULL;
	block->count = count;
	block->live = count;
	block->places = NULL;
	block->managed = false;
	umsi_store32(&block->references, 1);
	for (uint32_t i = 0; i < count; i++) {
		struct umsi_record *r = umsi_record_new(&t->domain, first + i, at, block);

		if (!r) {
			drop_members(block, i);
			umsi_alloc_put_block(m, block);
			return NULL;
		}
		umsi_fetch_add32(&block->references, 1);
		block->member[i] = r;
	}
	return block;
}

static void all_go_live_locked(struct umsi_table *t, struct umsi_block *block,
			       const struct umsi_where *where, bool strict, umsi_irq *out)
{
	struct umsi_record *first = block->member[0];

	first->affinity_cpu = where->cpu;
	first->mask = where->mask;
	first->wish = strict ? UMSI_WISH_STRICT : 0;
	for (uint32_t i = 0; i < block->count; i++)
		out[i] = umsi_alloc_go_live_locked(t, block->member[i]);
}

/* The device's mutex is held. */
static int alloc_locked(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count,
			const struct umsi_where *where, umsi_irq *out)
{
	struct umsi *m = t->dev->m;
	struct umsi_block *block;
	uintptr_t state;
	int status;

	status = take_indices(t, count);
	if (status)
		return status;
	status = UMSI_ENOMEM;
	block = umsi_alloc_new_block(t, at, 0, count);
	if (!block)
		goto out_indices;
	status = umsi_alloc_reserve(t, block->member[0], where, &state);
	if (status)
		goto out_block;
	all_go_live_locked(t, block, where, at->strict, out);
	umsi_record_unlock(block->member[0], state);
	umsi_alloc_put_block(m, block);
	return UMSI_OK;

out_block:
	drop_members(block, count);
	umsi_alloc_put_block(m, block);
out_indices:
	give_indices(t, count);
	return status;
}

int umsi_alloc_block(struct umsi_table *table, const struct umsi_irq_request_at *at, uint32_t count, umsi_irq *out)
{
	struct umsi *m = table->dev->m;
	struct umsi_where where;
	int status;

	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	status = check_block(table, at, count);
	if (status)
		return status;
	status = umsi_where_get(m, &at->affinity, &where);
	if (status)
		return status;
	umsi_device_lock(table->dev);
	status = alloc_locked(table, at, count, &where, out);
	umsi_device_unlock(table->dev);
	if (status)
		umsi_mask_put(m, where.mask);
	return status;
}

int umsi_irq_alloc_block(struct umsi_table *table, const struct umsi_irq_request_at *at,
			 uint32_t count, umsi_irq *out)
{
	const struct umsi_policy *policy;

	if (!table || !at || !out || !count)
		return UMSI_EINVAL;
	policy = umsi_policy(table->dev->m);
	if (policy)
		return policy->alloc(table, at, count, true, out);
	return umsi_alloc_block(table, at, count, out);
}
