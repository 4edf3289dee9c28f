/* SPDX-License-Identifier: MIT */
#include <umsi/dump.h>

#include "core/domain.h"

/* A dead record's path may be gone; one that is on the free list has nothing to tell. */
static void add_path(struct umsi_text *t, const struct umsi_record *r)
{
	uint32_t levels = 0;

	for (struct umsi_domain *d = r->leaf; d && levels < UMSI_LEVELS_MAX; d = d->parent) {
		if (levels++)
			umsi_text_add(t, " ->");
		d->ops->dump_path(d, r, t);
	}
}

static void dump_record(const struct umsi_record *r, umsi_dump_line line, void *arg)
{
	uint32_t state = umsi_load32_acquire(&r->state);
	struct umsi_text t;

	if (state & UMSI_DEAD && !umsi_load32(&r->references))
		return;
	umsi_text_begin(&t, "");
	umsi_text_field(&t, "irq", r->number + 1);
	umsi_text_field(&t, "gen", umsi_state_generation(state));
	umsi_text_add(&t, ":");
	if (state & UMSI_DEAD)
		umsi_text_field(&t, "slots_left", umsi_load32(&r->references));
	else
		add_path(&t, r);
	umsi_text_state(&t, state);
	if (r->broken)
		umsi_text_add(&t, " BROKEN");
	if (r->contained)
		umsi_text_add(&t, " CONTAINED");
	if (r->away)
		umsi_text_add(&t, r->away == UMSI_AWAY_QUIET ? " ASLEEP" : " LOST");
	umsi_text_field(&t, "handled", umsi_load64(&r->handled));
	umsi_text_field(&t, "moves", r->moves);
	if (r->name[0]) {
		umsi_text_add(&t, " ");
		umsi_text_add(&t, r->name);
	}
	line(arg, t.line);
}

static void dump_machine(struct umsi *m, umsi_dump_line line, void *arg)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi");
	umsi_text_field(&t, "cpus", m->ncpus);
	umsi_text_field(&t, "irqs", umsi_load32(&m->records.live));
	umsi_text_field(&t, "records", umsi_load32(&m->records.in_use));
	umsi_text_field(&t, "moves", umsi_load64(&m->count.moves));
	line(arg, t.line);
}

void umsi_dump(struct umsi *m, umsi_dump_line line, void *arg)
{
	struct umsi_record *r;

	if (!m || !line)
		return;
	dump_machine(m, line, arg);
	for (struct umsi_domain *d = m->domains; d; d = d->next)
		d->ops->controller->dump(d, line, arg);
	for (uint32_t n = 0; (r = umsi_record_by_number(m, n)); n++)
		dump_record(r, line, arg);
}
