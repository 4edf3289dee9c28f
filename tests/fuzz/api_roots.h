/* SPDX-License-Identifier: MIT */
/* The machines that calls of the public API are made on: one of each kind of root. */
#ifndef FUZZ_API_ROOTS_H
#define FUZZ_API_ROOTS_H

#include <umsi/gic.h>
#include <umsi/lapic.h>

#include "tests/api/rig.h"

struct fuzz_root {
	enum mach_kind kind;
	int (*create)(struct rig *r, struct umsi_domain **out);
	int (*destroy)(struct umsi_domain *root);
	void (*trap)(void *rig, umsi_cpu cpu);
};

static int create_imsic(struct rig *r, struct umsi_domain **out)
{
	return umsi_imsic_create(r->umsi, &r->imsic, out);
}

static void no_timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static int create_lapic(struct rig *r, struct umsi_domain **out)
{
	const struct umsi_lapic_config config = { .timer = no_timer };

	return umsi_lapic_create(r->umsi, &config, out);
}

static void trap_lapic(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;

	umsi_lapic_trap(r->root, cpu, mach_lapic_vector(r->m));
}

static int create_gic(struct rig *r, struct umsi_domain **out)
{
	const struct umsi_gic_config config = {
		.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
		.frames = 1, .frame = { { .phys = MACH_GIC_FRAME } }, .timer_id = MACH_GIC_TIMER, .timer = no_timer,
	};

	return umsi_gic_create(r->umsi, &config, out);
}

static void trap_gic(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;

	if (r->root)
		umsi_gic_trap(r->root, cpu);
}

static const struct fuzz_root fuzz_roots[] = {
	{ MACH_RISCV, create_imsic, umsi_imsic_destroy, rig_trap },
	{ MACH_X86, create_lapic, umsi_lapic_destroy, trap_lapic },
	{ MACH_ARM, create_gic, umsi_gic_destroy, trap_gic },
};

#define FUZZ_ROOTS	(sizeof(fuzz_roots) / sizeof(fuzz_roots[0]))

/* The machine, the library, that root, every CPU online, a function with its table. Seed 0: a calm machine. */
static void fuzz_begin(struct rig *r, const struct fuzz_root *root, uint8_t seed)
{
	rig_machine_from(r, (struct mach_config){ .kind = root->kind, .num_ids = 63, .chaos = seed ? NULL : &mach_chaos_none }, seed);
	mach_set_trap(r->m, root->trap, r);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		r->cpus[i].hw_id = root->kind == MACH_RISCV ? 10 + i : i;
	r->config.min_age_ns = root->kind == MACH_RISCV ? 0 : 50000;
	assert_int_equal(umsi_init(&r->storage, r->m, &r->config, &r->umsi), UMSI_OK);
	assert_int_equal(root->create(r, &r->root), UMSI_OK);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		mach_thread(r->m, i, rig_cpu_up, r);
	rig_settle(r);
	rig_device(r);
}

#endif
