/* SPDX-License-Identifier: MIT */
/*
 * The state of an APLIC that delivers directly; shared by aplic*.c only.
 *
 * Source numbers are global, so there is one table, and nothing retires when an
 * interrupt moves: whichever hart claims finds the same record. A claim is a
 * read, so a source that is disabled, and known to be, is claimed by nobody any
 * more; only a trap that has claimed it before may still be about to use the
 * table. So a source that ends takes a ticket (++req), and is free once every
 * online CPU has ended the trap it was in, or proved in thread context that
 * it is in none (done >= ticket).
 */
#ifndef UMSI_ROOT_APLIC_H
#define UMSI_ROOT_APLIC_H

#include <umsi/aplic.h>

#include "codec/aplic.h"
#include "core/block.h"
#include "core/domain.h"
#include "core/ipi.h"
#include "core/run.h"

#define APLIC_WORDS	16	/* of 64 sources */

/*
 * Of a source's gate: its enable bit is set exactly if its owner wants it open
 * and it is not shut. All three are changed under the lock.
 */
#define APLIC_OPEN	1u	/* by its owner */
#define APLIC_SHUT	2u	/* a level claimed while its handler was running: until that is done */

#define APLIC_KICK	1u	/* bit of work; IPI n is bit n + 1 */

/*
 *   field      written under              read without the lock by
 *   index      creation                   anyone
 *   open       own CPU, interrupts off    nobody
 *   work       atomic                     own CPU
 *   done       own CPU, interrupts off    anyone (acquire)
 *   load       atomic                     anyone: a hint for choosing
 *   unowned    own CPU                    statistics
 */
struct umsi_aplic_cpu {
	_Alignas(64) uint32_t index;	/* in this domain, or UMSI_APLIC_NO_HART */
	bool open;			/* its delivery control is on */
	umsi_atomic32 work;		/* why it was interrupted, beside sources */
	umsi_atomic64 done;
	umsi_atomic32 load;		/* interrupts that target it */
	umsi_atomic64 unowned;
};

/*
 *   field                written under     read without the lock by
 *   record[]             lock              traps
 *   gate[]               lock              traps
 *   req                  lock              traps (acquire)
 *   ending, ticket       lock              nobody
 *   ending_count         lock              dump, statistics
 *   ipis                 see there         anyone
 *   rest                 creation          anyone
 *
 * lock nests inside a record's lock; the records' lock nests inside it.
 */
struct umsi_aplic {
	struct umsi_domain domain;
	unsigned char *region;
	uint64_t bytes;
	uint32_t sources;

	struct umsi_lock lock;
	umsi_atomic64 req;
	uint64_t ending[APLIC_WORDS];	/* freed, perhaps still being handled */
	uint64_t ticket[APLIC_SOURCES_MAX + 1];
	umsi_atomic32 ending_count;
	umsi_atomic64 reaped;

	struct umsi_ipis ipis;
	umsi_atomic_ptr record[APLIC_SOURCES_MAX + 1];
	umsi_atomic32 gate[APLIC_SOURCES_MAX + 1];
	struct umsi_aplic_cpu cpu[];	/* ncpus */
};

static inline struct umsi_aplic *umsi_aplic_of(struct umsi_domain *d)
{
	return (struct umsi_aplic *)d;
}

static inline uint32_t umsi_aplic_read(const struct umsi_aplic *a, uint32_t offset)
{
	return umsi_mmio_read32(a->region + offset);
}

static inline void umsi_aplic_write(struct umsi_aplic *a, uint32_t offset, uint32_t value)
{
	umsi_mmio_write32(a->region + offset, value);
}

/* aplic_source.c: who has which number. */
/* Chooses a CPU, takes the source that is the record's index, publishes. */
int umsi_aplic_take(struct umsi_aplic *a, struct umsi_record *r, const struct umsi_where *where);
/* It is disabled, and that was read back. */
void umsi_aplic_give(struct umsi_aplic *a, struct umsi_record *r);
void umsi_aplic_reap(struct umsi_domain *d);
int umsi_aplic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);
/* How many interrupts target it (aplic_domain.c). */
uint32_t umsi_aplic_load(const struct umsi_domain *d, umsi_cpu cpu);
/* A claimed source that nobody owns is disabled. */
void umsi_aplic_unowned(struct umsi_aplic *a, umsi_cpu cpu, uint32_t source);

/* aplic_gate.c */
void umsi_aplic_open(struct umsi_aplic *a, uint32_t source);
void umsi_aplic_close(struct umsi_aplic *a, uint32_t source);
/* In a trap: nobody claims it again before its handler is done. */
void umsi_aplic_shut(struct umsi_aplic *a, uint32_t source);
/* The handler is done. */
void umsi_aplic_unshut(struct umsi_aplic *a, uint32_t source);

/* aplic_cpu.c */
void umsi_aplic_signal(struct umsi_aplic *a, umsi_cpu cpu, uint32_t work);
int umsi_aplic_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_aplic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
int umsi_aplic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu);
int umsi_aplic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);

/* aplic_trap.c */
void umsi_aplic_drain(struct umsi_domain *d, umsi_cpu cpu);

/* aplic_domain.c */
extern const struct umsi_domain_ops umsi_aplic_ops;

#endif
