/* SPDX-License-Identifier: MIT */
/* The systems: which devices, which tables, which interrupts. */
#include <string.h>

#include "examples/ims/ims.h"
#include "system.h"

#define FUNCTION	0x100u		/* requester id */

static int build_table(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .ims = { .kind = MACH_IMS_TABLE, .count = 24 } };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0), 8);

	system_lines(b, p, 0, 20);
	return accel_create(dev, b->m, mach_ims_phys(pci), 24, &p->table);
}

static int build_queues(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .ims = { .kind = MACH_IMS_QUEUES, .count = 16 } };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "nic0", &pci);
	struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0), 0);

	system_lines(b, p, 0, 16);
	return nic_create(dev, b->m, mach_ims_phys(pci), 16, &p->table);
}

static int build_timers(struct bench *b)
{
	for (uint32_t i = 0; i < SYSTEM_PARTS; i++) {
		struct mach_pci_config config = { .requester_id = FUNCTION + i, .ims = { .kind = MACH_IMS_TIMER } };
		struct mach_pci *pci;
		struct umsi_device *dev = system_device(b, &config, "timer", &pci);
		struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0), 1);
		int status = timer_create(dev, b->m, mach_ims_phys(pci), &p->table);

		if (status)
			return status;
		system_lines(b, p, 0, 1);
	}
	return UMSI_OK;
}

static int build_beside(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8, .ims = { .kind = MACH_IMS_TABLE, .count = 16 },
	};
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *msix = system_part(b, pci, dev, 0, 1);
	struct part *ims = system_part(b, pci, dev, mach_ims_entry(pci, 0), 4);
	int status = system_msix(b, msix);

	system_lines(b, msix, 0, 7);
	system_lines(b, ims, 0, 14);
	return status ? status : accel_create(dev, b->m, mach_ims_phys(pci), 16, &ims->table);
}

static const struct system systems[] = {
	{ .name = "ims-table", .text = "an accelerator with a table of slots; some are hardwired", .build = build_table,
	  .path = "accelerator slot -> IMSIC file of a hart -> hart" },
	{ .name = "ims-queue", .text = "a NIC that keeps messages in its queues' contexts in memory", .build = build_queues,
	  .path = "queue context in memory -> the NIC's copy -> IMSIC file of a hart -> hart" },
	{ .name = "ims-timer", .text = "timers with one message register set each, no mask", .build = build_timers,
	  .path = "timer register set -> IMSIC file of a hart -> hart" },
	{ .name = "msix-plus-ims", .text = "MSI-X and a table of slots on one function", .build = build_beside,
	  .path = "MSI-X entry or slot of one function -> IMSIC file of a hart -> hart" },
};

const struct system *system_at(size_t n)
{
	return n < sizeof(systems) / sizeof(systems[0]) ? &systems[n] : NULL;
}

const struct system *system_by_name(const char *name)
{
	for (size_t i = 0; system_at(i); i++)
		if (!strcmp(systems[i].name, name))
			return &systems[i];
	return NULL;
}
