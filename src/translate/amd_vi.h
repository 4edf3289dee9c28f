/* SPDX-License-Identifier: MIT */
/* One AMD-Vi unit's state; shared by amd_vi*.c only. */
#ifndef UMSI_TRANSLATE_AMD_VI_H
#define UMSI_TRANSLATE_AMD_VI_H

#include <umsi/amd_vi.h>

#include "codec/amd_ir.h"
#include "core/domain.h"
#include "idspace/idspace.h"

/* The command ring holds requests of a fixed shape: invalidations, then a wait. */
#define AMD_COMMANDS_LOG2	9u
#define AMD_COMMANDS		(1u << AMD_COMMANDS_LOG2)
#define AMD_EVENTS_LOG2		8u
#define AMD_EVENTS		(1u << AMD_EVENTS_LOG2)

/* Requester ids that one table may serve: phantom functions, or what shares a bridge. */
#define AMD_SENDERS_MAX		32u

struct umsi_amd_command {
	umsi_atomic64 low, high;
};

_Static_assert(sizeof(struct umsi_amd_command) == AMD_COMMAND_BYTES, "the hardware's layout");

struct umsi_amd_sender {
	uint16_t requester_id;
	uint16_t references;		/* tables of devices that send with it */
};

/*
 * The entries of one device, or of all that share a requester id.
 *
 *   field             written under   read without the lock by
 *   references,       unit's mutex    nobody
 *   next
 *   senders, count    lock            nobody
 *   ids, stale, lost  lock            nobody
 *   entries           interrupts' own locks, each its own   the hardware
 *   the rest          creation        anyone
 */
struct umsi_amd_table {
	struct umsi_amd_table *next;
	uint16_t key;			/* the requester id it is found by */
	uint32_t references;		/* tables of devices on it */
	uint32_t size;
	unsigned int log2_size;
	void *entries;			/* umsi_atomic32, or pairs of umsi_atomic64 */
	uint64_t bus;
	struct umsi_lock lock;
	struct umsi_ids ids;
	void *ids_memory;		/* of ids, then a bit per entry: stale */
	uint64_t *stale;
	uint32_t lost;
	uint32_t count;
	struct umsi_amd_sender sender[AMD_SENDERS_MAX];
};

/*
 *   field                    written under  read without the lock by
 *   tables, selected, lost   mutex          nobody
 *   commands, next           lock           the hardware
 *   done[]                   the hardware   who waits (acquire)
 *   silent, invalidations,   atomic         anyone
 *   timeouts
 *   events, overflows        lock           statistics
 *   rest                     creation       anyone
 *
 * mutex is held over attaching and detaching. A table's lock nests inside a
 * record's, lock inside a table's; nobody waits with either held.
 */
struct umsi_amd_vi {
	struct umsi_domain domain;
	uint64_t phys;
	unsigned char *regs;
	uint64_t features;
	bool x2apic, wide, has_2k;
	uint32_t devices;		/* requester ids its device table has */

	umsi_atomic64 *device_table;
	struct umsi_amd_command *commands;
	umsi_atomic64 *done;		/* by place of the wait: the number of the last that is done */
	umsi_atomic64 *event_log;
	uint64_t device_table_bus, commands_bus, done_bus, event_log_bus;

	struct umsi_mutex mutex;
	struct umsi_amd_table *tables;
	struct umsi_amd_table **selected[256];	/* by bus, made on first use: the table of each of its 256 ids */
	uint32_t lost;			/* of tables that are gone */

	struct umsi_lock lock;
	uint32_t next;			/* number of the next command; its place is that modulo AMD_COMMANDS */
	uint32_t event_head;
	umsi_atomic32 silent;
	umsi_atomic64 invalidations, timeouts;
	uint64_t events, overflows;
};

static inline struct umsi_amd_vi *umsi_amd_vi_of(struct umsi_domain *d)
{
	return (struct umsi_amd_vi *)d;
}

extern const struct umsi_domain_ops umsi_amd_vi_ops;

/* ---- Registers (amd_vi_unit.c) ---- */

uint32_t umsi_amd_read32(const struct umsi_amd_vi *v, uint32_t offset);
void umsi_amd_write32(const struct umsi_amd_vi *v, uint32_t offset, uint32_t value);
uint64_t umsi_amd_read64(const struct umsi_amd_vi *v, uint32_t offset);
void umsi_amd_write64(const struct umsi_amd_vi *v, uint32_t offset, uint64_t value);
void umsi_amd_log(struct umsi_amd_vi *v, const char *what, const char *name, uint64_t number);

/* It may have lost its registers: programs them again if it has. UMSI_OK, UMSI_ETIMEOUT. */
int umsi_amd_restore(struct umsi_domain *domain);

/* ---- Commands (amd_vi_command.c) ---- */

/* Everything is done, as it were; the unit's command buffer is off. */
void umsi_amd_commands_reset(struct umsi_amd_vi *v);
/* Each of @count commands (at most AMD_SENDERS_MAX), then a wait. UMSI_OK or UMSI_ETIMEOUT. Any context. */
int umsi_amd_command(struct umsi_amd_vi *v, const uint64_t *low, uint32_t count);

/* ---- Tables of devices (amd_vi_table.c) ---- */

int umsi_amd_attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
void umsi_amd_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size);
/* Gives back what finds tables by requester id; there are none any more. */
void umsi_amd_selected_free(struct umsi_amd_vi *v);
/* Its copies of the table's entries are forgotten. UMSI_OK or UMSI_ETIMEOUT. Any context. */
int umsi_amd_table_invalidate(struct umsi_amd_vi *v, struct umsi_amd_table *t);

#endif
