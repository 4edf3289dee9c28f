/* SPDX-License-Identifier: MIT */
/* Is what a function says about its own message store to be believed? Reads configuration space only. */
#include <umsi/pci_ims.h>

#include "codec/dvsec.h"
#include "codec/msix.h"
#include "core/machine.h"
#include "store/pci_function.h"

#define MESSAGE_BYTES	12u		/* an address of 64 bits, data of 32 */
#define SLOT_BYTES_MAX	4096u

/* Compared as the CPU sees them, as MSI-X's own two are. */
static int check_msix(struct pci_ref *f, const struct umsi_pci_function *fn, uint64_t phys, uint64_t bytes)
{
	struct umsi_pci_msix_cap cap;
	int status = fn->no_msix ? UMSI_ECAP_NONE : umsi_pci_msix_check(f, fn, &cap);

	if (status)
		return status == UMSI_ECAP_NONE ? UMSI_OK : status;
	return umsi_pci_apart(phys, bytes, fn->bar[cap.table_bir].phys + cap.table_offset,
			      umsi_msix_table_bytes(cap.entries)) &&
	       umsi_pci_apart(phys, bytes, fn->bar[cap.pba_bir].phys + cap.pba_offset,
			      umsi_msix_pba_bytes(cap.entries)) ? UMSI_OK : UMSI_ECAP_OVERLAP;
}

static int check(struct pci_ref *f, const struct umsi_pci_function *fn,
		 const struct umsi_pci_ims_claim *claim, struct umsi_pci_ims *out)
{
	uint64_t phys, bytes = (uint64_t)claim->slots * claim->slot_bytes;
	unsigned int bars;
	int status;

	if (!claim->slots || claim->slots > UMSI_TABLE_MAX || claim->slot_bytes < MESSAGE_BYTES ||
	    claim->slot_bytes > SLOT_BYTES_MAX || claim->slot_bytes % 4)
		return UMSI_ECAP_MESSAGES;
	status = umsi_pci_header(f, &bars);
	if (!status)
		status = umsi_pci_place(fn, bars, claim->bir, claim->offset, bytes, &phys);
	if (!status && claim->offset % 4)
		status = UMSI_ECAP_TABLE;
	if (!status)
		status = check_msix(f, fn, phys, bytes);
	if (!status)
		*out = (struct umsi_pci_ims){ .phys = phys, .bytes = bytes, .slots = claim->slots };
	return status;
}

int umsi_pci_ims_check(struct umsi *m, const struct umsi_pci_function *fn,
		       const struct umsi_pci_ims_claim *claim, struct umsi_pci_ims *out)
{
	struct pci_ref f;

	if (!m || !fn || !claim || !out)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), fn->requester_id };
	return check(&f, fn, claim, out);
}

/* ---- Capabilities of vendors ---- */

static int find(struct pci_ref *f, uint16_t vendor, uint16_t id, uint8_t revision, uint16_t bytes, uint16_t *at)
{
	int status = umsi_pci_dvsec_find(f, vendor, id, bytes, at);

	if (status)
		return status;
	return umsi_dvsec_revision(umsi_pci_read(f, *at + DVSEC_HEADER_1, 4)) == revision ? UMSI_OK : UMSI_ECAP_VERSION;
}

static bool field_fits(const struct umsi_pci_ims_format *format, uint32_t offset, uint32_t width)
{
	return offset >= DVSEC_HEADER_2 + 4 && offset % width == 0 && offset + width <= format->bytes;
}

int umsi_pci_ims_probe(struct umsi *m, const struct umsi_pci_function *fn,
		       const struct umsi_pci_ims_format *format, struct umsi_pci_ims *out)
{
	struct umsi_pci_ims_claim claim;
	uint32_t location, slots;
	struct pci_ref f;
	uint16_t at;
	int status;

	if (!m || !fn || !format || !out || !field_fits(format, format->location, 4) || !field_fits(format, format->slots, 2))
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), fn->requester_id };
	status = find(&f, format->vendor, format->id, format->revision, format->bytes, &at);
	if (status)
		return status;
	location = umsi_pci_read(&f, at + format->location, 4);
	slots = umsi_pci_read(&f, at + format->slots, 2);
	/* It may have left after the walk. */
	if (location == UINT32_MAX && slots == 0xffff)
		return UMSI_ECAP_GONE;
	claim = (struct umsi_pci_ims_claim){
		.bir = umsi_msix_bir(location), .offset = umsi_msix_offset(location), .slots = slots + 1,
		.slot_bytes = format->slot_bytes,
	};
	status = check(&f, fn, &claim, out);
	if (!status)
		out->capability = at;
	return status;
}

int umsi_pci_siov_probe(struct umsi *m, const struct umsi_pci_function *fn, bool *ims)
{
	uint32_t capabilities;
	struct pci_ref f;
	uint16_t at;
	int status;

	if (!m || !fn || !ims)
		return UMSI_EINVAL;
	f = (struct pci_ref){ umsi_machine_host(m), fn->requester_id };
	status = find(&f, SIOV_VENDOR, SIOV_ID, 0, SIOV_BYTES, &at);
	if (status)
		return status;
	capabilities = umsi_pci_read(&f, at + SIOV_CAPABILITIES, 4);
	if (capabilities == UINT32_MAX)
		return UMSI_ECAP_GONE;
	*ims = capabilities & SIOV_IMS;
	return UMSI_OK;
}
