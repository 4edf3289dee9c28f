/* SPDX-License-Identifier: MIT */
/* The root's numbers, for the outside. */
#include "core/dump_root.h"
#include "root/gic.h"

uint64_t umsi_gic_room(struct umsi_domain *d)
{
	struct umsi_gic *gic = umsi_gic_of(d);
	uintptr_t state = umsi_lock(d->m, &gic->lock);
	uint64_t n = umsi_ids_free_count(&((struct umsi_gic_domain *)d)->pool) + umsi_load32(&gic->ending);

	umsi_unlock(d->m, &gic->lock, state);
	return n;
}

void umsi_gic_stats(struct umsi_domain *d, struct umsi_stats *out)
{
	struct umsi_gic *gic = umsi_gic_of(d);

	for (umsi_cpu cpu = 0; cpu < d->m->ncpus; cpu++)
		out->unowned += umsi_load64(&gic->cpu[cpu].unowned);
	out->reaped += umsi_load64(&gic->reaped);
	out->retiring += umsi_load32(&gic->ending);
}

void umsi_gic_dump(struct umsi_domain *d, umsi_dump_line line, void *arg)
{
	const struct umsi_gic *gic = umsi_gic_of(d);
	struct umsi_text t;

	umsi_text_begin(&t, d->ops->name);
	umsi_text_field(&t, "ids", gic->end);
	umsi_text_field(&t, "frames", gic->frames);
	umsi_text_field(&t, "free", umsi_ids_free_count(&((struct umsi_gic_domain *)d)->pool));
	umsi_text_field(&t, "owned", umsi_load32(&gic->owned));
	umsi_text_field(&t, "ending", umsi_load32(&gic->ending));
	umsi_text_field(&t, "coherent", !umsi_load32(&gic->incoherent));
	umsi_dump_loads(d, &t, umsi_gic_load_of, line, arg);
}
