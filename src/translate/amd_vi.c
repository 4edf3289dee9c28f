/* SPDX-License-Identifier: MIT */
/*
 * Entries of remapping tables as a translator. In flight at each change: as in
 * vtd.c; the flush is INVALIDATE_INTERRUPT_TABLE for each requester id that
 * selects the table, with its COMPLETION_WAIT.
 *
 * An entry of 32 bits changes in one store. One of 128 bits has the vector in
 * one half and the destination in the other, so both are exchanged at once;
 * units are asked to use such entries only where the CPU can do that.
 *
 * Source: AMD IOMMU Specification, "Interrupt Remapping Tables", "Making Device
 * Interrupt Remapping Table Changes".
 */
#include "codec/lapic.h"
#include "core/block.h"
#include "msi/device.h"
#include "translate/amd_vi.h"
#include "umsi_wide.h"

static struct umsi_amd_table *table_of(const struct umsi_record *r)
{
	return umsi_table_of(r->leaf)->dev->translation;
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
static int amd_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct umsi_amd_table *t = table_of(r);
	struct umsi_group g = umsi_group_of(&r);
	uintptr_t state = umsi_lock(d->m, &t->lock);
	uint32_t index = g.count > 1 ? umsi_ids_take_block(&t->ids, order_of(&g)) : umsi_ids_take(&t->ids);

	(void)where;
	umsi_unlock(d->m, &t->lock, state);
	if (index == UMSI_IDS_NONE)
		return UMSI_ENOINDEX;
	for (uint32_t i = 0; i < g.count; i++)
		g.member[i]->entry = index + i;
	return UMSI_OK;
}

static bool is_stale_locked(const struct umsi_amd_table *t, uint32_t index)
{
	return t->stale[index / 64] >> index % 64 & 1;
}

static bool is_stale(struct umsi_amd_vi *v, struct umsi_amd_table *t, uint32_t index)
{
	uintptr_t state = umsi_lock(v->domain.m, &t->lock);
	bool stale = is_stale_locked(t, index);

	umsi_unlock(v->domain.m, &t->lock, state);
	return stale;
}

static void mark_stale(struct umsi_amd_vi *v, struct umsi_amd_table *t, uint32_t index, bool stale)
{
	uintptr_t state = umsi_lock(v->domain.m, &t->lock);
	uint64_t bit = UINT64_C(1) << index % 64;

	t->stale[index / 64] = stale ? t->stale[index / 64] | bit : t->stale[index / 64] & ~bit;
	umsi_unlock(v->domain.m, &t->lock, state);
}

/* The invalidation of each was waited for, when it was cleared. */
static void amd_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	struct umsi_amd_table *t = table_of(r);
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

static umsi_atomic32 *narrow_at(const struct umsi_amd_table *t, uint32_t index)
{
	return (umsi_atomic32 *)t->entries + index;
}

static umsi_atomic64 *wide_at(const struct umsi_amd_table *t, uint32_t index)
{
	return (umsi_atomic64 *)t->entries + 2 * (size_t)index;
}

static struct umsi_amd_irte128 entry_get(const struct umsi_amd_vi *v, const struct umsi_amd_table *t,
					 uint32_t index)
{
	if (!v->wide)
		return (struct umsi_amd_irte128){ .low = umsi_load32(narrow_at(t, index)) };
	return (struct umsi_amd_irte128){
		.low = umsi_load64(&wide_at(t, index)[0]), .high = umsi_load64(&wide_at(t, index)[1]),
	};
}

/* Ordered behind the vectors' table entries: the unit reads whenever it likes. */
static void entry_set(const struct umsi_amd_vi *v, struct umsi_amd_table *t, uint32_t index,
		      struct umsi_amd_irte128 entry)
{
	if (v->wide)
		umsi_arch_store128(wide_at(t, index), entry.low, entry.high);
	else
		umsi_store32_release(narrow_at(t, index), (uint32_t)entry.low);
}

/* UMSI_ENOTSUP: an id that the entries of this unit cannot hold. */
static int entry_of(const struct umsi_amd_vi *v, const struct umsi_msg *msg, uint32_t member,
		    struct umsi_amd_irte128 *out)
{
	uint32_t id = umsi_lapic_message_id(msg), vector = umsi_lapic_message_vector(msg) + member;

	if (!v->x2apic && id > 0xff)
		return UMSI_ENOTSUP;
	*out = v->wide ? umsi_amd_irte128(id, vector)
		       : (struct umsi_amd_irte128){ .low = umsi_amd_irte32(id, vector) };
	return UMSI_OK;
}

/* UMSI_ETIMEOUT: the unit may go on using what it remembers. */
static int make_absent(struct umsi_amd_vi *v, struct umsi_amd_table *t, uint32_t index)
{
	int status;

	entry_set(v, t, index, (struct umsi_amd_irte128){ 0 });
	status = umsi_amd_table_invalidate(v, t);
	if (status || is_stale(v, t, index))
		mark_stale(v, t, index, status != UMSI_OK);
	return status;
}

static int amd_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(d);
	struct umsi_amd_table *t = table_of(r);
	struct umsi_amd_irte128 entry;
	struct umsi_msg msg;
	int status;

	/* Its last invalidation was not confirmed: once more, now that it is wanted again. */
	status = is_stale(v, t, r->entry) ? make_absent(v, t, r->entry) : UMSI_OK;
	if (status)
		return status;
	d->parent->ops->compose(d->parent, r, &msg);
	status = entry_of(v, &msg, r->entry - umsi_record_leader(r)->entry, &entry);
	if (status)
		return status;
	entry_set(v, t, r->entry, entry);
	/* A unit may remember that there was none. */
	status = umsi_amd_table_invalidate(v, t);
	if (status)
		make_absent(v, t, r->entry);
	/* Before the store learns the index. */
	umsi_barrier_publish_to_message();
	return status;
}

static int amd_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	return make_absent(umsi_amd_vi_of(d), table_of(r), r->entry);
}

static void amd_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	(void)d;
	out->address = AMD_MSG_ADDRESS | (table_of(r)->size > 512 ? AMD_MSG_LOGICAL : 0);
	out->data = umsi_record_leader(r)->entry;
}

/* ---- Moves ---- */

static void set_all(const struct umsi_amd_vi *v, struct umsi_amd_table *t, const struct umsi_group *g,
		    const struct umsi_amd_irte128 *entry)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->member[i]->phase == UMSI_PHASE_ACTIVE)
			entry_set(v, t, g->member[i]->entry, entry[i]);
}

/* Some member is active. If the unit does not answer, the entries are as before, as far as memory goes. */
static int amd_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(d);
	struct umsi_amd_table *t = table_of(r);
	struct umsi_group g = umsi_group_of(&r);
	struct umsi_amd_irte128 old[UMSI_BLOCK_MAX], now[UMSI_BLOCK_MAX] = { 0 };
	int status;

	for (uint32_t i = 0; i < g.count; i++) {
		status = entry_of(v, &mv->message, i, &now[i]);
		if (status)
			return status;
		old[i] = entry_get(v, t, g.member[i]->entry);
	}
	set_all(v, t, &g, now);
	mv->told = true;
	status = umsi_amd_table_invalidate(v, t);
	if (status) {
		set_all(v, t, &g, old);
		return status;
	}
	mv->settled = UMSI_OK;
	return UMSI_OK;
}

/* ---- Dumps ---- */

static void amd_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	umsi_text_field(t, d->ops->number_name, r->entry);
}

static void amd_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_amd_vi *v = umsi_amd_vi_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, "amd_vi unit=");
	umsi_text_hex(&t, v->phys);
	umsi_text_field(&t, "entry_bits", v->wide ? 128 : 32);
	umsi_text_field(&t, "invalidations", umsi_load64(&v->invalidations));
	umsi_text_field(&t, "timeouts", umsi_load64(&v->timeouts));
	umsi_text_field(&t, "events", v->events);
	line(arg, t.line);
}

static const struct umsi_controller_ops amd_vi_controller_ops = {
	.table_attach = umsi_amd_attach,
	.table_detach = umsi_amd_detach,
	.resume = UMSI_FOR_SLEEP(umsi_amd_restore),
	.dump = UMSI_FOR_DUMPS(amd_dump),
};

const struct umsi_domain_ops umsi_amd_vi_ops = {
	.name = "amd_vi",
	.number_name = "irte_index",
	.controller = &amd_vi_controller_ops,
	.reserve = amd_reserve,
	.unreserve = amd_unreserve,
	.activate = amd_activate,
	.deactivate = amd_deactivate,
	.compose = amd_compose,
	.move_update = amd_move_update,
	.dump_path = UMSI_FOR_DUMPS(amd_dump_path),
};
