/* SPDX-License-Identifier: MIT */
#include "drivers/edu.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>

#include "arch.h"
#include "core/kernel.h"
#include "core/print.h"
#include "drivers/pci.h"

#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64

struct edu edu;

/*
 * A move that cannot mask makes one call of its own where a message may have been torn (R3);
 * it finds nothing if none was. There are no more of them than the library says (retriggers).
 */
static enum umsi_handled edu_handler(void *arg)
{
	uint32_t status = mmio_read32(edu.registers + EDU_IRQ_STATUS);

	(void)arg;
	if (!status) {
		fire_empty(&edu.fire);
		return UMSI_HANDLED;
	}
	mmio_write32(edu.registers + EDU_IRQ_ACK, status);
	fire_seen(&edu.fire);
	return UMSI_HANDLED;
}

static void need(int status, const char *what)
{
	if (status != UMSI_OK)
		panic("edu: %s: %s", what, umsi_status_text(status));
}

static void raise(struct fire *f)
{
	(void)f;
	mmio_write32(edu.registers + EDU_IRQ_RAISE, 1);
}

void edu_init(void)
{
	struct umsi_device_config config = { .name = "edu", .parent = kernel.messages };
	struct umsi_irq_request_at at = { .last = 0 };
	struct umsi_pci_function fn;

	if (!pci_take(PCI_CLASS_EDU, &fn))
		return;
	edu.registers = (uintptr_t)fn.bar[0].phys;
	if (!edu.registers)
		panic("edu: BAR 0 is not assigned");
	config.requester_id = edu.requester_id = fn.requester_id;
	if (kernel.platform.wires_only) {
		edu.wired = true;
		need(pci_wire(&fn, &edu.table, &at), "pin");
	} else {
		need(umsi_device_add(kernel.m, &config, &edu.device), "device");
		need(umsi_pci_msi_create(edu.device, &fn, 1, &edu.table), "MSI");
	}
	need(umsi_irq_alloc(edu.table, &at, &edu.fire.irq), "alloc");
	need(umsi_irq_request(kernel.m, edu.fire.irq, edu_handler, NULL, "edu"), "request");
	edu.fire.raise = raise;
	edu.present = true;
}

void edu_fire(uint64_t moves)
{
	if (edu.present)
		fire_run(&edu.fire, moves);
}
