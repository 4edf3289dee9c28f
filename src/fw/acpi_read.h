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

uint64_t umsi_acpi_le64(const unsigned char *p);

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

/* Fills the reader's error where there is one and returns @status. */
int umsi_acpi_refuse(const struct umsi_acpi_view *v, uint32_t at, const char *what, int status);

/* How the structures begin that a table is a row of: with a type of one or two bytes, then their length. */
struct umsi_acpi_row {
	uint32_t start;				/* of the first */
	uint32_t length_at, header_bytes;
	/* The fixed part of the structure at @p, by its type. */
	uint32_t (*smallest)(const unsigned char *p);
};

/* One of them; a walk starts with @next = 0. */
struct umsi_acpi_item {
	const unsigned char *p;
	uint32_t at, next;
};

/* 1 = one, as long as its type must be, 0 = the end, negative = refused. */
int umsi_acpi_next(const struct umsi_acpi_view *v, const struct umsi_acpi_row *row, struct umsi_acpi_item *i);

/* Says how many were found; UMSI_EFW_ROOM at @at if they are more than the caller has room for. */
int umsi_acpi_counted(const struct umsi_acpi_view *v, uint32_t at, uint32_t count, uint32_t room,
		      uint32_t *out_count);

#endif
