/* SPDX-License-Identifier: MIT */
/*
 * CPUs and what they do: each runs one job at a time, handed to it by the
 * boot CPU, and sleeps between. There are no threads; waiting is sleeping with
 * interrupts taken.
 */
#ifndef CPU_H
#define CPU_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/types.h>

struct cpu;
typedef void (*cpu_job)(struct cpu *cpu, void *arg);

/*
 *   field            written by             read without lock by
 *   -----            ----------             --------------------
 *   stack_top .. hw_id  boot CPU, before start   anyone
 *   trap_*           own CPU                own CPU
 *   job, job_arg     giver, while job is NULL; own CPU clears   both (acquire)
 *   sleeping         own CPU                wakers, after a full fence
 *   up               own CPU                anyone (acquire)
 *   going            each side in turn (hotplug.c)   both (acquire)
 */
struct cpu {
	void *stack_top;		/* at CPU_STACK_TOP */
	uint64_t trap_instret;		/* at CPU_TRAP_INSTRET */
	void *trap_part;		/* its part of the root, where the arch's trap takes that */
	uint32_t index;
	uint32_t up;
	uint64_t hw_id;
	uint32_t trap_depth;
	uint32_t sleeping;
	cpu_job job;
	void *job_arg;
	uint64_t seed;
	uint64_t wakes_sent;
	uint32_t going;
};

extern struct cpu boot_cpu;

/* All CPUs, by index; the boot CPU is 0. */
struct cpu *cpu_at(uint32_t index);
uint32_t cpu_count(void);

/* Starts every CPU of the platform and waits until each takes interrupts. */
void cpu_start_all(void);

/* A CPU that has come up and not gone down. */
bool cpu_is_up(const struct cpu *cpu);
/* One of those, but not @but; NULL when there is none. */
struct cpu *cpu_random_up(struct cpu *cpu, uint32_t but);

/*
 * Takes another CPU down: it leaves the library and stops, and this returns
 * when the firmware says so. A job that it has stays its own, and begins
 * again when the CPU is back; one that runs long calls cpu_go_if_asked() where
 * that does no harm. Boot CPU only. An umsi_status: UMSI_ENOTSUP without firmware for it.
 */
int cpu_take_down(struct cpu *cpu);
int cpu_bring_back(struct cpu *cpu);
void cpu_go_if_asked(struct cpu *cpu);
/* Changes when a CPU begins to go and when one is back. */
uint64_t cpu_changes(void);

/* Runs @job on every CPU that is up, this one included, and returns when all have ended. */
void cpu_run_all(cpu_job job, void *arg);

typedef bool (*cpu_condition)(const void *arg);
#define CPU_FOREVER	UINT64_MAX

/*
 * Sleeps with interrupts taken until @condition holds (true) or the time has
 * come (false). Who makes it true calls cpu_wake(). The timer only lets the
 * clock be read: it looks at no device.
 */
bool cpu_wait(cpu_condition condition, const void *arg, uint64_t deadline_ns);
void cpu_wake(struct cpu *cpu);
/* The same where nobody does: looks every half millisecond, asleep between. */
bool cpu_poll(cpu_condition condition, const void *arg, uint64_t deadline_ns);

/* Of the periodic timer; interrupts off. */
void cpu_tick(void);

/* A pseudo-random number below @limit. */
uint32_t cpu_random(struct cpu *cpu, uint32_t limit);

uint64_t time_ns(void);

/* Busy, interrupts as they are. */
void cpu_spin_ns(uint64_t ns);

#endif
