/* SPDX-License-Identifier: MIT */
/*
 * Accepting or refusing a flattened device tree, once, from end to end.
 *
 * Stricter than readers need to be: blocks must not overlap, properties must
 * precede subnodes, FDT_END must be the last word of its block. A tree that
 * breaks one of these was damaged or made up, and a host is better told so
 * than left with half of its CPUs.
 * Source: Devicetree Specification 0.4, "Flattened Devicetree (DTB) Format".
 */
#include "fw/fdt_read.h"

/* Byte offsets of the header's fields. Source: as above, "Header". */
enum {
	HEADER_MAGIC = 0,
	HEADER_TOTALSIZE = 4,
	HEADER_OFF_DT_STRUCT = 8,
	HEADER_OFF_DT_STRINGS = 12,
	HEADER_OFF_MEM_RSVMAP = 16,
	HEADER_VERSION = 20,
	HEADER_LAST_COMP_VERSION = 24,
	HEADER_SIZE_DT_STRINGS = 32,
	HEADER_SIZE_DT_STRUCT = 36,
	HEADER_BYTES = 40,
};

#define FDT_MAGIC	0xd00dfeedu
/* What this reader implements: the first version with size_dt_struct. */
#define FDT_VERSION	17u
#define RESERVATION_BYTES	16u

static uint32_t header_field(const struct umsi_fdt *fdt, uint32_t at)
{
	return umsi_fdt_be32(fdt->blob + at);
}

static int check_version(const struct umsi_fdt *fdt, struct umsi_fdt_error *error)
{
	uint32_t version = header_field(fdt, HEADER_VERSION);
	uint32_t oldest = header_field(fdt, HEADER_LAST_COMP_VERSION);

	if (version < FDT_VERSION)
		return umsi_fdt_refuse(error, HEADER_VERSION,
				       "version: older than 17", UMSI_EFW_VERSION);
	if (oldest > FDT_VERSION)
		return umsi_fdt_refuse(error, HEADER_LAST_COMP_VERSION,
				       "last_comp_version: newer than 17", UMSI_EFW_VERSION);
	return UMSI_OK;
}

static int check_size(const struct umsi_fdt *fdt, size_t bytes,
		      struct umsi_fdt_error *error)
{
	uint32_t total = header_field(fdt, HEADER_TOTALSIZE);

	if (total < HEADER_BYTES)
		return umsi_fdt_refuse(error, HEADER_TOTALSIZE,
				       "totalsize: smaller than the header", UMSI_EFW_BOUNDS);
	/* Nodes are numbered by signed 32-bit offsets. */
	if (total > INT32_MAX)
		return umsi_fdt_refuse(error, HEADER_TOTALSIZE,
				       "totalsize: 2 GiB or more", UMSI_EFW_BOUNDS);
	if (total > bytes)
		return umsi_fdt_refuse(error, HEADER_TOTALSIZE,
				       "totalsize: more than there is", UMSI_EFW_TRUNCATED);
	return UMSI_OK;
}

/* One block of the blob, [offset, offset + bytes). */
struct block {
	uint32_t offset, bytes;
};

static bool fits(const struct block *block, uint32_t total)
{
	return block->offset >= HEADER_BYTES && block->offset <= total &&
	       block->bytes <= total - block->offset;
}

/* Both fit, so the sums do not wrap. */
static bool overlap(const struct block *a, const struct block *b)
{
	return a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
}

/* How long the memory reservation block is: to its all-zero entry. */
static int measure_reservations(const struct umsi_fdt *fdt, struct block *map,
				struct umsi_fdt_error *error)
{
	map->bytes = 0;
	if (map->offset % 8)
		return umsi_fdt_refuse(error, HEADER_OFF_MEM_RSVMAP,
				       "off_mem_rsvmap: not 8-byte aligned", UMSI_EFW_BOUNDS);
	if (!fits(map, fdt->bytes))
		return umsi_fdt_refuse(error, HEADER_OFF_MEM_RSVMAP,
				       "off_mem_rsvmap: outside the blob", UMSI_EFW_BOUNDS);
	for (;;) {
		const unsigned char *entry = fdt->blob + map->offset + map->bytes;

		if (fdt->bytes - map->offset - map->bytes < RESERVATION_BYTES)
			return umsi_fdt_refuse(error, map->offset + map->bytes,
					       "memory reservation block has no end",
					       UMSI_EFW_TRUNCATED);
		map->bytes += RESERVATION_BYTES;
		if (!umsi_fdt_number(entry, 2) && !umsi_fdt_number(entry + 8, 2))
			return UMSI_OK;
	}
}

static int check_blocks(struct umsi_fdt *fdt, struct umsi_fdt_error *error)
{
	struct block structure = { header_field(fdt, HEADER_OFF_DT_STRUCT),
				   header_field(fdt, HEADER_SIZE_DT_STRUCT) };
	struct block strings = { header_field(fdt, HEADER_OFF_DT_STRINGS),
				 header_field(fdt, HEADER_SIZE_DT_STRINGS) };
	struct block map = { header_field(fdt, HEADER_OFF_MEM_RSVMAP), 0 };
	int err;

	if (structure.offset % 4 || structure.bytes % 4)
		return umsi_fdt_refuse(error, HEADER_OFF_DT_STRUCT,
				       "off_dt_struct, size_dt_struct: not 4-byte aligned",
				       UMSI_EFW_BOUNDS);
	if (!fits(&structure, fdt->bytes))
		return umsi_fdt_refuse(error, HEADER_OFF_DT_STRUCT,
				       "off_dt_struct, size_dt_struct: outside the blob",
				       UMSI_EFW_BOUNDS);
	if (!fits(&strings, fdt->bytes))
		return umsi_fdt_refuse(error, HEADER_OFF_DT_STRINGS,
				       "off_dt_strings, size_dt_strings: outside the blob",
				       UMSI_EFW_BOUNDS);
	err = measure_reservations(fdt, &map, error);
	if (err)
		return err;
	if (overlap(&structure, &strings))
		return umsi_fdt_refuse(error, HEADER_OFF_DT_STRINGS,
				       "structure and strings blocks overlap", UMSI_EFW_BOUNDS);
	if (overlap(&map, &structure) || overlap(&map, &strings))
		return umsi_fdt_refuse(error, HEADER_OFF_MEM_RSVMAP,
				       "memory reservation block overlaps another",
				       UMSI_EFW_BOUNDS);
	fdt->struct_offset = structure.offset;
	fdt->struct_bytes = structure.bytes;
	fdt->strings_offset = strings.offset;
	fdt->strings_bytes = strings.bytes;
	return UMSI_OK;
}

/* Where a check of the structure block stands. */
struct check {
	const struct umsi_fdt *fdt;
	uint32_t strings_end;	/* offset of the last NUL of the strings block + 1; 0 = none */
	uint32_t depth;		/* nodes open */
	bool rooted;		/* a root node was seen */
	bool subnodes;		/* the innermost open node cannot have properties any more */
	const char *what;
};

static int check_begin(struct check *check, const struct umsi_fdt_token *token)
{
	if (!check->depth && check->rooted) {
		check->what = "second root node";
		return UMSI_EFW_STRUCTURE;
	}
	if (check->depth && !token->bytes) {
		check->what = "node without a name";
		return UMSI_EFW_STRING;
	}
	if (!check->depth && token->bytes) {
		check->what = "root node with a name";
		return UMSI_EFW_STRING;
	}
	if (check->depth == UMSI_FDT_DEPTH_MAX) {
		check->what = "nested too deep";
		return UMSI_EFW_DEPTH;
	}
	check->depth++;
	check->rooted = true;
	check->subnodes = false;
	return UMSI_OK;
}

static int check_end(struct check *check)
{
	if (!check->depth) {
		check->what = "FDT_END_NODE outside any node";
		return UMSI_EFW_STRUCTURE;
	}
	check->depth--;
	check->subnodes = true;
	return UMSI_OK;
}

static int check_property(struct check *check, const struct umsi_fdt_token *token)
{
	const struct umsi_fdt *fdt = check->fdt;

	if (!check->depth) {
		check->what = "property outside any node";
		return UMSI_EFW_STRUCTURE;
	}
	/* Source: "Lexical structure": all properties come before all subnodes. */
	if (check->subnodes) {
		check->what = "property after a subnode";
		return UMSI_EFW_STRUCTURE;
	}
	if (token->name_offset >= fdt->strings_bytes) {
		check->what = "property name outside the strings block";
		return UMSI_EFW_BOUNDS;
	}
	if (token->name_offset >= check->strings_end) {
		check->what = "property name without its NUL";
		return UMSI_EFW_STRING;
	}
	if (!fdt->blob[fdt->strings_offset + token->name_offset]) {
		check->what = "property without a name";
		return UMSI_EFW_STRING;
	}
	return UMSI_OK;
}

static int check_tree_end(struct check *check, const struct umsi_fdt_token *token)
{
	if (check->depth) {
		check->what = "FDT_END inside a node";
		return UMSI_EFW_STRUCTURE;
	}
	if (!check->rooted) {
		check->what = "no root node";
		return UMSI_EFW_STRUCTURE;
	}
	/* Source: "Lexical structure": FDT_END is the last token of the block. */
	if (token->next != check->fdt->struct_bytes) {
		check->what = "FDT_END before the end of the structure block";
		return UMSI_EFW_STRUCTURE;
	}
	return UMSI_OK;
}

static int check_token(struct check *check, const struct umsi_fdt_token *token)
{
	switch (token->kind) {
	case UMSI_FDT_BEGIN_NODE:
		return check_begin(check, token);
	case UMSI_FDT_END_NODE:
		return check_end(check);
	case UMSI_FDT_PROP:
		return check_property(check, token);
	case UMSI_FDT_END:
		return check_tree_end(check, token);
	default:
		return UMSI_OK;		/* FDT_NOP: the reader knows no others */
	}
}

static int check_structure(const struct umsi_fdt *fdt, struct umsi_fdt_error *error)
{
	struct check check = { .fdt = fdt, .strings_end = fdt->strings_bytes };
	struct umsi_fdt_token token;
	uint32_t offset = 0;
	int err;

	/* One look from the end tells for every name whether it is terminated. */
	while (check.strings_end &&
	       fdt->blob[fdt->strings_offset + check.strings_end - 1])
		check.strings_end--;

	do {
		err = umsi_fdt_token_read(fdt, offset, &token, &check.what);
		if (!err)
			err = check_token(&check, &token);
		if (err)
			return umsi_fdt_refuse(error, fdt->struct_offset + offset,
					       check.what, err);
		offset = token.next;
	} while (token.kind != UMSI_FDT_END);
	return UMSI_OK;
}

int umsi_fdt_open(const void *blob, size_t bytes, struct umsi_fdt *out,
		  struct umsi_fdt_error *error)
{
	struct umsi_fdt fdt = { .blob = blob };
	int err;

	if (!blob || !out || (uintptr_t)blob % 8)
		return umsi_fdt_refuse(error, 0, "blob: NULL or not 8-byte aligned",
				       UMSI_EINVAL);
	if (bytes < HEADER_BYTES)
		return umsi_fdt_refuse(error, 0, "shorter than the header",
				       UMSI_EFW_TRUNCATED);
	if (header_field(&fdt, HEADER_MAGIC) != FDT_MAGIC)
		return umsi_fdt_refuse(error, HEADER_MAGIC, "magic: not 0xd00dfeed",
				       UMSI_EFW_MAGIC);
	err = check_version(&fdt, error);
	if (err)
		return err;
	err = check_size(&fdt, bytes, error);
	if (err)
		return err;
	fdt.bytes = header_field(&fdt, HEADER_TOTALSIZE);
	err = check_blocks(&fdt, error);
	if (err)
		return err;
	err = check_structure(&fdt, error);
	if (err)
		return err;
	*out = fdt;
	return UMSI_OK;
}
