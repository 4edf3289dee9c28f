/* SPDX-License-Identifier: MIT */
/*
 * QEMU's "edu" device: one plain MSI message and no mask bit, so that each move
 * changes address and data while the device may be reading them.
 * Source: QEMU documentation, "EDU device".
 */
#ifndef EDU_H
#define EDU_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/umsi.h>

#include "core/fire.h"

struct edu {
	bool present;
	bool wired;			/* its pin is used: a level */
	uint32_t requester_id;
	uintptr_t registers;
	struct umsi_device *device;
	struct umsi_table *table;
	struct fire fire;
};

extern struct edu edu;

/* Takes the device, if there is one, and its message. */
void edu_init(void);

/* Moved under fire, one event at a time. */
void edu_fire(uint64_t moves);

#endif
