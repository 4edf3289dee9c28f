/* SPDX-License-Identifier: MIT */
#include "core/intx.h"

#include "core/platform.h"
#include "core/print.h"

#define PCI_INTERRUPT_PIN	0x3d
#define LINES			4u	/* a bus has four wires */

static struct {
	struct umsi_shared *shared;
	uint32_t index;
} line[LINES];

/* One table on each machine, so that the index tells lines apart. */
struct umsi_shared *intx_line(uint32_t requester_id)
{
	uint32_t pin = pci_config_read(requester_id, PCI_INTERRUPT_PIN, 1), i;
	struct umsi_irq_request_at at = { 0 };
	struct umsi_table *table;
	int status;

	if (!pin || pin > 4 || !platform_pci_wire(requester_id, pin, &table, &at.first, &at.trigger))
		return NULL;
	at.last = at.first;
	for (i = 0; i < LINES && line[i].shared; i++)
		if (line[i].index == at.first)
			return line[i].shared;
	if (i == LINES)
		return NULL;
	line[i].index = at.first;
	status = umsi_shared_create(table, &at, &line[i].shared);
	if (status != UMSI_OK)
		panic("intx: wire %u: %s", at.first, umsi_status_text(status));
	return line[i].shared;
}
