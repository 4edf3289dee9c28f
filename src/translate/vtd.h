/* SPDX-License-Identifier: MIT */
/* One VT-d unit's state; shared by vtd*.c only. */
#ifndef UMSI_TRANSLATE_VTD_H
#define UMSI_TRANSLATE_VTD_H

#include <umsi/vtd.h>

#include "codec/vtd.h"
#include "translate/unit.h"

/* One table entry. Written under its interrupt's lock. */
struct umsi_irte {
	umsi_atomic64 low, high;
};

_Static_assert(sizeof(struct umsi_irte) == VTD_IRTE_BYTES, "the hardware's layout");
_Static_assert(sizeof(struct umsi_unit_command) == VTD_DESCRIPTOR_BYTES, "the hardware's layout");

/* All of it is written at creation only. */
struct umsi_vtd {
	struct umsi_unit unit;
	uint64_t cap, ecap;
	struct umsi_unit_table table;
};

extern const struct umsi_domain_ops umsi_vtd_ops;

#endif
