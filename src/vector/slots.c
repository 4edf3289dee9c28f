/* SPDX-License-Identifier: MIT */
/*
 * Slots: taken, retired, proved quiet, free again. Who may still be sending
 * to a slot in each state:
 *
 *   free        nobody (R8)
 *   taken       nobody yet: no store was told
 *   live        the record's device
 *   retiring    nobody; but what it sent before the flush may still be in the
 *               CPU's file or on its way into it, and is handled there
 *
 * Here they are taken, and given back before a store was told.
 */
#include "core/trace.h"
#include "vector/slots.h"

static uint32_t words_of(const struct umsi_vec *v)
{
	return (v->nslots + 63) / 64;
}

static uint32_t order_of(const struct umsi_group *g)
{
	return umsi_lowest_bit(g->count);
}

static UMSI_VEC_RARE void trace(const struct umsi_vec_cpu *c, const struct umsi_record *r,
				enum umsi_trace_point point, uint32_t slot)
{
	umsi_trace_rare(r, point, c->cpu, slot);
}

void umsi_vec_own_slot(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot)
{
	umsi_vec_publish(c, r, slot);
	if (umsi_trace_is_on(c->v->domain.m))
		trace(c, r, UMSI_TRACE_SLOT_TAKE, slot);
}

void umsi_vec_own_slots(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot)
{
	for (uint32_t i = 0; i < g->count; i++)
		umsi_vec_own_slot(c, g->member[i], slot + i);
	umsi_vec_note_free(c);
}

static int take_block(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot)
{
	uint32_t id = umsi_ids_take_block(&c->ids, order_of(g));

	if (id == UMSI_IDS_NONE)
		return umsi_load32(&c->retiring) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	umsi_vec_own_slots(c, g, id);
	*slot = id;
	return UMSI_OK;
}

/* Also where one of the interrupt's own may retire; and blocks. The slot lock is held. */
static int take_locked(struct umsi_vec_cpu *c, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi_group g = umsi_group_of(&r);

	umsi_vec_reap_locked(c->v, c);
	spot->cpu = c->cpu;
	spot->revived = umsi_vec_may_retire(g.member[0]) && umsi_vec_revive(c, &g, &spot->slot);
	return spot->revived ? UMSI_OK : take_block(c, &g, &spot->slot);
}

/* Who has most, if any CPU, or any of a set, will do; NULL: nobody knows. */
static inline struct umsi_vec_cpu *best_of(const struct umsi_vec *v, const struct umsi_where *where)
{
	if (__builtin_expect(where->mask != NULL, 0))
		return umsi_vec_best_of_set(v, where);
	return umsi_vec_best_of_all(v);
}

/* The named CPU, or the one that is best; NULL: none. */
static inline struct umsi_vec_cpu *whom_to_ask(const struct umsi_vec *v, const struct umsi_where *where)
{
	return __builtin_expect(where->cpu != UMSI_CPU_NONE, 0) ? v->cpu[where->cpu] : best_of(v, where);
}

/*
 * Is it a CPU that gives out slots, and if any will do the best? Filed under
 * more than it has, after requests that named it, it may not be.
 */
static inline bool is_the_one(const struct umsi_vec_cpu *c, const struct umsi_where *where)
{
	if (__builtin_expect(where->cpu != UMSI_CPU_NONE, 0))
		return c->filed != UMSI_VEC_NOT_FILED;
	return umsi_ids_free_count(&c->ids) == c->filed;
}

/* Alone, and a slot is at hand. */
static inline bool take_at_hand(struct umsi_vec_cpu *c, struct umsi_record *r, struct umsi_spot *spot)
{
	spot->cpu = c->cpu;
	return !umsi_record_block(r) && umsi_vec_take_at_hand(c, r, &spot->slot);
}

/* What is proved quiet is free first. May one of the rest be the interrupt's own? */
static inline bool may_revive(struct umsi_vec_cpu *c, const struct umsi_record *r)
{
	umsi_vec_reap_locked(c->v, c);
	return c->retires && umsi_vec_may_retire(r);
}

/*
 * A CPU that turned out not to be the best: its node learns of requests that named it. Or it is being
 * left, and its node knows; in either case somebody else got on.
 */
static inline void file_truly(struct umsi_vec_cpu *c)
{
	if (c->filed != UMSI_VEC_NOT_FILED)
		umsi_vec_file(c, umsi_ids_free_count(&c->ids));
}

/* What umsi_vec_take_any() does not do itself; gives @c's lock back. */
static UMSI_VEC_RARE int take_otherwise(struct umsi_vec_cpu *c, struct umsi_record *r, struct umsi_spot *spot,
					uintptr_t state)
{
	bool named = spot->where.cpu != UMSI_CPU_NONE;
	struct umsi_vec *v = c->v;
	struct umsi *m = v->domain.m;
	int status = UMSI_ENOCPU;

	while (!named && umsi_ids_free_count(&c->ids) != c->filed) {
		file_truly(c);
		umsi_unlock(m, &c->lock, state);
		c = best_of(v, &spot->where);
		if (!c)
			return umsi_vec_take_by_search(v, r, spot);
		state = umsi_lock(m, &c->lock);
	}
	if (c->filed != UMSI_VEC_NOT_FILED) {
		status = UMSI_OK;
		if (may_revive(c, r) || !take_at_hand(c, r, spot))
			status = take_locked(c, r, spot);
		else if (umsi_trace_is_on(m))
			trace(c, r, UMSI_TRACE_SLOT_TAKE, spot->slot);
	}
	umsi_unlock(m, &c->lock, state);
	return status == UMSI_OK || named ? status : umsi_vec_take_by_search(v, r, spot);
}

int umsi_vec_take_next(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi *m = v->domain.m;
	struct umsi_vec_cpu *c;
	uintptr_t state;

	while ((c = best_of(v, &spot->where))) {
		state = umsi_lock(m, &c->lock);
		if (__builtin_expect(umsi_ids_free_count(&c->ids) == c->filed, 1)) {
			if (c->retires || !take_at_hand(c, r, spot))
				return take_otherwise(c, r, spot, state);
			/* What the next one would find out about this CPU. */
			umsi_vec_file(c, umsi_ids_free_count(&c->ids));
			umsi_unlock(m, &c->lock, state);
			if (umsi_trace_is_on(m))
				trace(c, r, UMSI_TRACE_SLOT_TAKE, spot->slot);
			return UMSI_OK;
		}
		file_truly(c);
		umsi_unlock(m, &c->lock, state);
	}
	return umsi_vec_take_by_search(v, r, spot);
}

/* The usual case is in line. */
int umsi_vec_take_any(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi_vec_cpu *c = whom_to_ask(v, &spot->where);
	struct umsi *m = v->domain.m;
	uintptr_t state;

	if (__builtin_expect(!c, 0))
		return umsi_vec_take_by_search(v, r, spot);
	state = umsi_lock(m, &c->lock);
	if (!is_the_one(c, &spot->where) || c->retires || !take_at_hand(c, r, spot))
		return take_otherwise(c, r, spot, state);
	umsi_unlock(m, &c->lock, state);
	if (umsi_trace_is_on(m))
		trace(c, r, UMSI_TRACE_SLOT_TAKE, spot->slot);
	return UMSI_OK;
}

int umsi_vec_take(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	int status = UMSI_ENOCPU;
	uintptr_t state;

	if (!c)
		return UMSI_ENOCPU;
	state = umsi_lock(v->domain.m, &c->lock);
	if (c->filed != UMSI_VEC_NOT_FILED)
		status = take_locked(c, r, spot);
	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

int umsi_vec_take_place(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t wanted,
			uint32_t *slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	int status = UMSI_OK;

	umsi_vec_reap_locked(v, c);
	if (wanted && umsi_ids_take_at(&c->ids, wanted)) {
		umsi_vec_own_slots(c, g, wanted);
		*slot = wanted;
	} else {
		status = take_block(c, g, slot);
	}
	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

void umsi_vec_free_slots(struct umsi_vec *v, umsi_cpu cpu, uint64_t *slots)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	umsi_vec_reap_locked(v, c);
	for (uint32_t w = 0; w < words_of(v); w++)
		slots[w] = umsi_ids_free_word(&c->ids, w);
	umsi_unlock(v->domain.m, &c->lock, state);
}

/* ---- Giving back what nobody was told of. ---- */

/* The lock @state belongs to is @c's. */
static UMSI_VEC_RARE void give_otherwise(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot,
					 uintptr_t state)
{
	struct umsi_group g = umsi_group_of(&r);

	for (uint32_t i = 0; i < g.count; i++) {
		umsi_store_ptr(&c->table[slot + i], NULL);
		trace(c, g.member[i], UMSI_TRACE_SLOT_GIVE, slot + i);
	}
	umsi_ids_give_block(&c->ids, slot, order_of(&g));
	if (umsi_load32(&c->owed))
		umsi_vec_pay_owed(c);
	umsi_vec_note_free(c);
	umsi_unlock(c->v->domain.m, &c->lock, state);
	for (uint32_t i = 0; i < g.count; i++)
		umsi_record_put(g.member[i]);
}

void umsi_vec_give(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, uint32_t slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	struct umsi *m = v->domain.m;
	uintptr_t state = umsi_lock(m, &c->lock);

	if (umsi_record_block(r) || umsi_ids_free_count(&c->ids) >= c->filed ||
	    !umsi_ids_give_to_hand(&c->ids, slot)) {
		give_otherwise(c, r, slot, state);
		return;
	}
	umsi_store32(&c->free, umsi_ids_free_count(&c->ids));
	umsi_store_ptr(&c->table[slot], NULL);
	umsi_unlock(m, &c->lock, state);
	if (umsi_trace_is_on(m))
		trace(c, r, UMSI_TRACE_SLOT_GIVE, slot);
	umsi_record_put(r);
}
