/* SPDX-License-Identifier: MIT */
/*
 * The remapping unit of an x86 run, if the plan has one, and a function that
 * sends whatever it likes. Nothing that it sends may arrive; what its messages
 * are blocked for is counted by the unit and told by the library.
 */
#include <stdlib.h>

#include <umsi/amd_vi.h>
#include <umsi/vtd.h>

#include "actor.h"
#include "isa.h"
#include "world.h"

#define VTD_PHYS	0xfed90000u
#define AMD_PHYS	0xfed80000u
#define ENTRIES		128u
#define STRANGER	0x0208u		/* nobody's requester id */
#define BASE		UINT64_C(0xfee00000)
#define REMAPPABLE	(1u << 4)

enum { NONE, VTD, AMD };

/* What the unit can do, and how it is used, differs from seed to seed. */
static void add_vtd(struct world *w)
{
	uint64_t seed = mach_seed(w->m);
	struct mach_vtd_config unit = {
		.phys = VTD_PHYS, .not_coherent = seed >> 3 & 1, .caching_mode = seed >> 4 & 1,
		.left_on = seed >> 5 & 1,
	};
	struct umsi_vtd_config config = {
		.phys = VTD_PHYS, .entries = ENTRIES, .x2apic = w->x2apic,
		.no_wide_exchange = seed >> 6 & 1,
	};

	w->vtd = mach_vtd_add(w->m, &unit);
	if (umsi_vtd_create(w->root, &config, &w->messages))
		abort();
}

static void add_amd(struct world *w)
{
	uint64_t seed = mach_seed(w->m);
	struct mach_amd_vi_config unit = { .phys = AMD_PHYS, .no_all = seed % 5 == 0 };
	struct umsi_amd_vi_config config = {
		.phys = AMD_PHYS, .last_bus = 2, .x2apic = w->x2apic, .wide_entries = seed >> 3 & 1,
	};

	w->amd = mach_amd_vi_add(w->m, &unit);
	if (umsi_amd_vi_create(w->root, &config, &w->messages))
		abort();
}

void remap_up(struct world *w)
{
	const struct mach_pci_config stranger = { .requester_id = STRANGER, .entries = 1, .name = "stranger" };

	if (w->plan.translator == VTD)
		add_vtd(w);
	else if (w->plan.translator == AMD)
		add_amd(w);
	if (w->plan.translator)
		w->stranger = mach_pci_add(w->m, &stranger);
}

uint32_t remap_wire_id(const struct world *w)
{
	return w->stranger ? 0x00a0 : 0;
}

/* ---- The intruder ---- */

static void take_reports(struct world *w)
{
	struct umsi_amd_vi_event event;
	struct umsi_vtd_fault fault;

	while (w->vtd && umsi_vtd_fault_take(w->messages, &fault) == UMSI_OK)
		w->reported++;
	while (w->amd && umsi_amd_vi_event_take(w->messages, &event) == UMSI_OK)
		w->reported += event.interrupt;
}

/* A handle or index that is somebody's, as often as not; or no such message at all. */
static void intrude(struct world *w)
{
	uint32_t index = (uint32_t)mach_random(w->m, ENTRIES + 16);

	if (w->amd || mach_random(w->m, 4))
		mach_pci_intrude(w->stranger, w->amd ? BASE : BASE | REMAPPABLE | index << 5, w->amd ? index : 0);
	else
		mach_pci_intrude(w->stranger, BASE | mach_random(w->m, 256) << 12,
				 (uint32_t)mach_random(w->m, 0x10000));
	w->intrusions++;
}

void actor_intruder(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		mach_delay(w->m, mach_random(w->m, 60));
		actor_says(a, "sends what is not its own");
		intrude(w);
		if (!mach_random(w->m, 4))
			take_reports(w);
	}
}

/* ---- At the end ---- */

/* The stranger's alone: a device's own late messages meet entries that have gone. */
static uint64_t blocked_for_good(const struct world *w)
{
	if (w->amd)
		return mach_amd_vi_blocked(w->amd);
	return mach_vtd_blocked(w->vtd, 0x21) + mach_vtd_blocked(w->vtd, 0x22) +
	       mach_vtd_blocked(w->vtd, 0x25) + mach_vtd_blocked(w->vtd, 0x26);
}

void remap_check(struct world *w)
{
	struct umsi_stats st;
	uint64_t blocked;

	if (!w->stranger)
		return;
	umsi_stats_read(w->umsi, &st);
	MACH_CHECK(w->m, !st.device_writes_for_moves, "I-ACCT", "%llu device writes for moves behind a translator",
		   (unsigned long long)st.device_writes_for_moves);
	take_reports(w);
	blocked = blocked_for_good(w);
	MACH_CHECK(w->m, blocked >= w->intrusions, "I-ISO", "%llu of %llu foreign messages were blocked",
		   (unsigned long long)blocked, (unsigned long long)w->intrusions);
	MACH_CHECK(w->m, w->reported <= blocked && !w->reported == !blocked, "I-ACCT",
		   "%llu messages were blocked, %llu reported", (unsigned long long)blocked,
		   (unsigned long long)w->reported);
	w->blocked = blocked;
}

int remap_destroy(struct world *w)
{
	struct umsi_amd_vi_stats amd = { 0 };
	struct umsi_vtd_stats vtd = { 0 };

	if (!w->stranger)
		return UMSI_OK;
	if (w->vtd)
		umsi_vtd_stats_read(w->messages, &vtd);
	else
		umsi_amd_vi_stats_read(w->messages, &amd);
	/* What was not confirmed stays out of use. */
	MACH_CHECK(w->m, vtd.used == vtd.lost && !amd.tables, "I-ACCT", "entries %u, tables %u are left, %u lost",
		   vtd.used, amd.tables, vtd.lost + amd.lost);
	MACH_CHECK(w->m, queues_give_up(w) || (!vtd.lost && !vtd.timeouts && !amd.lost && !amd.timeouts),
		   "I-ACCT", "lost %u without cause", vtd.lost + amd.lost);
	return w->vtd ? umsi_vtd_destroy(w->messages) : umsi_amd_vi_destroy(w->messages);
}
