/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <umsi/gic.h>

#include "isa.h"

#define LINE	40u

static void machine(struct world *w, uint64_t seed, struct mach_config *out)
{
	(void)seed;
	out->kind = MACH_ARM;
	out->strict_route = true;	/* a number leads to one interrupt, and inboxes have one of their own */
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		w->cpus[i].hw_id = i;
}

/*
 * On this machine a CPU acknowledges in the step in which it is interrupted, so
 * what M1 is for never happens here, and most numbers may be reused at once.
 * Where a function is pulled out nothing was flushed: longer than a message
 * takes from its first word.
 */
static uint64_t min_age_ns(const struct world *w)
{
	return w->plan.surprise || w->plan.deaf_steps || w->plan.sleepers ? 20000000 : w->run->seed % 4 ? 1000 : 300000;
}

static void root(struct world *w, void (*timer)(void *host, umsi_cpu cpu), umsi_ipi_handler ipi)
{
	struct umsi_gic_config gic = {
		.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
		.frames = 1, .frame = { { .phys = MACH_GIC_FRAME } },
		.timer_id = MACH_GIC_TIMER, .timer = timer,
	};

	if (umsi_gic_create(w->umsi, &gic, &w->root) || umsi_gic_ipi_add(w->root, ipi, w, &w->ipi))
		abort();
}

static void trap(struct world *w, umsi_cpu cpu)
{
	umsi_gic_trap(w->root, cpu);
}

static int ipi_send(struct world *w, umsi_cpu cpu)
{
	return umsi_gic_ipi_send(w->root, w->ipi, cpu);
}

static void stray(struct world *w, umsi_cpu cpu)
{
	(void)cpu;
	mach_gic_inject(w->m, 64 + (uint32_t)mach_random(w->m, 32));
}

static int wires(struct world *w, struct umsi_device *dev, struct umsi_table **out, uint32_t *index)
{
	(void)w;
	*index = LINE;
	return umsi_gic_wires(dev, out);
}

static void line(struct world *w, bool high)
{
	mach_gic_line(w->m, LINE, high);
}

const struct isa isa_arm = {
	.name = "arm",
	.hotplug = true,
	.machine = machine,
	.min_age_ns = min_age_ns,
	.root = root,
	.trap = trap,
	.ipi_send = ipi_send,
	.stray = stray,
	.wires = wires,
	.line = line,
	.destroy = umsi_gic_destroy,
};
