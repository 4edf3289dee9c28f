/* SPDX-License-Identifier: MIT */
/*
 * CPUs that go and come back. The boot CPU makes another leave, that one dies
 * and stops itself; its stack and whatever it ran are gone then.
 */
#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

#define GO_NS	(20 * 1000000000ull)

enum going {
	GOING_NOT = 0,
	GOING_ASKED,	/* by the boot CPU */
	GOING_QUIET,	/* the CPU: interrupts are off */
	GOING_LEFT,	/* the boot CPU: nothing is aimed there any more */
};

static uint64_t changes;

uint64_t cpu_changes(void)
{
	return __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
}

static void note_change(void)
{
	__atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
}

static void set_going(struct cpu *cpu, uint32_t going)
{
	__atomic_store_n(&cpu->going, going, __ATOMIC_RELEASE);
}

static uint32_t going(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->going, __ATOMIC_ACQUIRE);
}

/*
 * Interrupts go off before the library moves them away, so that what comes
 * here until then is pending when the CPU dies, and others must handle it.
 * Nobody wakes a CPU that does not sleep: none is sent an IPI while it is down.
 */
void cpu_go_if_asked(struct cpu *cpu)
{
	int status;

	if (going(cpu) != GOING_ASKED)
		return;
	arch_irq_off();
	set_going(cpu, GOING_QUIET);
	while (going(cpu) == GOING_QUIET)
		arch_pause();
	if (going(cpu) == GOING_NOT) {
		arch_irq_on();
		return;
	}
	status = umsi_cpu_dead(kernel.m, cpu->index);
	if (status != UMSI_OK)
		panic("cpu %u does not die: %s", cpu->index, umsi_status_text(status));
	__atomic_store_n(&cpu->up, 0, __ATOMIC_RELEASE);
	set_going(cpu, GOING_NOT);
	platform_cpu_stop();
	panic("firmware does not stop cpu %u", cpu->index);
}

static bool is_quiet(const void *arg)
{
	return going(arg) == GOING_QUIET;
}

static bool is_stopped(const void *arg)
{
	const struct cpu *cpu = arg;

	return going(cpu) == GOING_NOT && platform_cpu_is_stopped(cpu->hw_id);
}

int cpu_take_down(struct cpu *cpu)
{
	int status;

	if (!platform_cpus_stop())
		return UMSI_ENOTSUP;
	if (cpu == &boot_cpu)
		return UMSI_EBUSY;
	if (!cpu_is_up(cpu))
		return UMSI_ESTATE;
	note_change();
	set_going(cpu, GOING_ASKED);
	cpu_wake(cpu);
	if (!cpu_poll(is_quiet, cpu, time_ns() + GO_NS))
		return UMSI_ETIMEOUT;
	status = umsi_cpu_leave(kernel.m, cpu->index);
	set_going(cpu, status == UMSI_OK ? GOING_LEFT : GOING_NOT);
	if (status != UMSI_OK)
		return status;
	return cpu_poll(is_stopped, cpu, time_ns() + GO_NS) ? UMSI_OK : UMSI_ETIMEOUT;
}

static bool has_come_up(const void *arg)
{
	return cpu_is_up(arg);
}

int cpu_bring_back(struct cpu *cpu)
{
	if (!platform_cpus_stop())
		return UMSI_ENOTSUP;
	if (cpu_is_up(cpu))
		return UMSI_ESTATE;
	if (!arch_cpu_start(cpu))
		return UMSI_EREFUSED;
	if (!cpu_poll(has_come_up, cpu, time_ns() + GO_NS))
		return UMSI_ETIMEOUT;
	note_change();
	return UMSI_OK;
}
