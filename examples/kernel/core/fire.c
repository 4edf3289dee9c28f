/* SPDX-License-Identifier: MIT */
#include "core/fire.h"

#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"

/* Times movers, for the emulator lets one CPU at a time reach devices. */
#define MOVE_PAUSE_NS	3000ull
#define EVENT_WAIT_NS	20000ull
#define MOVERS		3u	/* more of them would only wait for each other in the emulator */
#define PATIENCE_NS	(10 * 1000000000ull)

struct order {
	struct fire *fire;
	uint64_t moves;
};

uint64_t fire_count(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_ACQUIRE);
}

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_ACQ_REL);
}

static bool all_seen(const void *arg)
{
	const struct fire *f = arg;

	return fire_count(&f->seen) >= fire_count(&f->raised);
}

void fire_seen(struct fire *f)
{
	add(&f->seen, 1);
	cpu_wake(&boot_cpu);
}

void fire_empty(struct fire *f)
{
	add(&f->empty, 1);
}

static bool ended(const void *arg)
{
	const struct order *o = arg;
	const struct fire *f = o->fire;

	return fire_count(&f->moves) >= o->moves || fire_count(&f->failures) || fire_count(&f->lost);
}

/* What is raised counts from before, so that a move may begin right behind the device. */
static void raise_until_ended(const struct order *o)
{
	struct fire *f = o->fire;
	uint32_t events = f->events ? f->events : 1;

	do {
		add(&f->raised, events);
		f->raise(f);
		if (!cpu_wait(all_seen, f, time_ns() + PATIENCE_NS))
			add(&f->lost, fire_count(&f->raised) - fire_count(&f->seen));
	} while (!ended(o));
}

/* Counted only with an event raised and not yet handled when it began, or raised meanwhile. */
static void move_once(struct cpu *cpu, struct fire *f)
{
	uint64_t seen = fire_count(&f->seen), raised = fire_count(&f->raised);
	umsi_cpu was = umsi_irq_effective_cpu(kernel.m, f->irq);
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	int status;

	to.cpu = cpu_random(cpu, cpu_count() - 1);
	to.cpu += to.cpu >= was;
	status = umsi_irq_set_affinity(kernel.m, f->irq, &to);
	if (status == UMSI_OK && (raised > seen || fire_count(&f->raised) > raised))
		add(&f->moves, 1);
	else if (status == UMSI_EAGAIN || status == UMSI_ENOSLOT)
		add(&f->not_now, 1);
	else if (status != UMSI_OK)
		add(&f->failures, 1);
}

static uint64_t movers(void)
{
	return cpu_count() - 1 < MOVERS ? cpu_count() - 1 : MOVERS;
}

/* The next event, which a move is to meet; or none for so long. */
static void await_event(const struct fire *f)
{
	uint64_t end = time_ns() + EVENT_WAIT_NS * movers();

	cpu_spin_ns(MOVE_PAUSE_NS * movers());
	while (all_seen(f) && time_ns() < end)
		arch_pause();
}

static void run(struct cpu *cpu, void *arg)
{
	const struct order *o = arg;

	if (cpu == &boot_cpu) {
		raise_until_ended(o);
		return;
	}
	/* The others take what is moved to them. */
	if (cpu->index > MOVERS)
		cpu_wait(ended, o, CPU_FOREVER);
	while (!ended(o)) {
		uintptr_t state;

		move_once(cpu, o->fire);
		state = arch_irq_off();
		umsi_drain_point(kernel.m);
		arch_irq_restore(state);
		await_event(o->fire);
	}
}

bool fire_run(struct fire *f, uint64_t moves)
{
	struct order o = { .fire = f, .moves = moves };

	if (cpu_count() > 1)
		cpu_run_all(run, &o);
	return !f->lost && !f->failures;
}

void fire_print(const char *name, const struct fire *f)
{
	kprintf("%s: raised %lu seen %lu empty %lu moves %lu not_now %lu failures %lu lost %lu\n", name,
		f->raised, f->seen, f->empty, f->moves, f->not_now, f->failures, f->lost);
}
