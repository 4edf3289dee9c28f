/* SPDX-License-Identifier: MIT */
/* From the root pointer to a table. Source: ACPI 6.5, "ACPI System Description Tables". */
#include "fw/acpi_read.h"

/* Source: "Root System Description Pointer (RSDP) Structure". */
enum {
	RSDP_CHECKSUM = 8,
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP_FIRST_BYTES = 20,	/* what revision 0 has, and the first checksum covers */
	RSDP_LENGTH = 20,
	RSDP_XSDT = 24,
	RSDP_EXTENDED_CHECKSUM = 32,
	RSDP_BYTES = 36,
};

uint64_t umsi_acpi_le64(const unsigned char *p)
{
	return umsi_acpi_le32(p) | (uint64_t)umsi_acpi_le32(p + 4) << 32;
}

int umsi_acpi_refuse(struct umsi_acpi_view *v, uint32_t at, const char *what, int status)
{
	if (v->status)
		return v->status;
	v->status = status;
	if (v->error) {
		__builtin_memcpy(v->error->table, v->name, 4);
		v->error->table[4] = '\0';
		v->error->offset = at;
		v->error->what = what;
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

int umsi_acpi_open(struct umsi_acpi_view *v, const void *table, size_t bytes, const char *signature,
		   uint32_t smallest, struct umsi_acpi_error *error)
{
	*v = (struct umsi_acpi_view){ .at = table, .name = signature, .error = error };
	if (!table)
		return umsi_acpi_refuse(v, 0, "argument", UMSI_EINVAL);
	if (bytes < ACPI_HEADER_BYTES)
		return umsi_acpi_refuse(v, 0, "header", UMSI_EFW_TRUNCATED);
	if (__builtin_memcmp(v->at + ACPI_SIGNATURE, signature, 4))
		return umsi_acpi_refuse(v, ACPI_SIGNATURE, "signature", UMSI_EFW_MAGIC);
	v->bytes = umsi_acpi_le32(v->at + ACPI_LENGTH);
	if (v->bytes < smallest || v->bytes > bytes)
		return umsi_acpi_refuse(v, ACPI_LENGTH, "length", UMSI_EFW_TRUNCATED);
	if (sum(v->at, v->bytes))
		return umsi_acpi_refuse(v, ACPI_CHECKSUM, "checksum", UMSI_EFW_VALUE);
	return UMSI_OK;
}

/* ---- Rows of structures ---- */

bool umsi_acpi_next(struct umsi_acpi_view *v, const struct umsi_acpi_row *row, struct umsi_acpi_item *i)
{
	uint32_t end = i->end ? i->end : v->bytes, length = row->least, length_at;

	i->at = i->next;
	i->p = v->at + i->at;
	length_at = i->at + row->length_at;
	if (v->status || i->at == end)
		return false;
	if (end - i->at < length) {
		umsi_acpi_refuse(v, i->at, "structure", UMSI_EFW_TRUNCATED);
		return false;
	}
	if (row->length_at)
		length = row->wide_length ? umsi_acpi_le16(v->at + length_at) : v->at[length_at];
	if (length > end - i->at)
		umsi_acpi_refuse(v, length_at, "structure length", UMSI_EFW_TRUNCATED);
	if (length < row->least || (row->smallest && length < row->smallest(i->p)))
		umsi_acpi_refuse(v, length_at, "structure length", UMSI_EFW_STRUCTURE);
	i->next = i->at + length;
	return !v->status;
}

void umsi_acpi_put(struct umsi_acpi_list *l, uint32_t at, const void *one)
{
	const struct umsi_acpi_kind *kind = l->kind;
	size_t place = (size_t)l->count++ * kind->bytes;

	if (l->count > l->room)
		return;
	for (size_t earlier = 0; kind->contradict && earlier < place; earlier += kind->bytes)
		if (kind->contradict(one, l->out + earlier))
			umsi_acpi_refuse(&l->v, at, "contradicts another", UMSI_EFW_VALUE);
	__builtin_memcpy(l->out + place, one, kind->bytes);
}

int umsi_acpi_list(const void *table, size_t bytes, void *out, uint32_t room, uint32_t *out_count,
		   struct umsi_acpi_error *error, const struct umsi_acpi_kind *kind)
{
	struct umsi_acpi_list l = { .kind = kind, .out = out, .room = room };
	struct umsi_acpi_item i = { .next = kind->start };

	if (umsi_acpi_open(&l.v, out_count && (out || !room) ? table : NULL, bytes, kind->signature, kind->start, error))
		return l.v.status;
	while (umsi_acpi_next(&l.v, kind->row, &i))
		kind->read(&l, &i);
	if (l.v.status)
		return l.v.status;
	*out_count = l.count;
	return l.count > room ? umsi_acpi_refuse(&l.v, kind->start, "more than room", UMSI_EFW_ROOM) : UMSI_OK;
}

/* ---- From the root pointer to a table ---- */

/* A search: who maps, and what is being read. */
struct search {
	umsi_acpi_map map;
	void *context;
	struct umsi_acpi_view v;
	bool wide;		/* entries of 8 bytes: XSDT */
};

/* @at: byte of the table being read that leads there. */
static const unsigned char *show(struct search *s, uint32_t at, uint64_t phys, uint32_t bytes)
{
	const unsigned char *p = phys ? s->map(s->context, phys, bytes) : NULL;

	if (!p)
		umsi_acpi_refuse(&s->v, at, "address", UMSI_EFW_BOUNDS);
	return p;
}

/* Header first, for its length; then all of it. A length below that of a header is left to be refused. */
static const unsigned char *show_table(struct search *s, uint32_t at, uint64_t phys, uint32_t *out_bytes)
{
	const unsigned char *p = show(s, at, phys, ACPI_HEADER_BYTES);

	*out_bytes = p ? umsi_acpi_le32(p + ACPI_LENGTH) : 0;
	if (*out_bytes > ACPI_HEADER_BYTES)
		return show(s, at, phys, *out_bytes);
	*out_bytes = ACPI_HEADER_BYTES;
	return p;
}

/* The root pointer's first @bytes, or NULL; the byte at @checksum makes them add up to 0. */
static const unsigned char *show_rsdp(struct search *s, uint64_t rsdp, uint32_t bytes, uint32_t checksum)
{
	const unsigned char *at = show(s, 0, rsdp, bytes);

	if (at && __builtin_memcmp(at, "RSD PTR ", 8))
		umsi_acpi_refuse(&s->v, 0, "signature", UMSI_EFW_MAGIC);
	if (at && sum(at, bytes))
		umsi_acpi_refuse(&s->v, checksum, "checksum", UMSI_EFW_VALUE);
	return s->v.status ? NULL : at;
}

/* Revision 2 added length, XSDT address and a checksum over all. 0: refused. */
static uint64_t find_root(struct search *s, uint64_t rsdp)
{
	const unsigned char *at = show_rsdp(s, rsdp, RSDP_FIRST_BYTES, RSDP_CHECKSUM);
	uint64_t root = 0;
	uint32_t length;

	if (at)
		root = umsi_acpi_le32(at + RSDP_RSDT);
	if (at && at[RSDP_REVISION] >= 2 && (at = show(s, 0, rsdp, RSDP_BYTES))) {
		length = umsi_acpi_le32(at + RSDP_LENGTH);
		if (length < RSDP_BYTES || length > 4096)
			umsi_acpi_refuse(&s->v, RSDP_LENGTH, "length", UMSI_EFW_TRUNCATED);
		else
			at = show_rsdp(s, rsdp, length, RSDP_EXTENDED_CHECKSUM);
		s->wide = at && umsi_acpi_le64(at + RSDP_XSDT);
		if (s->wide)
			root = umsi_acpi_le64(at + RSDP_XSDT);
	}
	if (!root)
		umsi_acpi_refuse(&s->v, RSDP_RSDT, "RsdtAddress, XsdtAddress", UMSI_EFW_VALUE);
	return root;
}

int umsi_acpi_find(uint64_t rsdp, umsi_acpi_map map, void *context, const char signature[4],
		   uint32_t instance, const void **out_table, uint32_t *out_bytes,
		   struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_row entries[] = { { .least = 4 }, { .least = 8 } };
	struct search s = { .map = map, .context = context, .v = { .name = "RSDP", .error = error } };
	struct umsi_acpi_item entry = { .next = ACPI_HEADER_BYTES };
	const unsigned char *at;
	uint64_t phys;
	uint32_t bytes;

	if (!rsdp || !map || !signature || !out_table || !out_bytes)
		return umsi_acpi_refuse(&s.v, 0, "argument", UMSI_EINVAL);
	phys = find_root(&s, rsdp);
	if (s.v.status)
		return s.v.status;
	s.v.name = s.wide ? "XSDT" : "RSDT";
	at = show_table(&s, 0, phys, &bytes);
	if (!at || umsi_acpi_open(&s.v, at, bytes, s.v.name, ACPI_HEADER_BYTES, error))
		return s.v.status;
	if ((s.v.bytes - ACPI_HEADER_BYTES) % entries[s.wide].least)
		return umsi_acpi_refuse(&s.v, ACPI_LENGTH, "length", UMSI_EFW_STRUCTURE);
	while (umsi_acpi_next(&s.v, &entries[s.wide], &entry)) {
		phys = s.wide ? umsi_acpi_le64(entry.p) : umsi_acpi_le32(entry.p);
		at = show_table(&s, entry.at, phys, &bytes);
		if (!at)
			return s.v.status;
		if (__builtin_memcmp(at, signature, 4) || instance--)
			continue;
		if (!umsi_acpi_open(&s.v, at, bytes, signature, ACPI_HEADER_BYTES, error)) {
			*out_table = at;
			*out_bytes = s.v.bytes;
		}
		return s.v.status;
	}
	s.v.name = signature;
	return umsi_acpi_refuse(&s.v, 0, "table", UMSI_EFW_MISSING);
}
