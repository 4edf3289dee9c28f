/* SPDX-License-Identifier: MIT */
/* What each arch.h shares: plain device accesses, and the calls every arch/ implements. */
#ifndef ARCH_CALLS_H
#define ARCH_CALLS_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

static inline uint8_t mmio_read8(uintptr_t a) { return *(volatile uint8_t *)a; }
static inline uint16_t mmio_read16(uintptr_t a) { return *(volatile uint16_t *)a; }
static inline uint32_t mmio_read32(uintptr_t a) { return *(volatile uint32_t *)a; }
static inline void mmio_write8(uintptr_t a, uint8_t v) { *(volatile uint8_t *)a = v; }
static inline void mmio_write16(uintptr_t a, uint16_t v) { *(volatile uint16_t *)a = v; }
static inline void mmio_write32(uintptr_t a, uint32_t v) { *(volatile uint32_t *)a = v; }

/* Console: of the firmware (RISC-V), a UART (AArch64), the first serial port (x86-64). */
void arch_putchar(char c);
/* -1 when nothing was typed. */
int arch_getchar(void);

/* Interrupts this CPU at @ticks, once. */
void arch_timer_arm(uint64_t ticks);

/* Sends a halted CPU to cpu_main(); false when firmware or hardware refuses. */
bool arch_cpu_start(struct cpu *cpu);

/* Lets timer and external interrupts reach this CPU once interrupts are on. */
void arch_interrupts_open(void);

/* Traps that note the instruction counter, or plain ones. */
void arch_trap_counting(bool on);

/* Machine off; @good becomes the emulator's exit status where it can. */
_Noreturn void arch_power_off(bool good);

#endif
