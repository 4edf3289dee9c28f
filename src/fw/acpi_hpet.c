/* SPDX-License-Identifier: MIT */
/* Source: IA-PC HPET Specification 1.0a, "The ACPI 2.0 HPET Description Table (HPET)". */
#include "fw/acpi_read.h"

enum {
	HPET_BLOCK_ID = 36,
	HPET_SPACE_ID = 40,	/* of the Generic Address Structure; 0 = system memory */
	HPET_ADDRESS = 44,
	HPET_NUMBER = 52,
	HPET_MIN_TICK = 53,
	HPET_BYTES = 56,
};

int umsi_acpi_hpet(const void *table, size_t bytes, struct umsi_acpi_hpet *out,
		   struct umsi_acpi_error *error)
{
	struct umsi_acpi_view v;
	uint64_t phys;

	if (umsi_acpi_open(&v, out ? table : NULL, bytes, "HPET", HPET_BYTES, error))
		return v.status;
	if (v.at[HPET_SPACE_ID])
		return umsi_acpi_refuse(&v, HPET_SPACE_ID, "base address: space", UMSI_EFW_VALUE);
	phys = umsi_acpi_le64(v.at + HPET_ADDRESS);
	if (!phys || phys % 8)
		return umsi_acpi_refuse(&v, HPET_ADDRESS, "base address", UMSI_EFW_VALUE);
	*out = (struct umsi_acpi_hpet){
		.phys = phys,
		.event_timer_block_id = umsi_acpi_le32(v.at + HPET_BLOCK_ID),
		.number = v.at[HPET_NUMBER],
		.min_tick = umsi_acpi_le16(v.at + HPET_MIN_TICK),
	};
	return UMSI_OK;
}
