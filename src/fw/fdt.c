/* SPDX-License-Identifier: MIT */
/*
 * Walking a flattened device tree and reading its properties.
 *
 * The tree was checked by umsi_fdt_open(); every step checks its bounds again
 * all the same, so that a node number that came from elsewhere gives "none"
 * and not a stray read. Each token is at least 4 bytes: every loop ends.
 * Source: Devicetree Specification 0.4, "Devicetree Structure Block".
 */
#include "fw/fdt_read.h"

int umsi_fdt_refuse(struct umsi_fdt_reader *r, const char *what, int status)
{
	if (r->status)
		return r->status;
	r->status = status;
	if (r->error) {
		r->error->offset = r->fdt ? r->fdt->struct_offset : 0;
		if (r->fdt && r->node >= 0)
			r->error->offset += (uint32_t)r->node;
		r->error->what = what;
	}
	return status;
}

uint32_t umsi_fdt_be32(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

uint64_t umsi_fdt_take(const unsigned char **at, uint32_t cells)
{
	uint64_t number = 0;

	for (; cells; cells--, *at += 4)
		number = number << 32 | umsi_fdt_be32(*at);
	return number;
}

/* ---- Tokens ---- */

/* Tokens start on 4-byte boundaries, counted from the start of the block. */
static uint32_t pad_to_token(uint32_t offset)
{
	return (offset + 3) & ~UINT32_C(3);
}

static int read_name(const struct umsi_fdt *fdt, uint32_t offset,
		     struct umsi_fdt_token *out)
{
	const unsigned char *block = fdt->blob + fdt->struct_offset;
	uint32_t end = offset;

	while (end < fdt->struct_bytes && block[end])
		end++;
	if (end == fdt->struct_bytes)
		return UMSI_EFW_STRING;
	out->data = block + offset;
	out->bytes = end - offset;
	out->next = pad_to_token(end + 1);
	return UMSI_OK;
}

static int read_property(const struct umsi_fdt *fdt, uint32_t offset,
			 struct umsi_fdt_token *out)
{
	const unsigned char *block = fdt->blob + fdt->struct_offset;

	if (fdt->struct_bytes - offset < 8)
		return UMSI_EFW_TRUNCATED;
	out->bytes = umsi_fdt_be32(block + offset);
	out->name_offset = umsi_fdt_be32(block + offset + 4);
	offset += 8;
	if (out->bytes > fdt->struct_bytes - offset)
		return UMSI_EFW_BOUNDS;
	out->data = block + offset;
	out->next = pad_to_token(offset + out->bytes);
	return UMSI_OK;
}

int umsi_fdt_token_read(const struct umsi_fdt *fdt, uint32_t offset,
			struct umsi_fdt_token *out)
{
	if (offset > fdt->struct_bytes || fdt->struct_bytes - offset < 4)
		return UMSI_EFW_TRUNCATED;
	out->kind = umsi_fdt_be32(fdt->blob + fdt->struct_offset + offset);
	out->next = offset + 4;

	switch (out->kind) {
	case UMSI_FDT_BEGIN_NODE:
		return read_name(fdt, offset + 4, out);
	case UMSI_FDT_PROP:
		return read_property(fdt, offset + 4, out);
	case UMSI_FDT_END_NODE:
	case UMSI_FDT_NOP:
	case UMSI_FDT_END:
		return UMSI_OK;
	default:
		return UMSI_EFW_STRUCTURE;
	}
}

static bool node_token(const struct umsi_fdt *fdt, umsi_fdt_node node,
		       struct umsi_fdt_token *out)
{
	if (!fdt || node < 0 || node % 4)
		return false;
	return umsi_fdt_token_read(fdt, (uint32_t)node, out) == UMSI_OK &&
	       out->kind == UMSI_FDT_BEGIN_NODE;
}

/* ---- Nodes ---- */

/*
 * The next FDT_BEGIN_NODE from @offset on. *level goes down with each node
 * that ends on the way; below @floor, and at FDT_END, there is none.
 */
static umsi_fdt_node begin_from(const struct umsi_fdt *fdt, uint32_t offset,
				int32_t *level, int32_t floor)
{
	struct umsi_fdt_token token;

	while (umsi_fdt_token_read(fdt, offset, &token) == UMSI_OK) {
		if (token.kind == UMSI_FDT_BEGIN_NODE)
			return (umsi_fdt_node)offset;
		if (token.kind == UMSI_FDT_END)
			return -1;
		if (token.kind == UMSI_FDT_END_NODE && --*level < floor)
			return -1;
		offset = token.next;
	}
	return -1;
}

umsi_fdt_node umsi_fdt_root(const struct umsi_fdt *fdt)
{
	int32_t level = 0;

	return fdt ? begin_from(fdt, 0, &level, 0) : -1;
}

umsi_fdt_node umsi_fdt_next(const struct umsi_fdt *fdt, umsi_fdt_node after)
{
	struct umsi_fdt_token token;
	int32_t level = 0;

	if (!node_token(fdt, after, &token))
		return -1;
	return begin_from(fdt, token.next, &level, INT32_MIN);
}

umsi_fdt_node umsi_fdt_first_child(const struct umsi_fdt *fdt, umsi_fdt_node parent)
{
	struct umsi_fdt_token token;
	int32_t level = 0;

	if (!node_token(fdt, parent, &token))
		return -1;
	return begin_from(fdt, token.next, &level, 0);
}

umsi_fdt_node umsi_fdt_next_sibling(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	struct umsi_fdt_token token;
	int32_t level = 0;	/* 0 = among the siblings */

	while (node_token(fdt, node, &token)) {
		level++;
		node = begin_from(fdt, token.next, &level, 0);
		if (level == 0)
			return node;
	}
	return -1;
}

uint32_t umsi_fdt_path_to(const struct umsi_fdt *fdt, umsi_fdt_node node,
			  umsi_fdt_node out[UMSI_FDT_DEPTH_MAX])
{
	umsi_fdt_node at = umsi_fdt_root(fdt);
	struct umsi_fdt_token token;
	int32_t level = 0;	/* nodes open around @at */

	while (node_token(fdt, at, &token) && level < UMSI_FDT_DEPTH_MAX) {
		out[level++] = at;
		if (at == node)
			return (uint32_t)level;
		at = begin_from(fdt, token.next, &level, 1);
	}
	return 0;
}

umsi_fdt_node umsi_fdt_parent(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	umsi_fdt_node path[UMSI_FDT_DEPTH_MAX];
	uint32_t depth = umsi_fdt_path_to(fdt, node, path);

	return depth >= 2 ? path[depth - 2] : -1;
}

const char *umsi_fdt_name(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	struct umsi_fdt_token token;

	return node_token(fdt, node, &token) ? (const char *)token.data : NULL;
}

/* ---- Properties ---- */

/* The string at @offset of the strings block, or NULL if it does not end there. */
static const char *string_at(const struct umsi_fdt *fdt, uint32_t offset)
{
	const unsigned char *block = fdt->blob + fdt->strings_offset;

	for (uint32_t end = offset; end < fdt->strings_bytes; end++) {
		if (!block[end])
			return (const char *)block + offset;
	}
	return NULL;
}

/* Compares without first looking for the end of what the tree says. */
static bool string_is(const struct umsi_fdt *fdt, uint32_t offset, const char *text)
{
	const unsigned char *block = fdt->blob + fdt->strings_offset;

	for (; offset < fdt->strings_bytes; offset++, text++) {
		if (block[offset] != (unsigned char)*text)
			return false;
		if (!*text)
			return true;
	}
	return false;
}

/* The next FDT_PROP of the node from @offset on; properties precede subnodes. */
static bool property_from(const struct umsi_fdt *fdt, uint32_t offset,
			  struct umsi_fdt_token *out)
{
	while (umsi_fdt_token_read(fdt, offset, out) == UMSI_OK) {
		if (out->kind == UMSI_FDT_PROP)
			return true;
		if (out->kind != UMSI_FDT_NOP)
			return false;
		offset = out->next;
	}
	return false;
}

bool umsi_fdt_property_next(const struct umsi_fdt *fdt, umsi_fdt_node node,
			    uint32_t *cursor, const char **out_name,
			    struct umsi_fdt_property *out)
{
	struct umsi_fdt_token token;

	if (!node_token(fdt, node, &token))
		return false;
	if (!property_from(fdt, *cursor ? *cursor : token.next, &token))
		return false;
	*out_name = string_at(fdt, token.name_offset);
	if (!*out_name)
		return false;
	out->value = token.data;
	out->bytes = token.bytes;
	*cursor = token.next;
	return true;
}

bool umsi_fdt_get(const struct umsi_fdt *fdt, umsi_fdt_node node, const char *name,
		  struct umsi_fdt_property *out)
{
	struct umsi_fdt_token token;

	if (!name || !out || !node_token(fdt, node, &token))
		return false;
	while (property_from(fdt, token.next, &token)) {
		if (!string_is(fdt, token.name_offset, name))
			continue;
		out->value = token.data;
		out->bytes = token.bytes;
		return true;
	}
	return false;
}

int umsi_fdt_get_u32(const struct umsi_fdt *fdt, umsi_fdt_node node, const char *name,
		     uint32_t index, uint32_t *out)
{
	struct umsi_fdt_property property;

	if (!umsi_fdt_get(fdt, node, name, &property))
		return UMSI_EFW_MISSING;
	if (!out)
		return UMSI_EINVAL;
	if (property.bytes % 4 || index >= property.bytes / 4)
		return UMSI_EFW_VALUE;
	*out = umsi_fdt_be32(property.value + 4 * index);
	return UMSI_OK;
}

static uint32_t limited_cell(struct umsi_fdt_reader *r, const char *name, uint32_t fallback, uint32_t least,
			     uint32_t most, int absent, int wrong)
{
	struct umsi_fdt_property property;
	uint32_t value = fallback;
	bool good = true;

	if (!umsi_fdt_get(r->fdt, r->node, name, &property))
		wrong = absent;
	else if ((good = property.bytes == 4))
		value = umsi_fdt_be32(property.value);
	if (good && value >= least && value <= most)
		return value;
	umsi_fdt_refuse(r, name, wrong);
	return least;
}

uint32_t umsi_fdt_cell(struct umsi_fdt_reader *r, const char *name, uint32_t fallback,
		       uint32_t least, uint32_t most)
{
	return limited_cell(r, name, fallback, least, most, UMSI_EFW_MISSING, UMSI_EFW_VALUE);
}

uint32_t umsi_fdt_cell_count(struct umsi_fdt_reader *r, const char *name, uint32_t fallback,
			     uint32_t least, uint32_t most)
{
	return limited_cell(r, name, fallback, least, most, UMSI_EFW_CELLS, UMSI_EFW_CELLS);
}

uint32_t umsi_fdt_rows(struct umsi_fdt_reader *r, const char *name, uint32_t cells,
		       const unsigned char **out_first)
{
	struct umsi_fdt_property property;

	if (!umsi_fdt_get(r->fdt, r->node, name, &property))
		return 0;
	*out_first = property.value;
	if (property.bytes && property.bytes % (4 * cells) == 0)
		return property.bytes / (4 * cells);
	umsi_fdt_refuse(r, name, UMSI_EFW_VALUE);
	return 0;
}

bool umsi_fdt_is_text(const struct umsi_fdt_property *property, const char *text)
{
	for (uint32_t i = 0; i < property->bytes; i++, text++) {
		if (property->value[i] != (unsigned char)*text)
			return false;
		if (!*text)
			return i + 1 == property->bytes;
	}
	return false;
}

bool umsi_fdt_is_compatible(const struct umsi_fdt *fdt, umsi_fdt_node node,
			    const char *compatible)
{
	struct umsi_fdt_property list, entry;
	uint32_t end;

	if (!umsi_fdt_get(fdt, node, "compatible", &list))
		return false;
	for (uint32_t start = 0; start < list.bytes; start = end) {
		end = start;
		while (end < list.bytes && list.value[end])
			end++;
		if (end < list.bytes)
			end++;
		entry.value = list.value + start;
		entry.bytes = end - start;
		if (umsi_fdt_is_text(&entry, compatible))
			return true;
	}
	return false;
}

bool umsi_fdt_is_okay(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	struct umsi_fdt_property status;

	if (!umsi_fdt_get(fdt, node, "status", &status))
		return true;
	return umsi_fdt_is_text(&status, "okay") || umsi_fdt_is_text(&status, "ok");
}

/* ---- Finding ---- */

/* The child of that name; without a unit address it may be said where it is the only one. */
static umsi_fdt_node child_named(const struct umsi_fdt *fdt, umsi_fdt_node parent,
				 const char *wanted, size_t length)
{
	umsi_fdt_node found = -1, child;
	struct umsi_fdt_token token;
	uint32_t candidates = 0;

	for (child = umsi_fdt_first_child(fdt, parent); node_token(fdt, child, &token);
	     child = umsi_fdt_next_sibling(fdt, child)) {
		if (token.bytes < length || __builtin_memcmp(token.data, wanted, length))
			continue;
		if (token.bytes == length)
			return child;
		if (token.data[length] == '@') {
			found = child;
			candidates++;
		}
	}
	return candidates == 1 ? found : -1;
}

umsi_fdt_node umsi_fdt_find_path(const struct umsi_fdt *fdt, const char *path)
{
	umsi_fdt_node node = umsi_fdt_root(fdt);

	if (!path || *path != '/')
		return -1;
	while (node >= 0) {
		size_t length = 0;

		while (*path == '/')
			path++;
		if (!*path)
			return node;
		while (path[length] && path[length] != '/')
			length++;
		node = child_named(fdt, node, path, length);
		path += length;
	}
	return -1;
}

uint32_t umsi_fdt_phandle(const struct umsi_fdt *fdt, umsi_fdt_node node)
{
	struct umsi_fdt_property property;

	/* "linux,phandle" is what trees from before the standard name say. */
	if (!umsi_fdt_get(fdt, node, "phandle", &property) &&
	    !umsi_fdt_get(fdt, node, "linux,phandle", &property))
		return 0;
	return property.bytes == 4 ? umsi_fdt_be32(property.value) : 0;
}

umsi_fdt_node umsi_fdt_find_phandle(const struct umsi_fdt *fdt, uint32_t phandle)
{
	umsi_fdt_node node;

	/* 0 and all-ones mean "no node" wherever a phandle may stand. */
	if (phandle == 0 || phandle == UINT32_MAX)
		return -1;
	for (node = umsi_fdt_root(fdt); node >= 0; node = umsi_fdt_next(fdt, node)) {
		if (umsi_fdt_phandle(fdt, node) == phandle)
			return node;
	}
	return -1;
}

umsi_fdt_node umsi_fdt_find_compatible(const struct umsi_fdt *fdt, umsi_fdt_node after,
				       const char *compatible)
{
	umsi_fdt_node node;

	if (!compatible)
		return -1;
	node = after < 0 ? umsi_fdt_root(fdt) : umsi_fdt_next(fdt, after);
	for (; node >= 0; node = umsi_fdt_next(fdt, node)) {
		if (umsi_fdt_is_compatible(fdt, node, compatible))
			return node;
	}
	return -1;
}

umsi_fdt_node umsi_fdt_next_okay(const struct umsi_fdt *fdt, umsi_fdt_node after, const char *compatible)
{
	do {
		after = umsi_fdt_find_compatible(fdt, after, compatible);
	} while (after >= 0 && !umsi_fdt_is_okay(fdt, after));
	return after;
}

int umsi_fdt_seek(struct umsi_fdt_reader *r, umsi_fdt_node after, const char *compatible)
{
	if (!r->fdt)
		return umsi_fdt_refuse(r, "argument", UMSI_EINVAL);
	r->node = umsi_fdt_next_okay(r->fdt, after, compatible);
	return r->node < 0 ? umsi_fdt_refuse(r, compatible, UMSI_EFW_MISSING) : r->status;
}
