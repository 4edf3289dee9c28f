/* SPDX-License-Identifier: MIT */
/* The systems: which devices, which tables, which interrupts. */
#include <string.h>

#include "examples/ims/ims.h"
#include "system.h"

#define FUNCTION	SYSTEM_FUNCTION

/* All its slots, where its capability says. */
static int all_slots(struct bench *b, struct part *p)
{
	struct umsi_pci_function fn;
	struct umsi_pci_ims found;
	int status;

	system_function(p, &fn);
	status = accel_find(b->umsi, &fn, &found);
	return status ? status : accel_create(p->dev, b->m, found.phys, found.slots, &p->table);
}

static int build_table(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .ims = { { .kind = MACH_IMS_TABLE, .count = 24 } } };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0, 0), 24, 8);

	system_lines(b, p, 0, 20);
	return all_slots(b, p);
}

static int build_queues(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .ims = { { .kind = MACH_IMS_QUEUES, .count = 16 } } };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "nic0", &pci);
	struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0, 0), 16, 0);

	system_lines(b, p, 0, 16);
	return nic_create(dev, b->m, mach_ims_phys(pci, 0), 16, &p->table);
}

static int build_timers(struct bench *b)
{
	for (uint32_t i = 0; i < 4; i++) {
		struct mach_pci_config config = { .requester_id = FUNCTION + i, .ims = { { .kind = MACH_IMS_TIMER } } };
		struct mach_pci *pci;
		struct umsi_device *dev = system_device(b, &config, "timer", &pci);
		struct part *p = system_part(b, pci, dev, mach_ims_entry(pci, 0, 0), 1, 1);
		int status = timer_create(dev, b->m, mach_ims_phys(pci, 0), &p->table);

		if (status)
			return status;
		system_lines(b, p, 0, 1);
	}
	return UMSI_OK;
}

static int build_beside(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8, .ims = { { .kind = MACH_IMS_TABLE, .count = 16 } },
	};
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *msix = system_part(b, pci, dev, 0, 8, 1);
	struct part *ims = system_part(b, pci, dev, mach_ims_entry(pci, 0, 0), 16, 4);
	int status = system_msix(b, msix);

	system_lines(b, msix, 0, 7);
	system_lines(b, ims, 0, 14);
	return status ? status : all_slots(b, ims);
}

/* One function with MSI-X, slots and a timer. */
static int build_mixed(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8,
		.ims = { { .kind = MACH_IMS_TABLE, .count = 16 }, { .kind = MACH_IMS_TIMER } },
	};
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *msix = system_part(b, pci, dev, 0, 8, 1);
	struct part *ims = system_part(b, pci, dev, mach_ims_entry(pci, 0, 0), 16, 4);
	struct part *timer = system_part(b, pci, dev, mach_ims_entry(pci, 1, 0), 1, 1);
	int status = system_msix(b, msix);

	system_lines(b, msix, 0, 7);
	system_lines(b, ims, 0, 14);
	system_lines(b, timer, 0, 1);
	if (!status)
		status = all_slots(b, ims);
	return status ? status : timer_create(dev, b->m, mach_ims_phys(pci, 1), &timer->table);
}

static int build_nic(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .entries = 25 };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "nic0", &pci);
	struct part *p = system_part(b, pci, dev, 0, 25, 1);

	system_lines(b, p, 0, 25);
	return system_msix(b, p);
}

static int build_bridge(struct bench *b)
{
	struct part *p = system_wires(b, "wires", NULL, NULL);

	if (!p)
		return UMSI_ENOMEM;
	system_aplic_model(b, p);
	system_lines(b, p, 1, 12);
	return system_aplic(b, p);
}

static int build_platform(struct bench *b)
{
	struct part *p = system_wires(b, "hpet", NULL, NULL);

	if (!p)
		return UMSI_ENOMEM;
	system_hpet_model(b, p, 0);
	system_lines(b, p, 0, SYSTEM_COMPARATORS);
	return system_hpet(b, p);
}

/* ---- Logical functions: indices from 0, one requester id ---- */

#define LOGICAL_SLOTS	6u
#define FUNCTIONS	3u

static int make_slots(struct bench *b, struct part *p)
{
	uint64_t phys = mach_ims_phys(p->pci, 0) + 16 * (p->first_entry - mach_ims_entry(p->pci, 0, 0));

	return accel_create(p->dev, b->m, phys, LOGICAL_SLOTS, &p->table);
}

static int build_functions(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8, .ims = { { .kind = MACH_IMS_TABLE, .count = FUNCTIONS * LOGICAL_SLOTS } },
	};
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);
	struct part *p = system_part(b, pci, dev, 0, 8, 8);

	p->make = system_msix;
	system_lines(b, p, 0, 4);
	for (uint32_t i = 0; i < FUNCTIONS; i++) {
		p = system_part(b, pci, NULL, mach_ims_entry(pci, 0, LOGICAL_SLOTS * i), LOGICAL_SLOTS, LOGICAL_SLOTS);
		p->make = make_slots;
		system_lines(b, p, 0, 4);
	}
	return UMSI_OK;
}

/* ---- One device with every store there is ---- */

#define MESSAGES	4u

/* Its entries are MSI's and MSI-X's alike: the two exclude each other. */
static int make_pci(struct bench *b, struct part *p)
{
	struct umsi_pci_function fn;

	system_function(p, &fn);
	p->block = mach_random(b->m, 2) ? MESSAGES : 0;
	return p->block ? umsi_pci_msi_create(p->dev, &fn, MESSAGES, &p->table) : umsi_pci_msix_create(p->dev, &fn, &p->table);
}

static int make_queues(struct bench *b, struct part *p)
{
	return nic_create(p->dev, b->m, mach_ims_phys(p->pci, 1), p->entries, &p->table);
}

static int make_timer(struct bench *b, struct part *p)
{
	return timer_create(p->dev, b->m, mach_ims_phys(p->pci, 2), &p->table);
}

static void add(struct bench *b, struct mach_pci *pci, uint32_t first_entry, uint32_t entries, uint32_t wired,
		int (*make)(struct bench *b, struct part *p))
{
	struct part *p = system_part(b, pci, b->dev[0], first_entry, entries, wired);

	p->make = make;
	system_lines(b, p, 0, entries < MESSAGES ? entries : MESSAGES);
}

static void add_pci_stores(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8,
		.msi = { .present = true, .messages_log2 = 2, .wide = true, .maskable = mach_random(b->m, 2) },
		.ims = { { .kind = MACH_IMS_TABLE, .count = 8 }, { .kind = MACH_IMS_QUEUES, .count = 8 },
			 { .kind = MACH_IMS_TIMER } },
	};
	struct mach_pci *pci;

	system_device(b, &config, "all", &pci);
	add(b, pci, 0, 8, 8, make_pci);
	add(b, pci, mach_ims_entry(pci, 0, 0), 8, 2, all_slots);
	add(b, pci, mach_ims_entry(pci, 1, 0), 8, 0, make_queues);
	add(b, pci, mach_ims_entry(pci, 2, 0), 1, 1, make_timer);
}

static struct part *add_wires(struct bench *b, int (*make)(struct bench *b, struct part *p))
{
	struct part *p = system_part(b, NULL, b->dev[0], 0, 0, UINT32_MAX);

	p->make = make;
	return p;
}

static int build_all(struct bench *b)
{
	add_pci_stores(b);
	if (b->system->root->kind == MACH_RISCV) {
		struct part *p = add_wires(b, system_aplic);

		system_aplic_model(b, p);
		system_lines(b, p, 1, 6);
	} else if (b->system->root->kind == MACH_X86) {
		struct part *p = add_wires(b, system_hpet);

		system_hpet_model(b, p, FUNCTION);
		system_lines(b, p, 0, SYSTEM_COMPARATORS);
	}
	return UMSI_OK;
}

static const struct system systems[] = {
	{ .name = "ims-table", .text = "an accelerator with a table of slots; some are hardwired", .build = build_table,
	  .path = "accelerator slot -> IMSIC file of a hart -> hart",
	  .root = &system_imsic, .work = system_work },
	{ .name = "ims-table-vtd", .text = "the same and MSI-X behind VT-d; another function sends what they send (x86)",
	  .build = build_beside, .root = &system_vtd, .work = system_work, .aside = system_intruder, .min_age_ns = 1700000,
	  .path = "MSI-X entry or slot -> requester id of the function -> VT-d entry -> local APIC of a CPU -> CPU" },
	{ .name = "ims-table-amd", .text = "the same behind AMD-Vi (x86)", .build = build_beside, .root = &system_amd_vi,
	  .work = system_work, .aside = system_intruder, .min_age_ns = 1700000,
	  .path = "MSI-X entry or slot -> requester id of the function -> AMD-Vi entry -> local APIC of a CPU -> CPU" },
	{ .name = "ims-table-its", .text = "the same behind an ITS (AArch64)",
	  .build = build_beside, .root = &system_its, .work = system_work, .aside = system_intruder, .min_age_ns = 300000,
	  .path = "MSI-X entry or slot -> DeviceID of the function, event -> ITS -> LPI at a redistributor -> CPU" },
	{ .name = "ims-queue", .text = "a NIC that keeps messages in its queues' contexts in memory", .build = build_queues,
	  .path = "queue context in memory -> the NIC's copy -> IMSIC file of a hart -> hart",
	  .root = &system_imsic, .work = system_work },
	{ .name = "ims-timer", .text = "timers with one message register set each, no mask", .build = build_timers,
	  .path = "timer register set -> IMSIC file of a hart -> hart", .root = &system_imsic, .work = system_work },
	{ .name = "msix-plus-ims", .text = "MSI-X and a table of slots on one function", .build = build_beside,
	  .path = "MSI-X entry or slot of one function -> IMSIC file of a hart -> hart",
	  .root = &system_imsic, .work = system_work },
	{ .name = "logical-functions", .text = "one function split in three, and MSI-X; functions come, go and are revoked under fire",
	  .build = build_functions, .root = &system_imsic, .work = system_functions, .aside = system_owner,
	  .path = "slot of a logical function -> slot of the physical one -> IMSIC file of a hart -> hart" },
	{ .name = "logical-functions-vtd", .text = "the same behind VT-d (x86)", .build = build_functions,
	  .root = &system_vtd, .work = system_functions, .aside = system_owner, .min_age_ns = 1700000,
	  .path = "slot of a logical function -> requester id of the physical one -> VT-d entry -> local APIC of a CPU -> CPU" },
	{ .name = "logical-functions-amd", .text = "the same behind AMD-Vi (x86)", .build = build_functions,
	  .root = &system_amd_vi, .work = system_functions, .aside = system_owner, .min_age_ns = 1700000,
	  .path = "slot of a logical function -> requester id of the physical one -> AMD-Vi entry -> local APIC of a CPU -> CPU" },
	{ .name = "logical-functions-its", .text = "the same behind an ITS (AArch64)", .build = build_functions,
	  .root = &system_its, .work = system_functions, .aside = system_owner, .min_age_ns = 300000,
	  .path = "slot of a logical function -> DeviceID of the physical one, event -> ITS -> LPI at a redistributor -> CPU" },
	{ .name = "own-root", .text = "the host hands out vectors and composes messages itself", .build = build_beside,
	  .root = &system_own_root, .work = system_work,
	  .path = "MSI-X entry or slot -> a number of the host -> whatever the host made of it, here an IMSIC identity -> hart" },
	{ .name = "own-root-hypervisor", .text = "the same, and a timer without a mask; messages name no CPU, the host routes and moves them itself",
	  .build = build_mixed, .root = &system_hypervisor, .work = system_work,
	  .path = "MSI-X entry, slot or timer -> a number of the hypervisor -> its own CPU, which looks up the target -> CPU" },
	{ .name = "wired-bridge", .text = "an APLIC turns wires, edges and levels, into messages", .build = build_bridge,
	  .root = &system_imsic, .work = system_work, .min_age_ns = 400000,
	  .path = "wire -> APLIC source -> IMSIC file of a hart -> hart" },
	{ .name = "nic-24-queues-on-128-cores", .text = "MSI-X: entry 0 for control, 24 queues that take any, 128 CPUs",
	  .build = build_nic, .root = &system_imsic, .work = system_work, .ncpus = 128,
	  .path = "MSI-X entry -> IMSIC file of a hart -> hart" },
	{ .name = "platform", .text = "an HPET, no PCI function, with a message in each comparator (x86)",
	  .build = build_platform, .root = &system_lapic, .work = system_work, .min_age_ns = 1700000,
	  .path = "HPET comparator -> local APIC of a CPU -> CPU" },
	{ .name = "churn", .text = "one device with MSI or MSI-X, slots, queues, a timer and wires: tables come and go, several at once",
	  .build = build_all, .root = &system_imsic, .work = system_churn, .min_age_ns = 400000,
	  .path = "any of its stores -> IMSIC file of a hart -> hart" },
	{ .name = "churn-vtd", .text = "the same with a comparator block for wires, behind VT-d (x86)",
	  .build = build_all, .root = &system_vtd, .work = system_churn, .min_age_ns = 1700000,
	  .path = "any of its stores -> requester id -> VT-d entry -> local APIC of a CPU -> CPU" },
	{ .name = "churn-its", .text = "the same without wires, behind an ITS (AArch64)",
	  .build = build_all, .root = &system_its, .work = system_churn, .min_age_ns = 300000,
	  .path = "any of its stores -> DeviceID, event -> ITS -> LPI at a redistributor -> CPU" },
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
