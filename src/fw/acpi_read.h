/* SPDX-License-Identifier: MIT */
/* What the readers of single ACPI tables share. Fields are little-endian and unaligned. */
#ifndef UMSI_FW_ACPI_READ_H
#define UMSI_FW_ACPI_READ_H

#include <umsi/acpi.h>

/* Source: ACPI 6.5, "System Description Table Header". */
enum {
	ACPI_SIGNATURE = 0,
	ACPI_LENGTH = 4,
	ACPI_CHECKSUM = 9,
	ACPI_HEADER_BYTES = 36,
};

static inline uint16_t umsi_acpi_le16(const unsigned char *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t umsi_acpi_le32(const unsigned char *p)
{
	return umsi_acpi_le16(p) | (uint32_t)umsi_acpi_le16(p + 2) << 16;
}

static inline uint64_t umsi_acpi_le64(const unsigned char *p)
{
	return umsi_acpi_le32(p) | (uint64_t)umsi_acpi_le32(p + 4) << 32;
}

/* Fills @error where there is one and returns @status. */
int umsi_acpi_refuse(struct umsi_acpi_error *error, const char *table, uint32_t offset,
		     const char *what, int status);

/* A table whose length and checksum were verified. */
struct umsi_acpi_view {
	const unsigned char *at;
	uint32_t bytes;
	const char *name;
	struct umsi_acpi_error *error;
};

/* @smallest: bytes up to the end of the fixed part. */
int umsi_acpi_open(const void *table, size_t bytes, const char *signature, uint32_t smallest,
		   struct umsi_acpi_error *error, struct umsi_acpi_view *out);

#endif
