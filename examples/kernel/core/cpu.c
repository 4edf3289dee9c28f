/* SPDX-License-Identifier: MIT */
#include "core/cpu.h"

#include <stddef.h>

#include <umsi/umsi.h>

#include "arch.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"
#include "cpu_offsets.h"

#define STACK_BYTES	(16 * 1024ul)
#define TICKS_A_SECOND	20
#define POLL_NS		500000ull
#define START_NS	(20 * 1000000000ull)

_Static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "entry.S");
_Static_assert(offsetof(struct cpu, trap_instret) == CPU_TRAP_INSTRET, "trap.S");

struct cpu boot_cpu;

static struct cpu others[PLATFORM_CPUS_MAX - 1];
static uint32_t wake_ipi;
static uint32_t wake_ready;

void cpu_main(void);

struct cpu *cpu_at(uint32_t index)
{
	return index ? &others[index - 1] : &boot_cpu;
}

uint32_t cpu_count(void)
{
	return kernel.platform.cpus;
}

uint64_t time_ns(void)
{
	uint64_t hz = kernel.platform.ticks_per_second;
	uint64_t ticks = arch_ticks();

	return ticks / hz * 1000000000ull + ticks % hz * 1000000000ull / hz;
}

void cpu_spin_ns(uint64_t ns)
{
	uint64_t end = time_ns() + ns;

	while (time_ns() < end)
		arch_pause();
}

void cpu_tick(void)
{
	arch_timer_arm(arch_ticks() + kernel.platform.ticks_per_second / TICKS_A_SECOND);
}

/* Marsaglia's xorshift, 64 bits. */
uint32_t cpu_random(struct cpu *cpu, uint32_t limit)
{
	cpu->seed ^= cpu->seed << 13;
	cpu->seed ^= cpu->seed >> 7;
	cpu->seed ^= cpu->seed << 17;
	return (uint32_t)((cpu->seed >> 32) * limit >> 32);
}

static void open_cpu(struct cpu *cpu)
{
	int status = umsi_cpu_online(kernel.m, cpu->index);

	if (status != UMSI_OK)
		panic("cpu %u: %s", cpu->index, umsi_status_text(status));
	arch_interrupts_open();
	cpu_tick();
	__atomic_store_n(&cpu->up, 1, __ATOMIC_RELEASE);
	arch_irq_on();
}

static bool has_no_job(const void *arg)
{
	const struct cpu *cpu = arg;

	return __atomic_load_n(&cpu->job, __ATOMIC_ACQUIRE) == NULL;
}

static bool has_work(const void *arg)
{
	const struct cpu *cpu = arg;

	return !has_no_job(cpu) || __atomic_load_n(&cpu->going, __ATOMIC_ACQUIRE);
}

/* A started CPU's whole life; it begins anew when the CPU comes back. */
void cpu_main(void)
{
	struct cpu *cpu = this_cpu();

	open_cpu(cpu);
	for (;;) {
		cpu_wait(has_work, cpu, CPU_FOREVER);
		cpu_go_if_asked(cpu);
		if (has_no_job(cpu))
			continue;
		cpu->job(cpu, cpu->job_arg);
		__atomic_store_n(&cpu->job, NULL, __ATOMIC_RELEASE);
		cpu_wake(&boot_cpu);
	}
}

/* The IPI's only work is to have ended the sleep. */
static void woken(void *arg, umsi_cpu cpu)
{
	(void)arg;
	(void)cpu;
}

bool cpu_is_up(const struct cpu *cpu)
{
	return __atomic_load_n(&cpu->up, __ATOMIC_ACQUIRE);
}

static void wait_up(struct cpu *cpu)
{
	uint64_t end = time_ns() + START_NS;

	while (!cpu_is_up(cpu)) {
		if (time_ns() > end)
			panic("cpu %u (hart %lu) does not come up", cpu->index, cpu->hw_id);
		arch_pause();
	}
}

void cpu_start_all(void)
{
	for (uint32_t i = 0; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_at(i);

		cpu->index = i;
		cpu->hw_id = kernel.platform.cpu[i].hw_id;
		cpu->seed = 0x9e3779b97f4a7c15ull * (i + 1);
	}
	open_cpu(&boot_cpu);
	if (platform_ipi_add(kernel.root, woken, NULL, &wake_ipi) != UMSI_OK)
		panic("no identity for the wake-up interrupt");
	__atomic_store_n(&wake_ready, 1, __ATOMIC_RELEASE);
	for (uint32_t i = 1; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_at(i);
		char *stack = memory_alloc(STACK_BYTES);

		if (!stack)
			panic("no memory for the stack of cpu %u", i);
		cpu->stack_top = stack + STACK_BYTES;
		if (!arch_cpu_start(cpu))
			panic("firmware does not start hart %lu", cpu->hw_id);
		wait_up(cpu);
	}
	kprintf("cpus: %u up, boot hart %lu\n", cpu_count(), boot_cpu.hw_id);
}

struct cpu *cpu_random_up(struct cpu *cpu, uint32_t but)
{
	uint32_t first = cpu_random(cpu, cpu_count());

	for (uint32_t i = 0; i < cpu_count(); i++) {
		struct cpu *other = cpu_at((first + i) % cpu_count());

		if (other->index != but && umsi_cpu_is_online(kernel.m, other->index))
			return other;
	}
	return NULL;
}

void cpu_run_all(cpu_job job, void *arg)
{
	for (uint32_t i = 1; i < cpu_count(); i++) {
		struct cpu *cpu = cpu_at(i);

		if (!cpu_is_up(cpu))
			continue;
		cpu->job_arg = arg;
		__atomic_store_n(&cpu->job, job, __ATOMIC_RELEASE);
		cpu_wake(cpu);
	}
	job(&boot_cpu, arg);
	for (uint32_t i = 1; i < cpu_count(); i++)
		cpu_wait(has_no_job, cpu_at(i), CPU_FOREVER);
}

/*
 * CPU0: sleeping = 1; fence; look at the condition     CPU1: make it true; fence; look at sleeping
 * One of the two sees the other. An IPI that comes between the look and the
 * WFI is pending then, and WFI returns at once.
 */
bool cpu_wait(cpu_condition condition, const void *arg, uint64_t deadline_ns)
{
	struct cpu *cpu = this_cpu();

	for (;;) {
		bool holds;

		arch_irq_off();
		__atomic_store_n(&cpu->sleeping, 1, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		holds = condition(arg);
		if (!holds && time_ns() < deadline_ns) {
			umsi_drain_point(kernel.m);
			arch_wait();
		}
		__atomic_store_n(&cpu->sleeping, 0, __ATOMIC_RELAXED);
		arch_irq_on();
		if (holds)
			return true;
		if (time_ns() >= deadline_ns)
			return condition(arg);
	}
}

/* cpu_tick() sets the timer back to its period. */
bool cpu_poll(cpu_condition condition, const void *arg, uint64_t deadline_ns)
{
	while (!condition(arg)) {
		if (time_ns() >= deadline_ns)
			return false;
		arch_timer_arm(arch_ticks() + kernel.platform.ticks_per_second * POLL_NS / 1000000000ull);
		cpu_wait(condition, arg, time_ns() + POLL_NS);
	}
	return true;
}

void cpu_wake(struct cpu *cpu)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (cpu == this_cpu() || !__atomic_load_n(&cpu->sleeping, __ATOMIC_RELAXED))
		return;
	if (!__atomic_load_n(&wake_ready, __ATOMIC_ACQUIRE))
		return;
	this_cpu()->wakes_sent++;
	platform_ipi_send(kernel.root, wake_ipi, cpu->index);
}
