/* SPDX-License-Identifier: MIT */
/* Slots that retire: ticketed, proved quiet, free again; or taken back by who had them (R4, R8, R1). */
#include "core/trace.h"
#include "vector/slots.h"

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

/* ---- R4: retiring ---- */

/* M1: nothing of the batch is given out before it is so old. Noted before its ticket. */
UMSI_VEC_RARE void umsi_vec_age(struct umsi_vec_cpu *c)
{
	struct umsi *m = c->v->domain.m;

	umsi_store32(&c->aged, 1);
	c->filling->not_before_ns = umsi_host_time_ns(m->host) + m->min_age_ns;
}

UMSI_VEC_RARE void umsi_vec_trace_retired(const struct umsi_vec_cpu *c, uint32_t slot, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		umsi_trace_point(c->v->domain.m, UMSI_TRACE_SLOT_RETIRE, c->cpu,
				 c->filling->stamp << 16 | (slot + i));
}

void umsi_vec_retire(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, uint32_t count, int settled)
{
	umsi_vec_retire_in_line(v, cpu, slot, count, settled);
}

/* ---- R8: reuse ---- */

static UMSI_VEC_RARE void give_elsewhere(struct umsi_vec_cpu *c, uint32_t w, uint64_t slots)
{
	for (; slots; slots &= slots - 1)
		umsi_ids_give(&c->ids, w * 64 + umsi_lowest_bit(slots));
}

static UMSI_VEC_RARE void trace_reaped(const struct umsi_vec_cpu *c, const struct umsi_record *r, uint32_t slot)
{
	umsi_trace_irq(r, UMSI_TRACE_SLOT_REAP, c->cpu, slot);
}

/* The last message of these slots of word @w has been handled: their table entries and their owners' references go. */
static inline void free_slots(struct umsi_vec_cpu *c, uint32_t w, uint64_t slots)
{
	const struct umsi *m = c->v->domain.m;
	uint32_t n = 0;

	for (uint64_t left = slots; left; left &= left - 1, n++) {
		uint32_t slot = w * 64 + umsi_lowest_bit(left);
		struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

		umsi_store_ptr(&c->table[slot], NULL);
		if (umsi_trace_is_on(m))
			trace_reaped(c, r, slot);
		umsi_record_put(r);
	}
	if (!umsi_ids_give_word_to_hand(&c->ids, w, slots, n))
		give_elsewhere(c, w, slots);
}

static UMSI_VEC_RARE bool is_of_age(const struct umsi_vec *v, const struct umsi_vec_batch *b)
{
	return umsi_host_time_ns(v->domain.m->host) >= b->not_before_ns;
}

static inline bool proved_quiet(const struct umsi_vec *v, const struct umsi_vec_batch *b, uint64_t done)
{
	return b->count && done >= b->stamp && (!b->not_before_ns || is_of_age(v, b));
}

static inline void free_batch(struct umsi_vec_cpu *c, struct umsi_vec_batch *b)
{
	for (; b->words; b->words &= b->words - 1) {
		uint32_t w = umsi_lowest_bit(b->words);

		free_slots(c, w, b->bits[w]);
		b->bits[w] = 0;
	}
	umsi_store64(&c->reaped, umsi_load64(&c->reaped) + b->count);
	b->count = 0;
	b->not_before_ns = 0;
}

/* The batch that is filled is younger: never quiet before the one that waits, nor of age. */
bool umsi_vec_reap_waiting(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	/* Acquire: the CPU's last use of an entry precedes our rewriting it. */
	uint64_t done = umsi_load64_acquire(&c->done);

	if (!proved_quiet(v, c->waiting, done))
		return false;
	do {
		free_batch(c, c->waiting);
		umsi_vec_turn_batches(c);
	} while (proved_quiet(v, c->waiting, done));
	if (umsi_load32(&c->aged))
		umsi_store32(&c->aged, c->waiting->not_before_ns || c->filling->not_before_ns);
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
	umsi_vec_turn_batches(c);
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
