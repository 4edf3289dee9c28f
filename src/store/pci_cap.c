/* SPDX-License-Identifier: MIT */
/*
 * The walk of the capability list. Nothing read is believed before it was checked.
 * Source: PCI Local Bus 3.0, "Configuration Space", "Capabilities List".
 */
#include "store/pci_function.h"

int umsi_pci_header(const struct pci_ref *f, unsigned int *out_bars)
{
	/* Also what a root complex answers for a function that left. */
	if (umsi_pci_read(f, PCI_VENDOR_ID, 2) == 0xffff)
		return UMSI_ECAP_GONE;
	/* Bit 7 says that the device has more functions. */
	switch (umsi_pci_read(f, PCI_HEADER_TYPE, 1) & 0x7f) {
	case 0:
		*out_bars = 6;
		return UMSI_OK;
	case 1:
		*out_bars = 2;
		return UMSI_OK;
	default:
		return UMSI_ECAP_HEADER;
	}
}

int umsi_pci_cap_find(const struct pci_ref *f, uint8_t id, uint32_t bytes, uint16_t *out_offset)
{
	uint64_t seen = 0;	/* bit n: a capability at offset 4n was visited */
	uint32_t at, head;
	unsigned int bars;
	int status;

	status = umsi_pci_header(f, &bars);
	if (status)
		return status;
	if (!(umsi_pci_read(f, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST))
		return UMSI_ECAP_NONE;

	at = umsi_pci_read(f, PCI_CAPABILITIES, 1);
	while (at) {
		if (at < PCI_CAPABILITY_FIRST || at % 4)
			return UMSI_ECAP_POINTER;
		if (seen >> (at / 4) & 1)
			return UMSI_ECAP_LOOP;
		seen |= UINT64_C(1) << (at / 4);

		head = umsi_pci_read(f, at, 2);
		if (head == 0xffff)
			return UMSI_ECAP_GONE;
		if ((head & 0xff) == id) {
			if (at + bytes > PCI_CAPABILITY_END)
				return UMSI_ECAP_SIZE;
			*out_offset = (uint16_t)at;
			return UMSI_OK;
		}
		at = head >> 8;
	}
	return UMSI_ECAP_NONE;
}
