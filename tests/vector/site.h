/* SPDX-License-Identifier: MIT */
/* A device with MSI-X or MSI on the machine of rig.h, every other slot of which can be taken, and whose CPUs go and come. */
#ifndef VECTOR_SITE_H
#define VECTOR_SITE_H

#include "rig.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>

struct site {
	struct rig rig;
	struct mach_pci *pci;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t calls;
	umsi_cpu last_cpu;
	umsi_cpu going;
	int status;
};

static inline enum umsi_handled handler(void *arg)
{
	struct site *s = arg;

	s->calls++;
	s->last_cpu = mach_cpu(s->rig.m);
	return UMSI_HANDLED;
}

/* CPUs from @cpus on stay offline. */
static inline void begin(struct site *s, struct mach_msi msi)
{
	static const uint32_t node[RIG_CPUS];
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = 16, .msi = msi };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_device_config config = { .name = "dev", .requester_id = 0x100 };

	memset(s, 0, sizeof(*s));
	rig_start(&s->rig, node, 1);
	s->pci = mach_pci_add(s->rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(s->pci, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = s->rig.root;
	assert_int_equal(umsi_device_add(s->rig.umsi, &config, &s->dev), UMSI_OK);
	if (msi.present)
		assert_int_equal(umsi_pci_msi_create(s->dev, &fn, 1, &s->table), UMSI_OK);
	else
		assert_int_equal(umsi_pci_msix_create(s->dev, &fn, &s->table), UMSI_OK);
}

/* Takes every slot that is free, or gives all back. */
static struct umsi_spot filler[RIG_CPUS * RIG_USABLE + 1];
static uint32_t fillers;

static inline void fill(struct site *s)
{
	struct umsi_spot spot = { .where = { .cpu = UMSI_CPU_NONE } };

	for (fillers = 0; !umsi_vec_take_any(s->rig.v, s->rig.r, &spot);)
		filler[fillers++] = spot;
}

static inline void unfill(struct site *s)
{
	for (; fillers; fillers--)
		umsi_vec_give(s->rig.v, filler[fillers - 1].cpu, s->rig.r, filler[fillers - 1].slot);
}

static inline void settle(struct site *s)
{
	mach_run(s->rig.m);
	if (mach_violated(s->rig.m))
		mach_report(s->rig.m, stdout, 60);
	assert_null(mach_violated(s->rig.m));
}

static inline void drain(void *arg)
{
	struct site *s = arg;

	mach_irq_off(s->rig.m);
	umsi_drain_point(s->rig.umsi);
	mach_irq_on(s->rig.m);
}

static inline struct umsi_stats stats(struct site *s)
{
	struct umsi_stats st;

	umsi_stats_read(s->rig.umsi, &st);
	return st;
}

/* Everything goes; every slot of every CPU is free again. */
static inline void end(struct site *s)
{
	if (s->dev)
		assert_int_equal(umsi_device_remove(s->dev), UMSI_OK);
	for (uint32_t turn = 0; turn < 3; turn++) {
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			if (umsi_cpu_is_online(s->rig.umsi, cpu))
				mach_thread(s->rig.m, cpu, drain, s);
		settle(s);
		umsi_reap(s->rig.umsi);
	}
	assert_int_equal(stats(s).retiring, 0);
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		assert_int_equal(umsi_ids_free_count(&s->rig.v->cpu[cpu]->ids), RIG_USABLE);
	rig_end(&s->rig);
}

static inline int alloc(struct site *s, uint32_t index, enum umsi_irq_kind kind, uint64_t *cpus, umsi_irq *irq)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .kind = kind };

	if (cpus)
		at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { cpus, 64 } };
	return umsi_irq_alloc(s->table, &at, irq);
}

static inline int move(struct site *s, umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity(s->rig.umsi, irq, &(struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

static inline void fires_on(struct site *s, uint32_t index, umsi_cpu cpu)
{
	uint32_t calls = s->calls;

	mach_pci_raise(s->pci, index);
	settle(s);
	assert_int_equal(s->calls, calls + 1);
	assert_int_equal(s->last_cpu, cpu);
}

/* ---- CPUs that go and come ---- */

static inline void leave(void *arg)
{
	struct site *s = arg;

	s->status = umsi_cpu_leave(s->rig.umsi, s->going);
	if (s->status)
		return;
	mach_irq_off(s->rig.m);
	assert_int_equal(umsi_cpu_dead(s->rig.umsi, s->going), UMSI_OK);
	mach_cpu_down(s->rig.m);
}

static inline void come(void *arg)
{
	struct site *s = arg;

	assert_int_equal(umsi_cpu_online(s->rig.umsi, mach_cpu(s->rig.m)), UMSI_OK);
	mach_irq_on(s->rig.m);
}

static inline void go_down(struct site *s, umsi_cpu cpu)
{
	s->going = cpu;
	mach_thread(s->rig.m, cpu, leave, s);
	settle(s);
	assert_int_equal(s->status, UMSI_OK);
}

static inline void go_up(struct site *s, umsi_cpu cpu)
{
	mach_cpu_up(s->rig.m, cpu, come, s);
	settle(s);
}

#endif
