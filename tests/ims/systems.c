/* SPDX-License-Identifier: MIT */
/* The systems: which devices, which tables, which interrupts. */
#include <string.h>

#include <umsi/aplic.h>
#include <umsi/hpet.h>
#include <umsi/lapic.h>

#include "examples/ims/ims.h"
#include "system.h"
#include "tests/own/host.h"

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
	for (uint32_t i = 0; i < SYSTEM_PARTS; i++) {
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

static int build_nic(struct bench *b)
{
	struct mach_pci_config config = { .requester_id = FUNCTION, .entries = 25 };
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "nic0", &pci);
	struct part *p = system_part(b, pci, dev, 0, 25, 1);

	system_lines(b, p, 0, 25);
	return system_msix(b, p);
}

#define LOGICAL_SLOTS	6u

/* Part 0 is MSI-X, the others each have some of the slots: indices from 0, one requester id. */
static int make_table(struct bench *b, struct part *p)
{
	uint64_t phys = mach_ims_phys(p->pci, 0) + 16 * (p->first_entry - mach_ims_entry(p->pci, 0, 0));

	return p == b->part ? system_msix(b, p) : accel_create(p->dev, b->m, phys, LOGICAL_SLOTS, &p->table);
}

static int build_logical(struct bench *b)
{
	struct mach_pci_config config = {
		.requester_id = FUNCTION, .entries = 8,
		.ims = { { .kind = MACH_IMS_TABLE, .count = (SYSTEM_PARTS - 1) * LOGICAL_SLOTS } },
	};
	struct mach_pci *pci;
	struct umsi_device *dev = system_device(b, &config, "accel0", &pci);

	system_part(b, pci, dev, 0, 8, 8);
	for (uint32_t i = 0; i < SYSTEM_PARTS - 1; i++)
		system_part(b, pci, dev, mach_ims_entry(pci, 0, LOGICAL_SLOTS * i), LOGICAL_SLOTS, LOGICAL_SLOTS);
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t p = 0; p < SYSTEM_PARTS; p++)
			system_lines(b, &b->part[p], i, 1);
	return UMSI_OK;
}

/* ---- A root of the host's own ---- */

static struct own_host own;

static int own_create(struct bench *b)
{
	struct umsi_own_config config = { .ops = &own_host_ops, .ctx = &own, .numbers = OWN_NUMBERS };

	own_host_init(&own, b->m);
	return umsi_own_root_create(b->umsi, &config, &b->root);
}

static int own_destroy(struct bench *b)
{
	int status = own_host_collect(&own, b->root);

	own_host_done(&own);
	return status ? status : umsi_own_root_destroy(b->root);
}

static void own_trap(void *arg, umsi_cpu cpu)
{
	own_host_trap(&own, ((struct bench *)arg)->root, cpu);
}

static void own_cpu_up(struct bench *b)
{
	(void)b;
	own_host_cpu_up();
}

static const struct system_root own_root = {
	.create = own_create, .destroy = own_destroy, .trap = own_trap, .cpu_up = own_cpu_up,
};

/* ---- A bridge from wires to messages: an APLIC ---- */

#define APLIC_PHYS	UINT64_C(0x0d000000)
#define APLIC_SOURCES	16u

/* Every other wire is a level. */
static unsigned int wire_trigger(const struct line *l)
{
	return l->index & 1 ? UMSI_TRIGGER_LEVEL_HIGH : UMSI_TRIGGER_EDGE_RISING;
}

static void wire_raise(struct line *l)
{
	mach_aplic_line(l->part->model, l->index, true);
	if (wire_trigger(l) == UMSI_TRIGGER_EDGE_RISING)
		mach_aplic_line(l->part->model, l->index, false);
}

/* A level stays up when something happened since: somebody must look at it again. */
static void wire_answer(struct line *l)
{
	bool up;

	if (wire_trigger(l) != UMSI_TRIGGER_LEVEL_HIGH)
		return;
	mach_delay(l->b->m, mach_random(l->b->m, 20));
	do
		mach_aplic_line(l->part->model, l->index, up = l->seen != l->raised);
	while (up != (l->seen != l->raised));
}

static uint64_t wire_sent(struct line *l)
{
	return mach_aplic_sent(l->part->model, l->index);
}

static int build_bridge(struct bench *b)
{
	static const struct wires wires = {
		.raise = wire_raise, .answer = wire_answer, .sent = wire_sent, .trigger = wire_trigger,
	};
	struct mach_aplic_config model = { .phys = APLIC_PHYS, .sources = APLIC_SOURCES };
	struct umsi_aplic_config config = {
		.phys = APLIC_PHYS, .bytes = 0x8000, .sources = APLIC_SOURCES, .base = mach_imsic_phys(b->m, 0),
		.hart_index_bits = 2,
	};
	struct part *p = system_wires(b, "wires", &wires, mach_aplic_add(b->m, &model));

	if (!p)
		return UMSI_ENOMEM;
	system_lines(b, p, 1, 12);
	return umsi_aplic_messages_create(p->dev, &config, &p->table);
}

/* ---- A platform device with message registers: an HPET on x86 ---- */

#define HPET_PHYS	0xfed00000u
#define COMPARATORS	4u

static unsigned int alarm_trigger(const struct line *l)
{
	(void)l;
	return UMSI_TRIGGER_NONE;
}

static void alarm_raise(struct line *l)
{
	uint32_t ticks = 1 + (uint32_t)mach_random(l->b->m, 200);

	while (umsi_hpet_arm(l->part->table, l->index, ticks) == UMSI_EAGAIN)
		ticks *= 2;
}

static uint64_t alarm_sent(struct line *l)
{
	return mach_hpet_sent(l->part->model, l->index);
}

static int build_platform(struct bench *b)
{
	static const struct wires wires = {
		.raise = alarm_raise, .sent = alarm_sent, .trigger = alarm_trigger, .one_at_a_time = true,
	};
	struct umsi_hpet_config config = { .phys = HPET_PHYS };
	struct part *p = system_wires(b, "hpet", &wires, mach_hpet_add(b->m, HPET_PHYS, COMPARATORS));
	int status = p ? umsi_hpet_create(p->dev, &config, &p->table) : UMSI_ENOMEM;

	if (status)
		return status;
	system_lines(b, p, 0, COMPARATORS);
	return umsi_hpet_start(p->table);
}

static int lapic_create(struct bench *b)
{
	return umsi_lapic_create(b->umsi, &(struct umsi_lapic_config){ .first_vector = 0 }, &b->root);
}

static int lapic_destroy(struct bench *b)
{
	return umsi_lapic_destroy(b->root);
}

static void lapic_trap(void *arg, umsi_cpu cpu)
{
	struct bench *b = arg;

	umsi_lapic_trap(b->root, cpu, mach_lapic_vector(b->m));
}

static void lapic_cpu_up(struct bench *b)
{
	(void)b;
}

static const struct system_root lapic = {
	.kind = MACH_X86, .create = lapic_create, .destroy = lapic_destroy, .trap = lapic_trap, .cpu_up = lapic_cpu_up,
};

static const struct system systems[] = {
	{ .name = "ims-table", .text = "an accelerator with a table of slots; some are hardwired", .build = build_table,
	  .path = "accelerator slot -> IMSIC file of a hart -> hart" },
	{ .name = "ims-queue", .text = "a NIC that keeps messages in its queues' contexts in memory", .build = build_queues,
	  .path = "queue context in memory -> the NIC's copy -> IMSIC file of a hart -> hart" },
	{ .name = "ims-timer", .text = "timers with one message register set each, no mask", .build = build_timers,
	  .path = "timer register set -> IMSIC file of a hart -> hart" },
	{ .name = "msix-plus-ims", .text = "MSI-X and a table of slots on one function", .build = build_beside,
	  .path = "MSI-X entry or slot of one function -> IMSIC file of a hart -> hart" },
	{ .name = "logical-functions", .text = "one function split in three, and MSI-X; tables come and go under fire",
	  .build = build_logical, .table = make_table,
	  .path = "slot of a logical function -> requester id of the physical one -> IMSIC file of a hart -> hart" },
	{ .name = "own-root", .text = "the host hands out vectors and composes messages itself", .build = build_beside,
	  .own = &own_root,
	  .path = "MSI-X entry or slot -> a number of the host -> whatever the host made of it, here an IMSIC identity -> hart" },
	{ .name = "wired-bridge", .text = "an APLIC turns wires, edges and levels, into messages", .build = build_bridge,
	  .min_age_ns = 400000, .path = "wire -> APLIC source -> IMSIC file of a hart -> hart" },
	{ .name = "nic-24-queues-on-128-cores", .text = "MSI-X: entry 0 for control, 24 queues that take any, 128 CPUs",
	  .build = build_nic, .ncpus = 128, .path = "MSI-X entry -> IMSIC file of a hart -> hart" },
	{ .name = "platform", .text = "an HPET, no PCI function, with a message in each comparator (x86)",
	  .build = build_platform, .own = &lapic, .min_age_ns = 1700000,
	  .path = "HPET comparator -> local APIC of a CPU -> CPU" },
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
