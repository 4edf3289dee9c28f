/* SPDX-License-Identifier: MIT */
#include "direct_host.h"
#include "inside.h"

/*
 * A configuration request is not posted and does not pass the writes before
 * it, but nothing is promised about messages of the function.
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

uint32_t mach_config_read(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width)
{
	struct mach_pci *d = reach(m, requester_id);
	uint32_t ones = width >= 4 ? UINT32_MAX : (UINT32_C(1) << 8 * width) - 1;
	uint32_t value = d ? mach_pci_config_read(d, offset, width) : ones;

	mach_trace(m, "config read % = %", offset, value);
	return value;
}

void mach_config_write(struct mach *m, uint32_t requester_id, uint16_t offset, unsigned int width,
		       uint32_t value)
{
	struct mach_pci *d = reach(m, requester_id);

	mach_trace(m, "config write % := %", offset, value);
	if (d)
		mach_pci_config_write(d, offset, width, value);
}

uint64_t mach_time_ns(struct mach *m)
{
	mach_step(m);
	return m->step * m->config.ns_per_step;
}
