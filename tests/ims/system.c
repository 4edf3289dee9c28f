/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <stdio.h>
#include <string.h>

#include <umsi/dump.h>

#define NUM_IDS		127u
#define MAX_IRQS	64u		/* of one device */

/* ---- What builders call ---- */

struct umsi_device *system_device(struct bench *b, const struct mach_pci_config *config, const char *name,
				  struct mach_pci **pci)
{
	struct umsi_device_config c = {
		.name = name, .requester_id = config->requester_id, .parent = b->parent, .max_irqs = MAX_IRQS,
	};
	struct umsi_device *dev;

	*pci = mach_pci_add(b->m, config);
	if (umsi_device_add(b->umsi, &c, &dev))
		return NULL;
	b->dev[b->devs++] = dev;
	return dev;
}

struct part *system_wires(struct bench *b, const char *name, const struct wires *wires, void *model)
{
	struct umsi_device_config c = { .name = name, .requester_id = 0x80, .parent = b->parent };
	struct part *p = &b->part[b->parts++];

	*p = (struct part){ .bench = b, .wires = wires, .model = model, .wired = UINT32_MAX };
	if (umsi_device_add(b->umsi, &c, &p->dev))
		return NULL;
	b->dev[b->devs++] = p->dev;
	return p;
}

struct part *system_part(struct bench *b, struct mach_pci *pci, struct umsi_device *dev, uint32_t first_entry,
			 uint32_t entries, uint32_t wired)
{
	struct part *p = &b->part[b->parts++];

	*p = (struct part){ .bench = b, .pci = pci, .dev = dev, .first_entry = first_entry,
			    .entries = entries, .wired = wired };
	return p;
}

void system_lines(struct bench *b, struct part *p, uint32_t first, uint32_t count)
{
	p->first_line = b->lines;
	p->lines = count;
	for (uint32_t i = first; i < first + count; i++)
		b->line[b->lines++] = (struct line){ .b = b, .part = p, .index = i, .exact = i < p->wired };
}

void system_function(const struct part *p, struct umsi_pci_function *fn)
{
	*fn = (struct umsi_pci_function){ .requester_id = SYSTEM_FUNCTION };
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(p->pci, bar, &fn->bar[bar].phys, &fn->bar[bar].bytes);
}

int system_msix(struct bench *b, struct part *p)
{
	struct umsi_pci_function fn;

	(void)b;
	system_function(p, &fn);
	return umsi_pci_msix_create(p->dev, &fn, &p->table);
}

/* ---- The machine and the library ---- */

static void cpu_up(void *arg)
{
	struct bench *b = arg;

	mach_irq_off(b->m);
	if (b->system->root->cpu_up)
		b->system->root->cpu_up(b);
	system_check(b, umsi_cpu_online(b->umsi, mach_cpu(b->m)), "a CPU comes online");
	mach_irq_on(b->m);
}

static uint64_t hw_id(enum mach_kind kind, uint32_t cpu)
{
	if (kind == MACH_ARM3)
		return mach_gicv3_affinity(cpu);
	return kind == MACH_X86 ? cpu : 10 + cpu;
}

static void start(struct bench *b, uint64_t seed)
{
	const struct system_root *root = b->system->root;
	struct mach_config config = {
		.ncpus = b->ncpus, .kind = root->kind, .num_ids = NUM_IDS, .trap = root->trap, .trap_arg = b,
		.max_steps = 20000000, .skew_ns = system_plan_skew(seed),
	};
	struct umsi_config c = { .cpus = b->cpus, .ncpus = b->ncpus, .min_age_ns = b->system->min_age_ns };

	b->skewed = config.skew_ns;
	b->m = mach_create(seed, &config);
	for (uint32_t i = 0; i < b->ncpus; i++) {
		b->cpus[i].hw_id = hw_id(root->kind, i);
		if (root->kind == MACH_RISCV)
			b->files[i].phys = mach_imsic_phys(b->m, i);
	}
	mach_baseline(b->m);
	system_check(b, umsi_init(&b->storage, b->m, &c, &b->umsi), "umsi_init");
	system_check(b, root->create(b), "the root");
	if (!b->parent)
		b->parent = b->root;
	for (uint32_t i = 0; i < b->ncpus; i++)
		mach_thread(b->m, i, cpu_up, b);
	if (mach_run(b->m))
		system_check(b, b->system->build(b), "the devices");
	if (b->system->aside == system_intruder)
		b->intruder = mach_pci_add(b->m, &(struct mach_pci_config){ .requester_id = SYSTEM_INTRUDER, .entries = 1 });
}

static void nobody(void *arg, const char *line)
{
	(void)arg, (void)line;
}

/* The same steps, whoever looks. */
void system_show(struct bench *b)
{
	umsi_dump(b->umsi, b->path ? b->path : nobody, b->path_arg);
}

/* ---- The work ---- */

static void work(void *arg)
{
	struct worker *w = arg;

	w->b->system->work(w);
	w->b->working--;
}

static void aside(void *arg)
{
	struct bench *b = arg;

	b->system->aside(b);
}

/* ---- What came of it ---- */

static void count_wires(struct bench *b, struct system_totals *t)
{
	for (uint32_t i = 0; i < b->lines; i++) {
		struct line *l = &b->line[i];

		if (!l->part->wires)
			continue;
		t->events += l->raised;
		t->messages += l->part->wires->sent(l);
		t->lost += l->raised != l->seen;
		if (l->raised != l->seen)
			mach_violate(b->m, "I-CONS", "event %llu of wire %u was never handled",
				     (unsigned long long)l->raised, l->index);
	}
}

static void count_entries(const struct part *p, struct system_totals *t)
{
	for (uint32_t e = p->first_entry; e < p->first_entry + p->entries; e++) {
		t->events += mach_pci_raised(p->pci, e);
		t->messages += mach_pci_sent(p->pci, e);
		t->lost += mach_entry_owed(p->pci, e);
	}
}

uint64_t system_blocked(const struct bench *b)
{
	uint64_t sum = 0;

	for (unsigned int reason = 0x20; b->vtd && reason <= 0x26; reason++)
		sum += mach_vtd_blocked(b->vtd, reason);
	return sum + (b->its ? mach_its_unmapped(b->its) : 0) + (b->amd ? mach_amd_vi_blocked(b->amd) : 0);
}

/* Everything that came from somebody else was stopped, and nothing else. */
static void count_blocked(struct bench *b, struct system_totals *t)
{
	t->intrusions += b->intrusions;
	t->blocked += system_blocked(b);
	if (b->intruder && system_blocked(b) != b->intrusions)
		mach_violate(b->m, "I-ISO", "%llu messages of another function, %llu blocked",
			     (unsigned long long)b->intrusions, (unsigned long long)system_blocked(b));
}

static void count(struct bench *b, struct system_totals *t)
{
	struct umsi_stats st;

	umsi_stats_read(b->umsi, &st);
	t->moves += st.moves;
	t->cycles += b->cycles;
	t->revoked += b->revoked;
	t->faults += b->faults;
	if (b->most_at_once > t->most_at_once)
		t->most_at_once = b->most_at_once;
	if (st.unowned)
		mach_violate(b->m, "STRAY", "%llu messages for nobody", (unsigned long long)st.unowned);
	count_wires(b, t);
	count_blocked(b, t);
	for (uint32_t i = 0; i < b->parts; i++)
		if (b->part[i].pci)
			count_entries(&b->part[i], t);
}

static void end(void *arg)
{
	struct bench *b = arg;

	for (uint32_t i = 0; i < b->lines; i++)
		if (b->line[i].irq && b->line[i].part->pci)
			mach_entry_live(b->line[i].part->pci, b->line[i].entry, false);
	for (uint32_t i = 0; i < b->devs; i++)
		system_check(b, umsi_device_remove(b->dev[i]), "umsi_device_remove");
}

static void tear_down(struct bench *b, struct system_totals *t)
{
	mach_thread(b->m, 0, end, b);
	if (!mach_run(b->m))
		return;
	system_check(b, b->system->root->destroy(b), "the root goes");
	system_check(b, umsi_destroy(b->umsi), "umsi_destroy");
	t->leaked += mach_live_blocks(b->m) + mach_live_maps(b->m);
	mach_check_leaks(b->m);
}

/* ---- One seed ---- */

static void run(struct bench *b, struct system_totals *t, void (*path)(void *arg, const char *line), void *arg)
{
	struct worker w[SYSTEM_WORKERS];

	b->path = path;
	b->path_arg = arg;
	system_plan_faults(b);
	b->working = SYSTEM_WORKERS;
	for (uint32_t i = 0; i < SYSTEM_WORKERS; i++) {
		w[i] = (struct worker){ .b = b, .number = i };
		mach_thread(b->m, i, work, &w[i]);
	}
	if (b->system->aside)
		mach_thread(b->m, b->ncpus - 1, aside, b);
	if (!mach_run(b->m))
		return;
	count(b, t);
	system_show(b);
	if (mach_check_quiet(b->m))
		tear_down(b, t);
}

bool system_run(const struct system *s, uint64_t seed, uint32_t turns, struct system_totals *t,
		void (*path)(void *arg, const char *line), void *arg)
{
	static struct bench b;
	bool good;

	memset(&b, 0, sizeof(b));
	b.system = s;
	b.ncpus = s->ncpus ? s->ncpus : 4;
	b.turns = turns;
	start(&b, seed);
	if (!mach_violated(b.m))
		run(&b, t, path, arg);
	good = !mach_violated(b.m);
	if (!good)
		mach_report(b.m, stdout, 60);
	t->seeds++;
	if (!good && !t->violations++)
		t->bad_seed = seed;
	mach_destroy(b.m);
	return good;
}
