/* SPDX-License-Identifier: MIT */
/*
 * DeviceIDs and their tables of events (ITTs): made for the first table of the
 * first function that comes under one, gone with the last of the last.
 */
#include "translate/its.h"
#include "umsi_arch.h"

#define EVENT_BITS_MIN	1u	/* MAPD's size field cannot say less than two events */

/* The next power of two; what the table is made for is what MAPD says. */
static uint32_t bits_for(uint32_t events)
{
	uint32_t bits = EVENT_BITS_MIN;

	while (UINT64_C(1) << bits < events)
		bits++;
	return bits;
}

static size_t device_bytes(uint32_t event_bits)
{
	return sizeof(struct umsi_its_device) + umsi_ids_bytes(UINT32_C(1) << event_bits);
}

/* The ITS reads its table no more, or nothing but its own memory is given back. */
static void free_device(struct umsi_its *its, struct umsi_its_device *dev, bool with_itt)
{
	struct umsi *m = its->domain.m;

	if (dev->itt && with_itt)
		umsi_host_dma_free(m->host, dev->itt, dev->itt_bytes, ITS_ITT_ALIGN);
	umsi_host_free(m->host, dev, device_bytes(dev->event_bits));
}

static int map_doorbell(struct umsi_its *its, uint32_t requester_id, uint64_t *out)
{
	*out = its->phys + GITS_TRANSLATER;
	return its->map_doorbell ? its->map_doorbell(its->domain.m->host, requester_id, *out, out) : UMSI_OK;
}

/* MAPD, with a wait: what is in the old table's memory is no longer looked at. */
static int map_device(struct umsi_its *its, struct umsi_its_device *dev, bool valid)
{
	struct umsi_its_batch b = { .count = 0 };
	uint64_t target;

	umsi_its_add(&b, valid ? umsi_its_mapd(dev->device_id, dev->itt_bus, dev->event_bits)
			       : umsi_its_unmapd(dev->device_id));
	if (umsi_its_any_target(its, &target))
		umsi_its_add(&b, umsi_its_sync(target));
	return umsi_its_execute(its, &b, UMSI_CPU_NONE, 0);
}

static struct umsi_its_device *new_device(struct umsi_its *its, uint32_t device_id, uint32_t event_bits)
{
	struct umsi *m = its->domain.m;
	struct umsi_its_device *dev = umsi_host_alloc(m->host, device_bytes(event_bits));

	if (!dev)
		return NULL;
	dev->device_id = device_id;
	dev->event_bits = event_bits;
	dev->itt_bytes = (size_t)its->entry_bytes << event_bits;
	umsi_ids_init(&dev->events, dev + 1, UINT32_C(1) << event_bits);
	dev->itt = umsi_host_dma_alloc(m->host, dev->itt_bytes, ITS_ITT_ALIGN, &dev->itt_bus);
	if (dev->itt)
		return dev;
	free_device(its, dev, true);
	return NULL;
}

static void list_device(struct umsi_its *its, struct umsi_its_device *dev)
{
	dev->next = its->devices;
	its->devices = dev;
	umsi_fetch_add32(&its->device_count, 1);
	umsi_fetch_add32(&its->event_room, UINT32_C(1) << dev->event_bits);
}

static void unlist_device(struct umsi_its *its, struct umsi_its_device *dev)
{
	struct umsi_its_device **at;

	for (at = &its->devices; *at != dev; at = &(*at)->next)
		;
	*at = dev->next;
	umsi_fetch_add32(&its->device_count, UINT32_MAX);
	umsi_fetch_add32(&its->event_room, -(UINT32_C(1) << dev->event_bits));
	umsi_fetch_add32(&its->event_count, -dev->spoilt);
}

/* Whatever failed, a table the ITS may have taken is not given back until it has come to rest. */
static void strand(struct umsi_its *its, struct umsi_its_device *dev)
{
	dev->next = its->stranded;
	its->stranded = dev;
}

void umsi_its_free_stranded(struct umsi_its *its, bool quiet)
{
	struct umsi_its_device *dev;

	while ((dev = its->stranded)) {
		its->stranded = dev->next;
		free_device(its, dev, quiet);
	}
}

static void drop_device(struct umsi_its *its, struct umsi_its_device *dev)
{
	if (map_device(its, dev, false))
		strand(its, dev);
	else
		free_device(its, dev, true);
}

static int make_device(struct umsi_its *its, uint32_t device_id, uint32_t requester_id, uint32_t events,
		       struct umsi_its_device **out)
{
	struct umsi_its_device *dev;
	uint32_t bits = bits_for(events);
	int status;

	if (bits > its->event_bits)
		return UMSI_ENOINDEX;
	status = umsi_its_table_reach(its, &its->devices_table, device_id);
	if (status)
		return status;
	dev = new_device(its, device_id, bits);
	if (!dev)
		return UMSI_ENOMEM;
	status = map_doorbell(its, requester_id, &dev->doorbell);
	if (status) {
		free_device(its, dev, true);
		return status;
	}
	status = map_device(its, dev, true);
	if (status) {
		drop_device(its, dev);
		return status;
	}
	list_device(its, dev);
	*out = dev;
	return UMSI_OK;
}

static struct umsi_its_device *find_device(const struct umsi_its *its, uint32_t device_id)
{
	struct umsi_its_device *dev = its->devices;

	while (dev && dev->device_id != device_id)
		dev = dev->next;
	return dev;
}

static uint32_t with_reserve(const struct umsi_its *its, uint32_t events, bool shared)
{
	return shared && events < its->shared_events ? its->shared_events : events;
}

/* A DeviceID with room for @events more. */
static int get_shared(struct umsi_its *its, const struct umsi_device *dev, uint32_t events,
		      struct umsi_its_device **out)
{
	struct umsi_its_device *found;
	bool shared;
	uint32_t id;
	int status = umsi_its_device_id(its, dev, &id, &shared);

	if (status)
		return status;
	found = find_device(its, id);
	if (found && found->committed + events > UINT32_C(1) << found->event_bits)
		return UMSI_ENOINDEX;
	if (!found) {
		status = make_device(its, id, dev->requester_id, with_reserve(its, events, shared), &found);
		if (status)
			return status;
	}
	found->users++;
	found->committed += events;
	*out = found;
	return UMSI_OK;
}

static void put_shared(struct umsi_its *its, struct umsi_its_device *shared, uint32_t events)
{
	shared->committed -= events;
	if (--shared->users)
		return;
	unlist_device(its, shared);
	drop_device(its, shared);
}

static int attach_locked(struct umsi_its *its, struct umsi_device *dev, uint32_t size)
{
	struct umsi_its_user *user = dev->translation;
	struct umsi *m = its->domain.m;
	int status;

	if (user) {
		user->tables++;
		return UMSI_OK;
	}
	user = umsi_host_alloc(m->host, sizeof(*user));
	if (!user)
		return UMSI_ENOMEM;
	user->tables = 1;
	user->committed = dev->max_irqs ? dev->max_irqs : size;
	status = get_shared(its, dev, user->committed, &user->shared);
	if (status) {
		umsi_host_free(m->host, user, sizeof(*user));
		return status;
	}
	dev->translation = user;
	return UMSI_OK;
}

int umsi_its_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct umsi_its *its = umsi_its_of(d);
	int status;

	umsi_host_mutex_lock(d->m->host, &its->mutex);
	status = attach_locked(its, dev, size);
	umsi_host_mutex_unlock(d->m->host, &its->mutex);
	return status;
}

void umsi_its_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct umsi_its *its = umsi_its_of(d);
	struct umsi_its_user *user = dev->translation;

	(void)size;
	umsi_host_mutex_lock(d->m->host, &its->mutex);
	if (!--user->tables) {
		dev->translation = NULL;
		put_shared(its, user->shared, user->committed);
		umsi_host_free(d->m->host, user, sizeof(*user));
	}
	umsi_host_mutex_unlock(d->m->host, &its->mutex);
}
