/* SPDX-License-Identifier: MIT */
/*
 * HPET comparators that send messages ("FSB delivery") as a message store: an
 * index is a comparator.
 * Source: IA-PC HPET Specification 1.0a.
 */
#ifndef UMSI_HPET_H
#define UMSI_HPET_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_hpet_config {
	uint64_t phys;		/* of its register block, 1 KiB aligned */
};

/**
 * umsi_hpet_create() - its comparators as a table
 *
 * Takes every comparator that can send messages: one shot, 32 bits, silent.
 * Legacy replacement is turned off; the counter keeps running or standing. A
 * comparator without messages refuses requests (UMSI_ENOTSUP). What fires while
 * a move masks it is lost to the hardware, so after a move the handler is called once.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment), UMSI_EGONE (all-ones),
 *   UMSI_EREFUSED (an impossible period), UMSI_ENOTSUP (no comparator sends messages), and as
 *   umsi_table_create().
 */
int umsi_hpet_create(struct umsi_device *dev, const struct umsi_hpet_config *config,
		     struct umsi_table **out);

/* ---- For drivers of its timers ---- */

/* Lets the counter run. Any context. UMSI_OK, UMSI_EINVAL (not such a table). */
int umsi_hpet_start(struct umsi_table *table);

/* Femtoseconds of a tick; 0: not such a table. Any context. */
uint32_t umsi_hpet_period_fs(const struct umsi_table *table);

/**
 * umsi_hpet_arm() - one interrupt of comparator @index, @ticks from now
 * @ticks: 1 .. 2^31
 *
 * Calls for one index come one at a time. Context: any. Return: UMSI_OK, UMSI_EINVAL,
 *   UMSI_ERANGE, UMSI_EAGAIN (the time passed, or all but passed, while it was written: ask for
 *   more; this one may come all the same).
 */
int umsi_hpet_arm(struct umsi_table *table, uint32_t index, uint32_t ticks);

#endif
