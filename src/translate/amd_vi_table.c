/* SPDX-License-Identifier: MIT */
/*
 * Which entries the messages of a requester id use. A device whose messages
 * carry an id of their own has a table of its own; those that share an id share
 * the table it selects, and it goes with the last of them.
 * Source: AMD IOMMU Specification, "Device Table Entry Format", "Interrupt
 * Remapping Tables", "INVALIDATE_DEVTAB_ENTRY".
 */
#include "msi/device.h"
#include "translate/amd_vi.h"

#define ENTRIES_MIN	32u
#define ENTRIES_USUAL	512u
#define ENTRIES_MAX	2048u
#define TABLE_ALIGN	128u

/* ---- Senders: the requester ids that a device's messages may carry ---- */

struct senders {
	uint16_t id[8 + 1];
	uint32_t count;
	uint16_t key;
	bool shared;		/* others may come that use the same table */
};

/* Phantom functions: any value of the upper bits of the function number. */
static void add_self(struct senders *s, uint16_t id, uint32_t phantom_bits)
{
	uint32_t step = 8u >> phantom_bits;

	for (uint32_t f = id % step; f < 8; f += step)
		s->id[s->count++] = (uint16_t)((id & ~7u) | (phantom_bits ? f : id & 7u));
}

static struct senders senders_of(const struct umsi_device *dev)
{
	const struct umsi_requester *as = &dev->messages_as;
	uint16_t own = (uint16_t)dev->requester_id;
	struct senders s = { .key = own };

	switch (as->kind) {
	case UMSI_REQUESTER_ALIAS:
		s.key = s.id[s.count++] = as->alias;
		s.shared = true;
		break;
	case UMSI_REQUESTER_BUSES:
		s.key = s.id[s.count++] = (uint16_t)(as->first_bus << 8);
		if (own != s.key)
			s.id[s.count++] = own;
		s.shared = true;
		break;
	default:
		add_self(&s, own, as->phantom_bits);
		break;
	}
	return s;
}

static struct umsi_amd_sender *find_sender(struct umsi_amd_table *t, uint16_t id)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (t->sender[i].requester_id == id)
			return &t->sender[i];
	return NULL;
}

/* The table that the id selects now. mutex held. */
static struct umsi_amd_table *table_of(struct umsi_amd_vi *v, uint16_t id)
{
	struct umsi_amd_table **bus = v->selected[id >> 8];

	return bus ? bus[id & 0xff] : NULL;
}

#define BUS_BYTES	(256 * sizeof(struct umsi_amd_table *))

/* UMSI_OK, UMSI_ENOMEM. */
static int make_bus(struct umsi_amd_vi *v, uint16_t id)
{
	if (!v->selected[id >> 8])
		v->selected[id >> 8] = umsi_host_alloc(v->unit.domain.m->host, BUS_BYTES);
	return v->selected[id >> 8] ? UMSI_OK : UMSI_ENOMEM;
}

void umsi_amd_selected_free(struct umsi_amd_vi *v)
{
	for (uint32_t bus = 0; bus < 256; bus++)
		if (v->selected[bus])
			umsi_host_free(v->unit.domain.m->host, v->selected[bus], BUS_BYTES);
}

static uint64_t word_of(const struct umsi_amd_table *t)
{
	return umsi_amd_dte_remap(t->t.bus, t->t.log2_size);
}

/* ---- Tables ---- */

static void free_table(struct umsi_amd_vi *v, struct umsi_amd_table *t)
{
	umsi_unit_table_end(&v->unit, &t->t, false);
	umsi_host_free(v->unit.domain.m->host, t, sizeof(*t));
}

static struct umsi_amd_table *new_table(struct umsi_amd_vi *v, uint16_t key, uint32_t size)
{
	void *host = v->unit.domain.m->host;
	struct umsi_amd_table *t = umsi_host_alloc(host, sizeof(*t));

	if (!t)
		return NULL;
	t->key = key;
	if (umsi_unit_table_make(&v->unit, &t->t, size, v->unit.wide ? 16 : 4, TABLE_ALIGN))
		return t;
	umsi_host_free(host, t, sizeof(*t));
	return NULL;
}

int umsi_amd_invalidate(struct umsi_unit *u, struct umsi_unit_table *table, uint32_t index, unsigned int order)
{
	const struct umsi_amd_table *t = (struct umsi_amd_table *)table;
	uint64_t command[AMD_SENDERS_MAX];
	uintptr_t state = umsi_lock(u->domain.m, &table->lock);
	uint32_t count = t->count;

	(void)index;
	(void)order;
	for (uint32_t i = 0; i < count; i++)
		command[i] = umsi_amd_invalidate_interrupts(t->sender[i].requester_id);
	umsi_unlock(u->domain.m, &table->lock, state);
	return umsi_unit_command(u, command, count);
}

/* ---- Attaching ---- */

/* It is listed before any message can use it, so that no invalidation misses it. */
static int add_sender(struct umsi_amd_vi *v, struct umsi_amd_table *t, uint16_t id)
{
	struct umsi_amd_sender *s = find_sender(t, id);
	uintptr_t state;

	if (s) {
		s->references++;
		return UMSI_OK;
	}
	if (t->count == AMD_SENDERS_MAX)
		return UMSI_ENOINDEX;
	v->selected[id >> 8][id & 0xff] = t;
	state = umsi_lock(v->unit.domain.m, &t->t.lock);
	t->sender[t->count++] = (struct umsi_amd_sender){ .requester_id = id, .references = 1 };
	umsi_unlock(v->unit.domain.m, &t->t.lock, state);
	return umsi_amd_select(v, id, word_of(t));
}

/* The last one's messages are blocked before it is no longer listed. */
static int drop_sender(struct umsi_amd_vi *v, struct umsi_amd_table *t, uint16_t id)
{
	struct umsi_amd_sender *s = find_sender(t, id);
	uintptr_t state;
	int status;

	if (--s->references)
		return UMSI_OK;
	status = umsi_amd_select(v, id, umsi_amd_dte_blocked());
	if (!status)
		status = umsi_amd_invalidate(&v->unit, &t->t, 0, 0);
	state = umsi_lock(v->unit.domain.m, &t->t.lock);
	*s = t->sender[--t->count];
	umsi_unlock(v->unit.domain.m, &t->t.lock, state);
	v->selected[id >> 8][id & 0xff] = NULL;
	return status;
}

static void unlink_table(struct umsi_amd_vi *v, struct umsi_amd_table *t)
{
	struct umsi_amd_table **at;

	for (at = &v->tables; *at != t; at = &(*at)->next)
		;
	*at = t->next;
}

/* @settled: the unit has confirmed that it reads the table no more; else its memory is lost. */
static void end_table(struct umsi_amd_vi *v, struct umsi_amd_table *t, int settled)
{
	unlink_table(v, t);
	v->lost += t->t.lost;
	if (settled == UMSI_OK)
		free_table(v, t);
	else
		umsi_unit_log(&v->unit, "kept the memory of a table it may still read: requester_id", t->key);
}

/* UMSI_ERANGE: beyond the device table. UMSI_EBUSY: a sender has another table already. UMSI_ENOMEM. */
static int check_senders(struct umsi_amd_vi *v, const struct senders *s, const struct umsi_amd_table *t)
{
	for (uint32_t i = 0; i < s->count; i++) {
		const struct umsi_amd_table *other = table_of(v, s->id[i]);

		/* Its entry would be outside. */
		if (s->id[i] >= v->devices)
			return UMSI_ERANGE;
		if (other && other != t)
			return UMSI_EBUSY;
		if (make_bus(v, s->id[i]))
			return UMSI_ENOMEM;
	}
	return UMSI_OK;
}

static int add_senders(struct umsi_amd_vi *v, struct umsi_amd_table *t, const struct senders *s)
{
	int status = UMSI_OK, settled = UMSI_OK;
	uint32_t added = 0;

	while (!status && added < s->count) {
		status = add_sender(v, t, s->id[added]);
		added += status != UMSI_ENOINDEX;
	}
	if (!status) {
		t->references++;
		return UMSI_OK;
	}
	while (added)
		if (drop_sender(v, t, s->id[--added]))
			settled = UMSI_ETIMEOUT;
	if (!t->references)
		end_table(v, t, settled);
	return status;
}

/* A logical function has its owner's table, whoever of them comes first. */
static uint32_t size_of(const struct umsi_device *dev, const struct senders *s, uint32_t indices)
{
	uint32_t size = dev->max_irqs > indices ? dev->max_irqs : indices;

	if (dev->owner && size < dev->owner->max_irqs)
		size = dev->owner->max_irqs;
	if ((s->shared || dev->owner) && size < ENTRIES_USUAL)
		return ENTRIES_USUAL;
	return size < ENTRIES_MIN ? ENTRIES_MIN : size;
}

static int attach(struct umsi_amd_vi *v, struct umsi_device *dev, uint32_t indices)
{
	struct senders s = senders_of(dev);
	struct umsi_amd_table *t = table_of(v, s.key);
	uint32_t size = size_of(dev, &s, indices);
	int status = check_senders(v, &s, t);

	if (status)
		return status;
	if (!t) {
		if (size > (v->has_2k ? ENTRIES_MAX : ENTRIES_USUAL))
			return UMSI_ENOINDEX;
		t = new_table(v, s.key, size);
		if (!t)
			return UMSI_ENOMEM;
		t->next = v->tables;
		v->tables = t;
	}
	status = add_senders(v, t, &s);
	if (!status)
		dev->translation = t;
	return status;
}

int umsi_amd_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of((struct umsi_unit *)d);
	int status;

	umsi_host_mutex_lock(d->m->host, &v->mutex);
	status = attach(v, dev, size);
	umsi_host_mutex_unlock(d->m->host, &v->mutex);
	return status;
}

void umsi_amd_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of((struct umsi_unit *)d);
	struct umsi_amd_table *t = dev->translation;
	struct senders s = senders_of(dev);
	int settled = UMSI_OK;

	(void)size;
	umsi_host_mutex_lock(d->m->host, &v->mutex);
	for (uint32_t i = 0; i < s.count; i++)
		if (drop_sender(v, t, s.id[i]))
			settled = UMSI_ETIMEOUT;
	if (!--t->references) {
		dev->translation = NULL;
		end_table(v, t, settled);
	}
	umsi_host_mutex_unlock(d->m->host, &v->mutex);
}
