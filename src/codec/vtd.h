/* SPDX-License-Identifier: MIT */
/*
 * VT-d interrupt remapping: registers, entries, descriptors and messages; pure.
 * Source: Intel Virtualization Technology for Directed I/O, Architecture
 * Specification: "Register Descriptions", "Interrupt Remapping Table Entry
 * (IRTE) for Remapped Interrupts", "... for Posted Interrupts", "Posted
 * Interrupt Descriptor (PID)", "Interrupt Entry Cache Invalidate Descriptor",
 * "Invalidation Wait Descriptor", "Interrupt Requests in Remappable Format".
 */
#ifndef UMSI_CODEC_VTD_H
#define UMSI_CODEC_VTD_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

/* ---- Registers: byte offsets; 64-bit ones are accessed as two halves, low first. ---- */

#define VTD_WINDOW_BYTES	4096u
#define VTD_VER			0x00u
#define VTD_CAP			0x08u
#define VTD_ECAP		0x10u
#define VTD_GCMD		0x18u
#define VTD_GSTS		0x1cu
#define VTD_FSTS		0x34u
#define VTD_IQH			0x80u	/* 18:4 descriptor the hardware fetches next */
#define VTD_IQT			0x88u
#define VTD_IQA			0x90u	/* 63:12 base; 2:0 log2 of 4 KiB pages */
#define VTD_IRTA		0xb8u

#define VTD_CAP_CM		(UINT64_C(1) << 7)	/* caches what is not present, too */
#define VTD_ECAP_C		(UINT64_C(1) << 0)	/* table reads see CPU caches */
#define VTD_ECAP_QI		(UINT64_C(1) << 1)
#define VTD_ECAP_IR		(UINT64_C(1) << 3)
#define VTD_ECAP_EIM		(UINT64_C(1) << 4)

/* Commands are one shot; their state shows at the same bit of GSTS. */
#define VTD_CFI			(1u << 23)	/* compatibility-format messages pass */
#define VTD_SIRTP		(1u << 24)
#define VTD_IRE			(1u << 25)
#define VTD_QIE			(1u << 26)
/* What of GSTS must be written back with any command: all but the one-shot ones. */
#define VTD_GSTS_STATES		0x96ffffffu

#define VTD_FSTS_PFO		(1u << 0)	/* a fault found no register free */
#define VTD_FSTS_PPF		(1u << 1)	/* some register holds one */
#define VTD_FSTS_IQE		(1u << 4)	/* a descriptor was refused; the queue stands */
#define VTD_FSTS_ICE		(1u << 5)
#define VTD_FSTS_ITE		(1u << 6)
#define VTD_FSTS_CLEARED	(VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ICE | VTD_FSTS_ITE)

static inline uint32_t umsi_vtd_fault_offset(uint64_t cap)
{
	return (uint32_t)(cap >> 24 & 0x3ff) * 16;
}

static inline uint32_t umsi_vtd_fault_registers(uint64_t cap)
{
	return (uint32_t)(cap >> 40 & 0xff) + 1;
}

/* log2 of the largest block of entries that one message may name. */
static inline unsigned int umsi_vtd_handle_order_max(uint64_t ecap)
{
	return ecap >> 20 & 0xf;
}

/* @entries: 2^1 .. 2^16. EIM: 32-bit APIC ids. */
static inline uint64_t umsi_vtd_irta(uint64_t base, unsigned int log2_entries, bool eim)
{
	return base | (eim ? UINT64_C(1) << 11 : 0) | (log2_entries - 1);
}

/* ---- Fault recording registers, 16 bytes each ---- */

#define VTD_FRCD_F		(1u << 31)	/* of the last word; write 1 to free the register */

/* Reasons of interrupt remapping: "Interrupt Remapping Fault Conditions". */
enum vtd_fault_reason {
	VTD_FAULT_REQUEST = 0x20,	/* reserved field of the message set */
	VTD_FAULT_INDEX = 0x21,		/* beyond the table */
	VTD_FAULT_NOT_PRESENT = 0x22,
	VTD_FAULT_TABLE = 0x23,		/* the table cannot be read */
	VTD_FAULT_ENTRY = 0x24,		/* reserved field of the entry set */
	VTD_FAULT_COMPATIBILITY = 0x25,	/* compatibility format, and that is blocked */
	VTD_FAULT_SOURCE = 0x26,	/* the sender is not the entry's */
};

struct umsi_vtd_frcd {
	uint16_t source_id, index;
	uint8_t reason;
};

static inline struct umsi_vtd_frcd umsi_vtd_frcd(const uint32_t word[4])
{
	return (struct umsi_vtd_frcd){
		.index = (uint16_t)(word[1] >> 16), .source_id = (uint16_t)word[2],
		.reason = (uint8_t)word[3],
	};
}

/* ---- Table entries: two 64-bit halves, low first ---- */

#define VTD_IRTE_BYTES		16u
#define VTD_IRTE_PRESENT	(UINT64_C(1) << 0)
#define VTD_IRTE_LEVEL		(UINT64_C(1) << 4)
#define VTD_IRTE_URGENT		(UINT64_C(1) << 14)
#define VTD_IRTE_POSTED		(UINT64_C(1) << 15)

/* Fixed delivery to one APIC by its id. A move changes this half only. */
static inline uint64_t umsi_vtd_irte_low(uint32_t apic_id, uint32_t vector, bool level, bool eim)
{
	return VTD_IRTE_PRESENT | (level ? VTD_IRTE_LEVEL : 0) | (uint64_t)vector << 16 |
	       (uint64_t)(eim ? apic_id : apic_id << 8) << 32;
}

/* Who may use an entry: field SVT, with SQ or a range of buses. */
enum vtd_source {
	VTD_SOURCE_ID = 1,		/* this requester; @detail: 0, or 1 .. 3 function bits from the top are ignored */
	VTD_SOURCE_BUSES = 2,		/* any whose bus is in [id >> 8, id & 0xff] */
};

static inline uint64_t umsi_vtd_irte_high(enum vtd_source kind, uint16_t id, uint32_t detail)
{
	return id | (uint64_t)(detail & 3) << 16 | (uint64_t)kind << 18;
}

/* For a guest's interrupt: vector of the guest, and where its descriptor is (64-byte aligned). */
static inline uint64_t umsi_vtd_posted_low(uint64_t pid, uint32_t vector, bool urgent)
{
	return VTD_IRTE_PRESENT | VTD_IRTE_POSTED | (urgent ? VTD_IRTE_URGENT : 0) |
	       (uint64_t)vector << 16 | (pid & 0xffffffc0) << 32;
}

static inline uint64_t umsi_vtd_posted_high(uint64_t source, uint64_t pid)
{
	return source | (pid >> 32) << 32;
}

/* ---- Posted interrupt descriptor: 64 bytes, 64-byte aligned ---- */

struct umsi_vtd_pid {
	uint64_t pir[4];		/* a bit per vector of the guest */
	uint64_t control;		/* changed by hardware: atomic read-modify-writes only */
	uint64_t reserved[3];
};

_Static_assert(sizeof(struct umsi_vtd_pid) == 64, "a posted interrupt descriptor is one line");

#define VTD_PID_OUTSTANDING	(UINT64_C(1) << 0)	/* a notification is under way */
#define VTD_PID_SUPPRESS	(UINT64_C(1) << 1)	/* no notification but for urgent ones */

/* Notify @apic_id with @vector. */
static inline uint64_t umsi_vtd_pid_control(uint32_t apic_id, uint32_t vector, bool eim)
{
	return (uint64_t)vector << 16 | (uint64_t)(eim ? apic_id : apic_id << 8) << 32;
}

/* ---- Queue descriptors: two 64-bit words ---- */

#define VTD_DESCRIPTOR_BYTES	16u

/* 2^@order entries from @index on, a multiple of that. */
static inline uint64_t umsi_vtd_iec(uint32_t index, unsigned int order)
{
	return UINT64_C(4) | UINT64_C(1) << 4 | (uint64_t)order << 27 | (uint64_t)index << 32;
}

static inline uint64_t umsi_vtd_iec_all(void)
{
	return 4;
}

/* Writes @status to the 4-byte aligned address of the second word once all before it is done. */
static inline uint64_t umsi_vtd_wait(uint32_t status)
{
	return UINT64_C(5) | UINT64_C(1) << 5 | (uint64_t)status << 32;
}

static inline bool umsi_vtd_is_wait(uint64_t low)
{
	return (low & 0xf) == 5;
}

/* ---- Messages: "Interrupt Requests in Remappable Format" ---- */

#define VTD_MSG_BASE		0xfee00000u
#define VTD_MSG_REMAPPABLE	(1u << 4)
#define VTD_MSG_SHV		(1u << 3)	/* the data's low half counts from the handle on */

static inline uint64_t umsi_vtd_address(uint32_t handle, bool shv)
{
	return VTD_MSG_BASE | (handle & 0x7fff) << 5 | VTD_MSG_REMAPPABLE | (shv ? VTD_MSG_SHV : 0) |
	       (handle >> 15 & 1) << 2;
}

static inline uint32_t umsi_vtd_handle(uint64_t address)
{
	return (uint32_t)((address >> 5 & 0x7fff) | (address >> 2 & 1) << 15);
}

#endif
