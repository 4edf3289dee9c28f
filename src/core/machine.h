/* SPDX-License-Identifier: MIT */
/* struct umsi: one machine. The only place where its members are declared. */
#ifndef UMSI_CORE_MACHINE_H
#define UMSI_CORE_MACHINE_H

#include <umsi/host.h>
#include <umsi/irq.h>
#include <umsi/status.h>
#include <umsi/types.h>
#include <umsi/umsi.h>

#include "umsi_arch.h"

struct umsi_mask;
struct umsi_record;
struct umsi_trace;

/* Records: 64 in a slab, 128 slabs in a block, 256 blocks: 2,097,152. */
#define UMSI_SLAB_BITS		6
#define UMSI_BLOCK_BITS		7
#define UMSI_BLOCKS		256

struct umsi_record_block {
	umsi_atomic_ptr slab[1u << UMSI_BLOCK_BITS];
};

/*
 * Slabs are never given back before umsi_destroy(): records are type-stable.
 *
 *   field     written under   read without the lock by
 *   made      lock            anyone (acquire), to turn a number into a record; block goes before
 *   the rest  lock            nobody; in_use by statistics
 */
struct umsi_records {
	struct umsi_lock lock;
	struct umsi_record *free;
	umsi_atomic32 made;		/* records that exist: numbers 0 .. made - 1 */
	uint32_t max;
	umsi_atomic32 in_use;		/* not on the free list */
	umsi_atomic32 live;		/* allocated and not yet freed by their owner */
	umsi_atomic_ptr block[UMSI_BLOCKS];
};

/*
 * What one CPU counts. Written by that CPU in traps, or by whoever runs there
 * with interrupts off; each has one writer at a time. Read by anyone.
 */
struct umsi_cpu_counters {
	umsi_atomic64 claimed;
	umsi_atomic64 handled;
	umsi_atomic64 merged;
	umsi_atomic64 dead;
	umsi_atomic64 not_mine;
	umsi_atomic64 handovers;
};

/*
 * One CPU as the core sees it.
 *
 *   field            written under     read without the lock by
 *   online           domain mutex      anyone: a hint, decided under a lock
 *   depth            own CPU           own CPU
 *   inbox_*          inbox_lock        nobody
 *   count            own CPU           anyone
 */
enum umsi_cpu_state {
	UMSI_CPU_OFFLINE = 0,
	UMSI_CPU_ONLINE = 1,
	UMSI_CPU_LEAVING = 2,	/* takes interrupts, is given none */
};

/* An interrupt whose last calls here were nobody's. */
struct umsi_idle_watch {
	uint32_t irq;			/* its number + 1 */
	uint32_t calls, run;		/* its calls at the last of them; how many in a row */
};

#define UMSI_IDLE_WATCHED	4

struct umsi_cpu_core {
	_Alignas(64) umsi_atomic32 online;	/* enum umsi_cpu_state */
	uint32_t depth;			/* traps this CPU is in; 0 = thread context */
	struct umsi_cpu_counters count;

	struct umsi_lock inbox_lock;
	struct umsi_record *inbox_first, *inbox_last;
	bool inbox_closed;

	struct umsi_idle_watch watch[UMSI_IDLE_WATCHED];	/* own CPU, in traps */

	uint64_t hw_id;
	uint32_t node;			/* index into umsi.node */
	uint32_t core;			/* CPUs of one node and core are siblings */
};

/* A NUMA node is as many of these as it has 32,768 CPUs. */
#define UMSI_NODE_CPUS_MAX	32768u

struct umsi_node {
	uint32_t number;		/* as the host calls it */
	uint32_t ncpus;
};

/*
 * How to interrupt a CPU so that it empties its inbox. Set by the first root
 * that can. Memory written before the kick is visible to the trap it causes.
 */
struct umsi_kick_ops {
	void (*kick)(void *root, umsi_cpu cpu);
};

/* Rare events of the whole machine, written from anywhere. */
struct umsi_counters {
	umsi_atomic64 moves;
	umsi_atomic64 moves_refused;
	umsi_atomic64 device_writes_for_moves;
	umsi_atomic64 ipis_for_moves;
	umsi_atomic64 retriggers;
	umsi_atomic64 affinity_broken;
	umsi_atomic64 contained;
};

/*
 * Objects of one size, type-stable like records: kept until umsi_destroy(),
 * so that a dump which meets one that just went reads old text, not foreign
 * memory. Each begins with a struct umsi_pool_link.
 */
struct umsi_pool_link {
	struct umsi_pool_link *all, *free;
};

struct umsi_pool {
	struct umsi_lock lock;		/* guards both lists */
	struct umsi_pool_link *all, *free;
	size_t bytes;			/* of one object, once there is one */
};

/* Kept CPU sets are found by their contents. */
#define UMSI_MASK_CHAINS	64

/* An interrupt that may wake the machine; how often it had arrived when that went to sleep. */
struct umsi_wake {
	uint32_t irq;			/* its number + 1; 0: nobody */
	uint32_t seen;
};

/*
 * Limits of devices (msi/limits.c).
 *
 *   field     written under   read without the lock by
 *   policy    turns, once     who allocates or frees (acquire)
 *   the rest  turns           nobody
 */
struct umsi_limits {
	umsi_atomic_ptr policy;		/* const struct umsi_policy, or NULL: there never were any */
	struct umsi_mutex turns;	/* outside a device's mutex; no callback runs with it held */
	struct umsi_device *devices;	/* that have some */
	struct umsi_device *called_back; /* whose callback runs, or NULL */
	bool asking;			/* a round of callbacks is under way */
	bool pressed;			/* somebody waits for an offer */
};

struct umsi {
	void *host;
	uint32_t ncpus;
	uint32_t max_repeats;
	uint32_t storm_limit, not_mine_limit;
	uint64_t min_age_ns;
	struct umsi_cpu_core *cpu;
	struct umsi_node *node;		/* nnodes; room for ncpus */
	uint32_t nnodes;

	const struct umsi_kick_ops *kick_ops;
	void *kick_root;
	/* umsi_irq_set_affinity() to one CPU, by the root that kicks; or NULL. What is not usual it passes on. */
	int (*move_directly)(struct umsi *m, umsi_irq irq, umsi_cpu cpu);

	struct umsi_records records;
	struct umsi_counters count;
	const struct umsi_trace *trace;	/* NULL: off; see core/trace.h */

	struct umsi_lock masks_lock;	/* guards masks and their references */
	struct umsi_mask *masks[UMSI_MASK_CHAINS];
	uint32_t masks_kept, masks_unused;	/* how many; those without a reference */

	struct umsi_mutex hotplug;	/* one CPU comes or goes at a time */
	struct umsi_mutex mutex;	/* guards the lists below */
	struct umsi_domain *domains;
	uint32_t devices;
	struct umsi_device *device_list;
	bool suspended;

	struct umsi_lock wake_lock;	/* guards wake; inside a record's lock */
	struct umsi_wake wake[UMSI_WAKES_MAX];

	struct umsi_pool device_pool, table_pool, block_pool;
	struct umsi_limits limits;
};

_Static_assert(sizeof(struct umsi) <= UMSI_STORAGE_BYTES, "UMSI_STORAGE_BYTES is too small");

static inline void *umsi_machine_host(const struct umsi *m)
{
	return m->host;
}

static inline uintptr_t umsi_lock(struct umsi *m, struct umsi_lock *lock)
{
	return umsi_host_lock(m->host, lock);
}

static inline void umsi_unlock(struct umsi *m, struct umsi_lock *lock, uintptr_t state)
{
	umsi_host_unlock(m->host, lock, state);
}

/* The CPU this runs on; the caller has interrupts off. */
static inline struct umsi_cpu_core *umsi_this_cpu(struct umsi *m)
{
	return &m->cpu[umsi_host_cpu(m->host)];
}

/* A used or zeroed object of @bytes (the same for every call on one pool); NULL: no memory. Sleepable. */
void *umsi_pool_get(struct umsi *m, struct umsi_pool *pool, size_t bytes);
void umsi_pool_put(struct umsi *m, struct umsi_pool *pool, void *object);
void umsi_pool_destroy(struct umsi *m, struct umsi_pool *pool);

/* May it be given interrupts? A hint: decided under its slot lock. */
static inline bool umsi_cpu_open(const struct umsi *m, umsi_cpu cpu)
{
	return umsi_load32(&m->cpu[cpu].online) == UMSI_CPU_ONLINE;
}

/* NUMA nodes from the hosts' numbers; m->cpu and m->ncpus are set. False: no memory. */
bool umsi_nodes_init(struct umsi *m, const struct umsi_cpu_desc *cpus);
void umsi_nodes_destroy(struct umsi *m);

/* Is this @cpu, outside its traps? UMSI_OK, UMSI_EINVAL, UMSI_ERANGE, UMSI_ECONTEXT. */
int umsi_cpu_check_own(struct umsi *m, umsi_cpu cpu);

/* Is the caller inside a trap? Then it must not sleep or wait. */
bool umsi_in_trap(struct umsi *m);

/* A counter with one writer at a time. */
static inline void umsi_count_own(umsi_atomic64 *counter)
{
	umsi_store64(counter, umsi_load64(counter) + 1);
}

#endif
