/* SPDX-License-Identifier: MIT */
/*
 * One PCI function with a register file and nothing behind it, and a host with
 * one CPU: what the malformed-capability and register-sequence tests need.
 * Behaviour (messages, timing) is the machine's business, not this one's.
 */
#ifndef TESTS_PCI_FAKE_PCI_H
#define TESTS_PCI_FAKE_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/pci.h>

#define FAKE_RID	0x00010203u
#define FAKE_CAP	0x70u
#define FAKE_BAR0	UINT64_C(0x40000000)
#define FAKE_BAR2	UINT64_C(0x50000000)
#define FAKE_BAR_BYTES	UINT64_C(0x10000)
#define FAKE_ENTRIES_MAX 2048u

struct fake_pci {
	uint8_t config[4096];
	uint32_t table[FAKE_ENTRIES_MAX * 4];
	uint32_t pba[FAKE_ENTRIES_MAX / 32];

	/* Behaviour. */
	bool gone;			/* all-ones, writes vanish */
	uint32_t gone_after_reads;	/* MMIO reads until then; 0 = stays */
	bool table_needs_enable;	/* P-29 */
	bool enable_stuck;
	uint32_t fail_alloc;		/* the n-th allocation or mapping fails; 0 = none */

	/* Where the host put it. */
	struct umsi_pci_function fn;

	/* What happened. */
	uint32_t config_writes, mmio_reads, mmio_writes;
	uint32_t allocations;
	int live_allocations, live_maps;
	uint32_t undecoded;		/* table accesses nobody answered */
	uint32_t open_writes;		/* address or data written to an unmasked entry of an enabled function */
	uint32_t armed_unmasked;	/* MSI-X on, function mask off, and an entry open nobody asked for */
};

extern struct fake_pci fake;

/* A healthy function with @entries: list 0x40 (power) -> 0x50 (MSI) -> 0x70 (MSI-X), table BAR 0, PBA BAR 2. */
void fake_reset(uint32_t entries);
void fake_set16(uint32_t offset, uint16_t value);
void fake_set32(uint32_t offset, uint32_t value);
uint16_t fake_get16(uint32_t offset);

/* A machine with one CPU and a device whose messages go to a root that composes fixed ones. */
struct umsi_device *fake_device(struct umsi **out_machine);
/* Removes both; every allocation and mapping must be gone. */
void fake_device_remove(struct umsi *m, struct umsi_device *dev);

#endif
