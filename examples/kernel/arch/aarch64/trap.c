/* SPDX-License-Identifier: MIT */
/* Every IRQ goes to the library's one entry; every other exception ends the run. */
#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "gic.h"

/* PMU event number: Arm ARM, "INST_RETIRED". */
#define EVENT_INST_RETIRED	0x08ul

extern char vectors[], vectors_counting[];
void trap_irq(void);
_Noreturn void trap_exception(uint64_t esr, uint64_t elr, uint64_t far);

_Noreturn void trap_exception(uint64_t esr, uint64_t elr, uint64_t far)
{
	panic("exception on cpu %u: esr %lx at %lx, far %lx", this_cpu()->index, esr, elr, far);
}

void trap_irq(void)
{
	struct cpu *cpu = this_cpu();

	cpu->trap_depth++;
	gic_trap(kernel.root, cpu->index);
	cpu->trap_depth--;
}

/* The GIC's own registers say what may come; PSTATE.I is all there is here. */
void arch_interrupts_open(void)
{
}

void arch_trap_counting(bool on)
{
	__asm__ volatile("msr pmevtyper0_el0, %0\n\tmsr pmcntenset_el0, %1\n\tmsr pmcr_el0, %1\n\tisb"
			 :: "r"(EVENT_INST_RETIRED), "r"(1ul) : "memory");
	__asm__ volatile("msr vbar_el1, %0\n\tisb" :: "r"(on ? vectors_counting : vectors) : "memory");
}

/* Arm ARM, "CNTV_CVAL_EL0": pending from then on until the value is written again. */
void arch_timer_arm(uint64_t ticks)
{
	__asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
			 :: "r"(ticks), "r"(1ul) : "memory");
}
