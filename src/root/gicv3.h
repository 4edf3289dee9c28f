/* SPDX-License-Identifier: MIT */
/*
 * The GICv3 root's state; shared by gicv3*.c only.
 *
 * Interrupt numbers are global, so there is one table, and nothing retires when
 * an interrupt moves: whichever CPU acknowledges finds the same record. Only the
 * end of an interrupt has something to wait for. LPIs have no active state, so
 * when the translator has removed an LPI's translation (DISCARD, SYNC), or an
 * SPI is disabled (GICD_CTLR.RWP), there may still be in flight:
 *
 *   pending, signalled       nothing: the two commands, and RWP, promise it
 *   acknowledged by a CPU    it looks the number up before its trap ends. So the number, its table
 *                            entry and the record's reference stay until every CPU has ended the traps
 *                            it may have been in (R5, R7 with a look that is not needed): each
 *                            copies the ticket counter "req" at the end of its outermost trap
 *   source not flushed       (EGONE) may be translated once more: the number also ages (M1)
 */
#ifndef UMSI_ROOT_GICV3_H
#define UMSI_ROOT_GICV3_H

#include <umsi/gicv3.h>

#include "codec/gicv3.h"
#include "core/block.h"
#include "core/domain.h"
#include "core/ipi.h"
#include "core/run.h"
#include "idspace/idspace.h"

/* Software generated interrupts: 0 kicks, the rest are IPIs; 8 to 15 are left to secure software. */
#define GICV3_SGI_KICK		0u
#define GICV3_IPIS_MAX		7u

#define GICV3_ID_BITS_MIN	14u
#define GICV3_ID_BITS_MAX	20u
#define GICV3_ID_BITS_DEFAULT	16u

/* Interrupt ids to a chunk of the table; chunks 0 and 1 hold the SPIs. */
#define GICV3_CHUNK_BITS	9u
#define GICV3_CHUNK		(1u << GICV3_CHUNK_BITS)
#define GICV3_NO_ID		UINT32_MAX

struct umsi_gicv3;

/* LPIs, wires and SPIs by message are three roots over one controller: their numbers are taken differently. */
struct umsi_gicv3_domain {
	struct umsi_domain domain;
	struct umsi_gicv3 *gic;
};

struct umsi_gicv3_chunk {
	umsi_atomic_ptr record[GICV3_CHUNK];
	uint32_t next[GICV3_CHUNK];	/* of the ids that are ending: a list */
};

/*
 *   field           written under         read without the lock by
 *   done            own CPU (release)     who reaps (acquire)
 *   open, lpis_on   own CPU               destroy, when all have stopped
 *   load            atomic                anyone
 *   restores        own CPU (release)     movers (acquire)
 *   unowned         own CPU               statistics
 *   the rest        creation              anyone
 */
struct umsi_gicv3_cpu {
	_Alignas(64) umsi_atomic64 done;	/* every number ticketed up to here is not in its traps */
	umsi_atomic64 unowned;
	umsi_atomic32 load;		/* interrupts that target it */
	umsi_atomic32 restores;		/* begun and ended: odd while one is under way */
	bool open, lpis_on;
	uint32_t number;		/* GICR_TYPER.Processor_Number */
	uint64_t phys;			/* of its redistributor */
	volatile unsigned char *frame;
	void *pending;			/* its LPIs' pending table */
	uint64_t pending_bus;
};

struct umsi_gicv3_region_map {
	uint64_t phys, bytes;
	volatile unsigned char *at;
};

/* Numbers whose owners are gone, and which wait for the same proof. */
struct umsi_gicv3_batch {
	uint32_t first, count;		/* linked by chunk next[] */
	uint64_t stamp;
	uint64_t not_before_ns;		/* 0: no age is asked for */
	umsi_cpu next_cpu;		/* those below have proved it */
};

/*
 *   field                        written under   read without the lock by
 *   chunk[]                      lock (release)  traps, leave
 *   chunk->record[]              lock            traps, leave
 *   lpis, spis, filling, waiting lock            nobody
 *   req                          lock            traps (acquire)
 *   ending, owned                lock            dump, statistics
 *   coherent                     cpu_online      who changes a configuration byte
 *   lost                         lock, resume    resume, moves of messages
 *   cpu[]                        see there       anyone
 *   ipis                         see there       anyone
 *   rest                         creation        anyone
 *
 * lock nests inside a record's lock; the records' lock nests inside it.
 */
struct umsi_gicv3 {
	struct umsi_gicv3_domain lpi, wires, messages;
	volatile unsigned char *distributor;
	struct umsi_gicv3_region_map *region;
	uint32_t regions;
	uint32_t spis_end;		/* SPIs 32 .. spis_end - 1 exist */
	uint32_t id_bits, lpis_end;	/* LPIs 8192 .. lpis_end - 1 */
	uint32_t timer_id;
	void (*timer)(void *host, umsi_cpu cpu);
	umsi_atomic32 lost;		/* the distributor was found without what it had been told */

	umsi_atomic32 *config;		/* the LPIs' configuration, four to a word */
	uint64_t config_bus;
	umsi_atomic32 incoherent;	/* a redistributor does not see caches */

	umsi_atomic64 req;
	struct umsi_lock lock;
	struct umsi_ids lpis;		/* free; id 0 is LPI 8192 */
	void *ids;			/* memory of the above */
	struct umsi_ids spis;		/* by message: free; ids as they are */
	void *spi_ids;			/* memory of the above; NULL: there are none */
	uint32_t by_message[GICV3_FIRST_SPECIAL / 32 + 1];	/* bit per id: it is one of those, free or not */
	uint64_t doorbell;		/* 0: none */
	struct umsi_gicv3_batch filling, waiting;
	umsi_atomic32 ending, owned;
	umsi_atomic64 reaped;

	struct umsi_ipis ipis;
	struct umsi_gicv3_cpu *cpu;
	umsi_atomic_ptr *chunk;		/* 2^id_bits / GICV3_CHUNK of them */
};

static inline struct umsi_gicv3 *umsi_gicv3_of(struct umsi_domain *d)
{
	return ((struct umsi_gicv3_domain *)d)->gic;
}

static inline struct umsi *umsi_gicv3_machine(const struct umsi_gicv3 *gic)
{
	return gic->lpi.domain.m;
}

/* NULL: no such chunk, or nobody owns the number. Any context. */
static inline struct umsi_record *umsi_gicv3_owner(const struct umsi_gicv3 *gic, uint32_t id)
{
	const struct umsi_gicv3_chunk *chunk = umsi_load_ptr_acquire(&gic->chunk[id >> GICV3_CHUNK_BITS]);

	return chunk ? umsi_load_ptr(&chunk->record[id % GICV3_CHUNK]) : NULL;
}

/* gicv3_distributor.c. UMSI_OK, UMSI_ETIMEOUT, UMSI_EREFUSED. */
int umsi_gicv3_reset(struct umsi_gicv3 *gic);
/* Does it still route by affinity, with our group on? */
bool umsi_gicv3_is_on(const struct umsi_gicv3 *gic);
void umsi_gicv3_enable(struct umsi_gicv3 *gic, uint32_t id);
/* Returns when the SPI can no longer be signalled. */
void umsi_gicv3_disable(struct umsi_gicv3 *gic, uint32_t id);
void umsi_gicv3_drop_pending(struct umsi_gicv3 *gic, uint32_t id);
bool umsi_gicv3_is_active(struct umsi_gicv3 *gic, uint32_t id);
void umsi_gicv3_route(struct umsi_gicv3 *gic, uint32_t id, umsi_cpu cpu);
/* Of an edge that may be pending; it is disabled afterwards. */
void umsi_gicv3_reroute(struct umsi_gicv3 *gic, uint32_t id, umsi_cpu cpu);
/* gic->lock is held. UMSI_OK, or UMSI_EREFUSED: the line is the other kind for good. */
int umsi_gicv3_set_edge_locked(struct umsi_gicv3 *gic, uint32_t id, bool edge);
/* Waits, bounded, until the @bits of the register are clear. */
int umsi_gicv3_wait_clear(struct umsi_gicv3 *gic, const volatile unsigned char *at, uint32_t bits);

/* gicv3_redistributor.c: finding each CPU's; its private interrupts; its LPIs. */
int umsi_gicv3_map_redistributors(struct umsi_gicv3 *gic, const struct umsi_gicv3_config *config);
void umsi_gicv3_unmap_redistributors(struct umsi_gicv3 *gic);
int umsi_gicv3_redistributor_open(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c);
/* False: it goes on reading its tables. */
bool umsi_gicv3_redistributor_forget(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c);

/* gicv3_lpi.c: memory of the LPIs. */
int umsi_gicv3_lpis_make(struct umsi_gicv3 *gic);
void umsi_gicv3_lpis_free(struct umsi_gicv3 *gic);
/* Enables or disables in memory; whoever caches it has to be told by the translator. */
void umsi_gicv3_lpi_configure(struct umsi_gicv3 *gic, uint32_t lpi, bool enabled);
void umsi_gicv3_config_clean(struct umsi_gicv3 *gic);
/* Nothing is pending there, in memory; LPIs are off. Also past the caches, where @coherent is false. */
void umsi_gicv3_pending_clear(struct umsi_gicv3 *gic, struct umsi_gicv3_cpu *c, bool coherent);

/* gicv3_cpu.c */
int umsi_gicv3_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
void umsi_gicv3_send(struct umsi_gicv3 *gic, umsi_cpu cpu, uint32_t sgi);
/* The end of the outermost trap, or thread context with interrupts off. */
void umsi_gicv3_prove(struct umsi_gicv3 *gic, umsi_cpu cpu);
void umsi_gicv3_drain(struct umsi_domain *d, umsi_cpu cpu);

/* gicv3_number.c: who has which number, from being taken until nothing of it can be under way. */
int umsi_gicv3_take_lpis(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where);
int umsi_gicv3_take_wire(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where);
int umsi_gicv3_take_messages(struct umsi_gicv3 *gic, struct umsi_record *r, const struct umsi_where *where);
/* @settled: what the flush of its source proved. */
void umsi_gicv3_give(struct umsi_gicv3 *gic, struct umsi_record *r, int settled);
void umsi_gicv3_reap(struct umsi_domain *d);
int umsi_gicv3_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);
/* Every number still ending counts as quiet: all traps are over. */
void umsi_gicv3_drop_ending(struct umsi_gicv3 *gic);

/* gicv3_leave.c */
int umsi_gicv3_cpu_leave(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gicv3_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);

/* gicv3_restore.c */
int umsi_gicv3_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
/* Around a move away from a CPU: may its redistributor have lost what the move was to take along? */
uint32_t umsi_gicv3_restore_mark(struct umsi_gicv3 *gic, umsi_cpu cpu);
bool umsi_gicv3_has_lost(struct umsi_gicv3 *gic, umsi_cpu cpu, uint32_t mark);
int umsi_gicv3_resume(struct umsi_domain *d);

/* gicv3_domain.c */
umsi_cpu umsi_gicv3_choose(const struct umsi_gicv3 *gic, const struct umsi_record *r,
			   const struct umsi_where *where);
int umsi_gicv3_spi_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
void umsi_gicv3_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
void umsi_gicv3_retarget(struct umsi_gicv3 *gic, const struct umsi_group *g, umsi_cpu cpu);
extern const struct umsi_controller_ops umsi_gicv3_controller_ops;
extern const struct umsi_domain_ops umsi_gicv3_lpi_ops, umsi_gicv3_wire_ops;

/* gicv3_message.c. UMSI_OK, UMSI_ENOTSUP, UMSI_ERANGE, UMSI_ENOMEM. */
int umsi_gicv3_messages_make(struct umsi_gicv3 *gic, const struct umsi_gicv3_config *config);
void umsi_gicv3_messages_free(struct umsi_gicv3 *gic);
/* Edge, route, enabled. */
int umsi_gicv3_message_open(struct umsi_gicv3 *gic, struct umsi_record *r);
extern const struct umsi_domain_ops umsi_gicv3_message_ops;

#endif
