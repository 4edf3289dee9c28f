/* SPDX-License-Identifier: MIT */
/* A machine of many CPUs in several nodes, for tests of the vector space itself. */
#ifndef VECTOR_RIG_H
#define VECTOR_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/imsic.h>
#include <umsi/umsi.h>

#include "core/block.h"
#include "core/mask.h"
#include "machine.h"
#include "vector/vector.h"

#define RIG_CPUS	48
#define RIG_IDS		255
#define RIG_USABLE	(RIG_IDS - 8)

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct umsi_vec *v;
	struct umsi_imsic_file files[RIG_CPUS];
	struct umsi_cpu_desc cpus[RIG_CPUS];
	struct umsi_record *r;		/* whose every slot is */
	uint64_t seed;
};

static inline void rig_trap(void *arg, umsi_cpu cpu)
{
	struct rig *rig = arg;

	if (rig->root)
		umsi_imsic_trap(rig->root, cpu);
}

static inline void rig_cpu_up(void *arg)
{
	struct rig *rig = arg;

	mach_irq_off(rig->m);
	assert_int_equal(umsi_cpu_online(rig->umsi, mach_cpu(rig->m)), UMSI_OK);
	mach_irq_on(rig->m);
}

/* @node[i]: the node of CPU i. @without (or UMSI_CPU_NONE) has no file, and is never a target. */
static inline void rig_start_without(struct rig *rig, const uint32_t *node, uint64_t seed, umsi_cpu without)
{
	struct mach_config config = {
		.ncpus = RIG_CPUS, .num_ids = RIG_IDS, .chaos = &mach_chaos_none, .trap = rig_trap, .trap_arg = rig,
	};
	struct umsi_imsic_config imsic = { .files = rig->files, .num_ids = RIG_IDS, .hart_index_bits = 6,
					    .system_ids = 8 };
	struct umsi_config umsi = { .cpus = rig->cpus, .ncpus = RIG_CPUS };

	memset(rig, 0, sizeof(*rig));
	rig->seed = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
	rig->m = mach_create(seed, &config);
	for (uint32_t i = 0; i < RIG_CPUS; i++) {
		rig->cpus[i] = (struct umsi_cpu_desc){ .hw_id = 100 + i, .node = node[i] };
		rig->files[i].phys = i == without ? 0 : mach_imsic_phys(rig->m, i);
	}
	mach_baseline(rig->m);
	assert_int_equal(umsi_init(&rig->storage, rig->m, &umsi, &rig->umsi), UMSI_OK);
	assert_int_equal(umsi_imsic_create(rig->umsi, &imsic, &rig->root), UMSI_OK);
	rig->v = umsi_vec_of(rig->root);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		mach_thread(rig->m, i, rig_cpu_up, rig);
	mach_run(rig->m);
	assert_null(mach_violated(rig->m));
	rig->r = umsi_record_new(rig->root, 0, &(struct umsi_irq_request_at){ 0 }, NULL);
	assert_non_null(rig->r);
}

static inline void rig_start(struct rig *rig, const uint32_t *node, uint64_t seed)
{
	rig_start_without(rig, node, seed, UMSI_CPU_NONE);
}

static inline void rig_end(struct rig *rig)
{
	umsi_fetch_or32(&rig->r->state, UMSI_DEAD);
	umsi_record_put(rig->r);
	assert_int_equal(umsi_imsic_destroy(rig->root), UMSI_OK);
	assert_int_equal(umsi_destroy(rig->umsi), UMSI_OK);
	mach_check_leaks(rig->m);
	assert_null(mach_violated(rig->m));
	mach_destroy(rig->m);
}

static inline uint32_t rig_roll(struct rig *rig, uint32_t below)
{
	rig->seed ^= rig->seed << 13;
	rig->seed ^= rig->seed >> 7;
	rig->seed ^= rig->seed << 17;
	return (uint32_t)((rig->seed >> 16) % below);
}

#endif
