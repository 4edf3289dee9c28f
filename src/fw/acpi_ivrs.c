/* SPDX-License-Identifier: MIT */
/*
 * Source: AMD I/O Virtualization Technology (IOMMU) Specification, "I/O
 * Virtualization Reporting Structure (IVRS)", "I/O Virtualization Hardware
 * Definition (IVHD) Block", "IVHD Device Entries".
 */
#include "fw/acpi_read.h"

enum {
	IVRS_BLOCKS = 48,

	BLOCK_LENGTH = 2,
	IVHD_ID = 4,
	IVHD_CAPABILITY = 6,
	IVHD_ADDRESS = 8,
	IVHD_SEGMENT = 16,
	IVHD_FEATURES = 20,
	IVHD_EFR = 24,		/* types 11h and 40h */

	TYPE_10 = 0x10,
	TYPE_11 = 0x11,
	TYPE_40 = 0x40,

	ENTRY_ALL = 1,
	ENTRY_SELECT = 2,
	ENTRY_RANGE = 3,
	ENTRY_END = 4,
	ENTRY_ALIAS_SELECT = 66,
	ENTRY_ALIAS_RANGE = 67,
	ENTRY_EXTENDED_SELECT = 70,
	ENTRY_EXTENDED_RANGE = 71,
	ENTRY_SPECIAL = 72,
	ENTRY_ACPI = 240,

	SPECIAL_IOAPIC = 1,
	SPECIAL_HPET = 2,
};

static bool is_ivhd(const unsigned char *p)
{
	return p[0] == TYPE_10 || p[0] == TYPE_11 || p[0] == TYPE_40;
}

/* Where its device entries begin. */
static uint32_t ivhd_bytes(const unsigned char *p)
{
	return p[0] == TYPE_10 ? 24 : 40;
}

static uint32_t smallest(const unsigned char *p)
{
	return is_ivhd(p) ? ivhd_bytes(p) : 0;
}

static const struct umsi_acpi_row blocks = {
	.start = IVRS_BLOCKS,
	.length_at = BLOCK_LENGTH,
	.header_bytes = 4,
	.smallest = smallest,
};

/* The same unit, described once more with a higher type? */
static bool is_outdone(const struct umsi_acpi_view *v, const struct umsi_acpi_item *own)
{
	struct umsi_acpi_item b = { 0 };

	while (umsi_acpi_next(v, &blocks, &b) > 0)
		if (is_ivhd(b.p) && b.p[0] > own->p[0] &&
		    umsi_acpi_le16(b.p + IVHD_ID) == umsi_acpi_le16(own->p + IVHD_ID) &&
		    umsi_acpi_le16(b.p + IVHD_SEGMENT) == umsi_acpi_le16(own->p + IVHD_SEGMENT))
			return true;
	return false;
}

/* As umsi_acpi_next(), units only, each once. */
static int next_unit(const struct umsi_acpi_view *v, struct umsi_acpi_item *b)
{
	int found;

	do {
		found = umsi_acpi_next(v, &blocks, b);
	} while (found > 0 && (!is_ivhd(b->p) || is_outdone(v, b)));
	return found;
}

static bool is_repeated(const struct umsi_acpi_view *v, const struct umsi_acpi_item *own)
{
	struct umsi_acpi_item b = { 0 };

	while (next_unit(v, &b) > 0 && b.at < own->at)
		if (umsi_acpi_le64(b.p + IVHD_ADDRESS) == umsi_acpi_le64(own->p + IVHD_ADDRESS))
			return true;
	return false;
}

static int read_unit(const struct umsi_acpi_view *v, const struct umsi_acpi_item *b, struct umsi_acpi_ivrs_unit *out)
{
	*out = (struct umsi_acpi_ivrs_unit){
		.phys = umsi_acpi_le64(b->p + IVHD_ADDRESS),
		.segment = umsi_acpi_le16(b->p + IVHD_SEGMENT),
		.requester_id = umsi_acpi_le16(b->p + IVHD_ID),
		.capability = umsi_acpi_le16(b->p + IVHD_CAPABILITY),
		.features = umsi_acpi_le32(b->p + IVHD_FEATURES),
		.efr_known = b->p[0] != TYPE_10,
	};
	if (out->efr_known)
		out->efr = umsi_acpi_le64(b->p + IVHD_EFR);
	if (!out->phys || out->phys % 16384)
		return umsi_acpi_refuse(v, b->at + IVHD_ADDRESS, "register base: 0 or not aligned to 16 KiB",
					UMSI_EFW_VALUE);
	if (is_repeated(v, b))
		return umsi_acpi_refuse(v, b->at + IVHD_ADDRESS, "register base: there is such a unit already",
					UMSI_EFW_VALUE);
	return UMSI_OK;
}

int umsi_acpi_ivrs(const void *table, size_t bytes, struct umsi_acpi_ivrs_unit *units,
		   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item b = { 0 };
	struct umsi_acpi_ivrs_unit one;
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_open(table, bytes, "IVRS", IVRS_BLOCKS, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !units))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = next_unit(&v, &b)) > 0) {
		err = read_unit(&v, &b, &one);
		if (err)
			return err;
		if (n < room)
			units[n] = one;
		n++;
	}
	if (err)
		return err;
	return umsi_acpi_counted(&v, IVRS_BLOCKS, n, room, out_count);
}

/* ---- Device entries ---- */

struct devices {
	struct umsi_acpi_ivrs_device *out;
	uint32_t room, n;
	bool in_range;			/* a range has begun ... */
	uint32_t range_at;		/* ... there */
	struct umsi_acpi_ivrs_device range;
};

/* Bits 7:6 of an entry's type say how long it is; those of 240 and more say so themselves. */
static uint32_t entry_bytes(const unsigned char *p, uint32_t left)
{
	if (p[0] < 64)
		return 4;
	if (p[0] < 128)
		return 8;
	if (p[0] == ENTRY_ACPI && left >= 22)
		return 22u + p[21];
	return p[0] < 192 ? 16 : p[0] < ENTRY_ACPI ? 32 : UINT32_MAX;
}

static void put(struct devices *d, const struct umsi_acpi_ivrs_device *one)
{
	if (d->n < d->room)
		d->out[d->n] = *one;
	d->n++;
}

static void begin_range(struct devices *d, uint32_t at, const struct umsi_acpi_ivrs_device *one)
{
	d->in_range = true;
	d->range_at = at;
	d->range = *one;
}

static int end_range(const struct umsi_acpi_view *v, uint32_t at, uint16_t last, struct devices *d)
{
	if (!d->in_range)
		return umsi_acpi_refuse(v, at, "a range ends that has not begun", UMSI_EFW_STRUCTURE);
	if (last < d->range.first)
		return umsi_acpi_refuse(v, at + 1, "a range ends before it begins", UMSI_EFW_VALUE);
	d->in_range = false;
	d->range.last = last;
	put(d, &d->range);
	return UMSI_OK;
}

/* I/O APIC or HPET: which, and the requester id of its messages. */
static int read_special(const struct umsi_acpi_view *v, uint32_t at, struct umsi_acpi_ivrs_device *one,
			struct devices *d)
{
	const unsigned char *p = v->at + at;

	if (p[7] != SPECIAL_IOAPIC && p[7] != SPECIAL_HPET)
		return UMSI_OK;
	one->kind = p[7] == SPECIAL_IOAPIC ? UMSI_ACPI_IVRS_IOAPIC : UMSI_ACPI_IVRS_HPET;
	one->handle = p[4];
	one->first = one->last = umsi_acpi_le16(p + 5);
	put(d, one);
	return UMSI_OK;
}

static int read_entry(const struct umsi_acpi_view *v, uint32_t at, uint32_t unit, struct devices *d)
{
	const unsigned char *p = v->at + at;
	uint16_t id = umsi_acpi_le16(p + 1);
	struct umsi_acpi_ivrs_device one = {
		.unit = unit, .settings = p[3], .first = id, .last = id, .alias = id,
	};

	if (d->in_range && p[0] != ENTRY_END)
		return umsi_acpi_refuse(v, at, "an entry inside a range", UMSI_EFW_STRUCTURE);
	switch (p[0]) {
	case ENTRY_ALL:
		one.first = 0;
		one.last = UINT16_MAX;
		break;
	case ENTRY_SELECT: case ENTRY_EXTENDED_SELECT:
		break;
	case ENTRY_ALIAS_SELECT: case ENTRY_ALIAS_RANGE:
		one.kind = UMSI_ACPI_IVRS_ALIASES;
		one.alias = umsi_acpi_le16(p + 5);
		if (p[0] == ENTRY_ALIAS_SELECT)
			break;
		begin_range(d, at, &one);
		return UMSI_OK;
	case ENTRY_RANGE: case ENTRY_EXTENDED_RANGE:
		begin_range(d, at, &one);
		return UMSI_OK;
	case ENTRY_END:
		return end_range(v, at, id, d);
	case ENTRY_SPECIAL:
		return read_special(v, at, &one, d);
	default:
		return UMSI_OK;		/* padding, ACPI devices, what is not known yet */
	}
	put(d, &one);
	return UMSI_OK;
}

static int read_entries(const struct umsi_acpi_view *v, const struct umsi_acpi_item *b, uint32_t unit,
			struct devices *d)
{
	uint32_t length;
	int err;

	for (uint32_t at = b->at + ivhd_bytes(b->p); at < b->next; at += length) {
		length = entry_bytes(v->at + at, b->next - at);
		if (length > b->next - at)
			return umsi_acpi_refuse(v, at, "an entry past the end of its block", UMSI_EFW_TRUNCATED);
		err = read_entry(v, at, unit, d);
		if (err)
			return err;
	}
	return d->in_range ? umsi_acpi_refuse(v, d->range_at, "a range without an end", UMSI_EFW_STRUCTURE) : UMSI_OK;
}

int umsi_acpi_ivrs_devices(const void *table, size_t bytes, struct umsi_acpi_ivrs_device *devices,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item b = { 0 };
	struct devices d = { .out = devices, .room = room };
	struct umsi_acpi_view v;
	uint32_t unit = 0;
	int err = umsi_acpi_open(table, bytes, "IVRS", IVRS_BLOCKS, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !devices))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = next_unit(&v, &b)) > 0) {
		err = read_entries(&v, &b, unit++, &d);
		if (err)
			return err;
	}
	if (err)
		return err;
	return umsi_acpi_counted(&v, IVRS_BLOCKS, d.n, room, out_count);
}
