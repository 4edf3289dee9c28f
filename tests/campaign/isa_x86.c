/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <umsi/ioapic.h>
#include <umsi/lapic.h>

#include "isa.h"

#define IOAPIC_PHYS	0xfec00000u
#define PINS		24u
#define PIN		9u

/* Ids that share their low eight bits, for platforms with fifteen. */
static const uint32_t short_ids[WORLD_CPUS_MAX] = { 0, 16, 2, 254, 4, 129, 6, 77 };
static const uint32_t long_ids[WORLD_CPUS_MAX] = { 0, 256, 511, 1, 0x7ffe, 0x100a, 10, 0x3f0a };

static bool has_long_ids(uint64_t seed)
{
	return seed % 3 == 0;
}

/* Ends of interrupts go to the I/O APIC itself, or are broadcast. */
static bool directs_ends(const struct world *w)
{
	return w->run->seed >> 1 & 1;
}

static void machine(struct world *w, uint64_t seed, struct mach_config *out)
{
	out->kind = MACH_X86;
	out->apic_id = has_long_ids(seed) ? long_ids : short_ids;
	out->x2apic = seed % 4 == 1;
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		w->cpus[i].hw_id = out->apic_id[i];
	w->x2apic = out->x2apic || has_long_ids(seed) || seed % 4 == 2;
	w->long_ids = has_long_ids(seed);
}

/*
 * Longer than any message takes from its flush to the request register of its
 * APIC; where a function is pulled out or reset nothing was flushed, so longer than from
 * its first word.
 */
static uint64_t min_age_ns(const struct world *w)
{
	return w->plan.surprise || w->plan.deaf_steps || w->plan.sleepers ? 20000000 : 1700000;
}

static void root(struct world *w, void (*timer)(void *host, umsi_cpu cpu), umsi_ipi_handler ipi)
{
	struct umsi_lapic_config lapic = {
		.x2apic = w->x2apic, .extended_ids = w->long_ids && !w->plan.translator,
		.remapped = w->plan.translator, .directed_eoi = directs_ends(w),
		.first_vector = w->plan.few_slots ? 0xd0 : 0xb8, .timer = timer,
	};

	if (umsi_lapic_create(w->umsi, &lapic, &w->root) ||
	    umsi_lapic_ipi_add(w->root, ipi, w, &w->ipi))
		abort();
	remap_up(w);
	w->wires = w->messages;
}

static void trap(struct world *w, umsi_cpu cpu)
{
	struct umsi_lapic_part *part = umsi_lapic_part(w->root, cpu);

	/* Hosts of both kinds: one has the part at hand, one has it looked up. */
	if (part && cpu % 2 == 0)
		umsi_lapic_trap_at(part, (uint8_t)mach_lapic_vector(w->m));
	else
		umsi_lapic_trap(w->root, cpu, mach_lapic_vector(w->m));
}

static void cpu_up(struct world *w, umsi_cpu cpu)
{
	mach_lapic_set_timer(w->m, cpu, umsi_lapic_timer_vector(w->root));
}

static int ipi_send(struct world *w, umsi_cpu cpu)
{
	return umsi_lapic_ipi_send(w->root, w->ipi, cpu);
}

static void stray(struct world *w, umsi_cpu cpu)
{
	mach_lapic_inject(w->m, cpu, 0x20 + (uint32_t)mach_random(w->m, 0xd0));
}

static int wires(struct world *w, struct umsi_device *dev, struct umsi_table **out, uint32_t *index)
{
	struct umsi_ioapic_config config = { .phys = IOAPIC_PHYS, .directed_eoi = directs_ends(w) };

	/* Behind remapping the local APIC's end names another vector than the pin's. */
	if (w->plan.translator)
		config.directed_eoi = true;
	w->ioapic = mach_ioapic_add(w->m, IOAPIC_PHYS, PINS, 0x20);
	mach_ioapic_source(w->ioapic, remap_wire_id(w));
	*index = PIN;
	return umsi_ioapic_create(dev, &config, out);
}

static void line(struct world *w, bool high)
{
	mach_ioapic_line(w->ioapic, PIN, high);
}

const struct isa isa_x86 = {
	.name = "x86",
	.hotplug = true,
	.drains = true,
	.managed = true,
	.machine = machine,
	.min_age_ns = min_age_ns,
	.root = root,
	.trap = trap,
	.cpu_up = cpu_up,
	.ipi_send = ipi_send,
	.stray = stray,
	.wires = wires,
	.line = line,
	.translator_destroy = remap_destroy,
	.destroy = umsi_lapic_destroy,
};
