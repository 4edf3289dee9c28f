/* SPDX-License-Identifier: MIT */
/* Are a function's message interrupts on? Off, as firmware or an earlier kernel may have left them on. */
#include "codec/msi.h"
#include "codec/msix.h"
#include "msi/device.h"
#include "store/pci_function.h"

/* Message Control is at the same place in both. */
static const struct {
	uint8_t id, bytes;
	uint16_t enable, on;		/* bits of it; all that are cleared */
} kinds[] = {
	{ PCI_CAP_ID_MSIX, MSIX_CAP_BYTES, MSIX_CONTROL_ENABLE, MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK },
	{ PCI_CAP_ID_MSI, MSI_CAP_BYTES, MSI_CONTROL_ENABLE, MSI_CONTROL_ENABLE },
};

/* Where it is, and what it says: 0 if there is none. */
static int find_control(struct pci_ref *f, uint32_t kind, uint32_t *offset, uint32_t *control)
{
	uint16_t at = 0;
	int status = umsi_pci_cap_find(f, kinds[kind].id, kinds[kind].bytes, &at);

	*offset = at + MSIX_CONTROL;
	*control = status ? 0 : umsi_pci_read(f, *offset, 2);
	return status == UMSI_ECAP_NONE ? UMSI_OK : status;
}

/* The enable bit of plain MSI is off until an index is opened, so the registers do not tell. */
static bool has_msi_table(struct umsi_device *dev)
{
	struct umsi_table *t;

	umsi_device_lock(dev);
	for (t = dev->tables; t; t = t->next)
		if (t->ops->name == umsi_pci_msi_name)
			break;
	umsi_device_unlock(dev);
	return t;
}

int umsi_pci_check_off(struct pci_ref *f, struct umsi_device *dev)
{
	uint32_t offset, control;
	int status;

	for (uint32_t kind = 0; kind < 2; kind++) {
		status = find_control(f, kind, &offset, &control);
		if (status)
			return status;
		if (control & kinds[kind].enable)
			return UMSI_EEXIST;
	}
	return has_msi_table(dev) ? UMSI_EEXIST : UMSI_OK;
}

int umsi_pci_msi_off(struct umsi *m, uint32_t requester_id)
{
	uint32_t offset, control;
	struct pci_ref f;
	int status = UMSI_OK;

	if (!m)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), requester_id };
	for (uint32_t kind = 0; kind < 2 && !status; kind++) {
		status = find_control(&f, kind, &offset, &control);
		if (control & kinds[kind].on)
			umsi_pci_write16(&f, offset, control & ~(uint32_t)kinds[kind].on);
	}
	return status;
}
