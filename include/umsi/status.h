/* SPDX-License-Identifier: MIT */
/*
 * What calls return: UMSI_OK or one negative code, grouped by whose move is
 * next. Numbers are fixed: they are never reused nor renumbered.
 *
 * Unless a function says that something remains, a call that failed has left
 * every object as it was.
 */
#ifndef UMSI_STATUS_H
#define UMSI_STATUS_H

enum umsi_status {
	UMSI_OK = 0,

	/* The caller's mistake: change the call. */
	UMSI_EINVAL = -1,	/* an argument is malformed */
	UMSI_ERANGE = -2,	/* a number is outside what the object has */
	UMSI_EEXIST = -3,	/* it is there already */
	UMSI_ENOENT = -4,	/* it is not there (any more) */
	UMSI_ESTATE = -5,	/* not in this state: see the function */
	UMSI_ECONTEXT = -6,	/* not from this context (trap, own handler) */
	UMSI_EBUSY = -7,	/* others still use it */
	UMSI_ENOTSUP = -8,	/* this block cannot do that */

	/* Something ran out: free some, wait, or ask for less. */
	UMSI_ENOMEM = -20,	/* umsi_host_alloc() returned NULL */
	UMSI_ENOSLOT = -21,	/* no free slot on any permitted online CPU */
	UMSI_ENOINDEX = -22,	/* no free index in the range asked for */
	UMSI_EAGAIN = -23,	/* slots are being drained: call from a context that may sleep, or later */
	UMSI_ENOCPU = -24,	/* no permitted CPU is online */
	UMSI_ELIMIT = -25,	/* the device has as many as it may: umsi_device_set_limits() */

	/* The hardware refused. */
	UMSI_EGONE = -40,	/* the device answers all-ones: removed or unreachable */
	UMSI_ETIMEOUT = -41,	/* a bounded wait ended without an answer */
	UMSI_EREFUSED = -42,	/* a register did not take the value written */

	/* Bad data from a device's configuration space. Nothing was touched. */
	UMSI_ECAP_NONE = -60,	/* the capability is not there */
	UMSI_ECAP_LOOP = -61,	/* the capability list loops */
	UMSI_ECAP_POINTER = -62,/* a list pointer is below 0x40 (0x100) or unaligned, or leads into a capability */
	UMSI_ECAP_GONE = -63,	/* configuration space reads all-ones */
	UMSI_ECAP_SIZE = -64,	/* the capability runs past configuration space, or ends too early */
	UMSI_ECAP_BIR = -65,	/* reserved BIR, or one that selects no memory BAR */
	UMSI_ECAP_BAR = -66,	/* that BAR is empty or unassigned */
	UMSI_ECAP_TABLE = -67,	/* the table lies outside its BAR, or is not aligned */
	UMSI_ECAP_PBA = -68,	/* the pending-bit array lies outside its BAR */
	UMSI_ECAP_OVERLAP = -69,/* tables, or table and pending-bit array, overlap */
	UMSI_ECAP_HEADER = -70,	/* a header type that has no capability list */
	UMSI_ECAP_MESSAGES = -71,/* a reserved number, or an impossible size, of messages */
	UMSI_ECAP_VERSION = -72,/* a revision that cannot be read */

	/* Bad data from firmware. Nothing was touched. */
	UMSI_EFW_MAGIC = -80,	/* not a table of the expected kind */
	UMSI_EFW_VERSION = -81,	/* a version that cannot be read */
	UMSI_EFW_TRUNCATED = -82,/* ends before its own structure does */
	UMSI_EFW_BOUNDS = -83,	/* an offset or size points outside */
	UMSI_EFW_STRUCTURE = -84,/* nesting or token order is broken */
	UMSI_EFW_STRING = -85,	/* a name is unterminated */
	UMSI_EFW_DEPTH = -86,	/* nested deeper than can be read */
	UMSI_EFW_MISSING = -87,	/* a required node or property is absent */
	UMSI_EFW_VALUE = -88,	/* a property has an impossible size or value */
	UMSI_EFW_CELLS = -89,	/* #address-cells / #size-cells / #interrupt-cells unusable */
	UMSI_EFW_PHANDLE = -90,	/* a phandle leads nowhere, or to the wrong node */
	UMSI_EFW_ROOM = -91,	/* more entries than the caller gave room for */

	/* Our bug: please report it, with the log. */
	UMSI_EBUG = -120,
};

/*
 * umsi_status_text() - one sentence for a status: what happened, what to do
 * @status: any int
 *
 * Context: any. Return: a static string, never NULL, also for unknown codes.
 */
const char *umsi_status_text(int status);

#endif
