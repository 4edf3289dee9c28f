/* SPDX-License-Identifier: MIT */
#include "drivers/edu.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "drivers/pci.h"

#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64

#define MOVE_PAUSE_NS	15000ull	/* and per CPU: the emulator lets one CPU at a time reach devices */
#define EDU_TIMEOUT_NS	(10 * 1000000000ull)

struct edu edu;

static uint64_t read64(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void add64(uint64_t *p)
{
	__atomic_fetch_add(p, 1, __ATOMIC_ACQ_REL);
}

/*
 * A move that cannot mask makes one call of its own where a message may have been torn (R3);
 * it finds nothing if none was. There are no more of them than the library says (retriggers).
 */
static enum umsi_handled edu_handler(void *arg)
{
	uint32_t status = mmio_read32(edu.registers + EDU_IRQ_STATUS);

	(void)arg;
	if (!status) {
		add64(&edu.empty);
		return UMSI_HANDLED;
	}
	mmio_write32(edu.registers + EDU_IRQ_ACK, status);
	add64(&edu.seen);
	cpu_wake(edu.firing);
	return UMSI_HANDLED;
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("edu: %s: %s", what, umsi_status_text(status));
}

void edu_init(void)
{
	struct umsi_device_config config = { .name = "edu", .parent = kernel.root };
	struct umsi_irq_request_at at = { .last = 0 };
	struct umsi_pci_function fn;

	if (!pci_take(PCI_CLASS_EDU, &fn))
		return;
	edu.registers = (uintptr_t)fn.bar[0].phys;
	if (!edu.registers)
		panic("edu: BAR 0 is not assigned");
	edu.firing = &boot_cpu;
	config.requester_id = fn.requester_id;
	need(umsi_device_add(kernel.m, &config, &edu.device), "device");
	need(umsi_pci_msi_create(edu.device, &fn, 1, &edu.table), "MSI");
	need(umsi_irq_alloc(edu.table, &at, &edu.irq), "alloc");
	need(umsi_irq_request(kernel.m, edu.irq, edu_handler, NULL, "edu"), "request");
	edu.present = true;
}

static bool all_seen(const void *arg)
{
	(void)arg;
	return read64(&edu.seen) >= read64(&edu.raised);
}

static void raise_until(struct cpu *cpu, uint64_t moves)
{
	edu.firing = cpu;
	while (read64(&edu.moves) < moves && !read64(&edu.lost) && !read64(&edu.failures)) {
		mmio_write32(edu.registers + EDU_IRQ_RAISE, 1);
		add64(&edu.raised);
		if (!cpu_wait(all_seen, NULL, time_ns() + EDU_TIMEOUT_NS))
			add64(&edu.lost);
	}
}

/* Counted only with an event raised and not yet handled when it began, or raised meanwhile. */
static void move_once(struct cpu *cpu)
{
	uint64_t seen = read64(&edu.seen), raised = read64(&edu.raised);
	umsi_cpu was = umsi_irq_effective_cpu(kernel.m, edu.irq);
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	int status;

	to.cpu = cpu_random(cpu, cpu_count() - 1);
	to.cpu += to.cpu >= was;
	status = umsi_irq_set_affinity(kernel.m, edu.irq, &to);
	if (status == UMSI_OK && (raised > seen || read64(&edu.raised) > raised))
		add64(&edu.moves);
	else if (status == UMSI_EAGAIN || status == UMSI_ENOSLOT)
		add64(&edu.not_now);
	else if (status != UMSI_OK)
		add64(&edu.failures);
}

static void run_fire(struct cpu *cpu, void *arg)
{
	uint64_t moves = *(uint64_t *)arg;

	if (cpu->index == 0) {
		raise_until(cpu, moves);
		return;
	}
	while (read64(&edu.moves) < moves && !read64(&edu.lost) && !read64(&edu.failures)) {
		uintptr_t state;

		move_once(cpu);
		state = arch_irq_off();
		umsi_drain_point(kernel.m);
		arch_irq_restore(state);
		cpu_spin_ns(MOVE_PAUSE_NS * cpu_count());
	}
}

void edu_fire(uint64_t moves)
{
	if (edu.present && cpu_count() > 1)
		cpu_run_all(run_fire, &moves);
}
