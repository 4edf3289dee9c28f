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

/* A function's messages are its owner's, and take its way. */
static void inherit(struct umsi_device *dev, struct umsi_device *owner)
{
	dev->owner = owner;
	dev->parent = owner->parent;
	dev->requester_id = owner->requester_id;
	dev->messages_as = owner->messages_as;
}

/* Against the owner's end: none joins once that has begun. */
static int join_owner(struct umsi_device *dev)
{
	struct umsi_device *owner = dev->owner;
	int status;

	if (!UMSI_HAS_FUNCTIONS || !owner)
		return UMSI_OK;
	umsi_device_lock(owner);
	status = owner->closing ? UMSI_ESTATE : UMSI_OK;
	if (!status) {
		dev->function = ++owner->last_function;
		dev->sibling = owner->functions;
		owner->functions = dev;
	}
	umsi_device_unlock(owner);
	return status;
}

/* Its owner may be revoking it at this moment. False: it is. */
static bool leave_owner(struct umsi_device *dev)
{
	struct umsi_device *owner = dev->owner;
	struct umsi_device **at;
	bool alone;

	umsi_device_lock(owner);
	alone = !dev->pins;
	for (at = &owner->functions; *at != dev; at = &(*at)->sibling)
		;
	if (alone)
		*at = dev->sibling;
	umsi_device_unlock(owner);
	return alone;
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

	int status;

	if (!m || !config || !out || !makes_sense(&config->messages_as))
		return UMSI_EINVAL;
	if (config->owner ? config->owner->m != m || config->owner->owner || config->parent
			  : !config->parent || config->parent->m != m)
		return UMSI_EINVAL;
	if (config->owner && !UMSI_HAS_FUNCTIONS)
		return UMSI_ENOTSUP;
	dev = umsi_pool_get(m, &m->device_pool, sizeof(*dev));
	if (!dev)
		return UMSI_ENOMEM;
	dev->m = m;
	dev->owner = NULL;
	dev->functions = NULL;
	dev->function = dev->last_function = 0;
	dev->pins = 0;
	dev->revoked = false;
	dev->parent = config->parent;
	dev->requester_id = config->requester_id;
	dev->node = config->node;
	dev->max_irqs = config->max_irqs;
	dev->messages_as = config->messages_as;
	dev->translation = NULL;
	dev->tables = NULL;
	dev->closing = false;
	dev->away = false;
	dev->limits = (struct umsi_device_limits){ 0 };
	dev->to_offer = false;
	umsi_text_copy(dev->name, config->name, sizeof(dev->name));
	if (UMSI_HAS_FUNCTIONS && config->owner)
		inherit(dev, config->owner);
	status = join_owner(dev);
	if (status) {
		umsi_pool_put(m, &m->device_pool, dev);
		return status;
	}
	umsi_fetch_add32(&dev->parent->users, 1);
	link_device(dev);
	umsi_trace_point(m, UMSI_TRACE_DEVICE_ADD, dev->requester_id, 0);
	*out = dev;
	return UMSI_OK;
}

/* From here on no function joins. False: there are some. */
static bool close_alone(struct umsi_device *dev)
{
	bool alone;

	umsi_device_lock(dev);
	alone = !dev->functions;
	if (alone)
		dev->closing = true;
	umsi_device_unlock(dev);
	return alone;
}

int umsi_device_remove(struct umsi_device *dev)
{
	struct umsi *m;

	if (!dev)
		return UMSI_EINVAL;
	m = dev->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	if (!close_alone(dev))
		return UMSI_EBUSY;
	umsi_tables_end(dev);
	if (umsi_policy(m))
		umsi_policy(m)->remove(dev);
	while (UMSI_HAS_FUNCTIONS && dev->owner && !leave_owner(dev))
		umsi_host_relax(m->host);
	umsi_tables_forget(dev);

	umsi_trace_point(m, UMSI_TRACE_DEVICE_REMOVE, dev->requester_id, 0);
	umsi_fetch_add32(&dev->parent->users, UINT32_MAX);
	unlink_device(dev);
	umsi_pool_put(m, &m->device_pool, dev);
	return UMSI_OK;
}

/* ---- Logical functions ---- */

umsi_function umsi_device_function(const struct umsi_device *dev)
{
	return dev ? dev->function : 0;
}

/* Held so that it cannot be removed. NULL: it is none of @owner's. */
static struct umsi_device *pin(struct umsi_device *owner, umsi_function function)
{
	struct umsi_device *at;

	umsi_device_lock(owner);
	for (at = owner->functions; at && at->function != function; at = at->sibling)
		;
	if (at)
		at->pins++;
	umsi_device_unlock(owner);
	return at;
}

static void unpin(struct umsi_device *owner, struct umsi_device *dev)
{
	umsi_device_lock(owner);
	dev->pins--;
	umsi_device_unlock(owner);
}

int umsi_device_revoke(struct umsi_device *owner, umsi_function function)
{
	struct umsi_device *dev;

	if (!owner)
		return UMSI_EINVAL;
	if (umsi_in_trap(owner->m))
		return UMSI_ECONTEXT;
	dev = pin(owner, function);
	if (!dev)
		return UMSI_ENOENT;
	umsi_device_lock(dev);
	dev->revoked = true;
	umsi_device_unlock(dev);
	umsi_tables_end(dev);
	unpin(owner, dev);
	return UMSI_OK;
}

int umsi_device_functions(struct umsi_device *owner, umsi_function_visit visit, void *arg)
{
	int n = 0;

	if (!owner || !visit)
		return UMSI_EINVAL;
	if (umsi_in_trap(owner->m))
		return UMSI_ECONTEXT;
	umsi_device_lock(owner);
	for (struct umsi_device *f = owner->functions; f; f = f->sibling, n++) {
		struct umsi_function_info info = { .function = f->function, .name = f->name, .revoked = f->revoked };

		umsi_device_lock(f);
		for (struct umsi_table *t = f->tables; t; t = t->next) {
			info.tables += !t->shell;
			info.irqs += t->map.count;
		}
		umsi_device_unlock(f);
		visit(arg, &info);
	}
	umsi_device_unlock(owner);
	return n;
}
