/* SPDX-License-Identifier: MIT */
/* For roots with global numbers: who is to be the target, and away from a CPU that leaves. */
#ifndef UMSI_CORE_TARGET_H
#define UMSI_CORE_TARGET_H

#include "core/domain.h"

/* How much CPU @cpu of that root has to do already. */
typedef uint32_t (*umsi_load_of)(const struct umsi_domain *root, umsi_cpu cpu);

/*
 * The CPU with the least load among those that are open, permitted by @where
 * and reached by every level of @r's path; UMSI_CPU_NONE: there is none. A named
 * CPU is looked at alone.
 */
umsi_cpu umsi_target_choose(const struct umsi_domain *root, const struct umsi_record *r,
			    const struct umsi_where *where, umsi_load_of load);

/* May it go there: open, in the set, reached by every level? A CPU that @where names is the caller's to compare. */
bool umsi_target_permitted(const struct umsi_domain *root, const struct umsi_record *r, const struct umsi_where *where,
			   umsi_cpu cpu);

/*
 * R14: if @r is aimed at @cpu, moves it within its affinity, or else anywhere,
 * which is marked and counted. @slot is where it was found: by the time its lock
 * is held it may have become something else. A block moves as one, when its first
 * member is met. UMSI_OK, or as a move.
 */
int umsi_target_evacuate(struct umsi_record *r, uint32_t slot, umsi_cpu cpu);
/* The same of @count records, found by their slots, from @first on. */
int umsi_target_evacuate_all(const umsi_atomic_ptr *record, uint32_t count, uint32_t first, umsi_cpu cpu);

#endif
