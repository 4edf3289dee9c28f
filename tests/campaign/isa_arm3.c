/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <umsi/gicv3.h>
#include <umsi/its.h>

#include "isa.h"

#define LINE		40u
#define ITS_PHYS	UINT64_C(0x10080000)

static void machine(struct world *w, uint64_t seed, struct mach_config *out)
{
	out->kind = MACH_ARM3;
	out->incoherent = seed >> 1 & 1;
	out->lpi_id_bits = seed % 3 ? 16 : 14;
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		w->cpus[i].hw_id = mach_gicv3_affinity(i);
}

/* Only where a function is pulled out or reset: longer than a message takes from its first word. */
static uint64_t min_age_ns(const struct world *w)
{
	return w->plan.surprise || w->plan.deaf_steps || w->plan.sleepers ? 20000000 : 300000;
}

/* What the ITS can do, and how it is made, differs from seed to seed. */
static void add_its(struct world *w)
{
	uint64_t seed = mach_seed(w->m);
	struct mach_its_config machine_config = {
		.phys = ITS_PHYS, .page = seed % 3, .by_address = seed >> 3 & 1, .flat = seed >> 4 & 1,
		.incoherent = seed >> 5 & 1, .own_collections = seed % 5 ? 0 : 4,
		.device_bits = seed % 7 ? 16 : 12,
	};
	/* One that has lost everything keeps its callers so long. */
	struct umsi_its_config config = { .phys = ITS_PHYS, .timeout_ns = w->plan.suspenders ? 100000000 : 0 };

	w->its = mach_its_add(w->m, &machine_config);
	if (umsi_its_create(w->umsi, w->root, &config, &w->translator))
		abort();
	w->messages = w->translator;
	/* Now and then messages are SPIs, and the ITS has nothing to do. */
	if (seed % 8 == 5 && umsi_gicv3_messages(w->root, &w->messages))
		abort();
}

static void root(struct world *w, void (*timer)(void *host, umsi_cpu cpu), umsi_ipi_handler ipi)
{
	struct umsi_gicv3_region region = {
		.phys = MACH_GICV3_REDISTRIBUTORS, .bytes = (uint64_t)w->plan.ncpus * 0x20000,
	};
	struct umsi_gicv3_config gic = {
		.distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1,
		.timer_id = MACH_GIC_TIMER, .timer = timer,
		.mbis = 2, .mbi = { { .spi_base = 48, .spis = 16 }, { .spi_base = 64, .spis = 32 } },
	};

	if (umsi_gicv3_create(w->umsi, &gic, &w->root) || umsi_gicv3_ipi_add(w->root, ipi, w, &w->ipi))
		abort();
	add_its(w);
}

static void trap(struct world *w, umsi_cpu cpu)
{
	umsi_gicv3_trap(w->root, cpu);
}

static int ipi_send(struct world *w, umsi_cpu cpu)
{
	return umsi_gicv3_ipi_send(w->root, w->ipi, cpu);
}

/* Any event number, mapped or not. */
static void stray(struct world *w, umsi_cpu cpu)
{
	(void)cpu;
	mach_pci_send(w->device[1].pci, ITS_PHYS + 0x10040, (uint32_t)mach_random(w->m, 64));
}

static int wires(struct world *w, struct umsi_device *dev, struct umsi_table **out, uint32_t *index)
{
	(void)w;
	*index = LINE;
	return umsi_gicv3_wires(dev, out);
}

static void line(struct world *w, bool high)
{
	mach_gicv3_line(w->m, LINE, high);
}

/* What the library counts is what the hardware holds: nothing, when every device has gone. */
static int translator_destroy(struct world *w)
{
	struct umsi_gicv3_lpis lpis;
	struct umsi_its_count its;

	if (umsi_its_count(w->translator, &its) || umsi_gicv3_count(w->root, &lpis))
		abort();
	MACH_CHECK(w->m, !its.devices && !its.events && !its.room && !mach_its_devices(w->its) &&
		   !mach_its_events(w->its) && !lpis.owned && !lpis.ending, "I-ACCT",
		   "its: %u devices, %u events, %u LPIs at the end", its.devices, its.events, lpis.owned);
	MACH_CHECK(w->m, !its.refused && (!its.timeouts || w->nights), "I-HW", "its: commands refused or not answered");
	return umsi_its_destroy(w->translator);
}

static void power_off(struct world *w, umsi_cpu cpu)
{
	mach_gicv3_power_off(w->m, cpu);
}

static void lose(struct world *w)
{
	mach_gicv3_lose(w->m);
	mach_its_lose(w->its);
}

const struct isa isa_arm3 = {
	.name = "arm3",
	.hotplug = true,
	.drains = true,
	.machine = machine,
	.min_age_ns = min_age_ns,
	.root = root,
	.trap = trap,
	.ipi_send = ipi_send,
	.stray = stray,
	.wires = wires,
	.line = line,
	.translator_destroy = translator_destroy,
	.destroy = umsi_gicv3_destroy,
	.power_off = power_off,
	.lose = lose,
};
