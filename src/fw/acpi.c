/* SPDX-License-Identifier: MIT */
/* From the root pointer to a table. Source: ACPI 6.5, "ACPI System Description Tables". */
#include "fw/acpi_read.h"

/* Source: "Root System Description Pointer (RSDP) Structure". */
enum {
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP_FIRST_BYTES = 20,	/* what revision 0 has, and the first checksum covers */
	RSDP_LENGTH = 20,
	RSDP_XSDT = 24,
	RSDP_BYTES = 36,
};

uint64_t umsi_acpi_le64(const unsigned char *p)
{
	return umsi_acpi_le32(p) | (uint64_t)umsi_acpi_le32(p + 4) << 32;
}

static bool reads(const unsigned char *at, const char *text, unsigned int characters)
{
	for (unsigned int i = 0; i < characters; i++)
		if (at[i] != (unsigned char)text[i])
			return false;
	return true;
}

static int refuse(struct umsi_acpi_error *error, const char *table, uint32_t offset, const char *what,
		  int status)
{
	if (error) {
		for (int i = 0; i < 4; i++)
			error->table[i] = table[i];
		error->table[4] = '\0';
		error->offset = offset;
		error->what = what;
	}
	return status;
}

/* All bytes of a good table add up to 0. */
static uint8_t sum(const unsigned char *p, uint32_t bytes)
{
	uint8_t total = 0;

	for (uint32_t i = 0; i < bytes; i++)
		total = (uint8_t)(total + p[i]);
	return total;
}

int umsi_acpi_open(const void *table, size_t bytes, const char *signature, uint32_t smallest,
		   struct umsi_acpi_error *error, struct umsi_acpi_view *out)
{
	const unsigned char *at = table;
	uint32_t length;

	if (!table)
		return refuse(error, signature, 0, "a pointer is NULL", UMSI_EINVAL);
	if (bytes < ACPI_HEADER_BYTES)
		return refuse(error, signature, 0, "shorter than a header", UMSI_EFW_TRUNCATED);
	if (!reads(at + ACPI_SIGNATURE, signature, 4))
		return refuse(error, signature, ACPI_SIGNATURE, "signature: another table", UMSI_EFW_MAGIC);
	length = umsi_acpi_le32(at + ACPI_LENGTH);
	if (length < smallest)
		return refuse(error, signature, ACPI_LENGTH,
			      "length: less than the fixed fields", UMSI_EFW_TRUNCATED);
	if (length > bytes)
		return refuse(error, signature, ACPI_LENGTH, "length: more than there is", UMSI_EFW_TRUNCATED);
	if (sum(at, length))
		return refuse(error, signature, ACPI_CHECKSUM,
			      "checksum: bytes do not add up to 0", UMSI_EFW_VALUE);
	*out = (struct umsi_acpi_view){ .at = at, .bytes = length, .name = signature,
					.error = error };
	return UMSI_OK;
}

int umsi_acpi_refuse(const struct umsi_acpi_view *v, uint32_t at, const char *what, int status)
{
	return refuse(v->error, v->name, at, what, status);
}

int umsi_acpi_next(const struct umsi_acpi_view *v, const struct umsi_acpi_row *row, struct umsi_acpi_item *i)
{
	uint32_t left, length, length_at;

	i->at = i->next ? i->next : row->start;
	left = v->bytes - i->at;
	length_at = i->at + row->length_at;
	if (!left)
		return 0;
	if (left < row->header_bytes)
		return umsi_acpi_refuse(v, i->at, "half a structure at the end", UMSI_EFW_TRUNCATED);
	i->p = v->at + i->at;
	length = v->at[length_at];
	if (row->header_bytes - row->length_at > 1)
		length = umsi_acpi_le16(v->at + length_at);
	if (length > left)
		return umsi_acpi_refuse(v, length_at, "structure length: past the end of the table",
					UMSI_EFW_TRUNCATED);
	if (length < row->header_bytes || length < row->smallest(i->p))
		return umsi_acpi_refuse(v, length_at, "structure length: too short for its type",
					UMSI_EFW_STRUCTURE);
	i->next = i->at + length;
	return 1;
}

int umsi_acpi_counted(const struct umsi_acpi_view *v, uint32_t at, uint32_t count, uint32_t room,
		      uint32_t *out_count)
{
	*out_count = count;
	return count > room ? umsi_acpi_refuse(v, at, "more of them than room", UMSI_EFW_ROOM) : UMSI_OK;
}

/* A search: who maps, what for, and where complaints go. */
struct search {
	umsi_acpi_map map;
	void *context;
	struct umsi_acpi_error *error;
	bool wide;		/* entries of 8 bytes: XSDT */
};

static int refuse_rsdp(const struct search *s, uint32_t offset, const char *what, int status)
{
	return refuse(s->error, "RSDP", offset, what, status);
}

/* Header first, for its length; then all of it. */
static const unsigned char *map_table(const struct search *s, uint64_t phys, uint32_t *out_bytes)
{
	const unsigned char *at = s->map(s->context, phys, ACPI_HEADER_BYTES);

	if (!at)
		return NULL;
	*out_bytes = umsi_acpi_le32(at + ACPI_LENGTH);
	return *out_bytes < ACPI_HEADER_BYTES ? at : s->map(s->context, phys, *out_bytes);
}

/* Revision 2 added length, XSDT address and a checksum over all. */
static int read_rsdp(struct search *s, uint64_t rsdp, uint64_t *out_root)
{
	const unsigned char *at = s->map(s->context, rsdp, RSDP_FIRST_BYTES);
	uint32_t length;

	if (!at)
		return refuse_rsdp(s, 0, "cannot be mapped", UMSI_EFW_BOUNDS);
	if (!reads(at, "RSD PTR ", 8))
		return refuse_rsdp(s, 0, "signature: not RSD PTR", UMSI_EFW_MAGIC);
	if (sum(at, RSDP_FIRST_BYTES))
		return refuse_rsdp(s, 8, "checksum: bytes do not add up to 0", UMSI_EFW_VALUE);
	*out_root = umsi_acpi_le32(at + RSDP_RSDT);
	if (at[RSDP_REVISION] >= 2) {
		at = s->map(s->context, rsdp, RSDP_BYTES);
		if (!at)
			return refuse_rsdp(s, 0, "cannot be mapped", UMSI_EFW_BOUNDS);
		length = umsi_acpi_le32(at + RSDP_LENGTH);
		if (length < RSDP_BYTES || length > 4096)
			return refuse_rsdp(s, RSDP_LENGTH, "length: not that of revision 2",
					   UMSI_EFW_TRUNCATED);
		at = s->map(s->context, rsdp, length);
		if (!at)
			return refuse_rsdp(s, 0, "cannot be mapped", UMSI_EFW_BOUNDS);
		if (sum(at, length))
			return refuse_rsdp(s, 32, "extended checksum: bytes do not add up to 0",
					   UMSI_EFW_VALUE);
		s->wide = umsi_acpi_le64(at + RSDP_XSDT) != 0;
		if (s->wide)
			*out_root = umsi_acpi_le64(at + RSDP_XSDT);
	}
	if (!*out_root)
		return refuse_rsdp(s, RSDP_RSDT, "RsdtAddress, XsdtAddress: both are 0",
				   UMSI_EFW_VALUE);
	return UMSI_OK;
}

static int open_root(const struct search *s, uint64_t phys, struct umsi_acpi_view *out)
{
	const char *name = s->wide ? "XSDT" : "RSDT";
	const unsigned char *at;
	uint32_t bytes;

	at = map_table(s, phys, &bytes);
	if (!at)
		return refuse(s->error, name, 0, "cannot be mapped", UMSI_EFW_BOUNDS);
	if (bytes < ACPI_HEADER_BYTES)
		bytes = ACPI_HEADER_BYTES;
	return umsi_acpi_open(at, bytes, name, ACPI_HEADER_BYTES, s->error, out);
}

int umsi_acpi_find(uint64_t rsdp, umsi_acpi_map map, void *context, const char signature[4],
		   uint32_t instance, const void **out_table, uint32_t *out_bytes,
		   struct umsi_acpi_error *error)
{
	struct search s = { .map = map, .context = context, .error = error };
	struct umsi_acpi_view root, found;
	uint32_t entry, bytes;
	uint64_t phys = 0;
	int err;

	if (!rsdp || !map || !signature || !out_table || !out_bytes)
		return refuse_rsdp(&s, 0, "an argument is NULL or 0", UMSI_EINVAL);
	err = read_rsdp(&s, rsdp, &phys);
	if (!err)
		err = open_root(&s, phys, &root);
	if (err)
		return err;
	entry = s.wide ? 8 : 4;
	if ((root.bytes - ACPI_HEADER_BYTES) % entry)
		return refuse(error, root.name, ACPI_LENGTH, "length: not whole entries", UMSI_EFW_STRUCTURE);
	for (uint32_t at = ACPI_HEADER_BYTES; at < root.bytes; at += entry) {
		const unsigned char *table;

		phys = s.wide ? umsi_acpi_le64(root.at + at) : umsi_acpi_le32(root.at + at);
		table = phys ? map_table(&s, phys, &bytes) : NULL;
		if (!table)
			return refuse(error, root.name, at, "an entry leads nowhere", UMSI_EFW_BOUNDS);
		if (!reads(table, signature, 4) || instance--)
			continue;
		if (bytes < ACPI_HEADER_BYTES)
			bytes = ACPI_HEADER_BYTES;
		err = umsi_acpi_open(table, bytes, signature, ACPI_HEADER_BYTES, error, &found);
		if (err)
			return err;
		*out_table = found.at;
		*out_bytes = found.bytes;
		return UMSI_OK;
	}
	return refuse(error, signature, 0, "no such table", UMSI_EFW_MISSING);
}
