/* SPDX-License-Identifier: MIT */
/* Who must be called, who must not: events, claims and handlers seen from outside. */
#include "inside.h"

bool mach_entry_raise(struct mach_pci *d, uint32_t entry)
{
	struct entry *e = &d->entry[entry];

	if (d->removed || !mach_message_on(d, entry))
		return false;
	e->raised++;
	e->owed = e->live;
	mach_trace(d->m, "event % of entry %", e->raised, entry);
	if (mach_message_is_masked(d, entry) || !mach_pci_master_on(d))
		e->pending = true;
	else
		mach_message_want(d, entry);
	mach_tell_raised(d, entry);
	return true;
}

bool mach_pci_raise(struct mach_pci *d, uint32_t entry)
{
	mach_step(d->m);
	return mach_entry_raise(d, entry);
}

void mach_entry_live(struct mach_pci *d, uint32_t entry, bool live)
{
	d->entry[entry].live = live;
	if (!live)
		d->entry[entry].owed = false;
}

void mach_entry_freed(struct mach_pci *d, uint32_t entry)
{
	struct entry *e = &d->entry[entry];

	mach_trace(d->m, "entry % freed", entry, 0);
	if (e->running)
		mach_violate(d->m, "I-SPUR", "free of entry %u of %x returned while its handler runs on cpu%u",
			     entry, d->config.requester_id, e->running - 1);
	e->freed = true;
	e->live = e->owed = false;
}

void mach_entry_reborn(struct mach_pci *d, uint32_t entry)
{
	d->entry[entry].freed = false;
}

bool mach_entry_owed(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].owed;
}

uint64_t mach_entry_handled(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].handled;
}

bool mach_entry_running(const struct mach_pci *d, uint32_t entry)
{
	return d->entry[entry].running;
}

void mach_owner_claimed(struct mach *m, struct cpu *c, const struct covers *covers)
{
	mach_tell_claimed(m, covers);
	c->claimed = *covers;
}

/* The claim just before stood for messages of others, and only of others. */
static bool foreign(const struct cpu *c, const struct mach_pci *d, uint32_t entry)
{
	for (uint32_t i = 0; i < c->claimed.n; i++)
		if (c->claimed.by[i].device == d && c->claimed.by[i].entry == entry)
			return false;
	return c->claimed.n;
}

static void check_route(struct mach *m, struct cpu *c, struct mach_pci *d, uint32_t entry)
{
	const struct cover *by = &c->claimed.by[0];

	if (!foreign(c, d, entry) || !by->device->entry[by->entry].live)
		return;
	mach_trace(m, "suspect: claim was for entry %, handler of % begins", by->entry, entry);
	if (m->config.strict_route)
		mach_violate(m, "I-ROUTE", "a message of entry %u of %x was claimed, and entry %u of %x is called",
			     by->entry, by->device->config.requester_id, entry, d->config.requester_id);
}

void mach_handler_begin(struct mach_pci *d, uint32_t entry)
{
	struct mach *m = d->m;
	struct cpu *c = m->cpu;
	struct entry *e = &d->entry[entry];
	char name[32];

	mach_step(m);
	mach_trace(m, "handler of entry % begins", entry, 0);
	mach_say(m, "handler of %s begins", mach_entry_name(d, entry, name));
	if (e->freed)
		mach_violate(m, "I-SPUR", "handler of entry %u of %x begins after its free returned",
			     entry, d->config.requester_id);
	if (!c->up)
		mach_violate(m, "I-SPUR", "handler of entry %u of %x begins on cpu%u, which is down",
			     entry, d->config.requester_id, c->number);
	if (e->running)
		mach_violate(m, "I-SPUR", "handler of entry %u of %x begins on cpu%u and runs on cpu%u",
			     entry, d->config.requester_id, c->number, e->running - 1);
	check_route(m, c, d, entry);
	c->claimed.n = 0;
	e->running = c->number + 1;
	e->handled++;
	e->owed = false;
}

void mach_handler_end(struct mach_pci *d, uint32_t entry)
{
	mach_step(d->m);
	mach_trace(d->m, "handler of entry % ends", entry, 0);
	d->entry[entry].running = 0;
}

static void check_entries(struct mach *m, const struct mach_pci *d)
{
	for (uint32_t i = 0; i < d->entries && !d->removed; i++) {
		const struct entry *e = &d->entry[i];

		if (e->owed)
			mach_violate(m, "I-CONS", "event %llu of entry %u of %x was never handled%s",
				     (unsigned long long)e->raised, i, d->config.requester_id,
				     e->pending ? " (pending behind a mask)" : "");
		if (e->running)
			mach_violate(m, "I-PROG", "handler of entry %u of %x never ended",
				     i, d->config.requester_id);
	}
}

bool mach_check_quiet(struct mach *m)
{
	for (uint32_t i = 0; i < m->npci; i++)
		check_entries(m, m->pci[i]);
	for (uint32_t i = 0; i < m->ncpus; i++)
		if (m->cpus[i].nheld)
			mach_violate(m, "I-LOCK", "cpu%u holds a lock at the end", i);
	return !m->violated;
}
