/* SPDX-License-Identifier: MIT */
/*
 * Source: Intel VT-d, "DMA Remapping Reporting Structure", "Remapping
 * Structure Types", "Device Scope Structure".
 */
#include "fw/acpi_read.h"

enum {
	DMAR_WIDTH = 36,
	DMAR_FLAGS = 37,
	DMAR_STRUCTURES = 48,

	TYPE_DRHD = 0,
	DRHD_FLAGS = 4,
	DRHD_SEGMENT = 6,
	DRHD_ADDRESS = 8,
	DRHD_SCOPES = 16,

	SCOPE_LENGTH = 1,
	SCOPE_ID = 4,
	SCOPE_BUS = 5,
	SCOPE_PATH = 6,
};

#define DMAR_REMAPPING	1u
#define DMAR_OPT_OUT	2u
#define DRHD_ALL	1u

static uint32_t smallest(const unsigned char *p)
{
	return umsi_acpi_le16(p) == TYPE_DRHD ? DRHD_SCOPES : 0;
}

static const struct umsi_acpi_row structures = {
	.start = DMAR_STRUCTURES,
	.length_at = 2,
	.header_bytes = 4,
	.smallest = smallest,
};

/* As umsi_acpi_next(), units only. */
static int next_unit(const struct umsi_acpi_view *v, struct umsi_acpi_item *s)
{
	int found;

	do {
		found = umsi_acpi_next(v, &structures, s);
	} while (found > 0 && umsi_acpi_le16(s->p) != TYPE_DRHD);
	return found;
}

/* Contradicts an earlier one: the same registers, or a second that takes all others of its segment. */
static int check_unit(const struct umsi_acpi_view *v, const struct umsi_acpi_item *own,
		      const struct umsi_acpi_dmar_unit *unit)
{
	struct umsi_acpi_item s = { 0 };

	while (next_unit(v, &s) > 0 && s.at < own->at) {
		if (umsi_acpi_le64(s.p + DRHD_ADDRESS) == unit->phys)
			return umsi_acpi_refuse(v, own->at + DRHD_ADDRESS, "register base: there is such a unit already",
						UMSI_EFW_VALUE);
		if (umsi_acpi_le16(s.p + DRHD_SEGMENT) == unit->segment && s.p[DRHD_FLAGS] & DRHD_ALL)
			return umsi_acpi_refuse(v, own->at + DRHD_FLAGS, "a unit follows the one that takes all others",
						UMSI_EFW_VALUE);
	}
	return UMSI_OK;
}

static int read_unit(const struct umsi_acpi_view *v, const struct umsi_acpi_item *s,
		     struct umsi_acpi_dmar_unit *out)
{
	*out = (struct umsi_acpi_dmar_unit){
		.phys = umsi_acpi_le64(s->p + DRHD_ADDRESS),
		.segment = umsi_acpi_le16(s->p + DRHD_SEGMENT),
		.all_others = s->p[DRHD_FLAGS] & DRHD_ALL,
	};
	if (!out->phys || out->phys % 4096)
		return umsi_acpi_refuse(v, s->at + DRHD_ADDRESS, "register base: 0 or not aligned to 4 KiB",
					UMSI_EFW_VALUE);
	return check_unit(v, s, out);
}

int umsi_acpi_dmar(const void *table, size_t bytes, struct umsi_acpi_dmar *out,
		   struct umsi_acpi_dmar_unit *units, uint32_t room, uint32_t *out_count,
		   struct umsi_acpi_error *error)
{
	struct umsi_acpi_item s = { 0 };
	struct umsi_acpi_dmar_unit one;
	struct umsi_acpi_view v;
	uint32_t n = 0;
	int err = umsi_acpi_open(table, bytes, "DMAR", DMAR_STRUCTURES, error, &v);

	if (err)
		return err;
	if (!out || !out_count || (room && !units))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = next_unit(&v, &s)) > 0) {
		err = read_unit(&v, &s, &one);
		if (err)
			return err;
		if (n < room)
			units[n] = one;
		n++;
	}
	if (err)
		return err;
	*out = (struct umsi_acpi_dmar){
		.interrupt_remapping = v.at[DMAR_FLAGS] & DMAR_REMAPPING,
		.x2apic_opt_out = v.at[DMAR_FLAGS] & DMAR_OPT_OUT,
		.address_bits = (uint8_t)(v.at[DMAR_WIDTH] + 1),
	};
	return umsi_acpi_counted(&v, DMAR_STRUCTURES, n, room, out_count);
}

/* ---- Scopes ---- */

/* The scope at @at of a unit that ends at @end; its length in *length. */
static int read_scope(const struct umsi_acpi_view *v, uint32_t at, uint32_t end,
		      struct umsi_acpi_scope *out, uint32_t *length)
{
	const unsigned char *p = v->at + at;
	uint32_t path;

	if (end - at < SCOPE_PATH)
		return umsi_acpi_refuse(v, at, "half a scope at the end of its unit", UMSI_EFW_TRUNCATED);
	*length = p[SCOPE_LENGTH];
	if (*length < SCOPE_PATH + 2 || *length % 2)
		return umsi_acpi_refuse(v, at + SCOPE_LENGTH, "scope length: no whole path", UMSI_EFW_STRUCTURE);
	if (*length > end - at)
		return umsi_acpi_refuse(v, at + SCOPE_LENGTH, "scope length: past the end of its unit",
					UMSI_EFW_TRUNCATED);
	path = (*length - SCOPE_PATH) / 2;
	if (path > UMSI_ACPI_HOPS_MAX)
		return umsi_acpi_refuse(v, at + SCOPE_LENGTH, "scope path: longer than can be", UMSI_EFW_VALUE);
	out->type = p[0];
	out->enumeration_id = p[SCOPE_ID];
	out->first_bus = p[SCOPE_BUS];
	out->hops = (uint8_t)path;
	for (uint32_t i = 0; i < path; i++) {
		const unsigned char *hop = p + SCOPE_PATH + 2 * i;

		if (hop[0] > 31 || hop[1] > 7)
			return umsi_acpi_refuse(v, at + SCOPE_PATH + 2 * i, "scope path: no such device or function",
						UMSI_EFW_VALUE);
		out->hop[i] = (uint8_t)(hop[0] << 3 | hop[1]);
	}
	return UMSI_OK;
}

static int read_scopes(const struct umsi_acpi_view *v, const struct umsi_acpi_item *s, uint32_t unit,
		       struct umsi_acpi_scope *scopes, uint32_t room, uint32_t *n)
{
	uint32_t length = 0;
	int err;

	for (uint32_t at = s->at + DRHD_SCOPES; at < s->next; at += length) {
		struct umsi_acpi_scope one = { .unit = unit };

		err = read_scope(v, at, s->next, &one, &length);
		if (err)
			return err;
		if (*n < room)
			scopes[*n] = one;
		(*n)++;
	}
	return UMSI_OK;
}

int umsi_acpi_dmar_scopes(const void *table, size_t bytes, struct umsi_acpi_scope *scopes,
			  uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	struct umsi_acpi_item s = { 0 };
	struct umsi_acpi_view v;
	uint32_t n = 0, unit = 0;
	int err = umsi_acpi_open(table, bytes, "DMAR", DMAR_STRUCTURES, error, &v);

	if (err)
		return err;
	if (!out_count || (room && !scopes))
		return umsi_acpi_refuse(&v, 0, "a pointer is NULL", UMSI_EINVAL);
	while ((err = next_unit(&v, &s)) > 0) {
		err = read_scopes(&v, &s, unit++, scopes, room, &n);
		if (err)
			return err;
	}
	if (err)
		return err;
	return umsi_acpi_counted(&v, DMAR_STRUCTURES, n, room, out_count);
}
