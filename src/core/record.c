/* SPDX-License-Identifier: MIT */
#include "core/record.h"

#include "core/block.h"
#include "core/domain.h"
#include "core/text.h"
#include "core/trace.h"

#define SLAB_RECORDS	(1u << UMSI_SLAB_BITS)
#define BLOCK_SLABS	(1u << UMSI_BLOCK_BITS)

void umsi_records_init(struct umsi *m, uint32_t max)
{
	m->records.max = max;
}

void umsi_records_destroy(struct umsi *m)
{
	for (uint32_t b = 0; b < UMSI_BLOCKS; b++) {
		struct umsi_record_block *block = umsi_load_ptr(&m->records.block[b]);

		if (!block)
			continue;
		for (uint32_t s = 0; s < BLOCK_SLABS; s++) {
			void *slab = umsi_load_ptr(&block->slab[s]);

			if (slab)
				umsi_host_free(m->host, slab, SLAB_RECORDS * sizeof(struct umsi_record));
		}
		umsi_host_free(m->host, block, sizeof(*block));
	}
}

struct umsi_record *umsi_record_by_number(struct umsi *m, uint32_t number)
{
	return umsi_record_at(m, number);
}

static struct umsi_record *pop_free(struct umsi *m)
{
	uintptr_t state = umsi_lock(m, &m->records.lock);
	struct umsi_record *r = m->records.free;

	if (r) {
		m->records.free = r->inbox_next;
		umsi_fetch_add32(&m->records.in_use, 1);
	}
	umsi_unlock(m, &m->records.lock, state);
	return r;
}

static void push_free(struct umsi *m, struct umsi_record *r)
{
	uintptr_t state = umsi_lock(m, &m->records.lock);

	r->inbox_next = m->records.free;
	m->records.free = r;
	umsi_fetch_add32(&m->records.in_use, UINT32_MAX);
	umsi_unlock(m, &m->records.lock, state);
}

/* Publishes a slab and threads its records, lowest number first. False: somebody else was faster. */
static bool install_slab(struct umsi *m, uint32_t first, struct umsi_record_block **spare_block,
			 struct umsi_record *slab)
{
	umsi_atomic_ptr *at = &m->records.block[first >> (UMSI_BLOCK_BITS + UMSI_SLAB_BITS)];
	struct umsi_record_block *block;
	uintptr_t state = umsi_lock(m, &m->records.lock);
	bool ours = umsi_load32(&m->records.made) == first;

	if (ours) {
		block = umsi_load_ptr(at);
		if (!block) {
			block = *spare_block;
			*spare_block = NULL;
			umsi_store_ptr(at, block);
		}
		umsi_store_ptr(&block->slab[(first >> UMSI_SLAB_BITS) % BLOCK_SLABS], slab);
		for (uint32_t i = SLAB_RECORDS; i-- > 0;) {
			if (first + i >= m->records.max)
				continue;
			slab[i].inbox_next = m->records.free;
			m->records.free = &slab[i];
		}
		umsi_store32_release(&m->records.made, first + SLAB_RECORDS);
	}
	umsi_unlock(m, &m->records.lock, state);
	return ours;
}

/* One more slab. False: the limit is reached, or no memory. Sleepable. */
static bool grow(struct umsi *m)
{
	struct umsi_record_block *block = NULL;
	struct umsi_record *slab;
	uintptr_t state;
	uint32_t first;

	state = umsi_lock(m, &m->records.lock);
	first = umsi_load32(&m->records.made);
	umsi_unlock(m, &m->records.lock, state);
	if (first >= m->records.max)
		return false;

	slab = umsi_host_alloc(m->host, SLAB_RECORDS * sizeof(*slab));
	if (!slab)
		return false;
	if (first % (SLAB_RECORDS * BLOCK_SLABS) == 0) {
		block = umsi_host_alloc(m->host, sizeof(*block));
		if (!block) {
			umsi_host_free(m->host, slab, SLAB_RECORDS * sizeof(*slab));
			return false;
		}
	}
	for (uint32_t i = 0; i < SLAB_RECORDS; i++) {
		slab[i].m = m;
		slab[i].number = first + i;
		umsi_store32(&slab[i].state, 1u << UMSI_GENERATION_SHIFT | UMSI_DEAD);
		umsi_store32(&slab[i].target, UMSI_CPU_NONE);
	}
	if (!install_slab(m, first, &block, slab))
		umsi_host_free(m->host, slab, SLAB_RECORDS * sizeof(*slab));
	if (block)
		umsi_host_free(m->host, block, sizeof(*block));
	return true;
}

/* Whoever got here by a stale handle or table entry holds, or is trying, the lock it had so far. */
static __attribute__((noinline, cold)) void set_block(struct umsi_record *r, struct umsi_block *old, struct umsi_block *block)
{
	uintptr_t state = umsi_lock(r->m, umsi_record_lock_by(r, old));

	umsi_store_ptr(&r->block, block);
	umsi_unlock(r->m, umsi_record_lock_by(r, old), state);
}

static __attribute__((noinline, cold)) struct umsi_record *grow_and_pop(struct umsi *m)
{
	struct umsi_record *r = NULL;

	while (!r && grow(m))
		r = pop_free(m);
	return r;
}

struct umsi_record *umsi_record_take(struct umsi *m, struct umsi_block *block)
{
	struct umsi_record *r = pop_free(m);
	struct umsi_block *old;

	if (!r)
		r = grow_and_pop(m);
	if (!r)
		return NULL;
	old = umsi_record_block_acquire(r);
	if (UMSI_HAS_BLOCKS && old != block)
		set_block(r, old, block);
	return r;
}

struct umsi_record *umsi_record_new(struct umsi_domain *leaf, uint32_t index,
				    const struct umsi_irq_request_at *at, struct umsi_block *block)
{
	struct umsi_record *r = umsi_record_take(leaf->m, block);

	if (r)
		umsi_record_start(r, leaf, index, at);
	return r;
}

void umsi_record_recycle(struct umsi_record *r)
{
	uint32_t generation = umsi_state_generation(umsi_load32(&r->state)) + 1;

	struct umsi_block *block = umsi_record_block(r);

	/* The pointer stays: a stale handle may be trying that lock, which is type-stable. */
	if (block && umsi_fetch_add32(&block->references, UINT32_MAX) == 1)
		umsi_pool_put(r->m, &r->m->block_pool, block);
	/* Generation 0 never occurs, so no handle is ever 0. */
	if (!(generation & UMSI_GENERATION_MASK))
		generation = 1;
	umsi_trace_irq(r, UMSI_TRACE_RECYCLE, 0, generation);
	umsi_store32_release(&r->state, generation << UMSI_GENERATION_SHIFT | UMSI_DEAD);
	push_free(r->m, r);
}

void umsi_record_drained(struct umsi_record *r)
{
	uint32_t old = umsi_fetch_or32(&r->state, UMSI_DRAINED);

	if (!(old & UMSI_QUEUED))
		umsi_record_recycle(r);
}

struct umsi_record *umsi_record_lock(struct umsi *m, umsi_irq irq, uintptr_t *state)
{
	return umsi_record_lock_in_line(m, irq, state);
}

int umsi_record_with(struct umsi *m, umsi_irq irq, int (*step)(struct umsi_record *r, void *arg), void *arg)
{
	uintptr_t state;
	struct umsi_record *r = m ? umsi_record_lock(m, irq, &state) : NULL;
	int answer;

	if (!r)
		return UMSI_ENOENT;
	answer = step(r, arg);
	umsi_record_unlock(r, state);
	return answer;
}

/* Held, it stays this record's lock: umsi_record_new() changes it under the old one. */
uintptr_t umsi_record_enter(struct umsi_record *r)
{
	for (;;) {
		struct umsi_block *block = umsi_record_block_acquire(r);
		uintptr_t state = umsi_lock(r->m, umsi_record_lock_by(r, block));

		if (block == umsi_record_block(r))
			return state;
		umsi_unlock(r->m, umsi_record_lock_by(r, block), state);
	}
}

void umsi_record_unlock(struct umsi_record *r, uintptr_t state)
{
	umsi_unlock(r->m, umsi_record_lock_of(r), state);
}

struct umsi_group umsi_group_by_call(struct umsi_record *const *r)
{
	return umsi_group_of_in_line(r);
}

void umsi_record_wait_idle(struct umsi_record *r, uint32_t generation)
{
	for (;;) {
		uint32_t state = umsi_load32_acquire(&r->state);

		if (!(state & UMSI_RUN) || umsi_state_generation(state) != generation)
			return;
		umsi_host_relax(r->m->host);
	}
}
