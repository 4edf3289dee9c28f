/* SPDX-License-Identifier: MIT */
/*
 * Who gets interrupts when there are not enough: what a device may take, what
 * the others must leave it, and who is asked to give some back. A host that
 * sets no limits pays one test for all of this, and links none of it. An allocation that
 * is under way while the first limits of a machine are set is not held to them.
 */
#ifndef UMSI_LIMITS_H
#define UMSI_LIMITS_H

#include <umsi/status.h>
#include <umsi/types.h>

struct umsi_device;

struct umsi_device_limits {
	/*
	 * So many interrupts the device can have whatever the others do: their allocations
	 * are refused (UMSI_ENOSLOT) while they would leave fewer free slots in the machine than
	 * all devices together still have to come. Slots are counted on all CPUs that give them out, not on one:
	 * whoever insists on a CPU that is full is refused all the same, and CPUs that leave take theirs along.
	 */
	uint32_t least;
	/* More than so many it cannot have (UMSI_ELIMIT); 0: no limit. */
	uint32_t most;
	/*
	 * NULL, or: somebody found no slot, and this device has more than its least; could it
	 * free @wanted? Asked are the devices that are furthest above their least first, one
	 * after the other, until there are slots. It may free during the call or later.
	 */
	void (*give_back)(void *arg, uint32_t wanted);
	/* NULL, or: slots are free again, and this device was refused, or was asked to give some back. Once each time. */
	void (*offer)(void *arg);
	void *arg;
};

/**
 * umsi_device_set_limits() - from now on
 * @limits: copied; NULL: none any more
 *
 * Limits count what the device has in all its tables; a logical function has limits of its own.
 * What it has beyond a new limit stays. While any device has limits, allocations and frees
 * take turns, and cost more with each device that has a least.
 *
 * Both callbacks are called by whoever allocates or frees, with no lock held; they may sleep
 * and call anything but this, umsi_device_remove() and umsi_device_revoke() for the same device. When this
 * returns neither is running. An allocation inside one that finds no slot asks nobody.
 *
 * Context: sleepable. Return: UMSI_OK, UMSI_EINVAL (NULL), UMSI_ECONTEXT, UMSI_ERANGE (least above most),
 *   UMSI_ENOSLOT (so many slots are not free, with what others have been promised), UMSI_ENOTSUP (a
 *   least, and the root does not know how many numbers it has left).
 */
int umsi_device_set_limits(struct umsi_device *dev, const struct umsi_device_limits *limits);

#endif
