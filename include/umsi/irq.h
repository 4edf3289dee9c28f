/* SPDX-License-Identifier: MIT */
/*
 * What a driver does with an interrupt it has allocated (<umsi/device.h>).
 *
 * True for all calls: @irq may be any number; one that is not a live
 * interrupt of @m gets UMSI_ENOENT and touches nothing. Calls on one
 * interrupt may run in parallel on any CPUs. "Atomic" means any context but
 * NMI with no library lock held; it may spin for one read from the device.
 */
#ifndef UMSI_IRQ_H
#define UMSI_IRQ_H

#include <umsi/status.h>
#include <umsi/types.h>

enum umsi_handled {
	UMSI_HANDLED = 0,	/* it was for me and is dealt with */
	UMSI_NOT_MINE = 1,	/* nothing of mine was pending: counted; too often in a row, and it is disabled (umsi_config) */
	UMSI_LATER = 2,		/* a thread will deal with it and call umsi_irq_done(); least profile: as handled, nobody may say done */
};

/*
 * Runs in a trap, interrupts off, on any CPU of the effective affinity (or,
 * for a software trigger, on any online CPU); never on two at once for one
 * interrupt. May call every function marked atomic. Several messages may
 * merge into one call; a message sent after a call began gets another one.
 */
typedef enum umsi_handled (*umsi_handler)(void *arg);

/**
 * umsi_irq_request() - attach a handler and let the interrupt through
 * @handler, @arg: called until umsi_irq_release() returns
 * @name: for dumps; its first 11 bytes are copied; NULL = none
 *
 * Activates the path root first, writes the message, unmasks the store. The
 * interrupt starts enabled (depth 0).
 *
 * Context: sleepable.
 * Return: UMSI_OK, UMSI_EINVAL (@handler is NULL), UMSI_ENOENT,
 *   UMSI_EEXIST (requested already), UMSI_EAGAIN (a release is still waiting), UMSI_EGONE (device unreachable), or what
 *   a domain of the path answered (a reserved one whose CPU is just leaving: UMSI_ENOCPU, UMSI_ENOSLOT);
 *   on error the interrupt is as before.
 */
int umsi_irq_request(struct umsi *m, umsi_irq irq, umsi_handler handler,
		     void *arg, const char *name);

/**
 * umsi_irq_release() - detach the handler
 *
 * Masks the store and flushes it. When this returns the handler is not
 * running and will not run again; messages that were under way are dropped.
 *
 * Context: sleepable, not from this interrupt's handler.
 * Return: UMSI_OK, UMSI_ENOENT, UMSI_ESTATE (not requested), UMSI_ECONTEXT (inside a trap).
 */
int umsi_irq_release(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_disable() / umsi_irq_enable() - a nesting pair
 *
 * Disabling is lazy: the store is not touched; what arrives is remembered
 * (once) and replayed by the enable that ends the nesting. disable() does not
 * wait for a running handler; umsi_irq_synchronize() does.
 *
 * Context: atomic.
 * Return: UMSI_OK, UMSI_ENOENT, UMSI_ESTATE (not requested; enable: not disabled),
 *   UMSI_ERANGE (disable: nested 65,535 deep).
 */
int umsi_irq_disable(struct umsi *m, umsi_irq irq);
int umsi_irq_enable(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_synchronize() - wait until no handler call begun before is running
 *
 * A call that answered UMSI_LATER is not running; what its thread does is the driver's.
 *
 * Context: sleepable, not inside a trap. Return: UMSI_OK, UMSI_ENOENT, UMSI_ECONTEXT.
 */
int umsi_irq_synchronize(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_trigger() - have the handler called as if a message had arrived
 *
 * Uses a CPU's inbox, never the interrupt's own slot. Merges with a trigger
 * still queued.
 *
 * Context: atomic, also from its own handler.
 * Return: UMSI_OK, UMSI_ENOENT, UMSI_ESTATE (not requested), UMSI_ENOCPU.
 */
int umsi_irq_trigger(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_done() - what a handler answered UMSI_LATER for is dealt with
 *
 * Until then the handler is not called again; what arrives is remembered and
 * calls it once afterwards. A level source is masked meanwhile where its store
 * can. May come before the handler has returned. Releasing or freeing the
 * interrupt ends the wait too.
 *
 * Context: atomic, any CPU. Return: UMSI_OK, UMSI_ENOENT, UMSI_ESTATE (nothing is waiting for it).
 */
int umsi_irq_done(struct umsi *m, umsi_irq irq);

/**
 * umsi_irq_set_affinity() - where it may be delivered from now on
 * @affinity: read during the call; its set is copied
 *
 * Keeps the present target if that is still permitted; otherwise moves to the
 * permitted online CPU with most free slots. Nothing is lost on the way: what
 * the device sent before the change is handled on the old CPU. No message is
 * sent to any CPU. Strict: never widens what was asked for.
 *
 * Context: atomic if umsi_irq_moves_atomically() and not a set, else sleepable
 *   (a set that was never named before is copied).
 * Return: UMSI_OK, UMSI_ENOENT, UMSI_EINVAL, UMSI_ERANGE (a CPU that does not exist),
 *   UMSI_ENOMEM (a set), UMSI_ENOTSUP (in the profiles of sources.list: a set in small, any in least), UMSI_ENOCPU, UMSI_ENOSLOT,
 *   UMSI_EAGAIN (no slot is free there, but some are being drained, or its store says not now: try later, or wait as below),
 *   UMSI_EGONE (device unreachable: the cached message and the target have changed all the same),
 *   UMSI_ECONTEXT (inside a trap, and it does not move atomically, or the set is new).
 */
int umsi_irq_set_affinity(struct umsi *m, umsi_irq irq,
			  const struct umsi_affinity *affinity);

/**
 * umsi_irq_set_affinity_wait() - the same, and waits for slots being drained
 *
 * Where no slot is free but some are retiring, asks their CPU once to prove
 * them quiet (counted in umsi_stats.ipis_for_moves) and waits, bounded. So it does for a
 * store that says not now: a level line that is being handled (<umsi/ioapic.h>).
 *
 * Context: sleepable. Return: as above without UMSI_EAGAIN, UMSI_ETIMEOUT (the store went on saying so), and UMSI_ECONTEXT.
 */
int umsi_irq_set_affinity_wait(struct umsi *m, umsi_irq irq,
			       const struct umsi_affinity *affinity);

/* How many interrupts of a machine may wake it. */
#define UMSI_WAKES_MAX	32

/**
 * umsi_irq_set_wake() - may it wake the suspended machine?
 *
 * Then umsi_suspend() leaves it armed, with all that share its message. It does
 * not nest; freeing the interrupt ends it.
 *
 * Context: atomic. Return: UMSI_OK (also when it was so already), UMSI_ENOENT, UMSI_ENOSLOT (UMSI_WAKES_MAX are marked).
 */
int umsi_irq_set_wake(struct umsi *m, umsi_irq irq, bool wake);

/* Can every block of its path be changed in atomic context? false also for no such irq. */
bool umsi_irq_moves_atomically(struct umsi *m, umsi_irq irq);

/* The CPU its messages go to now, or UMSI_CPU_NONE. Any context; may be stale. */
umsi_cpu umsi_irq_effective_cpu(struct umsi *m, umsi_irq irq);

struct umsi_irq_stats {
	uint64_t handled;	/* handler calls */
	uint64_t merged;	/* arrivals while it ran or was disabled */
	uint64_t not_mine;	/* calls answered UMSI_NOT_MINE */
	uint64_t moves;		/* changes of the effective CPU */
	uint64_t triggers;	/* software triggers accepted */
	bool contained;		/* disabled once by the library: see umsi_config.not_mine_limit */
};

/* Context: any but NMI. Return: UMSI_OK, UMSI_ENOENT. */
int umsi_irq_stats_read(struct umsi *m, umsi_irq irq, struct umsi_irq_stats *out);

#endif
