/* SPDX-License-Identifier: MIT */
/* One AMD-Vi unit's state; shared by amd_vi*.c only. */
#ifndef UMSI_TRANSLATE_AMD_VI_H
#define UMSI_TRANSLATE_AMD_VI_H

#include <umsi/amd_vi.h>

#include "codec/amd_ir.h"
#include "translate/unit.h"

#define AMD_EVENTS_LOG2		8u
#define AMD_EVENTS		(1u << AMD_EVENTS_LOG2)

/* Requester ids that one table may serve: phantom functions, or what shares a bridge. */
#define AMD_SENDERS_MAX		32u

_Static_assert(sizeof(struct umsi_unit_command) == AMD_COMMAND_BYTES, "the hardware's layout");

/* Two 64-bit words an event, behind the ring. */
struct umsi_amd_rings {
	struct umsi_unit_ring commands;
	umsi_atomic64 event[2 * AMD_EVENTS];
};

struct umsi_amd_sender {
	uint16_t requester_id;
	uint16_t references;		/* tables of devices that send with it */
};

/*
 * The entries of one device, or of all that share a requester id.
 *
 *   field             written under     read without the lock by
 *   references, next  unit's mutex      nobody
 *   senders, count    its table's lock  nobody
 *   key               creation          anyone
 */
struct umsi_amd_table {
	struct umsi_unit_table t;
	struct umsi_amd_table *next;
	uint16_t key;			/* the requester id it is found by */
	uint32_t references;		/* tables of devices on it */
	uint32_t count;
	struct umsi_amd_sender sender[AMD_SENDERS_MAX];
};

/*
 *   field                    written under  read without the lock by
 *   tables, selected, lost   mutex          nobody
 *   event_head               unit's lock    nobody
 *   rest                     creation       anyone
 *
 * mutex is held over attaching and detaching.
 */
struct umsi_amd_vi {
	struct umsi_unit unit;
	uint64_t features;
	bool has_2k;
	uint32_t devices;		/* requester ids its device table has */
	umsi_atomic64 *device_table;
	uint64_t device_table_bus;

	struct umsi_mutex mutex;
	struct umsi_amd_table *tables;
	struct umsi_amd_table **selected[256];	/* by bus, made on first use: the table of each of its 256 ids */
	uint32_t lost;			/* of tables that are gone */
	uint32_t event_head;
};

extern const struct umsi_domain_ops umsi_amd_vi_ops;

static inline struct umsi_amd_vi *umsi_amd_vi_of(const struct umsi_unit *u)
{
	return (struct umsi_amd_vi *)u;
}

/* ---- Device table entries (amd_vi.c) ---- */

/* What decides about the id's interrupts, but for those that pass, is @word from now on. UMSI_OK or UMSI_ETIMEOUT. */
int umsi_amd_select(struct umsi_amd_vi *v, uint16_t id, uint64_t word);

/* ---- Tables of devices (amd_vi_table.c) ---- */

int umsi_amd_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
void umsi_amd_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
/* Gives back what finds tables by requester id; there are none any more. */
void umsi_amd_selected_free(struct umsi_amd_vi *v);
/* Its copies of all the table's entries are forgotten. UMSI_OK or UMSI_ETIMEOUT. Any context. */
int umsi_amd_invalidate(struct umsi_unit *u, struct umsi_unit_table *t, uint32_t index, unsigned int order);

#endif
