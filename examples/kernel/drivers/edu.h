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

struct cpu;

struct edu {
	bool present;
	uintptr_t registers;
	struct umsi_device *device;
	struct umsi_table *table;
	umsi_irq irq;
	struct cpu *firing;	/* woken by the handler */
	/* Atomic, all CPUs. */
	uint64_t raised;
	uint64_t seen;
	uint64_t moves;		/* with an event under way */
	uint64_t not_now;	/* moves answered UMSI_EAGAIN or UMSI_ENOSLOT */
	uint64_t empty;		/* handler calls that found nothing raised */
	uint64_t failures;
	uint64_t lost;
};

extern struct edu edu;

/* Takes the device, if there is one, and its message. */
void edu_init(void);

/*
 * One CPU raises, one event at a time, and sleeps until its handler ran: no
 * later event can hide a lost one. All others move the interrupt until @moves
 * moves had an event under way.
 */
void edu_fire(uint64_t moves);

#endif
