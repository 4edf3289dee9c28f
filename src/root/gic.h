/* SPDX-License-Identifier: MIT */
/*
 * The GIC root's state; shared by gic*.c only.
 *
 * SPI numbers are global, so there is one table, and nothing retires when an
 * interrupt moves: whichever CPU acknowledges finds the same record. Only the
 * end of an interrupt has something to wait for. After the source was flushed
 * and the SPI disabled, there may be in flight:
 *
 *   pending at the distributor   dropped: ICPENDR, before the number is given out again
 *   acknowledged by a CPU        active from acknowledge to completion, which the trap writes
 *                                after its last use of the table: so a number that is not
 *                                active is between no CPU's acknowledge and claim
 *   signalled, not acknowledged  the CPU reads a special id, or the number becomes active; how
 *                                soon, nobody promises in writing (M1): the number ages
 */
#ifndef UMSI_ROOT_GIC_H
#define UMSI_ROOT_GIC_H

#include <umsi/gic.h>

#include "codec/gic.h"
#include "core/block.h"
#include "core/domain.h"
#include "core/ipi.h"
#include "core/run.h"
#include "idspace/idspace.h"

/* Software generated interrupts: 0 kicks, the rest are IPIs; 8 to 15 are left to secure software. */
#define GIC_SGI_KICK		0u
#define GIC_IPIS_MAX		7u

#define GIC_WORDS		(GIC_FIRST_SPECIAL / 64 + 1)

struct umsi_gic;

/* Messages and wires are two roots over one distributor: their numbers are taken differently. */
struct umsi_gic_domain {
	struct umsi_domain domain;
	struct umsi_gic *gic;
};

struct umsi_gic_cpu {
	umsi_atomic32 targets;		/* its bit in target registers; 0 until it was online */
	bool open;			/* its interface is on; own CPU */
	umsi_atomic32 load;		/* interrupts that target it */
	umsi_atomic64 unowned;
};

/*
 *   field                        written under   read without the lock by
 *   record[]                     lock            traps
 *   pool, ending, not_before     lock            nobody
 *   ending_count                 lock            dump, statistics
 *   cpu[]                        see there       anyone
 *   ipis                         see there       anyone
 *   rest                         creation        anyone
 *
 * lock nests inside a record's lock; the records' lock nests inside it.
 */
struct umsi_gic {
	struct umsi_gic_domain messages, wires;
	volatile unsigned char *distributor, *cpu_interface;
	uint32_t ids;			/* 0 .. ids - 1 exist */
	uint32_t frames;
	struct umsi_gic_frame frame[UMSI_GIC_FRAMES_MAX];
	uint32_t timer_id;
	void (*timer)(void *host, umsi_cpu cpu);

	struct umsi_lock lock;
	struct umsi_ids pool;		/* free: SPIs of frames that nobody has */
	uint64_t ending[GIC_WORDS];	/* freed, perhaps still being handled */
	umsi_atomic32 ending_count;
	umsi_atomic64 reaped;
	uint64_t not_before_ns[GIC_FIRST_SPECIAL];

	struct umsi_ipis ipis;
	struct umsi_gic_cpu cpu[UMSI_GIC_CPUS_MAX];
	umsi_atomic_ptr record[GIC_FIRST_SPECIAL];
};

static inline struct umsi_gic *umsi_gic_of(struct umsi_domain *d)
{
	return ((struct umsi_gic_domain *)d)->gic;
}

/* gic_distributor.c: one number's state. */
void umsi_gic_reset(struct umsi_gic *gic);
void umsi_gic_enable(struct umsi_gic *gic, uint32_t id);
void umsi_gic_disable(struct umsi_gic *gic, uint32_t id);
void umsi_gic_drop_pending(struct umsi_gic *gic, uint32_t id);
bool umsi_gic_is_active(struct umsi_gic *gic, uint32_t id);
void umsi_gic_route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu);
/* The same for a number that may be pending; it is disabled afterwards. */
void umsi_gic_reroute(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu);
/* gic->lock is held. UMSI_OK, or UMSI_EREFUSED: the line is the other kind for good. */
int umsi_gic_set_edge_locked(struct umsi_gic *gic, uint32_t id, bool edge);

/* gic_cpu.c */
int umsi_gic_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
void umsi_gic_send(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi);

/* gic_number.c: who has which number. */
bool umsi_gic_in_frame(const struct umsi_gic *gic, uint32_t id);
/* Chooses a CPU, takes and publishes; @wire: the number is the index. */
int umsi_gic_take(struct umsi_gic *gic, struct umsi_record *r, const struct umsi_where *where,
		  bool wire);
/* It was disabled. */
void umsi_gic_give(struct umsi_gic *gic, struct umsi_record *r);
void umsi_gic_reap(struct umsi_domain *d);
int umsi_gic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);

/* gic_leave.c */
int umsi_gic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu);
int umsi_gic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);

/* gic_spi.c */
/* The permitted open CPU that fewest interrupts target, or UMSI_CPU_NONE. */
umsi_cpu umsi_gic_choose(const struct umsi_gic *gic, const struct umsi_record *r,
			 const struct umsi_where *where);
extern const struct umsi_domain_ops umsi_gic_message_ops, umsi_gic_wire_ops;

#endif
