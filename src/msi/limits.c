/* SPDX-License-Identifier: MIT */
/*
 * Limits. While there are any, allocations and frees take turns (m->turns), so
 * that what each device has, and what is free, stand still while they are
 * compared. A slot that retires counts as free: an allocation waits for it.
 *
 * Callbacks run outside the turns. m->asking keeps a second round out;
 * m->called_back names the device whose callback runs, for who waits for its end.
 */
#include <umsi/limits.h>

#include "core/mask.h"
#include "msi/alloc.h"
#include "msi/device.h"

static void turns_lock(struct umsi *m)
{
	umsi_host_mutex_lock(m->host, &m->limits.turns);
}

static void turns_unlock(struct umsi *m)
{
	umsi_host_mutex_unlock(m->host, &m->limits.turns);
}

/* ---- How many; the turn is the caller's. ---- */

static uint32_t used_by(struct umsi_device *dev)
{
	uint32_t n = 0;

	umsi_device_lock(dev);
	for (struct umsi_table *t = dev->tables; t; t = t->next)
		n += t->map.count;
	umsi_device_unlock(dev);
	return n;
}

/* What it still has to come. */
static uint32_t owed_to(struct umsi_device *dev)
{
	uint32_t used = used_by(dev);

	return used < dev->limits.least ? dev->limits.least - used : 0;
}

static uint64_t owed_to_others(struct umsi_device *but)
{
	uint64_t n = 0;

	for (struct umsi_device *dev = but->m->limits.devices; dev; dev = dev->next_limited)
		if (dev != but && umsi_domain_root(dev->parent) == umsi_domain_root(but->parent))
			n += owed_to(dev);
	return n;
}

static uint64_t room(struct umsi_domain *d)
{
	const struct umsi_domain *root = umsi_domain_root(d);

	return root->ops->room ? root->ops->room(umsi_domain_root(d)) : UINT64_MAX;
}

/* Those with a slot on every CPU cost as many. */
static uint64_t slots_for(const struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count)
{
	uint64_t n = 0;

	if ((at->kind != UMSI_IRQ_ROAMING && at->kind != UMSI_IRQ_MANAGED) || at->affinity.kind == UMSI_AFFINITY_CPU)
		return count;
	if (at->affinity.kind != UMSI_AFFINITY_SET)
		return t->dev->m->ncpus;
	for (uint32_t w = 0; w < (at->affinity.set.nbits + 63) / 64; w++)
		for (uint64_t left = at->affinity.set.bits[w]; left; left &= left - 1)
			n++;
	return n;
}

static int admit(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count)
{
	struct umsi_device *dev = t->dev;
	uint32_t most = dev->limits.most, owed = owed_to(dev);
	uint64_t slots = slots_for(t, at, count);

	if (most && used_by(dev) + (uint64_t)count > most)
		return UMSI_ELIMIT;
	/* What it was promised is there. */
	if (slots <= owed)
		return UMSI_OK;
	return room(&t->domain) >= slots + (owed > count ? owed - count : 0) + owed_to_others(dev) ? UMSI_OK : UMSI_ENOSLOT;
}

/* ---- Asking and offering ---- */

/* The turn goes, and comes back. */
static void call(struct umsi_device *dev, void (*back)(void *arg, uint32_t wanted), void (*offer)(void *arg),
		 uint32_t wanted)
{
	struct umsi *m = dev->m;
	void *arg = dev->limits.arg;

	m->limits.called_back = dev;
	turns_unlock(m);
	if (back)
		back(arg, wanted);
	else
		offer(arg);
	turns_lock(m);
	m->limits.called_back = NULL;
}

/* The one furthest above its least among those that were not asked yet, or NULL. */
static struct umsi_device *next_to_ask(struct umsi_device *but)
{
	struct umsi_device *best = NULL;
	uint32_t above, most = 0;

	for (struct umsi_device *dev = but->m->limits.devices; dev; dev = dev->next_limited) {
		if (dev == but || dev->asked || !dev->limits.give_back)
			continue;
		above = used_by(dev);
		above = above > dev->limits.least ? above - dev->limits.least : 0;
		if (above <= most)
			continue;
		best = dev;
		most = above;
	}
	return best;
}

static void begin_round(struct umsi *m)
{
	m->limits.asking = true;
	for (struct umsi_device *dev = m->limits.devices; dev; dev = dev->next_limited)
		dev->asked = false;
}

/* Asks one more. False: there is nobody left. */
static bool ask_one(struct umsi_device *but, uint32_t wanted)
{
	struct umsi_device *dev = next_to_ask(but);

	if (!dev)
		return false;
	dev->asked = true;
	dev->to_offer = true;
	call(dev, dev->limits.give_back, NULL, wanted);
	return true;
}

/* Is there room for it beyond what others have been promised? */
static bool can_offer(struct umsi_device *dev)
{
	return dev->to_offer && dev->limits.offer && room(dev->parent) > owed_to_others(dev);
}

static bool offer_one(struct umsi *m)
{
	struct umsi_device *dev = m->limits.devices;

	while (dev && !can_offer(dev))
		dev = dev->next_limited;
	if (!dev)
		return false;
	dev->to_offer = false;
	call(dev, NULL, dev->limits.offer, 0);
	return true;
}

static void offer_all(struct umsi *m)
{
	m->limits.asking = true;
	while (offer_one(m))
		;
	m->limits.asking = false;
	m->limits.pressed = false;
	for (struct umsi_device *dev = m->limits.devices; dev; dev = dev->next_limited)
		m->limits.pressed |= dev->to_offer && dev->limits.offer;
}

/* ---- What allocations and frees go through ---- */

struct wanted {
	struct umsi_table *table;
	const struct umsi_irq_request_at *at;
	uint32_t count;
	bool block;
	umsi_irq *out;
};

static int alloc_in_turn(const struct wanted *w)
{
	int status = admit(w->table, w->at, w->count);

	if (status)
		return status;
	return w->block ? umsi_alloc_block(w->table, w->at, w->count, w->out) : umsi_alloc_one(w->table, w->at, w->out);
}

static int ask_and_try(const struct wanted *w)
{
	struct umsi_device *dev = w->table->dev;
	struct umsi *m = dev->m;
	int status = UMSI_ENOSLOT;

	begin_round(m);
	m->limits.pressed = true;
	dev->to_offer = true;
	while (status == UMSI_ENOSLOT && ask_one(dev, w->count))
		status = alloc_in_turn(w);
	dev->to_offer = status == UMSI_ENOSLOT;
	m->limits.asking = false;
	return status;
}

static int limited_alloc(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count, bool block,
			 umsi_irq *out)
{
	const struct wanted w = { .table = t, .at = at, .count = count, .block = block, .out = out };
	struct umsi *m = t->dev->m;
	int status;

	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	turns_lock(m);
	status = alloc_in_turn(&w);
	if (status == UMSI_ENOSLOT && !m->limits.asking)
		status = ask_and_try(&w);
	turns_unlock(m);
	return status;
}

/* The table may be gone once the interrupt is. */
static int limited_end(struct umsi *m, struct umsi_table *t, struct umsi_record *r, uint32_t generation)
{
	int status;

	turns_lock(m);
	status = umsi_end_one(t, r, generation);
	if (!status && m->limits.pressed && !m->limits.asking)
		offer_all(m);
	turns_unlock(m);
	return status;
}

/* ---- Setting them ---- */

/* Off the list; its callbacks have ended. */
static void forget(struct umsi_device *dev)
{
	struct umsi *m = dev->m;
	struct umsi_device **at;

	for (at = &m->limits.devices; *at && *at != dev; at = &(*at)->next_limited)
		;
	if (*at)
		*at = dev->next_limited;
	dev->limits = (struct umsi_device_limits){ 0 };
	dev->to_offer = false;
	while (m->limits.called_back == dev) {
		turns_unlock(m);
		umsi_host_relax(m->host);
		turns_lock(m);
	}
}

static void limited_remove(struct umsi_device *dev)
{
	turns_lock(dev->m);
	forget(dev);
	turns_unlock(dev->m);
}

static const struct umsi_policy policy = {
	.alloc = limited_alloc,
	.end = limited_end,
	.remove = limited_remove,
};

static int check(struct umsi_device *dev, const struct umsi_device_limits *limits)
{
	uint32_t used;

	if (limits->most && limits->least > limits->most)
		return UMSI_ERANGE;
	if (!limits->least)
		return UMSI_OK;
	if (!umsi_domain_root(dev->parent)->ops->room)
		return UMSI_ENOTSUP;
	used = used_by(dev);
	if (limits->least > used && room(dev->parent) < limits->least - used + owed_to_others(dev))
		return UMSI_ENOSLOT;
	return UMSI_OK;
}

int umsi_device_set_limits(struct umsi_device *dev, const struct umsi_device_limits *limits)
{
	struct umsi *m;
	int status;

	if (!dev)
		return UMSI_EINVAL;
	m = dev->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	turns_lock(m);
	/* From here on nobody allocates out of turn; who is doing so took no promise into account, and there was none. */
	umsi_store_ptr_release(&m->limits.policy, (void *)&policy);
	status = limits ? check(dev, limits) : UMSI_OK;
	if (!status)
		forget(dev);
	if (!status && limits) {
		dev->limits = *limits;
		dev->next_limited = m->limits.devices;
		m->limits.devices = dev;
	}
	turns_unlock(m);
	return status;
}
