/* SPDX-License-Identifier: MIT */
/* Calls into the firmware. Source: RISC-V SBI 1.0, the extension named at each. */
#include "arch.h"

#include "core/cpu.h"
#include "core/kernel.h"

#define SBI_LEGACY_PUTCHAR	0x01
#define SBI_LEGACY_GETCHAR	0x02
#define SBI_TIME		0x54494d45
#define SBI_HSM			0x48534d
#define SBI_SRST		0x53525354

#define HSM_HART_START		0
#define HSM_HART_STOP		1
#define HSM_HART_GET_STATUS	2
#define HSM_STOPPED		1	/* "HSM Hart States" */

#define SRST_SHUTDOWN		0
#define SRST_REASON_NONE	0
#define SRST_REASON_FAILURE	1

/* SiFive test finisher: status in the upper half. */
#define FINISHER_FAIL		0x3333u
#define FINISHER_STATUS		(1u << 16)

extern char hart_entry[];

/* "Binary Encoding" */
struct sbi_answer {
	long error;
	unsigned long value;
};

static struct sbi_answer sbi_ask(unsigned long extension, unsigned long function,
				 unsigned long x0, unsigned long x1, unsigned long x2)
{
	register unsigned long a0 __asm__("a0") = x0;
	register unsigned long a1 __asm__("a1") = x1;
	register unsigned long a2 __asm__("a2") = x2;
	register unsigned long a6 __asm__("a6") = function;
	register unsigned long a7 __asm__("a7") = extension;

	__asm__ volatile("ecall" : "+r"(a0), "+r"(a1)
			 : "r"(a2), "r"(a6), "r"(a7) : "memory");
	return (struct sbi_answer){ .error = (long)a0, .value = a1 };
}

static long sbi_call(unsigned long extension, unsigned long function,
		     unsigned long x0, unsigned long x1, unsigned long x2)
{
	return sbi_ask(extension, function, x0, x1, x2).error;
}

/* "Legacy Extensions" */
void arch_putchar(char c)
{
	sbi_call(SBI_LEGACY_PUTCHAR, 0, (unsigned char)c, 0, 0);
}

int arch_getchar(void)
{
	return (int)sbi_call(SBI_LEGACY_GETCHAR, 0, 0, 0, 0);
}

/* "Timer Extension": also clears a pending timer interrupt. */
void arch_timer_arm(uint64_t ticks)
{
	sbi_call(SBI_TIME, 0, ticks, 0, 0);
}

/* "Hart State Management Extension" */
bool arch_cpu_start(struct cpu *cpu)
{
	return sbi_call(SBI_HSM, HSM_HART_START, cpu->hw_id, (unsigned long)hart_entry,
			(unsigned long)cpu) == 0;
}

bool platform_cpus_stop(void)
{
	return true;
}

/* "Hart State Management Extension", "Function: HART stop" */
void platform_cpu_stop(void)
{
	sbi_call(SBI_HSM, HSM_HART_STOP, 0, 0, 0);
}

/* "Function: HART get status": the state comes as the call's value. */
bool platform_cpu_is_stopped(uint64_t hw_id)
{
	struct sbi_answer answer = sbi_ask(SBI_HSM, HSM_HART_GET_STATUS, hw_id, 0, 0);

	return answer.error == 0 && answer.value == HSM_STOPPED;
}

/* "System Reset Extension" */
_Noreturn void arch_power_off(bool good)
{
	if (!good && kernel.platform.exit_register)
		mmio_write32((uintptr_t)kernel.platform.exit_register,
			     FINISHER_STATUS | FINISHER_FAIL);
	sbi_call(SBI_SRST, 0, SRST_SHUTDOWN,
		 good ? SRST_REASON_NONE : SRST_REASON_FAILURE, 0);
	for (;;)
		arch_wait();
}
