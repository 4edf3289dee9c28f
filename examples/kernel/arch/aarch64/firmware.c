/* SPDX-License-Identifier: MIT */
/* Console, calls into the firmware, the end. */
#include "arch.h"

#include "core/cpu.h"
#include "core/platform.h"
#include "firmware.h"

/* PL011. Source: Arm PrimeCell UART (DDI 0183), "Register descriptions". */
#define UART_DR		0x00u
#define UART_FR		0x18u
#define UART_FR_RXFE	0x10u
#define UART_FR_TXFF	0x20u

/* Source: Arm PSCI (DEN 0022), "Function identifiers". */
#define PSCI_SYSTEM_OFF	0x84000008u
#define PSCI_CPU_OFF	0x84000002u
#define PSCI_CPU_ON	0xc4000003u
#define PSCI_AFFINITY_INFO	0xc4000004u
#define AFFINITY_OFF	1

/* Source: Arm Semihosting for AArch32 and AArch64, "SYS_EXIT". */
#define SYS_EXIT		0x18ul
#define STOPPED_APPLICATION_EXIT	0x20026ul

extern char hart_entry[];

/* Of QEMU's virt machine, until the tree has been read. */
static uintptr_t uart = 0x09000000;
static bool by_smc;

void uart_at(uintptr_t base)
{
	uart = base;
}

void psci_by_smc(bool smc)
{
	by_smc = smc;
}

void arch_putchar(char c)
{
	while (mmio_read32(uart + UART_FR) & UART_FR_TXFF)
		arch_pause();
	mmio_write32(uart + UART_DR, (unsigned char)c);
}

int arch_getchar(void)
{
	if (mmio_read32(uart + UART_FR) & UART_FR_RXFE)
		return -1;
	return (int)(mmio_read32(uart + UART_DR) & 0xff);
}

static long psci_call(unsigned long function, unsigned long a1, unsigned long a2, unsigned long a3)
{
	register unsigned long x0 __asm__("x0") = function;
	register unsigned long x1 __asm__("x1") = a1;
	register unsigned long x2 __asm__("x2") = a2;
	register unsigned long x3 __asm__("x3") = a3;

	if (by_smc)
		__asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "memory");
	else
		__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "memory");
	return (long)x0;
}

bool arch_cpu_start(struct cpu *cpu)
{
	arch_fence();
	return psci_call(PSCI_CPU_ON, cpu->hw_id, (uintptr_t)hart_entry, (uintptr_t)cpu) == 0;
}

bool platform_cpus_stop(void)
{
	return true;
}

/* "CPU_OFF": of the caller. */
void platform_cpu_stop(void)
{
	psci_call(PSCI_CPU_OFF, 0, 0, 0);
}

bool platform_cpu_is_stopped(uint64_t hw_id)
{
	return psci_call(PSCI_AFFINITY_INFO, hw_id, 0, 0) == AFFINITY_OFF;
}

/* Traps, and so ends here again, where nobody listens to semihosting calls. */
static void semihosting_exit(uint64_t status)
{
	uint64_t block[2] = { STOPPED_APPLICATION_EXIT, status };
	register uint64_t x0 __asm__("x0") = SYS_EXIT;
	register uint64_t *x1 __asm__("x1") = block;

	__asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

_Noreturn void arch_power_off(bool good)
{
	static bool tried;

	if (!good && !tried) {
		tried = true;
		semihosting_exit(1);
	}
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
	for (;;)
		arch_wait();
}
