/* SPDX-License-Identifier: MIT */
/*
 * The lock of a record whose store's flush may sleep is dropped during that
 * flush. Calls that change the store of such an interrupt therefore take turns:
 * each has its table's turn, a mutex, around the record's lock. Other stores
 * have no turns, and this is the record's lock alone.
 */
#ifndef UMSI_CORE_HOLD_H
#define UMSI_CORE_HOLD_H

#include "core/block.h"
#include "core/domain.h"

struct umsi_hold {
	uintptr_t state;
	struct umsi_domain *turn;	/* NULL: its store needs none */
};

/* The rest of umsi_hold_lock(): *@out is locked, and its store has turns. */
int umsi_hold_in_turn(struct umsi *m, umsi_irq irq, struct umsi_hold *h, struct umsi_record **out);

/*
 * As umsi_record_lock(); sleeps where there are turns. UMSI_OK, UMSI_ENOENT, or
 * UMSI_ECONTEXT: it has to sleep, and this is a trap.
 */
static inline int umsi_hold_lock(struct umsi *m, umsi_irq irq, struct umsi_hold *h, struct umsi_record **out)
{
	struct umsi_record *r = umsi_record_lock(m, irq, &h->state);

	h->turn = NULL;
	*out = r;
	if (!r)
		return UMSI_ENOENT;
	return __builtin_expect(!umsi_domain_sleeps(r->leaf), 1) ? UMSI_OK : umsi_hold_in_turn(m, irq, h, out);
}

/* The same for who cannot spare a call. */
static inline int umsi_hold_lock_in_line(struct umsi *m, umsi_irq irq, struct umsi_hold *h, struct umsi_record **out)
{
	struct umsi_record *r;

	if (!UMSI_HAS_SHORTCUTS)
		return umsi_hold_lock(m, irq, h, out);
	r = umsi_record_lock_in_line(m, irq, &h->state);
	h->turn = NULL;
	*out = r;
	if (!r)
		return UMSI_ENOENT;
	return __builtin_expect(!umsi_domain_sleeps(r->leaf), 1) ? UMSI_OK : umsi_hold_in_turn(m, irq, h, out);
}

/* As umsi_record_enter(). */
void umsi_hold_enter(struct umsi_record *r, struct umsi_hold *h);
void umsi_hold_unlock(struct umsi_record *r, struct umsi_hold *h);

#endif
