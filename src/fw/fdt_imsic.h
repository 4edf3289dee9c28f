/* SPDX-License-Identifier: MIT */
/* What the APLIC's finder asks about the IMSIC that its messages go to. */
#ifndef UMSI_FW_FDT_IMSIC_H
#define UMSI_FW_FDT_IMSIC_H

#include "fw/fdt_read.h"

/*
 * How the files of one riscv,imsics node are numbered: the index widths of
 * @out, and *out_base, a file's address without its indices. *out_supervisor:
 * it raises supervisor external interrupts. Errors as of umsi_fdt_imsic().
 */
int umsi_fdt_imsic_numbering(const struct umsi_fdt *fdt, umsi_fdt_node node, struct umsi_imsic_config *out,
			     uint64_t *out_base, bool *out_supervisor, struct umsi_fdt_error *error);

#endif
