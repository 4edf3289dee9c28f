/* SPDX-License-Identifier: MIT */
/* Interrupts that come, move, fire and go, of tables that stay. */
#include "system.h"

bool system_check(struct bench *b, int status, const char *what)
{
	if (status != UMSI_OK)
		mach_violate(b->m, "STATUS", "%s: %d", what, status);
	return status == UMSI_OK;
}

bool system_check_of(struct part *p, int status, const char *what)
{
	if (p->revoked && (status == UMSI_ENOENT || status == UMSI_ESTATE))
		return false;
	if (p->bench->memory_fails && status == UMSI_ENOMEM)
		return false;
	return system_check(p->bench, status, what);
}

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

static void request(struct line *l, umsi_irq irq)
{
	struct bench *b = l->b;
	struct part *p = l->part;
	int status;

	l->entry = p->first_entry + l->index;
	if (p->pci)
		mach_entry_reborn(p->pci, l->entry);
	status = umsi_irq_request(b->umsi, irq, p->wires ? wire_handler : handler, l, b->system->name);
	if (!system_check_of(p, status, "umsi_irq_request")) {
		system_check_of(p, umsi_irq_free(b->umsi, irq), "umsi_irq_free");
		return;
	}
	l->irq = irq;
	if (p->pci && !p->revoked)
		mach_entry_live(p->pci, l->entry, true);
}

static bool is_full(int status)
{
	return status == UMSI_ENOSLOT || status == UMSI_ENOINDEX;
}

/* One message for all: the first line asks for all of them. */
static void open_block(struct line *l)
{
	struct part *p = l->part;
	struct umsi_irq_request_at at = { .first = 0, .last = UMSI_INDEX_LAST };
	umsi_irq irq[32];
	int status;

	if (l != &l->b->line[p->first_line])
		return;
	status = umsi_irq_alloc_block(p->table, &at, p->block, irq);
	if (is_full(status) || !system_check_of(p, status, "umsi_irq_alloc_block"))
		return;
	for (uint32_t i = 0; i < p->block; i++) {
		l[i].index = i;
		request(&l[i], irq[i]);
	}
}

/* The cookie is what its owner is called: a PASID, a queue handle. */
void system_open(struct line *l)
{
	struct part *p = l->part;
	struct umsi_irq_request_at at = {
		.first = l->exact ? l->index : p->wired, .last = l->exact ? l->index : UMSI_INDEX_LAST,
		.cookie = 0x1000 + (uint64_t)(l - l->b->line),
	};
	umsi_irq irq;
	int status;

	if (p->block) {
		open_block(l);
		return;
	}
	if (p->wires)
		at.trigger = (uint8_t)p->wires->trigger(l);
	status = umsi_irq_alloc(p->table, &at, &irq);
	if (is_full(status) || !system_check_of(p, status, "umsi_irq_alloc"))
		return;
	if (system_check_of(p, umsi_irq_index(l->b->umsi, irq, &l->index), "umsi_irq_index"))
		request(l, irq);
}

void system_ended(struct line *l)
{
	l->irq = UMSI_IRQ_NONE;
	if (!l->part->wires)
		return;
	l->seen = l->raised;
	if (l->part->wires->answer)
		l->part->wires->answer(l);
}

/* An index that anybody may have is somebody's again at once: only an exact one is known to be free. */
void system_close(struct line *l)
{
	struct part *p = l->part;
	int status;

	if (p->pci)
		mach_entry_live(p->pci, l->entry, false);
	status = umsi_irq_free(l->b->umsi, l->irq);
	if (system_check_of(p, status, "umsi_irq_free") && p->pci && (l->exact || p->block))
		mach_entry_freed(p->pci, l->entry);
	system_ended(l);
}

void system_move(struct line *l)
{
	struct bench *b = l->b;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(b->m, b->ncpus) };
	int status = umsi_irq_set_affinity(b->umsi, l->irq, &to);

	bool pending;

	if (status != UMSI_EAGAIN && status != UMSI_ENOSLOT)
		system_check_of(l->part, status, "umsi_irq_set_affinity");
	if (!mach_random(b->m, 8))
		system_check_of(l->part, umsi_irq_pending(b->umsi, l->irq, &pending), "umsi_irq_pending");
}

void system_raise(struct line *l)
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
			system_raise(&b->line[i]);
}

void system_work(struct worker *w)
{
	struct bench *b = w->b;
	uint32_t own = (b->lines - w->number + SYSTEM_WORKERS - 1) / SYSTEM_WORKERS;

	for (uint32_t turn = 0; own && turn < b->turns; turn++) {
		struct line *l = &b->line[w->number + SYSTEM_WORKERS * mach_random(b->m, own)];

		if (!l->irq)
			system_open(l);
		else if (!mach_random(b->m, 12))
			system_close(l);
		else
			system_move(l);
		fire(w);
	}
}
