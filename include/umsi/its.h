/* SPDX-License-Identifier: MIT */
/*
 * The GICv3 Interrupt Translation Service: turns a device's id and event number
 * into an LPI at a redistributor, behind a GICv3 root (<umsi/gicv3.h>).
 *
 * A device's message never changes: a move changes the ITS's mapping and waits
 * until it has taken effect. Devices whose messages carry the same DeviceID
 * share one table of events, which goes with the last of them. A function with
 * phantom functions has a DeviceID for each, which all lead alike.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "Locality-specific Peripheral
 * Interrupts and the ITS".
 */
#ifndef UMSI_ITS_H
#define UMSI_ITS_H

#include <umsi/device.h>
#include <umsi/status.h>
#include <umsi/types.h>

/* Requester ids first .. first + count - 1 (after @mask) come as DeviceIDs from @device_id on. */
struct umsi_its_map {
	uint32_t first, count, device_id;
	uint32_t mask;		/* of the requester id that is looked up; 0 = all of it */
};

#define UMSI_ITS_MAPS_MAX	16

/* What firmware tells, or the host fills in by hand. Borrowed for the call. */
struct umsi_its_config {
	uint64_t phys;			/* CPU-physical, of the 64 KiB control frame; the doorbell's frame follows */
	uint32_t node;			/* NUMA node it belongs to */
	uint32_t maps;			/* 0: the DeviceID is the requester id */
	struct umsi_its_map map[UMSI_ITS_MAPS_MAX];
	uint32_t shared_events;		/* events of a DeviceID that several functions may share, at least; 0 = 64 */
	uint32_t queue_commands;	/* room in the command queue, a power of two, 128 .. 2048; 0 = 2048 */
	uint64_t timeout_ns;		/* how long a command may take; 0 = one second */
	/*
	 * Optional: an IOMMU stands between a device and the doorbell. Makes the
	 * doorbell at @phys reachable for @requester_id and says under which address;
	 * for a function and its phantom functions it must be the same (UMSI_ENOTSUP).
	 * Sleepable. An umsi_status.
	 */
	int (*map_doorbell)(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova);
};

/**
 * umsi_its_create() - a translator; devices name *out as their parent
 * @root: from umsi_gicv3_create()
 *
 * Quietens the ITS, gives it a queue and tables, enables it. Known errata are
 * recognised by GITS_IIDR and logged. One call for each ITS.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL, addresses, too many maps, queue_commands), UMSI_ENOTSUP (not
 *   an ITS for physical LPIs), UMSI_ERANGE (fewer collections than CPUs), UMSI_EGONE (nobody answers),
 *   UMSI_ETIMEOUT (it does not come to rest), UMSI_EREFUSED (it does not take its tables), UMSI_ENOMEM.
 */
int umsi_its_create(struct umsi *m, struct umsi_domain *root, const struct umsi_its_config *config,
		    struct umsi_domain **out);

/**
 * umsi_its_destroy() - disable, unmap and forget
 *
 * If it does not come to rest it may still read its memory, which is then not
 * given back (a line of the log says so).
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL, UMSI_EBUSY (a device uses it).
 */
int umsi_its_destroy(struct umsi_domain *its);

/* What the translator holds at the moment; racy while others allocate. */
struct umsi_its_count {
	uint32_t devices;	/* DeviceIDs mapped */
	uint32_t events;	/* event numbers given out */
	uint32_t room;		/* event numbers that those devices' tables have */
	uint64_t commands;	/* queued so far */
	uint64_t refused;	/* ... that the ITS stalled on */
	uint64_t timeouts;
	const char *erratum;	/* a known one that applies, or NULL */
};

/* Any context. UMSI_OK or UMSI_EINVAL. */
int umsi_its_count(struct umsi_domain *its, struct umsi_its_count *out);

/**
 * umsi_its_raise() - the ITS itself raises an interrupt's event (INT), as the device would
 *
 * For tests and for hosts that forward events. Context: any but NMI. Return: UMSI_OK, UMSI_ENOENT (not
 *   live), UMSI_EINVAL (not behind an ITS), UMSI_ESTATE (not requested), UMSI_ETIMEOUT, UMSI_EREFUSED.
 */
int umsi_its_raise(struct umsi *m, umsi_irq irq);

#endif
