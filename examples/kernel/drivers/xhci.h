/* SPDX-License-Identifier: MIT */
/*
 * An xHCI controller with plain MSI: a message to each of its 16 interrupters,
 * one address and data for all, and no mask bit. Transfer requests name the
 * interrupter that their completion goes to.
 * Source: eXtensible Host Controller Interface for USB 1.2, "Register Interface",
 * "Data Structures", sections by title below.
 */
#ifndef XHCI_H
#define XHCI_H

#include <stdbool.h>
#include <stdint.h>

#include <umsi/irq.h>
#include <umsi/umsi.h>

#include "core/fire.h"

#define XHCI_INTERRUPTERS	16u
#define XHCI_RING_TRBS		128u	/* the last one leads back to the first */
#define XHCI_EVENTS		256u	/* of an event ring */

/* "Transfer Request Block (TRB)". */
struct xhci_trb {
	uint64_t parameter;
	uint32_t status, control;
};
_Static_assert(sizeof(struct xhci_trb) == 16, "a TRB is 16 bytes");

/* Of requests: commands, or transfers to one endpoint. Written by one CPU. */
struct xhci_ring {
	volatile struct xhci_trb *trb;
	uint32_t next, cycle;
};

/* Its handler's alone, but for what it tells the waiting CPU. */
struct xhci_interrupter {
	uint32_t number;
	volatile struct xhci_trb *event;
	uint32_t next, cycle;
	uint64_t transfers;		/* events, by kind; atomic */
	uint64_t commands, others;
	uint64_t errors;		/* with a completion code other than success */
	uint32_t slot;			/* of the last command completion */
};

struct xhci {
	bool present;
	uintptr_t operational, runtime, doorbells;
	uint32_t ports, slot;
	uint64_t *contexts;		/* "Device Context Base Address Array" */
	struct xhci_ring commands, transfers;
	struct xhci_interrupter interrupter[XHCI_INTERRUPTERS];
	umsi_irq irq[XHCI_INTERRUPTERS];
	struct fire fire;
};

extern struct xhci xhci;

/* Takes the controller, if there is one, its 16 messages, and the first device on its ports. */
void xhci_init(void);

/*
 * Moved under fire: a round is one control transfer for each interrupter, so
 * that no message hides another's loss. All messages move together.
 */
void xhci_fire(uint64_t moves);

/* Events that carried an error or that nobody asked for. */
uint64_t xhci_errors(void);

/* ---- xhci_ring.c ---- */

bool xhci_ring_init(struct xhci_ring *ring);
/* Handed to the controller, without a doorbell; @control without the cycle bit. */
void xhci_ring_add(struct xhci_ring *ring, uint64_t parameter, uint32_t status, uint32_t control);
/* @target: 0 for slot 0, the command ring; else an endpoint. */
void xhci_ring_doorbell(uint32_t slot, uint32_t target);

/* Its registers and ring; interrupts on. */
bool xhci_interrupter_init(struct xhci_interrupter *i, uint32_t number);
enum umsi_handled xhci_handler(void *interrupter);

#define XHCI_TRB_TYPE(n)	((uint32_t)(n) << 10)

#endif
