/* SPDX-License-Identifier: MIT */
/* Where the accelerator's slots are: its vendor's capability says it, the library checks it. */
#include <umsi/pci_ims.h>

#include "ims.h"

static const struct umsi_pci_ims_format format = {
	.vendor = 0x1af4, .id = 1, .revision = 1, .bytes = 0x18,
	.location = 0x0c, .slots = 0x10, .slot_bytes = 16,
};

int accel_find(struct umsi *m, const struct umsi_pci_function *fn, struct umsi_pci_ims *out)
{
	return umsi_pci_ims_probe(m, fn, &format, out);
}
