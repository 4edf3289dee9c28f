/* SPDX-License-Identifier: MIT */
/* Devices and their tables, for this room and the stores. */
#ifndef UMSI_MSI_DEVICE_H
#define UMSI_MSI_DEVICE_H

#include <umsi/device.h>
#include <umsi/limits.h>

#include "core/domain.h"
#include "msi/index_map.h"

#define UMSI_NAME_MAX	24

/*
 *   field            written under   read without the lock by
 *   tables, closing, mutex           nobody
 *   away, functions,
 *   last_function, revoked
 *   sibling, pins    owner's mutex   nobody
 *   translation      its translator  its translator
 *   the rest         umsi_device_add anyone who holds the device, and dumps
 */
struct umsi_device {
	struct umsi_pool_link link;
	struct umsi_device *next;	/* in the machine's list; its mutex */
	struct umsi *m;
	struct umsi_domain *parent;
	uint32_t requester_id, node, max_irqs;
	struct umsi_requester messages_as;
	void *translation;		/* what the translator on its path keeps for it */
	char name[UMSI_NAME_MAX];
	struct umsi_mutex mutex;	/* outermost: tables, indices, life of the device */
	struct umsi_table *tables;
	struct umsi_device *owner;	/* whose logical function it is, or NULL */
	struct umsi_device *functions;	/* its own; each links the next in sibling, under this mutex */
	struct umsi_device *sibling;
	umsi_function function;		/* what its owner calls it, 0 = it has none */
	umsi_function last_function;	/* it has called one of its own */
	uint32_t pins;			/* revocations under way: it stays its owner's until they are over */
	struct umsi_device_limits limits; /* these four: m->limits.turns */
	struct umsi_device *next_limited;
	bool asked;			/* in this round of callbacks */
	bool to_offer;			/* it was refused, or asked to give back, and was offered nothing since */
	bool closing;
	bool revoked;			/* by its owner: no tables any more */
	bool away;			/* tables that come now are, too */
};

/*
 * A table is the leaf domain of its interrupts.
 *
 *   field                   written under     read without the lock by
 *   map, closing, gone,     device mutex      nobody
 *   shell, next, fills
 *   away                    device mutex      requests, under a record's lock
 *   turn_state              turn              nobody
 *   the rest                creation          anyone who holds the table, and dumps
 */
struct umsi_table {
	struct umsi_pool_link link;
	struct umsi_domain domain;
	struct umsi_device *dev;
	struct umsi_table *next;
	const struct umsi_store_ops *ops;
	void *store;
	char name[UMSI_NAME_MAX];
	struct umsi_index_map map;
	umsi_atomic32 away;		/* enum umsi_away */
	struct umsi_mutex turn;		/* where the flush may sleep: who changes the store */
	uintptr_t *turn_state;		/* of the record's lock that whose turn it is holds */
	bool closing, gone;		/* its end has begun; it is empty and its store goes */
	bool shell;			/* ended by revocation: its user may know it still */
	bool fills;			/* its last index was taken, not given back: more are likely to follow */
};

static inline struct umsi *umsi_device_machine(const struct umsi_device *dev)
{
	return dev->m;
}

static inline uint32_t umsi_device_requester_id(const struct umsi_device *dev)
{
	return dev->requester_id;
}

static inline struct umsi_table *umsi_table_of(struct umsi_domain *d)
{
	return (struct umsi_table *)((char *)d - offsetof(struct umsi_table, domain));
}

static inline uint32_t umsi_table_away(const struct umsi_table *t)
{
	return UMSI_HAS_SLEEP ? umsi_load32(&t->away) : UMSI_AWAY_NOT;
}

static inline void umsi_device_lock(struct umsi_device *dev)
{
	umsi_host_mutex_lock(dev->m->host, &dev->mutex);
}

static inline void umsi_device_unlock(struct umsi_device *dev)
{
	umsi_host_mutex_unlock(dev->m->host, &dev->mutex);
}

/* umsi_device_quiesce(), but for interrupts that may wake the machine. */
int umsi_device_sleep(struct umsi_device *dev);

/* What allocations and frees go through while devices have limits. */
struct umsi_policy {
	int (*alloc)(struct umsi_table *t, const struct umsi_irq_request_at *at, uint32_t count, bool block,
		     umsi_irq *out);
	int (*end)(struct umsi *m, struct umsi_table *t, struct umsi_record *r, uint32_t generation);
	void (*remove)(struct umsi_device *dev);
};

static inline const struct umsi_policy *umsi_policy(struct umsi *m)
{
	return UMSI_HAS_LIMITS ? umsi_load_ptr_acquire(&m->limits.policy) : NULL;
}

/* The leaf level (leaf.c). */
extern const struct umsi_domain_ops umsi_leaf_ops;

/* Ends all of them, those too that other threads are ending. No new one is made: closing or revoked is set. */
void umsi_tables_end(struct umsi_device *dev);
/* The rest of those whose device was revoked. Nobody knows them any more. */
void umsi_tables_forget(struct umsi_device *dev);

/* The first interrupt from index *@at to @last, and *@at is behind it; NULL: none. The device's mutex is held. */
struct umsi_record *umsi_table_next(struct umsi_table *table, uint32_t *at, uint32_t last);

/* Stops one interrupt, waits for its handler, gives its index back. UMSI_OK or UMSI_ENOENT. */
int umsi_table_end_irq(struct umsi_table *table, struct umsi_record *r, uint32_t generation);

#endif
