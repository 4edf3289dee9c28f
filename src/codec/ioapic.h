/* SPDX-License-Identifier: MIT */
/*
 * I/O APIC: registers and redirection entries; pure.
 * Source: Intel 82093AA data sheet, "I/O APIC Registers"; the EOI register and
 * destination bits 55:49 from Intel ICH and PCH data sheets, "I/O APIC".
 */
#ifndef UMSI_CODEC_IOAPIC_H
#define UMSI_CODEC_IOAPIC_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

/* Offsets in the register window: an index, what it selects, and end of interrupt. */
#define IOAPIC_INDEX		0x00u
#define IOAPIC_DATA		0x10u
#define IOAPIC_EOI		0x40u	/* takes a vector; version 0x20 and later */
#define IOAPIC_WINDOW_BYTES	0x44u

#define IOAPIC_VERSION		0x01u	/* 7:0 version, 23:16 last entry */
#define IOAPIC_ENTRY_LOW(pin)	(0x10u + 2 * (pin))
#define IOAPIC_ENTRY_HIGH(pin)	(0x11u + 2 * (pin))

#define IOAPIC_HAS_EOI		0x20u
#define IOAPIC_PINS_MAX		240u

/* Low half of an entry. */
#define IOAPIC_PENDING		(1u << 12)	/* delivery status, read only */
#define IOAPIC_ACTIVE_LOW	(1u << 13)
#define IOAPIC_REMOTE_IRR	(1u << 14)	/* level: accepted by a local APIC and not ended; read only */
#define IOAPIC_LEVEL		(1u << 15)
#define IOAPIC_MASKED		(1u << 16)

static inline uint32_t umsi_ioapic_pins(uint32_t version)
{
	return (version >> 16 & 0xff) + 1;
}

static inline bool umsi_ioapic_is_smi(uint32_t low)
{
	return (low >> 8 & 7) == 2;
}

/*
 * An entry is a message in other bits, whatever composed the message: vector
 * and delivery mode from the data; destination mode from address bit 2;
 * address bits 19:4 to entry bits 63:48 (destination, or a remapping index
 * and its format bit).
 */
static inline uint32_t umsi_ioapic_low(const struct umsi_msg *msg, uint32_t wiring)
{
	return (msg->data & 0x7ff) | (msg->address >> 2 & 1) << 11 | wiring;
}

static inline uint32_t umsi_ioapic_high(const struct umsi_msg *msg)
{
	return (uint32_t)(msg->address >> 4 & 0xffff) << 16;
}

/* Polarity and trigger mode of a line; a pin of no said kind is an ISA line. */
static inline uint32_t umsi_ioapic_wiring(unsigned int trigger)
{
	switch (trigger) {
	case UMSI_TRIGGER_EDGE_FALLING: return IOAPIC_ACTIVE_LOW;
	case UMSI_TRIGGER_LEVEL_HIGH: return IOAPIC_LEVEL;
	case UMSI_TRIGGER_LEVEL_LOW: return IOAPIC_LEVEL | IOAPIC_ACTIVE_LOW;
	default: return 0;
	}
}

#endif
