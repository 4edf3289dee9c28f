/* SPDX-License-Identifier: MIT */
/*
 * Local APIC: message format, register offsets and their fields; pure.
 * Source: Intel SDM Vol. 3A, "Advanced Programmable Interrupt Controller
 * (APIC)": "Message Signalled Interrupts", "Local APIC Register Address Map",
 * "Interrupt Command Register (ICR)", "Extended XAPIC (x2APIC)".
 */
#ifndef UMSI_CODEC_LAPIC_H
#define UMSI_CODEC_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

/* ---- "Message Address Register Format", "Message Data Register Format" ---- */

#define LAPIC_MSG_BASE		0xfee00000u
#define LAPIC_MSG_LOGICAL	(1u << 2)	/* destination mode; 0 = one APIC, by its id */
#define LAPIC_MSG_HINT		(1u << 3)	/* redirection hint */
#define LAPIC_DATA_LEVEL	(1u << 15)	/* trigger mode; 0 = edge */
#define LAPIC_DATA_ASSERT	(1u << 14)	/* for level trigger only */

#define LAPIC_ID_BROADCAST	0xffu
/* Destination bits 14:8 in address bits 11:5, where the platform says so. */
#define LAPIC_EXTENDED_IDS	0x7fffu

/* Can a message be aimed at this APIC, and at it alone? */
static inline bool umsi_lapic_id_fits(uint64_t id, bool extended)
{
	if (!extended)
		return id < LAPIC_ID_BROADCAST;
	return id < LAPIC_EXTENDED_IDS && id != LAPIC_ID_BROADCAST;
}

/* Fixed delivery, edge, physical destination; @id fits. */
static inline struct umsi_msg umsi_lapic_message(uint32_t id, uint32_t vector)
{
	struct umsi_msg msg = {
		.address = LAPIC_MSG_BASE | (id & 0xff) << 12 | (id >> 8 & 0x7f) << 5,
		.data = vector,
	};

	return msg;
}

/*
 * What a translator is told: all 32 bits of the id, 31:8 in address bits 63:40.
 * Remapping units take their own interrupts so: Intel VT-d, "Fault Event Upper Address Register".
 */
static inline struct umsi_msg umsi_lapic_wide_message(uint32_t id, uint32_t vector)
{
	struct umsi_msg msg = {
		.address = LAPIC_MSG_BASE | (id & 0xff) << 12 | (uint64_t)(id >> 8) << 40,
		.data = vector,
	};

	return msg;
}

/* Of any of the three. */
static inline uint32_t umsi_lapic_message_id(const struct umsi_msg *msg)
{
	uint32_t low = (uint32_t)msg->address;

	return (low >> 12 & 0xff) | (low >> 5 & 0x7f) << 8 | (uint32_t)(msg->address >> 40) << 8;
}

static inline uint32_t umsi_lapic_message_vector(const struct umsi_msg *msg)
{
	return msg->data & 0xff;
}

/* ---- Registers: offset in the xAPIC page; the x2APIC MSR is 0x800 + offset / 16. ---- */

#define LAPIC_PAGE_BYTES	4096u
#define LAPIC_ID		0x020u	/* xAPIC: id in bits 31:24; x2APIC: 31:0 */
#define LAPIC_VERSION		0x030u	/* 7:0 version, 23:16 last LVT entry, 24 broadcast suppression */
#define LAPIC_TPR		0x080u
#define LAPIC_EOI		0x0b0u
#define LAPIC_SVR		0x0f0u	/* 7:0 spurious vector, 8 software enable, 12 suppress EOI broadcast */
#define LAPIC_ISR		0x100u	/* eight words of 32 vectors, 16 bytes apart */
#define LAPIC_IRR		0x200u
#define LAPIC_ESR		0x280u
#define LAPIC_LVT_CMCI		0x2f0u
#define LAPIC_ICR_LOW		0x300u
#define LAPIC_ICR_HIGH		0x310u	/* xAPIC only: destination in bits 31:24 */
#define LAPIC_LVT_TIMER		0x320u
#define LAPIC_LVT_THERMAL	0x330u
#define LAPIC_LVT_PERFORMANCE	0x340u
#define LAPIC_LVT_LINT0		0x350u
#define LAPIC_LVT_LINT1		0x360u
#define LAPIC_LVT_ERROR		0x370u

#define LAPIC_SVR_ENABLE	(1u << 8)
#define LAPIC_SVR_NO_BROADCAST	(1u << 12)
#define LAPIC_VERSION_CAN_SUPPRESS (1u << 24)
#define LAPIC_LVT_MASKED	(1u << 16)
#define LAPIC_ICR_PENDING	(1u << 12)	/* xAPIC delivery status */
#define LAPIC_ICR_ASSERT	(1u << 14)

#define LAPIC_VECTORS		256u
#define LAPIC_FIRST_VECTOR	0x20u		/* below are exceptions */

static inline uint32_t umsi_x2apic_msr(uint32_t offset)
{
	return 0x800u + offset / 16;
}

/* The word of a 256-bit register that holds @vector. */
static inline uint32_t umsi_lapic_word(uint32_t first_register, uint32_t vector)
{
	return first_register + vector / 32 * 16;
}

static inline uint32_t umsi_lapic_lvt_last(uint32_t version)
{
	return version >> 16 & 0xff;
}

/* "Local Vector Table": delivery mode in bits 10:8. */
static inline bool umsi_lapic_lvt_is_nmi_or_smi(uint32_t lvt)
{
	uint32_t mode = lvt >> 8 & 7;

	return mode == 2 || mode == 4;
}

/* ---- IA32_APIC_BASE: "Local APIC Status and Location" ---- */

#define LAPIC_BASE_MSR		0x1bu
#define LAPIC_BASE_X2APIC	(1u << 10)
#define LAPIC_BASE_ENABLE	(1u << 11)

#endif
