/* SPDX-License-Identifier: MIT */
/* The IMSIC root's state; shared by imsic*.c only. */
#ifndef UMSI_ROOT_IMSIC_H
#define UMSI_ROOT_IMSIC_H

#include <umsi/imsic.h>

#include "codec/imsic.h"
#include "core/ipi.h"
#include "vector/vector.h"

#define IMSIC_SYSTEM_IDS_MAX	32

/*
 *   field   written under         read without the lock by
 *   ipis    see there             anyone
 *   rest    creation only         anyone
 */
struct umsi_imsic {
	struct umsi_vec v;
	uint32_t num_ids, system_ids;
	struct umsi_imsic_layout layout;
	uint64_t *phys;			/* by CPU; 0 = no file */
	void **page;			/* by CPU, mapped */
	void (*timer)(void *host, umsi_cpu cpu);
	void (*software)(void *host, umsi_cpu cpu);
	struct umsi_ipis ipis;
};

static inline struct umsi_imsic *umsi_imsic_of(struct umsi_vec *v)
{
	return (struct umsi_imsic *)v;
}

/* imsic_file.c: what the vector space asks of a file; bring-up of the running hart's. */
extern const struct umsi_vec_root_ops umsi_imsic_vec_ops;
int umsi_imsic_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_imsic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);

/* imsic_dead.c */
int umsi_imsic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);

/* imsic_trap.c */
void umsi_imsic_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);
void umsi_imsic_drain(struct umsi_domain *d, umsi_cpu cpu);

#endif
