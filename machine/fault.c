/* SPDX-License-Identifier: MIT */
/* Faults on order: each is a property of the model that it befalls, at a step or at the n-th of something. */
#include "inside.h"

void mach_pci_stall(struct mach_pci *d, uint64_t after_steps, uint64_t steps)
{
	d->stall_from = d->m->step + after_steps;
	d->stall_until = d->stall_from + steps;
}

bool mach_pci_is_stalled(const struct mach_pci *d)
{
	return d->m->step >= d->stall_from && d->m->step < d->stall_until;
}

void mach_pci_deafen(struct mach_pci *d, uint64_t after_steps, uint64_t steps)
{
	d->deaf_from = d->m->step + after_steps;
	d->deaf_until = d->deaf_from + steps;
}

bool mach_pci_is_deaf(const struct mach_pci *d)
{
	return d->m->step >= d->deaf_from && d->m->step < d->deaf_until;
}

void mach_pci_tear(struct mach_pci *d, uint64_t nth, uint64_t steps)
{
	d->torn_number = d->builds + nth;
	d->torn_steps = steps;
}

/* How much later the next word of the message under way is read. */
uint64_t mach_pci_torn_by(const struct mach_pci *d)
{
	return d->build.active && d->build.number == d->torn_number ? d->torn_steps : 0;
}

void mach_pci_storm(struct mach_pci *d, uint64_t after_steps, uint64_t events)
{
	d->storm_due = events ? d->m->step + 1 + after_steps : NEVER;
	d->storm_left = events;
	mach_pci_wake(d, d->storm_due);
}

/* One entry, the first that is live, at every step. */
void mach_pci_storm_on(struct mach_pci *d)
{
	uint32_t n = 0;

	if (d->storm_due > d->m->step)
		return;
	while (n < d->entries && !d->entry[n].live)
		n++;
	if (n < d->entries)
		mach_entry_raise(d, n);
	d->storm_due = --d->storm_left ? d->m->step + 1 : NEVER;
}

void mach_queues_stall(struct mach *m, uint64_t after_steps, uint64_t steps)
{
	m->queues_from = m->step + after_steps;
	m->queues_until = m->queues_from + steps;
}

bool mach_queues_stand(const struct mach *m)
{
	return m->running && m->step >= m->queues_from && m->step < m->queues_until;
}

void mach_slow_write(struct mach *m, uint64_t nth, uint64_t steps)
{
	m->slow_write_in = nth;
	m->slow_write_steps = steps;
}

/* How much longer this write to a function travels. */
uint64_t mach_write_delay(struct mach *m)
{
	if (!m->slow_write_in || --m->slow_write_in)
		return 0;
	mach_trace(m, "a write takes % steps", m->slow_write_steps, 0);
	mach_say(m, "has its write delayed by %llu steps", (unsigned long long)m->slow_write_steps);
	return m->slow_write_steps;
}
