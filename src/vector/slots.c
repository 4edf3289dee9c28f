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
 */
#include "core/trace.h"
#include "idspace/word.h"
#include "vector/vector.h"

static uint32_t words_of(const struct umsi_vec *v)
{
	return (v->nslots + 63) / 64;
}

static void set_bit(uint64_t *bits, uint32_t slot)
{
	bits[slot / 64] |= UINT64_C(1) << (slot % 64);
}

static void put_in(struct umsi_vec_batch *b, uint32_t slot)
{
	set_bit(b->bits, slot);
	b->words |= UINT64_C(1) << (slot / 64);
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
	uint32_t n = c->batch[0].count + c->batch[1].count;

	umsi_store32(&c->retiring, n);
	if (n > umsi_load32(&c->retiring_max))
		umsi_store32(&c->retiring_max, n);
}

/* ---- R8: reuse ---- */

/* The slot's last message has been handled: its table entry and its owner's reference go. */
static void free_slot(struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

	umsi_store_ptr(&c->table[slot], NULL);
	umsi_ids_give(&c->ids, slot);
	umsi_count_own(&c->reaped);
	umsi_trace_irq(r, UMSI_TRACE_SLOT_REAP, c->cpu, slot);
	umsi_record_put(r);
}

static bool proved_quiet(struct umsi_vec *v, const struct umsi_vec_batch *b, uint64_t done)
{
	if (!b->count || done < b->stamp)
		return false;
	return !b->not_before_ns || umsi_host_time_ns(v->domain.m->host) >= b->not_before_ns;
}

static void free_batch(struct umsi_vec_cpu *c, struct umsi_vec_batch *b)
{
	for (; b->words; b->words &= b->words - 1) {
		uint32_t w = umsi_lowest_bit(b->words);

		for (; b->bits[w]; b->bits[w] &= b->bits[w] - 1)
			free_slot(c, w * 64 + umsi_lowest_bit(b->bits[w]));
	}
	b->count = 0;
	b->not_before_ns = 0;
	umsi_store32(&c->aged, c->batch[0].not_before_ns || c->batch[1].not_before_ns);
}

/* What is being filled becomes what waits, as soon as nothing waits. */
static void turn_batches(struct umsi_vec_cpu *c)
{
	struct umsi_vec_batch empty = c->batch[0];

	if (c->batch[0].count || !c->batch[1].count)
		return;
	c->batch[0] = c->batch[1];
	c->batch[1] = empty;
}

/* What is seldom stays out of line, so that taking a slot saves no registers for it. */
#define RARE	__attribute__((noinline, cold))

RARE bool umsi_vec_reap_waiting(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uint32_t before = umsi_load32(&c->retiring);
	uint64_t done;

	/* Acquire: the CPU's last use of an entry precedes our rewriting it. */
	done = umsi_load64_acquire(&c->done);
	for (uint32_t i = 0; i < 2; i++)
		if (proved_quiet(v, &c->batch[i], done))
			free_batch(c, &c->batch[i]);
	turn_batches(c);
	note_retiring(c);
	if (umsi_load32(&c->owed))
		umsi_vec_pay_owed(c);
	umsi_vec_note_free(v, c);
	return umsi_load32(&c->retiring) != before;
}

/* ---- R1: taking ---- */

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
		umsi_trace_irq(g->member[i], UMSI_TRACE_SLOT_REVIVE, c->cpu, slot + i);
	}
	b->count -= g->count;
	turn_batches(c);
	note_retiring(c);
	umsi_count_own(&c->revived);
}

/* It has more references than its own one and its live slot's. */
static inline bool may_be_retiring(const struct umsi_group *g)
{
	return umsi_load32(&g->member[0]->references) > 2;
}

static RARE bool revive(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot)
{
	struct umsi_vec_batch *b;
	uint32_t found = find_retiring(c, g, &b);

	if (!found)
		return false;
	take_back(c, b, g, found);
	*slot = found;
	return true;
}

/* From this very slot on, if they are retiring and the group's. */
static bool revive_at(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot)
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

static uint32_t order_of(const struct umsi_group *g)
{
	return umsi_lowest_bit(g->count);
}

/* The slot is taken in the set already; from here on whoever walks the table finds it. */
static inline void own_slot(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot)
{
	umsi_trace_irq(r, UMSI_TRACE_SLOT_TAKE, c->cpu, slot);
	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&c->table[slot], r);
}

static void own_slots(struct umsi_vec *v, struct umsi_vec_cpu *c, const struct umsi_group *g,
		      uint32_t slot)
{
	for (uint32_t i = 0; i < g->count; i++)
		own_slot(c, g->member[i], slot + i);
	umsi_vec_note_free(v, c);
}

static RARE int take_block(struct umsi_vec *v, struct umsi_vec_cpu *c, const struct umsi_group *g,
			   uint32_t *slot)
{
	uint32_t id = umsi_ids_take_block(&c->ids, order_of(g));

	if (id == UMSI_IDS_NONE)
		return umsi_load32(&c->retiring) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	own_slots(v, c, g, id);
	*slot = id;
	return UMSI_OK;
}

/* Taking leaves no more free slots than the CPU is filed under: nobody is told. */
static inline int take_locked(struct umsi_vec *v, struct umsi_vec_cpu *c, const struct umsi_group *g,
			      uint32_t *slot, bool *revived)
{
	uint32_t id;

	*revived = may_be_retiring(g) && revive(c, g, slot);
	if (*revived)
		return UMSI_OK;
	if (g->count != 1 || !umsi_ids_free_count(&c->ids))
		return take_block(v, c, g, slot);
	id = umsi_ids_take_block(&c->ids, 0);
	own_slot(c, g->member[0], id);
	umsi_store32(&c->free, umsi_ids_free_count(&c->ids));
	*slot = id;
	return UMSI_OK;
}

bool umsi_vec_revive(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t *slot)
{
	return revive(c, g, slot);
}

void umsi_vec_own_slot(struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t slot)
{
	own_slot(c, r, slot);
}

int umsi_vec_take(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot,
		  bool *revived)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	int status = UMSI_ENOCPU;
	uintptr_t state;

	*revived = false;
	if (!c)
		return UMSI_ENOCPU;
	state = umsi_lock(v->domain.m, &c->lock);
	if (umsi_load32(&c->open)) {
		umsi_vec_reap_locked(v, c);
		status = take_locked(v, c, g, slot, revived);
	}
	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

/*
 * Filed under more than it has, after requests that named it: it may not be
 * the best at all. Or not filed, because it is being left.
 */
static RARE bool still_best(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	if (!umsi_load32(&c->open))
		return false;
	umsi_vec_file(v, c, umsi_ids_free_count(&c->ids));
	return umsi_load32(&c->node->best) == c->cpu;
}

int umsi_vec_take_best(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot,
		       bool *revived)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	int status = UMSI_EBUSY;

	umsi_vec_reap_locked(v, c);
	if (umsi_ids_free_count(&c->ids) == c->filed || still_best(v, c))
		status = take_locked(v, c, g, slot, revived);
	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

static bool all_free(const struct umsi_vec_cpu *c, uint32_t slot, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!umsi_ids_is_free(&c->ids, slot + i))
			return false;
	return true;
}

/* The first slots of aligned blocks of @count whose every slot has its bit in @bits. */
static uint64_t block_starts(uint64_t bits, uint32_t count)
{
	uint64_t aligned = 0;

	for (uint32_t n = 1; n < count; n *= 2)
		bits &= bits >> n;
	for (uint32_t at = 0; at < 64; at += count)
		aligned |= UINT64_C(1) << at;
	return bits & aligned;
}

static uint64_t own_retiring(const struct umsi_vec_cpu *c, const struct umsi_record *r, uint32_t w)
{
	uint64_t own = 0;

	for (uint64_t left = c->batch[0].bits[w] | c->batch[1].bits[w]; left; left &= left - 1) {
		uint32_t bit = umsi_lowest_bit(left);

		if (umsi_load_ptr(&c->table[w * 64 + bit]) == r)
			own |= UINT64_C(1) << bit;
	}
	return own;
}

void umsi_vec_ownable(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint64_t *slots)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	umsi_vec_reap_locked(v, c);
	for (uint32_t w = 0; w < words_of(v); w++)
		slots[w] = block_starts(umsi_ids_free_word(&c->ids, w), g->count) |
			   own_retiring(c, g->member[0], w);
	umsi_unlock(v->domain.m, &c->lock, state);
}

static bool take_at_locked(struct umsi_vec *v, struct umsi_vec_cpu *c, const struct umsi_group *g,
			   uint32_t slot, bool *revived)
{
	*revived = revive_at(c, g, slot);
	if (*revived)
		return true;
	if (!all_free(c, slot, g->count))
		return false;
	for (uint32_t i = 0; i < g->count; i++)
		umsi_ids_take_at(&c->ids, slot + i);
	own_slots(v, c, g, slot);
	return true;
}

bool umsi_vec_take_at(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot,
		      bool *revived)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	bool taken;

	umsi_vec_reap_locked(v, c);
	/* One that is being left gives out nothing but to who is on the way out. */
	taken = (umsi_load32(&c->open) || umsi_load32(&g->member[0]->target) == cpu) &&
		take_at_locked(v, c, g, slot, revived);
	umsi_unlock(v->domain.m, &c->lock, state);
	return taken;
}

int umsi_vec_take_place(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t wanted,
			uint32_t *slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);
	int status = UMSI_OK;

	umsi_vec_reap_locked(v, c);
	if (wanted && umsi_ids_take_at(&c->ids, wanted)) {
		own_slots(v, c, g, wanted);
		*slot = wanted;
	} else {
		status = take_block(v, c, g, slot);
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

void umsi_vec_give(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	for (uint32_t i = 0; i < g->count; i++) {
		umsi_store_ptr(&c->table[slot + i], NULL);
		umsi_trace_irq(g->member[i], UMSI_TRACE_SLOT_GIVE, cpu, (uint64_t)slot + i);
	}
	if (g->count == 1)
		umsi_ids_give(&c->ids, slot);
	else
		umsi_ids_give_block(&c->ids, slot, order_of(g));
	if (umsi_load32(&c->owed))
		umsi_vec_pay_owed(c);
	umsi_vec_note_free(v, c);
	umsi_unlock(v->domain.m, &c->lock, state);
	for (uint32_t i = 0; i < g->count; i++)
		umsi_record_put(g->member[i]);
}

/* ---- R4: retiring ---- */

void umsi_vec_retire(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, uint32_t count, int settled)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	struct umsi *m = v->domain.m;
	struct umsi_vec_batch *b = &c->batch[1];
	uintptr_t state;

	/* One critical section: on the list and ticketed, so that no proof falls in between. */
	state = umsi_lock(m, &c->lock);
	if (settled != UMSI_OK)
		umsi_store32(&c->aged, 1);
	for (uint32_t i = 0; i < count; i++)
		put_in(b, slot + i);
	b->count += count;
	b->stamp = umsi_load64(&c->req) + 1;
	if (settled != UMSI_OK || v->ageing)
		b->not_before_ns = umsi_host_time_ns(m->host) + m->min_age_ns;
	umsi_store64_release(&c->req, b->stamp);
	for (uint32_t i = 0; i < count; i++)
		umsi_trace_point(m, UMSI_TRACE_SLOT_RETIRE, cpu, b->stamp << 16 | (slot + i));
	turn_batches(c);
	note_retiring(c);
	umsi_unlock(m, &c->lock, state);
}
