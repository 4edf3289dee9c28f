/* SPDX-License-Identifier: MIT */
/*
 * Intel VT-d interrupt remapping as a translator: one domain per remapping
 * unit, between the local APICs and the devices in its scope. DMA remapping is
 * left as it was found.
 * Source: Intel Virtualization Technology for Directed I/O, Architecture
 * Specification, "Interrupt Remapping".
 */
#ifndef UMSI_VTD_H
#define UMSI_VTD_H

#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_vtd_config {
	uint64_t phys;			/* of its registers, 4 KiB aligned */
	uint32_t entries;		/* of its table: a power of two, 2 .. 65,536; 0 = 65,536 (16 bytes each) */
	bool x2apic;			/* the CPUs' APICs are, or will be, in x2APIC mode: 32-bit ids */
	bool no_wide_exchange;		/* do as if the CPU had no 128-bit exchange */
};

/**
 * umsi_vtd_create() - a translator over one unit, enabled when this returns
 * @parent: the local APIC root; give it umsi_lapic_config.remapped
 *
 * Takes the invalidation queue and the remapping table over from firmware, and
 * blocks messages in compatibility format: from then on nothing of this unit's
 * scope arrives that was not requested through the library. With @x2apic it
 * must come before the first umsi_cpu_online(), as APICs change mode there.
 *
 * Devices name it as their parent. Each message is checked against the
 * requester id of its device (umsi_device_config.messages_as). A move changes
 * the unit's entry; the device keeps its message.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, alignment), UMSI_ERANGE (entries),
 *   UMSI_EGONE (registers read all-ones), UMSI_ENOTSUP (no interrupt remapping, no queue, or no
 *   32-bit ids), UMSI_ESTATE (x2apic, and a CPU is online), UMSI_ENOMEM, UMSI_ETIMEOUT (a
 *   status bit or the queue does not answer; a line of the log names it), UMSI_EREFUSED
 *   (compatibility format cannot be blocked).
 */
int umsi_vtd_create(struct umsi_domain *parent, const struct umsi_vtd_config *config,
		    struct umsi_domain **out);

/**
 * umsi_vtd_destroy() - disable remapping and the queue, give the memory back
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device uses it; nothing was
 *   changed), UMSI_ETIMEOUT (the unit does not let go: its memory is kept, and lost).
 */
int umsi_vtd_destroy(struct umsi_domain *vtd);

/**
 * umsi_vtd_resume() - after a sleep in which the unit lost its registers
 *
 * Programs them again over the same table: every interrupt goes where it went.
 * umsi_resume() does this; here it is for a host that sleeps in another way.
 * Call it before devices may send, on one CPU. Going to sleep needs no call.
 *
 * Context: any but NMI, interrupts off allowed. Return: UMSI_OK, UMSI_EINVAL, UMSI_ETIMEOUT, UMSI_EREFUSED.
 */
int umsi_vtd_resume(struct umsi_domain *vtd);

/* One message that was blocked, as the unit recorded it. */
struct umsi_vtd_fault {
	uint16_t requester_id;		/* bus << 8 | device << 3 | function; the segment is the unit's */
	uint16_t index;			/* of the table; meaningless for compatibility format */
	uint8_t reason;			/* 0x20 .. 0x26 */
	const char *what;		/* static text for it */
};

/**
 * umsi_vtd_fault_take() - the next recorded fault, if there is one
 *
 * Frees the unit's register for the next. Faults are not recorded while all
 * registers are full; that they were lost is counted (umsi_vtd_stats.overflows).
 * Context: any but NMI. Return: UMSI_OK, UMSI_ENOENT (none), UMSI_EINVAL.
 */
int umsi_vtd_fault_take(struct umsi_domain *vtd, struct umsi_vtd_fault *out);

struct umsi_vtd_stats {
	uint32_t entries, used;		/* of the table */
	uint32_t lost;			/* entries out of use: their invalidation was never confirmed */
	uint64_t invalidations;		/* waited for */
	uint64_t timeouts;		/* waits that ended without an answer */
	uint64_t faults, overflows;	/* taken from the unit; times that it had no register free */
};

/* Context: any but NMI. Return: UMSI_OK, UMSI_EINVAL. */
int umsi_vtd_stats_read(struct umsi_domain *vtd, struct umsi_vtd_stats *out);

#endif
