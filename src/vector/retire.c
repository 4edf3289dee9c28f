/* SPDX-License-Identifier: MIT */
/* Slots that retire: ticketed, proved quiet, free again; or taken back by who had them (R4, R8, R1). */
#include "core/trace.h"
#include "vector/slots.h"

/* Aligned as blocks are, they lie in one word. */
static void put_in(struct umsi_vec_batch *b, uint32_t slot, uint32_t count)
{
	b->bits[slot / 64] |= ((UINT64_C(1) << count) - 1) << (slot % 64);
	b->words |= UINT64_C(1) << (slot / 64);
	b->count += count;
}

static void clear_bit(uint64_t *bits, uint32_t slot)
{
	bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
}

static bool has_bit(const uint64_t *bits, uint32_t slot)
{
	return bits[slot / 64] >> (slot % 64) & 1;
}

static void note_retiring(struct umsi_vec_cpu *c)
{
	uint32_t n = c->waiting->count + c->filling->count;

	c->retires = n != 0;
	umsi_store32(&c->retiring, n);
}

/* What is being filled becomes what waits, as soon as nothing waits. */
static inline void turn_batches(struct umsi_vec_cpu *c)
{
	struct umsi_vec_batch *empty = c->waiting;

	if (c->waiting->count || !c->filling->count)
		return;
	c->waiting = c->filling;
	c->filling = empty;
}

/* ---- R4: retiring ---- */

/* M1: nothing of the batch is given out before it is so old. Noted before its ticket. */
static UMSI_VEC_RARE void age(struct umsi_vec_cpu *c)
{
	struct umsi *m = c->v->domain.m;

	umsi_store32(&c->aged, 1);
	c->filling->not_before_ns = umsi_host_time_ns(m->host) + m->min_age_ns;
}

static UMSI_VEC_RARE void trace_retired(const struct umsi_vec_cpu *c, uint32_t slot, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		umsi_trace_point(c->v->domain.m, UMSI_TRACE_SLOT_RETIRE, c->cpu,
				 c->filling->stamp << 16 | (slot + i));
}

static inline void count_retired(struct umsi_vec_cpu *c, uint32_t count)
{
	uint32_t n = umsi_load32(&c->retiring) + count;

	c->retires = true;
	umsi_store32(&c->retiring, n);
	if (n > umsi_load32(&c->retiring_max))
		umsi_store32(&c->retiring_max, n);
}

void umsi_vec_retire(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, uint32_t count, int settled)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	bool ages = settled != UMSI_OK || v->ageing;
	struct umsi *m = v->domain.m;
	uintptr_t state;

	/* One critical section: on the list and ticketed, so that no proof falls in between. */
	state = umsi_lock(m, &c->lock);
	put_in(c->filling, slot, count);
	c->filling->stamp = umsi_load64(&c->req) + 1;
	if (ages)
		age(c);
	umsi_store64_release(&c->req, c->filling->stamp);
	if (umsi_trace_is_on(m))
		trace_retired(c, slot, count);
	count_retired(c, count);
	turn_batches(c);
	umsi_unlock(m, &c->lock, state);
}

/* ---- R8: reuse ---- */

/* The slot's last message has been handled: its table entry and its owner's reference go. */
static inline void free_slot(struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

	umsi_store_ptr(&c->table[slot], NULL);
	if (!umsi_ids_give_to_hand(&c->ids, slot))
		umsi_ids_give(&c->ids, slot);
	umsi_trace_irq(r, UMSI_TRACE_SLOT_REAP, c->cpu, slot);
	umsi_record_put(r);
}

static inline bool proved_quiet(struct umsi_vec *v, const struct umsi_vec_batch *b, uint64_t done)
{
	if (!b->count || done < b->stamp)
		return false;
	return !b->not_before_ns || umsi_host_time_ns(v->domain.m->host) >= b->not_before_ns;
}

static void free_batch(struct umsi_vec_cpu *c, struct umsi_vec_batch *b)
{
	for (; b->words; b->words &= b->words - 1) {
		uint32_t w = umsi_lowest_bit(b->words);

		for (uint64_t left = b->bits[w]; left; left &= left - 1)
			free_slot(c, w * 64 + umsi_lowest_bit(left));
		b->bits[w] = 0;
	}
	umsi_store64(&c->reaped, umsi_load64(&c->reaped) + b->count);
	b->count = 0;
	b->not_before_ns = 0;
	umsi_store32(&c->aged, c->batch[0].not_before_ns || c->batch[1].not_before_ns);
}

bool umsi_vec_reap_waiting(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	/* Acquire: the CPU's last use of an entry precedes our rewriting it. */
	uint64_t done = umsi_load64_acquire(&c->done);
	bool some = false;

	for (uint32_t i = 0; i < 2; i++) {
		if (!proved_quiet(v, &c->batch[i], done))
			continue;
		free_batch(c, &c->batch[i]);
		some = true;
	}
	if (!some)
		return false;
	turn_batches(c);
	note_retiring(c);
	if (umsi_load32(&c->owed))
		umsi_vec_pay_owed(c);
	umsi_vec_note_free(c);
	return true;
}

/* ---- R1: taking back ---- */

/*
 * The first of a block of the group's slots that is retiring here, or 0. A block
 * retires as one, so its first member's slot tells. The record's other slots
 * are few: most have none.
 */
static uint32_t find_retiring(struct umsi_vec_cpu *c, const struct umsi_group *g,
			      struct umsi_vec_batch **in)
{
	struct umsi_record *r = g->member[0];

	for (uint32_t i = 0; i < 2; i++) {
		*in = &c->batch[i];
		if (!(*in)->count)
			continue;
		for (uint64_t words = (*in)->words; words; words &= words - 1) {
			uint32_t w = umsi_lowest_bit(words);

			for (uint64_t left = (*in)->bits[w]; left; left &= left - 1) {
				uint32_t slot = w * 64 + umsi_lowest_bit(left);

				if (umsi_load_ptr(&c->table[slot]) == r)
					return slot;
			}
		}
	}
	return 0;
}

/* What retires in @b from @slot on is the group's again. Exclusive with reuse: both happen under the slot lock. */
static void take_back(struct umsi_vec_cpu *c, struct umsi_vec_batch *b, const struct umsi_group *g,
		      uint32_t slot)
{
	for (uint32_t i = 0; i < g->count; i++) {
		clear_bit(b->bits, slot + i);
		umsi_trace_rare(g->member[i], UMSI_TRACE_SLOT_REVIVE, c->cpu, slot + i);
	}
	b->count -= g->count;
	turn_batches(c);
	note_retiring(c);
	umsi_count_own(&c->revived);
}

bool umsi_vec_revive(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot)
{
	struct umsi_vec_batch *b;
	uint32_t found = find_retiring(c, g, &b);

	if (!found)
		return false;
	take_back(c, b, g, found);
	*slot = found;
	return true;
}

bool umsi_vec_revive_at(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot)
{
	if (umsi_load_ptr(&c->table[slot]) != g->member[0])
		return false;
	for (uint32_t i = 0; i < 2; i++) {
		if (!has_bit(c->batch[i].bits, slot))
			continue;
		take_back(c, &c->batch[i], g, slot);
		return true;
	}
	return false;
}

uint64_t umsi_vec_own_retiring(const struct umsi_vec_cpu *c, const struct umsi_record *r, uint32_t w)
{
	uint64_t own = 0;

	for (uint64_t left = c->batch[0].bits[w] | c->batch[1].bits[w]; left; left &= left - 1) {
		uint32_t bit = umsi_lowest_bit(left);

		if (umsi_load_ptr(&c->table[w * 64 + bit]) == r)
			own |= UINT64_C(1) << bit;
	}
	return own;
}
