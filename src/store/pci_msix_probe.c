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
int umsi_pci_bar_check(const struct umsi_pci_function *fn, uint32_t bir, unsigned int bars)
{
	if (bir >= bars || fn->bar[bir].io)
		return UMSI_ECAP_BIR;
	if (!fn->bar[bir].bytes || !fn->bar[bir].phys)
		return UMSI_ECAP_BAR;
	return fn->bar[bir].bytes - 1 > UINT64_MAX - fn->bar[bir].phys ? UMSI_EINVAL : UMSI_OK;
}

bool umsi_pci_bar_holds(const struct umsi_pci_bar *bar, uint64_t offset, uint64_t bytes)
{
	return bytes <= bar->bytes && offset <= bar->bytes - bytes;
}

/* Compared as the CPU sees them: two BARs of a careless host may overlap as well. */
static bool overlap(const struct umsi_pci_function *fn, const struct umsi_pci_msix_cap *cap)
{
	uint64_t table = fn->bar[cap->table_bir].phys + cap->table_offset;
	uint64_t pba = fn->bar[cap->pba_bir].phys + cap->pba_offset;

	if (table <= pba)
		return pba - table < umsi_msix_table_bytes(cap->entries);
	return table - pba < umsi_msix_pba_bytes(cap->entries);
}

static int check_structures(const struct umsi_pci_function *fn,
			    const struct umsi_pci_msix_cap *cap, unsigned int bars)
{
	int status = umsi_pci_bar_check(fn, cap->table_bir, bars);

	if (!status)
		status = umsi_pci_bar_check(fn, cap->pba_bir, bars);
	if (status)
		return status;
	if (!umsi_pci_bar_holds(&fn->bar[cap->table_bir], cap->table_offset,
		    umsi_msix_table_bytes(cap->entries)))
		return UMSI_ECAP_TABLE;
	if (!umsi_pci_bar_holds(&fn->bar[cap->pba_bir], cap->pba_offset, umsi_msix_pba_bytes(cap->entries)))
		return UMSI_ECAP_PBA;
	return overlap(fn, cap) ? UMSI_ECAP_OVERLAP : UMSI_OK;
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
	control = pci_read(f, at + MSIX_CONTROL, 2);
	table = pci_read(f, at + MSIX_TABLE, 4);
	pba = pci_read(f, at + MSIX_PBA, 4);
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
