/* SPDX-License-Identifier: MIT */
/*
 * The interrupt remapping unit between devices and local APICs, where the
 * machine has one, and a device that sends with another's handle.
 */
#include "remap.h"

#include <umsi/amd_vi.h>
#include <umsi/dump.h>
#include <umsi/irq.h>
#include <umsi/lapic.h>
#include <umsi/vtd.h>

#include "core/cpu.h"
#include "core/disk.h"
#include "core/kernel.h"
#include "core/print.h"
#include "drivers/edu.h"
#include "drivers/pci.h"

#define SCOPES_MAX	16u	/* and device entries of IVRS */

/* Each is given this long to arrive; a message takes microseconds. */
#define INTRUDER_NS	20000000ull

static struct {
	struct umsi_domain *unit;
	void (*take_faults)(void);
	uint16_t ioapic_id;
} remap;

static void need(int status, const struct umsi_acpi_error *error)
{
	if (status != UMSI_OK)
		panic("remapping: %s at %u: %s: %s", error->table, error->offset,
		      error->what ? error->what : "?", umsi_status_text(status));
}

static const void *find(uint64_t rsdp, umsi_acpi_map map, const char *signature, uint32_t *bytes)
{
	const void *table;
	int status = umsi_acpi_find(rsdp, map, NULL, signature, 0, &table, bytes, NULL);

	return status == UMSI_OK ? table : NULL;
}

/* ---- VT-d ---- */

/* On this board nothing is behind a bridge: a path has one step. */
static void find_vtd_ioapic(const void *dmar, uint32_t bytes)
{
	struct umsi_acpi_scope scopes[SCOPES_MAX];
	struct umsi_acpi_error error = { 0 };
	uint32_t count;

	need(umsi_acpi_dmar_scopes(dmar, bytes, scopes, SCOPES_MAX, &count, &error), &error);
	for (uint32_t i = 0; i < count; i++)
		if (scopes[i].type == UMSI_ACPI_SCOPE_IOAPIC && scopes[i].hops == 1)
			remap.ioapic_id = (uint16_t)(scopes[i].first_bus << 8 | scopes[i].hop[0]);
}

static void take_vtd_faults(void)
{
	struct umsi_vtd_fault fault;

	while (umsi_vtd_fault_take(remap.unit, &fault) == UMSI_OK)
		kprintf("vt-d: blocked: requester %04x, index %u, reason %02x: %s\n", fault.requester_id,
			fault.index, fault.reason, fault.what);
}

static int start_vtd(const void *dmar, uint32_t bytes, struct umsi_domain *root)
{
	struct umsi_acpi_dmar_unit unit;
	struct umsi_acpi_error error = { 0 };
	struct umsi_acpi_dmar platform;
	struct umsi_vtd_config config = { .entries = 4096 };
	uint32_t count;

	need(umsi_acpi_dmar(dmar, bytes, &platform, &unit, 1, &count, &error), &error);
	if (!count || !platform.interrupt_remapping)
		return UMSI_OK;
	find_vtd_ioapic(dmar, bytes);
	config.phys = unit.phys;
	kernel.translator = "vtd";
	remap.take_faults = take_vtd_faults;
	kprintf("vt-d: unit at %lx, i/o apic sends as %04x\n", unit.phys, remap.ioapic_id);
	return umsi_vtd_create(root, &config, &remap.unit);
}

/* ---- AMD-Vi ---- */

static void find_amd_ioapic(const void *ivrs, uint32_t bytes)
{
	struct umsi_acpi_ivrs_device devices[SCOPES_MAX];
	struct umsi_acpi_error error = { 0 };
	uint32_t count;

	need(umsi_acpi_ivrs_devices(ivrs, bytes, devices, SCOPES_MAX, &count, &error), &error);
	for (uint32_t i = 0; i < count; i++)
		if (devices[i].kind == UMSI_ACPI_IVRS_IOAPIC)
			remap.ioapic_id = devices[i].first;
}

static void take_amd_events(void)
{
	struct umsi_amd_vi_event event;

	while (umsi_amd_vi_event_take(remap.unit, &event) == UMSI_OK)
		kprintf("amd-vi: requester %04x, event %u: %s\n", event.requester_id, event.code, event.what);
}

static int start_amd(const void *ivrs, uint32_t bytes, struct umsi_domain *root)
{
	struct umsi_amd_vi_config config = { 0 };
	struct umsi_acpi_error error = { 0 };
	struct umsi_acpi_ivrs_unit unit;
	uint32_t count;

	need(umsi_acpi_ivrs(ivrs, bytes, &unit, 1, &count, &error), &error);
	if (!count)
		return UMSI_OK;
	find_amd_ioapic(ivrs, bytes);
	config.phys = unit.phys;
	kernel.translator = "amd";
	remap.take_faults = take_amd_events;
	kprintf("amd-vi: unit at %lx, i/o apic sends as %04x\n", unit.phys, remap.ioapic_id);
	return umsi_amd_vi_create(root, &config, &remap.unit);
}

/* ---- Either ---- */

bool remap_exists(uint64_t rsdp, umsi_acpi_map map)
{
	uint32_t bytes;

	return find(rsdp, map, "DMAR", &bytes) || find(rsdp, map, "IVRS", &bytes);
}

int remap_start(uint64_t rsdp, umsi_acpi_map map, struct umsi_domain *root, struct umsi_domain **out)
{
	uint32_t bytes;
	const void *table = find(rsdp, map, "DMAR", &bytes);
	int status = UMSI_OK;

	kernel.translator = "none";
	if (table)
		status = start_vtd(table, bytes, root);
	else if ((table = find(rsdp, map, "IVRS", &bytes)))
		status = start_amd(table, bytes, root);
	*out = remap.unit ? remap.unit : root;
	return status;
}

bool remap_on(void)
{
	return remap.unit;
}

uint16_t remap_ioapic_id(void)
{
	return remap.ioapic_id;
}

/* ---- An intruder ---- */

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
bool remap_check(void)
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
	remap.take_faults();
	kprintf("intruder: %lu messages with another device's handle, %lu arrived\n", kernel.foreign,
		kernel.foreign_arrived);
	return !kernel.foreign_arrived;
}
