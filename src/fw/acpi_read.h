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

/*
 * A table whose length and checksum were verified, and who reads it. The first
 * refusal stays, and what was read after it is not used.
 */
struct umsi_acpi_view {
	const unsigned char *at;
	uint32_t bytes;
	const char *name;
	struct umsi_acpi_error *error;
	int status;
};

/*
 * @table: NULL: an argument of the caller's is, or cannot be (UMSI_EINVAL)
 * @smallest: bytes up to the end of the fixed part
 * Returns the view's status.
 */
int umsi_acpi_open(struct umsi_acpi_view *v, const void *table, size_t bytes, const char *signature,
		   uint32_t smallest, struct umsi_acpi_error *error);

/* At byte @at of the table. @what: which field, or what there should be. Returns the view's status. */
int umsi_acpi_refuse(struct umsi_acpi_view *v, uint32_t at, const char *what, int status);

/* The structures that a table, or a part of it, is a row of. */
struct umsi_acpi_row {
	uint8_t length_at;		/* of the field that says how long one is; 0: @least */
	bool wide_length;		/* it has 16 bits, not 8 */
	uint8_t least;			/* bytes of the shortest */
	/* The fixed part of the structure at @p, by its type; NULL: as above. */
	uint32_t (*smallest)(const unsigned char *p);
};

/* One of them. A walk begins with @next where the first one is; @end 0: that of the table. */
struct umsi_acpi_item {
	const unsigned char *p;
	uint32_t at, next, end;
};

/* False: at the end, or refused: UMSI_EFW_TRUNCATED, UMSI_EFW_STRUCTURE. */
bool umsi_acpi_next(struct umsi_acpi_view *v, const struct umsi_acpi_row *row, struct umsi_acpi_item *i);

/* ---- Finders that list what the structures of one table say ---- */

struct umsi_acpi_list {
	struct umsi_acpi_view v;
	const struct umsi_acpi_kind *kind;
	unsigned char *out;		/* the caller's array */
	uint32_t room, count;		/* of it; found so far, also beyond the room */
	uint32_t unit;			/* the reader's: structures before this one that things belong to */
};

struct umsi_acpi_kind {
	const char *signature;
	uint32_t start;			/* of the first structure: the end of the fixed part */
	uint32_t bytes;			/* of one entry of the caller's array */
	const struct umsi_acpi_row *row;
	/* Refuses what is wrong with one structure, and puts what it says. */
	void (*read)(struct umsi_acpi_list *l, const struct umsi_acpi_item *i);
	/* Both cannot be true; NULL: always can. */
	bool (*contradict)(const void *one, const void *earlier);
};

/* @at: where it says so, should it contradict another that there is room for (UMSI_EFW_VALUE). */
void umsi_acpi_put(struct umsi_acpi_list *l, uint32_t at, const void *one);

int umsi_acpi_list(const void *table, size_t bytes, void *out, uint32_t room, uint32_t *out_count,
		   struct umsi_acpi_error *error, const struct umsi_acpi_kind *kind);

#endif
