/* SPDX-License-Identifier: MIT */
/*
 * Entries of remapping tables as a translator. In flight at each change:
 *
 *   entry made present   nothing: no store has its index yet
 *   entry moved          messages let through by the old contents, or by the
 *                        unit's copy of them: to (A,a), owned until the
 *                        invalidation's wait has returned, and retiring after it
 *   entry cleared        the same, until the wait; then whatever the device
 *                        still sends is blocked and recorded
 */
#include "codec/lapic.h"
#include "core/block.h"
#include "msi/device.h"
#include "translate/unit.h"

static struct umsi_unit *unit_of(struct umsi_domain *d)
{
	return (struct umsi_unit *)d;
}

static struct umsi_unit_table *table_of(const struct umsi_unit *u, const struct umsi_record *r)
{
	return u->table ? u->table : umsi_table_of(r->leaf)->dev->translation;
}

/* ---- Tables ---- */

static size_t ids_bytes(const struct umsi_unit_table *t)
{
	return umsi_ids_bytes(t->size) + (t->size + 63) / 64 * sizeof(uint64_t);
}

bool umsi_unit_table_make(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t size, size_t entry_bytes,
			  size_t align)
{
	void *host = u->domain.m->host;

	while (UINT32_C(1) << t->log2_size < size)
		t->log2_size++;
	t->size = UINT32_C(1) << t->log2_size;
	t->bytes = t->size * entry_bytes;
	t->align = align;
	t->at = umsi_host_dma_alloc(host, t->bytes, align, &t->bus);
	t->ids_memory = umsi_host_alloc(host, ids_bytes(t));
	if (!t->at || !t->ids_memory) {
		umsi_unit_table_end(u, t, false);
		return false;
	}
	umsi_ids_init(&t->ids, t->ids_memory, t->size);
	t->stale = (uint64_t *)((char *)t->ids_memory + umsi_ids_bytes(t->size));
	return true;
}

void umsi_unit_table_end(struct umsi_unit *u, struct umsi_unit_table *t, bool read)
{
	void *host = u->domain.m->host;

	if (t->at && !read)
		umsi_host_dma_free(host, t->at, t->bytes, t->align);
	if (t->ids_memory)
		umsi_host_free(host, t->ids_memory, ids_bytes(t));
}

void umsi_unit_table_count(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t *entries, uint32_t *used,
			   uint32_t *lost)
{
	uintptr_t state = umsi_lock(u->domain.m, &t->lock);

	*entries += t->size;
	*used += t->size - umsi_ids_free_count(&t->ids);
	*lost += t->lost;
	umsi_unlock(u->domain.m, &t->lock, state);
}

/* ---- Places ---- */

static unsigned int order_of(const struct umsi_group *g)
{
	unsigned int order = 0;

	while (UINT32_C(1) << order < g->count)
		order++;
	return order;
}

/* The lowest that fits: an I/O APIC's index is in two fields, of which the low one is worth eight bits. */
int umsi_unit_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_unit_table *t = table_of(unit_of(d), r);
	struct umsi_group g = umsi_group_of(&r);
	unsigned int order = order_of(&g);
	uintptr_t state;
	uint32_t index;

	(void)where;
	if (order > unit_of(d)->order_max)
		return UMSI_ENOTSUP;
	state = umsi_lock(d->m, &t->lock);
	index = order ? umsi_ids_take_block(&t->ids, order) : umsi_ids_take(&t->ids);
	umsi_unlock(d->m, &t->lock, state);
	if (index == UMSI_IDS_NONE)
		return UMSI_ENOINDEX;
	for (uint32_t i = 0; i < g.count; i++)
		g.member[i]->entry = index + i;
	return UMSI_OK;
}

static bool is_stale_locked(const struct umsi_unit_table *t, uint32_t index)
{
	return t->stale[index / 64] >> index % 64 & 1;
}

/* The invalidation of each was waited for, when it was cleared. */
void umsi_unit_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_unit_table *t = table_of(unit_of(d), r);
	struct umsi_group g = umsi_group_of(&r);
	uintptr_t state = umsi_lock(d->m, &t->lock);

	(void)settled;
	for (uint32_t i = 0; i < g.count; i++) {
		if (is_stale_locked(t, g.member[i]->entry))
			t->lost++;
		else
			umsi_ids_give(&t->ids, g.member[i]->entry);
	}
	umsi_unlock(d->m, &t->lock, state);
}

/* ---- Entries ---- */

static bool is_stale(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index)
{
	uintptr_t state = umsi_lock(u->domain.m, &t->lock);
	bool stale = is_stale_locked(t, index);

	umsi_unlock(u->domain.m, &t->lock, state);
	return stale;
}

static void mark_stale(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index, bool stale)
{
	uintptr_t state = umsi_lock(u->domain.m, &t->lock);
	uint64_t bit = UINT64_C(1) << index % 64;

	t->stale[index / 64] = stale ? t->stale[index / 64] | bit : t->stale[index / 64] & ~bit;
	umsi_unlock(u->domain.m, &t->lock, state);
}

/* UMSI_ETIMEOUT: the unit may go on using what it remembers. */
static int make_absent(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index)
{
	int status;

	u->kind->exchange(u, t, index, (struct umsi_unit_entry){ 0 });
	status = u->kind->invalidate(u, t, index, 0);
	mark_stale(u, t, index, status != UMSI_OK);
	return status;
}

/* UMSI_ENOTSUP: an id that the entries of this unit cannot hold. */
static int check_id(const struct umsi_unit *u, const struct umsi_msg *msg)
{
	return !u->x2apic && umsi_lapic_message_id(msg) > 0xff ? UMSI_ENOTSUP : UMSI_OK;
}

static struct umsi_unit_entry encode(const struct umsi_unit *u, const struct umsi_record *r,
				     const struct umsi_msg *msg, uint32_t member)
{
	return u->kind->encode(u, r, umsi_lapic_message_id(msg), umsi_lapic_message_vector(msg) + member);
}

int umsi_unit_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_unit *u = unit_of(d);
	struct umsi_unit_table *t = table_of(u, r);
	struct umsi_msg msg;
	int status;

	/* Its last invalidation was not confirmed: once more, now that it is wanted again. */
	status = is_stale(u, t, r->entry) ? make_absent(u, t, r->entry) : UMSI_OK;
	if (status)
		return status;
	d->parent->ops->compose(d->parent, r, &msg);
	status = check_id(u, &msg);
	if (status)
		return status;
	u->kind->exchange(u, t, r->entry, encode(u, r, &msg, r->entry - umsi_record_leader(r)->entry));
	if (u->remembers_none)
		status = u->kind->invalidate(u, t, r->entry, 0);
	if (status)
		make_absent(u, t, r->entry);
	/* Before the store learns the index. */
	umsi_barrier_publish_to_message();
	return status;
}

/* The store is closed and flushed. Anything else that is sent with this index is blocked from here on. */
int umsi_unit_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	return make_absent(unit_of(d), table_of(unit_of(d), r), r->entry);
}

/* ---- Moves ---- */

/* Each that is active has the entry of its place, and its old one is there afterwards. */
static void exchange_all(struct umsi_unit *u, struct umsi_unit_table *t, const struct umsi_group *g,
			 struct umsi_unit_entry *entry)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->member[i]->phase == UMSI_PHASE_ACTIVE)
			entry[i] = u->kind->exchange(u, t, g->member[i]->entry, entry[i]);
}

/* Some member is active. If the unit does not answer, the entries are as before, as far as memory goes. */
int umsi_unit_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_unit *u = unit_of(d);
	struct umsi_unit_table *t = table_of(u, r);
	struct umsi_group g = umsi_group_of(&r);
	struct umsi_unit_entry entry[UMSI_BLOCK_MAX];
	int status = check_id(u, &mv->message);

	if (status)
		return status;
	for (uint32_t i = 0; i < g.count; i++)
		entry[i] = encode(u, g.member[i], &mv->message, i);
	exchange_all(u, t, &g, entry);
	mv->told = true;
	status = u->kind->invalidate(u, t, g.member[0]->entry, order_of(&g));
	if (status)
		exchange_all(u, t, &g, entry);
	else
		mv->settled = UMSI_OK;
	return status;
}

/* ---- Dumps ---- */

void umsi_unit_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	umsi_text_field(t, d->ops->number_name, r->entry);
}

void umsi_unit_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_unit *u = unit_of(d);
	struct umsi_unit_counts n = umsi_unit_count(u);
	uint32_t entries = 0, used = 0, lost = 0;
	struct umsi_text t;

	umsi_text_begin(&t, d->ops->name);
	umsi_text_add(&t, " unit=");
	umsi_text_hex(&t, u->phys);
	if (u->table) {
		umsi_unit_table_count(u, u->table, &entries, &used, &lost);
		umsi_text_field(&t, "entries", entries);
		umsi_text_field(&t, "used", used);
		umsi_text_field(&t, "lost", lost);
	} else {
		umsi_text_field(&t, "entry_bits", u->wide ? 128 : 32);
	}
	umsi_text_field(&t, "invalidations", n.invalidations);
	umsi_text_field(&t, "timeouts", n.timeouts);
	umsi_text_field(&t, u->kind->events, n.events);
	line(arg, t.line);
}
