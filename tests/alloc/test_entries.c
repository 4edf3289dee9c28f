/* SPDX-License-Identifier: MIT */
/*
 * Every public function that may ask for memory, each time it does, without: UMSI_ENOMEM, everything as
 * before, nothing kept that is not pooled; asked again, it does what it should.
 */
#include "steps.h"

/* ---- The paths ---- */

#define FUNCTION	.pci = { .entries = 16 }
#define FUNCTION_MSI	.pci = { .entries = 4, .msi = { .present = true, .messages_log2 = 2, .wide = true, .maskable = true } }
#define PATHS(...)	.steps = sizeof((struct step[]){ __VA_ARGS__ }) / sizeof(struct step), .step = { __VA_ARGS__ }

static const struct path riscv = { FUNCTION, PATHS(
	{ "umsi_init", step_init }, { "umsi_imsic_create", step_imsic }, { .call = step_all_online },
	{ "umsi_device_add", step_device }, { "umsi_pci_msix_create", step_msix }, { "umsi_irq_alloc", step_alloc },
	{ "umsi_irq_alloc", step_alloc_roaming }, { "umsi_irq_alloc", step_alloc_managed }, { "umsi_irq_alloc", step_alloc_reserved },
	{ .call = step_request }, { "umsi_irq_set_affinity", step_set_affinity },
	{ "umsi_irq_set_affinity_wait", step_set_affinity_wait }, { "umsi_spread", step_spread }, { "umsi_rebalance", step_rebalance },
	{ "umsi_cpu_leave", step_leave },
) };

static const struct path riscv_msi = { FUNCTION_MSI, PATHS(
	{ .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { .call = step_device },
	{ "umsi_pci_msi_create", step_msi }, { "umsi_irq_alloc_block", step_alloc_block },
) };

static const struct path riscv_own_store = { .pci = { 0 }, PATHS(
	{ .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { .call = step_device },
	{ "umsi_table_create", step_table }, { "umsi_irq_alloc_many", step_alloc_many },
) };

static const struct path riscv_limits = { .pci = { 0 }, PATHS(
	{ .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { "umsi_device_add", step_device }, { "umsi_device_add", step_platform },
	{ .call = step_limits }, { "umsi_table_create", step_table }, { "umsi_irq_alloc", step_alloc },
	{ "umsi_irq_alloc", step_alloc_roaming }, { "umsi_irq_alloc", step_alloc_managed }, { "umsi_irq_alloc", step_alloc_reserved },
	{ .call = step_up_to_the_ceiling }, { .call = step_limits }, { "umsi_irq_alloc_many", step_alloc_many },
	{ "umsi_irq_set_affinity", step_set_affinity }, { .call = step_promised },
) };

static const struct path riscv_msi_limits = { FUNCTION_MSI, PATHS(
	{ .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { .call = step_device }, { .call = step_platform },
	{ .call = step_limits }, { "umsi_pci_msi_create", step_msi }, { "umsi_irq_alloc_block", step_alloc_block },
) };

static const struct path own_limits = { .pci = { 0 }, PATHS(
	{ .call = step_init }, { .call = step_own }, { .call = step_all_online }, { .call = step_device }, { .call = step_ceiling },
	{ "umsi_table_create", step_table }, { "umsi_irq_alloc", step_alloc }, { .call = step_up_to_the_ceiling },
) };

static const struct path arm3_limits = { .config = { .kind = MACH_ARM3 }, .pci = { 0 }, PATHS(
	{ .call = step_hw_its }, { .call = step_init }, { .call = step_gicv3 }, { .call = step_all_online }, { .call = step_its }, { .call = step_device },
	{ .call = step_platform }, { .call = step_limits }, { "umsi_table_create", step_table }, { "umsi_irq_alloc", step_alloc },
	{ "umsi_irq_alloc_many", step_alloc_many }, { .call = step_up_to_the_ceiling_of_many },
) };

static const struct path riscv_pci = { FUNCTION, PATHS(
	{ .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { .call = step_device },
	{ "umsi_pci_irqs_alloc", step_pci_irqs_messages },
) };

static const struct path aplic_lines = { FUNCTION, PATHS(
	{ .call = step_hw_aplic_messages }, { .call = step_init }, { .call = step_imsic }, { .call = step_all_online }, { .call = step_device },
	{ "umsi_device_add", step_platform }, { "umsi_aplic_messages_create", step_aplic_messages },
	{ "umsi_shared_create", step_shared }, { "umsi_shared_join", step_join },
	{ .call = step_pci_irqs_shared }, { "umsi_pci_irqs_request", step_pci_irqs_request },
) };

static const struct path aplic_root = { FUNCTION, PATHS(
	{ .call = step_hw_aplic_direct }, { .call = step_init }, { "umsi_aplic_direct_create", step_aplic_direct },
	{ .call = step_all_online }, { .call = step_device }, { "umsi_device_add", step_platform },
	{ "umsi_aplic_direct_wires", step_aplic_wires }, { "umsi_pci_irqs_alloc", step_pci_irqs_wired },
) };

static const struct path own_root = { FUNCTION, PATHS(
	{ .call = step_init }, { "umsi_own_root_create", step_own }, { .call = step_all_online },
	{ "umsi_device_add", step_device }, { "umsi_pci_msix_create", step_msix }, { "umsi_irq_alloc", step_alloc },
	{ .call = step_request }, { "umsi_irq_set_affinity", step_set_affinity },
) };

static const struct path x86 = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = step_hw_ioapic }, { .call = step_hw_hpet }, { "umsi_init", step_init }, { "umsi_lapic_create", step_lapic },
	{ .call = step_all_online }, { "umsi_device_add", step_platform }, { "umsi_ioapic_create", step_ioapic },
	{ "umsi_hpet_create", step_hpet }, { "umsi_shared_create", step_shared }, { .call = step_device },
	{ "umsi_pci_irqs_alloc", step_pci_irqs_messages }, { .call = step_pci_irqs_request }, { "umsi_cpu_leave", step_leave },
) };

static const struct path x86_vtd = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = step_hw_vtd }, { .call = step_hw_ioapic }, { .call = step_hw_hpet }, { .call = step_init }, { .call = step_lapic_remapped },
	{ "umsi_vtd_create", step_vtd }, { .call = step_all_online }, { "umsi_device_add", step_device },
	{ "umsi_pci_msix_create", step_msix }, { "umsi_irq_alloc", step_alloc }, { .call = step_request },
	{ "umsi_irq_set_affinity", step_set_affinity }, { .call = step_platform }, { "umsi_ioapic_create", step_ioapic },
	{ "umsi_hpet_create", step_hpet },
) };

static const struct path x86_vtd_msi = { .config = { .kind = MACH_X86 }, FUNCTION_MSI, PATHS(
	{ .call = step_hw_vtd }, { .call = step_init }, { .call = step_lapic_remapped }, { .call = step_vtd }, { .call = step_all_online },
	{ .call = step_device }, { "umsi_pci_msi_create", step_msi }, { "umsi_irq_alloc_block", step_alloc_block },
) };

static const struct path x86_amd = { .config = { .kind = MACH_X86 }, FUNCTION, PATHS(
	{ .call = step_hw_amd }, { .call = step_hw_ioapic }, { .call = step_hw_hpet }, { .call = step_init }, { .call = step_lapic_remapped },
	{ "umsi_amd_vi_create", step_amd }, { .call = step_all_online }, { "umsi_device_add", step_device },
	{ "umsi_pci_msix_create", step_msix }, { "umsi_irq_alloc", step_alloc }, { .call = step_request },
	{ "umsi_irq_set_affinity", step_set_affinity }, { "umsi_device_add", step_platform }, { "umsi_ioapic_create", step_ioapic },
	{ "umsi_hpet_create", step_hpet },
) };

static const struct path arm = { .config = { .kind = MACH_ARM }, FUNCTION, PATHS(
	{ .call = step_init }, { "umsi_gic_create", step_gic }, { .call = step_all_online }, { "umsi_device_add", step_device },
	{ "umsi_pci_msix_create", step_msix }, { "umsi_irq_alloc", step_alloc }, { .call = step_request },
	{ "umsi_irq_set_affinity", step_set_affinity }, { .call = step_platform }, { "umsi_gic_wires", step_gic_wires },
	{ "umsi_shared_create", step_shared_spi }, { "umsi_shared_join", step_join },
) };

static const struct path arm3_msi = { .config = { .kind = MACH_ARM3 }, FUNCTION_MSI, PATHS(
	{ .call = step_hw_its }, { .call = step_init }, { .call = step_gicv3 }, { .call = step_all_online }, { .call = step_its }, { .call = step_device },
	{ "umsi_pci_msi_create", step_msi }, { "umsi_irq_alloc_block", step_alloc_block },
) };

static const struct path arm3_many = { .config = { .kind = MACH_ARM3 }, .pci = { 0 }, PATHS(
	{ .call = step_hw_its }, { .call = step_init }, { .call = step_gicv3 }, { .call = step_all_online }, { .call = step_its }, { .call = step_device },
	{ "umsi_table_create", step_table }, { "umsi_irq_alloc_many", step_alloc_many },
) };

static const struct path arm3 = { .config = { .kind = MACH_ARM3 }, FUNCTION, PATHS(
	{ .call = step_hw_its }, { .call = step_init }, { "umsi_gicv3_create", step_gicv3 }, { .call = step_all_online },
	{ "umsi_its_create", step_its }, { "umsi_device_add", step_device }, { "umsi_pci_msix_create", step_msix },
	{ "umsi_irq_alloc", step_alloc }, { .call = step_request }, { "umsi_irq_set_affinity", step_set_affinity },
	{ .call = step_platform }, { "umsi_gicv3_wires", step_gicv3_wires }, { "umsi_shared_create", step_shared_spi },
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
