/* SPDX-License-Identifier: MIT */
/*
 * Interrupt domains: one block of the path from device (leaf) to CPU (root).
 * The core walks the path and knows no controller.
 *
 * Two-phase life of an interrupt at each level: reserve (root last; nothing
 * visible to hardware) and activate (root first). Reverse: deactivate leaf
 * first, unreserve root first.
 */
#ifndef UMSI_CORE_DOMAIN_H
#define UMSI_CORE_DOMAIN_H

#include <umsi/device.h>

#include "core/machine.h"
#include "core/record.h"
#include "core/text.h"

/* Where something may go: the library's form of struct umsi_affinity. Both empty: any CPU. */
struct umsi_where {
	struct umsi_mask *mask;		/* NULL, or a set */
	umsi_cpu cpu;			/* UMSI_CPU_NONE, or the one CPU */
	bool more;			/* for a reservation: others like it are likely to follow at once */
};

/* A move under way: filled in by the root, read by the levels between it and the store. */
struct umsi_move {
	struct umsi_where where;
	umsi_cpu from;			/* the target when it was prepared; by now it may have another */
	umsi_cpu cpu;			/* the new target */
	uint32_t slot;			/* the root's number there */
	uint32_t mark;			/* the root's own, from prepare to commit */
	bool place;			/* the slot is one of those that are this interrupt's for good */
	bool outside;			/* not one of those, though it has some: none of their CPUs is open */
	bool revived;			/* the slot was still this interrupt's */
	bool absorbed;			/* no level nearer the device needs to change */
	bool told;			/* a store, or a translator's entry, may hold the new message */
	bool cached;			/* the device is away: only the cached message has changed */
	bool torn;			/* R3: the store cannot mask, and its words are read one by one */
	bool transient;			/* the old CPU's slot of the new number is owned too, till commit */
	bool transient_revived;		/* it was still this interrupt's */
	bool replay;			/* words were mixed: call every handler once */
	bool refused;			/* by a level nearer the device, not for want of a slot */
	bool ages;			/* the store did answer, but what it proved leaves an age to wait (M1) */
	uint32_t device_writes;
	int settled;			/* UMSI_OK, or UMSI_EGONE: the flush proved nothing */
	struct umsi_msg message;	/* what the level below has to write */
};

/* Leaves: the source itself. Under the record's lock, where nothing else is said. */
struct umsi_source_ops {
	/*
	 * Level sources: keep the source quiet, let it speak again; look at the line
	 * again (any context); its CPU has lost what was sent last.
	 */
	void (*quieten)(struct umsi_domain *d, struct umsi_record *r);
	void (*unquieten)(struct umsi_domain *d, struct umsi_record *r);
	void (*rearm)(struct umsi_domain *d, struct umsi_record *r, bool locked);
	void (*lost)(struct umsi_domain *d, struct umsi_record *r);
	/*
	 * Where it sleeps (umsi_domain.sleeps). Calls that change it take turns: during a flush
	 * the record's lock, whose state *@state is, is dropped.
	 * Outside the record's lock, sleepable. See core/hold.h.
	 */
	void (*turn_begin)(struct umsi_domain *d, uintptr_t *state);
	void (*turn_end)(struct umsi_domain *d);
};

/* Roots and translators: what is not done for one interrupt on its usual way. All of one controller may share them. */
struct umsi_controller_ops {
	/* Roots: an interrupt may have a place on every CPU (umsi_places), reserved by reserve(). */
	bool keeps_places;

	/*
	 * Translators: a table of @size indices comes under one of their devices, or
	 * has gone. Sleepable, no lock held; their own state is the device's
	 * "translation". UMSI_OK, UMSI_ENOMEM, UMSI_ENOINDEX (no room for so many), or
	 * what the hardware answered.
	 */
	int (*table_attach)(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
	void (*table_detach)(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);

	/*
	 * Roots: an interrupt that has just been reserved, or released, and wishes something of its
	 * number (record.wish), has it granted: a number of its band; no number, but
	 * one set aside. NULL: no such wishes. Under the record's lock.
	 */
	void (*grant)(struct umsi_domain *d, struct umsi_record *r, int settled);
	/* Roots: the band of its number; NULL: numbers say nothing. */
	enum umsi_irq_band (*band_of)(struct umsi_domain *d, const struct umsi_record *r);

	/*
	 * Roots: a CPU whose message shares one half of the address with the present
	 * target's and the other half with @to's, or UMSI_CPU_NONE (R3 (v)).
	 */
	umsi_cpu (*move_via)(struct umsi_domain *d, umsi_cpu from, umsi_cpu to);

	/*
	 * Roots: slots are short but some are retiring: have their CPUs prove them
	 * quiet. Thread context, no lock held, interrupts on; bounded. UMSI_OK: try again;
	 * UMSI_ENOSLOT, or UMSI_ENOMEM where memory would have made room.
	 */
	int (*make_room)(struct umsi_domain *d, const struct umsi_where *where, bool for_move);

	/* Roots: collect what CPUs have proved quiet. Any context but NMI. */
	void (*reap)(struct umsi_domain *d);

	/* Roots: this CPU's part, on that CPU with interrupts off. */
	int (*cpu_online)(struct umsi_domain *d, umsi_cpu cpu);
	/* The same, and now it is online: managed interrupts that waited for it start. */
	void (*cpu_started)(struct umsi_domain *d, umsi_cpu cpu);

	/*
	 * Roots: umsi_cpu_leave() (thread context; on error as before), its undoing,
	 * and umsi_cpu_dead() (that CPU, interrupts off).
	 */
	int (*cpu_leave)(struct umsi_domain *d, umsi_cpu cpu);
	void (*cpu_stay)(struct umsi_domain *d, umsi_cpu cpu);
	int (*cpu_dead)(struct umsi_domain *d, umsi_cpu cpu);

	/* Roots: umsi_cpu_restore(), on that CPU with interrupts off. What may have been lost is called once. */
	int (*cpu_restore)(struct umsi_domain *d, umsi_cpu cpu);

	/*
	 * The machine comes out of a suspend: what this block keeps for all CPUs may be
	 * gone. Writes it again. Roots come before what is nearer to devices. Sleepable,
	 * no device sends yet but those that may wake. UMSI_OK, or what the hardware answered.
	 */
	int (*resume)(struct umsi_domain *d);

	/* Roots: umsi_drain_point() of this CPU, interrupts off, outside traps. */
	void (*drain)(struct umsi_domain *d, umsi_cpu cpu);

	/* For umsi_dump(): whole lines of the domain itself. */
	void (*dump)(struct umsi_domain *d, umsi_dump_line line, void *arg);
	/* Adds this domain's part to the machine's counters. */
	void (*stats)(struct umsi_domain *d, struct umsi_stats *out);
};

/* A level of a path. */
struct umsi_domain_ops {
	const char *name;
	const char *number_name;	/* of its numbers in dumps: "eiid", "irte_index" */
	const struct umsi_controller_ops *controller;	/* roots and translators */
	const struct umsi_source_ops *source;		/* leaves */

	/*
	 * A place for one interrupt. Thread context, the record's lock held for
	 * roots that bind slots; see each implementation. UMSI_EAGAIN: make_room() may help.
	 */
	int (*reserve)(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where);
	/* Gives the place back. After activation, whatever may still be in flight is this level's to outlive. */
	void (*unreserve)(struct umsi_domain *d, struct umsi_record *r, int settled);

	/* Makes it real. Root: publishes the slot. Leaf: writes the message, opens the store. */
	int (*activate)(struct umsi_domain *d, struct umsi_record *r);
	/* Leaf: closes the store and flushes it: UMSI_OK or UMSI_EGONE. */
	int (*deactivate)(struct umsi_domain *d, struct umsi_record *r);

	/* Optional: can it deliver to @cpu? NULL: to all. Asked where a CPU is chosen; any context. */
	bool (*reaches)(struct umsi_domain *d, umsi_cpu cpu);

	/* The message the level below must write to reach this interrupt. Roots and translators. */
	void (*compose)(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out);

	/*
	 * Moving, under the record's lock. Root: prepare takes and publishes the
	 * new place and fills in @mv; commit retires the old; abort undoes prepare.
	 * One other changes: the translator, if there is one, or the leaf (umsi_domain.changes):
	 * update changes what it holds and flushes it. A translator's entry changes in one step; the
	 * store keeps its message, and no word of it is torn.
	 */
	int (*move_prepare)(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
	int (*move_update)(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
	void (*move_commit)(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
	void (*move_abort)(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
	/* Leaf, for umsi.move_directly: an open store is told record.message, and flushed. UMSI_OK or UMSI_EGONE. */
	int (*rewrite)(struct umsi_domain *d, struct umsi_record *r);

	/* Roots: numbers that are free, or will be without anybody's doing. A hint unless nothing is taken or given. NULL: unknown. */
	uint64_t (*room)(struct umsi_domain *d);

	/* For umsi_dump(): " eiid=17" of one interrupt. */
	void (*dump_path)(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t);
};

/*
 *   field   written under   read without the lock by
 *   users   atomic          destroy
 *   next    m->mutex        bring-up and dump walk it: links of live roots never change under them
 */
struct umsi_domain {
	const struct umsi_domain_ops *ops;
	struct umsi *m;
	struct umsi_domain *parent;	/* towards the CPU; NULL for a root */
	struct umsi_domain *root;	/* the end of the path */
	struct umsi_domain *changes;	/* the level from here on that a move changes; NULL for a root */
	bool torn;			/* leaf: it has no mask, and its words are read one by one */
	bool sleeps;			/* leaf: its flush may; changes take turns, and all sources are edges */
	bool direct;			/* leaf: right under the root that umsi.move_directly is of, and it can rewrite() */
	umsi_atomic32 users;		/* devices and child domains */
	struct umsi_domain *next;
};

/* Lists a root or translator, so that CPUs that come online bring it up. Sleepable. */
void umsi_domain_add(struct umsi *m, struct umsi_domain *d, struct umsi_domain *parent,
		     const struct umsi_domain_ops *ops);
/* The next level towards the CPU is @parent, or NULL. Its ops are set. */
void umsi_domain_put_under(struct umsi_domain *d, struct umsi_domain *parent);
/* UMSI_OK, or UMSI_EBUSY while something uses it. Sleepable. */
int umsi_domain_remove(struct umsi_domain *d);

/* The root end of a path. */
static inline struct umsi_domain *umsi_domain_root(const struct umsi_domain *d)
{
	return d->root;
}

static inline bool umsi_where_is_set(const struct umsi_where *where)
{
	return UMSI_HAS_SETS && where->mask;
}

/* Of a leaf: may its flush sleep? */
static inline bool umsi_domain_sleeps(const struct umsi_domain *d)
{
	return UMSI_HAS_FLOW && d->sleeps;
}

/* The same of an affinity that is not UMSI_AFFINITY_ANY. */
int umsi_where_named(struct umsi *m, const struct umsi_affinity *affinity, struct umsi_where *where);

/*
 * The library's form of an affinity. where->mask is a reference to keep or put, or
 * NULL. UMSI_OK, UMSI_EINVAL, UMSI_ERANGE, UMSI_ENOMEM (only a set allocates).
 */
static inline int umsi_where_get(struct umsi *m, const struct umsi_affinity *affinity, struct umsi_where *where)
{
	where->mask = NULL;
	where->cpu = UMSI_CPU_NONE;
	return affinity->kind == UMSI_AFFINITY_ANY ? UMSI_OK : umsi_where_named(m, affinity, where);
}

/*
 * The part of a move after the root's move_prepare: levels, flush, commit. The
 * record's lock is held. On error the prepared place was given up.
 */
int umsi_move_finish(struct umsi_record *r, struct umsi_move *mv);
/* Moves to that CPU, whatever its affinity, which stays. Its hold (core/hold.h) is the caller's. As umsi_irq_set_affinity(). */
int umsi_move_to(struct umsi_record *r, umsi_cpu cpu);
/*
 * umsi_irq_set_affinity() to one CPU where umsi.move_directly does not know how. @r: NULL, or what @irq leads
 * to: a record whose own lock is held and given back here, live and not locked by that of a block, or not.
 */
int umsi_move_generally(struct umsi *m, umsi_irq irq, umsi_cpu cpu, struct umsi_record *r, uintptr_t state);
/* Would a move of this record be seen word by word? */
bool umsi_move_would_tear(const struct umsi_record *r);
static inline bool umsi_move_is_torn(const struct umsi_record *r)
{
	return __builtin_expect(r->leaf->torn, 0) && umsi_move_would_tear(r);
}

/* A table of a device whose messages go to @d comes or has gone. On error nothing is attached. */
int umsi_path_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
void umsi_path_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);

/* Unreserves, device first, what was reserved up to, and not at, level @end. */
void umsi_path_undo(struct umsi_record *r, const struct umsi_domain *end);
/* Unreserve along the whole path, root first. */
void umsi_path_unreserve(struct umsi_record *r, int settled);

/* What it wishes of its number, if anything. After a reservation, and after the end of an activation. */
void umsi_path_grant(struct umsi_record *r);

/* Somebody has answered @status: @d, and what is nearer to the CPU, is deactivated again. */
__attribute__((cold)) int umsi_path_back_out(struct umsi_domain *d, struct umsi_record *r, int status);

static inline int umsi_path_activate_one(struct umsi_domain *d, struct umsi_record *r)
{
	int status = d->ops->activate ? d->ops->activate(d, r) : UMSI_OK;

	return __builtin_expect(status, 0) ? umsi_path_back_out(d->parent, r, status) : UMSI_OK;
}

/* All levels from the root to @d, in this order. */
int umsi_path_activate_up_to(struct umsi_domain *d, struct umsi_record *r);

/* Activate root first; on error what was activated is deactivated again. Most paths have two levels. */
static inline int umsi_path_activate(struct umsi_record *r)
{
	struct umsi_domain *leaf = r->leaf, *next = leaf->parent;
	int status;

	if (!UMSI_HAS_SHORTCUTS)
		return umsi_path_activate_up_to(leaf, r);
	status = next->parent ? umsi_path_activate_up_to(next, r) : umsi_path_activate_one(next, r);
	return status ? status : umsi_path_activate_one(leaf, r);
}

/* One that is shut starts again, if one of its CPUs is online and its device can be reached. */
void umsi_path_start(struct umsi_record *r);
/* Deactivate leaf first. UMSI_OK or UMSI_EGONE: did the flush prove anything? */
int umsi_path_deactivate(struct umsi_record *r);

#endif
