/* SPDX-License-Identifier: MIT */
/* What taking slots (slots.c) asks of those that retire (retire.c). The slot lock is held. */
#ifndef UMSI_VECTOR_SLOTS_H
#define UMSI_VECTOR_SLOTS_H

#include "core/mask.h"
#include "vector/vector.h"

/* What is seldom stays out of line, so that taking a slot saves no registers for it. */
#define UMSI_VEC_RARE	__attribute__((noinline, cold))

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

#endif
