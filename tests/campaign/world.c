/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stdlib.h>
#include <string.h>

#include <umsi/dump.h>
#include <umsi/host.h>

#include "books.h"
#include "isa.h"
#include "umsi_hosted.h"

struct mach_msi world_msi(const struct plan *p)
{
	return (struct mach_msi){
		.present = p->plain, .maskable = p->plain_maskable, .wide = p->plain_wide,
		.messages_log2 = (uint8_t)p->plain_log2,
	};
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

/* What this call of this handler does, whatever else goes on. */
static uint64_t handler_random(const struct entry *e)
{
	uint64_t x = e->w->run->seed ^ (uint64_t)(unsigned char)e->on[0] << 50 ^ (uint64_t)e->index << 40 ^ e->begun;

	x *= UINT64_C(0x9e3779b97f4a7c15);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 29;
}

static void move_self(struct world *w, const struct entry *e, umsi_cpu cpu)
{
	overlap_begin(w, OVERLAP_MOVE);
	umsi_irq_set_affinity(w->umsi, e->irq, &(struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu });
	overlap_end(w, OVERLAP_MOVE);
}

/* A handler as a driver would write it, which sometimes uses the atomic calls. */
enum umsi_handled world_handler(void *arg)
{
	struct entry *e = arg;
	struct world *w = e->w;
	uint64_t r = handler_random(e);

	mach_handler_begin(e->pci, e->index);
	MACH_CHECK(w->m, !e->quiet, "I-DIS", "handler of entry %u begins while disabled", e->index);
	MACH_CHECK(w->m, !e->later, "I-DIS", "handler of entry %u begins before its last was done",
		   e->index);
	e->trigger_owed = false;
	e->begun++;
	switch (r % 16) {
	case 0:
		if (w->plan.handler_delay)
			mach_delay(w->m, (r >> 8) % 60);
		break;
	case 1:
		if (w->plan.handler_move)
			move_self(w, e, (umsi_cpu)((r >> 8) % w->plan.ncpus));
		break;
	case 2:
		if (w->plan.handler_free)
			MACH_CHECK(w->m, umsi_irq_free(w->umsi, e->irq) == UMSI_ECONTEXT, "I-API",
				   "free inside a handler was not refused");
		break;
	case 3:
		if (w->plan.nest) {
			mach_irq_on(w->m);
			mach_delay(w->m, (r >> 8) % 40);
			mach_irq_off(w->m);
		}
		break;
	case 4:
		if (w->closing || !w->plan.handler_later)
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
	e->kind = UMSI_IRQ_REGULAR;
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
/* Translators wait 50 ms for an answer, of steps that take a microsecond. */
#define GIVE_UP_STEPS	50000u

bool queues_give_up(const struct world *w)
{
	return w->plan.queue_stall_steps >= GIVE_UP_STEPS;
}

bool may_fail(const struct world *w, int status)
{
	if (status == UMSI_ENOMEM)
		return w->plan.fail_alloc;
	if (status == UMSI_EGONE || status == UMSI_ECAP_GONE)
		return w->plan.surprise || w->plan.deaf_steps || w->plan.sleepers || w->plan.suspenders;
	if (status == UMSI_ENOCPU)
		return w->plan.hotplug || w->plan.kinds;
	/* Between the loss of a translator's registers and umsi_resume(), or while its queue stands. */
	if (status == UMSI_ETIMEOUT)
		return w->nights || queues_give_up(w);
	if (status == UMSI_ELIMIT)
		return w->plan.limits;
	return status == UMSI_ENOSLOT || status == UMSI_EAGAIN || status == UMSI_ENOINDEX;
}

/* ---- Building ------------------------------------------------------------- */

static const char *const device_names[WORLD_DEVICES] = { "nvme0", "nic0", "guest0" };

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
		.name = device_names[number],
	};

	if (number == 2)
		c.msi = world_msi(&w->plan);
	if (number == 1) {
		c.bar[2] = (struct mach_bar){ .bytes = 0x8000, .is64 = true };
		c.bar[4] = (struct mach_bar){ .bytes = 0x1000 };
	}
	d->pci = mach_pci_add(w->m, &c);
	d->fn.requester_id = c.requester_id;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(d->pci, i, &d->fn.bar[i].phys, &d->fn.bar[i].bytes);
	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		d->entry[i] = (struct entry){ .w = w, .pci = d->pci, .index = i, .on = device_names[number] };
}

/* Its functions may ask for fewer messages than there are. */
static int table_up(struct world *w, struct device *d)
{
	uint32_t log2 = w->plan.plain_log2;

	if (!d->plain)
		return umsi_pci_msix_create(d->dev, &d->fn, &d->table);
	if (!mach_random(w->m, 4))
		log2 = (uint32_t)mach_random(w->m, log2 + 1);
	return umsi_pci_msi_create(d->dev, &d->fn, UINT32_C(1) << (log2 > 4 ? 4 : log2), &d->table);
}

int device_up(struct world *w, struct device *d, uint32_t number)
{
	struct umsi_device_config c = {
		.name = device_names[number], .requester_id = d->fn.requester_id, .parent = w->messages,
	};
	int status = umsi_device_add(w->umsi, &c, &d->dev);

	if (status) {
		d->dev = NULL;
		return status;
	}
	d->plain = number == 2 && w->plan.plain && mach_random(w->m, 4);
	status = table_up(w, d);
	if (status) {
		umsi_device_remove(d->dev);
		d->dev = NULL;
		d->table = NULL;
		return status;
	}
	books_table(w, number, d->table);
	limits_set(w, number);
	return UMSI_OK;
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
	if (w->isa->cpu_up)
		w->isa->cpu_up(w, cpu);
	mach_irq_on(w->m);
	w->online++;
}

/* Takes no step: a run that is traced is the same run. */
static umsi_cpu trace_now(void *host, uint64_t *time_ns)
{
	(void)host;
	*time_ns = mach_now_ns(mach_current());
	return mach_cpu(mach_current());
}

#define TRACE_EVENTS	(1u << 15)

static void start_trace(struct world *w)
{
	for (uint32_t i = 0; i < w->plan.ncpus; i++) {
		w->ring[i] = aligned_alloc(64, umsi_trace_ring_bytes(TRACE_EVENTS));
		if (!w->ring[i] || umsi_trace_ring_init(w->ring[i], i, TRACE_EVENTS))
			abort();
	}
	w->trace = (struct umsi_trace){
		.points = UMSI_TRACE_ALL, .now = trace_now, .ring = w->ring, .nrings = w->plan.ncpus,
	};
	if (umsi_trace_start(w->umsi, &w->trace))
		abort();
}

static void build_library(struct world *w)
{
	struct umsi_config config = {
		.cpus = w->cpus, .ncpus = w->plan.ncpus, .max_repeats = 3,
		.storm_limit = w->plan.strays ? 0 : 4,
		.min_age_ns = w->isa->min_age_ns(w) + w->plan.skew_us * 1000,
	};

	if (umsi_init(&w->storage, w->m, &config, &w->umsi))
		abort();
	if (w->run->tell)
		start_trace(w);
	w->isa->root(w, on_timer, on_ipi);
	if (!w->messages)
		w->messages = w->root;
	if (!w->wires)
		w->wires = w->root;
}

/* False: violated. */
static bool build(struct world *w, uint64_t seed)
{
	struct mach_config config = {
		.ncpus = w->plan.ncpus, .tick_steps = w->plan.ticks, .trap = on_trap, .trap_arg = w,
		.barrier = overlap_barrier, .barrier_arg = w,
		.wrote = books_wrote, .stepped = books_step, .watch_arg = w,
		.max_steps = 2000000, .chaos = &w->plan.chaos, .tell = w->run->tell,
		.skew_ns = w->plan.skew_us * 1000, .schedule = w->run->schedule, .stop_step = w->run->stop_step,
	};

	w->isa->machine(w, seed, &config);
	w->m = mach_create(seed, &config);
	mach_baseline(w->m);
	build_library(w);
	books_open(w);
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		mach_thread(w->m, i, cpu_up, w);
	if (!mach_run(w->m))
		return false;
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		add_function(w, i);
	for (uint32_t i = 0; i + 1 < WORLD_DEVICES; i++)
		if (device_up(w, &w->device[i], i))
			abort();
	wire_up(w);
	return true;
}

/* ---- Running -------------------------------------------------------------- */

static void start_faults(struct world *w)
{
	const struct plan *p = &w->plan;

	if (p->stall_steps)
		mach_pci_stall(w->device[0].pci, p->stall_at, p->stall_steps);
	if (p->deaf_steps)
		mach_pci_deafen(w->device[1].pci, p->deaf_at, p->deaf_steps);
	if (p->torn)
		mach_pci_tear(w->device[0].pci, p->torn, p->torn_steps);
	if (p->storm)
		mach_pci_storm(w->device[0].pci, p->storm_at, p->storm);
	if (p->queue_stall_steps)
		mach_queues_stall(w->m, p->queue_stall_at, p->queue_stall_steps);
	if (p->slow_write)
		mach_slow_write(w->m, p->slow_write, p->slow_write_steps);
}

static void start_devices(struct world *w)
{
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		mach_pci_traffic(w->device[i].pci, w->plan.traffic[i], w->plan.gap[i]);
	if (w->plan.surprise)
		mach_pci_remove(w->device[1].pci, w->plan.surprise);
	if (w->plan.fail_alloc)
		mach_fail_alloc(w->m, w->plan.fail_alloc, w->plan.fail_for_ever);
	start_faults(w);
}

static uint32_t live_count(const struct world *w)
{
	uint32_t n = w->wire.irq != UMSI_IRQ_NONE;

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
	/* One that could not be started again, for its translator did not answer, stays shut: CAVEATS.md. */
	if (queues_give_up(w) && e->kind == UMSI_IRQ_MANAGED)
		return;
	MACH_CHECK(w->m, umsi_irq_message(w->umsi, e->irq, &msg) == UMSI_OK, "I-HW",
		   "entry %u has no message", e->index);
	MACH_CHECK(w->m, mach_pci_table(e->pci, e->index, 0) == (uint32_t)msg.address &&
		   mach_pci_table(e->pci, e->index, 1) == msg.address >> 32 &&
		   mach_pci_table(e->pci, e->index, 2) == msg.data &&
		   !(mach_pci_table(e->pci, e->index, 3) & 1), "I-HW",
		   "entry %u of the device differs from its shadow", e->index);
	MACH_CHECK(w->m, mach_pci_target(e->pci, e->index) == umsi_irq_effective_cpu(w->umsi, e->irq),
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
	MACH_CHECK(w->m, w->plan.strays || w->plan.plain || !st.unowned, "I-SPUR",
		   "%llu messages reached a slot nobody owns", (unsigned long long)st.unowned);
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		MACH_CHECK(w->m, w->ipi_seen[i] == w->ipi_sent[i] || w->ipi_late >> i & 1, "I-CONS",
			   "cpu %u: the last IPI's payload was not seen", i);
	wire_check(w);
	remap_check(w);
	return mach_check_quiet(w->m);
}

static void remove_device(struct world *w, struct umsi_device *dev)
{
	overlap_begin(w, OVERLAP_REMOVE);
	umsi_device_remove(dev);
	overlap_end(w, OVERLAP_REMOVE);
}

/* The last phase: everything goes, every CPU proves its slots quiet. */
static void actor_last(void *arg)
{
	struct world *w = arg;
	umsi_cpu cpu = mach_cpu(w->m);
	struct umsi_stats st;

	umsi_hosted_rmw(&w->started, 8, UMSI_HOSTED_ADD, 1, UMSI_HOSTED_ACQ_REL);
	for (uint32_t i = cpu; i < WORLD_DEVICES; i += w->plan.ncpus)
		if (w->device[i].dev) {
			books_table(w, i, NULL);
			remove_device(w, w->device[i].dev);
		}
	if (cpu == 0)
		wire_down(w);
	w->left--;
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
	books_check_empty(w);
	books_close(w);
	totals->moves += st.moves;
	totals->handled += st.handled;
	totals->reaped += st.reaped;
	totals->revived += st.revived;
	totals->handovers += st.handovers;
	totals->drains += st.drains;
	totals->hotplug += w->trips;
	totals->level_moves += w->wire.moves;
	totals->intrusions += w->intrusions;
	totals->blocked += w->blocked;
	memcpy(totals->unmasked, w->unmasked, sizeof(totals->unmasked));
	totals->naps += w->naps;
	totals->sleeps += w->sleeps;
	totals->suspends += w->suspends;
	memcpy(totals->met, w->overlaps.met, sizeof(totals->met));
	if (w->isa->translator_destroy)
		MACH_CHECK(w->m, w->isa->translator_destroy(w) == UMSI_OK, "I-API", "the translator cannot go");
	MACH_CHECK(w->m, w->isa->destroy(w->root) == UMSI_OK, "I-API", "the root cannot go");
	w->root = NULL;
	MACH_CHECK(w->m, umsi_destroy(w->umsi) == UMSI_OK, "I-API", "the machine cannot go");
	/* The memory of a table that AMD-Vi has not confirmed to read no more is never used again. */
	if (!queues_give_up(w))
		mach_check_leaks(w->m);
}

static bool run_phases(struct world *w, struct totals *totals)
{
	struct actor actors[ACTORS_MAX];

	w->acting_ns = mach_now_ns(w->m);
	w->acting_step = mach_steps(w->m);
	actors_start(w, actors);
	start_devices(w);
	if (!mach_run(w->m))
		return false;
	w->closing = true;
	mach_thread(w->m, 0, world_close, w);
	if (!mach_run(w->m))
		return false;
	mach_fail_alloc(w->m, 0, false);
	if (!check_at_rest(w) || mach_violated(w->m))
		return false;
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
			mach_entry_live(w->device[i].pci, j, false);
	w->left = w->plan.ncpus;
	for (uint32_t i = 0; i < w->plan.ncpus; i++)
		mach_thread(w->m, i, actor_last, w);
	if (!mach_run(w->m))
		return false;
	check_all_gone(w, totals);
	return !mach_violated(w->m);
}

static void keep_outcome(const struct world *w, bool clean, struct outcome *out)
{
	const struct mach_violation *v = mach_violated(w->m);

	out->clean = clean;
	out->stopped = mach_stopped(w->m);
	out->step = mach_steps(w->m);
	out->hash = mach_hash(w->m);
	if (v) {
		snprintf(out->violation, sizeof(out->violation), "%s", v->name);
		snprintf(out->text, sizeof(out->text), "%s", v->text);
		out->step = v->step;
	}
	memcpy(out->ops, w->ops, sizeof(out->ops));
	out->totals.steps += mach_steps(w->m);
	out->totals.runs++;
}

void world_run(const struct run *run, struct outcome *out, void (*look)(void *arg, struct world *w), void *arg)
{
	struct world *w = calloc(1, sizeof(*w));
	bool clean;

	if (!w)
		abort();
	*out = (struct outcome){ 0 };
	w->run = run;
	w->isa = run->isa;
	w->plan = run->plan;
	clean = build(w, run->seed) && run_phases(w, &out->totals);
	keep_outcome(w, clean, out);
	if (look)
		look(arg, w);
	mach_destroy(w->m);
	for (uint32_t i = 0; i < WORLD_CPUS_MAX; i++)
		free(w->ring[i]);
	free(w);
}
