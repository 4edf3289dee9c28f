/* SPDX-License-Identifier: MIT */
/*
 * CPUs that go and come back. The one that goes does all of it itself: leaves,
 * dies and stops; its stack and whatever it ran are gone then.
 */
#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

#define GO_NS	(20 * 1000000000ull)

static uint64_t changes;

uint64_t cpu_changes(void)
{
	return __atomic_load_n(&changes, __ATOMIC_SEQ_CST);
}

static void note_change(void)
{
	__atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
}

static void answer(struct cpu *cpu, int status)
{
	cpu->going_status = status;
	__atomic_store_n(&cpu->going, 0, __ATOMIC_RELEASE);
}

/* Nobody wakes a CPU that does not sleep, so none is sent an IPI while it is down. */
void cpu_go_if_asked(struct cpu *cpu)
{
	int status;

	if (!__atomic_load_n(&cpu->going, __ATOMIC_ACQUIRE))
		return;
	status = umsi_cpu_leave(kernel.m, cpu->index);
	if (status != UMSI_OK) {
		answer(cpu, status);
		return;
	}
	arch_irq_off();
	status = umsi_cpu_dead(kernel.m, cpu->index);
	if (status != UMSI_OK)
		panic("cpu %u does not die: %s", cpu->index, umsi_status_text(status));
	__atomic_store_n(&cpu->up, 0, __ATOMIC_RELEASE);
	answer(cpu, UMSI_OK);
	platform_cpu_stop();
	panic("firmware does not stop cpu %u", cpu->index);
}

static bool is_stopped(const void *arg)
{
	const struct cpu *cpu = arg;

	return !__atomic_load_n(&cpu->going, __ATOMIC_ACQUIRE) &&
	       (cpu->going_status != UMSI_OK || platform_cpu_is_stopped(cpu->hw_id));
}

int cpu_take_down(struct cpu *cpu)
{
	if (!platform_cpus_stop())
		return UMSI_ENOTSUP;
	if (cpu == &boot_cpu)
		return UMSI_EBUSY;
	if (!cpu_is_up(cpu))
		return UMSI_ESTATE;
	note_change();
	__atomic_store_n(&cpu->going, 1, __ATOMIC_RELEASE);
	cpu_wake(cpu);
	if (!cpu_poll(is_stopped, cpu, time_ns() + GO_NS))
		return UMSI_ETIMEOUT;
	return cpu->going_status;
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
