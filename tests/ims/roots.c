/* SPDX-License-Identifier: MIT */
/* What devices' messages reach: roots, and translators before them. */
#include <umsi/amd_vi.h>
#include <umsi/gicv3.h>
#include <umsi/its.h>
#include <umsi/lapic.h>
#include <umsi/vtd.h>

#include "system.h"
#include "tests/own/host.h"
#include "tests/own/router.h"

/* ---- Interrupt files of RISC-V ---- */

#define NUM_IDS		127u

static int imsic_create(struct bench *b)
{
	struct umsi_imsic_config config = {
		.files = b->files, .num_ids = NUM_IDS, .hart_index_bits = b->ncpus > 4 ? 7 : 2,
	};

	return umsi_imsic_create(b->umsi, &config, &b->root);
}

static int imsic_destroy(struct bench *b)
{
	return umsi_imsic_destroy(b->root);
}

static void imsic_trap(void *arg, umsi_cpu cpu)
{
	struct bench *b = arg;

	if (b->root)
		umsi_imsic_trap(b->root, cpu);
}

const struct system_root system_imsic = {
	.create = imsic_create, .destroy = imsic_destroy, .trap = imsic_trap,
};

/* ---- Local APICs, with or without a remapping unit before them ---- */

#define VTD_PHYS	0xfed90000u

static int lapic_create(struct bench *b)
{
	return umsi_lapic_create(b->umsi, &(struct umsi_lapic_config){ .remapped = b->system->root != &system_lapic },
				 &b->root);
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

static int vtd_create(struct bench *b)
{
	struct mach_vtd_config unit = { .phys = VTD_PHYS };
	struct umsi_vtd_config config = { .phys = VTD_PHYS, .entries = 256 };
	int status = lapic_create(b);

	b->vtd = mach_vtd_add(b->m, &unit);
	return status ? status : umsi_vtd_create(b->root, &config, &b->parent);
}

static int vtd_destroy(struct bench *b)
{
	int status = umsi_vtd_destroy(b->parent);

	return status ? status : lapic_destroy(b);
}

const struct system_root system_lapic = {
	.kind = MACH_X86, .create = lapic_create, .destroy = lapic_destroy, .trap = lapic_trap,
};

const struct system_root system_vtd = {
	.kind = MACH_X86, .create = vtd_create, .destroy = vtd_destroy, .trap = lapic_trap,
};

#define AMD_PHYS	0xfed80000u

static int amd_create(struct bench *b)
{
	struct mach_amd_vi_config unit = { .phys = AMD_PHYS };
	struct umsi_amd_vi_config config = { .phys = AMD_PHYS, .last_bus = 15 };
	int status = lapic_create(b);

	b->amd = mach_amd_vi_add(b->m, &unit);
	return status ? status : umsi_amd_vi_create(b->root, &config, &b->parent);
}

static int amd_destroy(struct bench *b)
{
	int status = umsi_amd_vi_destroy(b->parent);

	return status ? status : lapic_destroy(b);
}

const struct system_root system_amd_vi = {
	.kind = MACH_X86, .create = amd_create, .destroy = amd_destroy, .trap = lapic_trap,
};

/* ---- A GICv3 with an ITS before it ---- */

#define ITS_PHYS	UINT64_C(0x10080000)

static void gic_timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static int its_create(struct bench *b)
{
	struct mach_its_config unit = { .phys = ITS_PHYS, .page = 2 };
	struct umsi_its_config config = { .phys = ITS_PHYS };
	struct umsi_gicv3_region region = {
		.phys = MACH_GICV3_REDISTRIBUTORS, .bytes = (uint64_t)b->ncpus * 0x20000,
	};
	struct umsi_gicv3_config gic = {
		.distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1,
		.timer_id = MACH_GIC_TIMER, .timer = gic_timer,
	};
	int status = umsi_gicv3_create(b->umsi, &gic, &b->root);

	b->its = mach_its_add(b->m, &unit);
	return status ? status : umsi_its_create(b->umsi, b->root, &config, &b->parent);
}

static int its_destroy(struct bench *b)
{
	int status = umsi_its_destroy(b->parent);

	return status ? status : umsi_gicv3_destroy(b->root);
}

static void its_trap(void *arg, umsi_cpu cpu)
{
	struct bench *b = arg;

	if (b->root)
		umsi_gicv3_trap(b->root, cpu);
}

const struct system_root system_its = {
	.kind = MACH_ARM3, .create = its_create, .destroy = its_destroy, .trap = its_trap,
};

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

const struct system_root system_own_root = {
	.create = own_create, .destroy = own_destroy, .trap = own_trap, .cpu_up = own_cpu_up,
};

/* ---- A hypervisor that routes ---- */

static struct router router;

static int router_create(struct bench *b)
{
	struct umsi_own_config config = { .ops = &router_ops, .ctx = &router, .numbers = ROUTER_NUMBERS };

	router_init(&router, b->m);
	return umsi_own_root_create(b->umsi, &config, &b->root);
}

static int router_destroy(struct bench *b)
{
	int status = router_collect(&router, b->root);

	router_done(&router);
	return status ? status : umsi_own_root_destroy(b->root);
}

static void routed_trap(void *arg, umsi_cpu cpu)
{
	router_trap(&router, ((struct bench *)arg)->root, cpu);
}

const struct system_root system_hypervisor = {
	.create = router_create, .destroy = router_destroy, .trap = routed_trap, .cpu_up = own_cpu_up,
};
