/* SPDX-License-Identifier: MIT */
/*
 * The GICv3 root's state; shared by gicv3*.c only.
 *
 * LPIs have no active state, so when the translator has removed an LPI's
 * translation (DISCARD, SYNC), or an SPI is disabled (GICD_CTLR.RWP), there may
 * still be in flight:
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
#include "root/gic.h"

#define GICV3_ID_BITS_MIN	14u
#define GICV3_ID_BITS_MAX	20u
#define GICV3_ID_BITS_DEFAULT	16u

#define GICV3_NO_ID		UINT32_MAX

/* What gic.run leads to. */
struct umsi_gicv3_chunk {
	umsi_atomic_ptr record[GIC_RUN];
	uint32_t next[GIC_RUN];		/* of the ids that are ending: a list */
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
 *   filling, waiting             lock            nobody
 *   req                          lock            traps (acquire)
 *   rest                         creation        anyone
 */
struct umsi_gicv3 {
	struct umsi_gic gic;
	struct umsi_gicv3_region_map *region;
	uint32_t regions;
	uint32_t id_bits;		/* LPIs 8192 .. gic.end - 1 */

	umsi_atomic32 *config;		/* the LPIs' configuration, four to a word */
	uint64_t config_bus;

	umsi_atomic64 req;
	struct umsi_gicv3_batch filling, waiting;
	umsi_atomic_ptr *chunk;		/* memory of gic.run: 2^id_bits / GIC_RUN of them */
	void *ids;			/* ... of gic.lpis.pool */
};

static inline struct umsi_gicv3 *umsi_gicv3_of(struct umsi_domain *d)
{
	return (struct umsi_gicv3 *)umsi_gic_of(d);
}

/* The chunk is acquired; NULL: nobody owns the number. Any context. */
static inline struct umsi_record *umsi_gicv3_owner(const struct umsi_gicv3 *v3, uint32_t id)
{
	const struct umsi_gicv3_chunk *chunk = umsi_load_ptr_acquire(&v3->chunk[id >> GIC_RUN_BITS]);

	return chunk ? umsi_load_ptr(&chunk->record[id % GIC_RUN]) : NULL;
}

/* gicv3_redistributor.c: finding each CPU's; its private interrupts; its LPIs. */
int umsi_gicv3_map_redistributors(struct umsi_gicv3 *v3, const struct umsi_gicv3_config *config);
void umsi_gicv3_unmap_redistributors(struct umsi_gicv3 *v3);
int umsi_gicv3_redistributor_open(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c);
/* False: it goes on reading its tables. */
bool umsi_gicv3_redistributor_forget(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c);

/* gicv3_lpi.c: memory of the LPIs. */
int umsi_gicv3_lpis_make(struct umsi_gicv3 *v3);
void umsi_gicv3_lpis_free(struct umsi_gicv3 *v3);
/* Enables or disables in memory; whoever caches it has to be told by the translator. */
void umsi_gicv3_lpi_configure(struct umsi_gicv3 *v3, uint32_t lpi, bool enabled);
void umsi_gicv3_config_clean(struct umsi_gicv3 *v3);
/* Nothing is pending there, in memory; LPIs are off. Also past the caches, where @coherent is false. */
void umsi_gicv3_pending_clear(struct umsi_gicv3 *v3, struct umsi_gic_cpu *c, bool coherent);

/* gicv3_cpu.c */
int umsi_gicv3_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gicv3_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);
void umsi_gicv3_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi);
/* The end of the outermost trap, or thread context with interrupts off. */
void umsi_gicv3_prove(struct umsi_gicv3 *v3, umsi_cpu cpu);
void umsi_gicv3_drain(struct umsi_domain *d, umsi_cpu cpu);

/* gicv3_number.c */
int umsi_gicv3_find_lpis_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id);
int umsi_gicv3_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);
void umsi_gicv3_end_locked(struct umsi_gic *gic, uint32_t id, int settled);
void umsi_gicv3_reap_locked(struct umsi_gic *gic);
/* CPUs are asked to prove what waits; this one does at once. */
void umsi_gicv3_ask(struct umsi_gic *gic);

/* gicv3_restore.c */
int umsi_gicv3_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
/* Around a move away from a CPU: may its redistributor have lost what the move was to take along? */
uint32_t umsi_gicv3_restore_mark(const struct umsi_gic_cpu *from);
bool umsi_gicv3_has_lost(const struct umsi_gic_cpu *from, uint32_t mark);
int umsi_gicv3_resume(struct umsi_domain *d);

/* gicv3_domain.c */
extern const struct umsi_domain_ops umsi_gicv3_lpi_ops;

#endif
