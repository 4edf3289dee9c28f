/* SPDX-License-Identifier: MIT */
/*
 * Bring your own root: a kernel that has a vector allocator already, or a
 * hypervisor or firmware that composes and moves whole messages. The host
 * supplies a few functions; devices, tables, moves, frees and hotplug above
 * them are the library's.
 *
 * The two meet at numbers, 0 .. numbers - 1, one for each interrupt: the host
 * hands one out, says which message raises it on which CPU, and calls
 * umsi_own_arrived() with it. What lies behind a number, a vector on one CPU, an
 * entry of a hypervisor, is the host's alone.
 */
#ifndef UMSI_OWN_ROOT_H
#define UMSI_OWN_ROOT_H

#include <umsi/status.h>
#include <umsi/types.h>

/*
 * All are called with a record's lock held and interrupts off, unless their
 * text says otherwise; none may call the library unless its text says so.
 */
struct umsi_own_ops {
	const char *name;		/* "own", in dumps */
	const char *number_name;	/* what a number is called there */

	/*
	 * A number's message is the same wherever it goes (a hypervisor, firmware: they route it):
	 * moves are over with prepare and finish, and write nothing to the device.
	 */
	bool message_stays;

	/*
	 * A number for an interrupt that is to be delivered to @cpu. UMSI_OK with
	 * *number, or UMSI_ENOSLOT: nothing free for that CPU.
	 */
	int (*take)(void *ctx, umsi_cpu cpu, uint32_t *number);

	/*
	 * Nobody is to send @number any more. @settled: UMSI_OK, the device was
	 * flushed, what it sent before is at its CPU or under way to it; UMSI_EGONE,
	 * nothing is known. The host calls umsi_own_quiet() when no call of
	 * umsi_own_arrived() for it can come any more; not from here.
	 */
	void (*end)(void *ctx, uint32_t number, int settled);

	/*
	 * The message that raises @number at @cpu, its target or the one being prepared. Of a store
	 * without a mask half of an old and half of a new one may be sent during a move: whose it is, if
	 * anybody's, is called once too often, and @number once more (UMSI_ENOTSUP: both halves of the address change).
	 */
	void (*compose)(void *ctx, uint32_t number, umsi_cpu cpu, struct umsi_msg *out);

	/*
	 * @number is to move from one CPU to another. prepare: from here on it may
	 * arrive at both; UMSI_OK or UMSI_ENOSLOT. finish: the device was told and
	 * flushed (@settled as above; of a message that stays nothing was to be told), only
	 * what it had sent before can arrive at @from. cancel: nobody was told.
	 */
	int (*move_prepare)(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to);
	void (*move_finish)(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to, int settled);
	void (*move_cancel)(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to);

	/*
	 * Interrupts @cpu, so that it calls umsi_own_kicked(). Any context. Memory
	 * written before is visible to the trap this causes.
	 */
	void (*kick)(void *ctx, umsi_cpu cpu);
};

struct umsi_own_config {
	const struct umsi_own_ops *ops;	/* const; must outlive the root */
	void *ctx;			/* handed to each of them */
	uint32_t numbers;		/* 1 .. 1,048,576; 8 bytes each */
};

/**
 * umsi_own_root_create() - a root for a machine that has none yet
 * @out: the parent of devices whose messages the host composes
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, an op is missing), UMSI_ERANGE (numbers),
 *   UMSI_EEXIST (the machine has a root that interrupts CPUs), UMSI_ENOMEM.
 */
int umsi_own_root_create(struct umsi *m, const struct umsi_own_config *config, struct umsi_domain **out);

/* Sleepable. UMSI_OK, UMSI_EINVAL, or UMSI_EBUSY: a device uses it, or numbers are not quiet yet. */
int umsi_own_root_destroy(struct umsi_domain *root);

/**
 * umsi_own_arrived() - @number was raised on this CPU
 *
 * Calls the interrupt's handler. One that ended is counted and dropped.
 * Context: a trap on @cpu, interrupts off; one call for each claim.
 */
void umsi_own_arrived(struct umsi_domain *root, umsi_cpu cpu, uint32_t number);

/* A kick has arrived: the same context. */
void umsi_own_kicked(struct umsi_domain *root, umsi_cpu cpu);

/**
 * umsi_own_quiet() - no call of umsi_own_arrived() for an ended @number can come any more
 *
 * The number is the host's to hand out again when this returns. Any context but NMI, not from an op.
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE, UMSI_ESTATE (it has not ended).
 */
int umsi_own_quiet(struct umsi_domain *root, uint32_t number);

#endif
