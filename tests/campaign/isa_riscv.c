/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <umsi/aplic.h>
#include <umsi/imsic.h>

#include "isa.h"

#define APLIC_PHYS	UINT64_C(0x0d000000)
#define SOURCES		8u
#define SOURCE		5u

static void machine(struct world *w, uint64_t seed, struct mach_config *out)
{
	static const uint32_t hart_index[WORLD_CPUS_MAX] = { 5, 2, 7, 0, 3, 6, 1, 4 };

	(void)seed;
	out->num_ids = 63;
	out->hart_index = hart_index;
	out->hart_bits = 3;
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		w->cpus[i].hw_id = 7 - i;
}

/*
 * Longer than a message travels that has left the APLIC; where a function is
 * pulled out nothing was flushed, so longer than from its first word.
 */
static uint64_t min_age_ns(const struct world *w)
{
	return w->plan.surprise || w->plan.deaf_steps || w->plan.sleepers ? 20000000 : 1700000;
}

static void root(struct world *w, void (*timer)(void *host, umsi_cpu cpu), umsi_ipi_handler ipi)
{
	struct umsi_imsic_file files[WORLD_CPUS_MAX];
	struct umsi_imsic_config imsic = {
		.files = files, .num_ids = 63, .system_ids = w->plan.few_slots ? 32 : 8,
		.hart_index_bits = 3, .timer = timer,
	};

	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		files[i].phys = mach_imsic_phys(w->m, i);
	if (umsi_imsic_create(w->umsi, &imsic, &w->root) ||
	    umsi_imsic_ipi_add(w->root, ipi, w, &w->ipi))
		abort();
}

static void trap(struct world *w, umsi_cpu cpu)
{
	umsi_imsic_trap(w->root, cpu);
}

static int ipi_send(struct world *w, umsi_cpu cpu)
{
	return umsi_imsic_ipi_send(w->root, w->ipi, cpu);
}

static void stray(struct world *w, umsi_cpu cpu)
{
	mach_imsic_inject(w->m, cpu, 1 + (uint32_t)mach_random(w->m, 63));
}

/* Every other seed's APLIC is as QEMU's. */
static int wires(struct world *w, struct umsi_device *dev, struct umsi_table **out, uint32_t *index)
{
	struct mach_aplic_config machine_config = {
		.phys = APLIC_PHYS, .sources = SOURCES, .loose = mach_seed(w->m) & 1,
	};
	struct umsi_aplic_config config = {
		.phys = APLIC_PHYS, .bytes = 0x4000, .sources = SOURCES,
		.base = 0x28000000, .hart_index_bits = 3,
	};

	w->aplic = mach_aplic_add(w->m, &machine_config);
	*index = SOURCE;
	return umsi_aplic_messages_create(dev, &config, out);
}

static void line(struct world *w, bool high)
{
	mach_aplic_line(w->aplic, SOURCE, high);
}

const struct isa isa_riscv = {
	.name = "riscv",
	.machine = machine,
	.min_age_ns = min_age_ns,
	.root = root,
	.trap = trap,
	.ipi_send = ipi_send,
	.stray = stray,
	.wires = wires,
	.line = line,
	.destroy = umsi_imsic_destroy,
	.hotplug = true,
	.drains = true,
	.managed = true,
};
