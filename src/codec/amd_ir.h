/* SPDX-License-Identifier: MIT */
/*
 * AMD-Vi interrupt remapping: registers, entries, commands and events; pure.
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification, "MMIO
 * Registers", "Device Table Entry Format", "Interrupt Remapping Tables",
 * "Commands", "Event Logging".
 */
#ifndef UMSI_CODEC_AMD_IR_H
#define UMSI_CODEC_AMD_IR_H

#include <stdbool.h>
#include <stdint.h>

/* ---- Registers: byte offsets; 64-bit ones are accessed as two halves. ---- */

#define AMD_WINDOW_BYTES	0x4000u
#define AMD_DEVICE_TABLE	0x0000u	/* 51:12 base, 8:0 pages of 4 KiB less one */
#define AMD_COMMAND_BASE	0x0008u	/* 51:12 base, 59:56 log2 of entries */
#define AMD_EVENT_BASE		0x0010u	/* the same */
#define AMD_CONTROL		0x0018u
#define AMD_FEATURES		0x0030u
#define AMD_FEATURES2		0x01a0u
#define AMD_COMMAND_HEAD	0x2000u
#define AMD_COMMAND_TAIL	0x2008u
#define AMD_EVENT_HEAD		0x2010u
#define AMD_EVENT_TAIL		0x2018u
#define AMD_STATUS		0x2020u

#define AMD_CONTROL_ENABLE	(UINT64_C(1) << 0)
#define AMD_CONTROL_EVENTS	(UINT64_C(1) << 2)
#define AMD_CONTROL_COHERENT	(UINT64_C(1) << 10)
#define AMD_CONTROL_COMMANDS	(UINT64_C(1) << 12)
#define AMD_CONTROL_GA		(UINT64_C(1) << 17)	/* entries of 128 bits */
#define AMD_CONTROL_2K		(UINT64_C(1) << 43)	/* tables of 2,048 */
#define AMD_CONTROL_XT		(UINT64_C(1) << 50)	/* 32-bit APIC ids */

#define AMD_FEATURE_XT		(UINT64_C(1) << 2)
#define AMD_FEATURE_INVALIDATE_ALL (UINT64_C(1) << 6)
#define AMD_FEATURE_GA		(UINT64_C(1) << 7)

#define AMD_STATUS_OVERFLOW	(1u << 0)	/* write 1 to clear */
#define AMD_STATUS_EVENTS_RUN	(1u << 3)
#define AMD_STATUS_COMMANDS_RUN	(1u << 4)

static inline bool umsi_amd_has_2k(uint64_t features2)
{
	return features2 != UINT64_MAX && (features2 >> 8 & 3) == 1;
}

static inline uint64_t umsi_amd_ring(uint64_t base, unsigned int log2_entries)
{
	return base | (uint64_t)log2_entries << 56;
}

/* ---- Device table entries: 32 bytes; interrupts are the third 64-bit word ---- */

#define AMD_DTE_BYTES		32u
#define AMD_DTE_INTERRUPT_WORD	2u
#define AMD_DTE_IV		(UINT64_C(1) << 0)	/* this word counts; else everything passes */
#define AMD_DTE_PASS_INIT	(UINT64_C(1) << 56)
#define AMD_DTE_PASS_EXTINT	(UINT64_C(1) << 57)
#define AMD_DTE_PASS_NMI	(UINT64_C(1) << 58)
#define AMD_DTE_REMAP		(UINT64_C(2) << 60)
#define AMD_DTE_PASS_LINT0	(UINT64_C(1) << 62)
#define AMD_DTE_PASS_LINT1	(UINT64_C(1) << 63)

/* Fixed and arbitrated messages are aborted. */
static inline uint64_t umsi_amd_dte_blocked(void)
{
	return AMD_DTE_IV;
}

/* @base: 128-byte aligned; 2^@log2_entries entries. */
static inline uint64_t umsi_amd_dte_remap(uint64_t base, unsigned int log2_entries)
{
	return AMD_DTE_IV | AMD_DTE_REMAP | base | (uint64_t)log2_entries << 1;
}

/* ---- Interrupt remapping table entries ---- */

#define AMD_IRTE_VALID		1u

/* 32 bits: fixed delivery to one APIC by an 8-bit id. */
static inline uint32_t umsi_amd_irte32(uint32_t apic_id, uint32_t vector)
{
	return AMD_IRTE_VALID | (apic_id & 0xff) << 8 | vector << 16;
}

struct umsi_amd_irte128 {
	uint64_t low, high;
};

/* 128 bits ("guest virtual APIC enabled", not a guest's): destination in both halves. */
static inline struct umsi_amd_irte128 umsi_amd_irte128(uint32_t apic_id, uint32_t vector)
{
	return (struct umsi_amd_irte128){
		.low = AMD_IRTE_VALID | (uint64_t)(apic_id & 0xffffff) << 8,
		.high = vector | (uint64_t)(apic_id >> 24) << 56,
	};
}

/* A guest's: notes the vector in the virtual APIC page at @page, 4 KiB aligned, or logs @tag. */
static inline struct umsi_amd_irte128 umsi_amd_guest_irte(uint64_t page, uint32_t tag, uint32_t vector,
							  bool running, uint32_t apic_id)
{
	return (struct umsi_amd_irte128){
		.low = AMD_IRTE_VALID | UINT64_C(1) << 7 | UINT64_C(1) << 2 |
		       (running ? UINT64_C(1) << 6 : 0) | (uint64_t)(apic_id & 0xffffff) << 8 |
		       (uint64_t)tag << 32,
		.high = vector | page | (uint64_t)(apic_id >> 24) << 56,
	};
}

/* ---- Commands: two 64-bit words ---- */

#define AMD_COMMAND_BYTES	16u

/* Stores @data at the 8-byte aligned @bus once all before it is done: low word; data is the high one. */
static inline uint64_t umsi_amd_wait(uint64_t bus)
{
	return UINT64_C(1) << 60 | bus | 1;
}

static inline bool umsi_amd_is_wait(uint64_t low)
{
	return low >> 60 == 1 && low & 1;
}

static inline uint64_t umsi_amd_invalidate_device(uint16_t device_id)
{
	return UINT64_C(2) << 60 | device_id;
}

static inline uint64_t umsi_amd_invalidate_interrupts(uint16_t device_id)
{
	return UINT64_C(5) << 60 | device_id;
}

static inline uint64_t umsi_amd_invalidate_all(void)
{
	return UINT64_C(8) << 60;
}

/* ---- Events: two 64-bit words ---- */

#define AMD_EVENT_BYTES		16u

enum amd_event_code {
	AMD_EVENT_DEVICE_ENTRY = 1,
	AMD_EVENT_PAGE_FAULT = 2,	/* with bit 51: of an interrupt */
	AMD_EVENT_DEVICE_TABLE_HW = 3,
	AMD_EVENT_PAGE_TABLE_HW = 4,
	AMD_EVENT_ILLEGAL_COMMAND = 5,
	AMD_EVENT_COMMAND_HW = 6,
	AMD_EVENT_IOTLB_TIMEOUT = 7,
	AMD_EVENT_INVALID_REQUEST = 8,
};

static inline unsigned int umsi_amd_event_code(uint64_t low)
{
	return low >> 60;
}

static inline uint16_t umsi_amd_event_device(uint64_t low)
{
	return (uint16_t)low;
}

static inline bool umsi_amd_event_is_interrupt(uint64_t low)
{
	return umsi_amd_event_code(low) == AMD_EVENT_PAGE_FAULT && low >> 51 & 1;
}

/* ---- Messages: the index is the data ---- */

#define AMD_MSG_ADDRESS		0xfee00000u
#define AMD_MSG_LOGICAL		(1u << 2)	/* must be set by devices whose table has 2,048 entries */
#define AMD_INDEX_MASK		0x7ffu

#endif
