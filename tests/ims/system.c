/* SPDX-License-Identifier: MIT */
#include "system.h"

#include <stdio.h>
#include <string.h>

#include <umsi/dump.h>

#define NUM_IDS		127u

/* ---- What builders call ---- */

struct umsi_device *system_device(struct bench *b, const struct mach_pci_config *config, const char *name,
				  struct mach_pci **pci)
{
	struct umsi_device_config c = { .name = name, .requester_id = config->requester_id, .parent = b->root };
	struct umsi_device *dev;

	*pci = mach_pci_add(b->m, config);
	if (umsi_device_add(b->umsi, &c, &dev))
		return NULL;
	b->dev[b->devs++] = dev;
	return dev;
}

struct part *system_wires(struct bench *b, const char *name, const struct wires *wires, void *model)
{
	struct umsi_device_config c = { .name = name, .requester_id = 0x80, .parent = b->root };
	struct part *p = &b->part[b->parts++];

	*p = (struct part){ .wires = wires, .model = model, .wired = UINT32_MAX };
	if (umsi_device_add(b->umsi, &c, &p->dev))
		return NULL;
	b->dev[b->devs++] = p->dev;
	return p;
}

struct part *system_part(struct bench *b, struct mach_pci *pci, struct umsi_device *dev, uint32_t first_entry,
			 uint32_t entries, uint32_t wired)
{
	struct part *p = &b->part[b->parts++];

	*p = (struct part){ .pci = pci, .dev = dev, .first_entry = first_entry,
			    .entries = entries, .wired = wired };
	return p;
}

void system_lines(struct bench *b, struct part *p, uint32_t first, uint32_t count)
{
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

static void trap(void *arg, umsi_cpu cpu)
{
	struct bench *b = arg;

	if (b->root)
		umsi_imsic_trap(b->root, cpu);
}

static int imsic_create(struct bench *b)
{
	struct umsi_imsic_config config = { .files = b->files, .num_ids = NUM_IDS, .hart_index_bits = b->ncpus > 4 ? 7 : 2 };

	return umsi_imsic_create(b->umsi, &config, &b->root);
}

static int imsic_destroy(struct bench *b)
{
	return umsi_imsic_destroy(b->root);
}

static void imsic_cpu_up(struct bench *b)
{
	(void)b;
}

static const struct system_root imsic = {
	.create = imsic_create, .destroy = imsic_destroy, .trap = trap, .cpu_up = imsic_cpu_up,
};

static void check(struct bench *b, int status, const char *what)
{
	if (status != UMSI_OK)
		mach_violate(b->m, "STATUS", "%s: %d", what, status);
}

static void cpu_up(void *arg)
{
	struct bench *b = arg;

	mach_irq_off(b->m);
	(b->system->own ? b->system->own : &imsic)->cpu_up(b);
	check(b, umsi_cpu_online(b->umsi, mach_cpu(b->m)), "a CPU comes online");
	mach_irq_on(b->m);
}

static void start(struct bench *b, uint64_t seed)
{
	const struct system_root *root = b->system->own ? b->system->own : &imsic;
	struct mach_config config = {
		.ncpus = b->ncpus, .kind = root->kind, .num_ids = NUM_IDS, .trap = root->trap, .trap_arg = b,
	};
	struct umsi_config c = { .cpus = b->cpus, .ncpus = b->ncpus, .min_age_ns = b->system->min_age_ns };

	b->m = mach_create(seed, &config);
	for (uint32_t i = 0; i < b->ncpus; i++) {
		b->cpus[i].hw_id = root->kind == MACH_X86 ? i : 10 + i;
		if (root->kind == MACH_RISCV)
			b->files[i].phys = mach_imsic_phys(b->m, i);
	}
	mach_baseline(b->m);
	check(b, umsi_init(&b->storage, b->m, &c, &b->umsi), "umsi_init");
	check(b, root->create(b), "the root");
	for (uint32_t i = 0; i < b->ncpus; i++)
		mach_thread(b->m, i, cpu_up, b);
	if (mach_run(b->m))
		check(b, b->system->build(b), "the devices");
}

/* ---- The work ---- */

static enum umsi_handled wire_handler(void *arg)
{
	struct line *l = arg;

	l->seen = l->raised;
	if (l->part->wires->answer)
		l->part->wires->answer(l);
	return UMSI_HANDLED;
}

static enum umsi_handled handler(void *arg)
{
	struct line *l = arg;

	mach_handler_begin(l->part->pci, l->entry);
	mach_handler_end(l->part->pci, l->entry);
	return UMSI_HANDLED;
}

/* The cookie is what its owner is called: a PASID, a queue handle. */
static void open_line(struct line *l)
{
	struct bench *b = l->b;
	struct umsi_irq_request_at at = {
		.first = l->exact ? l->index : l->part->wired, .last = l->exact ? l->index : UMSI_INDEX_LAST,
		.cookie = 0x1000 + (uint64_t)(l - b->line),
	};
	umsi_irq irq;
	int status;

	if (l->part->wires)
		at.trigger = (uint8_t)l->part->wires->trigger(l);
	status = umsi_irq_alloc(l->part->table, &at, &irq);

	if (status == UMSI_ENOSLOT || status == UMSI_ENOINDEX)
		return;
	check(b, status, "umsi_irq_alloc");
	check(b, umsi_irq_index(b->umsi, irq, &l->index), "umsi_irq_index");
	if (l->part->wires) {
		check(b, umsi_irq_request(b->umsi, irq, wire_handler, l, b->system->name), "umsi_irq_request");
		l->irq = irq;
		return;
	}
	l->entry = l->part->first_entry + l->index;
	mach_entry_reborn(l->part->pci, l->entry);
	check(b, umsi_irq_request(b->umsi, irq, handler, l, b->system->name), "umsi_irq_request");
	mach_entry_live(l->part->pci, l->entry, true);
	l->irq = irq;
}

/* An index that anybody may have is somebody's again at once: only an exact one is known to be free. */
static void close_line(struct line *l)
{
	if (l->part->wires) {
		check(l->b, umsi_irq_free(l->b->umsi, l->irq), "umsi_irq_free");
		l->irq = UMSI_IRQ_NONE;
		l->seen = l->raised;
		if (l->part->wires->answer)
			l->part->wires->answer(l);
		return;
	}
	mach_entry_live(l->part->pci, l->entry, false);
	check(l->b, umsi_irq_free(l->b->umsi, l->irq), "umsi_irq_free");
	if (l->exact)
		mach_entry_freed(l->part->pci, l->entry);
	l->irq = UMSI_IRQ_NONE;
}

static void move_line(struct line *l)
{
	struct bench *b = l->b;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(b->m, b->ncpus) };
	int status = umsi_irq_set_affinity(b->umsi, l->irq, &to);

	if (status != UMSI_EAGAIN && status != UMSI_ENOSLOT)
		check(b, status, "umsi_irq_set_affinity");
}

static void raise(struct line *l)
{
	if (l->part->pci) {
		mach_pci_raise(l->part->pci, l->entry);
	} else if (!l->part->wires->one_at_a_time || l->raised == l->seen) {
		l->raised++;
		l->part->wires->raise(l);
	}
}

static void fire(struct worker *w)
{
	struct bench *b = w->b;

	for (uint32_t i = w->number; i < b->lines; i += SYSTEM_WORKERS)
		if (b->line[i].irq)
			raise(&b->line[i]);
}

static void work(void *arg)
{
	struct worker *w = arg;
	struct bench *b = w->b;
	uint32_t own = (b->lines - w->number + SYSTEM_WORKERS - 1) / SYSTEM_WORKERS;

	for (uint32_t turn = 0; own && turn < b->turns; turn++) {
		struct line *l = &b->line[w->number + SYSTEM_WORKERS * mach_random(b->m, own)];

		if (!l->irq)
			open_line(l);
		else if (!mach_random(b->m, 12))
			close_line(l);
		else
			move_line(l);
		fire(w);
	}
}

/*
 * Create, allocate, fire, move, free, destroy: each thread with a table of its own. What
 * is still open goes with the table.
 */
static void cycle(void *arg)
{
	struct worker *w = arg;
	struct bench *b = w->b;
	struct part *p = &b->part[w->number];

	for (uint32_t turn = 0; w->number < b->parts && turn < b->turns / 4; turn++) {
		check(b, b->system->table(b, p), "a table is created");
		for (uint32_t i = w->number; i < b->lines; i += SYSTEM_WORKERS) {
			open_line(&b->line[i]);
			fire(w);
			if (b->line[i].irq)
				move_line(&b->line[i]);
			fire(w);
		}
		for (uint32_t i = w->number; i < b->lines; i += SYSTEM_WORKERS) {
			struct line *l = &b->line[i];

			if (l->irq && mach_random(b->m, 2))
				close_line(l);
			else if (l->irq)
				mach_entry_live(p->pci, l->entry, false);
			l->irq = UMSI_IRQ_NONE;
		}
		check(b, umsi_table_destroy(p->table), "umsi_table_destroy");
		for (uint32_t i = 0; i < p->entries; i++)
			mach_entry_freed(p->pci, p->first_entry + i);
		b->cycles++;
	}
}

/* Up to three faults, drawn from the seed. */
static void plan_faults(struct bench *b)
{
	for (uint32_t i = 0; i < 3; i++) {
		struct mach_pci *d = b->part[mach_random(b->m, b->parts)].pci;
		uint64_t steps = 1 + mach_random(b->m, 2000);

		if (!d)
			continue;
		switch (mach_random(b->m, 5)) {
		case 0: mach_pci_stall(d, mach_random(b->m, 5000), steps); break;
		case 1: mach_pci_tear(d, 1 + mach_random(b->m, 60), steps); break;
		case 2: mach_slow_write(b->m, 1 + mach_random(b->m, 200), steps); break;
		case 3: mach_pci_storm(d, mach_random(b->m, 5000), 1 + mach_random(b->m, 60)); break;
		default: break;
		}
	}
}

/* ---- One seed ---- */

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

static void count(struct bench *b, struct system_totals *t)
{
	struct umsi_stats st;

	umsi_stats_read(b->umsi, &st);
	t->moves += st.moves;
	if (st.unowned)
		mach_violate(b->m, "STRAY", "%llu messages for nobody", (unsigned long long)st.unowned);
	count_wires(b, t);
	for (uint32_t p = 0; p < b->parts; p++) {
		struct part *part = &b->part[p];
		uint32_t end = part->first_entry + part->entries;

		for (uint32_t e = part->first_entry; e < end; e++) {
			t->events += mach_pci_raised(part->pci, e);
			t->messages += mach_pci_sent(part->pci, e);
			t->lost += mach_entry_owed(part->pci, e);
		}
	}
}

static void end(void *arg)
{
	struct bench *b = arg;

	for (uint32_t i = 0; i < b->lines; i++)
		if (b->line[i].irq && b->line[i].part->pci)
			mach_entry_live(b->line[i].part->pci, b->line[i].entry, false);
	for (uint32_t i = 0; i < b->devs; i++)
		check(b, umsi_device_remove(b->dev[i]), "umsi_device_remove");
}

static void tear_down(struct bench *b, struct system_totals *t)
{
	mach_thread(b->m, 0, end, b);
	if (!mach_run(b->m))
		return;
	check(b, (b->system->own ? b->system->own : &imsic)->destroy(b), "the root goes");
	check(b, umsi_destroy(b->umsi), "umsi_destroy");
	t->leaked += mach_live_blocks(b->m) + mach_live_maps(b->m);
	mach_check_leaks(b->m);
}

struct telling {
	struct bench *b;
	void (*path)(void *arg, const char *line);
	void *arg;
};

static void run(struct bench *b, struct system_totals *t, void (*path)(void *arg, const char *line), void *arg)
{
	struct worker w[SYSTEM_WORKERS];

	plan_faults(b);
	for (uint32_t i = 0; i < SYSTEM_WORKERS; i++) {
		w[i] = (struct worker){ .b = b, .number = i };
		mach_thread(b->m, i, b->system->table ? cycle : work, &w[i]);
	}
	if (!mach_run(b->m))
		return;
	count(b, t);
	t->cycles += b->cycles;
	if (path)
		umsi_dump(b->umsi, path, arg);
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
