/* SPDX-License-Identifier: MIT */
/*
 * The configuration header as far as message interrupts need it, and the walk
 * of its capability list. Nothing read is believed before it was checked.
 * Source: PCI Local Bus 3.0, "Configuration Space", "Capabilities List";
 * PCI Express Base, "PCI-Compatible Configuration Registers".
 */
#ifndef UMSI_CODEC_PCI_CAP_H
#define UMSI_CODEC_PCI_CAP_H

#include <umsi/status.h>
#include <umsi/types.h>

#define PCI_VENDOR_ID		0x00
#define PCI_COMMAND		0x04
#define PCI_STATUS		0x06
#define PCI_HEADER_TYPE		0x0e
#define PCI_CAPABILITIES	0x34
#define PCI_CAPABILITY_FIRST	0x40	/* the header ends here */
#define PCI_CAPABILITY_END	0x100	/* of the space the list may use */

#define PCI_COMMAND_MEMORY	0x0002u	/* Memory Space Enable */
#define PCI_COMMAND_INTX_OFF	0x0400u	/* Interrupt Disable */
#define PCI_STATUS_CAP_LIST	0x0010u	/* Capabilities List */

#define PCI_CAP_ID_MSI		0x05
#define PCI_CAP_ID_MSIX		0x11

/* Reads @width (1, 2, 4) bytes of configuration space; all-ones: nobody there. */
struct umsi_pci_reader {
	uint32_t (*read)(void *arg, uint16_t offset, unsigned int width);
	void *arg;
};

static inline uint32_t umsi_pci_get(const struct umsi_pci_reader *r, uint32_t offset,
				    unsigned int width)
{
	return r->read(r->arg, (uint16_t)offset, width);
}

/*
 * How many BARs the header has: 6, or 2 for a bridge. UMSI_ECAP_GONE (all-ones),
 * UMSI_ECAP_HEADER (any other type: its list, if there is one, begins elsewhere).
 */
int umsi_pci_header(const struct umsi_pci_reader *r, unsigned int *out_bars);

/*
 * The first capability @id, all @bytes of which lie in configuration space.
 * As umsi_pci_header(), and UMSI_ECAP_NONE, UMSI_ECAP_LOOP, UMSI_ECAP_POINTER, UMSI_ECAP_SIZE.
 */
int umsi_pci_cap_find(const struct umsi_pci_reader *r, uint8_t id, uint32_t bytes,
		      uint16_t *out_offset);

#endif
