/* SPDX-License-Identifier: MIT */
/* Wired lines: sources of an APLIC domain, whichever way it delivers. */
#ifndef WIRE_H
#define WIRE_H

#include <umsi/device.h>
#include <umsi/fdt.h>

/* Its controller's sources as a table, made on first use, and what to allocate of it. An umsi_status. */
int wire_find(const struct umsi_fdt_interrupt *interrupt, struct umsi_table **out_table,
	      struct umsi_irq_request_at *out_at);

#endif
