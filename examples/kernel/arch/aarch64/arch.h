/* SPDX-License-Identifier: MIT */
/* What the rest of the kernel needs of the instruction set. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;

#define ARCH_NAME	"aarch64"

/* TPIDR_EL1 holds the running CPU's struct cpu from entry on. */
static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(cpu));
	return cpu;
}

#define DAIF_I	0x80ul

static inline uintptr_t arch_irq_off(void)
{
	uintptr_t was;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2" : "=r"(was) :: "memory");
	return was & DAIF_I;
}

static inline void arch_irq_on(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static inline void arch_irq_restore(uintptr_t state)
{
	if (!(state & DAIF_I))
		arch_irq_on();
}

static inline void arch_pause(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* Returns when an interrupt is pending, also with interrupts off. */
static inline void arch_wait(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/* Everything before, everything after, memory and devices. */
static inline void arch_fence(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

/* What was written to memory is visible before the doorbell that follows. */
static inline void arch_fence_doorbell(void)
{
	__asm__ volatile("dmb oshst" ::: "memory");
}

/* The phase bit is read before the entry, and the entry before what it is about. */
static inline void arch_fence_entry(void)
{
	__asm__ volatile("dmb oshld" ::: "memory");
}

static inline uint64_t arch_ticks(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) :: "memory");
	return v;
}

/* Event counter 0, set up by arch_trap_counting() to count retired instructions. */
static inline uint64_t arch_instructions(void)
{
	uint64_t v;

	__asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(v) :: "memory");
	return v;
}

static inline uint8_t mmio_read8(uintptr_t a) { return *(volatile uint8_t *)a; }
static inline uint16_t mmio_read16(uintptr_t a) { return *(volatile uint16_t *)a; }
static inline uint32_t mmio_read32(uintptr_t a) { return *(volatile uint32_t *)a; }
static inline void mmio_write8(uintptr_t a, uint8_t v) { *(volatile uint8_t *)a = v; }
static inline void mmio_write16(uintptr_t a, uint16_t v) { *(volatile uint16_t *)a = v; }
static inline void mmio_write32(uintptr_t a, uint32_t v) { *(volatile uint32_t *)a = v; }

/* Console: the UART. getchar: -1 when nothing was typed. */
void arch_putchar(char c);
int arch_getchar(void);

/* Where the UART is, once the tree has been read. */
void uart_at(uintptr_t base);

/* Interrupts this CPU at @ticks, once. */
void arch_timer_arm(uint64_t ticks);

/* Sends a halted CPU to hart_main(); false when firmware refuses. */
bool arch_cpu_start(struct cpu *cpu);

/* Lets interrupts reach this CPU once they are on. */
void arch_interrupts_open(void);

/* The vectors that note the instruction counter, or the plain ones. */
void arch_trap_counting(bool on);

/* Machine off; @good becomes the emulator's exit status where it can. */
_Noreturn void arch_power_off(bool good);

#endif
