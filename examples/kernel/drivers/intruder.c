/* SPDX-License-Identifier: MIT */
/* A device that sends the message of another: where a translator looks at who sends, it must not arrive. */
#include "drivers/intruder.h"

#include <umsi/irq.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/disk.h"
#include "core/kernel.h"
#include "core/print.h"
#include "drivers/edu.h"
#include "drivers/pci.h"

/* Each is given this long to arrive; a message takes microseconds. */
#define INTRUDER_NS	20000000ull

#define EDU_IRQ_STATUS	0x24
#define EDU_IRQ_RAISE	0x60
#define EDU_IRQ_ACK	0x64

/* Source: PCI Local Bus 3.0, "MSI Capability Structure". */
#define PCI_CAPABILITIES	0x34
#define CAP_MSI			0x05
#define MSI_CONTROL		2
#define MSI_ADDRESS		4
#define MSI_WIDE		0x80u

static uint32_t msi_at(uint32_t id)
{
	uint32_t at = pci_config_read(id, PCI_CAPABILITIES, 1);

	while (at && pci_config_read(id, (uint16_t)at, 1) != CAP_MSI)
		at = pci_config_read(id, (uint16_t)(at + 1), 1);
	return at;
}

/* Behind the library's back. */
static void aim(uint32_t id, uint32_t at, const struct umsi_msg *msg)
{
	bool wide = pci_config_read(id, (uint16_t)(at + MSI_CONTROL), 2) & MSI_WIDE;

	pci_config_write(id, (uint16_t)(at + MSI_ADDRESS), 4, (uint32_t)msg->address);
	if (wide)
		pci_config_write(id, (uint16_t)(at + MSI_ADDRESS + 4), 4, (uint32_t)(msg->address >> 32));
	pci_config_write(id, (uint16_t)(at + MSI_ADDRESS + (wide ? 8 : 4)), 2, msg->data);
}

static uint64_t claimed(umsi_irq irq)
{
	struct umsi_irq_stats s = { 0 };

	umsi_irq_stats_read(kernel.m, irq, &s);
	return s.handled + s.merged;
}

/* edu sends the message of @victim, whose own device is silent. */
static void intrude(uint32_t id, uint32_t at, umsi_irq victim)
{
	uint64_t before = claimed(victim);
	struct umsi_stats was, is;
	struct umsi_msg msg;

	if (umsi_irq_message(kernel.m, victim, &msg) != UMSI_OK)
		return;
	umsi_stats_read(kernel.m, &was);
	aim(id, at, &msg);
	mmio_write32(edu.registers + EDU_IRQ_RAISE, 1);
	cpu_spin_ns(INTRUDER_NS);
	mmio_write32(edu.registers + EDU_IRQ_ACK, mmio_read32(edu.registers + EDU_IRQ_STATUS));
	umsi_stats_read(kernel.m, &is);
	kernel.foreign++;
	kernel.foreign_arrived += claimed(victim) != before || is.unowned != was.unowned;
}

/* Every I/O queue of the disk is a victim once. */
bool intruder_check(void)
{
	struct umsi_msg own;
	uint32_t at;

	if (!edu.present || umsi_irq_message(kernel.m, edu.fire.irq, &own) != UMSI_OK)
		return true;
	at = msi_at(edu.requester_id);
	for (uint32_t i = 0; at && i < cpu_count(); i++)
		intrude(edu.requester_id, at, disk.queue[i].irq);
	if (at)
		aim(edu.requester_id, at, &own);
	kprintf("intruder: %lu messages with another device's handle, %lu arrived\n", kernel.foreign,
		kernel.foreign_arrived);
	return !kernel.foreign_arrived;
}
