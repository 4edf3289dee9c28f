/* SPDX-License-Identifier: MIT */
/* Devices that mean ill: messages in others' names, capabilities that lie. */
#include "world.h"

/*
 * The message of some entry, as it stands or with a word of another's, in some device's name. A
 * translator lets through what it cannot tell from the real one: a handler is called for nothing.
 */
static void forge(struct world *w)
{
	const struct device *d = &w->device[mach_random(w->m, WORLD_DEVICES)];
	const struct device *from = &w->device[mach_random(w->m, WORLD_DEVICES)];
	uint32_t n = (uint32_t)mach_random(w->m, WORLD_ENTRIES);
	uint64_t address = mach_pci_table(d->pci, n, 0) | (uint64_t)mach_pci_table(d->pci, n, 1) << 32;

	mach_forge(w->m, from->fn.requester_id, address, mach_pci_table(d->pci, n, 2) + (uint32_t)mach_random(w->m, 2));
}

void actor_forger(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		mach_delay(w->m, mach_random(w->m, 80));
		actor_says(a, "sends in another's name");
		forge(w);
	}
}

/* Where the capability's second and third words are, and what is wrong with them. */
static const struct lie {
	uint16_t at;
	uint32_t value;
} lies[] = {
	{ 0x74, 0x00000005 },		/* table in a BAR that is not there */
	{ 0x74, 0x7ffffff0 },		/* past the end of its BAR */
	{ 0x78, 0x00000000 },		/* pending bits on the table: registers beside it would be written */
	{ 0x78, 0x00000007 },		/* a reserved BIR */
};

void hostile_pretend(struct world *w, struct device *d)
{
	const struct lie *lie = &lies[mach_random(w->m, sizeof(lies) / sizeof(lies[0]))];
	struct umsi_device_config c = { .name = "liar", .requester_id = d->fn.requester_id, .parent = w->messages };
	uint32_t found = mach_pci_peek(d->pci, lie->at, 4);
	uint64_t writes = mach_pci_writes(d->pci);
	struct umsi_device *dev;
	struct umsi_table *table;
	int status;

	if (umsi_device_add(w->umsi, &c, &dev) != UMSI_OK)
		return;
	mach_pci_poke(d->pci, lie->at, 4, lie->value);
	status = umsi_pci_msix_create(dev, &d->fn, &table);
	MACH_CHECK(w->m, status == UMSI_ECAP_BIR || status == UMSI_ECAP_BAR || status == UMSI_ECAP_TABLE ||
		   status == UMSI_ECAP_PBA || status == UMSI_ECAP_OVERLAP, "I-API", "a capability that lies: %s",
		   umsi_status_text(status));
	MACH_CHECK(w->m, mach_pci_writes(d->pci) == writes, "I-API", "a function that lies was written to");
	mach_pci_poke(d->pci, lie->at, 4, found);
	umsi_device_remove(dev);
}
