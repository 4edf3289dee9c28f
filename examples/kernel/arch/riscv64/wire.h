/* SPDX-License-Identifier: MIT */
/* Wired lines: sources of an APLIC domain, whichever way it delivers. */
#ifndef WIRE_H
#define WIRE_H

#include <umsi/device.h>
#include <umsi/fdt.h>

/* The table of sources that @interrupt's controller has. The device is @root's. An umsi_status. */
int wire_table(struct umsi_domain *root, const struct umsi_fdt_interrupt *interrupt,
	       struct umsi_device **out_device, struct umsi_table **out);

#endif
