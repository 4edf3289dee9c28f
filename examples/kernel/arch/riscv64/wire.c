/* SPDX-License-Identifier: MIT */
#include "wire.h"

#include <umsi/aplic.h>

#include "core/kernel.h"
#include "core/tree.h"

static uint32_t hart_index[PLATFORM_CPUS_MAX];

/* The domain with that phandle. */
static int find_domain(uint32_t phandle, struct umsi_fdt_aplic *out)
{
	int status;

	out->node = -1;
	do {
		status = umsi_fdt_aplic(&tree_fdt, out->node, kernel.platform.cpu, kernel.platform.cpus,
					hart_index, out, NULL);
	} while (status == UMSI_OK && out->phandle != phandle);
	return status;
}

int wire_table(struct umsi_domain *root, const struct umsi_fdt_interrupt *interrupt,
	       struct umsi_device **out_device, struct umsi_table **out)
{
	struct umsi_device_config config = { .name = "wires", .parent = root };
	struct umsi_fdt_aplic domain;
	int status;

	status = find_domain(interrupt->controller, &domain);
	if (status)
		return status;
	status = umsi_device_add(kernel.m, &config, out_device);
	if (status)
		return status;
	status = domain.messages ? umsi_aplic_messages_create(*out_device, &domain.config, out)
				 : umsi_aplic_direct_wires(*out_device, out);
	if (status)
		umsi_device_remove(*out_device);
	return status;
}

/* Behind one controller, as on every board with an APLIC. */
bool platform_pci_wire(uint32_t requester_id, uint32_t pin, struct umsi_table **table, uint32_t *index,
		       uint8_t *trigger)
{
	struct umsi_fdt_error error = { 0 };
	struct umsi_fdt_interrupt interrupt;
	static struct umsi_device *device;
	static struct umsi_table *wires;
	struct umsi_pci_host host;

	tree_need(umsi_fdt_pci_host(&tree_fdt, -1, &host, &error), "PCI host bridge", &error);
	if (umsi_fdt_pci_interrupt(&tree_fdt, host.node, requester_id, pin, &interrupt) != UMSI_OK ||
	    umsi_fdt_aplic_source(&interrupt, index, trigger) != UMSI_OK)
		return false;
	if (!wires && wire_table(kernel.root, &interrupt, &device, &wires) != UMSI_OK)
		return false;
	*table = wires;
	return true;
}
