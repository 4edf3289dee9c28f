/* SPDX-License-Identifier: MIT */
/* One VT-d unit's state; shared by vtd*.c only. */
#ifndef UMSI_TRANSLATE_VTD_H
#define UMSI_TRANSLATE_VTD_H

#include <umsi/vtd.h>

#include "codec/vtd.h"
#include "core/domain.h"
#include "idspace/idspace.h"

/* Two descriptors a request: what to invalidate, and the wait. 256 in a page. */
#define VTD_QUEUE_BYTES		4096u
#define VTD_REQUESTS		(VTD_QUEUE_BYTES / VTD_DESCRIPTOR_BYTES / 2)

/* One table entry. Written under its interrupt's lock. */
struct umsi_irte {
	umsi_atomic64 low, high;
};

_Static_assert(sizeof(struct umsi_irte) == VTD_IRTE_BYTES, "the hardware's layout");

/* One request of the queue. */
struct umsi_vtd_request {
	umsi_atomic64 invalidate, zero;
	umsi_atomic64 wait, status_bus;
};

_Static_assert(sizeof(struct umsi_vtd_request) == 2 * VTD_DESCRIPTOR_BYTES, "the hardware's layout");

/*
 *   field                    written under  read without the lock by
 *   ids, stale               lock           statistics
 *   queue[], next            lock           the hardware
 *   status[]                 the hardware   who waits (acquire)
 *   silent, invalidations,   atomic         anyone
 *   timeouts
 *   faults, overflows        lock           statistics
 *   rest                     creation       anyone
 *
 * lock nests inside a record's lock; nothing nests inside it. Nobody waits with it held.
 */
struct umsi_vtd {
	struct umsi_domain domain;
	uint64_t phys;
	unsigned char *regs;
	uint64_t cap, ecap;
	bool eim, wide;

	struct umsi_irte *table;
	uint64_t table_bus;
	uint32_t entries;
	unsigned int log2_entries;
	void *ids_memory;		/* of ids, then a bit per entry: stale */

	struct umsi_lock lock;
	struct umsi_ids ids;
	uint64_t *stale;		/* entries whose invalidation was not confirmed: never given out */
	uint32_t lost;

	struct umsi_vtd_request *queue;
	umsi_atomic32 *status;		/* by request: the number of the last that is done */
	uint64_t queue_bus, status_bus;
	uint32_t next;			/* number of the next request; its place is that modulo VTD_REQUESTS */
	umsi_atomic32 silent;		/* it did not answer the last time; the log says so once */

	umsi_atomic64 invalidations, timeouts;
	uint64_t faults, overflows;
};

static inline struct umsi_vtd *umsi_vtd_of(struct umsi_domain *d)
{
	return (struct umsi_vtd *)d;
}

extern const struct umsi_domain_ops umsi_vtd_ops;

/* ---- Registers (vtd_unit.c) ---- */

uint32_t umsi_vtd_read32(const struct umsi_vtd *v, uint32_t offset);
void umsi_vtd_write32(const struct umsi_vtd *v, uint32_t offset, uint32_t value);
uint64_t umsi_vtd_read64(const struct umsi_vtd *v, uint32_t offset);
void umsi_vtd_write64(const struct umsi_vtd *v, uint32_t offset, uint64_t value);
/* "umsi: vt-d unit 0xfed90000 <what> <name>=<number>". */
void umsi_vtd_log(struct umsi_vtd *v, const char *what, const char *name, uint64_t number);

/* It may have lost its registers: programs them again if it has. UMSI_OK, UMSI_ETIMEOUT, UMSI_EREFUSED. */
int umsi_vtd_restore(struct umsi_domain *domain);

/* ---- The queue (vtd_queue.c) ---- */

/* Empties it and starts it. The unit's queue is off. */
void umsi_vtd_queue_reset(struct umsi_vtd *v);

/*
 * Invalidates and waits: afterwards every message that the old entries let
 * through has been performed at its APIC. UMSI_OK, or UMSI_ETIMEOUT: unknown. Any context.
 */
int umsi_vtd_invalidate(struct umsi_vtd *v, uint32_t index, unsigned int order);
int umsi_vtd_invalidate_all(struct umsi_vtd *v);

#endif
