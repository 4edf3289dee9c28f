/* SPDX-License-Identifier: MIT */
/* What taking slots (slots.c) asks of those that retire (retire.c). The slot lock is held. */
#ifndef UMSI_VECTOR_SLOTS_H
#define UMSI_VECTOR_SLOTS_H

#include "core/mask.h"
#include "core/trace.h"
#include "vector/vector.h"

/* What is seldom stays out of line, so that taking a slot saves no registers for it. */
#define UMSI_VEC_RARE	__attribute__((noinline, cold))

/* The slot is taken in the set already; from here on whoever walks the table finds it. */
static inline void umsi_vec_publish(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot)
{
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&c->table[slot], r);
}

/*
 * The usual case: alone, a slot at hand, none of its own retires there. Taking leaves no
 * more free slots than the CPU is filed under: nobody is told. The slot lock is held.
 */
static inline bool umsi_vec_take_at_hand(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t *slot)
{
	if (!umsi_ids_take_in_hand(&c->ids, slot))
		return false;
	umsi_store32(&c->free, umsi_ids_free_count(&c->ids));
	umsi_vec_publish(c, r, *slot);
	return true;
}

/* The CPU with most free slots, as far as its node knows; NULL: nobody knows, the permitted ones have to be looked at. */
static inline struct umsi_vec_cpu *umsi_vec_best_of_all(const struct umsi_vec *v)
{
	const struct umsi_vec_node *node;

	if (!UMSI_HAS_NODES)
		return NULL;
	node = umsi_load_ptr(&v->roomiest);
	return umsi_load_ptr(&node->best);
}

/* The same of a set. */
UMSI_VEC_RARE struct umsi_vec_cpu *umsi_vec_best_of_set(const struct umsi_vec *v, const struct umsi_where *where);

/* Nobody knew the best, or it has no room: every permitted CPU is looked at. As umsi_vec_take_any(). */
int umsi_vec_take_by_search(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot);

/* Has it more references than its own one and its live slot's? Then it may have retiring slots here. */
static inline bool umsi_vec_may_retire(const struct umsi_record *r)
{
	return UMSI_HAS_MOVES && umsi_load32(&r->references) > 2;
}

/* The first of the group's slots that retire here is the group's again; false: there is none. */
UMSI_VEC_RARE bool umsi_vec_revive(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot);
/* Owns one that was taken in the set (slots.c): from here on whoever walks the table finds it. */
void umsi_vec_own_slot(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot);
/* The same of a group, from its first on; the CPU's node hears of it. */
void umsi_vec_own_slots(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot);
/* Those from this very slot on, if they are retiring and the group's. */
bool umsi_vec_revive_at(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot);
/* Word @w of the slots that retire here and are @r's, a bit each. */
uint64_t umsi_vec_own_retiring(const struct umsi_vec_cpu *c, const struct umsi_record *r, uint32_t w);

/* ---- Retiring (R4), in line for who cannot spare a call. ---- */

/* Aligned as blocks are, they lie in one word. */
static inline void umsi_vec_put_in(struct umsi_vec_batch *b, uint32_t slot, uint32_t count)
{
	b->bits[slot / 64] |= ((UINT64_C(1) << count) - 1) << (slot % 64);
	b->words |= UINT64_C(1) << (slot / 64);
	b->count += count;
}

/* What is being filled becomes what waits, as soon as nothing waits. */
static inline void umsi_vec_turn_batches(struct umsi_vec_cpu *c)
{
	struct umsi_vec_batch *empty = c->waiting;

	if (c->waiting->count || !c->filling->count)
		return;
	c->waiting = c->filling;
	c->filling = empty;
}

static inline void umsi_vec_count_retired(struct umsi_vec_cpu *c, uint32_t count)
{
	uint32_t n = umsi_load32(&c->retiring) + count;

	c->retires = true;
	umsi_store32(&c->retiring, n);
	if (n > umsi_load32(&c->retiring_max))
		umsi_store32(&c->retiring_max, n);
}

/* M1: nothing of the batch that is filled is given out before it is so old. Noted before its ticket. */
UMSI_VEC_RARE void umsi_vec_age(struct umsi_vec_cpu *c);
UMSI_VEC_RARE void umsi_vec_trace_retired(const struct umsi_vec_cpu *c, uint32_t slot, uint32_t count);

/* umsi_vec_retire() */
static inline void umsi_vec_retire_in_line(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, uint32_t count,
					   int settled)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	struct umsi *m = v->domain.m;
	uintptr_t state;

	/* One critical section: on the list and ticketed, so that no proof falls in between. */
	state = umsi_lock(m, &c->lock);
	umsi_vec_put_in(c->filling, slot, count);
	c->filling->stamp = umsi_load64(&c->req) + 1;
	if (settled != UMSI_OK || v->ageing)
		umsi_vec_age(c);
	umsi_store64_release(&c->req, c->filling->stamp);
	if (umsi_trace_is_on(m))
		umsi_vec_trace_retired(c, slot, count);
	umsi_vec_count_retired(c, count);
	umsi_vec_turn_batches(c);
	umsi_unlock(m, &c->lock, state);
}

#endif
