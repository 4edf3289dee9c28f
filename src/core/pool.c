/* SPDX-License-Identifier: MIT */
#include "core/machine.h"

void *umsi_pool_get(struct umsi *m, struct umsi_pool *pool, size_t bytes)
{
	struct umsi_pool_link *object;
	uintptr_t state;

	state = umsi_lock(m, &pool->lock);
	object = pool->free;
	if (object)
		pool->free = object->free;
	umsi_unlock(m, &pool->lock, state);
	if (object)
		return object;

	object = umsi_host_alloc(m->host, bytes);
	if (!object)
		return NULL;
	state = umsi_lock(m, &pool->lock);
	pool->bytes = bytes;
	object->all = pool->all;
	pool->all = object;
	umsi_unlock(m, &pool->lock, state);
	return object;
}

void umsi_pool_put(struct umsi *m, struct umsi_pool *pool, void *object)
{
	struct umsi_pool_link *link = object;
	uintptr_t state = umsi_lock(m, &pool->lock);

	link->free = pool->free;
	pool->free = link;
	umsi_unlock(m, &pool->lock, state);
}

void umsi_pool_destroy(struct umsi *m, struct umsi_pool *pool)
{
	while (pool->all) {
		struct umsi_pool_link *object = pool->all;

		pool->all = object->all;
		umsi_host_free(m->host, object, pool->bytes);
	}
	pool->free = NULL;
}
