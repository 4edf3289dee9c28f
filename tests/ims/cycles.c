/* SPDX-License-Identifier: MIT */
/* Tables that come and go: create, allocate, fire, move, free, destroy. */
#include <umsi/host.h>

#include "system.h"

static void fire(struct bench *b, struct part *p)
{
	for (uint32_t i = p->first_line; i < p->first_line + p->lines; i++)
		if (b->line[i].irq)
			system_raise(&b->line[i]);
}

static void use(struct bench *b, struct part *p, bool first)
{
	for (uint32_t i = p->first_line; i < p->first_line + p->lines; i++) {
		if (!b->line[i].irq)
			system_open(&b->line[i]);
		fire(b, p);
		if (b->line[i].irq)
			system_move(&b->line[i]);
		fire(b, p);
	}
	if (first)
		system_show(b);
}

/* What is still open goes with the table, or the device. */
static void leave_some(struct bench *b, struct part *p)
{
	for (uint32_t i = p->first_line; i < p->first_line + p->lines; i++) {
		struct line *l = &b->line[i];

		if (l->irq && mach_random(b->m, 2))
			system_close(l);
		else if (l->irq && p->pci)
			mach_entry_live(p->pci, l->entry, false);
	}
}

static void forget(struct bench *b, struct part *p)
{
	for (uint32_t i = p->first_line; i < p->first_line + p->lines; i++)
		if (b->line[i].irq)
			system_ended(&b->line[i]);
	for (uint32_t i = 0; p->pci && i < p->entries; i++)
		mach_entry_freed(p->pci, p->first_entry + i);
}

/* ---- Many stores on one device ---- */

static struct part *idle_part(struct bench *b)
{
	uint32_t from = (uint32_t)mach_random(b->m, b->parts);

	for (uint32_t i = 0; i < b->parts; i++) {
		struct part *p = &b->part[(from + i) % b->parts];

		if (!p->busy)
			return p;
	}
	return NULL;
}

static void one_cycle(struct bench *b, struct part *p, bool first)
{
	if (!system_check_of(p, p->make(b, p), "a table is created"))
		return;
	if (++b->at_once > b->most_at_once)
		b->most_at_once = b->at_once;
	use(b, p, first);
	leave_some(b, p);
	system_check(b, umsi_table_destroy(p->table), "umsi_table_destroy");
	b->at_once--;
	forget(b, p);
	b->cycles++;
}

void system_churn(struct worker *w)
{
	struct bench *b = w->b;

	for (uint32_t turn = 0; turn < b->turns; turn++) {
		struct part *p = idle_part(b);

		if (!p)
			continue;
		p->busy = true;
		one_cycle(b, p, !turn);
		p->busy = false;
	}
}

/* ---- Logical functions, which may be revoked at any moment ---- */

static void one_life(struct bench *b, struct part *p, uint32_t number, bool first)
{
	struct umsi_device_config c = { .name = (const char *const[]){ "f0", "f1", "f2", "f3" }[number], .owner = b->dev[0] };

	p->revoked = false;
	if (!system_check_of(p, umsi_device_add(b->umsi, &c, &p->dev), "a function is added"))
		return;
	p->function = umsi_device_function(p->dev);
	if (system_check_of(p, p->make(b, p), "its table is created")) {
		use(b, p, first);
		leave_some(b, p);
		if (mach_random(b->m, 2))
			system_check_of(p, umsi_table_destroy(p->table), "umsi_table_destroy");
	}
	system_check(b, umsi_device_remove(p->dev), "a function is removed");
	p->function = 0;
	forget(b, p);
	b->cycles++;
	/* Its owner still writes down what became of the last one. */
	while (p->pinned)
		umsi_host_relax(b->m);
}

/* Part 0 is the physical function's. */
void system_functions(struct worker *w)
{
	struct bench *b = w->b;

	for (uint32_t turn = 0; w->number < b->parts && turn < b->turns / 4; turn++) {
		if (w->number)
			one_life(b, &b->part[w->number], w->number, !turn);
		else
			one_cycle(b, &b->part[0], !turn);
	}
}
