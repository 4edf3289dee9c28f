/* SPDX-License-Identifier: MIT */
/* The device tree, read with the library's own reader: what all machines that have one share. */
#ifndef TREE_H
#define TREE_H

#include <umsi/fdt.h>

#include "core/platform.h"

extern struct umsi_fdt tree_fdt;
extern umsi_fdt_node tree_pci_host;

/* Opens @tree and fills in CPUs, memory, arguments and PCI windows. */
void tree_read(struct platform *p, uint64_t boot_hw_id, const void *tree);

/* Ends the run with a reason. @error may be NULL. */
void tree_need(int status, const char *what, const struct umsi_fdt_error *error);

#endif
