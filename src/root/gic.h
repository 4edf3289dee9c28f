/* SPDX-License-Identifier: MIT */
/*
 * What the roots of GICv2 and GICv3 have in common: the state and the parts of
 * gic_*.c. SPIs, their registers and wires are the same in both.
 *
 * Interrupt numbers are global, so there is one table, and nothing retires when
 * an interrupt moves: whichever CPU acknowledges finds the same record. Only the
 * end of an interrupt has something to wait for; what, gicv2.h and gicv3.h say.
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

/* The table is in runs of so many numbers; 0 and 1 hold the SPIs. */
#define GIC_RUN_BITS		9u
#define GIC_RUN			(1u << GIC_RUN_BITS)

struct umsi_gic;

/* SPIs by message, wires and LPIs are roots over one controller: their numbers are taken differently. */
struct umsi_gic_domain {
	struct umsi_domain domain;
	struct umsi_gic *gic;
	struct umsi_ids pool;		/* free numbers; not of wires */
};

/*
 *   field           written under         read without the lock by
 *   done            own CPU (release)     who reaps (acquire)
 *   targets         own CPU               senders, moves
 *   open, lpis_on   own CPU               destroy, when all have stopped
 *   load            atomic                anyone
 *   restores        own CPU (release)     movers (acquire)
 *   unowned         own CPU               statistics
 *   the rest        creation              anyone
 */
struct umsi_gic_cpu {
	_Alignas(64) umsi_atomic64 done;	/* GICv3: every number ticketed up to here is not in its traps */
	umsi_atomic64 unowned;
	umsi_atomic32 load;		/* interrupts that target it */
	bool open;			/* its interface is on */
	volatile unsigned char *private_;	/* registers of its ids 0 to 31, as in a distributor */

	umsi_atomic32 targets;		/* GICv2: its bit in target registers; 0 until it was online */

	umsi_atomic32 restores;		/* GICv3, as all below. Begun and ended: odd while one is under way */
	bool lpis_on;
	uint32_t number;		/* GICR_TYPER.Processor_Number */
	uint64_t phys;			/* of its redistributor */
	volatile unsigned char *frame;
	void *pending;			/* its LPIs' pending table */
	uint64_t pending_bus;
};

/* What differs between the versions. */
struct umsi_gic_kind {
	size_t bytes;			/* of the struct that begins with a struct umsi_gic */
	uint32_t distributor_bytes;
	uint32_t off, on;		/* GICD_CTLR: ready to be configured; forwarding */
	uint32_t busy;			/* of it: what was written takes effect yet */
	bool groups;			/* ids are put into group 1 */
	const struct umsi_domain_ops *root_ops, *message_ops;

	/* After a part of build(), too. @config: as the version's create() has it. */
	int (*build)(struct umsi_gic *gic, const void *config, uint32_t typer);
	void (*dismantle)(struct umsi_gic *gic);

	/* The SPI goes to @cpu. */
	void (*route)(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu);
	void (*send)(struct umsi_gic *gic, umsi_cpu cpu, uint32_t sgi);
	/* The number ends: umsi_gic_end_over_locked() is to follow. @settled: what the flush of its source proved. */
	void (*end_locked)(struct umsi_gic *gic, uint32_t id, int settled);
	void (*reap_locked)(struct umsi_gic *gic);
	/* CPUs are to prove what numbers wait for; NULL: it takes nothing but time. */
	void (*ask)(struct umsi_gic *gic);
};

/*
 *   field                     written under   read without the lock by
 *   run[]                     lock (release)  traps, leave
 *   owners, pools             lock            traps, leave
 *   ending, owned             lock            dump, statistics
 *   lost                      lock, resume    resume, moves
 *   incoherent                cpu_online      who changes a configuration byte
 *   cpu[]                     see there       anyone
 *   ipis                      see there       anyone
 *   wires                     m->mutex        who has a line
 *   rest                      creation        anyone
 *
 * lock nests inside a record's lock; the records' lock nests inside it.
 */
struct umsi_gic {
	_Alignas(64) const struct umsi_gic_kind *kind;	/* in memory the version's struct is followed by the CPUs' */
	struct umsi *m;
	struct umsi_domain *root;	/* the one that is listed: LPIs, or messages where there are none */
	volatile unsigned char *distributor;
	struct umsi_gic_cpu *cpu;
	umsi_atomic_ptr *run;		/* by number / GIC_RUN: its owners, one pointer a number; NULL where nobody owns any */
	uint32_t spis_end;		/* SPIs 32 .. spis_end - 1 exist */
	uint32_t end;			/* no number from here on */
	uint32_t timer_id;
	void (*timer)(void *host, umsi_cpu cpu);

	struct umsi_lock lock;
	umsi_atomic32 ending, owned;
	umsi_atomic64 reaped;
	umsi_atomic32 lost;		/* GICv3: the distributor was found without what it had been told */
	umsi_atomic32 incoherent;	/* GICv3: a redistributor does not see caches */

	uint32_t frames;
	struct umsi_gic_frame frame[UMSI_GIC_FRAMES_MAX];
	struct umsi_gic_domain messages, wires, lpis;
	struct umsi_ipis ipis;
};

static inline struct umsi_gic *umsi_gic_of(struct umsi_domain *d)
{
	return ((struct umsi_gic_domain *)d)->gic;
}

/* Of both configurations. */
struct umsi_gic_start {
	uint64_t distributor;
	uint32_t timer_id;
	void (*timer)(void *host, umsi_cpu cpu);
};

/* gic.c: what the calls of both headers come to; @kind is that of the header. */
int umsi_gic_make(struct umsi *m, const struct umsi_gic_kind *kind, const struct umsi_gic_start *start,
		  const void *config, struct umsi_domain **out);
int umsi_gic_unmake(struct umsi_domain *root, const struct umsi_gic_kind *kind);
bool umsi_gic_is_root(const struct umsi_domain *root, const struct umsi_gic_kind *kind);
/* A root that is not listed. */
void umsi_gic_begin_domain(struct umsi_gic *gic, struct umsi_gic_domain *d, const struct umsi_domain_ops *ops);
/* Its SPIs are free for messages. UMSI_ERANGE: not there, or another frame's. */
int umsi_gic_add_frame(struct umsi_gic *gic, const struct umsi_gic_frame *frame);
/* NULL: no message raises it. */
const struct umsi_gic_frame *umsi_gic_frame_of(const struct umsi_gic *gic, uint32_t id);

/* gic_wire.c */
int umsi_gic_make_wires(struct umsi_device *dev, const struct umsi_gic_kind *kind, struct umsi_table **out);

/* gic_distributor.c: one SPI's state. */
/* Waits, bounded, until the @bits of the register are clear. UMSI_OK or UMSI_ETIMEOUT. */
int umsi_gic_wait_clear(struct umsi_gic *gic, const volatile unsigned char *at, uint32_t bits);
/* UMSI_OK, UMSI_ETIMEOUT, UMSI_EREFUSED. */
int umsi_gic_reset(struct umsi_gic *gic);
/* Does it forward, as it was told to? */
bool umsi_gic_is_on(const struct umsi_gic *gic);
/* Ids 0 to 31 of a CPU; @ctlr has bits @busy while a write of theirs takes effect. UMSI_OK or UMSI_ETIMEOUT. */
int umsi_gic_reset_private(struct umsi_gic *gic, volatile unsigned char *at, const volatile unsigned char *ctlr,
			   uint32_t busy);
void umsi_gic_enable(struct umsi_gic *gic, uint32_t id);
/* GICv3: returns when the SPI can no longer be signalled. */
void umsi_gic_disable(struct umsi_gic *gic, uint32_t id);
void umsi_gic_drop_pending(struct umsi_gic *gic, uint32_t id);
bool umsi_gic_is_active(struct umsi_gic *gic, uint32_t id);
void umsi_gic_route(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu);
/* Of an edge that may be pending; it is disabled afterwards. */
void umsi_gic_reroute(struct umsi_gic *gic, uint32_t id, umsi_cpu cpu);
/* gic->lock is held. UMSI_OK, or UMSI_EREFUSED: the line is the other kind for good. */
int umsi_gic_set_edge_locked(struct umsi_gic *gic, uint32_t id, bool edge);

/* gic_cpu.c */
/* In a trap: @id has no record. */
void umsi_gic_serve_other(struct umsi_gic *gic, umsi_cpu cpu, uint32_t id);
/* Whatever others may have sent it is sent once more. */
void umsi_gic_send_again(struct umsi_gic *gic, umsi_cpu cpu);
int umsi_gic_take_ipi(struct umsi_domain *root, const struct umsi_gic_kind *kind, umsi_ipi_handler handler,
		      void *arg, uint32_t *out_ipi);
int umsi_gic_send_ipi(struct umsi_domain *root, const struct umsi_gic_kind *kind, uint32_t ipi, umsi_cpu cpu);

/* gic_number.c: who has which number. */
/* The first owned number from *@id on, below @end, and its owner; NULL: there is none. Any context. */
struct umsi_record *umsi_gic_next_owner(struct umsi_gic *gic, uint32_t *id, uint32_t end);
/* Nothing of a number that ended can be under way: the entry, its owner's reference and the number are given back. */
void umsi_gic_end_over_locked(struct umsi_gic *gic, uint32_t id);
/* What is answered where no number is free: may make_room() help? */
int umsi_gic_none_locked(const struct umsi_gic *gic);
/* A number for each of the group: UMSI_OK, UMSI_ENOSLOT, UMSI_EAGAIN, UMSI_ERANGE, UMSI_EEXIST. */
typedef int (*umsi_gic_find_locked)(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id);
int umsi_gic_find_message_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id);
int umsi_gic_find_wire_locked(struct umsi_gic *gic, const struct umsi_group *g, uint32_t *id);
/* Chooses a CPU, finds numbers and publishes. */
int umsi_gic_take(struct umsi_gic *gic, struct umsi_record *r, const struct umsi_where *where,
		  umsi_gic_find_locked find);
/* Its source is closed, its SPI disabled. */
void umsi_gic_give(struct umsi_gic *gic, struct umsi_record *r, int settled);
void umsi_gic_reap(struct umsi_domain *d);
int umsi_gic_make_room(struct umsi_domain *d, const struct umsi_where *where, bool for_move);

/* gic_leave.c */
int umsi_gic_cpu_leave(struct umsi_domain *d, umsi_cpu cpu);

/* gic_spi.c: as the end of a path. */
int umsi_gic_message_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where);
void umsi_gic_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled);
int umsi_gic_message_activate(struct umsi_domain *d, struct umsi_record *r);
int umsi_gic_deactivate(struct umsi_domain *d, struct umsi_record *r);
void umsi_gic_compose(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out);
int umsi_gic_move_prepare(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
void umsi_gic_move_commit(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
void umsi_gic_move_abort(struct umsi_domain *d, struct umsi_record *r, const struct umsi_move *mv);
/* Edge, route, enabled. */
int umsi_gic_message_open(struct umsi_gic *gic, struct umsi_record *r);
void umsi_gic_retarget(struct umsi_gic *gic, const struct umsi_group *g, umsi_cpu cpu);
/* Messages, where others are listed. */
extern const struct umsi_domain_ops umsi_gic_message_ops, umsi_gic_wire_ops;

/* gic_report.c: numbers for the outside. */
uint32_t umsi_gic_load_of(const struct umsi_domain *d, umsi_cpu cpu);
uint64_t umsi_gic_room(struct umsi_domain *d);
void umsi_gic_stats(struct umsi_domain *d, struct umsi_stats *out);
void umsi_gic_dump(struct umsi_domain *d, umsi_dump_line line, void *arg);

#endif
