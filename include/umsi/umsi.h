/* SPDX-License-Identifier: MIT */
/*
 * One machine: initialise it, tell it which CPUs there are and which of them
 * can take interrupts now, read its counters.
 *
 * Order of a boot: umsi_init() -> a root (umsi_imsic_create(), ...) -> on each
 * CPU, itself, interrupts off: umsi_cpu_online() -> devices, tables,
 * interrupts. Each may be repeated or extended at any later time.
 */
#ifndef UMSI_UMSI_H
#define UMSI_UMSI_H

#include <stdalign.h>

#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_cpu_desc {
	uint64_t hw_id;		/* hart id, APIC id, MPIDR affinity: what the root addresses */
	uint32_t node;		/* NUMA node, 0 when there is one */
	uint32_t core;		/* siblings (threads of one core) have the same, within a node; 0 for all: nobody knows */
};

struct umsi_config {
	const struct umsi_cpu_desc *cpus;	/* every CPU that may ever come online; copied */
	uint32_t ncpus;				/* 1 .. UMSI_CPUS_MAX */
	uint32_t max_irqs;			/* interrupts alive at once; 0 = UMSI_IRQS_MAX */
	uint32_t max_repeats;			/* handler repeats before a hand-over, 1 .. 255; 0 = 8 */
	uint32_t storm_limit;			/* messages to one unowned id before it is shut, to a disabled interrupt before it is masked; 0 = 64 */
	uint32_t not_mine_limit;		/* calls in a row answered UMSI_NOT_MINE before an interrupt is disabled; 0 = 10,000 */
	uint64_t min_age_ns;			/* age of a slot whose flush proved nothing (M1); 0 = 1 ms */
};

#define UMSI_CPUS_MAX	65536u
#define UMSI_IRQS_MAX	2097152u

/* Room for one struct umsi, wherever the host wants it (static is fine). */
#define UMSI_STORAGE_BYTES	4096u
struct umsi_storage {
	alignas(64) unsigned char bytes[UMSI_STORAGE_BYTES];
};

/**
 * umsi_init() - make one machine
 * @storage: overwritten; must outlive the machine
 * @host: handed to every host hook; may be NULL if the hooks do not mind
 * @config: read during the call only
 * @out: the machine; written on success only
 *
 * Every CPU starts offline. No hardware is touched.
 *
 * Context: sleepable.
 * Return: UMSI_OK, or
 *   UMSI_EINVAL  a pointer is NULL
 *   UMSI_ERANGE  a number of @config is outside its limits
 *   UMSI_ENOMEM  memory for the CPU table
 */
int umsi_init(struct umsi_storage *storage, void *host,
	      const struct umsi_config *config, struct umsi **out);

/**
 * umsi_destroy() - give everything back
 * @m: no longer a machine after success
 *
 * Every device must have been removed, every root destroyed. Interrupts that
 * were freed and whose slots have not drained yet are no obstacle for a root
 * that was destroyed: its CPUs take no more traps for it.
 *
 * Context: sleepable; no other call on @m may be running.
 * Return: UMSI_OK, or UMSI_EBUSY: a device or domain still exists (nothing was changed).
 */
int umsi_destroy(struct umsi *m);

/**
 * umsi_cpu_online() - this CPU takes interrupts from now on
 * @m: the machine
 * @cpu: must be the CPU this runs on
 *
 * Brings up every root's part of this CPU: delivery on, every identity
 * enabled, whatever was pending cleared. A root created after the CPU came
 * online is brought up by calling this again.
 *
 * Context: that CPU, interrupts off, outside traps.
 * Return: UMSI_OK, or
 *   UMSI_ERANGE    @cpu is not below ncpus
 *   UMSI_ECONTEXT  not running on @cpu
 *   UMSI_EREFUSED  a register of the root did not take its value: the CPU stays offline
 */
int umsi_cpu_online(struct umsi *m, umsi_cpu cpu);

/**
 * umsi_cpu_leave() - everything leaves this CPU, but for itself
 * @m: the machine
 * @cpu: online; not the last one
 *
 * Bars it as a target and moves every interrupt that has a slot there. One
 * whose affinity leaves it no other CPU goes to any online one; it is marked
 * broken in dumps and counted. Refused as a whole, with nothing moved, when the
 * others have no room. After success the CPU still takes interrupts until umsi_cpu_dead().
 *
 * Context: sleepable, any CPU. Return: UMSI_OK, or
 *   UMSI_ERANGE, UMSI_ESTATE (not online), UMSI_EBUSY (the last online CPU), UMSI_ECONTEXT,
 *   UMSI_ENOSLOT (no room elsewhere), UMSI_ENOCPU (an
 *   interrupt allocated "strict" has no other CPU), UMSI_ENOMEM, or
 *   what a store answered that did not take its message: then others may have moved already.
 */
int umsi_cpu_leave(struct umsi *m, umsi_cpu cpu);

/**
 * umsi_cpu_dead() - the last thing this CPU does with the library
 * @m: the machine
 * @cpu: must be the CPU this runs on, after umsi_cpu_leave()
 *
 * Waits for what is still on its way into this CPU, and has other CPUs handle
 * what is pending. Interrupts must stay off until the CPU stops; it comes back
 * through umsi_cpu_online().
 *
 * Context: that CPU, interrupts off, outside traps. Return: UMSI_OK, UMSI_ERANGE, UMSI_ECONTEXT,
 *   UMSI_ESTATE (it has not left), UMSI_ETIMEOUT (its controller never answered: messages may be lost).
 */
int umsi_cpu_dead(struct umsi *m, umsi_cpu cpu);

/**
 * umsi_cpu_restore() - this CPU's controller has lost everything while it was online
 * @m: the machine
 * @cpu: must be the CPU this runs on
 *
 * For a CPU that comes out of an idle state (or a suspend of the whole
 * machine) in which its interrupt controller kept nothing: no enable bits and
 * none of the messages that came. Its interrupts need not move away beforehand.
 * Starts the controller again and calls every handler with an interrupt here
 * once, as well as the handlers of IPIs: a message may have been lost for each.
 *
 * Context: that CPU, interrupts off, outside traps. Return: UMSI_OK, UMSI_ERANGE, UMSI_ECONTEXT,
 *   UMSI_ESTATE (it is not online),
 *   UMSI_EREFUSED (a register did not take its value: deal with the CPU as broken).
 */
int umsi_cpu_restore(struct umsi *m, umsi_cpu cpu);

/**
 * umsi_rebalance() - moves interrupts from CPUs that have many to CPUs that have few
 * @m: the machine
 * @most: so many moves at most
 *
 * Widest gaps first, and only where it narrows one: to the CPU with fewest of those it may be aimed at, of
 * several the one with the lowest number. No interrupt goes outside its affinity,
 * and affinities stay as they are; one that had to leave its own (umsi_cpu_leave()) comes back. What cannot move at this
 * moment (no slot there, a store that says not now), and blocks, stay. Looks at every interrupt a few times, at
 * every CPU once, and again at those of a set for the first of its interrupts after each move.
 *
 * Context: sleepable. Return: how many have moved, or UMSI_EINVAL (NULL), UMSI_ECONTEXT, UMSI_ENOMEM.
 */
int umsi_rebalance(struct umsi *m, uint32_t most);

/**
 * umsi_suspend() - the whole machine is about to sleep
 * @m: the machine
 *
 * Quiesces every device (umsi_device_quiesce()) but for interrupts marked by
 * umsi_irq_set_wake(); requests are refused with UMSI_EGONE until umsi_resume().
 * A host takes its other CPUs down first (umsi_cpu_leave()), or lets them idle.
 * After success it sleeps until umsi_woken_by() names somebody, or for reasons of its own.
 *
 * Context: sleepable. Return: UMSI_OK, or, with every device awake again, UMSI_EBUSY (an interrupt
 *   that wakes has arrived meanwhile: umsi_woken_by()), UMSI_ESTATE (suspended already), UMSI_ECONTEXT.
 */
int umsi_suspend(struct umsi *m);

/**
 * umsi_resume() - it is awake again, and may have lost every register
 * @m: the machine
 *
 * First the host restores what is its own, and calls umsi_cpu_restore() on the
 * CPU it runs on if that one's controller kept nothing. Writes again what
 * translators and roots hold for all CPUs, then every device's messages and masks.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_ESTATE (not suspended), UMSI_ECONTEXT; what a root or
 *   translator answered (still suspended: call again); or what a device answered (the
 *   others are awake; call umsi_device_restore() for that one).
 */
int umsi_resume(struct umsi *m);

/*
 * An interrupt marked by umsi_irq_set_wake() that has arrived since the last
 * umsi_suspend(), also one that is disabled; UMSI_IRQ_NONE: none. Context: any but NMI.
 */
umsi_irq umsi_woken_by(struct umsi *m);

/* True from umsi_cpu_online() on. Any context; the answer may be stale. */
bool umsi_cpu_is_online(const struct umsi *m, umsi_cpu cpu);

/**
 * umsi_spread() - CPU sets for the queues of a device
 * @pre, @post: sets before and after those of the queues: every CPU
 * @queues: 1 .. UMSI_TABLE_MAX
 * @bits: pre + queues + post sets one after the other, (ncpus + 63) / 64 words each; overwritten
 *
 * Every CPU of the machine, online or not, is in the set of one queue; where
 * there are more queues than CPUs of a node, they take turns. With at least as
 * many queues as nodes none spans two nodes, each node has queues by the share of
 * its CPUs, and within a node the sets differ by one CPU at most; siblings come one
 * after the other. With fewer, each queue has whole nodes. For affinities of
 * managed interrupts (<umsi/device.h>): struct umsi_cpuset with nbits = ncpus.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ERANGE, UMSI_ENOMEM.
 */
int umsi_spread(struct umsi *m, uint32_t pre, uint32_t queues, uint32_t post, uint64_t *bits);

/**
 * umsi_drain_point() - let this CPU prove that its retired slots are quiet
 * @m: the machine
 *
 * The end of each outermost trap does this already. An idle loop may call it,
 * interrupts off and outside traps, before it waits. Costs two loads when
 * there is nothing to prove.
 */
void umsi_drain_point(struct umsi *m);

/**
 * umsi_reap() - collect what CPUs have proved quiet
 * @m: the machine
 *
 * Allocation and moves do this as they go, for the CPU they work on; a host
 * with nothing better to do may do it for all, to have the records of freed
 * interrupts back early. Context: any but NMI.
 */
void umsi_reap(struct umsi *m);

/*
 * Counters of the whole machine since umsi_init(). Each is exact when nothing
 * runs, and may lag by what is under way otherwise.
 */
struct umsi_stats {
	uint64_t claimed;		/* identities claimed in traps, system ones included */
	uint64_t handled;		/* handler calls */
	uint64_t merged;		/* arrivals that found their handler running or the interrupt disabled */
	uint64_t unowned;		/* claimed identities that belonged to nobody: dropped */
	uint64_t dead;			/* arrivals for an interrupt already freed: dropped, its owner is gone */
	uint64_t not_mine;		/* handler calls answered UMSI_NOT_MINE */
	uint64_t contained;		/* interrupts disabled because nobody wanted them (not_mine_limit) */
	uint64_t quarantined;		/* identities shut because they stormed without an owner */
	uint64_t handovers;		/* runs given up after max_repeats */
	uint64_t moves;			/* affinity changes that changed the target */
	uint64_t moves_refused;		/* affinity changes that failed */
	uint64_t device_writes_for_moves; /* writes to message stores done by moves */
	uint64_t ipis_for_moves;	/* messages to other CPUs sent because of moves (early drains) */
	uint64_t affinity_broken;	/* interrupts moved outside their affinity because a CPU left */
	uint64_t retriggers;		/* software triggers: replays at enable, hand-overs, API */
	uint64_t drains;		/* batches of retired slots proved quiet */
	uint64_t revived;		/* moves that took back a slot still retiring */
	uint64_t reaped;		/* slots that went from retiring to free */
	uint32_t retiring;		/* slots retiring now */
	uint32_t retiring_max;		/* the most there were on one CPU */
	uint32_t irqs;			/* interrupts allocated now */
	uint32_t records;		/* records in use, freed ones that still wait included */
};

/* Context: any but NMI. */
void umsi_stats_read(struct umsi *m, struct umsi_stats *out);

#endif
