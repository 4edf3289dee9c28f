/* SPDX-License-Identifier: MIT */
#include "store/pci_function.h"

uint32_t umsi_pci_read(const struct pci_ref *f, uint32_t offset, unsigned int width)
{
	return umsi_host_pci_read(f->host, f->requester_id, (uint16_t)offset, width);
}

void umsi_pci_write16(const struct pci_ref *f, uint32_t offset, uint32_t value)
{
	umsi_host_pci_write(f->host, f->requester_id, (uint16_t)offset, 2, value);
}

void umsi_pci_write32(const struct pci_ref *f, uint32_t offset, uint32_t value)
{
	umsi_host_pci_write(f->host, f->requester_id, (uint16_t)offset, 4, value);
}

void umsi_pci_intx(const struct pci_ref *f, bool on)
{
	uint32_t command = umsi_pci_read(f, PCI_COMMAND, 2);
	uint32_t wanted = on ? command & ~PCI_COMMAND_INTX_OFF : command | PCI_COMMAND_INTX_OFF;

	if (command != 0xffff && command != wanted)
		umsi_pci_write16(f, PCI_COMMAND, wanted);
}
