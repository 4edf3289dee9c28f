/* SPDX-License-Identifier: MIT */
/*
 * Which DeviceIDs the functions of a PCI segment have at an ITS, directly or by
 * way of an SMMU.
 * Source: Arm IO Remapping Table (DEN 0049), "IORT nodes", "ITS group node", "PCI
 * root complex node", "SMMUv3 node", "ID mapping format".
 */
#include "fw/acpi_read.h"

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

static uint32_t smallest(const unsigned char *p)
{
	return p[0] == TYPE_ITS_GROUP ? GROUP_IDS : p[0] == TYPE_COMPLEX ? COMPLEX_BYTES : 0;
}

static const struct umsi_acpi_row nodes = {
	.length_at = NODE_LENGTH,
	.wide_length = true,
	.least = NODE_BYTES,
	.smallest = smallest,
};

struct node {
	struct umsi_acpi_item i;
	uint32_t maps, maps_at;
};

/* Ids first .. first + count - 1 of the input come out as to .. */
struct span {
	uint64_t first, count, to;
	uint32_t node;			/* bytes from the start of the table */
	bool single;
};

/* Who asks for what. */
struct question {
	struct umsi_acpi_view v;
	uint32_t segment, its_id;
	struct umsi_its_config *config;
};

static bool read_node(struct umsi_acpi_view *v, uint32_t at, struct node *out)
{
	uint32_t bytes;

	out->i = (struct umsi_acpi_item){ .next = at };
	if (at < IORT_FIXED || at > v->bytes) {
		umsi_acpi_refuse(v, at, "node", UMSI_EFW_BOUNDS);
		return false;
	}
	if (!umsi_acpi_next(v, &nodes, &out->i)) {
		umsi_acpi_refuse(v, at, "node", UMSI_EFW_TRUNCATED);
		return false;
	}
	bytes = out->i.next - at;
	out->maps = umsi_acpi_le32(out->i.p + NODE_MAPS);
	out->maps_at = umsi_acpi_le32(out->i.p + NODE_MAPS_AT);
	if (out->maps && (out->maps_at < NODE_BYTES || out->maps_at > bytes ||
			  out->maps > (bytes - out->maps_at) / MAP_BYTES))
		umsi_acpi_refuse(v, at + NODE_MAPS, "ID mappings", UMSI_EFW_BOUNDS);
	return !v->status;
}

/* False: refused. */
static bool read_span(struct umsi_acpi_view *v, const struct node *n, uint32_t i, struct span *out)
{
	uint32_t at = n->i.at + n->maps_at + i * MAP_BYTES;
	const unsigned char *p = v->at + at;

	out->single = umsi_acpi_le32(p + MAP_FLAGS) & MAP_SINGLE;
	out->first = umsi_acpi_le32(p + MAP_INPUT);
	out->count = out->single ? 1 : (uint64_t)umsi_acpi_le32(p + MAP_COUNT) + 1;
	out->to = umsi_acpi_le32(p + MAP_OUTPUT);
	out->node = umsi_acpi_le32(p + MAP_TO);
	if (out->first + out->count > UINT64_C(1) << 32 || out->to + out->count > UINT64_C(1) << 32)
		umsi_acpi_refuse(v, at, "ID mapping", UMSI_EFW_VALUE);
	return !v->status;
}

static bool group_has(struct umsi_acpi_view *v, const struct node *n, uint32_t its_id)
{
	const unsigned char *p = n->i.p;
	uint32_t count = umsi_acpi_le32(p + GROUP_COUNT);

	if (count > (n->i.next - n->i.at - GROUP_IDS) / 4) {
		umsi_acpi_refuse(v, n->i.at + GROUP_COUNT, "ITS group", UMSI_EFW_BOUNDS);
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		if (umsi_acpi_le32(p + GROUP_IDS + 4 * i) == its_id)
			return true;
	return false;
}

static void add(struct question *q, uint32_t at, const struct span *s)
{
	struct umsi_its_config *config = q->config;

	if (s->first + s->count > 0x10000)	/* of requester ids */
		umsi_acpi_refuse(&q->v, at, "ID mapping", UMSI_EFW_VALUE);
	else if (config->maps == UMSI_ITS_MAPS_MAX)
		umsi_acpi_refuse(&q->v, at, "ID mapping", UMSI_EFW_ROOM);
	else
		config->map[config->maps++] = (struct umsi_its_map){
			.first = q->segment << 16 | (uint32_t)s->first, .count = (uint32_t)s->count,
			.device_id = (uint32_t)s->to,
		};
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

/*
 * The ids of @s arrive at the node it names: the group or, from a root complex, an
 * SMMU before it, whose mappings are followed in turn.
 */
static void follow(struct question *q, const struct node *from, const struct span *s)
{
	struct span out, both;
	struct node to;
	uint8_t type;

	if (!read_node(&q->v, s->node, &to))
		return;
	type = to.i.p[0];
	if (type == TYPE_ITS_GROUP) {
		if (group_has(&q->v, &to, q->its_id))
			add(q, from->i.at, s);
	} else if (from->i.p[0] == TYPE_COMPLEX && (type == TYPE_SMMU || type == TYPE_SMMUV3)) {
		for (uint32_t i = 0; i < to.maps && read_span(&q->v, &to, i, &out); i++)
			if (compose(s, &out, &both))
				follow(q, &to, &both);
	} else {
		umsi_acpi_refuse(&q->v, from->i.at, "ID mapping", UMSI_EFW_VALUE);
	}
}

int umsi_acpi_iort_its_map(const void *table, size_t bytes, uint32_t segment, uint32_t its_id,
			   struct umsi_its_config *config, struct umsi_acpi_error *error)
{
	struct question q = { .segment = segment, .its_id = its_id, .config = config };
	struct span s;
	struct node n;
	uint32_t at;

	if (umsi_acpi_open(&q.v, config && segment <= 0xffff ? table : NULL, bytes, "IORT", IORT_FIXED, error))
		return q.v.status;
	at = umsi_acpi_le32(q.v.at + IORT_FIRST);
	for (uint32_t left = umsi_acpi_le32(q.v.at + IORT_NODES); left && read_node(&q.v, at, &n); left--) {
		if (n.i.p[0] == TYPE_COMPLEX && umsi_acpi_le32(n.i.p + COMPLEX_SEGMENT) == segment)
			for (uint32_t i = 0; i < n.maps && read_span(&q.v, &n, i, &s); i++)
				follow(&q, &n, &s);
		at = n.i.next;
	}
	return q.v.status;
}
