/* SPDX-License-Identifier: MIT */
/*
 * One level-triggered wire, several drivers: PCI functions whose INTx lines
 * end at one pin, for one.
 *
 * A shared line is one interrupt (<umsi/irq.h>) whose handler asks every
 * driver. Whoever asserts the line keeps it asserted until its own driver has
 * dealt with it, so none can hide another. That is why edges cannot be shared.
 *
 * What one driver does to the line it does to all:
 * - while one keeps it disabled, nobody is called;
 * - while one that answered UMSI_LATER owes its done, nobody is called.
 *
 * Context, unless a function says otherwise: sleepable. Calls for one line may run in
 * parallel; a pointer must not be used after the call that ends its object has begun.
 */
#ifndef UMSI_SHARED_H
#define UMSI_SHARED_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* The line, and one driver on it. Opaque. */
struct umsi_shared;
struct umsi_sharer;

/**
 * umsi_shared_create() - take one wire for several drivers
 * @table: of an I/O APIC, a GIC, an APLIC, ...; must outlive the line
 * @at: first == last is its index there; trigger is one of the two levels
 *
 * Allocates the interrupt; the line opens when the first driver joins.
 *
 * Return: UMSI_OK, UMSI_EINVAL (NULL, an edge), and as umsi_irq_alloc().
 */
int umsi_shared_create(struct umsi_table *table, const struct umsi_irq_request_at *at,
		       struct umsi_shared **out);

/* Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a driver is on it), UMSI_ECONTEXT (inside a trap). */
int umsi_shared_destroy(struct umsi_shared *line);

/*
 * Its interrupt: for affinity, statistics and dumps, not for requesting,
 * releasing or freeing. A call that nobody answered counts there as not_mine. Any context.
 */
umsi_irq umsi_shared_irq(const struct umsi_shared *line);

/**
 * umsi_shared_join() - one more driver
 * @handler: called whenever the line is up; UMSI_NOT_MINE when its device does not assert it
 * @out: for the calls below
 *
 * Its device may assert the line from now on, not before: until it has joined,
 * nobody would lower the line.
 *
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOMEM, UMSI_ECONTEXT (inside a trap), and, for the first, as umsi_irq_request().
 */
int umsi_shared_join(struct umsi_shared *line, umsi_handler handler, void *arg,
		     struct umsi_sharer **out);

/**
 * umsi_shared_leave() - one driver less
 *
 * Its device must have been told to be silent. When this returns its handler
 * is not running and will not run again; its disables and a done that it owes
 * are given back.
 *
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ECONTEXT (inside a trap; nothing was changed), UMSI_ERANGE
 *   (the line is disabled 65,535 deep; nothing was changed).
 */
int umsi_shared_leave(struct umsi_sharer *sharer);

/**
 * umsi_shared_disable() / umsi_shared_enable() - a nesting pair of each driver
 *
 * The line is closed, for all, while any driver has it disabled: its device may
 * be asserting it, and nobody would lower it.
 *
 * Context: atomic. Return: UMSI_OK, UMSI_EINVAL, UMSI_ESTATE (enable: not disabled by this driver),
 *   UMSI_ERANGE (nested too deep).
 */
int umsi_shared_disable(struct umsi_sharer *sharer);
int umsi_shared_enable(struct umsi_sharer *sharer);

/**
 * umsi_shared_done() - what this driver answered UMSI_LATER for is dealt with
 *
 * The line opens when the last driver that owes it has said so. May come before
 * the handler has returned.
 *
 * Context: atomic, any CPU. Return: UMSI_OK, UMSI_EINVAL, UMSI_ESTATE (it owes none).
 */
int umsi_shared_done(struct umsi_sharer *sharer);

struct umsi_shared_stats {
	uint64_t handled;	/* calls of this driver's handler */
	uint64_t not_mine;	/* of them, answered so */
};

/* Any context. Return: UMSI_OK, UMSI_EINVAL. */
int umsi_shared_read(const struct umsi_sharer *sharer, struct umsi_shared_stats *out);

#endif
