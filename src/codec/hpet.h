/* SPDX-License-Identifier: MIT */
/*
 * HPET registers; pure.
 * Source: IA-PC HPET Specification 1.0a, "Memory Map", "Timer n Configuration
 * and Capability Register", "Timer n FSB Interrupt Route Register".
 */
#ifndef UMSI_CODEC_HPET_H
#define UMSI_CODEC_HPET_H

#include <stdbool.h>
#include <stdint.h>

#define HPET_BYTES		0x400u
#define HPET_CAPABILITIES	0x000u	/* low half: 12:8 last timer */
#define HPET_PERIOD		0x004u	/* of the counter, in femtoseconds */
#define HPET_CONFIG		0x010u
#define HPET_COUNTER		0x0f0u
#define HPET_TIMER(n)		(0x100u + 0x20u * (n))
#define HPET_TIMER_COMPARATOR	0x08u
#define HPET_TIMER_ROUTE_DATA	0x10u
#define HPET_TIMER_ROUTE_ADDRESS 0x14u

#define HPET_PERIOD_MAX		0x05f5e100u

#define HPET_CONFIG_ENABLE	(1u << 0)
#define HPET_CONFIG_LEGACY	(1u << 1)	/* timers 0 and 1 replace PIT and RTC: no messages */

#define HPET_TIMER_LEVEL	(1u << 1)
#define HPET_TIMER_INTERRUPTS	(1u << 2)
#define HPET_TIMER_PERIODIC	(1u << 3)
#define HPET_TIMER_CAN_64	(1u << 5)
#define HPET_TIMER_SET_VALUE	(1u << 6)
#define HPET_TIMER_32		(1u << 8)
#define HPET_TIMER_FSB		(1u << 14)
#define HPET_TIMER_CAN_FSB	(1u << 15)

static inline uint32_t umsi_hpet_timers(uint32_t capabilities)
{
	return (capabilities >> 8 & 0x1f) + 1;
}

/* One shot, an edge by message, compared on 32 bits; interrupts off. */
static inline uint32_t umsi_hpet_config(uint32_t found)
{
	uint32_t config = found & ~(HPET_TIMER_LEVEL | HPET_TIMER_INTERRUPTS | HPET_TIMER_PERIODIC |
				    HPET_TIMER_SET_VALUE);

	return config | HPET_TIMER_FSB | (found & HPET_TIMER_CAN_64 ? HPET_TIMER_32 : 0);
}

#endif
