/* SPDX-License-Identifier: MIT */
/*
 * RISC-V IMSIC as a root: supervisor interrupt files, one per hart.
 * Source: RISC-V Advanced Interrupt Architecture 1.0, "Incoming MSI Controller
 * (IMSIC)", "Interrupts for Machine and Supervisor Levels".
 */
#ifndef UMSI_IMSIC_H
#define UMSI_IMSIC_H

#include <umsi/status.h>
#include <umsi/types.h>

/* One CPU's file. */
struct umsi_imsic_file {
	uint64_t phys;		/* of its 4 KiB page; 0 = this CPU has no file and is never a target */
};

/* What firmware tells, or the host fills in by hand. Borrowed for the call. */
struct umsi_imsic_config {
	const struct umsi_imsic_file *files;	/* ncpus of them, in the order of umsi_config.cpus */
	uint32_t num_ids;			/* 63 .. 2047, 64n - 1; identities are 1 .. num_ids, and no file has one above enabled */
	uint32_t system_ids;			/* identities kept for kick, marker and IPIs; 2 .. 32; 0 = 8 */
	uint32_t guest_index_bits;		/* for composing and dumps: page = hart << guest bits | guest */
	uint32_t hart_index_bits;
	uint32_t group_index_bits;
	uint32_t group_index_shift;		/* bit position in the address */
	/* What else arrives through the one trap entry; NULL = not expected. */
	void (*timer)(void *host, umsi_cpu cpu);	/* supervisor timer, interrupts off; must quieten it */
	void (*software)(void *host, umsi_cpu cpu);	/* supervisor software; must clear it */
};

/**
 * umsi_imsic_create() - a root over these files
 *
 * Maps every file. No register is touched until umsi_cpu_online().
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, a page not 4 KiB
 *   aligned, two CPUs with one page, a page whose bits do not fit the index widths),
 *   UMSI_ERANGE (num_ids, system_ids, widths), UMSI_EEXIST (the machine has such a root),
 *   UMSI_ENOMEM.
 */
int umsi_imsic_create(struct umsi *m, const struct umsi_imsic_config *config,
		      struct umsi_domain **out);

/**
 * umsi_imsic_destroy() - unmap and forget
 *
 * Every CPU must have stopped taking its external interrupts.
 * Context: sleepable. Return: UMSI_OK, UMSI_EBUSY (a device or interrupt uses it).
 */
int umsi_imsic_destroy(struct umsi_domain *root);

/**
 * umsi_imsic_trap() - the one trap entry
 * @root: from umsi_imsic_create()
 * @cpu: the CPU this runs on
 *
 * Call it for every interrupt trap, interrupts off, on that CPU's stack. It
 * asks the top-interrupt CSR what is there, serves external, software and
 * timer, at most a bounded number of each, and returns; a trap that finds
 * nothing is harmless. A handler that turns interrupts on may nest it.
 */
void umsi_imsic_trap(struct umsi_domain *root, umsi_cpu cpu);

/* ---- Inter-processor interrupts over system identities ---- */

/**
 * umsi_imsic_ipi_add() - take one system identity on every hart
 * @out_ipi: for umsi_imsic_ipi_send(); taken until the root is destroyed
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOSLOT (system_ids used up).
 */
int umsi_imsic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi);

/**
 * umsi_imsic_ipi_send() - one store to the file of @cpu
 *
 * Memory written before is visible to the handler. Several sends may merge. Context: any but NMI.
 * Return: UMSI_OK, UMSI_ERANGE (no such IPI or CPU), UMSI_ENOCPU (offline).
 */
int umsi_imsic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

#endif
