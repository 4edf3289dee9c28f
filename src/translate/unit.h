/* SPDX-License-Identifier: MIT */
/*
 * A remapping unit, as VT-d's and AMD-Vi's have it in common: registers in one window, a ring of
 * commands whose last tells that all before it are done, tables of entries that lead messages to
 * CPUs. What a kind of unit does in its own way is in struct umsi_unit_kind.
 */
#ifndef UMSI_TRANSLATE_UNIT_H
#define UMSI_TRANSLATE_UNIT_H

#include "core/domain.h"
#include "idspace/idspace.h"

#define UNIT_PAGE		4096u
/* One page of them. */
#define UNIT_COMMANDS_LOG2	8u
#define UNIT_COMMANDS		(1u << UNIT_COMMANDS_LOG2)

struct umsi_unit_command {
	umsi_atomic64 low, high;
};

/* As hardware writes it, in 32 or 64 bits: the number of the last wait of this place that is done. */
struct umsi_unit_done {
	umsi_atomic32 number, zero;
};

/* Where hardware finds commands, and what waits wrote; a kind may have more pages behind it. */
struct umsi_unit_ring {
	struct umsi_unit_command command[UNIT_COMMANDS];
	struct umsi_unit_done done[UNIT_COMMANDS];
	unsigned char pad[UNIT_PAGE - UNIT_COMMANDS * sizeof(struct umsi_unit_done)];
};

_Static_assert(sizeof(struct umsi_unit_ring) == 2 * UNIT_PAGE, "16 bytes a command, 8 for its number");

/* An entry; one of 32 bits is in the low half. */
struct umsi_unit_entry {
	uint64_t low, high;
};

/*
 * One table of entries.
 *
 *   field             written under   read without the lock by
 *   ids, stale, lost  lock            statistics
 *   at[]              interrupts' own locks, each its own   the hardware
 *   rest              creation        anyone
 */
struct umsi_unit_table {
	struct umsi_lock lock;
	struct umsi_ids ids;
	uint64_t *stale;		/* entries whose invalidation was not confirmed: never given out */
	uint32_t lost;
	uint32_t size;
	unsigned int log2_size;
	void *at;
	uint64_t bus;
	size_t bytes, align;
	void *ids_memory;		/* of ids, then a bit per entry: stale */
};

struct umsi_unit;

struct umsi_unit_kind {
	const struct umsi_domain_ops *ops;
	const char *name;		/* "vt-d" */
	const char *silence;		/* "the queue does not answer: why" */
	const char *events;		/* of its count in dumps */
	size_t bytes;			/* of its struct, which begins with a struct umsi_unit */
	size_t ring_bytes;
	uint32_t window;		/* bytes of registers, and their alignment */
	uint16_t head, tail;		/* registers: bytes from the ring's base on */
	uint16_t why;			/* register that tells why it stands */

	/* What it can, by its registers. UMSI_OK, UMSI_EGONE, UMSI_ENOTSUP. */
	int (*check)(struct umsi_unit *u, const void *config);
	/* Memory beside the ring's. UMSI_OK or UMSI_ENOMEM, and then nothing. */
	int (*take)(struct umsi_unit *u);
	/* @stopped: the unit reads none of it any more, else that is lost. */
	void (*give)(struct umsi_unit *u, bool stopped);
	/* Programs and enables all of it; turns it off. */
	int (*start)(struct umsi_unit *u);
	int (*stop)(struct umsi_unit *u);
	/* It still has all that start() programmed. */
	bool (*kept)(const struct umsi_unit *u);
	/* Whatever it remembers of tables is forgotten. */
	int (*forget)(struct umsi_unit *u);

	/* The command that writes @number to @bus once all before it is done. */
	struct umsi_unit_entry (*wait)(uint64_t bus, uint32_t number);
	/* It stands at @c for the reason @why: true if it goes on, and then only after a flush of everything. */
	bool (*mend)(struct umsi_unit *u, uint32_t why, struct umsi_unit_command *c);

	/* The entry that leads the record's messages there. */
	struct umsi_unit_entry (*encode)(const struct umsi_unit *u, const struct umsi_record *r,
					 uint32_t apic_id, uint32_t vector);
	/*
	 * Writes it, or that there is none (0), and returns what was there; the interrupt's lock is
	 * held. Ordered behind the vectors' table entries: the unit reads whenever it likes.
	 */
	struct umsi_unit_entry (*exchange)(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index,
					   struct umsi_unit_entry entry);
	/* Its copies of 2^@order entries from @index on are forgotten. UMSI_OK or UMSI_ETIMEOUT. Any context. */
	int (*invalidate)(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index, unsigned int order);
};

/*
 *   field                    written under  read without the lock by
 *   ring->command, next,     lock           the hardware
 *   head
 *   ring->done               the hardware   who waits (acquire)
 *   silent, invalidations,   atomic         anyone
 *   timeouts
 *   events, overflows        lock           statistics
 *   rest                     creation       anyone
 *
 * A table's lock nests inside a record's, lock inside a table's; nothing nests
 * inside it. Nobody waits with either held.
 */
struct umsi_unit {
	struct umsi_domain domain;
	const struct umsi_unit_kind *kind;
	uint64_t phys;
	unsigned char *regs;
	bool x2apic;			/* entries hold 32-bit ids */
	bool wide;			/* entries of 128 bits are exchanged at once */
	bool remembers_none;		/* it has copies of entries that are not there, too */
	unsigned int order_max;		/* log2 of the largest block that one message may name */
	struct umsi_unit_table *table;	/* of all devices, or NULL: each has its own (umsi_device.translation) */

	struct umsi_unit_ring *ring;
	uint64_t ring_bus;
	struct umsi_lock lock;
	uint32_t next;			/* number of the next command; its place is that modulo UNIT_COMMANDS */
	uint32_t head;			/* the unit had fetched all before this place */
	umsi_atomic32 silent;		/* it did not answer the last time; the log says so once */
	umsi_atomic64 invalidations, timeouts;
	uint64_t events, overflows;	/* recorded by it; times that it had no room for them */
};

/* NULL if it is no unit with these operations. */
static inline struct umsi_unit *umsi_unit_of(struct umsi_domain *d, const struct umsi_domain_ops *ops)
{
	return d && d->ops == ops ? (struct umsi_unit *)d : NULL;
}

/* ---- Registers and life (unit.c) ---- */

uint32_t umsi_unit_read32(const struct umsi_unit *u, uint32_t offset);
void umsi_unit_write32(const struct umsi_unit *u, uint32_t offset, uint32_t value);
/* Two halves, low first: bases take effect with their upper half. */
uint64_t umsi_unit_read64(const struct umsi_unit *u, uint32_t offset);
void umsi_unit_write64(const struct umsi_unit *u, uint32_t offset, uint64_t value);
/* "umsi: vt-d unit 0xfed90000 <what>=<number>". */
void umsi_unit_log(const struct umsi_unit *u, const char *what, uint64_t number);
/* Waits until of @bits of a register just @on are set. UMSI_OK, or UMSI_ETIMEOUT and a line of the log. */
int umsi_unit_expect(struct umsi_unit *u, uint32_t offset, uint32_t bits, uint32_t on);

struct umsi_unit_counts {
	uint64_t invalidations, timeouts, events, overflows;
};

struct umsi_unit_counts umsi_unit_count(struct umsi_unit *u);

/* As umsi_vtd_create() and so on. @config: for kind->check(). */
int umsi_unit_create(struct umsi_domain *parent, const struct umsi_unit_kind *kind, uint64_t phys,
		     bool x2apic, const void *config, struct umsi_domain **out);
int umsi_unit_destroy(struct umsi_unit *u);
/* It may have lost its registers: programs them again if it has. */
int umsi_unit_restore(struct umsi_domain *d);

/* ---- The ring (unit_ring.c) ---- */

/* Everything is done, as it were; the unit's ring is off. */
void umsi_unit_ring_reset(struct umsi_unit *u);
/*
 * Each of @count commands (their low halves; fewer than half a ring), then a wait: afterwards all
 * that the old entries let through has been performed at its APIC. UMSI_OK, or UMSI_ETIMEOUT: unknown. Any context.
 */
int umsi_unit_command(struct umsi_unit *u, const uint64_t *low, uint32_t count);

/* ---- Tables and entries (unit_entry.c) ---- */

/* @size: rounded up to a power of two. False: no memory, and nothing was taken. */
bool umsi_unit_table_make(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t size, size_t entry_bytes,
			  size_t align);
/* @read: the hardware may still read its entries, and they stay where they are. */
void umsi_unit_table_end(struct umsi_unit *u, struct umsi_unit_table *t, bool read);

/* Adds what the table has of each. */
void umsi_unit_table_count(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t *entries, uint32_t *used,
			   uint32_t *lost);

int umsi_unit_reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where);
void umsi_unit_unreserve(struct umsi_domain *d, struct umsi_record *r, int settled);
int umsi_unit_activate(struct umsi_domain *d, struct umsi_record *r);
int umsi_unit_deactivate(struct umsi_domain *d, struct umsi_record *r);
int umsi_unit_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv);
void umsi_unit_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t);
void umsi_unit_dump(struct umsi_domain *d, umsi_dump_line line, void *arg);

#endif
