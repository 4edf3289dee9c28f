/* SPDX-License-Identifier: MIT */
/*
 * The interrupt record: one per allocated index, for all levels of its path.
 * Type-stable: a pointer to a record stays a pointer to a record for the life
 * of the machine; the generation in its state word says which interrupt it is.
 */
#ifndef UMSI_CORE_RECORD_H
#define UMSI_CORE_RECORD_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/types.h>

#include "core/machine.h"
#include "core/profile.h"
#include "core/state.h"

#define UMSI_LEVELS_MAX		4
#define UMSI_IRQ_NAME_MAX	12	/* with the end */

struct umsi_block;
struct umsi_domain;
struct umsi_irq_request_at;
struct umsi_mask;

/* Where a record is in its life; changed under its lock. */
enum umsi_phase {
	UMSI_PHASE_FREE = 0,	/* on the free list, being made, or its last references are going */
	UMSI_PHASE_RESERVED,	/* a place at every level, no handler */
	UMSI_PHASE_ACTIVE,	/* requested: the store is open */
	UMSI_PHASE_SHUT,	/* requested and managed, none of its CPUs is online: the store is closed */
};

/* Can its store be reached? Where it cannot, only the cached message changes. */
enum umsi_away {
	UMSI_AWAY_NOT = 0,
	UMSI_AWAY_QUIET,	/* it was stopped and flushed before it went */
	UMSI_AWAY_LOST,		/* nothing is known of what it may still have sent */
};

/*
 *   field                 written under                read without the lock by
 *   state                 read-modify-write, anyone    anyone
 *   handler, arg          lock, while DIS is set       the runner (after its claim)
 *   handled, not_mine     the runner                   statistics
 *   inbox_next            who set QUEUED               the CPU that unlinked it
 *   target                lock                         hints (hand-over, dump)
 *   references            atomic                       nobody
 *   leaf, index, number,  before the record is live    anyone who holds it
 *   block
 *   all else              lock                         dump, racily
 *
 * Lock order: a record's lock, then one CPU's slot lock, then the records' lock.
 */
struct umsi_record {
	/* All that a claim and its handler's end use: 32 bytes of one cache line. */
	_Alignas(32) umsi_atomic32 state;
	uint8_t trigger;		/* enum umsi_trigger */
	uint8_t phase;			/* enum umsi_phase */
	uint16_t depth;			/* of disables */
	umsi_handler handler;
	void *arg;
	umsi_atomic64 handled;

	struct umsi *m;
	struct umsi_record *inbox_next;	/* also links the free list */
	umsi_atomic32 merged;
	umsi_atomic32 references;	/* slots it owns, and one until its free returns */
	struct umsi_lock lock;
	umsi_atomic_ptr block;		/* struct umsi_block whose lock is used instead, or NULL */
	struct umsi_domain *leaf;	/* the device end of the path */
	uint64_t cookie;
	struct umsi_msg message;	/* what the store holds, once told */
	struct umsi_mask *mask;		/* affinity when it is a set */
	umsi_atomic32 target;		/* CPU, or UMSI_CPU_NONE */
	uint32_t number;
	uint32_t affinity_cpu;		/* affinity when it is one CPU, else UMSI_CPU_NONE */
	uint32_t moves, triggers;
	umsi_atomic32 not_mine;
	uint32_t slot;			/* the root's number: on its CPU, or in the machine */
	uint32_t entry;			/* the translator's, where there is one */
	uint16_t index;			/* in its table */
	uint8_t away : 2;		/* enum umsi_away: its device is not written to */
	bool wake : 1;			/* it stays armed while the machine is suspended */
	bool contained : 1;		/* disabled by the core: nobody wanted it */
	bool broken : 1;		/* outside its affinity: its CPUs have left */
	bool masked : 1;		/* its store is masked: a level held, or anything that comes while disabled */
	bool told : 1;			/* a store was told its present slot: it retires, and is not just given back */
	bool unsettled : 1;		/* the flush of the last release proved nothing */
	uint8_t wish;			/* UMSI_WISH_*: what is not usual about its number; 0: nothing */
	char name[UMSI_IRQ_NAME_MAX];
};

/* In record.wish. It does not change as long as the interrupt lives. */
#define UMSI_WISH_BAND		0x03u	/* enum umsi_irq_band */
#define UMSI_WISH_COUNTED	0x04u	/* it has a number only while it is requested */
#define UMSI_WISH_STRICT	0x08u	/* it goes nowhere outside its affinity */

_Static_assert(sizeof(struct umsi_record) == 160, "what an interrupt may cost: see bench/targets");

static inline unsigned int umsi_record_wish(const struct umsi_record *r)
{
	return UMSI_HAS_WISHES ? r->wish : 0;
}

static inline enum umsi_away umsi_record_away(const struct umsi_record *r)
{
	return UMSI_HAS_SLEEP ? (enum umsi_away)r->away : UMSI_AWAY_NOT;
}

/* Does it have a handler? */
static inline bool umsi_record_is_requested(const struct umsi_record *r)
{
	return r->phase == UMSI_PHASE_ACTIVE || r->phase == UMSI_PHASE_SHUT;
}

/* Is it still what @irq names? Under its lock. */
static inline bool umsi_record_is_live(const struct umsi_record *r, umsi_irq irq)
{
	return r->phase != UMSI_PHASE_FREE && umsi_state_generation(umsi_load32(&r->state)) == irq >> 32;
}

static inline bool umsi_record_is_level(const struct umsi_record *r)
{
	return UMSI_HAS_FLOW && r->trigger >= UMSI_TRIGGER_LEVEL_HIGH;
}

static inline umsi_irq umsi_record_handle(const struct umsi_record *r, uint32_t state)
{
	return (umsi_irq)umsi_state_generation(state) << 32 | (r->number + 1);
}

/*
 * A record with state DIS and one reference, its phase still FREE so that no
 * handle reaches it; NULL: none left or no memory. Sleepable.
 */
struct umsi_record *umsi_record_new(struct umsi_domain *leaf, uint32_t index,
				    const struct umsi_irq_request_at *at, struct umsi_block *block);

/*
 * The same in two steps, for who cannot spare a call. The first: a record off the free list
 * that goes with @block, or alone. Sleepable.
 */
struct umsi_record *umsi_record_take(struct umsi *m, struct umsi_block *block);

/* The second. Nobody looks at what is free by more than its state, block and phase. */
static inline void umsi_record_start(struct umsi_record *r, struct umsi_domain *leaf, uint32_t index,
				     const struct umsi_irq_request_at *at)
{
	r->leaf = leaf;
	r->index = (uint16_t)index;
	r->cookie = at->cookie;
	r->trigger = at->trigger;
	r->handler = NULL;
	r->mask = NULL;
	r->affinity_cpu = UMSI_CPU_NONE;
	r->moves = 0;
	r->triggers = 0;
	r->depth = 0;
	r->told = false;
	r->unsettled = false;
	r->masked = false;
	r->away = UMSI_AWAY_NOT;
	r->broken = false;
	r->wake = false;
	r->contained = false;
	r->wish = 0;
	r->name[0] = '\0';
	umsi_store64(&r->handled, 0);
	umsi_store32(&r->merged, 0);
	umsi_store32(&r->not_mine, 0);
	umsi_store32(&r->target, UMSI_CPU_NONE);
	umsi_store32(&r->references, 1);
	umsi_store32(&r->state, (umsi_load32(&r->state) & ~0xffu) | UMSI_DIS);
}

/* The last reference has gone. */
void umsi_record_drained(struct umsi_record *r);

/* Drops one reference; the last one makes the number available again. Any context. */
static inline void umsi_record_put(struct umsi_record *r)
{
	if (__builtin_expect(umsi_fetch_add32(&r->references, UINT32_MAX) == 1, 0))
		umsi_record_drained(r);
}

/* Called by whoever removed the last obstacle: recycles a dead, drained record. */
void umsi_record_recycle(struct umsi_record *r);

/* The record of that number, or NULL. Any context. */
struct umsi_record *umsi_record_by_number(struct umsi *m, uint32_t number);

static inline struct umsi_record *umsi_record_at(struct umsi *m, uint32_t number)
{
	struct umsi_record_block *block;
	struct umsi_record *slab;

	if (number >= umsi_load32_acquire(&m->records.made))
		return NULL;
	block = umsi_load_ptr(&m->records.block[number >> (UMSI_BLOCK_BITS + UMSI_SLAB_BITS)]);
	slab = umsi_load_ptr(&block->slab[(number >> UMSI_SLAB_BITS) % (1u << UMSI_BLOCK_BITS)]);
	return &slab[number % (1u << UMSI_SLAB_BITS)];
}

/*
 * Finds a live interrupt and takes its lock. NULL (and no lock) if @irq is
 * not live. *state is what umsi_record_unlock() wants.
 */
struct umsi_record *umsi_record_lock(struct umsi *m, umsi_irq irq, uintptr_t *state);
void umsi_record_unlock(struct umsi_record *r, uintptr_t state);

/* Finds a live interrupt and takes @step under its lock. What that answers, or UMSI_ENOENT. */
int umsi_record_with(struct umsi *m, umsi_irq irq, int (*step)(struct umsi_record *r, void *arg), void *arg);

/* The same for any record: live, being made, or freed and perhaps somebody else's by now. */
uintptr_t umsi_record_enter(struct umsi_record *r);

/* Waits until no handler of this generation runs. Thread context, no lock held. */
void umsi_record_wait_idle(struct umsi_record *r, uint32_t generation);

void umsi_records_init(struct umsi *m, uint32_t max);
void umsi_records_destroy(struct umsi *m);

#endif
