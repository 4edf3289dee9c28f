/* SPDX-License-Identifier: MIT */
/* What the threads do to one library: interrupts with owners, and everybody else at them. */
#ifndef THREADS_WORK_H
#define THREADS_WORK_H

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/umsi.h>

#include "box.h"

#define OWNERS		3	/* each has every OWNERS-th entry of the first two functions */

/*
 * One entry of one function. What is plain here is the owner's until its interrupt is requested,
 * the handler's until free or release has returned: TSan checks that the library hands it over.
 */
struct entry {
	uint32_t function, index;
	umsi_irq irq;
	bool requested;
	uint32_t disables;
	uint64_t calls;			/* plain, on purpose */

	/* Atomic words. */
	uint64_t live;			/* events are owed */
	uint64_t users;			/* threads that raise it now */
	uint64_t raised, seen;		/* events, and how many had happened when a handler began */
	uint64_t later;			/* answered so, and nobody said done */
};

struct world {
	struct umsi *umsi;
	struct umsi_domain *root;
	uint32_t ipi;
	uint64_t letter[BOX_CPUS];	/* plain: for the IPI's handler, until it has read it */
	uint64_t read[BOX_CPUS];	/* atomic: what it has read */
	struct umsi_device *dev[BOX_FUNCTIONS];
	struct umsi_table *table[BOX_FUNCTIONS];
	struct entry entry[BOX_FUNCTIONS][BOX_ENTRIES];
	uint64_t stop, quiet_raisers;	/* atomic */
	uint64_t finished;		/* atomic: threads that are through */
};

extern struct world world;

/* Counters, atomic: what was done, for the line at the end. */
enum counted {
	N_RAISED, N_CALLS, N_MOVES, N_ALLOCS, N_FREES, N_RELEASES, N_TRIGGERS, N_LATER, N_TRIPS, N_SLEEPS,
	N_SUSPENDS, N_REMOVALS, N_IPIS, N_SETTLED, N_COUNTED
};

extern const char *const count_names[N_COUNTED];
extern uint64_t counts[N_COUNTED];

static inline void count(enum counted what)
{
	__atomic_fetch_add(&counts[what], 1, __ATOMIC_RELAXED);
}

static inline bool stopping(void)
{
	return __atomic_load_n(&world.stop, __ATOMIC_ACQUIRE);
}

/* A status that is none of @also and not UMSI_OK is wrong; 0 ends the list. */
void expect(const char *what, int status, const int *also);
#define EXPECT(what, status, ...)	expect(what, status, (const int[]){ __VA_ARGS__ __VA_OPT__(,) 0 })

/* entry.c */
void entry_alloc(struct entry *e);
void entry_act(struct entry *e);	/* one operation of its owner */
void entry_free(struct entry *e, bool gently);
void entry_settle(struct entry *e);	/* until every event has had its handler */
void entry_raise(struct entry *e);	/* by a device */
void entry_gone(struct entry *e);	/* its device has been removed */

/* What threads do until the end. */
void *run_owner(void *number);
void *run_mover(void *unused);
void *run_traveller(void *unused);
void *run_remover(void *unused);
void *run_sleeper(void *unused);
void *run_caller(void *unused);
void *run_device(void *number);

bool table_up(uint32_t n);
int affinity_any(umsi_irq irq, bool wait);

#endif
