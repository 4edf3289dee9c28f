/* SPDX-License-Identifier: MIT */
/*
 * The ITS's state; shared by its*.c only.
 *
 * What may be in flight when a mapping changes:
 *
 *   MAPTI   nothing: the store is closed, the event was nobody's
 *   MOVI    translated before: pending at the old redistributor or acknowledged by its CPU; the
 *           pending state moves along. After SYNC the old redistributor holds nothing of it
 *   DISCARD translated before: pending state is dropped; acknowledged: the root's to outlive.
 *           After SYNC nothing of it is signalled any more, and event and LPI may serve another
 *   MAPD    without validity: only once every event was discarded; then the table is read no more
 *
 * The wait for CREADR to pass a SYNC is the flush (S1) of each of them.
 *
 * An ITS that has lost its registers is given everything again from what is kept
 * here (its_restore.c): its tables in memory are only what it had written back.
 * From the moment its queue starts anew until an event has been mapped again,
 * commands about that event are left out; whoever sent them holds the record's
 * lock, and the mapping that follows under that lock says what they would have said.
 */
#ifndef UMSI_TRANSLATE_ITS_H
#define UMSI_TRANSLATE_ITS_H

#include <umsi/its.h>

#include "codec/its.h"
#include "core/block.h"
#include "core/domain.h"
#include "idspace/idspace.h"
#include "msi/device.h"

#define ITS_QUEUE_ALIGN		0x10000u
#define ITS_QUEUE_COMMANDS_MIN	128u		/* a page */
#define ITS_QUEUE_COMMANDS	2048u
#define ITS_REFUSED_KEPT	8u
/* The largest batch: a collection, and all members of a block. */
#define ITS_BATCH_MAX		(UMSI_BLOCK_MAX + 4)

/* DeviceIDs of one function: its own, and those of its phantom functions. */
#define ITS_IDS_MAX		8u

struct umsi_its_ids {
	uint32_t count, id[ITS_IDS_MAX], requester_id[ITS_IDS_MAX];
	bool shared;			/* others may come under the same one */
};

/*
 * One table of events. Several functions may come under its DeviceID; or it has
 * several DeviceIDs, each with an ITT of its own (they must not overlap), which
 * all lead alike.
 *
 *   field                written under     read without the lock by
 *   next, users, committed  its->mutex     nobody
 *   events, spoilt       lock              counts, racily
 *   given, mapped        queue.lock        nobody
 *   the rest             creation          who holds an event
 */
struct umsi_its_device {
	struct umsi_its_device *next;
	uint32_t ids, id[ITS_IDS_MAX];
	uint32_t users, committed;
	uint32_t event_bits;
	void *itt;			/* of the first; the others follow, ITS_ITT_ALIGN aligned */
	size_t itt_bytes;		/* from one to the next */
	uint64_t itt_bus, doorbell;
	struct umsi_lock lock;
	struct umsi_ids events;
	uint32_t used;			/* events given out */
	uint32_t spoilt;		/* ... and never taken back: their source may still send */
	bool given;			/* the ITS has been told of its ITTs */
	uint32_t *mapped;		/* a bit for each event that it has been told of */
};

/* What a device's "translation" leads to: its share of a DeviceID. its->mutex. */
struct umsi_its_user {
	struct umsi_its_device *shared;
	uint32_t tables, committed;
};

/* A base register and its memory. */
struct umsi_its_table {
	uint32_t reg;			/* GITS_BASER + 8n; 0: this ITS has no such table */
	uint32_t entry_bytes;
	unsigned int page;		/* 0 .. 2: 4, 16, 64 KiB */
	bool indirect;
	uint32_t ids;			/* that it has room for */
	void *memory;
	size_t bytes;
	uint64_t bus;
	void **level2;			/* indirect: the pages, NULL where there is none yet */
	uint64_t *level2_bus;
	uint32_t level2_pages;
};

/*
 * Commands are counted; a position is how many there were with it.
 *
 *   field                        written under
 *   all                          lock
 */
struct umsi_its_queue {
	struct umsi_lock lock;
	umsi_atomic64 *memory;
	uint64_t bus;
	uint32_t commands;		/* room: a power of two; one is kept free */
	uint64_t posted, consumed;
	bool broken;			/* a wait ended without an answer, and none has come since */
	bool lost;			/* ... because CREADR is nowhere in the queue: the ITS has lost its registers */
	uint64_t refused, timeouts;
	uint64_t refused_at[ITS_REFUSED_KEPT];	/* positions, a ring */
};

/*
 *   field          written under   read without the lock by
 *   target         queue.lock      nobody
 *   devices        mutex           nobody
 *   counts         atomic          anyone
 *   the rest       creation        anyone
 */
struct umsi_its {
	struct umsi_domain domain;
	volatile unsigned char *frame;
	uint64_t phys, typer, timeout_ns;
	uint32_t iidr, node, event_bits, entry_bytes, shared_events;
	uint64_t device_ids;		/* DeviceIDs below */
	unsigned int cache;		/* of its tables */
	bool by_address;		/* TYPER.PTA */
	bool coherent;			/* sees the CPU's caches */
	bool ours;			/* it was told to come to rest */
	bool node_bound;		/* erratum: collections of its own node only */
	bool lost;			/* umsi_resume(): it has not got back everything yet */
	const char *erratum;
	uint32_t maps;
	struct umsi_its_map map[UMSI_ITS_MAPS_MAX];
	int (*map_doorbell)(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova);

	struct umsi_its_queue queue;
	uint64_t *target;		/* by CPU: RDbase, and bit 0 while its collection is mapped */
	struct umsi_its_table devices_table, collections_table;
	struct umsi_mutex mutex;
	struct umsi_its_device *devices;
	struct umsi_its_device *stranded;	/* whose tables the ITS may still be reading */
	umsi_atomic32 device_count, event_count, event_room;
};

/*
 * Commands that are queued together; its CPU's collection is mapped first where
 * it is not yet. Filled in by umsi_its_execute(): that collection, whether they were
 * queued, behind and up to which position, and the last of them, by number, that was
 * skipped (ITS_NONE: none was).
 */
#define ITS_NONE	UINT32_MAX

struct umsi_its_batch {
	struct umsi_its_device *of;	/* whose events they are about; NULL: nobody's */
	struct umsi_its_command command[ITS_BATCH_MAX];
	uint32_t count;
	umsi_cpu cpu;			/* UMSI_CPU_NONE: they use no collection */
	uint64_t target;
	bool queued;
	uint64_t from, to;
	uint32_t refused;
};

static inline struct umsi_its *umsi_its_of(struct umsi_domain *d)
{
	return (struct umsi_its *)d;
}

/* The commands are not cleared: there is a kilobyte of them. */
static inline void umsi_its_begin(struct umsi_its_batch *b, struct umsi_its_device *of)
{
	b->of = of;
	b->count = 0;
}

/* its_queue.c */
void umsi_its_add_words(struct umsi_its_batch *b, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3);

static inline void umsi_its_add(struct umsi_its_batch *b, struct umsi_its_command c)
{
	umsi_its_add_words(b, c.word[0], c.word[1], c.word[2], c.word[3]);
}

/* Write-back, where the ITS does not see caches. */
static inline void umsi_its_clean(const struct umsi_its *its, const void *memory, size_t bytes)
{
	if (!its->coherent)
		umsi_host_cache_clean(its->domain.m->host, memory, bytes);
}

/* its_quirk.c: what is known to be different about this one. */
void umsi_its_quirks(struct umsi_its *its);

/* its.c. It is disabled and at rest: base registers may change. UMSI_OK or UMSI_ETIMEOUT. */
int umsi_its_rest(struct umsi_its *its);
/* UMSI_OK, or UMSI_EREFUSED. */
int umsi_its_enable(struct umsi_its *its);

/* its_table.c. Tables are given while the ITS is disabled. */
int umsi_its_tables_make(struct umsi_its *its);
/* The same ones again, with nothing in them. */
int umsi_its_tables_again(struct umsi_its *its);
bool umsi_its_tables_kept(struct umsi_its *its);
void umsi_its_tables_free(struct umsi_its *its);
/* The page of an indirect table that holds @id; its->mutex. UMSI_OK, UMSI_ERANGE, UMSI_ENOMEM. */
int umsi_its_table_reach(struct umsi_its *its, struct umsi_its_table *t, uint32_t id);

/* its_queue.c */
int umsi_its_queue_make(struct umsi_its *its);
bool umsi_its_queue_kept(struct umsi_its *its);
/*
 * An empty queue, and the ITS enabled: nothing is mapped. What was waited for
 * counts as executed. its->mutex. UMSI_OK or UMSI_EREFUSED.
 */
int umsi_its_queue_restart(struct umsi_its *its);
void umsi_its_queue_free(struct umsi_its *its);
/*
 * Queues @b and waits until the ITS has executed it, bounded. @cpu, @target: the
 * collection it uses, or UMSI_CPU_NONE. UMSI_OK, UMSI_ETIMEOUT (it may still be executed),
 * UMSI_EREFUSED (it stalled on one of them, which was skipped). Any context.
 */
int umsi_its_execute(struct umsi_its *its, struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target);
/* The same without the wait, for what has failed already. */
void umsi_its_post(struct umsi_its *its, struct umsi_its_batch *b, umsi_cpu cpu, uint64_t target);
/* @cpu's collection is mapped no more, and nothing is pending at its redistributor. */
int umsi_its_unmap_collection(struct umsi_its *its, umsi_cpu cpu);
/* Has the ITS been told of the event? And: it does not know it after all. */
bool umsi_its_has_event(struct umsi_its *its, const struct umsi_its_device *dev, uint32_t event);
void umsi_its_forget_event(struct umsi_its *its, struct umsi_its_device *dev, uint32_t event);
/* Any redistributor that a SYNC may name. False: none is mapped. */
bool umsi_its_any_target(struct umsi_its *its, uint64_t *out);

/* its_map.c */
void umsi_its_ids(const struct umsi_its *its, const struct umsi_device *dev, struct umsi_its_ids *out);

/* its_device.c */
size_t umsi_its_mapped_bytes(uint32_t event_bits);
/* The ITS is told of all ITTs, empty, again. its->mutex. */
int umsi_its_devices_again(struct umsi_its *its);
int umsi_its_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
void umsi_its_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
void umsi_its_free_stranded(struct umsi_its *its, bool quiet);

/* its_restore.c */
int umsi_its_resume(struct umsi_domain *d);

/* its_domain.c */
/* The ITS is told of @r's event. Under its lock. */
int umsi_its_map_event(struct umsi_its *its, struct umsi_record *r);
struct umsi_its_device *umsi_its_device_of(const struct umsi_record *r);
extern const struct umsi_domain_ops umsi_its_ops;

#endif
