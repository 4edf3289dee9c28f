/* SPDX-License-Identifier: MIT */
#ifndef REMAP_H
#define REMAP_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/acpi.h>
#include <umsi/umsi.h>

#include "arch.h"

/* Does firmware describe a unit? */
bool remap_exists(uint64_t rsdp, umsi_acpi_map map);

/* Enables it. @out: what devices send to, @root without one. A status of the library. */
int remap_start(uint64_t rsdp, umsi_acpi_map map, struct umsi_domain *root, struct umsi_domain **out);
bool remap_on(void);

/* The requester id of the I/O APIC's messages. */
uint16_t remap_ioapic_id(void);

/* Has one device send with other devices' handles. False: some arrived although they should not. */
bool remap_check(void);

#endif
