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
	.length_at = BLOCK_LENGTH,
	.wide_length = true,
	.least = 4,
	.smallest = smallest,
};

/* The unit of @own is described once more with a higher type. */
static bool is_outdone(struct umsi_acpi_view *v, const unsigned char *own)
{
	struct umsi_acpi_item b = { .next = IVRS_BLOCKS };

	while (umsi_acpi_next(v, &blocks, &b))
		if (is_ivhd(b.p) && b.p[0] > own[0] &&
		    umsi_acpi_le16(b.p + IVHD_ID) == umsi_acpi_le16(own + IVHD_ID) &&
		    umsi_acpi_le16(b.p + IVHD_SEGMENT) == umsi_acpi_le16(own + IVHD_SEGMENT))
			return true;
	return false;
}

/* Each unit once. */
static bool is_unit(struct umsi_acpi_list *l, const unsigned char *p)
{
	return is_ivhd(p) && !is_outdone(&l->v, p);
}

/* ---- Units ---- */

static void read_unit(struct umsi_acpi_list *l, const struct umsi_acpi_item *b)
{
	struct umsi_acpi_ivrs_unit one;

	if (!is_unit(l, b->p))
		return;
	one = (struct umsi_acpi_ivrs_unit){
		.phys = umsi_acpi_le64(b->p + IVHD_ADDRESS),
		.segment = umsi_acpi_le16(b->p + IVHD_SEGMENT),
		.requester_id = umsi_acpi_le16(b->p + IVHD_ID),
		.capability = umsi_acpi_le16(b->p + IVHD_CAPABILITY),
		.features = umsi_acpi_le32(b->p + IVHD_FEATURES),
		.efr_known = b->p[0] != TYPE_10,
	};
	if (one.efr_known)
		one.efr = umsi_acpi_le64(b->p + IVHD_EFR);
	if (!one.phys || one.phys % 16384)
		umsi_acpi_refuse(&l->v, b->at + IVHD_ADDRESS, "register base", UMSI_EFW_VALUE);
	umsi_acpi_put(l, b->at, &one);
}

static bool same_registers(const void *one, const void *earlier)
{
	const struct umsi_acpi_ivrs_unit *a = one, *b = earlier;

	return a->phys == b->phys;
}

int umsi_acpi_ivrs(const void *table, size_t bytes, struct umsi_acpi_ivrs_unit *units,
		   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"IVRS", IVRS_BLOCKS, sizeof(*units), &blocks, read_unit, same_registers,
	};

	return umsi_acpi_list(table, bytes, units, room, out_count, error, &kind);
}

/* ---- Device entries ---- */

/* A range of requester ids that has begun, at byte @at of the table; 0: none has. */
struct range {
	uint32_t at;
	struct umsi_acpi_ivrs_device device;
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

static void end_range(struct umsi_acpi_list *l, uint32_t at, uint16_t last, struct range *range)
{
	if (!range->at)
		umsi_acpi_refuse(&l->v, at, "end of a range", UMSI_EFW_STRUCTURE);
	if (last < range->device.first)
		umsi_acpi_refuse(&l->v, at + 1, "end of a range", UMSI_EFW_VALUE);
	range->at = 0;
	range->device.last = last;
	umsi_acpi_put(l, at, &range->device);
}

static void read_entry(struct umsi_acpi_list *l, uint32_t at, struct range *range)
{
	const unsigned char *p = l->v.at + at;
	uint16_t id = umsi_acpi_le16(p + 1);
	struct umsi_acpi_ivrs_device one = {
		.unit = l->unit, .settings = p[3], .first = id, .last = id, .alias = id,
	};

	if (range->at && p[0] != ENTRY_END)
		umsi_acpi_refuse(&l->v, at, "inside a range", UMSI_EFW_STRUCTURE);
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
		/* fall through */
	case ENTRY_RANGE: case ENTRY_EXTENDED_RANGE:
		*range = (struct range){ .at = at, .device = one };
		return;
	case ENTRY_END:
		end_range(l, at, id, range);
		return;
	case ENTRY_SPECIAL:
		/* Which, and the requester id of its messages. */
		if (p[7] != SPECIAL_IOAPIC && p[7] != SPECIAL_HPET)
			return;
		one.kind = p[7] == SPECIAL_IOAPIC ? UMSI_ACPI_IVRS_IOAPIC : UMSI_ACPI_IVRS_HPET;
		one.handle = p[4];
		one.first = one.last = umsi_acpi_le16(p + 5);
		break;
	default:
		return;		/* padding, ACPI devices, what is not known yet */
	}
	umsi_acpi_put(l, at, &one);
}

static void read_entries(struct umsi_acpi_list *l, const struct umsi_acpi_item *b)
{
	struct range range = { 0 };
	uint32_t length;

	if (!is_unit(l, b->p))
		return;
	for (uint32_t at = b->at + ivhd_bytes(b->p); at < b->next && !l->v.status; at += length) {
		length = entry_bytes(l->v.at + at, b->next - at);
		if (length > b->next - at)
			umsi_acpi_refuse(&l->v, at, "entry", UMSI_EFW_TRUNCATED);
		else
			read_entry(l, at, &range);
	}
	if (range.at)
		umsi_acpi_refuse(&l->v, range.at, "range", UMSI_EFW_STRUCTURE);
	l->unit++;
}

int umsi_acpi_ivrs_devices(const void *table, size_t bytes, struct umsi_acpi_ivrs_device *devices,
			   uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"IVRS", IVRS_BLOCKS, sizeof(*devices), &blocks, read_entries, NULL,
	};

	return umsi_acpi_list(table, bytes, devices, room, out_count, error, &kind);
}
