/* SPDX-License-Identifier: MIT */
/*
 * Blocked messages, as the unit recorded them.
 * Source: Intel VT-d, "Primary Fault Logging", "Fault Recording Registers",
 * "Interrupt Remapping Fault Conditions".
 */
#include "translate/vtd.h"

static const char *text_of(uint8_t reason)
{
	switch (reason) {
	case VTD_FAULT_REQUEST: return "a reserved field of the message is set";
	case VTD_FAULT_INDEX: return "its index is beyond the table";
	case VTD_FAULT_NOT_PRESENT: return "its entry belongs to no requested interrupt";
	case VTD_FAULT_TABLE: return "the table could not be read";
	case VTD_FAULT_ENTRY: return "a reserved field of its entry is set";
	case VTD_FAULT_COMPATIBILITY: return "compatibility format, which is blocked";
	case VTD_FAULT_SOURCE: return "its entry belongs to another requester";
	default: return "no fault of interrupt remapping";
	}
}

static int take_locked(struct umsi_unit *u, struct umsi_vtd_fault *out)
{
	uint64_t cap = ((const struct umsi_vtd *)u)->cap;
	uint32_t at = umsi_vtd_fault_offset(cap), word[4];
	struct umsi_vtd_frcd found;

	for (uint32_t i = 0; i < umsi_vtd_fault_registers(cap); i++, at += 16) {
		word[3] = umsi_unit_read32(u, at + 12);
		if (!(word[3] & VTD_FRCD_F))
			continue;
		for (uint32_t w = 0; w < 3; w++)
			word[w] = umsi_unit_read32(u, at + 4 * w);
		umsi_unit_write32(u, at + 12, VTD_FRCD_F);
		found = umsi_vtd_frcd(word);
		*out = (struct umsi_vtd_fault){
			.requester_id = found.source_id, .index = found.index,
			.reason = found.reason, .what = text_of(found.reason),
		};
		u->events++;
		return UMSI_OK;
	}
	return UMSI_ENOENT;
}

int umsi_vtd_fault_take(struct umsi_domain *domain, struct umsi_vtd_fault *out)
{
	struct umsi_unit *u = umsi_unit_of(domain, &umsi_vtd_ops);
	uintptr_t state;
	int status;

	if (!u || !out)
		return UMSI_EINVAL;
	state = umsi_lock(domain->m, &u->lock);
	if (umsi_unit_read32(u, VTD_FSTS) & VTD_FSTS_PFO) {
		umsi_unit_write32(u, VTD_FSTS, VTD_FSTS_PFO);
		u->overflows++;
	}
	status = take_locked(u, out);
	umsi_unit_read32(u, VTD_FSTS);
	umsi_barrier_flush_to_stamp();
	umsi_unlock(domain->m, &u->lock, state);
	return status;
}
