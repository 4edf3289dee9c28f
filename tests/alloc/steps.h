/* SPDX-License-Identifier: MIT */
/* The steps that paths are made of: each makes one call, on the world as it is by then, and answers its status. */
#ifndef ALLOC_STEPS_H
#define ALLOC_STEPS_H

#include "world.h"

/* hardware.c: what the machine has, the library on it, its roots and translators. */
int step_init(void);
int step_all_online(void);
int step_leave(void);
int step_imsic(void);
int step_aplic_messages(void);
int step_hw_aplic_direct(void);
int step_hw_aplic_messages(void);
int step_aplic_direct(void);
int step_lapic(void);
int step_lapic_remapped(void);
int step_gic(void);
int step_gicv3(void);
int step_own(void);
int step_hw_vtd(void);
int step_vtd(void);
int step_hw_amd(void);
int step_amd(void);
int step_hw_its(void);
int step_its(void);

/* devices.c: devices and their stores. */
int step_device(void);
int step_platform(void);
int step_msix(void);
int step_msi(void);
int step_table(void);
int step_ioapic(void);
int step_hw_ioapic(void);
int step_hpet(void);
int step_hw_hpet(void);
int step_aplic_wires(void);
int step_gic_wires(void);
int step_gicv3_wires(void);

/* It holds nothing. */
extern const struct umsi_store_ops step_store;

/* irqs.c: interrupts, limits, sets, shared lines. */
int step_alloc(void);
int step_alloc_roaming(void);
int step_alloc_managed(void);
int step_alloc_reserved(void);
int step_alloc_block(void);
int step_alloc_many(void);
int step_ceiling(void);
int step_limits(void);
int step_promised(void);
int step_up_to_the_ceiling(void);
int step_up_to_the_ceiling_of_many(void);
int step_request(void);
int step_set_affinity(void);
int step_set_affinity_wait(void);
int step_spread(void);
int step_rebalance(void);
int step_shared(void);
int step_shared_spi(void);
int step_join(void);
int step_pci_irqs_messages(void);
int step_pci_irqs_wired(void);
int step_pci_irqs_shared(void);
int step_pci_irqs_request(void);

#endif
