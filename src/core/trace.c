/* SPDX-License-Identifier: MIT */
#include "core/trace.h"

#define HEADER	offsetof(struct umsi_trace_ring, event)

_Static_assert(sizeof(struct umsi_trace_event) == 32, "an event is 32 bytes");
_Static_assert(HEADER == 64, "the events begin on a cache line");

static bool power_of_two(uint32_t n)
{
	return n && !(n & (n - 1));
}

size_t umsi_trace_ring_bytes(uint32_t events)
{
	return power_of_two(events) ? HEADER + (size_t)events * sizeof(struct umsi_trace_event) : 0;
}

int umsi_trace_ring_init(void *memory, umsi_cpu cpu, uint32_t events)
{
	struct umsi_trace_ring *ring = memory;

	if (!memory || !power_of_two(events))
		return UMSI_EINVAL;
	*ring = (struct umsi_trace_ring){ .magic = UMSI_TRACE_MAGIC, .cpu = cpu, .events = events };
	for (uint32_t i = 0; i < events; i++)
		ring->event[i].serial = 0;
	return UMSI_OK;
}

int umsi_trace_start(struct umsi *m, const struct umsi_trace *trace)
{
	if (!m || !trace || !trace->now || !trace->ring)
		return UMSI_EINVAL;
	if (UMSI_TRACE == 0)
		return UMSI_ENOTSUP;
	__atomic_store_n(&m->trace, trace, __ATOMIC_RELEASE);
	return UMSI_OK;
}

void umsi_trace_stop(struct umsi *m)
{
	__atomic_store_n(&m->trace, NULL, __ATOMIC_RELEASE);
}

/*
 * A trap, or an NMI, may interrupt a writer and write to the same ring: each
 * has its own event by one addition. The serial is cleared first and set last,
 * so that a reader knows a half-written one: each word between carries the clearing
 * with it, and each that a reader takes comes before its second look at the serial.
 */
void umsi_trace_write(struct umsi *m, enum umsi_trace_point point, uint32_t a, uint64_t b, uint32_t irq)
{
	const struct umsi_trace *t = __atomic_load_n(&m->trace, __ATOMIC_RELAXED);
	struct umsi_trace_ring *ring;
	struct umsi_trace_event *e;
	uint64_t time_ns, n;
	umsi_cpu cpu;

	if (!t || !(t->points >> point & 1))
		return;
	cpu = t->now(m->host, &time_ns);
	ring = cpu < t->nrings ? t->ring[cpu] : NULL;
	if (!ring)
		return;
	n = __atomic_fetch_add(&ring->written, 1, __ATOMIC_RELAXED);
	e = &ring->event[n & (ring->events - 1)];
	__atomic_store_n(&e->serial, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&e->time_ns, time_ns, __ATOMIC_RELEASE);
	__atomic_store_n(&e->point, (uint16_t)point, __ATOMIC_RELEASE);
	__atomic_store_n(&e->cpu, (uint16_t)cpu, __ATOMIC_RELEASE);
	__atomic_store_n(&e->irq, irq, __ATOMIC_RELEASE);
	__atomic_store_n(&e->a, a, __ATOMIC_RELEASE);
	__atomic_store_n(&e->b, b, __ATOMIC_RELEASE);
	__atomic_store_n(&e->serial, (uint32_t)(n + 1), __ATOMIC_RELEASE);
}

void umsi_trace_write_irq(const struct umsi_record *r, enum umsi_trace_point point, uint32_t a, uint64_t b)
{
	umsi_trace_write(r->m, point, a, b, r->number + 1);
}

bool umsi_trace_read(const struct umsi_trace_ring *ring, uint64_t n, struct umsi_trace_event *out)
{
	const struct umsi_trace_event *e = &ring->event[n & (ring->events - 1)];
	uint64_t written = __atomic_load_n(&ring->written, __ATOMIC_ACQUIRE);

	if (n >= written || written - n > ring->events ||
	    __atomic_load_n(&e->serial, __ATOMIC_ACQUIRE) != (uint32_t)(n + 1))
		return false;
	out->serial = (uint32_t)(n + 1);
	out->time_ns = __atomic_load_n(&e->time_ns, __ATOMIC_ACQUIRE);
	out->point = __atomic_load_n(&e->point, __ATOMIC_ACQUIRE);
	out->cpu = __atomic_load_n(&e->cpu, __ATOMIC_ACQUIRE);
	out->irq = __atomic_load_n(&e->irq, __ATOMIC_ACQUIRE);
	out->a = __atomic_load_n(&e->a, __ATOMIC_ACQUIRE);
	out->b = __atomic_load_n(&e->b, __ATOMIC_ACQUIRE);
	return __atomic_load_n(&e->serial, __ATOMIC_RELAXED) == (uint32_t)(n + 1);
}
