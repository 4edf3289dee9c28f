/* SPDX-License-Identifier: MIT */
#include "msi/device.h"

#include "core/trace.h"

static void link_device(struct umsi_device *dev)
{
	struct umsi *m = dev->m;

	umsi_host_mutex_lock(m->host, &m->mutex);
	dev->next = m->device_list;
	m->device_list = dev;
	m->devices++;
	umsi_host_mutex_unlock(m->host, &m->mutex);
}

static void unlink_device(struct umsi_device *dev)
{
	struct umsi *m = dev->m;
	struct umsi_device **at;

	umsi_host_mutex_lock(m->host, &m->mutex);
	for (at = &m->device_list; *at != dev; at = &(*at)->next)
		;
	*at = dev->next;
	m->devices--;
	umsi_host_mutex_unlock(m->host, &m->mutex);
}

static bool makes_sense(const struct umsi_requester *as)
{
	if (as->kind > UMSI_REQUESTER_BUSES || as->phantom_bits > 3)
		return false;
	return as->kind != UMSI_REQUESTER_BUSES || as->first_bus <= as->last_bus;
}

int umsi_device_add(struct umsi *m, const struct umsi_device_config *config,
		    struct umsi_device **out)
{
	struct umsi_device *dev;

	if (!m || !config || !out || !config->parent || config->parent->m != m ||
	    !makes_sense(&config->messages_as))
		return UMSI_EINVAL;
	dev = umsi_pool_get(m, &m->device_pool, sizeof(*dev));
	if (!dev)
		return UMSI_ENOMEM;
	dev->m = m;
	dev->parent = config->parent;
	dev->requester_id = config->requester_id;
	dev->node = config->node;
	dev->max_irqs = config->max_irqs;
	dev->messages_as = config->messages_as;
	dev->translation = NULL;
	dev->tables = NULL;
	dev->closing = false;
	dev->away = false;
	umsi_text_copy(dev->name, config->name, sizeof(dev->name));
	umsi_fetch_add32(&dev->parent->users, 1);
	link_device(dev);
	umsi_trace_point(m, UMSI_TRACE_DEVICE_ADD, dev->requester_id, 0);
	*out = dev;
	return UMSI_OK;
}

/* One table, or NULL; no table is made once closing is set. */
static struct umsi_table *any_table(struct umsi_device *dev)
{
	struct umsi_table *t;

	umsi_device_lock(dev);
	dev->closing = true;
	t = dev->tables;
	umsi_device_unlock(dev);
	return t;
}

int umsi_device_remove(struct umsi_device *dev)
{
	struct umsi_table *t;
	struct umsi *m;

	if (!dev)
		return UMSI_EINVAL;
	m = dev->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	/* A table that another thread is destroying leaves the list when it is done. */
	while ((t = any_table(dev)))
		if (umsi_table_destroy(t) == UMSI_ENOENT)
			umsi_host_relax(m->host);

	umsi_trace_point(m, UMSI_TRACE_DEVICE_REMOVE, dev->requester_id, 0);
	umsi_fetch_add32(&dev->parent->users, UINT32_MAX);
	unlink_device(dev);
	umsi_pool_put(m, &m->device_pool, dev);
	return UMSI_OK;
}
