/* SPDX-License-Identifier: MIT */
/*
 * The per-CPU vector space: slots, the table that leads from a slot to its
 * record, and the move-and-retire protocol (R1 to R8 of DESIGN.md). For roots
 * whose slots belong to a CPU; the root supplies four operations.
 */
#ifndef UMSI_VECTOR_VECTOR_H
#define UMSI_VECTOR_VECTOR_H

#include "core/block.h"
#include "core/domain.h"
#include "core/run.h"
#include "idspace/idspace.h"
#include "vector/ladder.h"

struct umsi_vec;
struct umsi_vec_cpu;

struct umsi_vec_root_ops {
	/* The message that raises @slot on @cpu. */
	void (*compose)(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, struct umsi_msg *out);
	/* Raises system slot @slot on @cpu, from anywhere. One store. */
	void (*raise)(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot);
	/*
	 * On that CPU, outside handlers: is none of @slots (a bitmap) pending that
	 * its traps have not taken? A root that cannot ask for some looks at all.
	 */
	bool (*quiet)(struct umsi_vec *v, struct umsi_vec_cpu *c, const uint64_t *slots);
	/* On that CPU: this slot raises nothing any more / again. */
	void (*shut)(struct umsi_vec *v, uint32_t slot, bool shut);
};

/* Slots with a meaning of their own; never given to an interrupt. */
#define UMSI_SLOT_KICK		1u
#define UMSI_SLOT_MARKER	2u
#define UMSI_SLOT_IPI		3u	/* first of the root's own */

/*
 * Slots that were retired together, as far as reuse is concerned: all of them
 * are quiet once the CPU's done has reached stamp (each one's own ticket is
 * at most stamp, so this only ever waits longer than R8 asks).
 */
struct umsi_vec_batch {
	uint64_t *bits;
	uint64_t words;			/* bit w: bits[w] may have some */
	uint32_t count;
	uint64_t stamp;
	uint64_t not_before_ns;		/* M1: 0, or the earliest time of reuse */
};

/* Slots a CPU may have: 2,048. */
#define UMSI_VEC_WORDS_MAX	32

#define UMSI_STORM_WATCHED	8

/* Unowned identities that were seen lately on one CPU; its own traps only. */
struct umsi_vec_storm {
	uint64_t since_ns;		/* counts are of the second that began here */
	uint16_t slot[UMSI_STORM_WATCHED];
	uint32_t seen[UMSI_STORM_WATCHED];
};

/*
 * One CPU's slots.
 *
 *   field                written under                read without the lock by
 *   table[]              lock                         own CPU's traps, dump
 *   req                  lock                         own CPU (acquire)
 *   done                 own CPU, interrupts off      anyone (acquire)
 *   marker_*             own CPU, interrupts off      own CPU
 *   storm, unowned, ...  own CPU                      statistics
 *   aged                 lock, before req             own CPU, after req
 *   free, retiring, open lock                         anyone: hints for choosing
 *   ..._max, quarantines lock                         statistics
 *   filed                lock and its node's lock     who has one of the two
 *   the rest             lock                         dump, racily
 *
 * lock nests inside a record's lock; the records' lock and a node's lock nest
 * inside it. One CPU's at a time.
 */
struct umsi_vec_cpu {
	_Alignas(64) struct umsi_lock lock;	/* first: what it is called by is its CPU's address */
	struct umsi_cpu_core *core;
	struct umsi_vec *v;
	umsi_cpu cpu;
	umsi_atomic64 req;		/* tickets given: slots retired so far */
	umsi_atomic64 done;		/* tickets proved quiet */
	uint64_t marker_req;		/* what the marker that is out will prove */
	bool marker_out, marker_claimed;

	bool retires;			/* some slot here does */
	umsi_atomic32 open;		/* its controller takes messages; filed: it gives out slots */
	struct umsi_ids ids;
	struct umsi_vec_batch batch[2];
	struct umsi_vec_batch *waiting, *filling;	/* for its stamp; by who retires */
	uint64_t *quarantined;
	uint64_t *aside;		/* free, and kept for interrupts that have reserved one here: aside.c */
	umsi_atomic32 aside_count;
	umsi_atomic32 owed;		/* reserved here, but their own slots still retire: so many of the next that are free */
	umsi_atomic32 aged;		/* some batch has an age to wait for */
	umsi_atomic32 free, retiring;
	uint32_t filed;			/* free slots its node believes it has: never fewer than there are */
	uint32_t item;			/* its number on the node's ladder */
	struct umsi_vec_node *node;
	umsi_atomic32 retiring_max, quarantines;

	struct umsi_vec_storm storm;
	umsi_atomic64 unowned, drains;
	umsi_atomic64 revived, reaped;	/* under lock */

	umsi_atomic_ptr table[];	/* v->entries: struct umsi_record or NULL */
};

/* Of a CPU that gives out no slots. */
#define UMSI_VEC_NOT_FILED	UINT32_MAX

/*
 * The CPUs of one NUMA node by free slots, to find the one with most at once.
 * A CPU is filed under a number that its free slots never exceed: taking one
 * need not tell anybody; giving one back must only where the number was
 * lowered meanwhile, and only a request that any CPU will do for lowers it.
 * So the CPU with the greatest number has most free slots if it has as many as
 * it is filed under, and is filed anew otherwise.
 *
 *   field         written under   read without the lock by
 *   best, most    lock            who chooses
 *   the rest      lock            nobody
 */
struct umsi_vec_node {
	_Alignas(64) struct umsi_lock lock;	/* inside slot locks; a leaf */
	umsi_atomic_ptr best;		/* the CPU filed under the greatest number, or NULL */
	umsi_atomic32 most;		/* that number */
	uint32_t compared;		/* the node that was compared with last */
	uint32_t index, ncpus;		/* which node; its CPUs that may be targets */
	struct umsi_ladder ladder;	/* rung: nslots - 1 - filed */
	struct umsi_vec_cpu *cpu[];	/* by item; then the ladder's memory */
};

/*
 * Embedded in the root. What it says about its hardware:
 *
 *   marker   writes to one CPU take effect in order, however late (T1): a
 *            marker behind them proves more than a look alone. Without it a
 *            look at the retiring slots is all there is.
 *   ageing   no written promise says when an accepted message can be seen
 *            (M1): every retired slot also waits min_age_ns.
 */
struct umsi_vec {
	struct umsi_domain domain;
	const struct umsi_vec_root_ops *ops;
	bool marker, ageing;
	uint32_t nslots;		/* slots 0 .. nslots - 1; 0 is never valid */
	uint32_t entries;		/* of a CPU's table: any number that is claimed, but at least nslots */
	uint32_t first;			/* the first that is not a system slot */
	bool higher_first;		/* of two that are pending the CPU takes the higher number first; else the lower */
	struct umsi_vec_cpu **cpu;	/* ncpus; NULL: that CPU is never a target */
	struct umsi_vec_node **node;	/* as the machine's */
	umsi_atomic_ptr roomiest;	/* hint: the node whose best CPU has most free slots */
	void (*system)(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot); /* slots from UMSI_SLOT_IPI */
};

static inline struct umsi_vec *umsi_vec_of(struct umsi_domain *d)
{
	return (struct umsi_vec *)d;
}

/* Memory for every CPU with @has[cpu]; on error nothing remains. Sleepable. */
int umsi_vec_init(struct umsi_vec *v, struct umsi *m, uint32_t nslots, uint32_t first,
		  const bool *has);
/* Creation's last step: lists the root, whose kick slot inboxes use from here on. Sleepable. */
void umsi_vec_add(struct umsi_vec *v, const struct umsi_domain_ops *ops);
/* Destruction's first: UMSI_EBUSY, nothing changed; or UMSI_OK, the memory is given back. Sleepable. */
int umsi_vec_remove(struct umsi_vec *v);

/* On that CPU, interrupts off, its controller ready: its slots may be taken from umsi_vec_started() on. */
void umsi_vec_open(struct umsi_vec *v, umsi_cpu cpu);
/* It is online: its slots are given out. */
void umsi_vec_started(struct umsi_domain *d, umsi_cpu cpu);

/* ---- Which CPU has most free slots (node.c). ---- */

/* A node for each of the machine's; UMSI_ENOMEM: what was made is destroyed by umsi_vec_nodes_destroy(). */
int umsi_vec_nodes_init(struct umsi_vec *v, struct umsi *m);
void umsi_vec_nodes_destroy(struct umsi_vec *v, struct umsi *m);
void umsi_vec_join_node(struct umsi_vec *v, struct umsi_vec_cpu *c);

/* Files @c under its free slots, or takes it off with UMSI_VEC_NOT_FILED. Its slot lock is held. */
void umsi_vec_file(struct umsi_vec_cpu *c, uint32_t number);

/* The slot lock is held, and the set of ids has changed. */
static inline void umsi_vec_note_free(struct umsi_vec_cpu *c)
{
	uint32_t n = umsi_ids_free_count(&c->ids);

	umsi_store32(&c->free, n);
	if (__builtin_expect(n > c->filed, 0))
		umsi_vec_file(c, n);
}

/* ---- Slots (slots.c, retire.c). A slot is the record's until retired and proved quiet. ---- */

/* Where a slot may be; and where one was taken, 0 before. */
struct umsi_spot {
	struct umsi_where where;
	umsi_cpu cpu;
	bool revived;			/* it was still the interrupt's */
	uint32_t slot;			/* the first of a block */
};

/*
 * Takes a slot, or for a block as many, on the named CPU, or on the permitted
 * one with most free slots, or on others if that has none; and publishes them
 * in one critical section (R1: whoever walks the table of a CPU sees every slot
 * that is taken). Slots of its own that still retire there are taken back.
 * @r is alone, or speaks for its block. UMSI_OK, UMSI_ENOCPU, UMSI_ENOSLOT,
 * UMSI_EAGAIN: none is free, some are retiring.
 */
int umsi_vec_take_any(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot);
/* The same, on any permitted CPU, where others like it follow at once: its node is told of it in the same critical section. */
int umsi_vec_take_next(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot);
/* The same on @cpu, whatever spot->where says. */
int umsi_vec_take(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, struct umsi_spot *spot);
/*
 * Exactly these slots: all free now, or the group's own that still retire
 * (*revived); on the CPU that the group is aimed at also when that is being
 * left, for the way out. False: not.
 */
bool umsi_vec_take_at(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot,
		      bool *revived);
/* A hint: the first slot of each block that umsi_vec_take_at() could give the group, as a bitmap. */
void umsi_vec_ownable(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint64_t *slots);
/* Gives back slots that no store was ever told about; of a block, all of them. */
void umsi_vec_give(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, uint32_t slot);
/*
 * One slot of a CPU that may be offline, best @wanted (0: any). UMSI_OK,
 * UMSI_ENOSLOT, UMSI_EAGAIN.
 */
int umsi_vec_take_place(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t wanted,
			uint32_t *slot);
/* A copy of the CPU's bitmap of free slots. */
void umsi_vec_free_slots(struct umsi_vec *v, umsi_cpu cpu, uint64_t *slots);
/* Slots no store was told about go back at once; any other retire. */
void umsi_vec_give_up(struct umsi_vec *v, struct umsi_record *r, umsi_cpu cpu, uint32_t slot, bool told,
		      int settled);
/*
 * R4: every store that held these @count slots has changed and was flushed.
 * @settled other than UMSI_OK: the flush proved nothing, so a minimum age applies too.
 */
void umsi_vec_retire(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot, uint32_t count, int settled);

bool umsi_vec_reap_waiting(struct umsi_vec *v, struct umsi_vec_cpu *c);

/* Gives out again what the CPU has proved quiet; the slot lock is held. True: there was some. */
static inline bool umsi_vec_reap_locked(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	return c->retires && umsi_vec_reap_waiting(v, c);
}

/* The permitted online CPU with most free slots, or UMSI_CPU_NONE. A hint. */
umsi_cpu umsi_vec_choose(struct umsi_vec *v, const struct umsi_where *where);

/* Thread context, no lock held: asks a permitted CPU to drain, waits. True: try again. */
int umsi_vec_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);

/*
 * Raises a system slot on any CPU for the sake of something in memory (R9):
 * what was written before, an inbox link or an IPI's payload, is visible
 * before the slot can be claimed.
 */
static inline void umsi_vec_kick(struct umsi_vec *v, umsi_cpu cpu, uint32_t slot)
{
	umsi_barrier_link_to_kick();
	v->ops->raise(v, cpu, slot);
}

/* ---- Traps (trap.c): interrupts off, on that CPU. ---- */

static inline void umsi_vec_trap_enter(struct umsi_vec_cpu *c)
{
	c->core->depth++;
}

/* R5 to R7: only the outermost trap's end may prove anything. */
void umsi_vec_drain(struct umsi_vec *v, struct umsi_vec_cpu *c);

static inline void umsi_vec_trap_leave(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	/* The cheap test of R5: nothing was retired here since the last proof. */
	if (c->core->depth == 1 && umsi_load64(&c->req) != umsi_load64(&c->done))
		umsi_vec_drain(v, c);
	c->core->depth--;
}

/* A claimed slot without an owner: a system slot, or a stray. */
void umsi_vec_no_record(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);
void umsi_vec_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);
void umsi_vec_unowned(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);

/*
 * From a claimed slot to its handler: one table load, then one read-modify-write.
 * False: the slot has no owner.
 */
static inline bool umsi_vec_arrive(struct umsi_vec_cpu *c, uint32_t slot)
{
	struct umsi_record *r;

	umsi_barrier_claim_to_handler();
	r = umsi_load_ptr(&c->table[slot]);
	if (__builtin_expect(r != NULL, 1))
		umsi_arrive(r, &c->core);
	return __builtin_expect(r != NULL, 1);
}

/* System slots have no owner either, so nothing is asked about them before that is known. */
static inline void umsi_vec_dispatch(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot)
{
	if (!umsi_vec_arrive(c, slot))
		umsi_vec_no_record(v, c, slot);
}

/* ---- A slot on every CPU (places.c). Under the record's lock. ---- */

/* All or none. UMSI_OK, UMSI_ENOSLOT, UMSI_EAGAIN, UMSI_ENOCPU (no such CPU has slots). */
int umsi_vec_take_places(struct umsi_vec *v, struct umsi_record *r, const struct umsi_where *where);
void umsi_vec_drop_places(struct umsi_vec *v, struct umsi_record *r, int settled);
/* That CPU's, or NULL. */
const struct umsi_place *umsi_vec_place_on(const struct umsi_record *r, umsi_cpu cpu);
bool umsi_vec_is_place(const struct umsi_record *r, umsi_cpu cpu, uint32_t slot);
/* That of the permitted open CPU with most free slots, or NULL. */
const struct umsi_place *umsi_vec_choose_place(struct umsi_vec *v, const struct umsi_record *r,
					       const struct umsi_where *where);
void umsi_vec_shut_down(struct umsi_record *r);
/* The CPU is online: what is shut and has a slot there starts again. That CPU, interrupts off. */
void umsi_vec_start_places(struct umsi_vec *v, umsi_cpu cpu);

/* umsi.move_directly (directly.c). */
int umsi_vec_move_directly(struct umsi *m, umsi_irq irq, umsi_cpu cpu);

/* ---- Leaving (leave.c). ---- */

int umsi_vec_leave(struct umsi_domain *d, umsi_cpu cpu);
void umsi_vec_stay(struct umsi_domain *d, umsi_cpu cpu);
/* On the dying CPU: a claimed slot's owner is called elsewhere. */
void umsi_vec_forward(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);
/* On the dying CPU, after all was forwarded: its retiring slots are quiet. */
void umsi_vec_dead(struct umsi_vec *v, struct umsi_vec_cpu *c);

/* ---- A controller that lost everything (restore.c): on that CPU, interrupts off, outside traps. ---- */

/* Calls every owner of a slot once, and the handlers of the root's first @ipis IPIs. The controller works again. */
void umsi_vec_restore(struct umsi_vec *v, umsi_cpu cpu, uint32_t ipis);
/* Identities that stormed stay shut when the controller starts afresh. */
void umsi_vec_shut_again(struct umsi_vec *v, struct umsi_vec_cpu *c);

/* ---- Slots that are reserved and not bound, and bands (aside.c). Under the record's lock. ---- */

/* The group's slot on @cpu becomes one that is set aside there. If a store was @told about it, it retires, and another is. */
void umsi_vec_set_aside(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t slot, bool told,
			int settled);
/* One that is set aside there is anybody's again. */
void umsi_vec_put_back(struct umsi_vec *v, umsi_cpu cpu);
/* A number for one that has none, out of those set aside; UMSI_ENOCPU, UMSI_ENOSLOT, UMSI_EAGAIN: its CPU is being left. */
int umsi_vec_bind(struct umsi_vec *v, struct umsi_record *r);
/* Another slot on @cpu, of the band that it wishes, in place of one that no store was told about. */
void umsi_vec_into_band(struct umsi_vec *v, umsi_cpu cpu, const struct umsi_group *g, uint32_t *slot);
void umsi_vec_grant(struct umsi_domain *d, struct umsi_record *r, int settled);
enum umsi_irq_band umsi_vec_band_of(struct umsi_domain *d, const struct umsi_record *r);
/* The slot lock is held, and slots have become free: first come those owed. */
void umsi_vec_pay_owed(struct umsi_vec_cpu *c);

/* Reserved, and without a number for now. */
static inline bool umsi_vec_is_counted(const struct umsi_record *r)
{
	return (umsi_record_wish(r) & UMSI_WISH_COUNTED) && !r->slot;
}

/* ---- The domain's side (vec_domain.c): what a root puts in its ops. ---- */

uint64_t umsi_vec_room(struct umsi_domain *d);
bool umsi_vec_reaches(struct umsi_domain *d, umsi_cpu cpu);
int umsi_vec_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where);
void umsi_vec_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled);
int umsi_vec_activate(struct umsi_domain *d, struct umsi_record *r);
void umsi_vec_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out);
int umsi_vec_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
void umsi_vec_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
void umsi_vec_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
void umsi_vec_reap(struct umsi_domain *d);
void umsi_vec_stats(struct umsi_domain *d, struct umsi_stats *out);
void umsi_vec_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t);
void umsi_vec_dump(struct umsi_domain *d, umsi_dump_line line, void *arg);

#endif
