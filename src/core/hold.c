/* SPDX-License-Identifier: MIT */
#include "core/hold.h"

static bool wrong_turn(const struct umsi_record *r, const struct umsi_hold *h)
{
	return UMSI_HAS_FLOW && h->turn != (r->leaf->sleeps ? r->leaf : NULL);
}

/* The lock is dropped to wait for the turn; tables are type-stable, so one that goes meanwhile leads to a wrong turn only. */
static void change_turn(struct umsi_record *r, struct umsi_hold *h)
{
	struct umsi_domain *turn = r->leaf->sleeps ? r->leaf : NULL;

	umsi_hold_unlock(r, h);
	h->turn = turn;
	if (turn)
		turn->ops->source->turn_begin(turn, &h->state);
}

int umsi_hold_in_turn(struct umsi *m, umsi_irq irq, struct umsi_hold *h, struct umsi_record **out)
{
	struct umsi_record *r = *out;

	while (r && wrong_turn(r, h)) {
		if (umsi_this_cpu(m)->depth) {
			umsi_hold_unlock(r, h);
			return UMSI_ECONTEXT;
		}
		change_turn(r, h);
		r = umsi_record_lock(m, irq, &h->state);
	}
	if (!r && h->turn)
		h->turn->ops->source->turn_end(h->turn);
	*out = r;
	return r ? UMSI_OK : UMSI_ENOENT;
}

void umsi_hold_unlock(struct umsi_record *r, struct umsi_hold *h)
{
	umsi_unlock(r->m, umsi_record_lock_of(r), h->state);
	if (UMSI_HAS_FLOW && __builtin_expect(h->turn != NULL, 0))
		h->turn->ops->source->turn_end(h->turn);
}

void umsi_hold_enter(struct umsi_record *r, struct umsi_hold *h)
{
	h->turn = NULL;
	h->state = umsi_record_enter(r);
	while (r->phase != UMSI_PHASE_FREE && wrong_turn(r, h)) {
		change_turn(r, h);
		h->state = umsi_record_enter(r);
	}
}
