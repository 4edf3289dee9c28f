/* SPDX-License-Identifier: MIT */
/*
 * Where a PCI function says that its own message store lies (IMS: interrupt
 * message store). Nothing standard says it: a driver knows the place, reads it
 * from registers, or from a capability of the vendor's. Whichever it is, what
 * the function claims is checked here as an MSI-X capability is, before anything is
 * mapped. All calls read configuration space only, and a refusal touches nothing.
 */
#ifndef UMSI_PCI_IMS_H
#define UMSI_PCI_IMS_H

#include <umsi/pci.h>

/* What a function claims. */
struct umsi_pci_ims_claim {
	uint32_t bir;			/* BAR slot */
	uint64_t offset;		/* bytes into that BAR, a multiple of 4 */
	uint32_t slots;			/* 1 .. UMSI_TABLE_MAX */
	uint32_t slot_bytes;		/* from one to the next: a multiple of 4, 12 .. 4,096 */
};

/* A checked store: all of it lies where it says. */
struct umsi_pci_ims {
	uint16_t capability;		/* offset in configuration space; 0 = not from one */
	uint64_t phys, bytes;		/* for umsi_host_mmio_map() */
	uint32_t slots;			/* umsi_table_config.size */
};

/*
 * How a vendor's capability (DVSEC) is laid out. Offsets are bytes from its start;
 * location is 32 bits: BAR slot in 2:0, the rest is the offset into the BAR, as MSI-X has it; slots is
 * 16 bits: slots - 1.
 */
struct umsi_pci_ims_format {
	uint16_t vendor, id;		/* of the DVSEC */
	uint8_t revision;		/* the one this describes */
	uint16_t bytes;			/* it has at least so many */
	uint16_t location, slots;	/* offsets, 12 .. bytes - 4 and bytes - 2, aligned */
	uint32_t slot_bytes;
};

/**
 * umsi_pci_ims_check() - is a store where a function claims?
 * @out: written on success only
 *
 * For a driver that found the claim itself, in registers for instance (Intel DSA:
 * offset in TABLE_OFFSETS, a multiple of 256 entries in GENCAP).
 * The store must lie in a memory BAR and apart from the function's MSI-X table and pending
 * bits. Where that capability lies itself, so does the function: its error is the answer, unless
 * the host has said no_msix.
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL (NULL, a BAR beyond the address space), or
 *   UMSI_ECAP_MESSAGES (slots, slot_bytes), UMSI_ECAP_BIR, UMSI_ECAP_BAR, UMSI_ECAP_TABLE (outside
 *   the BAR, not aligned), UMSI_ECAP_OVERLAP, UMSI_ECAP_GONE, UMSI_ECAP_HEADER, or what
 *   umsi_pci_msix_probe() finds wrong.
 */
int umsi_pci_ims_check(struct umsi *m, const struct umsi_pci_function *fn,
		       const struct umsi_pci_ims_claim *claim, struct umsi_pci_ims *out);

/**
 * umsi_pci_ims_probe() - find a vendor's capability and check the store it names
 * @format: the vendor's layout; const data of a driver
 * @out: written on success only
 *
 * Context: any. Return: as umsi_pci_ims_check(), and UMSI_EINVAL (@format makes no sense), UMSI_ECAP_NONE
 *   (no such capability, or no extended configuration space), UMSI_ECAP_VERSION (another
 *   revision), UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE (shorter than @format, or past
 *   configuration space).
 * Source: PCI Express Base, "Designated Vendor-Specific Extended Capability (DVSEC)".
 */
int umsi_pci_ims_probe(struct umsi *m, const struct umsi_pci_function *fn,
		       const struct umsi_pci_ims_format *format, struct umsi_pci_ims *out);

/**
 * umsi_pci_siov_probe() - Intel's capability for Scalable I/O Virtualization
 * @ims: whether the function says that it has a store; where it is, its driver knows
 *
 * Context: any. Return: UMSI_OK, UMSI_EINVAL (NULL), or UMSI_ECAP_NONE, UMSI_ECAP_VERSION, UMSI_ECAP_GONE,
 *   UMSI_ECAP_HEADER, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE.
 * Source: Intel Scalable I/O Virtualization Technical Specification 1.0, "Identifying
 *   Intel Scalable IOV Capability".
 */
int umsi_pci_siov_probe(struct umsi *m, const struct umsi_pci_function *fn, bool *ims);

#endif
