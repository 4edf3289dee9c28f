/* SPDX-License-Identifier: MIT */
/* What the readers of the GIC's bindings share. */
#ifndef UMSI_FW_FDT_GIC_H
#define UMSI_FW_FDT_GIC_H

#include "fw/fdt_read.h"

/* The first enabled node that is compatible with any of @names (NULL-terminated), or negative. */
umsi_fdt_node umsi_fdt_gic_find(const struct umsi_fdt *fdt, const char *const *names);

/* Entry @index of reg as the CPUs see it. */
int umsi_fdt_gic_reg(const struct umsi_fdt_reader *r, uint32_t index, uint64_t *out_phys, uint64_t *out_bytes);

/* The virtual timer's private interrupt; *out_id stays as it is where there is no timer. */
int umsi_fdt_gic_timer(const struct umsi_fdt_reader *gic, uint32_t *out_id);

#endif
