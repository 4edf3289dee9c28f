/* SPDX-License-Identifier: MIT */
/*
 * Every public function that may ask for memory, each time it does, without: UMSI_ENOMEM, everything as
 * before, nothing kept that is not pooled; asked again, it does what it should.
 */
#include "world.h"

#define IOAPIC_PHYS	0xfec00000u
#define HPET_PHYS	0xfed00000u
#define VTD_PHYS	0xfed90000u
#define AMD_PHYS	0xfed80000u
#define APLIC_PHYS	0x0d000000u
#define ITS_PHYS	0x10080000u
#define SPI		40u

/* ---- The machine ---- */

static int init(void)
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

static int all_online(void)
{
	int status[CPUS], sum = 0;

	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		mach_thread(w.m, cpu, one_up, &status[cpu]);
	run();
	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		sum |= status[cpu];
	return sum;
}

static int leave(void)
{
	return umsi_cpu_leave(w.umsi, CPUS - 1);
}

/* ---- Roots ---- */

static void imsic_trap(umsi_cpu cpu)
{
	umsi_imsic_trap(w.root, cpu);
}

static int imsic(void)
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

static int hw_aplic_direct(void)
{
	return hw_aplic(true);
}

static int hw_aplic_messages(void)
{
	return hw_aplic(false);
}

static int aplic_direct(void)
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

static int lapic(void)
{
	return lapic_as(false);
}

static int lapic_remapped(void)
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

static int gic(void)
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

static int gicv3(void)
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

static int own(void)
{
	struct umsi_own_config config = { .ops = &own_ops, .numbers = 64 };

	own_next = 0;
	w.end_root = own_destroy;
	return umsi_own_root_create(w.umsi, &config, &w.root);
}

/* ---- Translators ---- */

static int hw_vtd(void)
{
	struct mach_vtd_config config = { .phys = VTD_PHYS };

	mach_vtd_add(w.m, &config);
	return UMSI_OK;
}

static int vtd(void)
{
	struct umsi_vtd_config config = { .phys = VTD_PHYS, .entries = 256 };

	w.end_unit = umsi_vtd_destroy;
	return umsi_vtd_create(w.root, &config, &w.unit);
}

static int hw_amd(void)
{
	struct mach_amd_vi_config config = { .phys = AMD_PHYS };

	mach_amd_vi_add(w.m, &config);
	return UMSI_OK;
}

static int amd(void)
{
	struct umsi_amd_vi_config config = { .phys = AMD_PHYS, .last_bus = 15 };

	w.end_unit = umsi_amd_vi_destroy;
	return umsi_amd_vi_create(w.root, &config, &w.unit);
}

static int hw_its(void)
{
	struct mach_its_config config = { .phys = ITS_PHYS, .page = 2 };

	mach_its_add(w.m, &config);
	return UMSI_OK;
}

static int its(void)
{
	struct umsi_its_config config = { .phys = ITS_PHYS };

	w.end_unit = umsi_its_destroy;
	return umsi_its_create(w.umsi, w.root, &config, &w.unit);
}

/* ---- Devices and stores ---- */

static int add(uint32_t requester_id, struct umsi_domain *parent, struct umsi_device **out)
{
	struct umsi_device_config config = { .name = "dev", .requester_id = requester_id, .parent = parent };

	return umsi_device_add(w.umsi, &config, out);
}

static int device(void)
{
	return add(0x100, w.unit ? w.unit : w.root, &w.dev);
}

/* What sits on the board: no translator but those of x86 stands before it. */
static int platform(void)
{
	return add(0x00f8, w.end_unit == umsi_its_destroy || !w.unit ? w.root : w.unit, &w.platform);
}

static int msix(void)
{
	return umsi_pci_msix_create(w.dev, &w.fn, &w.table);
}

static int msi(void)
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

static const struct umsi_store_ops store = {
	.name = "store", .number_name = "n", .write = no_write, .settle = no_settle, .one_word = true,
};

static int table(void)
{
	return umsi_table_create(w.dev, &store, NULL, &(struct umsi_table_config){ .size = 4096 }, &w.table);
}

static int ioapic(void)
{
	struct umsi_ioapic_config config = { .phys = IOAPIC_PHYS, .directed_eoi = w.unit };

	return umsi_ioapic_create(w.platform, &config, &w.wires);
}

static int hw_ioapic(void)
{
	mach_ioapic_add(w.m, IOAPIC_PHYS, 24, 0x20);
	return UMSI_OK;
}

static int hpet(void)
{
	struct umsi_hpet_config config = { .phys = HPET_PHYS };
	struct umsi_table *alarms;

	return umsi_hpet_create(w.platform, &config, &alarms);
}

static int hw_hpet(void)
{
	mach_hpet_add(w.m, HPET_PHYS, 3);
	return UMSI_OK;
}

static int aplic_messages(void)
{
	struct umsi_aplic_config config = aplic_config();

	return umsi_aplic_messages_create(w.platform, &config, &w.wires);
}

static int aplic_wires(void)
{
	return umsi_aplic_direct_wires(w.platform, &w.wires);
}

static int gic_wires(void)
{
	return umsi_gic_wires(w.platform, &w.wires);
}

static int gicv3_wires(void)
{
	return umsi_gicv3_wires(w.platform, &w.wires);
}

/* ---- Interrupts ---- */

static int alloc_kind(uint8_t kind, uint64_t set)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .kind = kind,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } },
	};
	int status = umsi_irq_alloc(w.table, &at, &w.irq[w.irqs]);

	w.irqs += status == UMSI_OK;
	return status;
}

static int alloc(void)
{
	return alloc_kind(UMSI_IRQ_REGULAR, 3);
}

static int alloc_roaming(void)
{
	return alloc_kind(UMSI_IRQ_ROAMING, 6);
}

static int alloc_managed(void)
{
	return alloc_kind(UMSI_IRQ_MANAGED, 5);
}

static int alloc_reserved(void)
{
	return alloc_kind(UMSI_IRQ_RESERVED, 7);
}

static int alloc_block(void)
{
	struct umsi_irq_request_at at = { .last = 3 };

	return umsi_irq_alloc_block(w.table, &at, 4, w.irq);
}

/* Chunk by chunk of a sparse table, more records than a slab has: none of them stays. */
static int alloc_many(void)
{
	static umsi_irq irq[100];
	struct umsi_irq_request_at at = { .first = 100, .last = 3000 };
	int got = umsi_irq_alloc_many(w.table, &at, 100, 100, irq);

	return got == 100 ? UMSI_OK : got;
}

/* ---- Limits: what they promise holds without memory too ---- */

#define PROMISED	4u
#define CEILING		1000u

static void nobody_is_asked(void *arg, uint32_t wanted)
{
	(void)arg;
	fail_msg("memory is short, not slots: asked for %u", (unsigned int)wanted);
}

static void nothing_is_offered(void *arg)
{
	(void)arg;
	fail_msg("nobody was refused a slot");
}

static int ceiling(void)
{
	return umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = CEILING, .give_back = nobody_is_asked });
}

static int limits(void)
{
	int status = umsi_device_set_limits(w.platform, &(struct umsi_device_limits){
		.least = PROMISED, .give_back = nobody_is_asked, .offer = nothing_is_offered });

	return status ? status : ceiling();
}

/* The function takes all it can get; the other one still gets what it was promised. */
static int promised(void)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	static umsi_irq irq[CEILING];
	struct umsi_table *other;
	int got = umsi_irq_alloc_many(w.table, &at, 1, CEILING, irq);

	/* From here on slots are what is short. */
	assert_int_equal(umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = CEILING }), UMSI_OK);
	assert_in_range(got, 1, CEILING - 1);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[0]), UMSI_ENOSLOT);
	assert_int_equal(umsi_table_create(w.platform, &store, NULL, &(struct umsi_table_config){ .size = 64 }, &other), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_many(other, &at, PROMISED, PROMISED, irq), PROMISED);
	return UMSI_OK;
}

/* Not above its ceiling, whatever failed before. */
static int up_to_the_ceiling(void)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq irq[2];

	assert_int_equal(umsi_device_set_limits(w.dev, &(struct umsi_device_limits){ .most = w.irqs + 1 }), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[0]), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(w.table, &at, &irq[1]), UMSI_ELIMIT);
	return umsi_irq_free(w.umsi, irq[0]);
}

static int up_to_the_ceiling_of_many(void)
{
	w.irqs += 100;
	up_to_the_ceiling();
	w.irqs -= 100;
	return UMSI_OK;
}

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_NOT_MINE;
}

static int request(void)
{
	return umsi_irq_request(w.umsi, w.irq[0], handler, NULL, "irq");
}

static int set_affinity(void)
{
	uint64_t set = 12;

	return umsi_irq_set_affinity(w.umsi, w.irq[0], &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } });
}

static int set_affinity_wait(void)
{
	uint64_t set = 9;

	return umsi_irq_set_affinity_wait(w.umsi, w.irq[0], &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &set, .nbits = CPUS } });
}

static int spread(void)
{
	uint64_t bits[2];

	return umsi_spread(w.umsi, 0, 2, 0, bits);
}

static int rebalance(void)
{
	int moved = umsi_rebalance(w.umsi, 4);

	return moved < 0 ? moved : UMSI_OK;
}

static int shared_line(uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .trigger = UMSI_TRIGGER_LEVEL_HIGH };

	return umsi_shared_create(w.wires, &at, &w.line);
}

static int shared(void)
{
	return shared_line(5);
}

static int shared_spi(void)
{
	return shared_line(SPI);
}

static int join(void)
{
	return umsi_shared_join(w.line, handler, NULL, &w.sharer[0]);
}

static int pci_irqs(const struct umsi_pci_wire *wire)
{
	int status = umsi_pci_irqs_alloc(w.dev, &w.fn, 1, 3, NULL, wire, w.irq, &w.set);

	w.has_set = status == UMSI_OK;
	return status;
}

static int pci_irqs_messages(void)
{
	return pci_irqs(NULL);
}

static int pci_irqs_wired(void)
{
	struct umsi_pci_wire wire = { .table = w.wires, .index = 5, .trigger = UMSI_TRIGGER_LEVEL_HIGH };

	w.fn.no_msix = w.fn.no_msi = true;
	return pci_irqs(&wire);
}

static int pci_irqs_shared(void)
{
	struct umsi_pci_wire wire = { .shared = w.line };

	w.fn.no_msix = w.fn.no_msi = true;
	return pci_irqs(&wire);
}

static int pci_irqs_request(void)
{
	return umsi_pci_irqs_request(w.dev, &w.set, w.irq, 0, handler, NULL, "irq");
}

/* ---- The paths ---- */

#define FUNCTION	.pci = { .entries = 16 }
#define FUNCTION_MSI	.pci = { .entries = 4, .msi = { .present = true, .messages_log2 = 2, .wide = true, .maskable = true } }
#define PATHS(...)	.steps = sizeof((struct step[]){ __VA_ARGS__ }) / sizeof(struct step), .step = { __VA_ARGS__ }

static const struct path riscv = { FUNCTION, PATHS(
	{ "umsi_init", init }, { "umsi_imsic_create", imsic }, { .call = all_online },
	{ "umsi_device_add", device }, { "umsi_pci_msix_create", msix }, { "umsi_irq_alloc", alloc },
	{ "umsi_irq_alloc", alloc_roaming }, { "umsi_irq_alloc", alloc_managed }, { "umsi_irq_alloc", alloc_reserved },
	{ .call = request }, { "umsi_irq_set_affinity", set_affinity },
	{ "umsi_irq_set_affinity_wait", set_affinity_wait }, { "umsi_spread", spread }, { "umsi_rebalance", rebalance },
	{ "umsi_cpu_leave", leave },
) };

static const struct path riscv_msi = { FUNCTION_MSI, PATHS(
	{ .call = init }, { .call = imsic }, { .call = all_online }, { .call = device },
	{ "umsi_pci_msi_create", msi }, { "umsi_irq_alloc_block", alloc_block },
) };

static const struct path riscv_own_store = { .pci = { 0 }, PATHS(
	{ .call = init }, { .call = imsic }, { .call = all_online }, { .call = device },
	{ "umsi_table_create", table }, { "umsi_irq_alloc_many", alloc_many },
) };

static const struct path riscv_limits = { .pci = { 0 }, PATHS(
	{ .call = init }, { .call = imsic }, { .call = all_online }, { "umsi_device_add", device }, { "umsi_device_add", platform },
	{ .call = limits }, { "umsi_table_create", table }, { "umsi_irq_alloc", alloc },
	{ "umsi_irq_alloc", alloc_roaming }, { "umsi_irq_alloc", alloc_managed }, { "umsi_irq_alloc", alloc_reserved },
	{ .call = up_to_the_ceiling }, { .call = limits }, { "umsi_irq_alloc_many", alloc_many },
	{ "umsi_irq_set_affinity", set_affinity }, { .call = promised },
) };

static const struct path riscv_msi_limits = { FUNCTION_MSI, PATHS(
	{ .call = init }, { .call = imsic }, { .call = all_online }, { .call = device }, { .call = platform },
	{ .call = limits }, { "umsi_pci_msi_create", msi }, { "umsi_irq_alloc_block", alloc_block },
) };

static const struct path own_limits = { .pci = { 0 }, PATHS(
	{ .call = init }, { .call = own }, { .call = all_online }, { .call = device }, { .call = ceiling },
	{ "umsi_table_create", table }, { "umsi_irq_alloc", alloc }, { .call = up_to_the_ceiling },
) };

static const struct path arm3_limits = { .config = { .kind = MACH_ARM3 }, .pci = { 0 }, PATHS(
	{ .call = hw_its }, { .call = init }, { .call = gicv3 }, { .call = all_online }, { .call = its }, { .call = device },
	{ .call = platform }, { .call = limits }, { "umsi_table_create", table }, { "umsi_irq_alloc", alloc },
	{ "umsi_irq_alloc_many", alloc_many }, { .call = up_to_the_ceiling_of_many },
) };

static const struct path riscv_pci = { FUNCTION, PATHS(
	{ .call = init }, { .call = imsic }, { .call = all_online }, { .call = device },
	{ "umsi_pci_irqs_alloc", pci_irqs_messages },
) };

static const struct path aplic_lines = { FUNCTION, PATHS(
	{ .call = hw_aplic_messages }, { .call = init }, { .call = imsic }, { .call = all_online }, { .call = device },
	{ "umsi_device_add", platform }, { "umsi_aplic_messages_create", aplic_messages },
	{ "umsi_shared_create", shared }, { "umsi_shared_join", join },
	{ .call = pci_irqs_shared }, { "umsi_pci_irqs_request", pci_irqs_request },
) };

static const struct path aplic_root = { FUNCTION, PATHS(
	{ .call = hw_aplic_direct }, { .call = init }, { "umsi_aplic_direct_create", aplic_direct },
	{ .call = all_online }, { .call = device }, { "umsi_device_add", platform },
	{ "umsi_aplic_direct_wires", aplic_wires }, { "umsi_pci_irqs_alloc", pci_irqs_wired },
) };

static const struct path own_root = { FUNCTION, PATHS(
	{ .call = init }, { "umsi_own_root_create", own }, { .call = all_online },
	{ "umsi_device_add", device }, { "umsi_pci_msix_create", msix }, { "umsi_irq_alloc", alloc },
	{ .call = request }, { "umsi_irq_set_affinity", set_affinity },
) };

static const struct path x86 = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = hw_ioapic }, { .call = hw_hpet }, { "umsi_init", init }, { "umsi_lapic_create", lapic },
	{ .call = all_online }, { "umsi_device_add", platform }, { "umsi_ioapic_create", ioapic },
	{ "umsi_hpet_create", hpet }, { "umsi_shared_create", shared }, { .call = device },
	{ "umsi_pci_irqs_alloc", pci_irqs_messages }, { .call = pci_irqs_request }, { "umsi_cpu_leave", leave },
) };

static const struct path x86_vtd = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = hw_vtd }, { .call = hw_ioapic }, { .call = hw_hpet }, { .call = init }, { .call = lapic_remapped },
	{ "umsi_vtd_create", vtd }, { .call = all_online }, { "umsi_device_add", device },
	{ "umsi_pci_msix_create", msix }, { "umsi_irq_alloc", alloc }, { .call = request },
	{ "umsi_irq_set_affinity", set_affinity }, { .call = platform }, { "umsi_ioapic_create", ioapic },
	{ "umsi_hpet_create", hpet },
) };

static const struct path x86_vtd_msi = { .config = { .kind = MACH_X86 }, FUNCTION_MSI, PATHS(
	{ .call = hw_vtd }, { .call = init }, { .call = lapic_remapped }, { .call = vtd }, { .call = all_online },
	{ .call = device }, { "umsi_pci_msi_create", msi }, { "umsi_irq_alloc_block", alloc_block },
) };

static const struct path x86_amd = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = hw_amd }, { .call = hw_ioapic }, { .call = hw_hpet }, { .call = init }, { .call = lapic_remapped },
	{ "umsi_amd_vi_create", amd }, { .call = all_online }, { "umsi_device_add", device },
	{ "umsi_pci_msix_create", msix }, { "umsi_irq_alloc", alloc }, { .call = request },
	{ "umsi_irq_set_affinity", set_affinity }, { "umsi_device_add", platform }, { "umsi_ioapic_create", ioapic },
	{ "umsi_hpet_create", hpet },
) };

static const struct path arm = { .config = { .kind = MACH_ARM }, FUNCTION, PATHS(
	{ .call = init }, { "umsi_gic_create", gic }, { .call = all_online }, { "umsi_device_add", device },
	{ "umsi_pci_msix_create", msix }, { "umsi_irq_alloc", alloc }, { .call = request },
	{ "umsi_irq_set_affinity", set_affinity }, { .call = platform }, { "umsi_gic_wires", gic_wires },
	{ "umsi_shared_create", shared_spi }, { "umsi_shared_join", join },
) };

static const struct path arm3_msi = { .config = { .kind = MACH_ARM3 }, FUNCTION_MSI, PATHS(
	{ .call = hw_its }, { .call = init }, { .call = gicv3 }, { .call = all_online }, { .call = its }, { .call = device },
	{ "umsi_pci_msi_create", msi }, { "umsi_irq_alloc_block", alloc_block },
) };

static const struct path arm3_many = { .config = { .kind = MACH_ARM3 }, .pci = { 0 }, PATHS(
	{ .call = hw_its }, { .call = init }, { .call = gicv3 }, { .call = all_online }, { .call = its }, { .call = device },
	{ "umsi_table_create", table }, { "umsi_irq_alloc_many", alloc_many },
) };

static const struct path arm3 = { .config = { .kind = MACH_ARM3 }, FUNCTION, PATHS(
	{ .call = hw_its }, { .call = init }, { "umsi_gicv3_create", gicv3 }, { .call = all_online },
	{ "umsi_its_create", its }, { "umsi_device_add", device }, { "umsi_pci_msix_create", msix },
	{ "umsi_irq_alloc", alloc }, { .call = request }, { "umsi_irq_set_affinity", set_affinity },
	{ .call = platform }, { "umsi_gicv3_wires", gicv3_wires }, { "umsi_shared_create", shared_spi },
) };

static const struct path *const paths[] = {
	&riscv, &riscv_msi, &riscv_own_store, &riscv_pci, &aplic_lines, &aplic_root, &own_root,
	&x86, &x86_vtd, &x86_vtd_msi, &x86_amd, &arm, &arm3, &arm3_msi, &arm3_many,
	&riscv_limits, &riscv_msi_limits, &own_limits, &arm3_limits,
};

static void all(bool for_ever)
{
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		fail_each(paths[i], for_ever);
}

static void once(void **state)
{
	(void)state;
	all(false);
}

static void for_ever(void **state)
{
	(void)state;
	all(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(once),
		cmocka_unit_test(for_ever),
	};

	return cmocka_run_group_tests_name("public functions without memory", tests, NULL, NULL);
}
