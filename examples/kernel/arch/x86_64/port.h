/* SPDX-License-Identifier: MIT */
/* I/O ports and the local APIC's registers that are the kernel's own business. */
#ifndef PORT_H
#define PORT_H

#include <stdbool.h>
#include <stdint.h>

struct umsi_domain;

static inline uint8_t port_read8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port) : "memory");
	return v;
}

static inline void port_write8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" :: "a"(v), "Nd"(port) : "memory");
}

static inline void port_write16(uint16_t port, uint16_t v)
{
	__asm__ volatile("outw %0, %1" :: "a"(v), "Nd"(port) : "memory");
}

static inline void port_write32(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" :: "a"(v), "Nd"(port) : "memory");
}

/* Source: Intel SDM Vol. 3A, "Local APIC Register Address Map". */
#define LAPIC_REGISTERS	0xfee00000ul
#define LAPIC_SVR	0x0f0u
#define LAPIC_ICR_LOW	0x300u
#define LAPIC_ICR_HIGH	0x310u
#define LAPIC_LVT_TIMER	0x320u
#define LAPIC_TIMER_INITIAL	0x380u
#define LAPIC_TIMER_CURRENT	0x390u
#define LAPIC_TIMER_DIVIDE	0x3e0u

/* Found by platform.c; 0 = none. */
extern uint16_t port_pm1a_control;

/* The pins of the I/O APIC at @ioapic_phys, which is taken when first asked for. */
struct umsi_table *wire_pins(struct umsi_domain *parent, uint64_t ioapic_phys);

/* Moves a level-triggered pin under fire. False: a line went dead, or stormed. */
bool wire_check(struct umsi_domain *parent, uint64_t ioapic_phys);

/* Moves the timers of the HPET at @phys under fire, if they send messages. */
bool hpet_check(struct umsi_domain *root, uint64_t phys);

/* Turns vectors into calls of trap_handle(); once, on the boot CPU. */
void trap_init(void);

#endif
