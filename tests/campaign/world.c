/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include <umsi/dump.h>
#include <umsi/host.h>

#include "isa.h"
#include "umsi_hosted.h"

/* ---- Drawing a run ------------------------------------------------------- */

/* Half of the runs have it; half of those cannot mask. One message, eight, or any number. */
static struct mach_msi draw_msi(uint64_t x)
{
	static const uint8_t log2[] = { 0, 3, 0, 3, 1, 2, 4, 5 };

	return (struct mach_msi){
		.present = x % 2, .maskable = x >> 1 & 1, .wide = x >> 2 & 1,
		.messages_log2 = log2[x >> 3 & 7],
	};
}

static struct plan draw_plan(uint64_t seed)
{
	uint64_t x = seed * UINT64_C(0x9e3779b97f4a7c15) ^ seed >> 7;
	struct plan p = { 0 };

	x ^= x >> 29;
	p.ncpus = 2 + x % 7;
	p.few_slots = (x >> 4) % 3 == 0;
	p.fail_alloc = (x >> 8) % 8 == 0;
	p.fail_for_ever = (x >> 12) % 4 == 0;
	p.surprise = (x >> 16) % 16 == 0;
	p.strays = (x >> 20) % 16 == 0;
	p.nest = (x >> 24) % 3 == 0;
	p.ticks = (x >> 28) % 2 == 0;
	p.hotplug = (x >> 30) % 3 == 0 && p.ncpus > 2;
	p.msi = draw_msi(x >> 44);
	p.steps = 5000 + (x >> 32) % 4000;
	return p;
}

/* ---- The host's side of the library ------------------------------------- */

static void on_trap(void *arg, umsi_cpu cpu)
{
	struct world *w = arg;

	if (w->root)
		w->isa->trap(w, cpu);
}

static void on_timer(void *host, umsi_cpu cpu)
{
	(void)host;
	mach_timer_quieten(mach_current(), cpu);
}

static void on_ipi(void *arg, umsi_cpu cpu)
{
	struct world *w = arg;

	w->ipi_seen[cpu] = umsi_hosted_load(&w->ipi_word[cpu], 8, UMSI_HOSTED_RELAXED);
}

/* A handler as a driver would write it, which sometimes uses the atomic calls. */
enum umsi_handled world_handler(void *arg)
{
	struct entry *e = arg;
	struct world *w = e->w;

	mach_handler_begin(e->pci, e->index);
	MACH_CHECK(w->m, !e->quiet, "I-DIS", "handler of entry %u begins while disabled", e->index);
	MACH_CHECK(w->m, !e->later, "I-DIS", "handler of entry %u begins before its last was done",
		   e->index);
	e->trigger_owed = false;
	e->begun++;
	switch (mach_random(w->m, 16)) {
	case 0:
		mach_delay(w->m, mach_random(w->m, 60));
		break;
	case 1:
		umsi_irq_set_affinity(w->umsi, e->irq, &(struct umsi_affinity){
			.kind = UMSI_AFFINITY_CPU,
			.cpu = (umsi_cpu)mach_random(w->m, w->plan.ncpus) });
		break;
	case 2:
		MACH_CHECK(w->m, umsi_irq_free(w->umsi, e->irq) == UMSI_ECONTEXT, "I-API",
			   "free inside a handler was not refused");
		break;
	case 3:
		if (w->plan.nest) {
			mach_irq_on(w->m);
			mach_delay(w->m, mach_random(w->m, 40));
			mach_irq_off(w->m);
		}
		break;
	case 4:
		if (w->closing)
			break;
		e->later = true;
		mach_handler_end(e->pci, e->index);
		return UMSI_LATER;
	default:
		break;
	}
	mach_handler_end(e->pci, e->index);
	return UMSI_HANDLED;
}

/* ---- Lives of entries ----------------------------------------------------- */

void entry_begin_life(struct entry *e, umsi_irq irq)
{
	e->irq = irq;
	e->requested = false;
	e->disables = 0;
	e->quiet = false;
	e->trigger_owed = false;
	e->later = false;
	mach_entry_reborn(e->pci, e->index);
}

void entry_end_life(struct entry *e)
{
	e->irq = UMSI_IRQ_NONE;
	e->requested = false;
	e->quiet = false;
	e->trigger_owed = false;
	mach_entry_freed(e->pci, e->index);
}

/* Memory may be short in this run, and then these answers are right. */
bool may_fail(const struct world *w, int status)
{
	if (status == UMSI_ENOMEM)
		return w->plan.fail_alloc;
	if (status == UMSI_EGONE || status == UMSI_ECAP_GONE)
		return w->plan.surprise;
	if (status == UMSI_ENOCPU)
		return w->plan.hotplug;
	return status == UMSI_ENOSLOT || status == UMSI_EAGAIN || status == UMSI_ENOINDEX;
}

/* ---- Building ------------------------------------------------------------- */

static void add_function(struct world *w, uint32_t number)
{
	struct device *d = &w->device[number];
	struct mach_pci_config c = {
		.requester_id = 0x100 + number * 8,
		.entries = WORLD_ENTRIES,
		.table_bir = number == 1 ? 2 : 0,
		.pba_bir = number == 1 ? 4 : 0,
		.table_offset = number == 1 ? 0x3000 : 0,
		.options = number == 2 ? MACH_PCI_STALE_ENTRIES : 0,
	};

	if (number == 2)
		c.msi = w->plan.msi;
	if (number == 1) {
		c.bar[2] = (struct mach_bar){ .bytes = 0x8000, .is64 = true };
		c.bar[4] = (struct mach_bar){ .bytes = 0x1000 };
	}
	d->pci = mach_pci_add(w->m, &c);
	d->fn.requester_id = c.requester_id;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(d->pci, i, &d->fn.bar[i].phys, &d->fn.bar[i].bytes);
	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		d->entry[i] = (struct entry){ .w = w, .pci = d->pci, .index = i };
}

/* Its functions may ask for fewer messages than there are. */
static int table_up(struct world *w, struct device *d)
{
	uint32_t log2 = w->plan.msi.messages_log2;

	if (!d->plain)
		return umsi_pci_msix_create(d->dev, &d->fn, &d->table);
	if (!mach_random(w->m, 4))
		log2 = (uint32_t)mach_random(w->m, log2 + 1);
	return umsi_pci_msi_create(d->dev, &d->fn, UINT32_C(1) << (log2 > 4 ? 4 : log2), &d->table);
}

int device_up(struct world *w, struct device *d, uint32_t number)
{
	static const char *const names[] = { "nvme0", "nic0", "guest0" };
	struct umsi_device_config c = {
		.name = names[number], .requester_id = d->fn.requester_id, .parent = w->root,
	};
	int status = umsi_device_add(w->umsi, &c, &d->dev);

	if (status) {
		d->dev = NULL;
		return status;
	}
	d->plain = number == 2 && w->plan.msi.present && mach_random(w->m, 4);
	status = table_up(w, d);
	if (status) {
		umsi_device_remove(d->dev);
		d->dev = NULL;
		d->table = NULL;
	}
	return status;
}

static void cpu_up(void *arg)
{
	struct world *w = arg;
	umsi_cpu cpu = mach_cpu(w->m);
	int status;

	mach_irq_off(w->m);
	status = umsi_cpu_online(w->umsi, cpu);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "cpu %u online: %s", cpu,
		   umsi_status_text(status));
	w->isa->cpu_up(w, cpu);
	mach_irq_on(w->m);
	w->online++;
}

static void build_library(struct world *w)
{
	struct umsi_config config = {
		.cpus = w->cpus, .ncpus = w->plan.ncpus, .max_repeats = 3,
		.min_age_ns = w->isa->min_age_ns(w),
	};

	if (umsi_init(&w->storage, w->m, &config, &w->umsi))
		abort();
	w->isa->root(w, on_timer, on_ipi);
}

/* False: violated. */
static bool build(struct world *w, uint64_t seed)
{
	struct mach_config config = {
		.ncpus = w->plan.ncpus, .tick_steps = w->plan.ticks ? 400 : 0, .trap = on_trap, .trap_arg = w,
		.max_steps = 2000000,
	};

	w->isa->machine(w, seed, &config);
	w->m = mach_create(seed, &config);
	mach_baseline(w->m);
	build_library(w);
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		mach_thread(w->m, i, cpu_up, w);
	if (!mach_run(w->m))
		return false;
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		add_function(w, i);
	for (uint32_t i = 0; i + 1 < WORLD_DEVICES; i++)
		if (device_up(w, &w->device[i], i))
			abort();
	return true;
}

/* ---- Running -------------------------------------------------------------- */

static void start_actors(struct world *w, struct owner *owners)
{
	uint32_t n = w->plan.ncpus;

	for (uint32_t i = 0; i < WORLD_OWNERS; i++) {
		owners[i] = (struct owner){ .w = w, .number = i };
		mach_thread(w->m, i % n, actor_owner, &owners[i]);
	}
	mach_thread(w->m, 1, actor_mover, w);
	mach_thread(w->m, (umsi_cpu)mach_random(w->m, n), actor_mover, w);
	mach_thread(w->m, (umsi_cpu)mach_random(w->m, n), actor_toucher, w);
	mach_thread(w->m, (umsi_cpu)mach_random(w->m, n), actor_remover, w);
	mach_thread(w->m, n - 1, actor_ipi, w);
	mach_pci_traffic(w->device[0].pci, 200 + mach_random(w->m, 400), 8);
	mach_pci_traffic(w->device[1].pci, 200 + mach_random(w->m, 400), 12);
	mach_pci_traffic(w->device[2].pci, 100, 30);
	if (w->plan.hotplug && w->isa->hotplug)
		mach_thread(w->m, 0, actor_hotplug, w);
	if (w->plan.surprise)
		mach_pci_remove(w->device[1].pci, 1000 + mach_random(w->m, 4000));
	if (w->plan.fail_alloc)
		mach_fail_alloc(w->m, 1 + mach_random(w->m, 12), w->plan.fail_for_ever);
}

static uint32_t live_count(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
			n += w->device[i].entry[j].irq != UMSI_IRQ_NONE;
	return n;
}

/* I-HW: what the device holds is what the library says it wrote, and it is open. */
static void check_shadow(struct world *w, struct entry *e)
{
	struct umsi_msg msg;

	if (!e->irq || !e->requested || (w->plan.surprise && e->pci == w->device[1].pci))
		return;
	MACH_CHECK(w->m, umsi_irq_message(w->umsi, e->irq, &msg) == UMSI_OK, "I-HW",
		   "entry %u has no message", e->index);
	MACH_CHECK(w->m, mach_pci_table(e->pci, e->index, 0) == (uint32_t)msg.address &&
		   mach_pci_table(e->pci, e->index, 1) == msg.address >> 32 &&
		   mach_pci_table(e->pci, e->index, 2) == msg.data &&
		   !(mach_pci_table(e->pci, e->index, 3) & 1), "I-HW",
		   "entry %u of the device differs from its shadow", e->index);
	MACH_CHECK(w->m, mach_message_cpu(w->m, msg.address) == umsi_irq_effective_cpu(w->umsi, e->irq),
		   "I-HW", "entry %u: message and effective CPU differ", e->index);
	MACH_CHECK(w->m, !e->trigger_owed, "I-CONS", "entry %u: a software trigger was lost", e->index);
}

/* After the actors, before teardown. */
static bool check_at_rest(struct world *w)
{
	struct umsi_stats st;

	umsi_stats_read(w->umsi, &st);
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
			check_shadow(w, &w->device[i].entry[j]);
	MACH_CHECK(w->m, st.irqs == live_count(w), "I-ACCT", "%u interrupts, %u known to the drivers",
		   st.irqs, live_count(w));
	/* A move of plain MSI that finds no slot to spare mixes words, and calls the handlers itself. */
	MACH_CHECK(w->m, w->plan.strays || w->plan.msi.present || !st.unowned, "I-SPUR",
		   "%llu messages reached a slot nobody owns", (unsigned long long)st.unowned);
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		MACH_CHECK(w->m, w->ipi_seen[i] == w->ipi_sent[i], "I-CONS",
			   "cpu %u: the last IPI's payload was not seen", i);
	return mach_check_quiet(w->m);
}

/* The last phase: everything goes, every CPU proves its slots quiet. */
static void actor_last(void *arg)
{
	struct world *w = arg;
	umsi_cpu cpu = mach_cpu(w->m);
	struct umsi_stats st;

	umsi_hosted_rmw(&w->started, 8, UMSI_HOSTED_ADD, 1, UMSI_HOSTED_ACQ_REL);
	if (cpu == 0) {
		for (uint32_t i = 0; i < WORLD_DEVICES; i++)
			if (w->device[i].dev)
				umsi_device_remove(w->device[i].dev);
		w->left = 0;
	}
	while (w->left)
		mach_delay(w->m, 20);
	for (uint32_t turn = 0; turn < 400; turn++) {
		mach_irq_off(w->m);
		umsi_drain_point(w->umsi);
		mach_irq_on(w->m);
		mach_delay(w->m, 100);
		umsi_reap(w->umsi);
		umsi_stats_read(w->umsi, &st);
		if (!st.retiring)
			return;
	}
}

static void check_all_gone(struct world *w, struct totals *totals)
{
	struct umsi_stats st;

	umsi_stats_read(w->umsi, &st);
	MACH_CHECK(w->m, !st.retiring && !st.irqs && !st.records, "I-ACCT",
		   "after teardown: %u retiring, %u interrupts, %u records", st.retiring, st.irqs,
		   st.records);
	if (mach_violated(w->m))
		return;
	totals->moves += st.moves;
	totals->handled += st.handled;
	totals->reaped += st.reaped;
	totals->revived += st.revived;
	totals->handovers += st.handovers;
	totals->drains += st.drains;
	totals->hotplug += w->trips;
	MACH_CHECK(w->m, w->isa->destroy(w->root) == UMSI_OK, "I-API", "the root cannot go");
	w->root = NULL;
	MACH_CHECK(w->m, umsi_destroy(w->umsi) == UMSI_OK, "I-API", "the machine cannot go");
	mach_check_leaks(w->m);
}

static bool run_phases(struct world *w, struct owner *owners, struct totals *totals)
{
	start_actors(w, owners);
	if (!mach_run(w->m))
		return false;
	w->closing = true;
	mach_thread(w->m, 0, actor_closer, w);
	if (!mach_run(w->m))
		return false;
	mach_fail_alloc(w->m, 0, false);
	if (!check_at_rest(w) || mach_violated(w->m))
		return false;
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
			mach_entry_live(w->device[i].pci, j, false);
	w->left = 1;
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		mach_thread(w->m, i, actor_last, w);
	if (!mach_run(w->m))
		return false;
	check_all_gone(w, totals);
	return !mach_violated(w->m);
}

static void print_line(void *arg, const char *line)
{
	fprintf(arg, "  %s\n", line);
}

static void report_run(struct world *w, unsigned int events)
{
	mach_report(w->m, stdout, events);
	if (events && w->root)
		umsi_dump(w->umsi, print_line, stdout);
}

bool world_run(const struct isa *isa, uint64_t seed, struct totals *totals, bool report, unsigned int events)
{
	struct world *w = calloc(1, sizeof(*w));
	struct owner owners[WORLD_OWNERS];
	bool clean;

	if (!w)
		abort();
	w->isa = isa;
	w->plan = draw_plan(seed);
	clean = build(w, seed) && run_phases(w, owners, totals);
	totals->steps += mach_steps(w->m);
	totals->runs++;
	if (!clean && report)
		report_run(w, events);
	mach_destroy(w->m);
	free(w);
	return clean;
}
