/* SPDX-License-Identifier: MIT */
/* CPU sets an affinity names, kept once however many interrupts name them. */
#ifndef UMSI_CORE_MASK_H
#define UMSI_CORE_MASK_H

#include "core/machine.h"
#include "core/profile.h"

/* What a set happens to be, as far as choosing from it goes. */
#define UMSI_MASK_ANY_CPUS	UINT32_MAX	/* no more than a set */
#define UMSI_MASK_ALL_CPUS	(UINT32_MAX - 1)

/*
 * Immutable once found. references and next are guarded by the machine's
 * masks_lock; one with no reference stays until a new one is made.
 */
struct umsi_mask {
	struct umsi_mask *next;
	uint32_t references;
	uint32_t words;
	uint32_t node;			/* exactly the CPUs of this node, or one of the above */
	uint32_t hash;
	uint64_t bits[];		/* words, then for each 64 of them one that says which are not 0 */
};

/* @cpu is one of the machine's. */
static inline bool umsi_mask_has(const struct umsi_mask *mask, umsi_cpu cpu)
{
	return mask->bits[cpu / 64] >> (cpu % 64) & 1;
}

/* The first CPU of the set from @cpu on, or UMSI_CPU_NONE. Costs what is in the set. */
umsi_cpu umsi_mask_next(const struct umsi_mask *mask, umsi_cpu cpu);

/*
 * The kept copy of @set, with one more reference. Sleepable.
 * UMSI_OK, UMSI_ERANGE (a bit at or beyond ncpus), UMSI_EINVAL (no bit set, or NULL), UMSI_ENOMEM.
 */
int umsi_mask_get(struct umsi *m, const struct umsi_cpuset *set, struct umsi_mask **out);

/* Drops a reference; NULL is ignored. Any context. */
void umsi_mask_drop(struct umsi *m, struct umsi_mask *mask);

static inline void umsi_mask_put(struct umsi *m, struct umsi_mask *mask)
{
	if (UMSI_HAS_SETS)
		umsi_mask_drop(m, mask);
}

void umsi_masks_destroy(struct umsi *m);

#endif
