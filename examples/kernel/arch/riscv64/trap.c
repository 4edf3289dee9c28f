/* SPDX-License-Identifier: MIT */
/*
 * With interrupt files every interrupt goes to the library's one entry; without,
 * external ones do. Every exception ends the run.
 */
#include <umsi/aplic.h>
#include <umsi/imsic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "root.h"

#define SCAUSE_INTERRUPT	(1ul << 63)
#define SIE_STIE		(1ul << 5)
#define SIE_SEIE		(1ul << 9)

/* Source: RISC-V Privileged ISA, "Supervisor Cause Register (scause)". */
#define CAUSE_TIMER		(SCAUSE_INTERRUPT | 5)
#define CAUSE_EXTERNAL		(SCAUSE_INTERRUPT | 9)

extern char trap_entry[], trap_entry_counting[], trap_entry_direct[];
void trap_handle(uint64_t scause);
void trap_handle_direct(uint64_t scause);

static _Noreturn void exception(uint64_t scause)
{
	uint64_t sepc, stval;

	__asm__ volatile("csrr %0, sepc" : "=r"(sepc));
	__asm__ volatile("csrr %0, stval" : "=r"(stval));
	panic("exception %lu on cpu %u at %lx, stval %lx", scause, this_cpu()->index, sepc, stval);
}

void trap_handle(uint64_t scause)
{
	struct cpu *cpu = this_cpu();

	if (!(scause & SCAUSE_INTERRUPT))
		exception(scause);
	cpu->trap_depth++;
	umsi_imsic_trap(kernel.root, cpu->index);
	cpu->trap_depth--;
}

void trap_handle_direct(uint64_t scause)
{
	struct cpu *cpu = this_cpu();

	cpu->trap_depth++;
	if (scause == CAUSE_EXTERNAL)
		umsi_aplic_direct_trap(kernel.root, cpu->index);
	else if (scause == CAUSE_TIMER)
		cpu_tick();
	else
		exception(scause);
	cpu->trap_depth--;
}

void arch_interrupts_open(void)
{
	if (root_is_direct())
		__asm__ volatile("csrw stvec, %0" :: "r"(trap_entry_direct) : "memory");
	__asm__ volatile("csrs sie, %0" :: "r"(SIE_STIE | SIE_SEIE) : "memory");
}

void arch_trap_counting(bool on)
{
	__asm__ volatile("csrw stvec, %0" :: "r"(on ? trap_entry_counting : trap_entry) : "memory");
}
