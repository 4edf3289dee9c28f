/* SPDX-License-Identifier: MIT */
/* Every interrupt goes to the library's one entry; every exception ends the run. */
#include <umsi/imsic.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

#define SCAUSE_INTERRUPT	(1ul << 63)
#define SIE_STIE		(1ul << 5)
#define SIE_SEIE		(1ul << 9)

extern char trap_entry[], trap_entry_counting[];
void trap_handle(uint64_t scause);

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

void arch_interrupts_open(void)
{
	__asm__ volatile("csrs sie, %0" :: "r"(SIE_STIE | SIE_SEIE) : "memory");
}

void arch_trap_counting(bool on)
{
	__asm__ volatile("csrw stvec, %0" :: "r"(on ? trap_entry_counting : trap_entry) : "memory");
}
