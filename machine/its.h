/* SPDX-License-Identifier: MIT */
/* What the ITS's files share: its.c, its_table.c, its_command.c. */
#ifndef MACH_ITS_H
#define MACH_ITS_H

#include "gicv3.h"

#define ITS_OFFSET	0xfffe0u	/* of GITS_CWRITER and GITS_CREADR */
#define COLLECTIONS	256u
#define VALID		(UINT64_C(1) << 63)
#define INDIRECT	(UINT64_C(1) << 62)
#define DEVICES_BASER	0u
#define COLLECTIONS_BASER 1u
#define ENTRY_BYTES	8u	/* of both tables */

struct event_ {
	bool mapped;
	uint32_t lpi, collection;
};

struct device_ {
	uint32_t id, bits;
	uint64_t itt;
	struct event_ *event;
};

struct collection_ {
	bool mapped;
	uint32_t cpu;
};

struct mach_its {
	struct mach *m;
	struct mach_its_config config;
	struct region *region;
	struct remapper remapper;
	bool enabled;
	uint64_t resting;		/* when it has come to rest after being disabled */
	uint64_t cbaser, baser[2];
	uint32_t creadr, cwriter;
	bool stalled, deaf, lost;
	uint64_t next;			/* when the next command is looked at */
	uint64_t refuse_in;		/* stalls on the n-th command from now */
	bool syncing;
	uint64_t sync_moment;
	struct device_ *device;
	uint32_t devices;
	struct collection_ collection[COLLECTIONS];
	uint64_t commands, translated, unmapped;
};

/* ---- Tables: its_table.c ---- */

/* Does the ITS see what a CPU's cache holds of what that register leads to? */
bool its_coherent(uint64_t base);
/* Is there an entry for @id: within the table, in a page of the second level that is valid? */
bool its_table_has(struct mach_its *its, unsigned int which, uint32_t id);
/* Tables are its own to write: whoever gives them again has to clear them. */
void its_table_keep(struct mach_its *its, unsigned int which, uint32_t id, bool valid);
/* "Software must ensure": what is given is all zeros; of a table, all pages that its first level leads to. */
void its_must_be_zero(struct mach_its *its, uint64_t at, uint64_t bytes, bool sees, const char *what);
void its_table_given(struct mach_its *its, unsigned int which);
struct device_ *its_find_device(struct mach_its *its, uint32_t id);
uint64_t its_itt_bytes(const struct mach_its *its, uint32_t bits);
/* NULL: no such event; not mapped, or its collection is not. */
struct event_ *its_find_event(struct mach_its *its, uint32_t device, uint32_t event);
struct event_ *its_mapped_event(struct mach_its *its, uint32_t device, uint32_t event);

/* ---- The command queue: its_command.c ---- */

uint32_t its_queue_bytes(const struct mach_its *its);
/* Carries out what is due; when it wants to be called again, or NEVER. */
uint64_t its_due(struct mach *m, void *self);

#endif
