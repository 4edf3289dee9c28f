/* SPDX-License-Identifier: MIT */
/* Message interrupts off, as firmware or an earlier kernel may have left them on. */
#include "codec/msi.h"
#include "codec/msix.h"
#include "core/machine.h"
#include "store/pci_function.h"

static int switch_off(struct pci_ref *f, uint8_t id, uint32_t bytes, uint32_t bits)
{
	uint32_t control;
	uint16_t at;
	int status;

	status = umsi_pci_cap_find(f, id, bytes, &at);
	if (status)
		return status == UMSI_ECAP_NONE ? UMSI_OK : status;
	/* Message Control is at the same place in both. */
	control = pci_read(f, at + MSIX_CONTROL, 2);
	if (control & bits)
		pci_write16(f, at + MSIX_CONTROL, control & ~bits);
	return UMSI_OK;
}

int umsi_pci_msi_off(struct umsi *m, uint32_t requester_id)
{
	struct pci_ref f;
	int status;

	if (!m)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), requester_id };
	status = switch_off(&f, PCI_CAP_ID_MSIX, MSIX_CAP_BYTES,
			    MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK);
	if (!status)
		status = switch_off(&f, PCI_CAP_ID_MSI, MSI_CAP_BYTES, MSI_CONTROL_ENABLE);
	return status;
}
