/* SPDX-License-Identifier: MIT */
/*
 * Inboxes: software triggers of every kind. A trigger never uses an
 * interrupt's own slot: a message to that slot, once in flight, is covered by
 * no flush, and the slot might belong to another interrupt when it lands.
 */
#include "core/run.h"

/* Any online CPU will do; the hint is only where its caches are warm. */
static umsi_cpu open_cpu(struct umsi *m, umsi_cpu hint)
{
	if (hint < m->ncpus && umsi_load32(&m->cpu[hint].online))
		return hint;
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		if (umsi_load32(&m->cpu[cpu].online))
			return cpu;
	return UMSI_CPU_NONE;
}

void umsi_inbox_push(struct umsi_record *r, umsi_cpu hint)
{
	struct umsi *m = r->m;
	umsi_cpu to = open_cpu(m, hint);
	struct umsi_cpu_core *cpu;
	uintptr_t state;

	if (to == UMSI_CPU_NONE)
		to = umsi_host_cpu(m->host);	/* kept there until it comes online */
	cpu = &m->cpu[to];

	r->inbox_next = NULL;
	state = umsi_lock(m, &cpu->inbox_lock);
	if (cpu->inbox_last)
		cpu->inbox_last->inbox_next = r;
	else
		cpu->inbox_first = r;
	cpu->inbox_last = r;
	umsi_unlock(m, &cpu->inbox_lock, state);

	umsi_fetch_add64(&m->count.retriggers, 1);
	if (m->kick_ops)
		m->kick_ops->kick(m->kick_root, to);
}

void umsi_inbox_trigger(struct umsi_record *r)
{
	uint32_t old = umsi_load32(&r->state);

	do {
		if (old & (UMSI_DEAD | UMSI_QUEUED))
			return;
	} while (!umsi_cas32(&r->state, &old, old | UMSI_QUEUED));
	umsi_inbox_push(r, umsi_load32(&r->target));
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
		umsi_arrive_slow(r, cpu, UMSI_QUEUED);
	}
}
