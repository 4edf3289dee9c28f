/* SPDX-License-Identifier: MIT */
/* Slots by class, and what is retiring. Reads without locks: see umsi_dump(). */
#include "core/dump_root.h"
#include "vector/vector.h"

void umsi_vec_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	if (!umsi_dump_target(t, d->ops->name, r))
		return;
	if (umsi_vec_is_counted(r))
		umsi_text_add(t, " reserved");
	else
		umsi_text_field(t, d->ops->number_name, r->slot);
	if (umsi_record_places(r))
		umsi_text_add(t, umsi_record_is_managed(r) ? " managed" : " roaming");
	if (r->phase == UMSI_PHASE_SHUT)
		umsi_text_add(t, " shut");
}

static void dump_cpu(struct umsi_vec *v, struct umsi_vec_cpu *c, umsi_dump_line line, void *arg)
{
	uint32_t free_slots = umsi_load32(&c->free), retiring = umsi_load32(&c->retiring);
	uint32_t quarantined = umsi_load32(&c->quarantines), aside = umsi_load32(&c->aside_count);
	struct umsi_text t;

	umsi_dump_cpu(&t, v->domain.ops->name, v->domain.m, c->cpu);
	umsi_text_field(&t, "slots", v->nslots - 1);
	umsi_text_field(&t, "system", v->first - 1);
	umsi_text_field(&t, "free", free_slots);
	umsi_text_field(&t, "retiring", retiring);
	umsi_text_field(&t, "quarantined", quarantined);
	umsi_text_field(&t, "reserved", aside + umsi_load32(&c->owed));
	umsi_text_field(&t, "regular",
			umsi_load32(&c->open) ? v->nslots - v->first - free_slots - retiring - quarantined - aside : 0);
	umsi_text_field(&t, "req", umsi_load64(&c->req));
	umsi_text_field(&t, "done", umsi_load64(&c->done));
	line(arg, t.line);
}

static void dump_retiring(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot, uint64_t stamp,
			  umsi_dump_line line, void *arg)
{
	struct umsi_record *r = umsi_load_ptr(&c->table[slot]);
	struct umsi_text t;

	if (!r)
		return;
	umsi_text_begin(&t, "retiring");
	umsi_text_field(&t, "cpu", c->cpu);
	umsi_text_field(&t, v->domain.ops->number_name, slot);
	umsi_text_field(&t, "irq", r->number + 1);
	umsi_text_field(&t, "ticket", stamp);
	line(arg, t.line);
}

static void dump_batches(struct umsi_vec *v, struct umsi_vec_cpu *c, umsi_dump_line line, void *arg)
{
	if (!umsi_load32(&c->retiring))
		return;
	for (uint32_t i = 0; i < 2; i++)
		for (uint32_t slot = v->first; slot < v->nslots; slot++)
			if (c->batch[i].bits[slot / 64] >> (slot % 64) & 1)
				dump_retiring(v, c, slot, c->batch[i].stamp, line, arg);
}

void umsi_vec_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	struct umsi_vec *v = umsi_vec_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (v->cpu[cpu])
			dump_cpu(v, v->cpu[cpu], line, arg);
	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		if (v->cpu[cpu])
			dump_batches(v, v->cpu[cpu], line, arg);
}
