/* SPDX-License-Identifier: MIT */
/*
 * x86 local APICs as a root: one per CPU, 256 vectors each, xAPIC or x2APIC.
 * A CPU's APIC id is umsi_cpu_desc.hw_id.
 * Source: Intel SDM Vol. 3A, "Advanced Programmable Interrupt Controller (APIC)".
 */
#ifndef UMSI_LAPIC_H
#define UMSI_LAPIC_H

#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_lapic_config {
	bool x2apic;			/* registers are MSRs; umsi_cpu_online() switches if it must */
	uint64_t mmio_phys;		/* of the xAPIC page; 0 = 0xFEE00000 */
	uint32_t first_vector;		/* 0x20 .. 0xD8: lower ones are the host's; 0 = 0x20 */
	uint32_t system_vector;		/* first of the system range, which ends at 0xFF; 0xE0 .. 0xFA; 0 = 0xF0 */
	bool extended_ids;		/* the platform takes 15 destination bits in a message */
	bool remapped;			/* every device's messages pass a translator: 32 bits, and not @extended_ids */
	bool directed_eoi;		/* I/O APICs are told each end of interrupt, none is broadcast */
	/* The timer vector came, interrupts off; NULL = not expected. */
	void (*timer)(void *host, umsi_cpu cpu);
};

/*
 * The system range, from system_vector on: timer, kick, error, then the IPIs;
 * 0xFF is the spurious vector.
 */

/**
 * umsi_lapic_create() - a root over the local APICs of all CPUs
 *
 * A message names an APIC in 8 bits, or 15, or 32 behind translators. A CPU whose id does not fit is
 * left out: it may take timer and kicks, no interrupt is ever aimed at it, and
 * one line of the log says so. No register is touched until umsi_cpu_online().
 *
 * umsi_cpu_online() refuses (UMSI_EREFUSED) when hw_id is not the running
 * CPU's id, when the APIC is disabled or in x2APIC mode against @config, or
 * cannot suppress broadcasts where directed_eoi asks for it. It masks every
 * local source that is neither NMI nor SMI; the host then programs its timer
 * with umsi_lapic_timer_vector().
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, two CPUs with one id,
 *   an id that x2APIC or xAPIC cannot have, mmio_phys not 4 KiB aligned),
 *   UMSI_ERANGE (vectors), UMSI_EEXIST (the machine has such a root), UMSI_ENOCPU
 *   (no CPU can be aimed at), UMSI_ENOMEM.
 */
int umsi_lapic_create(struct umsi *m, const struct umsi_lapic_config *config,
		      struct umsi_domain **out);

/**
 * umsi_lapic_destroy() - unmap and forget
 *
 * Every CPU must have stopped taking external interrupts.
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device or interrupt uses it).
 */
int umsi_lapic_destroy(struct umsi_domain *root);

/**
 * umsi_lapic_trap() - the trap entry
 * @root: from umsi_lapic_create()
 * @cpu: the CPU this runs on
 * @vector: the one that was taken, first_vector .. 0xFF
 *
 * Call it for every external interrupt, interrupts off, on that CPU's stack.
 * It ends the interrupt at the APIC itself, after the handler: until then
 * vectors of the same or a lower class (upper four bits) wait, and a level pin
 * of an I/O APIC stays quiet. A handler that turns interrupts on may nest it
 * with vectors of a higher class.
 */
void umsi_lapic_trap(struct umsi_domain *root, umsi_cpu cpu, uint32_t vector);

/* What the library keeps of one CPU, for the entry that need not look it up. */
struct umsi_lapic_part;

/**
 * umsi_lapic_part() - one CPU's part, the same until the root is destroyed
 *
 * A host that keeps it where its trap finds it at once (with its own data of that CPU, by GS) hands it to
 * umsi_lapic_trap_at() and saves the way there. NULL: the CPU is left out, and has umsi_lapic_trap() alone.
 * Context: any. @cpu is one of the machine's.
 */
struct umsi_lapic_part *umsi_lapic_part(struct umsi_domain *root, umsi_cpu cpu);

/* umsi_lapic_trap() on the CPU whose part this is; not NULL. */
void umsi_lapic_trap_at(struct umsi_lapic_part *part, uint8_t vector);

/* For the local timer's LVT entry. Any context. */
uint32_t umsi_lapic_timer_vector(const struct umsi_domain *root);

/* ---- Inter-processor interrupts over system vectors ---- */

/**
 * umsi_lapic_ipi_add() - take one system vector on every CPU
 * @out_ipi: for umsi_lapic_ipi_send(); taken until the root is destroyed
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOSLOT (the system range is used up).
 */
int umsi_lapic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi);

/**
 * umsi_lapic_ipi_send() - one write to the interrupt command register
 *
 * Memory written before is visible to the handler. Several sends may merge.
 * Context: any but NMI. Return: UMSI_OK, UMSI_ERANGE (no such IPI or CPU), UMSI_ENOCPU
 *   (offline, or left out).
 */
int umsi_lapic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

#endif
