/* SPDX-License-Identifier: MIT */
/*
 * Arm GICv2 as a root: shared peripheral interrupts (SPIs), raised by messages
 * to GICv2m frames or by wires.
 *
 * SPI numbers are global: one table leads from number to interrupt, no CPU has
 * slots of its own, and a move is one write to one target register.
 * Source: Arm GIC architecture version 2.0 (IHI 0048); Server Base System
 * Architecture (DEN 0029), "GICv2m Architecture".
 */
#ifndef UMSI_GIC_H
#define UMSI_GIC_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* A page whose SETSPI register turns message writes into SPIs. */
struct umsi_gic_frame {
	uint64_t phys;		/* of its 4 KiB page */
	uint32_t spi_base, spis;	/* interrupt ids; spis 0: ask its MSI_TYPER */
};

#define UMSI_GIC_FRAMES_MAX	8
#define UMSI_GIC_CPUS_MAX	8	/* CPU interfaces of a GICv2 */

/* What firmware tells, or the host fills in by hand. Borrowed for the call. */
struct umsi_gic_config {
	uint32_t version;		/* 2 */
	uint64_t distributor;		/* CPU-physical, 4 KiB */
	uint64_t cpu_interface;		/* CPU-physical, banked: each CPU sees its own there */
	uint32_t frames;		/* 0: wires only */
	struct umsi_gic_frame frame[UMSI_GIC_FRAMES_MAX];
	uint32_t timer_id;		/* the timer's private interrupt, 16 .. 31; 0 = none */
	void (*timer)(void *host, umsi_cpu cpu);	/* interrupts off; must quieten it */
};

/**
 * umsi_gic_create() - a root over this distributor
 *
 * Maps the registers, switches the distributor off, disables every SPI and
 * switches it on again: nothing else may be using it.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, addresses, timer_id),
 *   UMSI_ENOTSUP (version), UMSI_ERANGE (more CPUs or frames than there may be, SPIs of a
 *   frame that do not exist or belong to two), UMSI_EEXIST (the machine has a root that kicks),
 *   UMSI_EGONE (nobody answers at @distributor), UMSI_EREFUSED (it does not take what is written),
 *   UMSI_ENOMEM.
 */
int umsi_gic_create(struct umsi *m, const struct umsi_gic_config *config,
		    struct umsi_domain **out);

/**
 * umsi_gic_destroy() - disable, unmap and forget
 *
 * Every CPU must have stopped taking its interrupts.
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device uses it).
 */
int umsi_gic_destroy(struct umsi_domain *root);

/**
 * umsi_gic_trap() - the one trap entry
 * @cpu: the CPU this runs on
 *
 * Call it for every IRQ exception, interrupts off, on that CPU's stack. It
 * acknowledges, serves and completes a bounded number of interrupts; one that
 * finds nothing is harmless.
 */
void umsi_gic_trap(struct umsi_domain *root, umsi_cpu cpu);

/**
 * umsi_gic_wires() - the wired lines as a table of a device
 * @dev: its parent is a GIC root
 * @out: indices are interrupt ids, 32 upwards; allocate exact ones
 *
 * Each request says how its line signals: UMSI_TRIGGER_EDGE_RISING or
 * UMSI_TRIGGER_LEVEL_HIGH, which is all an SPI can be. Lines that belong to a
 * frame, or that do not exist, are refused with UMSI_ERANGE.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, not a GIC's device), as umsi_table_create().
 */
int umsi_gic_wires(struct umsi_device *dev, struct umsi_table **out);

/* ---- Inter-processor interrupts: software generated interrupts 1 to 7 ---- */

/**
 * umsi_gic_ipi_add() - take one software generated interrupt on every CPU
 * @out_ipi: for umsi_gic_ipi_send(); taken until the root is destroyed
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOSLOT (used up).
 */
int umsi_gic_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		     void *arg, uint32_t *out_ipi);

/**
 * umsi_gic_ipi_send() - one register write
 *
 * Memory written before is visible to the handler. Context: any but NMI.
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (no such IPI or CPU), UMSI_ENOCPU (offline).
 */
int umsi_gic_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

#endif
