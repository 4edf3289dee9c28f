/* SPDX-License-Identifier: MIT */
/*
 * Which DeviceIDs the functions of a PCI segment have at an ITS, directly or by
 * way of an SMMU.
 * Source: Arm IO Remapping Table (DEN 0049), "IORT nodes", "ITS group node", "PCI
 * root complex node", "SMMUv3 node", "ID mapping format".
 */
#include "fw/acpi_read.h"

#define IORT	"IORT"

enum {
	IORT_NODES = 36,
	IORT_FIRST = 40,
	IORT_FIXED = 48,
	NODE_LENGTH = 1,
	NODE_MAPS = 8,
	NODE_MAPS_AT = 12,
	NODE_BYTES = 16,
	GROUP_COUNT = 16,
	GROUP_IDS = 20,
	COMPLEX_SEGMENT = 28,
	COMPLEX_BYTES = 32,
};

/* "ID mapping format": 20 bytes; the number of ids is less one. */
enum { MAP_INPUT = 0, MAP_COUNT = 4, MAP_OUTPUT = 8, MAP_TO = 12, MAP_FLAGS = 16, MAP_BYTES = 20 };
#define MAP_SINGLE	1u

enum { TYPE_ITS_GROUP = 0, TYPE_COMPLEX = 2, TYPE_SMMU = 3, TYPE_SMMUV3 = 4 };

struct node {
	const unsigned char *p;
	uint32_t at, bytes, maps, maps_at;
	uint8_t type;
};

/* Ids first .. first + count - 1 of the input come out as to .. */
struct span {
	uint64_t first, count, to;
	uint32_t node;			/* bytes from the start of the table */
	bool single;
};

static int read_node(const struct umsi_acpi_view *v, uint32_t at, struct node *out)
{
	uint32_t left;

	if (at < IORT_FIXED || at > v->bytes)
		return umsi_acpi_refuse(v, at, "node: offset outside the table", UMSI_EFW_BOUNDS);
	left = v->bytes - at;
	if (left < NODE_BYTES)
		return umsi_acpi_refuse(v, at, "node: past the end of the table", UMSI_EFW_TRUNCATED);
	out->p = v->at + at;
	out->at = at;
	out->type = out->p[0];
	out->bytes = umsi_acpi_le16(out->p + NODE_LENGTH);
	if (out->bytes < NODE_BYTES)
		return umsi_acpi_refuse(v, at + NODE_LENGTH, "node length: too short", UMSI_EFW_STRUCTURE);
	if (out->bytes > left)
		return umsi_acpi_refuse(v, at + NODE_LENGTH, "node length: past the end of the table", UMSI_EFW_TRUNCATED);
	out->maps = umsi_acpi_le32(out->p + NODE_MAPS);
	out->maps_at = umsi_acpi_le32(out->p + NODE_MAPS_AT);
	if (out->maps && (out->maps_at < NODE_BYTES || out->maps_at > out->bytes ||
			  out->maps > (out->bytes - out->maps_at) / MAP_BYTES))
		return umsi_acpi_refuse(v, at + NODE_MAPS, "node: ID mappings outside of it", UMSI_EFW_BOUNDS);
	return UMSI_OK;
}

static int read_span(const struct umsi_acpi_view *v, const struct node *n, uint32_t i, struct span *out)
{
	uint32_t at = n->maps_at + i * MAP_BYTES;
	const unsigned char *p = n->p + at;

	out->single = umsi_acpi_le32(p + MAP_FLAGS) & MAP_SINGLE;
	out->first = umsi_acpi_le32(p + MAP_INPUT);
	out->count = out->single ? 1 : (uint64_t)umsi_acpi_le32(p + MAP_COUNT) + 1;
	out->to = umsi_acpi_le32(p + MAP_OUTPUT);
	out->node = umsi_acpi_le32(p + MAP_TO);
	if (out->first + out->count > UINT64_C(1) << 32 || out->to + out->count > UINT64_C(1) << 32)
		return umsi_acpi_refuse(v, n->at + at, "ID mapping: beyond 32 bits", UMSI_EFW_VALUE);
	return UMSI_OK;
}

/* 1: @its_id is of the group; 0: it is not. */
static int group_has(const struct umsi_acpi_view *v, const struct node *n, uint32_t its_id)
{
	uint32_t count;

	if (n->bytes < GROUP_IDS)
		return umsi_acpi_refuse(v, n->at + NODE_LENGTH, "ITS group: too short", UMSI_EFW_STRUCTURE);
	count = umsi_acpi_le32(n->p + GROUP_COUNT);
	if (count > (n->bytes - GROUP_IDS) / 4)
		return umsi_acpi_refuse(v, n->at + GROUP_COUNT, "ITS group: more ids than it has room for", UMSI_EFW_BOUNDS);
	for (uint32_t i = 0; i < count; i++)
		if (umsi_acpi_le32(n->p + GROUP_IDS + 4 * i) == its_id)
			return 1;
	return 0;
}

static int add(const struct umsi_acpi_view *v, uint32_t at, uint32_t segment, const struct span *s,
	       struct umsi_its_config *config)
{
	if (s->first + s->count > 0x10000)
		return umsi_acpi_refuse(v, at, "ID mapping: requester ids beyond 16 bits", UMSI_EFW_VALUE);
	if (config->maps == UMSI_ITS_MAPS_MAX)
		return umsi_acpi_refuse(v, at, "more ID mappings than there is room for", UMSI_EFW_ROOM);
	config->map[config->maps++] = (struct umsi_its_map){
		.first = segment << 16 | (uint32_t)s->first, .count = (uint32_t)s->count,
		.device_id = (uint32_t)s->to,
	};
	return UMSI_OK;
}

/* What of @in, as an SMMU's input, its mapping @out hands on. False: nothing. */
static bool compose(const struct span *in, const struct span *out, struct span *both)
{
	uint64_t first = in->to > out->first ? in->to : out->first;
	uint64_t end = in->to + in->count < out->first + out->count ? in->to + in->count : out->first + out->count;

	if (out->single || first >= end)
		return false;
	*both = (struct span){
		.first = in->first + (first - in->to), .count = end - first, .to = out->to + (first - out->first),
		.node = out->node,
	};
	return true;
}

/* The ids of @s arrive at the node it names: the group, or an SMMU before it. */
static int follow(const struct umsi_acpi_view *v, const struct node *from, const struct span *s, uint32_t segment,
		  uint32_t its_id, struct umsi_its_config *config)
{
	struct node to, group;
	struct span out, both;
	int err = read_node(v, s->node, &to);

	if (err)
		return err;
	if (to.type == TYPE_ITS_GROUP) {
		err = group_has(v, &to, its_id);
		return err > 0 ? add(v, from->at, segment, s, config) : err;
	}
	if (to.type != TYPE_SMMU && to.type != TYPE_SMMUV3)
		return umsi_acpi_refuse(v, from->at, "ID mapping: leads to neither an ITS group nor an SMMU", UMSI_EFW_VALUE);
	for (uint32_t i = 0; i < to.maps && !err; i++) {
		err = read_span(v, &to, i, &out);
		if (err || !compose(s, &out, &both))
			continue;
		err = read_node(v, both.node, &group);
		if (!err && group.type != TYPE_ITS_GROUP)
			err = umsi_acpi_refuse(v, to.at, "ID mapping of an SMMU: leads to no ITS group", UMSI_EFW_VALUE);
		if (!err)
			err = group_has(v, &group, its_id);
		if (err > 0)
			err = add(v, to.at, segment, &both, config);
	}
	return err;
}

static int read_complex(const struct umsi_acpi_view *v, const struct node *n, uint32_t segment, uint32_t its_id,
			struct umsi_its_config *config)
{
	struct span s;
	int err = UMSI_OK;

	if (n->bytes < COMPLEX_BYTES)
		return umsi_acpi_refuse(v, n->at + NODE_LENGTH, "root complex: too short", UMSI_EFW_STRUCTURE);
	if (umsi_acpi_le32(n->p + COMPLEX_SEGMENT) != segment)
		return UMSI_OK;
	for (uint32_t i = 0; i < n->maps && !err; i++) {
		err = read_span(v, n, i, &s);
		if (!err)
			err = follow(v, n, &s, segment, its_id, config);
	}
	return err;
}

int umsi_acpi_iort_its_map(const void *table, size_t bytes, uint32_t segment, uint32_t its_id,
			   struct umsi_its_config *config, struct umsi_acpi_error *error)
{
	struct umsi_acpi_view v;
	struct node n;
	uint32_t at, left;
	int err = umsi_acpi_open(table, bytes, IORT, IORT_FIXED, error, &v);

	if (err)
		return err;
	if (!config || segment > 0xffff)
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL, or segment beyond 16 bits", UMSI_EINVAL);
	at = umsi_acpi_le32(v.at + IORT_FIRST);
	for (left = umsi_acpi_le32(v.at + IORT_NODES); left && !err; left--) {
		err = read_node(&v, at, &n);
		if (!err && n.type == TYPE_COMPLEX)
			err = read_complex(&v, &n, segment, its_id, config);
		at += n.bytes;
	}
	return err;
}
