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

static inline uint32_t pci_read(const struct pci_ref *f, uint32_t offset, unsigned int width)
{
	return umsi_host_pci_read(f->host, f->requester_id, (uint16_t)offset, width);
}

static inline void pci_write16(const struct pci_ref *f, uint32_t offset, uint32_t value)
{
	umsi_host_pci_write(f->host, f->requester_id, (uint16_t)offset, 2, value);
}

static inline void pci_write32(const struct pci_ref *f, uint32_t offset, uint32_t value)
{
	umsi_host_pci_write(f->host, f->requester_id, (uint16_t)offset, 4, value);
}

/* Once more wherever messages begin: a reset of the function has cleared it. */
static inline void pci_intx_off(const struct pci_ref *f)
{
	uint32_t command = pci_read(f, PCI_COMMAND, 2);

	if (command != 0xffff && !(command & PCI_COMMAND_INTX_OFF))
		pci_write16(f, PCI_COMMAND, command | PCI_COMMAND_INTX_OFF);
}

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

/* Does BAR slot @bir, of @bars, take a structure? UMSI_OK, UMSI_ECAP_BIR, UMSI_ECAP_BAR, UMSI_EINVAL (beyond the address space). */
int umsi_pci_bar_check(const struct umsi_pci_function *fn, uint32_t bir, unsigned int bars);
bool umsi_pci_bar_holds(const struct umsi_pci_bar *bar, uint64_t offset, uint64_t bytes);

/* As umsi_pci_msix_probe(), its arguments checked. */
int umsi_pci_msix_check(struct pci_ref *f, const struct umsi_pci_function *fn,
			struct umsi_pci_msix_cap *out);

/* As umsi_pci_msi_probe(), its arguments checked. */
int umsi_pci_msi_check(struct pci_ref *f, struct umsi_pci_msi_cap *out);

/* What tables over plain MSI are called: the pointer tells them from others. */
extern const char umsi_pci_msi_name[];
/* Has the device one? Sleepable. */
bool umsi_pci_msi_exists(struct umsi_device *dev);

#endif
