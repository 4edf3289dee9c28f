/* SPDX-License-Identifier: MIT */
/*
 * The interrupt remapping unit between devices and local APICs, where the
 * machine has one.
 */
#include "remap.h"

#include <umsi/amd_vi.h>
#include <umsi/dump.h>
#include <umsi/irq.h>
#include <umsi/lapic.h>
#include <umsi/vtd.h>

#include "core/kernel.h"
#include "core/print.h"
#include "drivers/intruder.h"

#define SCOPES_MAX	16u	/* and device entries of IVRS */

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

/* What was kept out is in the units' logs. */
bool remap_check(void)
{
	bool good = intruder_check();

	remap.take_faults();
	return good;
}
