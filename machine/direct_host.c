/* SPDX-License-Identifier: MIT */
#include "direct_host.h"
#include "inside.h"

/*
 * A configuration request is not posted and does not pass the writes before
 * it. About messages of the function nothing is promised, but see config_flush().
 */
static struct mach_pci *reach(struct mach *m, uint32_t requester_id)
{
	struct mach_pci *d = mach_pci_find(m, requester_id);

	mach_step(m);
	if (!d || d->removed)
		return NULL;
	mach_store_target_now(m, m->cpu, MACH_CPUS_MAX + d->index);
	mach_bus_apply_all(m, d);
	return d;
}

/*
 * The registers of plain MSI are in configuration space: for their sake a read
 * is a flush like any other read of the function.
 */
static void config_flush(struct mach *m, struct mach_pci *d)
{
	if (!d->config.msi.present)
		return;
	mach_stall(m, m->chaos.slow_read);
	if (!d->removed && !mach_pci_is_deaf(d))
		mach_flush_note(m, m->cpu, d);
}

/* A message goes where memory that a fence ordered before it can be seen; see bus.c, check_published(). */
static void config_message(struct mach *m, struct mach_pci *d, uint16_t offset, uint32_t value)
{
	if (!mach_msi_aims(d, offset, value))
		return;
	if (m->running && m->cpu->published)
		mach_violate(m, "ORD", "message written to a function, no fence behind the release store or unlock before it");
	mach_store_fenced(m, m->cpu);
}

uint32_t mach_config_read(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	struct mach_pci *d = reach(m, requester_id);
	uint32_t ones = width >= 4 ? UINT32_MAX : (UINT32_C(1) << 8 * width) - 1;
	uint32_t value = ones;

	if (d)
		config_flush(m, d);
	if (d && !d->removed && !mach_pci_is_deaf(d))
		value = mach_pci_config_read(d, offset, width);

	mach_trace(m, "config read % = %", offset, value);
	return value;
}

void mach_config_write(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width,
		       uint32_t value)
{
	struct mach_pci *d = reach(m, requester_id);

	mach_trace(m, "config write % := %", offset, value);
	if (!d)
		return;
	config_message(m, d, offset, value);
	mach_pci_config_write(d, offset, width, value);
}

uint64_t mach_time_ns(struct mach *m)
{
	mach_step(m);
	return m->step * m->config.ns_per_step + (uint64_t)m->config.skew_ns * m->cpu->number / m->ncpus;
}
