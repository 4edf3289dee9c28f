/* SPDX-License-Identifier: MIT */
#include "core/dump_root.h"

bool umsi_dump_target(struct umsi_text *t, const char *name, const struct umsi_record *r)
{
	umsi_cpu cpu = umsi_load32(&r->target);

	umsi_text_add(t, " ");
	umsi_text_add(t, name);
	if (cpu == UMSI_CPU_NONE) {
		umsi_text_add(t, " no target");
		return false;
	}
	umsi_text_field(t, "cpu", cpu);
	umsi_text_field(t, "hw_id", r->m->cpu[cpu].hw_id);
	return true;
}

void umsi_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	if (umsi_dump_target(t, d->ops->name, r))
		umsi_text_field(t, d->ops->number_name, r->slot);
}

void umsi_dump_cpu(struct umsi_text *t, const char *name, const struct umsi *m, umsi_cpu cpu)
{
	umsi_text_begin(t, name);
	umsi_text_field(t, "cpu", cpu);
	umsi_text_field(t, "hw_id", m->cpu[cpu].hw_id);
	umsi_text_add(t, umsi_load32(&m->cpu[cpu].online) ? " online" : " offline");
}

void umsi_dump_loads(struct umsi_domain *d, struct umsi_text *t, umsi_load_of load, umsi_dump_line line, void *arg)
{
	line(arg, t->line);
	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++) {
		umsi_dump_cpu(t, d->ops->name, d->m, cpu);
		umsi_text_field(t, "targeted", load(d, cpu));
		line(arg, t->line);
	}
}
