/* SPDX-License-Identifier: MIT */
/* Allocating an index, with the record and the path behind it. */
#include "msi/alloc.h"

#include "core/block.h"
#include "core/mask.h"
#include "core/trace.h"

/* What is seldom stays out of line, so that what is frequent saves no registers for it. */
#define RARE	__attribute__((noinline, cold))

static bool is_usual(const struct umsi_irq_request_at *at)
{
	return !(at->trigger | at->kind | at->band | at->strict);
}

static int check_unusual(struct umsi_table *t, const struct umsi_irq_request_at *at)
{
	if (at->trigger > UMSI_TRIGGER_LEVEL_LOW || (at->trigger && !t->ops->set_trigger))
		return UMSI_EINVAL;
	if (at->kind > UMSI_IRQ_RESERVED || at->band > UMSI_BAND_BACKGROUND)
		return UMSI_EINVAL;
	return umsi_alloc_check_wishes(t, at);
}

static inline int check_request(struct umsi_table *t, const struct umsi_irq_request_at *at, bool usual,
				uint32_t *last)
{
	int status;

	if (umsi_in_trap(t->dev->m))
		return UMSI_ECONTEXT;
	*last = at->last < t->map.size ? at->last : t->map.size - 1;
	if (t->ops->shared_message && t->map.size > 1)
		return UMSI_ENOTSUP;
	status = usual ? UMSI_OK : check_unusual(t, at);
	if (status)
		return status;
	return at->first > *last || at->last >= UMSI_TABLE_MAX ? UMSI_ERANGE : UMSI_OK;
}

/* The index, or a status. */
static inline int take_index(struct umsi_table *t, uint32_t first, uint32_t last)
{
	int index;

	if (t->closing)
		return UMSI_ESTATE;
	index = umsi_index_map_take_next(t->dev->m, &t->map, first, last);
	return index == UMSI_ENOINDEX && first == last ? UMSI_EEXIST : index;
}

static inline umsi_irq go_live(struct umsi_table *t, struct umsi_record *r)
{
	uint32_t state;

	umsi_index_map_set(&t->map, r->index, r->number);
	r->phase = UMSI_PHASE_RESERVED;
	umsi_fetch_add32(&r->m->records.live, 1);
	state = umsi_load32(&r->state);
	umsi_trace_irq(r, UMSI_TRACE_ALLOC, r->index, umsi_state_generation(state));
	return umsi_record_handle(r, state);
}

umsi_irq umsi_alloc_go_live_locked(struct umsi_table *t, struct umsi_record *r)
{
	return go_live(t, r);
}

/* From the table, which has nothing to reserve, to the root. On error nothing is left reserved. */
static inline int reserve_path(struct umsi_record *r, const struct umsi_where *where)
{
	int status = UMSI_OK;

	for (struct umsi_domain *d = r->leaf->parent; d; d = d->parent) {
		if (d->ops->reserve)
			status = d->ops->reserve(d, r, where);
		if (__builtin_expect(status, 0)) {
			umsi_path_undo(r, d);
			return status;
		}
	}
	umsi_trace_irq(r, UMSI_TRACE_RESERVE, r->entry, r->slot);
	return UMSI_OK;
}

/* May take long: others need not wait for it. */
static RARE int make_room(struct umsi_table *t, const struct umsi_where *where)
{
	struct umsi_domain *root = umsi_domain_root(&t->domain);
	int status;

	umsi_device_unlock(t->dev);
	status = root->ops->controller->make_room(root, where, false);
	umsi_device_lock(t->dev);
	return status;
}

/* @lock, the record's, is held if the answer is UMSI_OK. */
static inline int reserve(struct umsi_table *t, struct umsi_record *r, struct umsi_lock *lock,
			  const struct umsi_where *where, uintptr_t *state)
{
	int status;

	for (;;) {
		*state = umsi_lock(r->m, lock);
		status = reserve_path(r, where);
		if (__builtin_expect(!status, 1))
			return UMSI_OK;
		umsi_unlock(r->m, lock, *state);
		if (status == UMSI_EAGAIN)
			status = make_room(t, where);
		if (status)
			return status;
	}
}

int umsi_alloc_reserve(struct umsi_table *t, struct umsi_record *r, const struct umsi_where *where,
		       uintptr_t *state)
{
	return reserve(t, r, umsi_record_lock_of(r), where, state);
}

void umsi_alloc_drop(struct umsi_record *r)
{
	umsi_alloc_end_places(r);
	umsi_fetch_or32(&r->state, UMSI_DEAD);
	umsi_record_put(r);
}

/* Roots with global numbers have no places: there every interrupt roams. */
static int new_unusual(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
		       const struct umsi_where *where, struct umsi_record **out)
{
	if (umsi_alloc_has_places(at) && umsi_domain_root(&t->domain)->ops->controller->keeps_places)
		return umsi_alloc_with_places(t, at, index, where, out);
	*out = umsi_record_new(&t->domain, index, at, NULL);
	return *out ? UMSI_OK : UMSI_ENOMEM;
}

/* A place, and from then on the record's lock, till it is live. @r goes if it gets none. */
static inline int place_and_go_live(struct umsi_table *t, struct umsi_record *r, struct umsi_lock *lock,
				    const struct umsi_irq_request_at *unusual, const struct umsi_where *where,
				    umsi_irq *out)
{
	uintptr_t state;
	int status = reserve(t, r, lock, where, &state);

	if (__builtin_expect(status, 0)) {
		umsi_alloc_drop(r);
		return status;
	}
	r->affinity_cpu = where->cpu;
	r->mask = where->mask;
	if (unusual)
		umsi_alloc_wish(r, unusual);
	*out = go_live(t, r);
	umsi_unlock(r->m, lock, state);
	return UMSI_OK;
}

static RARE int alloc_unusual(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
					 const struct umsi_where *where, umsi_irq *out)
{
	struct umsi_record *r;
	int status = new_unusual(t, at, index, where, &r);

	return status ? status : place_and_go_live(t, r, umsi_record_lock_of(r), at, where, out);
}

static inline int alloc_usual(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t index,
			      const struct umsi_where *where, umsi_irq *out)
{
	struct umsi_record *r = umsi_record_take(t->dev->m, NULL);

	if (!r)
		return UMSI_ENOMEM;
	umsi_record_start(r, &t->domain, index, at);
	return place_and_go_live(t, r, &r->lock, NULL, where, out);
}

/* The device's mutex is held. */
static inline int alloc_locked(struct umsi_table *t, const struct umsi_irq_request_at *at, bool usual, uint32_t last,
			       const struct umsi_where *where, umsi_irq *out)
{
	int index = take_index(t, at->first, last), status;

	if (index < 0)
		return index;
	status = __builtin_expect(usual, 1) ? alloc_usual(t, at, (uint32_t)index, where, out)
					    : alloc_unusual(t, at, (uint32_t)index, where, out);
	if (__builtin_expect(status, 0))
		umsi_index_map_give(&t->map, (uint32_t)index);
	return status;
}

int umsi_alloc_some(struct umsi_table *table, const struct umsi_irq_request_at *at, uint32_t most,
		    umsi_irq *out, uint32_t *n)
{
	bool usual = UMSI_HAS_SHORTCUTS && is_usual(at), more;
	struct umsi *m = table->dev->m;
	struct umsi_where where;
	uint32_t last, i;
	int status = check_request(table, at, usual, &last);

	if (status)
		return status;
	umsi_device_lock(table->dev);
	more = most > 1 || table->fills;
	for (i = 0; i < most; i++) {
		status = umsi_where_get(m, &at->affinity, &where);
		if (status)
			break;
		where.more = more;
		status = alloc_locked(table, at, usual, last, &where, &out[i]);
		if (status) {
			umsi_mask_put(m, where.mask);
			break;
		}
	}
	table->fills = true;
	umsi_device_unlock(table->dev);
	*n = i;
	return status;
}

int umsi_irq_alloc(struct umsi_table *table, const struct umsi_irq_request_at *at, umsi_irq *out)
{
	const struct umsi_policy *policy;

	if (!table || !at || !out)
		return UMSI_EINVAL;
	policy = umsi_policy(table->dev->m);
	if (policy)
		return policy->alloc(table, at, 1, false, out);
	return umsi_alloc_one(table, at, out);
}
