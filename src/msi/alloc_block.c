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
	umsi_device_lock(t->dev);
	for (uint32_t i = 0; i < count; i++)
		umsi_index_map_give(&t->map, i);
	umsi_device_unlock(t->dev);
}

static int take_indices(struct umsi_table *t, uint32_t count)
{
	int status = UMSI_OK;
	uint32_t taken = 0, index;

	umsi_device_lock(t->dev);
	if (t->closing)
		status = UMSI_ESTATE;
	else if (t->map.count)
		status = UMSI_EEXIST;
	while (!status && taken < count) {
		status = umsi_index_map_take(t->dev->m, &t->map, taken, taken, &index);
		taken += !status;
	}
	umsi_device_unlock(t->dev);
	if (status)
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
		struct umsi_record *r = umsi_record_new(m, &t->domain, first + i, at->cookie, block);

		if (!r) {
			drop_members(block, i);
			umsi_alloc_put_block(m, block);
			return NULL;
		}
		umsi_fetch_add32(&block->references, 1);
		r->trigger = at->trigger;
		block->member[i] = r;
	}
	return block;
}

static void all_go_live(struct umsi_table *t, struct umsi_block *block,
			const struct umsi_where *where, struct umsi_mask *mask, bool strict, umsi_irq *out)
{
	struct umsi_record *first = block->member[0];
	uintptr_t state;

	umsi_device_lock(t->dev);
	state = umsi_record_enter(first);
	first->affinity_cpu = where->cpu;
	first->mask = mask;
	first->wish = strict ? UMSI_WISH_STRICT : 0;
	for (uint32_t i = 0; i < block->count; i++)
		out[i] = umsi_alloc_go_live_locked(t, block->member[i]);
	umsi_record_unlock(first, state);
	umsi_device_unlock(t->dev);
}

int umsi_alloc_block(struct umsi_table *table, const struct umsi_irq_request_at *at, uint32_t count, umsi_irq *out)
{
	struct umsi_block *block;
	struct umsi_where where;
	struct umsi_mask *mask;
	struct umsi *m;
	int status;

	m = table->dev->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	status = check_block(table, at, count);
	if (status)
		return status;
	status = umsi_where_get(m, &at->affinity, &where, &mask);
	if (status)
		return status;
	status = take_indices(table, count);
	if (status)
		goto out_mask;
	status = UMSI_ENOMEM;
	block = umsi_alloc_new_block(table, at, 0, count);
	if (!block)
		goto out_indices;
	status = umsi_alloc_reserve(block->member[0], &where);
	if (status)
		goto out_block;
	all_go_live(table, block, &where, mask, at->strict, out);
	umsi_alloc_put_block(m, block);
	return UMSI_OK;

out_block:
	drop_members(block, count);
	umsi_alloc_put_block(m, block);
out_indices:
	give_indices(table, count);
out_mask:
	umsi_mask_put(m, mask);
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
