/* SPDX-License-Identifier: MIT */
/*
 * I/O APICs as message stores: an index of the table is a pin, its message
 * goes where the device's parent says. Each I/O APIC is a device with a table
 * of its own. Pins signal as umsi_irq_request_at.trigger says; NONE is a
 * rising edge.
 * Source: Intel 82093AA data sheet; Intel SDM Vol. 3A, "EOI register", "Directed EOI".
 */
#ifndef UMSI_IOAPIC_H
#define UMSI_IOAPIC_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_ioapic_config {
	uint64_t phys;		/* of its register window, 16-byte aligned */
	/*
	 * As in umsi_lapic_config. Not: the local APIC's end of interrupt is broadcast to it.
	 * Behind a translator always: a CPU's vector is not the pin's there. The local APICs
	 * may broadcast all the same; an end that is for no pin of that vector does nothing,
	 * and one that meets another pin early has it look at its line once more.
	 */
	bool directed_eoi;
};

/**
 * umsi_ioapic_create() - its pins as a table
 *
 * Masks every pin and ends what firmware left unfinished; pins that raise
 * SMIs stay as they are and refuse requests (UMSI_EREFUSED).
 *
 * Moving a pin: a level pin whose interrupt has not been ended yet answers
 * UMSI_EAGAIN, for the end would no longer match its entry and the line would
 * be dead; with directed_eoi that is until umsi_irq_done(). An edge on a pin
 * that is masked is ignored by the hardware, so after a move of an edge pin the
 * handler is called once for what may have come meanwhile.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment, a translator without directed_eoi), UMSI_EGONE (all-ones),
 *   UMSI_ERANGE (more pins than can be), UMSI_ENOTSUP (directed_eoi and it has no such
 *   register), and as umsi_table_create().
 */
int umsi_ioapic_create(struct umsi_device *dev, const struct umsi_ioapic_config *config,
		       struct umsi_table **out);

#endif
