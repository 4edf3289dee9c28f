/* SPDX-License-Identifier: MIT */
/*
 * RISC-V APLIC: wired sources of one interrupt domain, at the privilege level
 * the host runs at, as firmware has left it. Two ways:
 *
 *   by message   sources are a table of a device whose parent is the IMSIC
 *                root: each has an identity there like any other interrupt
 *   directly     a root of its own, where harts have no IMSIC: source numbers
 *                are global, a move is one write, nothing retires when it moves
 *
 * In both, an index is a source number (1 ..) and each request says how its
 * line signals (enum umsi_trigger, all but NONE).
 * Source: RISC-V Advanced Interrupt Architecture 1.0, "Advanced Platform-Level
 * Interrupt Controller (APLIC)".
 */
#ifndef UMSI_APLIC_H
#define UMSI_APLIC_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

#define UMSI_APLIC_SOURCES_MAX	1023u
#define UMSI_APLIC_NO_HART	UINT32_MAX

/* What firmware tells, or the host fills in by hand. Borrowed for the call. */
struct umsi_aplic_config {
	uint64_t phys;			/* of the domain's control region, 4 KiB aligned */
	uint64_t bytes;			/* of it: 0x4000, and 32 for each hart index when direct */
	uint32_t sources;		/* 1 .. 1023: how many there may be */

	/*
	 * By message: how firmware has told the APLIC to make addresses of hart indices (mmsiaddrcfg,
	 * smsiaddrcfg, which only machine level can read): as the IMSIC's node says.
	 */
	uint64_t base;			/* file address with all index fields 0 */
	uint32_t guest_index_bits;	/* at most 6 */
	uint32_t hart_index_bits;
	uint32_t group_index_bits;
	uint32_t group_index_shift;	/* bit position in the address */

	/* Directly: each CPU's index in this domain, or UMSI_APLIC_NO_HART, in the order of umsi_config.cpus. */
	const uint32_t *hart_index;
};

/* ---- By message ---- */

/**
 * umsi_aplic_messages_create() - the domain's sources as a table of messages
 * @dev: its parent is what its messages go to
 * @out: indices are source numbers; index 0 does not exist (requests: UMSI_EREFUSED)
 *
 * Switches the domain to message delivery and every source off. Sources that
 * were delegated to a child domain stay as they are and refuse requests
 * (UMSI_EREFUSED), as do numbers without a wire. A message that the domain
 * cannot write (an address that no hart index makes, an identity beyond 2,047)
 * is refused with UMSI_ERANGE by request or move, and the source stays as it was.
 *
 * A level source is looked at again when its handler is done, or umsi_irq_done().
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment, base with index bits set),
 *   UMSI_ERANGE (sources, bytes, widths), UMSI_EGONE (nobody answers), UMSI_ENOTSUP (big-endian,
 *   or it delivers only directly), and as umsi_table_create().
 */
int umsi_aplic_messages_create(struct umsi_device *dev, const struct umsi_aplic_config *config,
			       struct umsi_table **out);

/* ---- Directly ---- */

/**
 * umsi_aplic_direct_create() - a root over this domain
 *
 * Switches the domain to direct delivery and every source off: nothing else
 * may be using it. Other CPUs are interrupted through their iforce registers. A CPU
 * without an index cannot come online (UMSI_EREFUSED).
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment, two CPUs with one index, no
 *   CPU with one), UMSI_ERANGE (sources; an index beyond @bytes), UMSI_EEXIST (the machine has a
 *   root that kicks), UMSI_EGONE (nobody answers), UMSI_ENOTSUP (big-endian, or it delivers only
 *   by message), UMSI_ENOMEM.
 */
int umsi_aplic_direct_create(struct umsi *m, const struct umsi_aplic_config *config,
			     struct umsi_domain **out);

/**
 * umsi_aplic_direct_destroy() - switch off, unmap and forget
 *
 * Every CPU must have stopped taking its external interrupts.
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device uses it).
 */
int umsi_aplic_direct_destroy(struct umsi_domain *root);

/**
 * umsi_aplic_direct_trap() - the trap entry for supervisor external interrupts
 * @cpu: the CPU this runs on
 *
 * Call it with interrupts off, on that CPU's stack, when scause says 9. It
 * claims and serves a bounded number of sources; one that finds nothing is harmless.
 */
void umsi_aplic_direct_trap(struct umsi_domain *root, umsi_cpu cpu);

/**
 * umsi_aplic_direct_wires() - the sources as a table of a device
 * @dev: its parent is a direct APLIC root
 * @out: indices are source numbers, 1 upwards; allocate exact ones
 *
 * A level source that is claimed while its handler runs, on the CPU that it has moved to or
 * inside the handler, is disabled until that call is done. Sources that are delegated to a child
 * domain or have no wire refuse requests (UMSI_EREFUSED). One that was freed can be had again once
 * every CPU has ended the trap it may be in: umsi_irq_alloc() waits for that, bounded.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, not such a device), as umsi_table_create().
 */
int umsi_aplic_direct_wires(struct umsi_device *dev, struct umsi_table **out);

/* ---- Inter-processor interrupts of a direct root ---- */

#define UMSI_APLIC_IPIS_MAX	31u

/**
 * umsi_aplic_ipi_add() - Context: sleepable.
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOSLOT (31 are taken).
 */
int umsi_aplic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi);

/**
 * umsi_aplic_ipi_send() - one atomic step and one register write
 *
 * Memory written before is visible to the handler. Several sends may merge. Context: any but NMI.
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (no such IPI or CPU), UMSI_ENOCPU (offline).
 */
int umsi_aplic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

#endif
