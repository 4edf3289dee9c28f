/* SPDX-License-Identifier: MIT */
/*
 * Inboxes: software triggers of every kind. A trigger never uses an
 * interrupt's own slot: a message to that slot, once in flight, is covered by
 * no flush, and the slot might belong to another interrupt when it lands.
 */
#include "core/run.h"
#include "core/trace.h"

/* Any open CPU will do; the hint is only where its caches are warm. None: this one keeps it until one is. */
static umsi_cpu open_cpu(struct umsi *m, umsi_cpu hint)
{
	if (hint < m->ncpus && umsi_cpu_open(m, hint))
		return hint;
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (umsi_cpu_open(m, cpu))
			return cpu;
	return umsi_host_cpu(m->host);
}

/* False: that CPU has just closed. */
static bool link(struct umsi *m, struct umsi_cpu_core *cpu, struct umsi_record *r)
{
	uintptr_t state = umsi_lock(m, &cpu->inbox_lock);
	bool open = !cpu->inbox_closed;

	if (open) {
		r->inbox_next = NULL;
		if (cpu->inbox_last)
			cpu->inbox_last->inbox_next = r;
		else
			cpu->inbox_first = r;
		cpu->inbox_last = r;
	}
	umsi_unlock(m, &cpu->inbox_lock, state);
	return open;
}

static void push(struct umsi_record *r, umsi_cpu hint)
{
	struct umsi *m = r->m;
	umsi_cpu to = open_cpu(m, hint);

	while (!link(m, &m->cpu[to], r))
		to = open_cpu(m, UMSI_CPU_NONE);
	umsi_trace_rare(r, UMSI_TRACE_QUEUE, to, 0);
	umsi_fetch_add64(&m->count.retriggers, 1);
	if (m->kick_ops)
		m->kick_ops->kick(m->kick_root, to);
}

void umsi_inbox_push(struct umsi_record *r)
{
	push(r, umsi_load32(&r->target));
}

void umsi_inbox_trigger(struct umsi_record *r)
{
	uint32_t old = umsi_load32(&r->state);

	do {
		if (old & (UMSI_DEAD | UMSI_QUEUED))
			return;
	} while (!umsi_cas32(&r->state, &old, old | UMSI_QUEUED));
	umsi_inbox_push(r);
}

static struct umsi_record *take_all(struct umsi *m, struct umsi_cpu_core *cpu)
{
	uintptr_t state = umsi_lock(m, &cpu->inbox_lock);
	struct umsi_record *first = cpu->inbox_first;

	cpu->inbox_first = NULL;
	cpu->inbox_last = NULL;
	umsi_unlock(m, &cpu->inbox_lock, state);
	return first;
}

void umsi_inbox_drain(struct umsi *m, struct umsi_cpu_core *cpu)
{
	struct umsi_record *next;

	/* The link is read first: after its arrival the record may be queued again. */
	for (struct umsi_record *r = take_all(m, cpu); r; r = next) {
		next = r->inbox_next;
		umsi_trace_rare(r, UMSI_TRACE_UNQUEUE, (uint32_t)(cpu - m->cpu), 0);
		umsi_arrive_slow(r, cpu, UMSI_QUEUED);
	}
}

void umsi_inbox_open(struct umsi *m, struct umsi_cpu_core *cpu)
{
	uintptr_t state = umsi_lock(m, &cpu->inbox_lock);
	bool waiting = cpu->inbox_first;

	cpu->inbox_closed = false;
	umsi_unlock(m, &cpu->inbox_lock, state);
	/* Triggered here before any CPU was online: that kick found nobody. */
	if (waiting)
		m->kick_ops->kick(m->kick_root, (umsi_cpu)(cpu - m->cpu));
}

void umsi_inbox_close(struct umsi *m, struct umsi_cpu_core *cpu)
{
	struct umsi_record *next;
	uintptr_t state = umsi_lock(m, &cpu->inbox_lock);

	cpu->inbox_closed = true;
	umsi_unlock(m, &cpu->inbox_lock, state);
	for (struct umsi_record *r = take_all(m, cpu); r; r = next) {
		next = r->inbox_next;
		push(r, UMSI_CPU_NONE);
	}
}
