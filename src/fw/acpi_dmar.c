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
	.length_at = 2,
	.wide_length = true,
	.least = 4,
	.smallest = smallest,
};

/* ---- Units ---- */

static void read_unit(struct umsi_acpi_list *l, const struct umsi_acpi_item *i)
{
	struct umsi_acpi_dmar_unit one;

	if (umsi_acpi_le16(i->p) != TYPE_DRHD)
		return;
	one = (struct umsi_acpi_dmar_unit){
		.phys = umsi_acpi_le64(i->p + DRHD_ADDRESS),
		.segment = umsi_acpi_le16(i->p + DRHD_SEGMENT),
		.all_others = i->p[DRHD_FLAGS] & DRHD_ALL,
	};
	if (!one.phys || one.phys % 4096)
		umsi_acpi_refuse(&l->v, i->at + DRHD_ADDRESS, "register base", UMSI_EFW_VALUE);
	umsi_acpi_put(l, i->at, &one);
}

/* The same registers, or it follows the one that takes all others of its segment. */
static bool units_contradict(const void *one, const void *earlier)
{
	const struct umsi_acpi_dmar_unit *a = one, *b = earlier;

	return a->phys == b->phys || (a->segment == b->segment && b->all_others);
}

int umsi_acpi_dmar(const void *table, size_t bytes, struct umsi_acpi_dmar *out,
		   struct umsi_acpi_dmar_unit *units, uint32_t room, uint32_t *out_count,
		   struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"DMAR", DMAR_STRUCTURES, sizeof(*units), &structures, read_unit, units_contradict,
	};
	const unsigned char *at = table;
	/* Either missing is the same mistake. */
	int err = umsi_acpi_list(table, bytes, units, room, out ? out_count : NULL, error, &kind);

	if (err == UMSI_OK || err == UMSI_EFW_ROOM)
		*out = (struct umsi_acpi_dmar){
			.interrupt_remapping = at[DMAR_FLAGS] & DMAR_REMAPPING,
			.x2apic_opt_out = at[DMAR_FLAGS] & DMAR_OPT_OUT,
			.address_bits = (uint8_t)(at[DMAR_WIDTH] + 1),
		};
	return err;
}

/* ---- Scopes ---- */

static const struct umsi_acpi_row scope_row = { .length_at = SCOPE_LENGTH, .least = SCOPE_PATH + 2 };

static void read_scope(struct umsi_acpi_list *l, const struct umsi_acpi_item *s)
{
	uint32_t path = s->next - s->at - SCOPE_PATH;
	struct umsi_acpi_scope one = {
		.unit = l->unit,
		.type = s->p[0],
		.enumeration_id = s->p[SCOPE_ID],
		.first_bus = s->p[SCOPE_BUS],
		.hops = (uint8_t)(path / 2),
	};

	if (path % 2)
		umsi_acpi_refuse(&l->v, s->at + SCOPE_LENGTH, "scope length", UMSI_EFW_STRUCTURE);
	if (one.hops > UMSI_ACPI_HOPS_MAX) {
		umsi_acpi_refuse(&l->v, s->at + SCOPE_LENGTH, "scope length", UMSI_EFW_VALUE);
		return;
	}
	for (uint32_t i = 0; i < one.hops; i++) {
		const unsigned char *hop = s->p + SCOPE_PATH + 2 * i;

		if (hop[0] > 31 || hop[1] > 7)
			umsi_acpi_refuse(&l->v, s->at + SCOPE_PATH + 2 * i, "scope path", UMSI_EFW_VALUE);
		one.hop[i] = (uint8_t)(hop[0] << 3 | hop[1]);
	}
	umsi_acpi_put(l, s->at, &one);
}

static void read_scopes(struct umsi_acpi_list *l, const struct umsi_acpi_item *i)
{
	struct umsi_acpi_item scope = { .next = i->at + DRHD_SCOPES, .end = i->next };

	if (umsi_acpi_le16(i->p) != TYPE_DRHD)
		return;
	while (umsi_acpi_next(&l->v, &scope_row, &scope))
		read_scope(l, &scope);
	l->unit++;
}

int umsi_acpi_dmar_scopes(const void *table, size_t bytes, struct umsi_acpi_scope *scopes,
			  uint32_t room, uint32_t *out_count, struct umsi_acpi_error *error)
{
	static const struct umsi_acpi_kind kind = {
		"DMAR", DMAR_STRUCTURES, sizeof(*scopes), &structures, read_scopes, NULL,
	};

	return umsi_acpi_list(table, bytes, scopes, room, out_count, error, &kind);
}
