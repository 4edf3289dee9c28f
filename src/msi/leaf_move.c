/* SPDX-License-Identifier: MIT */
/*
 * Changing the message of a store that may be sending (R2, R3). What is in
 * flight is the root's to own (core/affinity.c); here the order of writes and
 * the flushes matter. Written (cpu, slot): old (A,a), new (B,b).
 */
#include "msi/leaf.h"

static inline void mask_open(struct umsi_table *t, struct umsi_record *r, struct umsi_move *mv)
{
	if (r->phase == UMSI_PHASE_ACTIVE)
		mv->device_writes += umsi_leaf_mask(t, r);
}

static inline void unmask_open(struct umsi_table *t, struct umsi_record *r, struct umsi_move *mv)
{
	if (r->phase == UMSI_PHASE_ACTIVE && !r->masked)
		mv->device_writes += umsi_leaf_unmask(t, r);
}

/* R2: mask, words, unmask, one read-back. Masked, nothing is composed of a mixture; of one word there is none. */
static int update_masked(struct umsi_table *t, struct umsi_record *first, struct umsi_move *mv)
{
	struct umsi_group g = umsi_group_of(&first);
	int status;

	for (uint32_t i = 0; i < g.count && !t->ops->one_word; i++)
		mask_open(t, g.member[i], mv);
	status = t->ops->write(t->store, umsi_leaf_index(t, first), first->cookie, &mv->message);
	mv->told = status != UMSI_EAGAIN;
	for (uint32_t i = 0; i < g.count && !t->ops->one_word; i++)
		unmask_open(t, g.member[i], mv);
	mv->settled = umsi_leaf_settle(t, first);
	if (status < 0)
		return status;
	mv->device_writes += (uint32_t)status;
	mv->replay = t->ops->mask_loses && !umsi_record_is_level(first);
	return UMSI_OK;
}

static unsigned int changed_address_words(const struct umsi_msg *from, const struct umsi_msg *to)
{
	uint64_t changed = from->address ^ to->address;

	return ((uint32_t)changed ? UMSI_WORD_ADDRESS_LOW : 0) |
	       (changed >> 32 ? UMSI_WORD_ADDRESS_HIGH : 0);
}

static int write_words(struct umsi_table *t, struct umsi_record *first, struct umsi_move *mv,
		       unsigned int which)
{
	int status;

	if (t->ops->write_words)
		status = t->ops->write_words(t->store, umsi_leaf_index(t, first), first->cookie,
					     &mv->message, which);
	else
		status = t->ops->write(t->store, umsi_leaf_index(t, first), first->cookie, &mv->message);
	if (status != UMSI_EAGAIN)
		mv->told = true;
	if (status < 0)
		return status;
	mv->device_writes += (uint32_t)status;
	return UMSI_OK;
}

/* The rest was refused: what is composed now leads to the slot in between, which is about to be given up. */
static void take_back(struct umsi_table *t, struct umsi_record *first, unsigned int which)
{
	t->ops->write_words(t->store, umsi_leaf_index(t, first), first->cookie, &first->message, which);
	umsi_leaf_settle(t, first);
}

/*
 * R3. Which mixtures the device may compose, and who owns them:
 *
 *   (i)   b == a: only the address changes: (A,a), (B,a), both owned
 *   (ii)  data, flush, address, flush, with (A,b) owned too: after the first
 *         flush (A,a) is history, so only (A,b) and (B,b) follow
 *   (iv)  nothing to spare: all words, flush, and every handler is called once
 *
 * With both halves of the address changing there is a third word: refused,
 * and the core goes by way of a CPU that shares one half with each (v).
 */
static int update_torn(struct umsi_table *t, struct umsi_record *first, struct umsi_move *mv)
{
	unsigned int address = changed_address_words(&first->message, &mv->message);
	unsigned int data = first->message.data != mv->message.data ? UMSI_WORD_DATA : 0;
	unsigned int written = 0;
	int status;

	if (address == (UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH))
		return UMSI_ENOTSUP;
	if (address && data && mv->transient && t->ops->write_words) {
		status = write_words(t, first, mv, data);
		if (status)
			return status;
		mv->settled = umsi_leaf_settle(t, first);
		written = data;
		data = 0;
	}
	mv->replay = address && data;
	status = write_words(t, first, mv, address | data);
	if (status && written)
		take_back(t, first, written);
	if (status)
		return status;
	if (umsi_leaf_settle(t, first))
		mv->settled = UMSI_EGONE;
	return UMSI_OK;
}

/* The device is away: what it will be told when it comes back. */
static void update_cached(struct umsi_record *r, struct umsi_move *mv)
{
	mv->settled = umsi_record_away(umsi_record_leader(r)) == UMSI_AWAY_QUIET ? UMSI_OK : UMSI_EGONE;
	mv->cached = true;
	umsi_leaf_keep_message(r, &mv->message);
}

int umsi_leaf_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_table *t = umsi_table_of(d);
	struct umsi_record *first = umsi_record_leader(r);
	int status;

	if (umsi_record_away(first)) {
		update_cached(r, mv);
		return UMSI_OK;
	}
	status = mv->torn ? update_torn(t, first, mv) : update_masked(t, first, mv);
	if (status)
		return status;
	umsi_leaf_keep_message(r, &mv->message);
	mv->ages = umsi_leaf_ages(t) && !mv->settled;
	/* Nobody can tell when it used the old message last. */
	if (!t->ops->settle)
		mv->replay = !umsi_record_is_level(first);
	if (mv->ages)
		mv->settled = UMSI_EGONE;
	return UMSI_OK;
}
