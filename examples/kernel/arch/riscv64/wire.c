/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <umsi/aplic.h>

#include "core/kernel.h"
#include "core/tree.h"

#define DOMAINS_MAX	4

/* Boot CPU only. */
static struct {
	uint32_t controller;
	struct umsi_table *table;
} domain[DOMAINS_MAX];
static uint32_t domains;

/* The domain with that phandle. */
static int find_domain(uint32_t phandle, struct umsi_fdt_aplic *out)
{
	static uint32_t hart_index[PLATFORM_CPUS_MAX];
	int status;

	out->node = -1;
	do {
		status = umsi_fdt_aplic(&tree_fdt, out->node, kernel.platform.cpu, kernel.platform.cpus,
					hart_index, out, NULL);
	} while (status == UMSI_OK && out->phandle != phandle);
	return status;
}

static int make_table(uint32_t controller, struct umsi_table **out)
{
	struct umsi_device_config config = { .name = "wires", .parent = kernel.root };
	struct umsi_fdt_aplic found;
	struct umsi_device *device;
	int status = find_domain(controller, &found);

	if (!status)
		status = umsi_device_add(kernel.m, &config, &device);
	if (status)
		return status;
	status = found.messages ? umsi_aplic_messages_create(device, &found.config, out)
				: umsi_aplic_direct_wires(device, out);
	if (status)
		umsi_device_remove(device);
	return status;
}

static int table_of(uint32_t controller, struct umsi_table **out)
{
	int status;

	for (uint32_t i = 0; i < domains; i++) {
		*out = domain[i].table;
		if (domain[i].controller == controller)
			return UMSI_OK;
	}
	if (domains == DOMAINS_MAX)
		return UMSI_ERANGE;
	status = make_table(controller, out);
	if (status)
		return status;
	domain[domains].controller = controller;
	domain[domains++].table = *out;
	return UMSI_OK;
}

int wire_find(const struct umsi_fdt_interrupt *interrupt, struct umsi_table **out_table,
	      struct umsi_irq_request_at *out_at)
{
	int status;

	*out_at = (struct umsi_irq_request_at){ 0 };
	status = umsi_fdt_aplic_source(interrupt, &out_at->first, &out_at->trigger);
	out_at->last = out_at->first;
	return status ? status : table_of(interrupt->controller, out_table);
}

bool platform_pci_wire(uint32_t requester_id, uint32_t pin, struct umsi_table **table, uint32_t *index,
		       uint8_t *trigger)
{
	struct umsi_fdt_interrupt interrupt;
	struct umsi_irq_request_at at;

	if (umsi_fdt_pci_interrupt(&tree_fdt, tree_pci_host, requester_id, pin, &interrupt) != UMSI_OK ||
	    wire_find(&interrupt, table, &at) != UMSI_OK)
		return false;
	*index = at.first;
	*trigger = at.trigger;
	return true;
}
