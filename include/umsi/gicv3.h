/* SPDX-License-Identifier: MIT */
/*
 * Arm GICv3 as a root: locality-specific interrupts (LPIs) that translators
 * (<umsi/its.h>) raise, wired lines as shared peripheral interrupts (SPIs), and
 * software generated interrupts between CPUs.
 *
 * LPI numbers are global: one table leads from number to interrupt, no CPU has
 * slots of its own, and a move changes the translator only. A number that was
 * freed is given out again once every CPU has ended the traps it may have been
 * in when its translation was removed.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069).
 */
#ifndef UMSI_GICV3_H
#define UMSI_GICV3_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* A range of redistributors, one behind the other up to the one that says it is the last. */
struct umsi_gicv3_region {
	uint64_t phys, bytes;
	uint32_t stride;	/* bytes from one to the next; 0 = as each says itself */
};

/* SPIs that no wire uses, and devices may raise by message. */
struct umsi_gicv3_mbi {
	uint32_t spi_base, spis;	/* interrupt ids */
};

#define UMSI_GICV3_MBIS_MAX	8

/* What firmware tells, or the host fills in by hand. Borrowed for the call. */
struct umsi_gicv3_config {
	uint64_t distributor;		/* CPU-physical, 64 KiB */
	const struct umsi_gicv3_region *region;
	uint32_t regions;
	uint32_t id_bits;		/* interrupt ids are below 2^id_bits, 14 .. 20; 0 = 16, or what there is */
	uint32_t mbis;			/* 0: no SPIs by message */
	struct umsi_gicv3_mbi mbi[UMSI_GICV3_MBIS_MAX];
	uint64_t mbi_alias;		/* CPU-physical of a page that has only the message registers; 0 = the distributor's */
	uint32_t timer_id;		/* the timer's private interrupt, 16 .. 31; 0 = none */
	void (*timer)(void *host, umsi_cpu cpu);	/* interrupts off; must quieten it */
};

/**
 * umsi_gicv3_create() - a root over this distributor and its redistributors
 *
 * umsi_cpu_desc.hw_id is each CPU's MPIDR_EL1, affinity fields only. Takes
 * memory for the LPIs' configuration (a byte each) and, per CPU, for what is
 * pending (a bit each, 64 KiB at least). Nothing else may be using the GIC.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, addresses, timer_id, id_bits, mbis),
 *   UMSI_ENOTSUP (not a GICv3, or one without LPIs, or without the messages that are asked for),
 *   UMSI_ERANGE (a CPU without redistributor; SPIs by message that do not exist, or named twice),
 *   UMSI_EEXIST (the machine has a root that kicks), UMSI_EGONE (nobody answers),
 *   UMSI_EREFUSED (the distributor does not take what is written), UMSI_ETIMEOUT, UMSI_ENOMEM.
 */
int umsi_gicv3_create(struct umsi *m, const struct umsi_gicv3_config *config,
		      struct umsi_domain **out);

/**
 * umsi_gicv3_destroy() - disable, unmap and forget
 *
 * Every CPU must have stopped taking its interrupts. Redistributors that cannot
 * be told to forget their tables keep them: the memory is then not given back
 * (a line of the log says so).
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device or translator uses it).
 */
int umsi_gicv3_destroy(struct umsi_domain *root);

/**
 * umsi_gicv3_trap() - the one trap entry
 * @cpu: the CPU this runs on
 *
 * Call it for every IRQ exception, interrupts off, on that CPU's stack. It
 * acknowledges, serves and ends a bounded number of interrupts; one that finds
 * nothing is harmless.
 */
void umsi_gicv3_trap(struct umsi_domain *root, umsi_cpu cpu);

/**
 * umsi_gicv3_wires() - the wired lines as a table of a device
 * @dev: its parent is a GICv3 root
 * @out: indices are interrupt ids, 32 upwards; allocate exact ones
 *
 * As umsi_gic_wires(); SPIs by message are refused with UMSI_ERANGE. Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, not a GICv3's
 *   device), as umsi_table_create().
 */
int umsi_gicv3_wires(struct umsi_device *dev, struct umsi_table **out);

/**
 * umsi_gicv3_messages() - SPIs by message; devices name *out as their parent
 * @out: lives as long as the root, which is not destroyed while a device uses it
 *
 * For devices without an ITS between: nothing checks who sends (any device may
 * raise any of these). Blocks of messages are aligned numbers.
 * Source: IHI 0069, "Message-based SPIs"; devicetree binding arm,gic-v3, "mbi-ranges".
 *
 * Any context. UMSI_OK, UMSI_EINVAL, UMSI_ENOTSUP (no range was configured).
 */
int umsi_gicv3_messages(struct umsi_domain *root, struct umsi_domain **out);

/* What the root holds at the moment; racy while others allocate. */
struct umsi_gicv3_lpis {
	uint32_t total;		/* numbers there are */
	uint32_t owned;		/* of allocated interrupts */
	uint32_t ending;	/* freed, not yet proved quiet */
};

/* Any context. UMSI_OK or UMSI_EINVAL. */
int umsi_gicv3_count(struct umsi_domain *root, struct umsi_gicv3_lpis *out);

/* ---- Inter-processor interrupts: software generated interrupts 1 to 7 ---- */

/**
 * umsi_gicv3_ipi_add() - take one software generated interrupt on every CPU
 * @out_ipi: for umsi_gicv3_ipi_send(); taken until the root is destroyed
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_ENOSLOT (used up).
 */
int umsi_gicv3_ipi_add(struct umsi_domain *root, umsi_ipi_handler handler,
		       void *arg, uint32_t *out_ipi);

/**
 * umsi_gicv3_ipi_send() - one register write
 *
 * Memory written before is visible to the handler. Context: any but NMI.
 * Return: UMSI_OK, UMSI_EINVAL, UMSI_ERANGE (no such IPI or CPU), UMSI_ENOCPU (offline).
 */
int umsi_gicv3_ipi_send(struct umsi_domain *root, uint32_t ipi, umsi_cpu cpu);

#endif
