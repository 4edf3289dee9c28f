/* SPDX-License-Identifier: MIT */
/*
 * DeviceIDs and their tables of events (ITTs): made for the first table of the
 * first function that comes under one, gone with the last of the last.
 *
 * A function with phantom functions has several DeviceIDs. Each has an ITT of
 * its own, because those of two must not overlap in memory; one event number
 * leads to the same LPI and collection in all of them.
 * Source: IHI 0069, "Interrupt translation table".
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

size_t umsi_its_mapped_bytes(uint32_t event_bits)
{
	return event_bits > 5 ? (size_t)1 << (event_bits - 3) : sizeof(uint32_t);
}

/* The record, its free events, its mapped ones. */
static size_t device_bytes(uint32_t event_bits)
{
	return sizeof(struct umsi_its_device) + umsi_ids_bytes(UINT32_C(1) << event_bits) + umsi_its_mapped_bytes(event_bits);
}

static size_t itts_bytes(const struct umsi_its_device *dev)
{
	return dev->itt_bytes * dev->ids;
}

/* The ITS reads its table no more, or nothing but its own memory is given back. */
static void free_device(struct umsi_its *its, struct umsi_its_device *dev, bool with_itt)
{
	struct umsi *m = its->domain.m;

	if (dev->itt && with_itt)
		umsi_host_dma_free(m->host, dev->itt, itts_bytes(dev), ITS_ITT_ALIGN);
	umsi_host_free(m->host, dev, device_bytes(dev->event_bits));
}

/* A message has one address, whichever of its numbers the function sends it with. */
static int map_doorbell(struct umsi_its *its, const struct umsi_its_ids *ids, uint64_t *out)
{
	uint64_t phys = its->phys + GITS_TRANSLATER, iova;
	int status = UMSI_OK;

	*out = phys;
	for (uint32_t i = 0; its->map_doorbell && i < ids->count && !status; i++) {
		status = its->map_doorbell(its->domain.m->host, ids->requester_id[i], phys, &iova);
		if (!status && i && iova != *out)
			status = UMSI_ENOTSUP;
		*out = iova;
	}
	return status;
}

/* MAPD, with a wait: what is in the old table's memory is no longer looked at. */
static int map_device(struct umsi_its *its, struct umsi_its_device *dev, bool valid)
{
	struct umsi_its_batch b;
	uint64_t target;

	umsi_its_begin(&b, dev);
	for (uint32_t i = 0; i < dev->ids; i++)
		umsi_its_add(&b, valid ? umsi_its_mapd(dev->id[i], dev->itt_bus + i * dev->itt_bytes, dev->event_bits)
				       : umsi_its_unmapd(dev->id[i]));
	if (umsi_its_any_target(its, &target))
		umsi_its_add(&b, umsi_its_sync(target));
	return umsi_its_execute(its, &b, UMSI_CPU_NONE, 0);
}

static struct umsi_its_device *new_device(struct umsi_its *its, const struct umsi_its_ids *ids, uint32_t event_bits)
{
	struct umsi *m = its->domain.m;
	struct umsi_its_device *dev = umsi_host_alloc(m->host, device_bytes(event_bits));

	if (!dev)
		return NULL;
	dev->ids = ids->count;
	for (uint32_t i = 0; i < ids->count; i++)
		dev->id[i] = ids->id[i];
	dev->event_bits = event_bits;
	dev->itt_bytes = (size_t)its->entry_bytes << event_bits;
	if (ids->count > 1)
		dev->itt_bytes = (dev->itt_bytes + ITS_ITT_ALIGN - 1) & ~(size_t)(ITS_ITT_ALIGN - 1);
	umsi_ids_init(&dev->events, dev + 1, UINT32_C(1) << event_bits);
	dev->mapped = (uint32_t *)((char *)(dev + 1) + umsi_ids_bytes(UINT32_C(1) << event_bits));
	dev->itt = umsi_host_dma_alloc(m->host, itts_bytes(dev), ITS_ITT_ALIGN, &dev->itt_bus);
	if (dev->itt)
		return dev;
	free_device(its, dev, true);
	return NULL;
}

static void list_device(struct umsi_its *its, struct umsi_its_device *dev)
{
	dev->next = its->devices;
	its->devices = dev;
	umsi_fetch_add32(&its->device_count, dev->ids);
	umsi_fetch_add32(&its->event_room, UINT32_C(1) << dev->event_bits);
}

static void unlist_device(struct umsi_its *its, struct umsi_its_device *dev)
{
	struct umsi_its_device **at;

	for (at = &its->devices; *at != dev; at = &(*at)->next)
		;
	*at = dev->next;
	umsi_fetch_add32(&its->device_count, -dev->ids);
	umsi_fetch_add32(&its->event_room, -(UINT32_C(1) << dev->event_bits));
	umsi_fetch_add32(&its->event_count, -dev->spoilt);
}

/* Whatever failed, a table the ITS may have taken is not given back until it has come to rest. */
static void strand(struct umsi_its *its, struct umsi_its_device *dev)
{
	dev->next = its->stranded;
	its->stranded = dev;
}

/* What the ITS had written there is nothing it may find. */
int umsi_its_devices_again(struct umsi_its *its)
{
	int status = UMSI_OK;

	for (struct umsi_its_device *dev = its->devices; dev && !status; dev = dev->next) {
		__builtin_memset(dev->itt, 0, itts_bytes(dev));
		umsi_its_clean(its, dev->itt, itts_bytes(dev));
		status = map_device(its, dev, true);
	}
	return status;
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

static int reach_all(struct umsi_its *its, const struct umsi_its_ids *ids)
{
	int status = UMSI_OK;

	for (uint32_t i = 0; i < ids->count && !status; i++)
		status = umsi_its_table_reach(its, &its->devices_table, ids->id[i]);
	return status;
}

static int make_device(struct umsi_its *its, const struct umsi_its_ids *ids, uint32_t events,
		       struct umsi_its_device **out)
{
	struct umsi_its_device *dev;
	uint32_t bits = bits_for(events);
	int status;

	if (bits > its->event_bits)
		return UMSI_ENOINDEX;
	status = reach_all(its, ids);
	if (status)
		return status;
	dev = new_device(its, ids, bits);
	if (!dev)
		return UMSI_ENOMEM;
	status = map_doorbell(its, ids, &dev->doorbell);
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

static bool is_of(const struct umsi_its_device *dev, const struct umsi_its_ids *ids)
{
	for (uint32_t i = 0; i < dev->ids; i++)
		for (uint32_t n = 0; n < ids->count; n++)
			if (dev->id[i] == ids->id[n])
				return true;
	return false;
}

/* UMSI_EEXIST: some of these DeviceIDs are another's, or not all of one's: phantom functions that are real. */
static int find_device(const struct umsi_its *its, const struct umsi_its_ids *ids, struct umsi_its_device **out)
{
	struct umsi_its_device *dev = its->devices;

	while (dev && !is_of(dev, ids))
		dev = dev->next;
	*out = dev;
	return dev && (dev->ids != ids->count || dev->id[0] != ids->id[0]) ? UMSI_EEXIST : UMSI_OK;
}

static uint32_t with_reserve(const struct umsi_its *its, uint32_t events, bool shared)
{
	return shared && events < its->shared_events ? its->shared_events : events;
}

/* As many as it has room for; of a logical function as many as its owner has, who counts those of its functions. */
static uint32_t room_for(const struct umsi_device *dev, uint32_t size)
{
	uint32_t own = dev->max_irqs ? dev->max_irqs : size;

	return dev->owner && dev->owner->max_irqs > own ? dev->owner->max_irqs : own;
}

/* A DeviceID with room for @events more; one that is made has room for @most. */
static int get_shared(struct umsi_its *its, const struct umsi_device *dev, uint32_t events, uint32_t most,
		      struct umsi_its_device **out)
{
	struct umsi_its_device *found;
	struct umsi_its_ids ids;
	int status;

	umsi_its_ids(its, dev, &ids);
	status = find_device(its, &ids, &found);
	if (status)
		return status;
	if (found && found->committed + events > UINT32_C(1) << found->event_bits)
		return UMSI_ENOINDEX;
	if (!found) {
		status = make_device(its, &ids, with_reserve(its, most, ids.shared || dev->owner), &found);
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
	/* A function's events are among its owner's. */
	user->committed = dev->owner ? 0 : room_for(dev, size);
	status = get_shared(its, dev, user->committed, room_for(dev, size), &user->shared);
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
