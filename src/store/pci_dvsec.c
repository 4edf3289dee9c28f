/* SPDX-License-Identifier: MIT */
/* Source: PCI Express Base, "PCI Express Extended Capability Header", "Designated Vendor-Specific Extended Capability". */
#include "codec/dvsec.h"
#include "store/pci_function.h"

/* Every capability has a header of 4 bytes. */
#define MOST	((PCI_EXT_END - PCI_EXT_FIRST) / 4)

/* Some bridges drop the upper address bits: then the first 256 bytes come again and again. */
static bool is_alias(const struct pci_ref *f, uint32_t head)
{
	for (uint32_t at = PCI_EXT_FIRST; at < PCI_EXT_END; at += PCI_EXT_FIRST)
		if (umsi_pci_read(f, at, 4) != head)
			return false;
	return true;
}

static bool has_list(const struct pci_ref *f)
{
	uint32_t head = umsi_pci_read(f, PCI_VENDOR_ID, 4), first = umsi_pci_read(f, PCI_EXT_FIRST, 4);

	return first && first != UINT32_MAX && !(first == head && is_alias(f, head));
}

/* 1: another's. */
static int look(const struct pci_ref *f, uint32_t at, uint16_t vendor, uint16_t id, uint32_t bytes)
{
	uint32_t header, next = umsi_ext_next(umsi_pci_read(f, at, 4));

	if (at + DVSEC_BYTES > PCI_EXT_END)
		return UMSI_ECAP_SIZE;
	header = umsi_pci_read(f, at + DVSEC_HEADER_1, 4);
	if (header == UINT32_MAX)
		return UMSI_ECAP_GONE;
	if (umsi_dvsec_vendor(header) != vendor || umsi_pci_read(f, at + DVSEC_HEADER_2, 2) != id)
		return 1;
	if (umsi_dvsec_length(header) < bytes || umsi_dvsec_length(header) > PCI_EXT_END - at)
		return UMSI_ECAP_SIZE;
	/* What follows cannot begin within it. */
	return next > at && next < at + umsi_dvsec_length(header) ? UMSI_ECAP_POINTER : UMSI_OK;
}

int umsi_pci_dvsec_find(const struct pci_ref *f, uint16_t vendor, uint16_t id, uint32_t bytes,
			uint16_t *out_offset)
{
	uint32_t at = PCI_EXT_FIRST, head;
	unsigned int bars;
	int status = umsi_pci_header(f, &bars);

	if (status)
		return status;
	if (!has_list(f))
		return UMSI_ECAP_NONE;
	for (uint32_t n = 0; at; n++, at = umsi_ext_next(head)) {
		if (at < PCI_EXT_FIRST)
			return UMSI_ECAP_POINTER;
		if (n == MOST)
			return UMSI_ECAP_LOOP;
		head = umsi_pci_read(f, at, 4);
		if (head == UINT32_MAX)
			return UMSI_ECAP_GONE;
		if (umsi_ext_id(head) != PCI_EXT_ID_DVSEC)
			continue;
		status = look(f, at, vendor, id, bytes);
		if (status > 0)
			continue;
		if (!status)
			*out_offset = (uint16_t)at;
		return status;
	}
	return UMSI_ECAP_NONE;
}
