/* SPDX-License-Identifier: MIT */
/* What the machine has, the library on it, its roots and translators. */
#include "steps.h"

#define VTD_PHYS	0xfed90000u
#define AMD_PHYS	0xfed80000u
#define APLIC_PHYS	0x0d000000u
#define ITS_PHYS	0x10080000u

/* ---- The machine ---- */

int step_init(void)
{
	struct umsi_config config = { .cpus = w.cpus, .ncpus = CPUS, .min_age_ns = 1000 };

	return umsi_init(&w.storage, w.m, &config, &w.umsi);
}

static int online(void)
{
	int status;

	mach_irq_off(w.m);
	status = umsi_cpu_online(w.umsi, mach_cpu(w.m));
	mach_irq_on(w.m);
	return status;
}

static void one_up(void *arg)
{
	*(int *)arg = online();
}

int step_all_online(void)
{
	int status[CPUS], sum = 0;

	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		mach_thread(w.m, cpu, one_up, &status[cpu]);
	run();
	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		sum |= status[cpu];
	return sum;
}

int step_leave(void)
{
	return umsi_cpu_leave(w.umsi, CPUS - 1);
}

/* ---- Roots ---- */

static void imsic_trap(umsi_cpu cpu)
{
	umsi_imsic_trap(w.root, cpu);
}

int step_imsic(void)
{
	struct umsi_imsic_file files[CPUS];
	struct umsi_imsic_config config = { .files = files, .num_ids = 63, .system_ids = 8, .hart_index_bits = 2 };
	int status;

	for (umsi_cpu i = 0; i < CPUS; i++)
		files[i].phys = mach_imsic_phys(w.m, i);
	status = umsi_imsic_create(w.umsi, &config, &w.root);
	w.end_root = umsi_imsic_destroy;
	w.trap = status ? NULL : imsic_trap;
	return status;
}

static struct umsi_aplic_config aplic_config(void)
{
	static const uint32_t hart_index[CPUS] = { 0, 1, 2, 3 };

	return (struct umsi_aplic_config){
		.phys = APLIC_PHYS, .bytes = 0x8000, .sources = 24, .base = UINT64_C(0x28000000),
		.hart_index_bits = 2, .group_index_shift = 24, .hart_index = hart_index,
	};
}

int step_aplic_messages(void)
{
	struct umsi_aplic_config config = aplic_config();

	return umsi_aplic_messages_create(w.platform, &config, &w.wires);
}

static void direct_trap(umsi_cpu cpu)
{
	umsi_aplic_direct_trap(w.root, cpu);
}

static int hw_aplic(bool direct)
{
	struct mach_aplic_config config = { .phys = APLIC_PHYS, .sources = 24, .direct = direct };

	mach_aplic_add(w.m, &config);
	return UMSI_OK;
}

int step_hw_aplic_direct(void)
{
	return hw_aplic(true);
}

int step_hw_aplic_messages(void)
{
	return hw_aplic(false);
}

int step_aplic_direct(void)
{
	struct umsi_aplic_config config = aplic_config();
	int status = umsi_aplic_direct_create(w.umsi, &config, &w.root);

	w.end_root = umsi_aplic_direct_destroy;
	w.trap = status ? NULL : direct_trap;
	return status;
}

static void lapic_trap(umsi_cpu cpu)
{
	umsi_lapic_trap(w.root, cpu, mach_lapic_vector(w.m));
}

static int lapic_as(bool remapped)
{
	struct umsi_lapic_config config = { .remapped = remapped };
	int status = umsi_lapic_create(w.umsi, &config, &w.root);

	w.end_root = umsi_lapic_destroy;
	w.trap = status ? NULL : lapic_trap;
	return status;
}

int step_lapic(void)
{
	return lapic_as(false);
}

int step_lapic_remapped(void)
{
	return lapic_as(true);
}

static void timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static void gic_trap(umsi_cpu cpu)
{
	umsi_gic_trap(w.root, cpu);
}

int step_gic(void)
{
	struct umsi_gic_config config = {
		.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
		.frames = 1, .frame = { { .phys = MACH_GIC_FRAME } }, .timer_id = MACH_GIC_TIMER, .timer = timer,
	};
	int status = umsi_gic_create(w.umsi, &config, &w.root);

	w.end_root = umsi_gic_destroy;
	w.trap = status ? NULL : gic_trap;
	return status;
}

static void gicv3_trap(umsi_cpu cpu)
{
	umsi_gicv3_trap(w.root, cpu);
}

int step_gicv3(void)
{
	struct umsi_gicv3_region region = { .phys = MACH_GICV3_REDISTRIBUTORS, .bytes = CPUS * UINT64_C(0x20000) };
	struct umsi_gicv3_config config = {
		.distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1,
		.timer_id = MACH_GIC_TIMER, .timer = timer,
	};
	int status = umsi_gicv3_create(w.umsi, &config, &w.root);

	w.end_root = umsi_gicv3_destroy;
	w.trap = status ? NULL : gicv3_trap;
	return status;
}

/* ---- A host that numbers for itself; nothing is raised there ---- */

static uint32_t own_next;

static int own_take(void *ctx, umsi_cpu cpu, uint32_t *number)
{
	(void)ctx, (void)cpu;
	*number = own_next++;
	return UMSI_OK;
}

static void own_end(void *ctx, uint32_t number, int settled)
{
	(void)ctx, (void)number, (void)settled;
}

static void own_compose(void *ctx, uint32_t number, umsi_cpu cpu, struct umsi_msg *out)
{
	(void)ctx;
	*out = (struct umsi_msg){ .address = mach_imsic_phys(w.m, cpu), .data = number };
}

static int own_prepare(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)ctx, (void)number, (void)from, (void)to;
	return UMSI_OK;
}

static void own_finish(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to, int settled)
{
	(void)ctx, (void)number, (void)from, (void)to, (void)settled;
}

static void own_cancel(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)ctx, (void)number, (void)from, (void)to;
}

static void own_kick(void *ctx, umsi_cpu cpu)
{
	(void)ctx, (void)cpu;
}

static const struct umsi_own_ops own_ops = {
	.name = "own", .number_name = "n", .take = own_take, .end = own_end, .compose = own_compose,
	.move_prepare = own_prepare, .move_finish = own_finish, .move_cancel = own_cancel, .kick = own_kick,
};

/* What has ended is quiet at once: nobody sends. */
static int own_destroy(struct umsi_domain *root)
{
	for (uint32_t number = 0; number < own_next; number++)
		umsi_own_quiet(root, number);
	umsi_reap(w.umsi);
	return umsi_own_root_destroy(root);
}

int step_own(void)
{
	struct umsi_own_config config = { .ops = &own_ops, .numbers = 64 };

	own_next = 0;
	w.end_root = own_destroy;
	return umsi_own_root_create(w.umsi, &config, &w.root);
}

/* ---- Translators ---- */

int step_hw_vtd(void)
{
	struct mach_vtd_config config = { .phys = VTD_PHYS };

	mach_vtd_add(w.m, &config);
	return UMSI_OK;
}

int step_vtd(void)
{
	struct umsi_vtd_config config = { .phys = VTD_PHYS, .entries = 256 };

	w.end_unit = umsi_vtd_destroy;
	return umsi_vtd_create(w.root, &config, &w.unit);
}

int step_hw_amd(void)
{
	struct mach_amd_vi_config config = { .phys = AMD_PHYS };

	mach_amd_vi_add(w.m, &config);
	return UMSI_OK;
}

int step_amd(void)
{
	struct umsi_amd_vi_config config = { .phys = AMD_PHYS, .last_bus = 15 };

	w.end_unit = umsi_amd_vi_destroy;
	return umsi_amd_vi_create(w.root, &config, &w.unit);
}

int step_hw_its(void)
{
	struct mach_its_config config = { .phys = ITS_PHYS, .page = 2 };

	mach_its_add(w.m, &config);
	return UMSI_OK;
}

int step_its(void)
{
	struct umsi_its_config config = { .phys = ITS_PHYS };

	w.end_unit = umsi_its_destroy;
	return umsi_its_create(w.umsi, w.root, &config, &w.unit);
}
