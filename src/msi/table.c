/* SPDX-License-Identifier: MIT */
#include "msi/device.h"

static int check_ops(const struct umsi_store_ops *ops)
{
	if (!ops->name || !ops->number_name || !ops->write)
		return UMSI_EINVAL;
	/* Nothing says when a mixture of words was sent last: then there must be none. */
	if (!ops->settle && !ops->mask && !ops->one_word)
		return UMSI_EINVAL;
	if (ops->settle_sleeps && (!ops->settle || ops->set_trigger || ops->shared_message))
		return UMSI_EINVAL;
	if (ops->rewrite && (!ops->mask || !ops->settle || ops->shared_message || ops->mask_loses || ops->one_word ||
			     ops->flush_ages || ops->settle_sleeps || ops->start || ops->set_trigger))
		return UMSI_EINVAL;
	return !ops->mask == !ops->unmask ? UMSI_OK : UMSI_EINVAL;
}

static void fill(struct umsi_table *t, struct umsi_device *dev, const struct umsi_store_ops *ops,
		 void *store, const struct umsi_table_config *config)
{
	t->dev = dev;
	t->ops = ops;
	t->store = store;
	t->closing = false;
	t->gone = false;
	t->shell = false;
	t->fills = false;
	t->domain = (struct umsi_domain){
		.ops = &umsi_leaf_ops, .m = dev->m, .torn = !ops->mask, .sleeps = ops->settle_sleeps,
	};
	umsi_domain_put_under(&t->domain, dev->parent);
	t->domain.direct = UMSI_HAS_DIRECT && ops->rewrite && dev->m->move_directly && dev->parent == dev->m->kick_root;
	umsi_text_copy(t->name, config->name ? config->name : ops->name, sizeof(t->name));
}

int umsi_table_create(struct umsi_device *dev, const struct umsi_store_ops *ops,
		      void *store, const struct umsi_table_config *config,
		      struct umsi_table **out)
{
	struct umsi_table *t;
	struct umsi *m;
	int status;

	if (!dev || !ops || !config || !out || check_ops(ops))
		return UMSI_EINVAL;
	if (!config->size || config->size > UMSI_TABLE_MAX)
		return UMSI_ERANGE;
	if (!UMSI_HAS_FLOW && ops->settle_sleeps)
		return UMSI_ENOTSUP;
	m = dev->m;
	t = umsi_pool_get(m, &m->table_pool, sizeof(*t));
	if (!t)
		return UMSI_ENOMEM;
	fill(t, dev, ops, store, config);
	status = umsi_index_map_init(m, &t->map, config->size);
	if (status)
		goto out_put;
	status = umsi_path_attach(dev->parent, dev, config->size);
	if (status)
		goto out_map;

	umsi_device_lock(dev);
	if (dev->closing || dev->revoked) {
		umsi_device_unlock(dev);
		status = UMSI_ESTATE;
		goto out_attached;
	}
	umsi_store32(&t->away, dev->away ? UMSI_AWAY_QUIET : UMSI_AWAY_NOT);
	t->next = dev->tables;
	dev->tables = t;
	umsi_device_unlock(dev);
	*out = t;
	return UMSI_OK;

out_attached:
	umsi_path_detach(dev->parent, dev, config->size);
out_map:
	umsi_index_map_destroy(m, &t->map);
out_put:
	umsi_pool_put(m, &m->table_pool, t);
	return status;
}

uint32_t umsi_table_size(const struct umsi_table *table)
{
	return table ? table->map.size : 0;
}

/* Only the first caller destroys. */
static bool begin_closing(struct umsi_table *t)
{
	bool first;

	umsi_device_lock(t->dev);
	first = !t->closing;
	t->closing = true;
	umsi_device_unlock(t->dev);
	return first;
}

/* From here on nobody that walks the device's tables touches its store. False: it is not empty yet. */
static bool end_if_empty(struct umsi_table *t)
{
	umsi_device_lock(t->dev);
	t->gone = t->map.count == 0;
	umsi_device_unlock(t->dev);
	return t->gone;
}

/* In one step: who walks a device's tables finds none without its indices. */
static void unlink_locked(struct umsi_table *t)
{
	struct umsi_table **at;

	umsi_index_map_destroy(t->dev->m, &t->map);
	for (at = &t->dev->tables; *at != t; at = &(*at)->next)
		;
	*at = t->next;
}

/*
 * Whoever revoked it did not ask its user, who may be in the middle of a call
 * on the table: it stays what it is, closed and empty. False: it does.
 */
static bool unlink_table(struct umsi_table *t)
{
	umsi_device_lock(t->dev);
	t->shell = t->dev->revoked;
	if (!t->shell)
		unlink_locked(t);
	umsi_device_unlock(t->dev);
	return !t->shell;
}

/* Closing is set, and by the caller. */
static void end_table(struct umsi_table *t)
{
	struct umsi_device *dev = t->dev;
	uint32_t size = t->map.size;

	/* Other threads may be in the middle of an allocation or a free: theirs end too. */
	umsi_irq_free_range(t, 0, UMSI_INDEX_LAST);
	while (!end_if_empty(t)) {
		umsi_host_relax(dev->m->host);
		umsi_irq_free_range(t, 0, UMSI_INDEX_LAST);
	}
	if (t->ops->destroy)
		t->ops->destroy(t->store);
	umsi_path_detach(dev->parent, dev, size);
	if (unlink_table(t))
		umsi_pool_put(dev->m, &dev->m->table_pool, t);
}

int umsi_table_destroy(struct umsi_table *t)
{
	if (!t)
		return UMSI_EINVAL;
	if (umsi_in_trap(t->dev->m))
		return UMSI_ECONTEXT;
	if (!begin_closing(t))
		return UMSI_ENOENT;
	end_table(t);
	return UMSI_OK;
}

/* One that nobody is ending yet. *busy: some have not ended, but others see to them. */
static struct umsi_table *claim_table(struct umsi_device *dev, bool *busy)
{
	struct umsi_table *t;

	*busy = false;
	umsi_device_lock(dev);
	for (t = dev->tables; t && t->closing; t = t->next)
		*busy |= !t->shell;
	if (t)
		t->closing = true;
	umsi_device_unlock(dev);
	return t;
}

void umsi_tables_end(struct umsi_device *dev)
{
	struct umsi_table *t;
	bool busy;

	while ((t = claim_table(dev, &busy)) || busy) {
		if (t)
			end_table(t);
		else
			umsi_host_relax(dev->m->host);
	}
}

void umsi_tables_forget(struct umsi_device *dev)
{
	struct umsi_table *t;

	umsi_device_lock(dev);
	while ((t = dev->tables)) {
		unlink_locked(t);
		umsi_pool_put(dev->m, &dev->m->table_pool, t);
	}
	umsi_device_unlock(dev);
}
