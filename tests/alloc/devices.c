/* SPDX-License-Identifier: MIT */
/* Devices and their stores. */
#include "steps.h"

#define IOAPIC_PHYS	0xfec00000u
#define HPET_PHYS	0xfed00000u

static int add(uint32_t requester_id, struct umsi_domain *parent, struct umsi_device **out)
{
	struct umsi_device_config config = { .name = "dev", .requester_id = requester_id, .parent = parent };

	return umsi_device_add(w.umsi, &config, out);
}

int step_device(void)
{
	return add(0x100, w.unit ? w.unit : w.root, &w.dev);
}

/* What sits on the board: no translator but those of x86 stands before it. */
int step_platform(void)
{
	return add(0x00f8, w.end_unit == umsi_its_destroy || !w.unit ? w.root : w.unit, &w.platform);
}

int step_msix(void)
{
	return umsi_pci_msix_create(w.dev, &w.fn, &w.table);
}

int step_msi(void)
{
	return umsi_pci_msi_create(w.dev, &w.fn, 4, &w.table);
}

static int no_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int no_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

const struct umsi_store_ops step_store = {
	.name = "store", .number_name = "n", .write = no_write, .settle = no_settle, .one_word = true,
};

int step_table(void)
{
	return umsi_table_create(w.dev, &step_store, NULL, &(struct umsi_table_config){ .size = 4096 }, &w.table);
}

int step_ioapic(void)
{
	struct umsi_ioapic_config config = { .phys = IOAPIC_PHYS, .directed_eoi = w.unit };

	return umsi_ioapic_create(w.platform, &config, &w.wires);
}

int step_hw_ioapic(void)
{
	mach_ioapic_add(w.m, IOAPIC_PHYS, 24, 0x20);
	return UMSI_OK;
}

int step_hpet(void)
{
	struct umsi_hpet_config config = { .phys = HPET_PHYS };
	struct umsi_table *alarms;

	return umsi_hpet_create(w.platform, &config, &alarms);
}

int step_hw_hpet(void)
{
	mach_hpet_add(w.m, HPET_PHYS, 3);
	return UMSI_OK;
}

int step_aplic_wires(void)
{
	return umsi_aplic_direct_wires(w.platform, &w.wires);
}

int step_gic_wires(void)
{
	return umsi_gic_wires(w.platform, &w.wires);
}

int step_gicv3_wires(void)
{
	return umsi_gicv3_wires(w.platform, &w.wires);
}
