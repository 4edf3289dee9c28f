/* SPDX-License-Identifier: MIT */
/* Threads beside the work: an owner who revokes, a function that sends what is not its own. */
#include <umsi/host.h>
#include <umsi/vtd.h>

#include "system.h"

/* Others of this CPU may run meanwhile. */
static void pause_for(struct bench *b, uint64_t steps)
{
	mach_delay(b->m, 1 + mach_random(b->m, steps));
	umsi_host_relax(b->m);
}

/* ---- The owner of logical functions ---- */

struct choice {
	struct bench *b;
	umsi_function function[SYSTEM_PARTS];
	uint32_t n;
};

static struct part *part_of(struct bench *b, umsi_function function)
{
	for (uint32_t i = 0; i < b->parts; i++)
		if (b->part[i].function == function)
			return &b->part[i];
	return NULL;
}

static void note(void *arg, const struct umsi_function_info *info)
{
	struct choice *c = arg;
	struct part *p = part_of(c->b, info->function);

	if (c->n < SYSTEM_PARTS)
		c->function[c->n++] = info->function;
	if (info->revoked && p && !p->pinned && (info->tables || info->irqs))
		mach_violate(c->b->m, "REVOKE", "a function that was revoked has %u tables, %u interrupts",
			     info->tables, info->irqs);
}

static void revoke(struct bench *b, struct part *p)
{
	int status;

	p->pinned = p->revoked = true;
	for (uint32_t i = 0; i < p->entries; i++)
		mach_entry_live(p->pci, p->first_entry + i, false);
	status = umsi_device_revoke(b->dev[0], p->function);
	/* Its user may have removed it first. */
	if (status != UMSI_ENOENT && system_check(b, status, "umsi_device_revoke")) {
		b->revoked++;
		for (uint32_t i = 0; i < p->entries; i++)
			mach_entry_freed(p->pci, p->first_entry + i);
	}
	p->pinned = false;
}

void system_owner(struct bench *b)
{
	while (b->working) {
		struct choice c = { .b = b };
		struct part *p;

		pause_for(b, 1000);
		if (umsi_device_functions(b->dev[0], note, &c) <= 0)
			continue;
		p = part_of(b, c.function[mach_random(b->m, c.n)]);
		if (p && !p->revoked)
			revoke(b, p);
	}
}

/* ---- Somebody else ---- */

static void take_faults(struct bench *b)
{
	struct umsi_vtd_fault fault;

	while (b->vtd && umsi_vtd_fault_take(b->parent, &fault) == UMSI_OK)
		MACH_CHECK(b->m, fault.requester_id == SYSTEM_INTRUDER, "REQUESTER", "the unit blocked a message of %x: %s",
			   fault.requester_id, fault.what);
}

static void set_still(struct bench *b, bool still)
{
	if (b->vtd)
		mach_vtd_stall(b->vtd, still);
	else if (b->amd)
		mach_amd_vi_stall(b->amd, still);
	else
		mach_its_deaf(b->its, still);
}

/* The translator stands still, shorter than anybody's patience: nobody else has this CPU meanwhile. */
static void stand_still(struct bench *b)
{
	mach_irq_off(b->m);
	set_still(b, true);
	mach_delay(b->m, 1 + mach_random(b->m, 1000));
	set_still(b, false);
	mach_irq_on(b->m);
	b->faults++;
}

void system_intruder(struct bench *b)
{
	while (b->working) {
		struct line *l = &b->line[mach_random(b->m, b->lines)];
		uint64_t address;

		pause_for(b, 300);
		if (!mach_random(b->m, 50))
			stand_still(b);
		if (!l->irq || !l->part->pci)
			continue;
		address = mach_pci_table(l->part->pci, l->entry, 0) |
			  (uint64_t)mach_pci_table(l->part->pci, l->entry, 1) << 32;
		mach_pci_intrude(b->intruder, address, mach_pci_table(l->part->pci, l->entry, 2));
		b->intrusions++;
		take_faults(b);
	}
}
