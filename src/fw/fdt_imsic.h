/* SPDX-License-Identifier: MIT */
/* What the APLIC's finder asks about the IMSIC that its messages go to. */
#ifndef UMSI_FW_FDT_IMSIC_H
#define UMSI_FW_FDT_IMSIC_H

#include "fw/fdt_read.h"

/*
 * How the files of the riscv,imsics node that the reader is at are numbered:
 * the index widths of @out, and *out_base, a file's address without its indices. True:
 * it raises supervisor external interrupts. Refused as by umsi_fdt_imsic().
 */
bool umsi_fdt_imsic_numbering(struct umsi_fdt_reader *r, struct umsi_imsic_config *out,
			      uint64_t *out_base);

#endif
