/* SPDX-License-Identifier: MIT */
/* The threads: owners on their CPUs, others at all interrupts, CPUs that travel, devices that fire. */
#include "work.h"

#include <unistd.h>

#include <umsi/dump.h>
#include <umsi/imsic.h>
#include <umsi/pci.h>

void expect(const char *what, int status, const int *also)
{
	if (status == UMSI_OK)
		return;
	for (; *also; also++)
		if (status == *also)
			return;
	wrong("%s: %s", what, umsi_status_text(status));
}

int affinity_any(umsi_irq irq, bool wait)
{
	uint64_t bits = 1 + thread_random((1u << BOX_CPUS) - 1);
	struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU, .cpu = thread_random(BOX_CPUS) };
	int status;

	if (wait && thread_random(3) == 0) {
		a.kind = UMSI_AFFINITY_SET;
		a.set = (struct umsi_cpuset){ .bits = &bits, .nbits = BOX_CPUS };
	} else if (thread_random(6) == 0) {
		a.kind = UMSI_AFFINITY_ANY;
	}
	status = wait ? umsi_irq_set_affinity_wait(world.umsi, irq, &a) : umsi_irq_set_affinity(world.umsi, irq, &a);
	EXPECT("move", status, UMSI_ENOENT, UMSI_ENOCPU, UMSI_ENOSLOT, UMSI_EAGAIN, UMSI_ENOMEM, UMSI_EGONE);
	if (status == UMSI_OK)
		count(N_MOVES);
	return status;
}

/* A device and its table; false: no memory, once in a while. */
bool table_up(uint32_t n)
{
	struct umsi_device_config c = { .name = "function", .requester_id = function_requester(n), .parent = world.root };
	struct umsi_pci_function fn = { .requester_id = function_requester(n) };
	int status;

	fn.bar[0].phys = function_phys(n);
	fn.bar[0].bytes = 4096;
	status = umsi_device_add(world.umsi, &c, &world.dev[n]);
	EXPECT("device", status, UMSI_ENOMEM);
	if (status)
		return false;
	status = umsi_pci_msix_create(world.dev[n], &fn, &world.table[n]);
	EXPECT("table", status, UMSI_ENOMEM, UMSI_EGONE);
	if (status)
		EXPECT("remove", umsi_device_remove(world.dev[n]));
	return status == UMSI_OK;
}

static void finished(void)
{
	__atomic_fetch_add(&world.finished, 1, __ATOMIC_ACQ_REL);
	thread_end();
}

/* At the end: everything raised has been handled. */
static void settle_all(uint32_t n, uint32_t first, uint32_t step)
{
	for (uint32_t i = first; i < BOX_ENTRIES; i += step)
		if (world.entry[n][i].irq && world.entry[n][i].requested)
			entry_settle(&world.entry[n][i]);
}

void *run_owner(void *number)
{
	uint32_t mine = (uint32_t)(uintptr_t)number;

	thread_begin(mine, 10 + mine);
	while (!stopping()) {
		struct entry *e = &world.entry[thread_random(2)][thread_random(BOX_ENTRIES / OWNERS) * OWNERS + mine];

		if (e->irq == UMSI_IRQ_NONE)
			entry_alloc(e);
		else
			entry_act(e);
		cpu_point();
	}
	settle_all(0, mine, OWNERS);
	settle_all(1, mine, OWNERS);
	finished();
	return NULL;
}

/* Moves, reads and triggers what others own, whose handles may be stale by then. */
void *run_mover(void *unused)
{
	struct umsi_irq_stats st;
	uint32_t index;

	(void)unused;
	thread_begin(1, 20);
	while (!stopping()) {
		umsi_irq irq = umsi_irq_at(world.table[thread_random(2)], thread_random(BOX_ENTRIES));

		affinity_any(irq, thread_random(4) == 0);
		if (thread_random(8) == 0)
			EXPECT("stats", umsi_irq_stats_read(world.umsi, irq, &st), UMSI_ENOENT);
		if (thread_random(8) == 0)
			EXPECT("index", umsi_irq_index(world.umsi, irq, &index), UMSI_ENOENT);
		if (thread_random(8) == 0)
			EXPECT("synchronize", umsi_irq_synchronize(world.umsi, irq), UMSI_ENOENT);
		if (thread_random(8) == 0)
			EXPECT("trigger", umsi_irq_trigger(world.umsi, irq), UMSI_ENOENT, UMSI_ESTATE);
		umsi_irq_effective_cpu(world.umsi, irq);
		cpu_point();
	}
	finished();
	return NULL;
}

/* ---- CPUs that go and come back: those without owners. ---- */

static void die(void *cpu)
{
	EXPECT("dead", umsi_cpu_dead(world.umsi, thread_cpu()));
	file_power(thread_cpu(), false);
	*(bool *)cpu = true;
}

static void come(void *unused)
{
	(void)unused;
	file_power(thread_cpu(), true);
	EXPECT("online", umsi_cpu_online(world.umsi, thread_cpu()));
}

static void trip(umsi_cpu cpu)
{
	bool gone = false;
	int status = umsi_cpu_leave(world.umsi, cpu);

	EXPECT("leave", status, UMSI_ENOSLOT, UMSI_ENOMEM, UMSI_EGONE);
	if (status)
		return;
	cpu_call(cpu, die, &gone);
	for (uint32_t i = thread_random(50); i; i--)
		cpu_give_way();
	cpu_call(cpu, come, NULL);
	count(N_TRIPS);
}

void *run_traveller(void *unused)
{
	(void)unused;
	thread_begin(0, 30);
	while (!stopping()) {
		trip(BOX_CPUS - 1 - thread_random(2));
		for (uint32_t i = thread_random(100); i; i--)
			cpu_give_way();
	}
	finished();
	return NULL;
}

/* ---- A device that comes and goes, with all its interrupts. ---- */

void *run_remover(void *unused)
{
	const uint32_t n = BOX_FUNCTIONS - 1;

	(void)unused;
	thread_begin(2, 40);
	while (!stopping()) {
		if (!table_up(n))
			continue;
		for (uint32_t i = 0; i < BOX_ENTRIES; i++)
			if (thread_random(2))
				entry_alloc(&world.entry[n][i]);
		for (uint32_t i = 0; i < BOX_ENTRIES; i++)
			if (world.entry[n][i].irq && thread_random(4) == 0)
				entry_act(&world.entry[n][i]);
		if (thread_random(2))
			settle_all(n, 0, 1);
		for (uint32_t i = 0; i < BOX_ENTRIES; i++)
			__atomic_store_n(&world.entry[n][i].live, 0, __ATOMIC_SEQ_CST);
		EXPECT("remove", umsi_device_remove(world.dev[n]));
		for (uint32_t i = 0; i < BOX_ENTRIES; i++)
			entry_gone(&world.entry[n][i]);
		count(N_REMOVALS);
	}
	finished();
	return NULL;
}

/* ---- Devices that sleep under their owners; now and then the whole machine. ---- */

void *run_sleeper(void *unused)
{
	(void)unused;
	thread_begin(0, 50);
	while (!stopping()) {
		struct umsi_device *dev = world.dev[thread_random(2)];

		for (uint32_t i = thread_random(200); i; i--)
			cpu_give_way();
		if (thread_random(4) == 0) {
			EXPECT("suspend", umsi_suspend(world.umsi));
			EXPECT("resume", umsi_resume(world.umsi));
			count(N_SUSPENDS);
			continue;
		}
		EXPECT("quiesce", umsi_device_quiesce(dev));
		EXPECT("restore", umsi_device_restore(dev));
		count(N_SLEEPS);
	}
	finished();
	return NULL;
}

/* ---- IPIs, dumps, reaping. ---- */

/* To a CPU that never leaves: what was written before the IPI is read by its handler. */
static void write_letter(uint64_t n)
{
	umsi_cpu cpu = thread_random(OWNERS);

	world.letter[cpu] = n;
	EXPECT("ipi", umsi_imsic_ipi_send(world.root, world.ipi, cpu));
	while (__atomic_load_n(&world.read[cpu], __ATOMIC_ACQUIRE) != n)
		cpu_give_way();
}

static void line(void *arg, const char *text)
{
	*(uint64_t *)arg += text[0] != 0;
}

/* A dump reads what others write, without locks, as from a panic: the other CPUs have been stopped. */
static void dump(void *lines)
{
	umsi_dump(world.umsi, line, lines);
}

void *run_caller(void *unused)
{
	struct umsi_stats st;
	uint64_t lines = 0, letters = 0;

	(void)unused;
	thread_begin(2, 60);
	while (!stopping()) {
		write_letter(++letters);
		umsi_stats_read(world.umsi, &st);
		if (thread_random(50) == 0)
			cpus_hold(dump, &lines);
		if (thread_random(10) == 0)
			umsi_reap(world.umsi);
		cpu_give_way();
	}
	finished();
	return NULL;
}

/* ---- A thread of a device: its events. ---- */

void *run_device(void *number)
{
	uint32_t n = (uint32_t)(uintptr_t)number;

	thread_begin(UMSI_CPU_NONE, 70 + n);
	while (!__atomic_load_n(&world.quiet_raisers, __ATOMIC_ACQUIRE)) {
		for (uint32_t i = thread_random(8); i; i--)
			entry_raise(&world.entry[n][thread_random(BOX_ENTRIES)]);
		if (thread_random(4) == 0)
			usleep(20);
	}
	thread_end();
	return NULL;
}
