/* SPDX-License-Identifier: MIT */
/* Who does what to the library during a run. All of them run at once. */
#include "world.h"

#include <umsi/dump.h>
#include <umsi/host.h>

#include "books.h"
#include "isa.h"
#include "umsi_hosted.h"

static uint32_t pick(struct world *w, uint32_t n)
{
	return (uint32_t)mach_random(w->m, n);
}

/* Any of the three forms, often one CPU. *bits backs a set. */
static struct umsi_affinity any_affinity(struct world *w, uint64_t *bits)
{
	struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU, .cpu = pick(w, w->plan.ncpus) };
	uint32_t form = pick(w, 6);

	if (form == 0)
		a.kind = UMSI_AFFINITY_ANY;
	if (form == 1) {
		*bits = 1 + pick(w, (1u << w->plan.ncpus) - 1);
		a.kind = UMSI_AFFINITY_SET;
		a.set = (struct umsi_cpuset){ .bits = bits, .nbits = w->plan.ncpus };
	}
	return a;
}

/* ---- Owners: each has every WORLD_OWNERS-th run of indices of each fixed table ---- */

#define PART	(WORLD_ENTRIES / WORLD_OWNERS)

static struct entry *owned_entry(struct actor *o, bool live)
{
	struct world *w = o->w;
	struct device *d = &w->device[pick(w, WORLD_DEVICES - 1)];
	uint32_t from = pick(w, PART);

	for (uint32_t i = 0; i < PART; i++) {
		struct entry *e = &d->entry[o->number * PART + (from + i) % PART];

		if ((e->irq != UMSI_IRQ_NONE) == live)
			return e;
	}
	return NULL;
}

static struct device *device_of(struct world *w, const struct entry *e)
{
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		if (w->device[i].pci == e->pci)
			return &w->device[i];
	return NULL;
}

static void check_status(struct world *w, int status, const char *what)
{
	MACH_CHECK(w->m, status == UMSI_OK || may_fail(w, status), "I-API", "%s: %s (%d)", what,
		   umsi_status_text(status), status);
}

static void request(struct world *w, struct entry *e)
{
	/* While it is deaf nobody knows that the mask has arrived: what it sends before the request is nobody's. */
	bool deaf = w->plan.deaf_steps && e->pci == w->device[1].pci;
	int status;

	mach_entry_live(e->pci, e->index, !deaf);
	status = umsi_irq_request(w->umsi, e->irq, world_handler, e, "actor");
	if (!status)
		mach_entry_live(e->pci, e->index, true);
	/* What was reserved is there, but while its CPU is just leaving. */
	MACH_CHECK(w->m, status != UMSI_ENOSLOT || (e->kind == UMSI_IRQ_RESERVED && w->plan.hotplug), "I-KIND",
		   "the request of an interrupt of kind %u found no slot", e->kind);
	check_status(w, status, "request");
	/* A late message may have called the handler all the same; what it put off is void with the request. */
	if (status) {
		mach_entry_live(e->pci, e->index, false);
		e->later = false;
	}
	e->requested = status == UMSI_OK;
}

/* A slot that is only reserved, a band, or both; now and then the CPU must not leave without it. */
static void make_wishes(struct world *w, struct umsi_irq_request_at *at)
{
	if (pick(w, 2))
		at->kind = UMSI_IRQ_RESERVED;
	if (!pick(w, 3))
		at->band = (uint8_t)(UMSI_BAND_URGENT + pick(w, 3));
	at->strict = !pick(w, 8);
}

static void allocate(struct actor *o)
{
	struct world *w = o->w;
	struct entry *e = owned_entry(o, false);
	struct umsi_irq_request_at at;
	uint64_t bits;
	uint32_t index;
	umsi_irq irq;
	int status;

	if (!e)
		return;
	/* Exactly this one, or any of this owner's part. */
	at = (struct umsi_irq_request_at){ .first = e->index, .last = e->index };
	if (pick(w, 2)) {
		at.first = o->number * PART;
		at.last = at.first + PART - 1;
	}
	at.affinity = any_affinity(w, &bits);
	if (w->plan.kinds && !pick(w, 3))
		at.kind = w->isa->managed && pick(w, 2) ? UMSI_IRQ_MANAGED : UMSI_IRQ_ROAMING;
	else if (w->plan.wishes)
		make_wishes(w, &at);
	overlap_begin(w, OVERLAP_ALLOCATE);
	status = umsi_irq_alloc(device_of(w, e)->table, &at, &irq);
	overlap_end_of(w, OVERLAP_ALLOCATE, status);
	check_status(w, status, "alloc");
	if (status)
		return;
	MACH_CHECK(w->m, umsi_irq_index(w->umsi, irq, &index) == UMSI_OK && index >= at.first &&
		   index <= at.last, "I-API", "allocated index out of range");
	e = &device_of(w, e)->entry[index];
	MACH_CHECK(w->m, !e->irq, "I-API", "index %u was given out twice", index);
	actor_says(o, "has allocated %s[%u], irq %u", e->on, index, (uint32_t)irq);
	entry_begin_life(e, irq);
	e->kind = at.kind;
	limits_check(w, device_of(w, e));
	if (pick(w, 8))
		request(w, e);
}

static void free_entry(struct actor *a, struct entry *e)
{
	struct world *w = a->w;
	int status;

	actor_says(a, "frees %s[%u]", e->on, e->index);
	mach_entry_live(e->pci, e->index, false);
	overlap_begin(w, OVERLAP_FREE);
	status = umsi_irq_free(w->umsi, e->irq);
	overlap_end(w, OVERLAP_FREE);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "free: %s", umsi_status_text(status));
	entry_end_life(e);
}

static void release_entry(struct actor *a, struct entry *e)
{
	struct world *w = a->w;
	int status;

	actor_says(a, "releases %s[%u]", e->on, e->index);
	mach_entry_live(e->pci, e->index, false);
	status = umsi_irq_release(w->umsi, e->irq);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "release: %s", umsi_status_text(status));
	e->requested = false;
	e->trigger_owed = false;
	e->later = false;
	mach_entry_freed(e->pci, e->index);
	mach_entry_reborn(e->pci, e->index);
	if (pick(w, 4))
		request(w, e);
}

/* False: nothing was owed. */
static bool say_done(struct world *w, struct entry *e)
{
	int status;

	if (!e->later)
		return false;
	e->later = false;
	mach_sync(w->m);	/* the handle came through plain memory */
	status = umsi_irq_done(w->umsi, e->irq);
	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOENT || status == UMSI_ESTATE, "I-API",
		   "done: %s", umsi_status_text(status));
	return true;
}

static void disable_a_while(struct actor *a, struct entry *e)
{
	struct world *w = a->w;
	uint32_t depth = 1 + pick(w, 3);

	actor_says(a, "disables %s[%u] for a while", e->on, e->index);
	overlap_begin(w, OVERLAP_MASK);
	for (uint32_t i = 0; i < depth; i++)
		MACH_CHECK(w->m, umsi_irq_disable(w->umsi, e->irq) == UMSI_OK, "I-API", "disable");
	MACH_CHECK(w->m, umsi_irq_synchronize(w->umsi, e->irq) == UMSI_OK, "I-API", "synchronize");
	e->quiet = true;
	mach_delay(w->m, pick(w, 100));
	for (uint32_t i = 0; i < depth; i++) {
		e->quiet = i + 1 < depth;
		MACH_CHECK(w->m, umsi_irq_enable(w->umsi, e->irq) == UMSI_OK, "I-API", "enable");
	}
	overlap_end(w, OVERLAP_MASK);
	MACH_CHECK(w->m, umsi_irq_enable(w->umsi, e->irq) == UMSI_ESTATE, "I-API",
		   "one enable too many was accepted");
}

void actor_owner(void *arg)
{
	struct actor *o = arg;
	struct world *w = o->w;

	actor_begin(o);
	while (actor_next(o)) {
		struct entry *e = owned_entry(o, true);
		uint32_t what = pick(w, 10);

		if (!e || what < 4)
			allocate(o);
		else if (what < 6)
			free_entry(o, e);
		else if (!e->requested)
			request(w, e);
		else if (what == 6)
			release_entry(o, e);
		else if (what == 7)
			disable_a_while(o, e);
		else if (!say_done(w, e))
			mach_pci_raise(e->pci, e->index);
		if (!pick(w, 6))
			mach_delay(w->m, pick(w, 80));
	}
}

/* ---- Movers: any interrupt of any device, also ones that are just going ---- */

static umsi_irq any_irq(struct world *w)
{
	struct device *d = &w->device[pick(w, WORLD_DEVICES)];
	uint32_t from = pick(w, WORLD_ENTRIES);

	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		if (d->entry[(from + i) % WORLD_ENTRIES].irq)
			return d->entry[(from + i) % WORLD_ENTRIES].irq;
	return UMSI_IRQ_NONE;
}

static void say_where(const struct actor *a, const char *what, const struct world *w, umsi_irq irq,
		      const struct umsi_affinity *to)
{
	static const char *const kinds[] = {
		[UMSI_AFFINITY_ANY] = "any CPU", [UMSI_AFFINITY_CPU] = "cpu", [UMSI_AFFINITY_SET] = "CPUs of set ",
	};
	uint64_t number = to->kind == UMSI_AFFINITY_SET ? *to->set.bits : to->cpu;

	for (uint32_t i = 0; w_tells(w) && i < WORLD_DEVICES * WORLD_ENTRIES; i++) {
		const struct entry *e = &w->device[i / WORLD_ENTRIES].entry[i % WORLD_ENTRIES];

		if (e->irq != irq)
			continue;
		if (to->kind == UMSI_AFFINITY_ANY)
			actor_says(a, "%s %s[%u] to any CPU", what, e->on, e->index);
		else
			actor_says(a, "%s %s[%u] to %s%#llx", what, e->on, e->index, kinds[to->kind],
				   (unsigned long long)number);
		return;
	}
}

static int move_once(struct world *w, umsi_irq irq, const struct umsi_affinity *a, enum overlap what)
{
	int status;

	overlap_begin(w, what);
	status = pick(w, 2) ? umsi_irq_set_affinity(w->umsi, irq, a)
			    : umsi_irq_set_affinity_wait(w->umsi, irq, a);
	overlap_end_of(w, what, status);
	return status;
}

/* One with a slot on every CPU never wants one. */
static void check_promise(struct world *w, umsi_irq irq, int status)
{
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
			MACH_CHECK(w->m, w->device[i].entry[j].irq != irq || (w->device[i].entry[j].kind != UMSI_IRQ_ROAMING &&
				    w->device[i].entry[j].kind != UMSI_IRQ_MANAGED) ||
				   (status != UMSI_ENOSLOT && status != UMSI_EAGAIN), "I-KIND",
				   "the move of an interrupt of kind %u: %s", w->device[i].entry[j].kind,
				   umsi_status_text(status));
}

void actor_mover(void *arg)
{
	struct actor *self = arg;
	struct world *w = self->w;
	uint64_t bits;

	actor_begin(self);
	while (actor_next(self)) {
		umsi_irq irq = any_irq(w);
		struct umsi_affinity a = any_affinity(w, &bits);
		int status;

		if (!irq) {
			mach_delay(w->m, 5);
			continue;
		}
		say_where(self, "moves", w, irq, &a);
		status = move_once(w, irq, &a, OVERLAP_MOVE);
		check_promise(w, irq, status);
		w->moves_tried++;
		w->moves_done += status == UMSI_OK;
		MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOENT || may_fail(w, status),
			   "I-API", "set affinity: %s", umsi_status_text(status));
		if (status || pick(w, 4))
			continue;
		/* Again at once, perhaps back: the slot it left retires still. */
		a = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = pick(w, w->plan.ncpus) };
		say_where(self, "moves again", w, irq, &a);
		move_once(w, irq, &a, OVERLAP_SECOND);
	}
}

/* ---- The toucher: triggers, reads, dumps, wrong handles, strays ---- */

static void read_line(void *arg, const char *line)
{
	uint64_t *bytes = arg;

	while (*line++)
		(*bytes)++;
}

static void trigger(struct actor *a)
{
	struct world *w = a->w;
	struct entry *e = &w->device[pick(w, WORLD_DEVICES - 1)].entry[pick(w, WORLD_ENTRIES)];
	umsi_irq irq = e->irq;

	if (!irq || !e->requested)
		return;
	actor_says(a, "triggers %s[%u]", e->on, e->index);
	e->trigger_owed = true;
	if (umsi_irq_trigger(w->umsi, irq) != UMSI_OK || e->irq != irq || !e->requested)
		e->trigger_owed = false;
}

/* An interrupt of the device that comes and goes, freed by somebody else, perhaps while it goes. */
uint32_t free_shared(struct world *w, struct entry *e)
{
	umsi_irq irq = e->irq;
	int status;

	if (!irq)
		return 0;
	mach_entry_live(e->pci, e->index, false);
	overlap_begin(w, OVERLAP_FREE);
	status = umsi_irq_free(w->umsi, irq);
	overlap_end(w, OVERLAP_FREE);
	MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ENOENT, "I-API", "free: %s",
		   umsi_status_text(status));
	/* A request that ran beside this free may have called it live again. */
	if (status == UMSI_OK && e->irq == irq) {
		mach_entry_live(e->pci, e->index, false);
		entry_end_life(e);
	}
	return status == UMSI_OK;
}

static void free_foreign(struct actor *a)
{
	struct world *w = a->w;
	struct device *d = &w->device[WORLD_DEVICES - 1];
	struct entry *e = &d->entry[pick(w, WORLD_ENTRIES)];

	if (e->irq)
		actor_says(a, "frees %s[%u], which is not its own", e->on, e->index);
	free_shared(w, e);
}

static void misuse(struct world *w)
{
	static const umsi_irq wrong[] = { 0, 1, UINT64_MAX, UINT32_MAX, 0x7fffffff,
					  (umsi_irq)2 << 32, UINT64_C(1) << 63 | 3 };
	umsi_irq irq = wrong[pick(w, sizeof(wrong) / sizeof(wrong[0]))];
	struct umsi_irq_stats st;

	MACH_CHECK(w->m, umsi_irq_trigger(w->umsi, irq) == UMSI_ENOENT &&
		   umsi_irq_free(w->umsi, irq) == UMSI_ENOENT &&
		   umsi_irq_disable(w->umsi, irq) == UMSI_ENOENT &&
		   umsi_irq_stats_read(w->umsi, irq, &st) == UMSI_ENOENT, "I-API",
		   "a wrong handle was accepted");
}

void actor_toucher(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;
	uint64_t bytes = 0;
	uint32_t index;

	actor_begin(a);
	while (actor_next(a)) {
		/* Of the others only their owners may: a done must not outlive its request. */
		say_done(w, &w->device[WORLD_DEVICES - 1].entry[pick(w, WORLD_ENTRIES)]);
		switch (pick(w, 8)) {
		case 0:
			misuse(w);
			break;
		case 1:
			if (!pick(w, 8))
				umsi_dump(w->umsi, read_line, &bytes);
			break;
		case 2:
			umsi_irq_index(w->umsi, any_irq(w), &index);
			break;
		case 3:
			umsi_irq_synchronize(w->umsi, any_irq(w));
			break;
		case 4:
			if (w->plan.strays) {
				actor_says(a, "lets a message come from nowhere");
				w->isa->stray(w, pick(w, w->plan.ncpus));
			}
			break;
		case 5:
			free_foreign(a);
			break;
		default:
			trigger(a);
			break;
		}
		mach_delay(w->m, pick(w, 60));
	}
}

/* ---- The device that comes and goes, with everything on it ---- */

/* Somebody else may free it at any moment. */
static void request_shared(struct world *w, struct entry *e)
{
	bool maskless = w->device[WORLD_DEVICES - 1].plain && !w->plan.plain_maskable;
	umsi_irq irq = e->irq;
	int status;

	/* What a maskless function sends before the request is nobody's; a mask keeps it for later. */
	mach_entry_live(e->pci, e->index, !maskless);
	status = umsi_irq_request(w->umsi, irq, world_handler, e, "shared");
	if (status != UMSI_ENOENT)
		check_status(w, status, "request");
	if (status) {
		mach_entry_live(e->pci, e->index, false);
		e->later = false;
	}
	if (maskless && !status)
		mach_entry_live(e->pci, e->index, true);
	if (e->irq == irq)
		e->requested = status == UMSI_OK;
	else
		mach_entry_live(e->pci, e->index, false);
}

/* All indices of a block at once; some stay without a handler. */
static void fill_plain(struct world *w, struct device *d)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	uint32_t n = umsi_table_size(d->table);
	umsi_irq irq[WORLD_ENTRIES];
	uint64_t bits;
	int status;

	at.affinity = any_affinity(w, &bits);
	overlap_begin(w, OVERLAP_ALLOCATE);
	status = n > 1 ? umsi_irq_alloc_block(d->table, &at, n, irq)
		       : umsi_irq_alloc(d->table, &at, &irq[0]);
	overlap_end_of(w, OVERLAP_ALLOCATE, status);
	check_status(w, status, "alloc block");
	for (uint32_t i = 0; i < n && !status; i++)
		entry_begin_life(&d->entry[i], irq[i]);
	for (uint32_t i = 0; i < n && !status; i++)
		if (pick(w, 8) && d->entry[i].irq == irq[i])
			request_shared(w, &d->entry[i]);
}

static void fill_device(struct world *w, struct device *d)
{
	uint32_t n = 1 + pick(w, 6);

	for (uint32_t i = 0; i < n; i++) {
		struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
		umsi_irq irq;
		uint32_t index;
		int status = umsi_irq_alloc(d->table, &at, &irq);

		check_status(w, status, "alloc");
		if (status || umsi_irq_index(w->umsi, irq, &index))
			continue;
		entry_begin_life(&d->entry[index], irq);
		request_shared(w, &d->entry[index]);
	}
}

static void empty_device(struct world *w, struct device *d)
{
	struct umsi_device *dev = d->dev;

	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		mach_entry_live(d->pci, i, false);
	d->table = NULL;
	d->dev = NULL;
	books_table(w, WORLD_DEVICES - 1, NULL);
	overlap_begin(w, OVERLAP_REMOVE);
	MACH_CHECK(w->m, umsi_device_remove(dev) == UMSI_OK, "I-API", "remove");
	overlap_end(w, OVERLAP_REMOVE);
	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		if (d->entry[i].irq)
			entry_end_life(&d->entry[i]);
}

/* Later events would hide that one was lost, so the shooting stops now and then until all is handled. */
static bool any_owed(const struct device *d)
{
	for (uint32_t i = 0; i < WORLD_ENTRIES; i++)
		if (mach_entry_owed(d->pci, i) && !d->entry[i].later)
			return true;
	return false;
}

static void hold_fire(struct world *w, struct device *d)
{
	for (uint32_t turn = 0; any_owed(d); turn++) {
		MACH_CHECK(w->m, turn < 4000, "I-CONS", "an event of plain MSI was not handled in time");
		umsi_host_relax(w->m);	/* who put it to sleep may live on this CPU */
		mach_delay(w->m, 20);
	}
}

/* Moves begin while messages are being composed: that is when words can be mixed. */
static void fire(struct actor *self, struct device *d)
{
	struct world *w = self->w;
	uint32_t n = umsi_table_size(d->table);
	uint64_t bits;
	struct umsi_affinity a = any_affinity(w, &bits);
	umsi_irq irq = d->entry[pick(w, n)].irq;
	umsi_cpu was;

	for (uint32_t burst = pick(w, 4); burst; burst--)
		mach_pci_raise(d->pci, pick(w, n));
	if (irq && pick(w, 3)) {
		say_where(self, "moves", w, irq, &a);
		was = umsi_irq_effective_cpu(w->umsi, irq);
		overlap_begin(w, OVERLAP_MOVE);
		umsi_irq_set_affinity(w->umsi, irq, &a);
		overlap_end(w, OVERLAP_MOVE);
		w->unmasked[mach_pci_sampling(d->pci) - MACH_SAMPLE_TOGETHER] +=
			!w->plan.plain_maskable && umsi_irq_effective_cpu(w->umsi, irq) != was;
	}
	if (!pick(w, 4))
		hold_fire(w, d);
}

static void arrive(struct actor *a, struct device *d)
{
	struct world *w = a->w;
	int status;

	if (w->plan.lies && !pick(w, 4))
		hostile_pretend(w, d);
	status = device_up(w, d, WORLD_DEVICES - 1);
	check_status(w, status, "device");
	if (status)
		return;
	actor_says(a, "lets guest0 come%s", d->plain ? ", with plain MSI" : "");
	if (d->plain)
		fill_plain(w, d);
	else
		fill_device(w, d);
}

static void raise_one(struct actor *a, struct device *d)
{
	struct world *w = a->w;

	mach_pci_raise(d->pci, pick(w, WORLD_ENTRIES));
	if (!pick(w, 8))
		mach_delay(w->m, pick(w, 200));
}

static void leave(struct actor *a, struct device *d)
{
	struct world *w = a->w;

	actor_says(a, "lets guest0 go");
	empty_device(w, d);
	mach_delay(w->m, pick(w, 300));
}

void actor_remover(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;
	struct device *d = &w->device[WORLD_DEVICES - 1];

	actor_begin(a);
	while (actor_next(a)) {
		if (!d->dev)
			arrive(a, d);
		else if (!pick(w, d->plain ? 40 : 8))
			leave(a, d);
		else if (d->plain)
			fire(a, d);
		else
			raise_one(a, d);
	}
	if (d->dev)
		empty_device(w, d);
}

/* ---- IPIs with a payload in memory ---- */

void actor_ipi(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		umsi_cpu to = pick(w, w->plan.ncpus);
		int status;

		if (w->going >> to & 1) {
			mach_delay(w->m, 50);
			continue;
		}
		actor_says(a, "sends cpu%u an IPI", to);
		umsi_hosted_store(&w->ipi_word[to], 8, ++w->ipi_sent[to], UMSI_HOSTED_RELAXED);
		status = w->isa->ipi_send(w, to);
		/* It was told that its CPU goes, and was kept from running until after. */
		if ((status == UMSI_ENOCPU || status == UMSI_OK) && w->going >> to & 1)
			w->ipi_late |= 1u << to;
		else
			MACH_CHECK(w->m, status == UMSI_OK, "I-API", "ipi: %s", umsi_status_text(status));
		mach_delay(w->m, pick(w, 250));
	}
}

/* ---- The end: said done wherever it is owed ---- */

void world_close(void *arg)
{
	struct world *w = arg;
	bool any;

	mach_sync(w->m);
	do {
		any = false;
		for (uint32_t i = 0; i < WORLD_DEVICES; i++)
			for (uint32_t j = 0; j < WORLD_ENTRIES; j++)
				any |= say_done(w, &w->device[i].entry[j]);
		mach_delay(w->m, 200);
	} while (any);
}
