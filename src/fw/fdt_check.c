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

/* As long as fdt->struct_offset is 0, the reader is at byte r->node of the blob. */
static uint32_t header_field(struct umsi_fdt_reader *r, umsi_fdt_node at)
{
	r->node = at;
	return umsi_fdt_be32(r->fdt->blob + at);
}

static int check_header(struct umsi_fdt_reader *r, struct umsi_fdt *fdt, size_t bytes)
{
	if (bytes < HEADER_BYTES)
		return umsi_fdt_refuse(r, "header", UMSI_EFW_TRUNCATED);
	if (header_field(r, HEADER_MAGIC) != FDT_MAGIC)
		return umsi_fdt_refuse(r, "magic", UMSI_EFW_MAGIC);
	if (header_field(r, HEADER_VERSION) < FDT_VERSION)
		return umsi_fdt_refuse(r, "version", UMSI_EFW_VERSION);
	if (header_field(r, HEADER_LAST_COMP_VERSION) > FDT_VERSION)
		return umsi_fdt_refuse(r, "last_comp_version", UMSI_EFW_VERSION);
	fdt->bytes = header_field(r, HEADER_TOTALSIZE);
	/* Nodes are numbered by signed 32-bit offsets. */
	if (fdt->bytes < HEADER_BYTES || fdt->bytes > INT32_MAX)
		return umsi_fdt_refuse(r, "totalsize", UMSI_EFW_BOUNDS);
	return fdt->bytes > bytes ? umsi_fdt_refuse(r, "totalsize", UMSI_EFW_TRUNCATED) : UMSI_OK;
}

/* One block of the blob, [offset, offset + bytes). */
struct block {
	uint32_t offset, bytes;
};

enum { STRUCTURE, STRINGS, RESERVATIONS, BLOCKS };

static const struct {
	const char *what;		/* the field of the header that says where the block starts */
	uint8_t offset_at, bytes_at;	/* bytes_at 0: the block itself says how long it is */
	uint8_t alignment;		/* of both, less one */
} block_fields[BLOCKS] = {
	[STRUCTURE] = { "off_dt_struct", HEADER_OFF_DT_STRUCT, HEADER_SIZE_DT_STRUCT, 3 },
	[STRINGS] = { "off_dt_strings", HEADER_OFF_DT_STRINGS, HEADER_SIZE_DT_STRINGS, 0 },
	[RESERVATIONS] = { "off_mem_rsvmap", HEADER_OFF_MEM_RSVMAP, 0, 7 },
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

/* How long the memory reservation block is: to its all-zero entry. False: it has none. */
static bool measure_reservations(const struct umsi_fdt *fdt, struct block *map)
{
	const unsigned char *entry;

	do {
		if (fdt->bytes - map->offset - map->bytes < RESERVATION_BYTES)
			return false;
		entry = fdt->blob + map->offset + map->bytes;
		map->bytes += RESERVATION_BYTES;
	} while (umsi_fdt_take(&entry, 2) | umsi_fdt_take(&entry, 2));
	return true;
}

static int check_blocks(struct umsi_fdt_reader *r, struct umsi_fdt *fdt)
{
	struct block block[BLOCKS];

	for (int i = 0; i < BLOCKS; i++) {
		uint32_t bytes_at = block_fields[i].bytes_at;
		const char *what = block_fields[i].what;

		block[i].bytes = bytes_at ? header_field(r, (umsi_fdt_node)bytes_at) : 0;
		block[i].offset = header_field(r, block_fields[i].offset_at);
		if ((block[i].offset | block[i].bytes) & block_fields[i].alignment || !fits(&block[i], fdt->bytes))
			return umsi_fdt_refuse(r, what, UMSI_EFW_BOUNDS);
		if (i == RESERVATIONS && !measure_reservations(fdt, &block[i]))
			return umsi_fdt_refuse(r, what, UMSI_EFW_TRUNCATED);
		for (int earlier = 0; earlier < i; earlier++)
			if (overlap(&block[earlier], &block[i]))
				return umsi_fdt_refuse(r, what, UMSI_EFW_BOUNDS);
	}
	fdt->struct_offset = block[STRUCTURE].offset;
	fdt->struct_bytes = block[STRUCTURE].bytes;
	fdt->strings_offset = block[STRINGS].offset;
	fdt->strings_bytes = block[STRINGS].bytes;
	return UMSI_OK;
}

/* ---- The structure block ---- */

enum place { BEFORE_ROOT, AMONG_PROPERTIES, AMONG_SUBNODES, AFTER_ROOT };

#define ONE(token)	(1u << UMSI_FDT_##token)

/* Which tokens may stand where. Source: "Lexical structure": all properties come before all subnodes. */
static const uint16_t may_stand[] = {
	[BEFORE_ROOT] = ONE(NOP) | ONE(BEGIN_NODE),
	[AMONG_PROPERTIES] = ONE(NOP) | ONE(PROP) | ONE(BEGIN_NODE) | ONE(END_NODE),
	[AMONG_SUBNODES] = ONE(NOP) | ONE(BEGIN_NODE) | ONE(END_NODE),
	[AFTER_ROOT] = ONE(NOP) | ONE(END),
};

/* Where a check of the structure block stands. */
struct check {
	const struct umsi_fdt *fdt;
	uint32_t strings_end;	/* offset of the last NUL of the strings block + 1; 0 = none */
	uint32_t depth;		/* nodes open */
	enum place place;
};

static int check_property_name(const struct check *check, uint32_t offset)
{
	if (offset >= check->fdt->strings_bytes)
		return UMSI_EFW_BOUNDS;
	if (offset >= check->strings_end || !check->fdt->blob[check->fdt->strings_offset + offset])
		return UMSI_EFW_STRING;
	return UMSI_OK;
}

static int check_token(struct check *check, const struct umsi_fdt_token *token)
{
	if (!(may_stand[check->place] >> token->kind & 1))
		return UMSI_EFW_STRUCTURE;
	switch (token->kind) {
	case UMSI_FDT_BEGIN_NODE:
		/* The root has an empty name, and nothing else has. */
		if (!check->depth != !token->bytes)
			return UMSI_EFW_STRING;
		check->place = AMONG_PROPERTIES;
		return check->depth++ < UMSI_FDT_DEPTH_MAX ? UMSI_OK : UMSI_EFW_DEPTH;
	case UMSI_FDT_END_NODE:
		check->place = --check->depth ? AMONG_SUBNODES : AFTER_ROOT;
		return UMSI_OK;
	case UMSI_FDT_PROP:
		return check_property_name(check, token->name_offset);
	case UMSI_FDT_END:
		/* Source: "Lexical structure": FDT_END is the last token of the block. */
		return token->next == check->fdt->struct_bytes ? UMSI_OK : UMSI_EFW_STRUCTURE;
	default:
		return UMSI_OK;		/* FDT_NOP: the reader knows no others */
	}
}

static int check_structure(struct umsi_fdt_reader *r)
{
	const struct umsi_fdt *fdt = r->fdt;
	struct check check = { .fdt = fdt, .strings_end = fdt->strings_bytes };
	struct umsi_fdt_token token = { 0 };
	int err;

	/* One look from the end tells for every name whether it is terminated. */
	while (check.strings_end &&
	       fdt->blob[fdt->strings_offset + check.strings_end - 1])
		check.strings_end--;

	do {
		r->node = (umsi_fdt_node)token.next;
		err = umsi_fdt_token_read(fdt, token.next, &token);
		if (!err)
			err = check_token(&check, &token);
		if (err)
			return umsi_fdt_refuse(r, "structure block", err);
	} while (token.kind != UMSI_FDT_END);
	return UMSI_OK;
}

int umsi_fdt_open(const void *blob, size_t bytes, struct umsi_fdt *out,
		  struct umsi_fdt_error *error)
{
	struct umsi_fdt fdt = { .blob = blob };
	struct umsi_fdt_reader r = { .fdt = &fdt, .error = error };

	if (!blob || !out || (uintptr_t)blob % 8)
		return umsi_fdt_refuse(&r, "argument", UMSI_EINVAL);
	if (check_header(&r, &fdt, bytes) || check_blocks(&r, &fdt) || check_structure(&r))
		return r.status;
	*out = fdt;
	return UMSI_OK;
}
