/* SPDX-License-Identifier: MIT */
/*
 * Is the MSI-X capability of a function to be believed? Reads configuration
 * space only; a structure is accepted when all of it lies in a memory BAR that
 * the host says is there.
 */
#include "codec/msix.h"
#include "core/machine.h"
#include "store/pci_function.h"

/* BIR counts 32-bit BAR slots, so it indexes bar[] as it is. */
int umsi_pci_place(const struct umsi_pci_function *fn, unsigned int bars, uint32_t bir, uint64_t offset,
		   uint64_t bytes, uint64_t *out_phys)
{
	const struct umsi_pci_bar *bar;

	if (bir >= bars || fn->bar[bir].io)
		return UMSI_ECAP_BIR;
	bar = &fn->bar[bir];
	if (!bar->bytes || !bar->phys)
		return UMSI_ECAP_BAR;
	if (bar->bytes - 1 > UINT64_MAX - bar->phys)
		return UMSI_EINVAL;
	*out_phys = bar->phys + offset;
	return bytes <= bar->bytes && offset <= bar->bytes - bytes ? UMSI_OK : UMSI_ECAP_TABLE;
}

bool umsi_pci_apart(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a <= b ? b - a >= a_bytes : a - b >= b_bytes;
}

/* Compared as the CPU sees them: two BARs of a careless host may overlap as well. */
static int check_structures(const struct umsi_pci_function *fn,
			    const struct umsi_pci_msix_cap *cap, unsigned int bars)
{
	uint64_t table, pba, table_bytes = umsi_msix_table_bytes(cap->entries);
	uint64_t pba_bytes = umsi_msix_pba_bytes(cap->entries);
	int status = umsi_pci_place(fn, bars, cap->table_bir, cap->table_offset, table_bytes, &table);

	if (status)
		return status;
	status = umsi_pci_place(fn, bars, cap->pba_bir, cap->pba_offset, pba_bytes, &pba);
	if (status)
		return status == UMSI_ECAP_TABLE ? UMSI_ECAP_PBA : status;
	return umsi_pci_apart(table, table_bytes, pba, pba_bytes) ? UMSI_OK : UMSI_ECAP_OVERLAP;
}

int umsi_pci_msix_check(struct pci_ref *f, const struct umsi_pci_function *fn,
			struct umsi_pci_msix_cap *out)
{
	uint32_t control, table, pba;
	struct umsi_pci_msix_cap cap;
	unsigned int bars;
	uint16_t at;
	int status;

	status = umsi_pci_cap_find(f, PCI_CAP_ID_MSIX, MSIX_CAP_BYTES, &at);
	if (!status)
		status = umsi_pci_header(f, &bars);
	if (status)
		return status;
	control = umsi_pci_read(f, at + MSIX_CONTROL, 2);
	table = umsi_pci_read(f, at + MSIX_TABLE, 4);
	pba = umsi_pci_read(f, at + MSIX_PBA, 4);
	/* It may have left after the walk. */
	if (control == 0xffff && table == UINT32_MAX && pba == UINT32_MAX)
		return UMSI_ECAP_GONE;
	cap = (struct umsi_pci_msix_cap){
		.offset = at,
		.entries = (uint16_t)umsi_msix_entries(control),
		.table_bir = (uint8_t)umsi_msix_bir(table),
		.pba_bir = (uint8_t)umsi_msix_bir(pba),
		.table_offset = umsi_msix_offset(table),
		.pba_offset = umsi_msix_offset(pba),
	};
	status = check_structures(fn, &cap, bars);
	if (!status)
		*out = cap;
	return status;
}

int umsi_pci_msix_probe(struct umsi *m, const struct umsi_pci_function *fn,
			struct umsi_pci_msix_cap *out)
{
	struct pci_ref f;

	if (!m || !fn || !out)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), fn->requester_id };
	return umsi_pci_msix_check(&f, fn, out);
}
