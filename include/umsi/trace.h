/* SPDX-License-Identifier: MIT */
/*
 * Tracing: one event per state change, 32 bytes each, in one ring per CPU that
 * the host supplies. Off, a trace point costs one load and one branch, and there
 * is none between a claim and its handler; built with UMSI_TRACE=0 there is no
 * code at all, with UMSI_TRACE=2 claims and handler ends are traced too.
 *
 * The rings are the file format: write them one after the other, whole, and
 * `umsi trace` reads them. Numbers have the byte order of the machine that wrote
 * them; magic tells which.
 */
#ifndef UMSI_TRACE_H
#define UMSI_TRACE_H

#include <umsi/dump.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* What happened. Numbers are part of the format: new ones go to the end. */
enum umsi_trace_point {
	UMSI_TRACE_ALLOC = 0,		/* an interrupt exists; a: index, b: generation */
	UMSI_TRACE_FREE = 1,		/* it is dead; a: 1 if the flush proved nothing, b: generation */
	UMSI_TRACE_RECYCLE = 2,		/* its record may be used again; b: the next generation */
	UMSI_TRACE_REQUEST = 3,		/* it has a handler; a: index, b: generation */
	UMSI_TRACE_RELEASE = 4,		/* it has none any more; a: 1 if the flush proved nothing */
	UMSI_TRACE_DISABLE = 5,		/* the first disable; a: state before */
	UMSI_TRACE_ENABLE = 6,		/* the last enable; a: state after */
	UMSI_TRACE_CLAIM = 7,		/* UMSI_TRACE=2: its handler begins */
	UMSI_TRACE_EXIT = 8,		/* UMSI_TRACE=2: and has ended */
	UMSI_TRACE_PEND = 9,		/* arrived while running or disabled; a: state before */
	UMSI_TRACE_DROP = 10,		/* arrived dead; a: state before */
	UMSI_TRACE_HANDOVER = 11,	/* the runner gave up; a: state before */
	UMSI_TRACE_LATER = 12,		/* the handler will be done later; a: state before */
	UMSI_TRACE_DONE = 13,		/* ... and is; a: state before */
	UMSI_TRACE_QUEUE = 14,		/* linked into an inbox; a: that CPU */
	UMSI_TRACE_UNQUEUE = 15,	/* taken from one; a: that CPU */
	UMSI_TRACE_MOVE_PREPARE = 16,	/* a new place is published; a: CPU, b: slot */
	UMSI_TRACE_MOVE_UPDATE = 17,	/* stores changed and flushed; a: 1 if that proved nothing, b: writes */
	UMSI_TRACE_MOVE_COMMIT = 18,	/* the old place was left; a: new CPU, b: new slot */
	UMSI_TRACE_MOVE_ABORT = 19,	/* the new place was given up; a: CPU, b: slot */
	UMSI_TRACE_SLOT_TAKE = 20,	/* a: CPU, b: slot */
	UMSI_TRACE_SLOT_GIVE = 21,	/* no store was ever told of it; a: CPU, b: slot */
	UMSI_TRACE_SLOT_RETIRE = 22,	/* a: CPU, b: ticket << 16 | slot */
	UMSI_TRACE_SLOT_REVIVE = 23,	/* its owner took it back; a: CPU, b: slot */
	UMSI_TRACE_SLOT_REAP = 24,	/* proved quiet, free; a: CPU, b: slot */
	UMSI_TRACE_MARKER = 25,		/* a: CPU, b: the ticket it will prove */
	UMSI_TRACE_DRAINED = 26,	/* a: CPU, b: the ticket that was proved */
	UMSI_TRACE_CPU_ONLINE = 27,	/* a: CPU */
	UMSI_TRACE_CPU_LEAVE = 28,	/* a: CPU */
	UMSI_TRACE_CPU_STAY = 29,	/* its leave was refused; a: CPU, b: status, negated */
	UMSI_TRACE_CPU_DEAD = 30,	/* a: CPU */
	UMSI_TRACE_UNOWNED = 31,	/* a claimed slot belongs to nobody; a: CPU, b: slot */
	UMSI_TRACE_QUARANTINE = 32,	/* ... and is shut; a: CPU, b: slot */
	UMSI_TRACE_DEVICE_ADD = 33,	/* a: requester id */
	UMSI_TRACE_DEVICE_REMOVE = 34,	/* a: requester id */
	UMSI_TRACE_DEVICE_LOST = 35,	/* a flush was answered all-ones; a: requester id */
	UMSI_TRACE_RESERVE = 36,	/* it has a place at every level; a: number at a translator, b: at the root */
	UMSI_TRACE_UNRESERVE = 37,	/* ... and gives it back; a, b: the same */
	UMSI_TRACE_DEVICE_AWAY = 38,	/* quiesced, asleep or lost; a: requester id, b: 1 if nothing can be asked of it */
	UMSI_TRACE_DEVICE_BACK = 39,	/* a: requester id, b: status, negated */
	UMSI_TRACE_SUSPEND = 40,	/* b: status, negated */
	UMSI_TRACE_RESUME = 41,		/* b: status, negated */
	UMSI_TRACE_CPU_RESTORE = 42,	/* its controllers had lost everything; a: CPU, b: status, negated */
	UMSI_TRACE_POINTS
};

#define UMSI_TRACE_ALL	((UINT64_C(1) << UMSI_TRACE_POINTS) - 1)

struct umsi_trace_event {
	uint64_t time_ns;
	uint32_t serial;	/* 1 + its number in this ring, low bits; written last */
	uint16_t point;		/* enum umsi_trace_point */
	uint16_t cpu;		/* where it happened */
	uint32_t irq;		/* "irq=" of dumps; 0 = none */
	uint32_t a;
	uint64_t b;
};

#define UMSI_TRACE_MAGIC	UINT64_C(0x3143525449534d55)	/* "UMSITRC1" on a little-endian machine */

/* One CPU's ring. Written by umsi_trace_ring_init(), then by trace points only. */
struct umsi_trace_ring {
	uint64_t magic;
	uint32_t cpu;
	uint32_t events;	/* room: a power of two */
	uint64_t written;	/* so far; the last @events of them are here */
	uint64_t reserved[5];
	struct umsi_trace_event event[1];	/* @events */
};

/* Read by trace points until umsi_trace_stop(); must stay as long as the rings. */
struct umsi_trace {
	uint64_t points;	/* bit per enum umsi_trace_point: which to write */
	/*
	 * This CPU and the time. Any context, NMI too: no lock, no call into the
	 * library. Times need not be those of umsi_host_time_ns().
	 */
	umsi_cpu (*now)(void *host, uint64_t *time_ns);
	struct umsi_trace_ring **ring;	/* by CPU; NULL: that CPU's events are lost */
	uint32_t nrings;
};

/* Bytes of a ring of @events, a power of two; 0 for any other number. */
size_t umsi_trace_ring_bytes(uint32_t events);

/* Makes a ring of 64-byte aligned memory of that size. UMSI_OK or UMSI_EINVAL. */
int umsi_trace_ring_init(void *memory, umsi_cpu cpu, uint32_t events);

/**
 * umsi_trace_start() - write events from now on
 * @trace: see there; borrowed
 *
 * A second call replaces the first. Context: any but NMI.
 * Return: UMSI_OK, UMSI_EINVAL (a pointer is NULL), UMSI_ENOTSUP (built with UMSI_TRACE=0).
 */
int umsi_trace_start(struct umsi *m, const struct umsi_trace *trace);

/*
 * No trace point that begins after this writes. One that has begun may still: give the memory
 * back only when every CPU has passed through a moment outside the library.
 */
void umsi_trace_stop(struct umsi *m);

/*
 * Event number @n of a ring, also while it is written. False: not written yet,
 * overwritten since, or half written.
 */
bool umsi_trace_read(const struct umsi_trace_ring *ring, uint64_t n, struct umsi_trace_event *out);

/* What a point is called, and its two numbers; NULL: no such point, no such number. */
struct umsi_trace_kind {
	const char *name, *a, *b;
};
struct umsi_trace_kind umsi_trace_kind(uint32_t point);

/* "12.000345 cpu1 move_commit irq=7 cpu=2 slot=19"; @line: UMSI_DUMP_LINE_MAX bytes. */
void umsi_trace_text(const struct umsi_trace_event *e, char *line);

#endif
