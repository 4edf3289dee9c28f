/* SPDX-License-Identifier: MIT */
/* The local APIC root's state; shared by lapic*.c only. */
#ifndef UMSI_ROOT_LAPIC_H
#define UMSI_ROOT_LAPIC_H

#include <umsi/lapic.h>

#include "codec/lapic.h"
#include "core/ipi.h"
#include "vector/vector.h"
#include "umsi_lapic.h"

/*
 * System slots of the vector space are small numbers, where x86 has its
 * exceptions; the vectors with most priority are the highest. So system slot k
 * is vector system + k, and no slot below 0x20 is ever a vector by itself.
 */
#define LAPIC_SLOT_TIMER	0u
#define LAPIC_SLOT_ERROR	UMSI_SLOT_MARKER	/* this root needs no marker */
#define LAPIC_SPURIOUS		0xffu

/*
 *   field   written under         read without the lock by
 *   ipis    see there             anyone
 *   errors  atomic                traps
 *   rest    creation only         anyone
 */
struct umsi_lapic {
	struct umsi_vec v;
	bool x2apic, directed_eoi, remapped;
	uint32_t system;		/* first system vector */
	unsigned char *page;		/* xAPIC: each CPU finds its own there */
	void (*timer)(void *host, umsi_cpu cpu);
	umsi_atomic32 errors;
	struct umsi_ipis ipis;
};

static inline struct umsi_lapic *umsi_lapic_of(struct umsi_vec *v)
{
	return (struct umsi_lapic *)v;
}

/* ---- Registers of the running CPU ---- */

static inline uint32_t umsi_lapic_read(const struct umsi_lapic *la, uint32_t offset)
{
	if (la->x2apic)
		return (uint32_t)umsi_lapic_msr_read(umsi_x2apic_msr(offset));
	return umsi_mmio_read32(la->page + offset);
}

static inline void umsi_lapic_write(const struct umsi_lapic *la, uint32_t offset, uint32_t value)
{
	if (la->x2apic)
		umsi_lapic_msr_write(umsi_x2apic_msr(offset), value);
	else
		umsi_mmio_write32(la->page + offset, value);
}

static inline void umsi_lapic_eoi(const struct umsi_lapic *la)
{
	umsi_lapic_write(la, LAPIC_EOI, 0);
}

/* lapic_cpu.c: registers of the running CPU, and what the vector space asks of them. */
extern const struct umsi_vec_root_ops umsi_lapic_vec_ops;
int umsi_lapic_cpu_online(struct umsi_domain *d, umsi_cpu cpu);
int umsi_lapic_cpu_restore(struct umsi_domain *d, umsi_cpu cpu);
uint32_t umsi_lapic_error(struct umsi_lapic *la);
/* Raises @vector on @cpu, also on one that messages cannot name. */
void umsi_lapic_send(struct umsi_lapic *la, umsi_cpu cpu, uint32_t vector);

/* lapic_trap.c */
void umsi_lapic_system(struct umsi_vec *v, struct umsi_vec_cpu *c, uint32_t slot);
void umsi_lapic_drain(struct umsi_domain *d, umsi_cpu cpu);

/* The request bits of the 32 vectors from @vector on, of the running CPU. */
uint32_t umsi_lapic_requests(const struct umsi_lapic *la, uint32_t vector);

/* lapic_dead.c */
int umsi_lapic_cpu_dead(struct umsi_domain *d, umsi_cpu cpu);

#endif
