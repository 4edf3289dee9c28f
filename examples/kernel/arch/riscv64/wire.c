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
