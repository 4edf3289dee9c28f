/* SPDX-License-Identifier: MIT */
/* What the readers of the GIC's bindings share. */
#ifndef UMSI_FW_FDT_GIC_H
#define UMSI_FW_FDT_GIC_H

#include "fw/fdt_read.h"

/* Entry @index of reg as the CPUs see it. Refused as by umsi_fdt_region(), UMSI_EFW_VALUE (empty). */
uint64_t umsi_fdt_gic_reg(struct umsi_fdt_reader *r, uint32_t index, uint64_t *out_bytes);

/* The virtual timer's private interrupt; 0: there is no timer. */
uint32_t umsi_fdt_gic_timer(struct umsi_fdt_reader *gic);

#endif
