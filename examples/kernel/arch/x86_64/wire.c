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
#include "core/kernel.h"
#include "core/print.h"
#include "port.h"
#include "remap.h"

#define SERIAL_IER	0x3f9
#define SERIAL_IIR	0x3fa
#define SERIAL_MCR	0x3fc
#define SERIAL_PIN	4
#define IER_TRANSMITTER	0x02
#define IIR_REASON	0x0f
#define IIR_TRANSMITTER	0x02
#define MCR_OUT2	0x08	/* gates the line on a PC */

static enum umsi_handled line_handler(void *arg)
{
	(void)arg;
	if ((port_read8(SERIAL_IIR) & IIR_REASON) != IIR_TRANSMITTER) {
		fire_empty(&kernel.level);
		return UMSI_HANDLED;
	}
	fire_seen(&kernel.level);
	return UMSI_HANDLED;
}

/* No output meanwhile: a written character would lower the line as well. */
static void raise(struct fire *f)
{
	(void)f;
	port_write8(SERIAL_IER, 0);
	port_write8(SERIAL_IER, IER_TRANSMITTER);
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("i/o apic: %s: %s", what, umsi_status_text(status));
}

struct umsi_table *wire_pins(struct umsi_domain *parent, uint64_t ioapic_phys)
{
	struct umsi_device_config device_config = { .name = "ioapic", .parent = parent };
	/* Behind remapping a pin's end of interrupt is told by the pin's own number. */
	struct umsi_ioapic_config config = { .phys = ioapic_phys, .directed_eoi = remap_on() };
	static struct umsi_table *pins;
	struct umsi_device *device;

	if (pins)
		return pins;
	device_config.requester_id = remap_ioapic_id();
	need(umsi_device_add(kernel.m, &device_config, &device), "device");
	need(umsi_ioapic_create(device, &config, &pins), "table");
	return pins;
}

bool wire_check(struct umsi_domain *parent, uint64_t ioapic_phys)
{
	struct umsi_irq_request_at at = {
		.first = SERIAL_PIN, .last = SERIAL_PIN, .trigger = UMSI_TRIGGER_LEVEL_HIGH,
	};
	bool good;

	need(umsi_irq_alloc(wire_pins(parent, ioapic_phys), &at, &kernel.level.irq), "alloc");
	need(umsi_irq_request(kernel.m, kernel.level.irq, line_handler, NULL, "serial"), "request");
	port_write8(SERIAL_MCR, port_read8(SERIAL_MCR) | MCR_OUT2);
	kernel.level.raise = raise;
	good = fire_run(&kernel.level, LEVEL_MOVES);
	port_write8(SERIAL_IER, 0);
	need(umsi_irq_free(kernel.m, kernel.level.irq), "free");
	return good;
}
