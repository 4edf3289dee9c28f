/* SPDX-License-Identifier: MIT */
/*
 * Remapping entries as a translator. In flight at each change:
 *
 *   entry made present   nothing: no store has its handle yet
 *   entry moved          messages let through by the old contents, or by the
 *                        unit's copy of them: to (A,a), owned until the
 *                        invalidation's wait has returned, and retiring after it
 *   entry cleared        the same, until the wait; then whatever the device
 *                        still sends is blocked and recorded
 *
 * The half with vector and destination is one 64-bit word, so a move is one
 * store. The half that says who may use the entry is written first, or both at
 * once: an entry is never present without it.
 *
 * Source: Intel VT-d, "Interrupt Remapping Table", "Interrupt Entry Cache",
 * "Interrupt Requests in Remappable Format", "Source-id verification".
 */
#include "codec/lapic.h"
#include "core/block.h"
#include "msi/device.h"
#include "translate/vtd.h"
#include "umsi_wide.h"

static unsigned int order_of(const struct umsi_group *g)
{
	unsigned int order = 0;

	while (UINT32_C(1) << order < g->count)
		order++;
	return order;
}

/* ---- Places ---- */

static int vtd_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_vtd *v = umsi_vtd_of(d);
	struct umsi_group g = umsi_group_of(&r);
	unsigned int order = order_of(&g);
	uintptr_t state;
	uint32_t index;

	(void)where;
	if (order > umsi_vtd_handle_order_max(v->ecap))
		return UMSI_ENOTSUP;
	state = umsi_lock(d->m, &v->lock);
	index = umsi_ids_take_block(&v->ids, order);
	umsi_unlock(d->m, &v->lock, state);
	if (index == UMSI_IDS_NONE)
		return UMSI_ENOINDEX;
	for (uint32_t i = 0; i < g.count; i++)
		g.member[i]->entry = index + i;
	return UMSI_OK;
}

static bool is_stale_locked(const struct umsi_vtd *v, uint32_t index)
{
	return v->stale[index / 64] >> index % 64 & 1;
}

static bool is_stale(struct umsi_vtd *v, uint32_t index)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	bool stale = is_stale_locked(v, index);

	umsi_unlock(v->domain.m, &v->lock, state);
	return stale;
}

/* The invalidation of each was waited for, when it was cleared. */
static void vtd_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_vtd *v = umsi_vtd_of(d);
	struct umsi_group g = umsi_group_of(&r);
	uintptr_t state = umsi_lock(d->m, &v->lock);

	(void)settled;
	for (uint32_t i = 0; i < g.count; i++) {
		if (is_stale_locked(v, g.member[i]->entry))
			v->lost++;
		else
			umsi_ids_give(&v->ids, g.member[i]->entry);
	}
	umsi_unlock(d->m, &v->lock, state);
}

/* ---- Entries ---- */

/* UMSI_ENOTSUP: an id that the entries of this unit cannot hold. */
static int low_of(const struct umsi_vtd *v, const struct umsi_record *r, const struct umsi_msg *msg,
		  uint32_t member, uint64_t *low)
{
	uint32_t id = umsi_lapic_message_id(msg);

	if (!v->eim && id > 0xff)
		return UMSI_ENOTSUP;
	*low = umsi_vtd_irte_low(id, umsi_lapic_message_vector(msg) + member, umsi_record_is_level(r),
				 v->eim);
	return UMSI_OK;
}

static uint64_t high_of(const struct umsi_device *dev)
{
	const struct umsi_requester *as = &dev->messages_as;

	switch (as->kind) {
	case UMSI_REQUESTER_ALIAS:
		return umsi_vtd_irte_high(VTD_SOURCE_ID, as->alias, 0);
	case UMSI_REQUESTER_BUSES:
		return umsi_vtd_irte_high(VTD_SOURCE_BUSES, (uint16_t)(as->first_bus << 8 | as->last_bus), 0);
	default:
		return umsi_vtd_irte_high(VTD_SOURCE_ID, (uint16_t)dev->requester_id, as->phantom_bits);
	}
}

static void write_back(struct umsi_vtd *v, const struct umsi_irte *e, uint32_t count)
{
	if (!(v->ecap & VTD_ECAP_C))
		umsi_host_cache_clean(v->domain.m->host, e, count * sizeof(*e));
}

/*
 * The entry is not present and the unit has no copy of it, unless it keeps
 * copies of such, too (CM): then it is invalidated like any other.
 */
static int make_present(struct umsi_vtd *v, uint32_t index, uint64_t low, uint64_t high)
{
	struct umsi_irte *e = &v->table[index];

	/* Both ways are seen when they return: the device may send as soon as its driver is told. */
	if (v->wide) {
		umsi_arch_store128(e, low, high);
	} else {
		umsi_store64(&e->high, high);
		write_back(v, e, 1);
		/* To a half that is 0: at once, for no device write need follow that would push a store out. */
		umsi_fetch_add64(&e->low, low);
	}
	write_back(v, e, 1);
	return v->cap & VTD_CAP_CM ? umsi_vtd_invalidate(v, index, 0) : UMSI_OK;
}

static void mark_stale(struct umsi_vtd *v, uint32_t index, bool stale)
{
	uintptr_t state = umsi_lock(v->domain.m, &v->lock);
	uint64_t bit = UINT64_C(1) << index % 64;

	v->stale[index / 64] = stale ? v->stale[index / 64] | bit : v->stale[index / 64] & ~bit;
	umsi_unlock(v->domain.m, &v->lock, state);
}

/* UMSI_ETIMEOUT: the unit may go on using what it remembers. */
static int make_absent(struct umsi_vtd *v, uint32_t index)
{
	struct umsi_irte *e = &v->table[index];
	int status;

	umsi_store64(&e->low, 0);
	write_back(v, e, 1);
	status = umsi_vtd_invalidate(v, index, 0);
	if (status || is_stale(v, index))
		mark_stale(v, index, status != UMSI_OK);
	if (status)
		return status;
	umsi_store64(&e->high, 0);
	write_back(v, e, 1);
	return UMSI_OK;
}

static int vtd_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_vtd *v = umsi_vtd_of(d);
	uint32_t member = r->entry - umsi_record_leader(r)->entry;
	struct umsi_msg msg;
	uint64_t low;
	int status;

	/* Its last invalidation was not confirmed: once more, now that it is wanted again. */
	status = is_stale(v, r->entry) ? make_absent(v, r->entry) : UMSI_OK;
	if (status)
		return status;
	d->parent->ops->compose(d->parent, r, &msg);
	status = low_of(v, r, &msg, member, &low);
	if (status)
		return status;
	status = make_present(v, r->entry, low, high_of(umsi_table_of(r->leaf)->dev));
	if (status)
		make_absent(v, r->entry);
	/* Before the store learns the handle. */
	umsi_barrier_publish_to_message();
	return status;
}

/* The store is closed and flushed. Anything else that is sent with this handle is blocked from here on. */
static int vtd_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	return make_absent(umsi_vtd_of(d), r->entry);
}

static void vtd_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	struct umsi_group g = umsi_group_of(&r);

	(void)d;
	out->address = umsi_vtd_address(g.member[0]->entry, g.count > 1);
	/* Of a single message nobody reads it, but an I/O APIC's end of interrupt finds its pin by it. */
	out->data = g.count > 1 ? 0 : g.member[0]->entry & 0xff;
}

/* ---- Moves ---- */

/*
 * Release: the vectors' table entries are visible before the unit, which reads
 * entries whenever it likes, can send to the new place.
 */
static void store_lows(struct umsi_vtd *v, const struct umsi_group *g, const uint64_t *low)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->member[i]->phase == UMSI_PHASE_ACTIVE)
			umsi_store64_release(&v->table[g->member[i]->entry].low, low[i]);
	write_back(v, &v->table[g->member[0]->entry], g->count);
}

/* Some member is active. If the unit does not answer, the entries are as before, as far as memory goes. */
static int vtd_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_vtd *v = umsi_vtd_of(d);
	struct umsi_group g = umsi_group_of(&r);
	uint64_t old[UMSI_BLOCK_MAX], low[UMSI_BLOCK_MAX] = { 0 };
	int status;

	for (uint32_t i = 0; i < g.count; i++) {
		status = low_of(v, g.member[i], &mv->message, i, &low[i]);
		if (status)
			return status;
		old[i] = umsi_load64(&v->table[g.member[i]->entry].low);
	}
	store_lows(v, &g, low);
	mv->told = true;
	status = umsi_vtd_invalidate(v, g.member[0]->entry, order_of(&g));
	if (status) {
		store_lows(v, &g, old);
		return status;
	}
	mv->settled = UMSI_OK;
	return UMSI_OK;
}

/* ---- Dumps ---- */

static void vtd_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	umsi_text_field(t, d->ops->number_name, r->entry);
}

static void vtd_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_vtd *v = umsi_vtd_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, "vtd");
	umsi_text_add(&t, " unit=");
	umsi_text_hex(&t, v->phys);
	umsi_text_field(&t, "entries", v->entries);
	umsi_text_field(&t, "used", v->entries - umsi_ids_free_count(&v->ids));
	umsi_text_field(&t, "lost", v->lost);
	umsi_text_field(&t, "invalidations", umsi_load64(&v->invalidations));
	umsi_text_field(&t, "timeouts", umsi_load64(&v->timeouts));
	umsi_text_field(&t, "faults", v->faults);
	line(arg, t.line);
}

static const struct umsi_controller_ops vtd_controller_ops = {
	.resume = UMSI_FOR_SLEEP(umsi_vtd_restore),
	.dump = UMSI_FOR_DUMPS(vtd_dump),
};

const struct umsi_domain_ops umsi_vtd_ops = {
	.name = "vtd",
	.number_name = "irte_index",
	.controller = &vtd_controller_ops,
	.reserve = vtd_reserve,
	.unreserve = vtd_unreserve,
	.activate = vtd_activate,
	.deactivate = vtd_deactivate,
	.compose = vtd_compose,
	.move_update = vtd_move_update,
	.dump_path = UMSI_FOR_DUMPS(vtd_dump_path),
};
