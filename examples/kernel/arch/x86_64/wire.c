/* SPDX-License-Identifier: MIT */
/*
 * A level-triggered wire: the first serial port's "transmitter empty", through
 * pin 4 of the I/O APIC, moved all the while. Reading its identification
 * register lowers the line; enabling the interrupt with the transmitter empty raises it.
 * Source: National Semiconductor PC16550D, "Interrupt Identification Register".
 */
#include <umsi/device.h>
#include <umsi/ioapic.h>
#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/print.h"
#include "port.h"

#define SERIAL_IER	0x3f9
#define SERIAL_IIR	0x3fa
#define SERIAL_MCR	0x3fc
#define SERIAL_PIN	4
#define IER_TRANSMITTER	0x02
#define IIR_REASON	0x0f
#define IIR_TRANSMITTER	0x02
#define MCR_OUT2	0x08	/* gates the line on a PC */

#define MOVES		1000u
#define MOVE_PAUSE_NS	5000ull	/* and per CPU: the emulator lets one CPU at a time reach devices */
#define PATIENCE_NS	(10 * 1000000000ull)

/* Atomic, all CPUs. */
static struct {
	umsi_irq irq;
	struct cpu *raiser;
	uint32_t raised, seen, empty;
	uint32_t moves, not_now, failures, dead;
} wire;

static uint32_t read32(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static void add32(uint32_t *p)
{
	__atomic_fetch_add(p, 1, __ATOMIC_ACQ_REL);
}

static enum umsi_handled line_handler(void *arg)
{
	(void)arg;
	if ((port_read8(SERIAL_IIR) & IIR_REASON) != IIR_TRANSMITTER) {
		add32(&wire.empty);
		return UMSI_HANDLED;
	}
	add32(&wire.seen);
	cpu_wake(wire.raiser);
	return UMSI_HANDLED;
}

static bool ended(void)
{
	return read32(&wire.moves) >= MOVES || read32(&wire.failures) || read32(&wire.dead);
}

static bool all_seen(const void *arg)
{
	(void)arg;
	return read32(&wire.seen) >= read32(&wire.raised);
}

/* No output meanwhile: a written character would lower the line as well. */
static void raise_until_ended(struct cpu *cpu)
{
	wire.raiser = cpu;
	do {
		port_write8(SERIAL_IER, 0);
		port_write8(SERIAL_IER, IER_TRANSMITTER);
		add32(&wire.raised);
		if (!cpu_wait(all_seen, NULL, time_ns() + PATIENCE_NS))
			add32(&wire.dead);
	} while (!ended());
	port_write8(SERIAL_IER, 0);
}

/* Counted only with the line raised and not yet handled when it began, or raised meanwhile. */
static void move_once(struct cpu *cpu)
{
	uint32_t seen = read32(&wire.seen), raised = read32(&wire.raised);
	umsi_cpu was = umsi_irq_effective_cpu(kernel.m, wire.irq);
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
	int status;

	to.cpu = cpu_random(cpu, cpu_count() - 1);
	to.cpu += to.cpu >= was;
	status = umsi_irq_set_affinity(kernel.m, wire.irq, &to);
	if (status == UMSI_OK && (raised > seen || read32(&wire.raised) > raised))
		add32(&wire.moves);
	else if (status == UMSI_EAGAIN || status == UMSI_ENOSLOT)
		add32(&wire.not_now);
	else if (status != UMSI_OK)
		add32(&wire.failures);
}

static void run_wire(struct cpu *cpu, void *arg)
{
	(void)arg;
	if (cpu->index == 0) {
		raise_until_ended(cpu);
		return;
	}
	while (!ended()) {
		uintptr_t state;

		move_once(cpu);
		state = arch_irq_off();
		umsi_drain_point(kernel.m);
		arch_irq_restore(state);
		cpu_spin_ns(MOVE_PAUSE_NS * cpu_count());
	}
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("i/o apic: %s: %s", what, umsi_status_text(status));
}

bool wire_check(struct umsi_domain *root, uint64_t ioapic_phys)
{
	struct umsi_device_config device_config = { .name = "ioapic", .parent = root };
	struct umsi_ioapic_config config = { .phys = ioapic_phys };
	struct umsi_irq_request_at at = {
		.first = SERIAL_PIN, .last = SERIAL_PIN, .trigger = UMSI_TRIGGER_LEVEL_HIGH,
	};
	struct umsi_device *device;
	struct umsi_table *table;

	need(umsi_device_add(kernel.m, &device_config, &device), "device");
	need(umsi_ioapic_create(device, &config, &table), "table");
	need(umsi_irq_alloc(table, &at, &wire.irq), "alloc");
	need(umsi_irq_request(kernel.m, wire.irq, line_handler, NULL, "serial"), "request");
	port_write8(SERIAL_MCR, port_read8(SERIAL_MCR) | MCR_OUT2);
	if (cpu_count() > 1)
		cpu_run_all(run_wire, NULL);
	need(umsi_irq_free(kernel.m, wire.irq), "free");
	kprintf("wire: raised %u seen %u empty %u moves %u not_now %u failures %u dead %u\n",
		wire.raised, wire.seen, wire.empty, wire.moves, wire.not_now, wire.failures,
		wire.dead);
	/* A storm would call without end: each raise and each move may cost one empty call. */
	return !wire.dead && !wire.failures && wire.seen == wire.raised &&
	       wire.empty <= wire.raised + wire.moves && (cpu_count() == 1 || wire.moves >= MOVES);
}
