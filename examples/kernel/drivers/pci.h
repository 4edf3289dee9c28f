/* SPDX-License-Identifier: MIT */
/* PCI bus 0 behind a memory-mapped configuration space. */
#ifndef PCI_H
#define PCI_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/device.h>
#include <umsi/pci.h>

struct pci_windows {
	uint64_t ecam, ecam_bytes;
	uint64_t memory;		/* CPU address of the 32-bit window */
	uint64_t memory_pci;		/* its address on the bus */
	uint64_t memory_bytes;
};

#define PCI_CLASS_NVME	0x010802u	/* class, subclass, programming interface */
#define PCI_CLASS_EDU	0x00ff00u
#define PCI_CLASS_XHCI	0x0c0330u

/* Assigns every memory BAR of bus 0 and prints what is there. */
void pci_init(const struct pci_windows *windows);

/* The first function of a class that was not taken yet; turns on memory decoding and bus mastering. */
bool pci_take(uint32_t class, struct umsi_pci_function *out);

/* Where its interrupt pin is wired, and what to allocate there. An umsi_status. */
int pci_wire(const struct umsi_pci_function *fn, struct umsi_table **table, struct umsi_irq_request_at *at);

uint32_t pci_config_read(uint32_t requester_id, uint32_t offset, unsigned int width);
void pci_config_write(uint32_t requester_id, uint32_t offset, unsigned int width, uint32_t value);

#endif
