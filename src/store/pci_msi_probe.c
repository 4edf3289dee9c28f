/* SPDX-License-Identifier: MIT */
/* Is the MSI capability of a function to be believed? Reads configuration space only. */
#include "codec/msi.h"
#include "core/machine.h"
#include "store/pci_function.h"

int umsi_pci_msi_check(struct pci_ref *f, struct umsi_pci_msi_cap *out)
{
	struct umsi_pci_msi_cap cap;
	uint32_t control;
	uint16_t at;
	int status;

	status = umsi_pci_cap_find(f, PCI_CAP_ID_MSI, MSI_CAP_BYTES, &at);
	if (status)
		return status;
	control = umsi_pci_read(f, at + MSI_CONTROL, 2);
	/* It may have left after the walk. */
	if (control == 0xffff)
		return UMSI_ECAP_GONE;
	cap = (struct umsi_pci_msi_cap){
		.offset = at,
		.messages_log2 = (uint8_t)umsi_msi_capable_log2(control),
		.wide = control & MSI_CONTROL_WIDE,
		.maskable = control & MSI_CONTROL_MASKABLE,
	};
	if (at + umsi_msi_bytes(cap.wide, cap.maskable) > PCI_CAPABILITY_END)
		return UMSI_ECAP_SIZE;
	if (cap.messages_log2 > MSI_MESSAGES_LOG2_MAX)
		return UMSI_ECAP_MESSAGES;
	*out = cap;
	return UMSI_OK;
}

int umsi_pci_msi_probe(struct umsi *m, const struct umsi_pci_function *fn,
		       struct umsi_pci_msi_cap *out)
{
	struct pci_ref f;

	if (!m || !fn || !out)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), fn->requester_id };
	return umsi_pci_msi_check(&f, out);
}

const char umsi_pci_msi_name[] = "msi";
