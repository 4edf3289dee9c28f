/* SPDX-License-Identifier: MIT */
/*
 * Devices, their tables (device MSI domains) and the interrupts in them.
 *
 * A device may have several tables at once, created and dropped at run time.
 * Index space is per table. Everything allocated under a device goes with it.
 *
 * Context, unless a function says otherwise: sleepable. All calls on one
 * device may run in parallel; a pointer must not be used after the call that
 * ends its object has begun.
 */
#ifndef UMSI_DEVICE_H
#define UMSI_DEVICE_H

#include <umsi/status.h>
#include <umsi/store.h>
#include <umsi/types.h>

/*
 * Whose messages those of a device look like, to a translator that checks.
 * What bridges and their errata do to a requester id is the host's to know; on
 * PCI it is the id that arrives at the root complex.
 */
enum umsi_requester_kind {
	UMSI_REQUESTER_SELF = 0,	/* its own requester id */
	UMSI_REQUESTER_ALIAS = 1,	/* .alias, which other functions may share */
	UMSI_REQUESTER_BUSES = 2,	/* any on buses .first_bus .. .last_bus: behind a bridge to conventional PCI */
};

struct umsi_requester {
	enum umsi_requester_kind kind;
	uint16_t alias;			/* bus << 8 | device << 3 | function */
	uint8_t first_bus, last_bus;
	uint8_t phantom_bits;		/* SELF: upper bits of the function number used for phantom functions, 0 .. 3 */
};

struct umsi_device_config {
	const char *name;		/* for dumps; its first 23 bytes are copied */
	uint32_t requester_id;		/* segment << 16 | bus << 8 | device << 3 | function; host's choice off PCI */
	uint32_t node;			/* NUMA node it is nearest to */
	uint32_t max_irqs;		/* in all its tables and those of its functions at once, 0 = those of its first table: sizes what a translator keeps for it */
	struct umsi_domain *parent;	/* where its messages go: a root or translator */
	struct umsi_requester messages_as; /* all zero: itself */
	/*
	 * NULL, or: this is a logical function of that device, a queue or a mediated
	 * device that somebody else drives. Its messages are the owner's: parent
	 * and messages_as stay zero, requester_id is not read. It has tables and
	 * indices of its own, from 0, and a life of its own; functions have none.
	 */
	struct umsi_device *owner;
};

/**
 * umsi_device_add() - Return: UMSI_OK, UMSI_EINVAL (NULL, no parent, messages_as, an owner that is a function),
 *   UMSI_ESTATE (the owner is being removed), UMSI_ENOMEM, UMSI_ENOTSUP (an owner, in the least profile of sources.list).
 */
int umsi_device_add(struct umsi *m, const struct umsi_device_config *config,
		    struct umsi_device **out);

/**
 * umsi_device_remove() - tear down everything under it, then it
 * @dev: gone when this returns UMSI_OK
 *
 * Frees every interrupt (as umsi_irq_free()), destroys every table. Works the
 * same when the hardware was pulled out beforehand.
 *
 * Return: UMSI_OK, or, with nothing changed, UMSI_ECONTEXT (inside a trap), UMSI_EBUSY (it has logical functions:
 *   revoke them, and have their users remove them).
 */
int umsi_device_remove(struct umsi_device *dev);

/* What an owner calls a function of it: never used twice, so one that is gone is nobody's. 0: none. */
typedef uint64_t umsi_function;

/* Of a logical function, for as long as it lives; 0: it is none. Any context. */
umsi_function umsi_device_function(const struct umsi_device *dev);

/**
 * umsi_device_revoke() - the owner takes a logical function back
 * @function: stays its user's to remove, but holds nothing any more
 *
 * Frees every interrupt of it, destroys every table; its handles answer
 * UMSI_ENOENT, and it gets no new tables (UMSI_ESTATE). Its user need not know:
 * whatever calls it is in the middle of end, and the tables it had stay valid
 * arguments, which hold nothing (UMSI_ESTATE, UMSI_ENOENT), until it removes the function.
 *
 * Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ENOENT (not a function of that device, or not any more), UMSI_ECONTEXT.
 */
int umsi_device_revoke(struct umsi_device *owner, umsi_function function);

struct umsi_function_info {
	umsi_function function;
	const char *name;
	uint32_t tables, irqs;		/* that it has now */
	bool revoked;
};

typedef void (*umsi_function_visit)(void *arg, const struct umsi_function_info *info);

/**
 * umsi_device_functions() - what an owner has handed out
 * @visit: called for each, newest first, under the owner's mutex: it must not call the library
 *
 * Return: how many there are, UMSI_EINVAL (NULL), UMSI_ECONTEXT.
 */
int umsi_device_functions(struct umsi_device *owner, umsi_function_visit visit, void *arg);

/**
 * umsi_device_quiesce() - before a device sleeps, is reset or loses its registers
 *
 * Logical functions are devices of their own here, and put away before their owner.
 *
 * Masks and flushes every interrupt of it (a store that cannot mask is
 * stopped), and from then on writes nothing to the device: moves, frees and
 * CPUs that leave change what is cached. Requests are refused with UMSI_EGONE until it is back.
 *
 * Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ECONTEXT, or UMSI_EGONE: it does not
 *   answer any more, and is treated as by umsi_device_lost().
 */
int umsi_device_quiesce(struct umsi_device *dev);

/**
 * umsi_device_lost() - the device has vanished, or was reset, without notice
 *
 * As umsi_device_quiesce(), without a single access to the device.
 * Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ECONTEXT.
 */
int umsi_device_lost(struct umsi_device *dev);

/**
 * umsi_device_restore() - it can be reached again, its registers may be as after a reset
 *
 * The host has restored what is not the library's: power, BARs, decoding,
 * bus mastering. Writes every message and mask again, as they are by now. The
 * handler is called once where something may have happened that nobody was
 * told of. Harmless for a device that never went.
 *
 * Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ECONTEXT, or what a store answered
 *   (UMSI_EGONE: still out of reach, UMSI_EREFUSED): what is not restored yet stays
 *   away; call again.
 */
int umsi_device_restore(struct umsi_device *dev);

struct umsi_table_config {
	const char *name;	/* for dumps; its first 23 bytes are copied; NULL = ops->name */
	uint32_t size;		/* indices 0 .. size - 1; 1 .. UMSI_TABLE_MAX */
};

/**
 * umsi_table_create() - a table over a store of the caller's
 * @ops: const, must outlive the table
 * @store: handed to every op
 *
 * PCI functions have calls of their own (<umsi/pci.h>).
 *
 * Return: UMSI_OK, UMSI_EINVAL (NULL, or ops without write or settle rules: see
 *   struct umsi_store_ops), UMSI_ERANGE (size), UMSI_ESTATE (device being removed, or revoked), UMSI_ENOMEM,
 *   UMSI_ENOINDEX (a translator on the path has no room for so many: see max_irqs),
 *   UMSI_ENOTSUP (a flush that sleeps, in the least profile of sources.list), or
 *   what a translator's hardware answered.
 */
int umsi_table_create(struct umsi_device *dev, const struct umsi_store_ops *ops,
		      void *store, const struct umsi_table_config *config,
		      struct umsi_table **out);

/**
 * umsi_table_destroy() - free every interrupt in it, then it
 *
 * Waits for frees that other threads have under way, then calls ops->destroy.
 * Return: UMSI_OK, UMSI_ECONTEXT, or UMSI_ENOENT (another thread is destroying it, or its device was revoked).
 */
int umsi_table_destroy(struct umsi_table *table);

/* How many indices it has. Any context. */
uint32_t umsi_table_size(const struct umsi_table *table);

/*
 * What an interrupt is promised. A slot is one of the numbers that a CPU has for
 * interrupts: 2,048 at most, some 200 on x86.
 *
 * Roaming and managed ones cost a slot on each CPU of their affinity, from
 * allocation to free. In exchange, with every other slot of the machine taken,
 * a move to another of those CPUs cannot fail for want of slots, and takes and
 * retires none. Affinities set later choose among those CPUs (UMSI_ENOCPU where
 * none of them is online). When they have all left, a roaming interrupt is
 * delivered elsewhere, as any other (umsi_cpu_leave()); a managed one is shut down,
 * its store closed, and starts again when the first of them comes back; what it was
 * asked meanwhile (disable, release, request) is not lost. One can be allocated and
 * requested while none of its CPUs is online.
 */
enum umsi_irq_kind {
	UMSI_IRQ_REGULAR = 0,	/* one slot; a move needs one on the new CPU */
	UMSI_IRQ_ROAMING = 1,
	UMSI_IRQ_MANAGED = 2,
	/*
	 * Like a regular one, but it has a slot of its own only while it is requested. Until
	 * then, and again after a release, one free slot of a CPU of its affinity is set
	 * aside, any one: nobody else gets it, so a request does not fail for want of slots,
	 * and an allocation is refused (UMSI_ENOSLOT) when there is none to set aside. It moves, and its
	 * CPU leaves, as if it had the slot. On a root whose numbers belong to no CPU it is a regular one.
	 */
	UMSI_IRQ_RESERVED = 3,
};

/*
 * Which of two pending interrupts a CPU takes first: where the number decides
 * it, a part of the numbers. IMSIC: a lower identity first; the first quarter
 * is urgent, the last background. Local APIC: a higher vector first. Interrupts that ask
 * for nothing get whatever number is free.
 *
 * A wish, at allocation and at each move: a CPU that has none of the band free
 * gives one of the next less urgent band, or else of the next more urgent one. What it has now is said by
 * umsi_irq_band(). Blocks have none (UMSI_ENOTSUP); roots whose numbers say nothing about order ignore it.
 */
enum umsi_irq_band {
	UMSI_BAND_ANY = 0,
	UMSI_BAND_URGENT = 1,
	UMSI_BAND_NORMAL = 2,
	UMSI_BAND_BACKGROUND = 3,
};

struct umsi_irq_request_at {
	uint32_t first, last;		/* take one free index in [first, last]; exact: first == last */
	struct umsi_affinity affinity;	/* zeroed = any online CPU */
	uint64_t cookie;		/* handed to the store ops: a queue handle, a PASID */
	uint8_t trigger;		/* enum umsi_trigger; only stores with set_trigger take other than NONE */
	uint8_t kind;			/* enum umsi_irq_kind */
	uint8_t band;			/* enum umsi_irq_band */
	bool strict;			/* a CPU cannot leave while this would have to go outside its affinity, a roaming one outside its slots */
};

/* Any index: { .first = 0, .last = UMSI_INDEX_LAST } */
#define UMSI_INDEX_LAST	(UMSI_TABLE_MAX - 1)

/**
 * umsi_irq_alloc() - one interrupt on one free index
 * @at: which index, where to deliver; last is clamped to the table's size
 * @out: the handle; the lowest free index of the range was taken
 *
 * Reserves an index, a record and a place at every level of the path; nothing
 * is visible to hardware and nothing can be delivered until umsi_irq_request().
 *
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (first > last or beyond the table, or a CPU that
 *   does not exist), UMSI_EEXIST (exact index taken), UMSI_ENOINDEX (range full),
 *   UMSI_ENOTSUP (the table has one message for several indices: allocate the block; managed:
 *   the root's numbers belong to no CPU, or the store's flush sleeps; a band for one that is roaming or managed;
 *   in the small profiles of sources.list: a set, managed, roaming but on a GIC, reserved, strict, a band; in least: a level),
 *   UMSI_ENOMEM, UMSI_ENOSLOT, UMSI_ENOCPU, UMSI_ELIMIT (<umsi/limits.h>), UMSI_ESTATE (table being destroyed),
 *   UMSI_ECONTEXT (inside a trap).
 */
int umsi_irq_alloc(struct umsi_table *table, const struct umsi_irq_request_at *at,
		   umsi_irq *out);

/**
 * umsi_irq_alloc_block() - every interrupt of a table whose store has one message
 * @at: affinity, cookie and trigger of all; first and last must cover the table
 * @count: the table's size, a power of two, at most 32
 * @out: room for @count handles, by index
 *
 * Their slots are an aligned block on one CPU: moving one moves all, and the
 * affinity last set is that of all. Each is requested, released and freed on
 * its own; the slots follow when the last is freed.
 *
 * Return: as umsi_irq_alloc(), and UMSI_ENOTSUP (the store has a message for each index),
 *   UMSI_EEXIST (an index is still taken).
 */
int umsi_irq_alloc_block(struct umsi_table *table, const struct umsi_irq_request_at *at,
			 uint32_t count, umsi_irq *out);

/**
 * umsi_irq_alloc_many() - as many as there are, between two bounds
 * @at: as for umsi_irq_alloc(), for each of them
 * @least, @most: 1 <= @least <= @most <= UMSI_TABLE_MAX
 * @out: room for @most handles; in order of their indices
 *
 * Return: how many there are now (@least .. @most; fewer than @most: indices, slots, memory
 *   or what its device may have ran out), or, with none left allocated, UMSI_ERANGE (bounds) or as umsi_irq_alloc().
 */
int umsi_irq_alloc_many(struct umsi_table *table, const struct umsi_irq_request_at *at, uint32_t least,
			uint32_t most, umsi_irq *out);

/**
 * umsi_irq_free() - end one interrupt, also while it fires
 *
 * Stops the store, flushes it, and waits for a running handler. When this
 * returns no handler runs or will run and the index is free; the slots follow
 * when their CPUs have proved them quiet.
 *
 * Return: UMSI_OK, UMSI_ENOENT (not live, or another thread is freeing it),
 *   UMSI_ECONTEXT (inside a trap).
 */
int umsi_irq_free(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_free_range() - free every interrupt with an index in [first, last]
 *
 * Return: how many were freed by this call (>= 0), or UMSI_ECONTEXT.
 */
int umsi_irq_free_range(struct umsi_table *table, uint32_t first, uint32_t last);

/*
 * The band that the number it has now is of; UMSI_BAND_ANY: it has none, or numbers of this
 * root say nothing. Or UMSI_ENOENT, UMSI_EINVAL. Any context but NMI.
 */
int umsi_irq_band(struct umsi *m, umsi_irq irq);

/* The interrupt at @index, or UMSI_IRQ_NONE. Sleepable. */
umsi_irq umsi_irq_at(struct umsi_table *table, uint32_t index);

/* Its index in its table. UMSI_OK or UMSI_ENOENT. Any context. */
int umsi_irq_index(struct umsi *m, umsi_irq irq, uint32_t *out_index);

/**
 * umsi_irq_pending() - does something wait for its handler?
 * @pending: an arrival kept for later (it was disabled, or the handler ran), or an event kept behind the
 *   store's mask, if the store can tell (released, disabled levels); by now it may be otherwise
 *
 * Context: any but NMI, no library lock held; sleepable where the store's flush sleeps.
 * Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ENOENT, UMSI_ECONTEXT (it has to sleep, inside a trap).
 */
int umsi_irq_pending(struct umsi *m, umsi_irq irq, bool *pending);

/* The message its store holds (cached). UMSI_OK, UMSI_ENOENT, UMSI_ESTATE (not requested yet). */
int umsi_irq_message(struct umsi *m, umsi_irq irq, struct umsi_msg *out);

#endif
