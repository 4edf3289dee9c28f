/* SPDX-License-Identifier: MIT */
/*
 * The configuration header as far as message interrupts need it.
 * Source: PCI Local Bus 3.0, "Configuration Space", "Capabilities List";
 * PCI Express Base, "PCI-Compatible Configuration Registers".
 */
#ifndef UMSI_CODEC_PCI_CAP_H
#define UMSI_CODEC_PCI_CAP_H

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

#endif
