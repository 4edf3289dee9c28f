/* SPDX-License-Identifier: MIT */
/* Configuration space of one function, through the host. */
#ifndef UMSI_STORE_PCI_FUNCTION_H
#define UMSI_STORE_PCI_FUNCTION_H

#include <umsi/host.h>
#include <umsi/pci.h>

#include "codec/pci_cap.h"

struct pci_ref {
	void *host;
	uint32_t requester_id;
};

uint32_t umsi_pci_read(const struct pci_ref *f, uint32_t offset, unsigned int width);
void umsi_pci_write16(const struct pci_ref *f, uint32_t offset, uint32_t value);
void umsi_pci_write32(const struct pci_ref *f, uint32_t offset, uint32_t value);
/* May it assert its wire? Not while it has messages; off once more wherever those begin: a reset has cleared it. */
void umsi_pci_intx(const struct pci_ref *f, bool on);

/*
 * How many BARs the header has: 6, or 2 for a bridge. UMSI_ECAP_GONE (all-ones),
 * UMSI_ECAP_HEADER (any other type: its list, if there is one, begins elsewhere).
 */
int umsi_pci_header(const struct pci_ref *f, unsigned int *out_bars);

/*
 * The first capability @id, all @bytes of which lie in configuration space.
 * As umsi_pci_header(), and UMSI_ECAP_NONE, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE.
 */
int umsi_pci_cap_find(const struct pci_ref *f, uint8_t id, uint32_t bytes, uint16_t *out_offset);

/*
 * The first extended capability that @vendor designates with @id, at least @bytes
 * long, all of it in configuration space. As above; UMSI_ECAP_NONE also: no extended space.
 */
int umsi_pci_dvsec_find(const struct pci_ref *f, uint16_t vendor, uint16_t id, uint32_t bytes,
			uint16_t *out_offset);

/*
 * Where a structure in BAR slot @bir, of @bars, is. UMSI_OK, UMSI_ECAP_BIR, UMSI_ECAP_BAR, UMSI_EINVAL
 * (beyond the address space), UMSI_ECAP_TABLE (not all of it in the BAR).
 */
int umsi_pci_place(const struct umsi_pci_function *fn, unsigned int bars, uint32_t bir, uint64_t offset,
		   uint64_t bytes, uint64_t *out_phys);
bool umsi_pci_apart(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes);

/* As umsi_pci_msix_probe(), its arguments checked. */
int umsi_pci_msix_check(struct pci_ref *f, const struct umsi_pci_function *fn,
			struct umsi_pci_msix_cap *out);

/* As umsi_pci_msi_probe(), its arguments checked. */
int umsi_pci_msi_check(struct pci_ref *f, struct umsi_pci_msi_cap *out);

/* What tables over plain MSI are called: the pointer tells them from others. */
extern const char umsi_pci_msi_name[];

/*
 * MSI and MSI-X exclude each other (PCI Express Base, "MSI and MSI-X Operation"). UMSI_EEXIST: one is
 * enabled, or the device has a table over the first; else as umsi_pci_cap_find(), but a function without is none. Sleepable.
 */
int umsi_pci_check_off(struct pci_ref *f, struct umsi_device *dev);

#endif
