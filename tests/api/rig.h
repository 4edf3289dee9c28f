/* SPDX-License-Identifier: MIT */
/* A machine with the library on it and two MSI-X functions, for tests of the public calls. */
#ifndef API_RIG_H
#define API_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/host.h>
#include <umsi/dump.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define RIG_CPUS	4
#define RIG_ENTRIES	16

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct umsi_imsic_file files[RIG_CPUS];
	struct umsi_cpu_desc cpus[RIG_CPUS];
	struct umsi_imsic_config imsic;
	struct umsi_config config;
	struct mach_pci *pci[2];
	struct umsi_pci_function fn[2];
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t calls;			/* of rig_handler */
	umsi_cpu last_cpu;
	uint32_t offline;		/* bit per CPU that stays offline */
};

/* The machine and two functions; nothing of the library yet. */
static inline void rig_machine(struct rig *r, const struct mach_chaos *chaos, uint64_t seed);
static inline void rig_machine_from(struct rig *r, struct mach_config config, uint64_t seed);
/* The library, its root, every CPU online. */
static inline void rig_library(struct rig *r);
/* Function 0 as a device with its table. */
static inline void rig_device(struct rig *r);
/* Everything back; checks for leaks. */
static inline void rig_end(struct rig *r);

static inline void rig_trap(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;

	if (r->root)
		umsi_imsic_trap(r->root, cpu);
}

static inline enum umsi_handled rig_handler(void *arg)
{
	struct rig *r = arg;

	r->calls++;
	r->last_cpu = mach_cpu(r->m);
	return UMSI_HANDLED;
}

static inline void rig_machine(struct rig *r, const struct mach_chaos *chaos, uint64_t seed)
{
	struct mach_config config = { .num_ids = 63, .chaos = chaos };

	rig_machine_from(r, config, seed);
}

/* The same with another arrangement of the interrupt files. */
static inline void rig_machine_from(struct rig *r, struct mach_config config, uint64_t seed)
{
	config.ncpus = RIG_CPUS;
	config.trap = rig_trap;
	config.trap_arg = r;
	memset(r, 0, sizeof(*r));
	r->m = mach_create(seed, &config);
	for (uint32_t i = 0; i < 2; i++) {
		struct mach_pci_config pci = { .requester_id = 0x100 + 8 * i, .entries = RIG_ENTRIES };

		r->pci[i] = mach_pci_add(r->m, &pci);
		r->fn[i].requester_id = pci.requester_id;
		for (unsigned int bar = 0; bar < 6; bar++)
			mach_pci_bar(r->pci[i], bar, &r->fn[i].bar[bar].phys, &r->fn[i].bar[bar].bytes);
	}
	for (uint32_t i = 0; i < RIG_CPUS; i++) {
		r->cpus[i].hw_id = 10 + i;
		r->files[i].phys = mach_imsic_phys(r->m, i);
	}
	r->config = (struct umsi_config){ .cpus = r->cpus, .ncpus = RIG_CPUS };
	r->imsic = (struct umsi_imsic_config){ .files = r->files, .num_ids = 63, .hart_index_bits = 2 };
	mach_baseline(r->m);
}

static inline void rig_cpu_up(void *arg)
{
	struct rig *r = arg;
	umsi_cpu cpu = mach_cpu(r->m);

	if (r->offline >> cpu & 1)
		return;
	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_online(r->umsi, cpu), UMSI_OK);
	mach_irq_on(r->m);
}

static inline void rig_check(struct rig *r)
{
	if (mach_violated(r->m))
		mach_report(r->m, stdout, 60);
	assert_null(mach_violated(r->m));
}

static inline void rig_library(struct rig *r)
{
	assert_int_equal(umsi_init(&r->storage, r->m, &r->config, &r->umsi), UMSI_OK);
	assert_int_equal(umsi_imsic_create(r->umsi, &r->imsic, &r->root), UMSI_OK);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		mach_thread(r->m, i, rig_cpu_up, r);
	mach_run(r->m);
	rig_check(r);
}

static inline void rig_device(struct rig *r)
{
	struct umsi_device_config c = {
		.name = "dev0", .requester_id = r->fn[0].requester_id, .parent = r->root,
	};

	assert_int_equal(umsi_device_add(r->umsi, &c, &r->dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(r->dev, &r->fn[0], &r->table), UMSI_OK);
}

static inline void rig_start(struct rig *r, uint64_t seed)
{
	rig_machine(r, &mach_chaos_none, seed);
	rig_library(r);
	rig_device(r);
}

/* Lets everything under way arrive. */
static inline void rig_settle(struct rig *r)
{
	mach_run(r->m);
	rig_check(r);
}

static inline int rig_alloc(struct rig *r, uint32_t first, uint32_t last, umsi_irq *irq)
{
	struct umsi_irq_request_at at = { .first = first, .last = last };

	return umsi_irq_alloc(r->table, &at, irq);
}

/* One allocated and requested interrupt at exactly that index. */
static inline umsi_irq rig_irq(struct rig *r, uint32_t index)
{
	umsi_irq irq;

	assert_int_equal(rig_alloc(r, index, index, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "rig"), UMSI_OK);
	return irq;
}

static inline int rig_move(struct rig *r, umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity(r->umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

static inline struct umsi_stats rig_stats(struct rig *r)
{
	struct umsi_stats st;

	umsi_stats_read(r->umsi, &st);
	return st;
}

static inline void rig_end(struct rig *r)
{
	if (r->dev)
		assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	if (r->root)
		assert_int_equal(umsi_imsic_destroy(r->root), UMSI_OK);
	if (r->umsi)
		assert_int_equal(umsi_destroy(r->umsi), UMSI_OK);
	mach_check_leaks(r->m);
	rig_check(r);
	mach_destroy(r->m);
}

#endif
