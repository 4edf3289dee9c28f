/* SPDX-License-Identifier: MIT */
/* An x86 machine with one remapping unit, the library on both, and functions behind it. */
#ifndef TRANSLATE_RIG_H
#define TRANSLATE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/amd_vi.h>
#include <umsi/device.h>
#include <umsi/host.h>
#include <umsi/hpet.h>
#include <umsi/ioapic.h>
#include <umsi/irq.h>
#include <umsi/lapic.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>
#include <umsi/vtd.h>

#include "machine.h"

#define RIG_CPUS	4
#define RIG_CPUS_MAX	16
#define RIG_FUNCTIONS	4
#define RIG_ENTRIES	16
#define RIG_VTD_PHYS	0xfed90000u
#define RIG_AMD_PHYS	0xfed80000u

/* One function with its device, its interrupts, and what their handlers saw. */
struct function {
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[32];
	uint32_t calls[32];
};

struct call {
	struct function *f;
	uint32_t index;
};

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root, *unit;
	struct mach_vtd *vtd;
	struct mach_amd_vi *amd;
	struct umsi_cpu_desc cpus[RIG_CPUS_MAX];
	struct function f[RIG_FUNCTIONS];
	struct call call[RIG_FUNCTIONS][32];
	umsi_cpu last_cpu;
};

extern struct rig rig;
/* Of the next machine; RIG_CPUS unless a test says otherwise. */
extern uint32_t rig_cpus;

/* The machine and the root; CPUs are not online. chaos NULL: from the seed. */
void rig_machine(uint64_t seed, const struct mach_chaos *chaos, bool x2apic, const uint32_t *apic_id);
void rig_online(void);
/* A VT-d unit for all buses. Status of umsi_vtd_create(). */
int rig_vtd(const struct mach_vtd_config *unit, const struct umsi_vtd_config *config);
/* All of it: calm machine, unit with 256 entries, CPUs online. */
void rig_begin_vtd(uint64_t seed, const struct mach_chaos *chaos);
/* The same with an AMD-Vi unit. */
int rig_amd(const struct mach_amd_vi_config *unit, const struct umsi_amd_vi_config *config);
void rig_begin_amd(uint64_t seed, const struct mach_chaos *chaos, bool wide_entries);
/* Function @n with its device: MSI-X, or plain MSI where @config has it. */
struct function *rig_function(uint32_t n, const struct mach_pci_config *config,
			      const struct umsi_requester *as);
int rig_irq(struct function *f, uint32_t index);
/* What rig_irq() requests with; its argument is a struct call. */
enum umsi_handled rig_handler(void *arg);
int rig_move(umsi_irq irq, umsi_cpu cpu);
/* Pin 5 of an I/O APIC behind the unit, level triggered: held, moved and served in every order. */
void rig_level_pin(void);
/* A comparator of an HPET behind the unit, moved and fired. */
void rig_hpet(void);
/* Raises and lets it arrive: how many handler calls that made. */
uint32_t rig_raise(struct function *f, uint32_t index);
void rig_run(void);
/* Everything back; checks for leaks. */
void rig_end(void);

#endif
