/* SPDX-License-Identifier: MIT */
#include <umsi/status.h>

#include <stddef.h>

static const struct {
	int status;
	const char *text;
} texts[] = {
	{ UMSI_OK, "success" },
	{ UMSI_EINVAL, "an argument is malformed: see the function's description" },
	{ UMSI_ERANGE, "a number is outside what the object has" },
	{ UMSI_EEXIST, "it is there already: free it first, or use the one there is" },
	{ UMSI_ENOENT, "it is not there, or not any more" },
	{ UMSI_ESTATE, "the object is not in the state this call needs" },
	{ UMSI_ECONTEXT, "not from here: call it from thread context, on the right CPU" },
	{ UMSI_EBUSY, "others still use it: remove them first" },
	{ UMSI_ENOTSUP, "this block cannot do that" },
	{ UMSI_ENOMEM, "the host has no memory left" },
	{ UMSI_ENOSLOT, "no interrupt slot is free on any permitted online CPU: widen the affinity or free some" },
	{ UMSI_ENOINDEX, "every index of the range is taken" },
	{ UMSI_EAGAIN, "slots are being drained: try again, or from a context that may sleep" },
	{ UMSI_ENOCPU, "no permitted CPU is online" },
	{ UMSI_ELIMIT, "the device has as many interrupts as it may: free some, or raise its limit" },
	{ UMSI_EGONE, "the device answers all-ones: removed or unreachable" },
	{ UMSI_ETIMEOUT, "the hardware did not answer in time" },
	{ UMSI_EREFUSED, "a register did not take the value written" },
	{ UMSI_ECAP_NONE, "the function has no such capability" },
	{ UMSI_ECAP_LOOP, "the capability list loops" },
	{ UMSI_ECAP_POINTER, "a capability pointer is too low, unaligned, or leads into a capability" },
	{ UMSI_ECAP_GONE, "configuration space reads all-ones: no such function" },
	{ UMSI_ECAP_SIZE, "the capability runs past configuration space, or ends too early" },
	{ UMSI_ECAP_BIR, "the BAR indicator is reserved or selects no memory BAR" },
	{ UMSI_ECAP_BAR, "the BAR of the table is empty or unassigned" },
	{ UMSI_ECAP_TABLE, "the table lies outside its BAR, or is not aligned" },
	{ UMSI_ECAP_PBA, "the pending-bit array lies outside its BAR" },
	{ UMSI_ECAP_OVERLAP, "tables, or table and pending-bit array, overlap" },
	{ UMSI_ECAP_HEADER, "this header type has no capability list" },
	{ UMSI_ECAP_MESSAGES, "the capability claims a reserved number, or an impossible size, of messages" },
	{ UMSI_ECAP_VERSION, "the capability has a revision that cannot be read" },
	{ UMSI_EFW_MAGIC, "not a firmware table of the expected kind" },
	{ UMSI_EFW_VERSION, "the firmware table has a version that cannot be read" },
	{ UMSI_EFW_TRUNCATED, "the firmware table ends before its own structure does" },
	{ UMSI_EFW_BOUNDS, "an offset or size of the firmware table points outside it" },
	{ UMSI_EFW_STRUCTURE, "the firmware table's nesting or token order is broken" },
	{ UMSI_EFW_STRING, "a name in the firmware table is unterminated" },
	{ UMSI_EFW_DEPTH, "the firmware table is nested deeper than can be read" },
	{ UMSI_EFW_MISSING, "a required node or property is absent" },
	{ UMSI_EFW_VALUE, "a property has an impossible size or value" },
	{ UMSI_EFW_CELLS, "address, size or interrupt cells are unusable" },
	{ UMSI_EFW_PHANDLE, "a phandle leads nowhere, or to the wrong node" },
	{ UMSI_EFW_ROOM, "there are more entries than room was given for" },
	{ UMSI_EBUG, "a bug in uMSI: please report it with the log" },
};

const char *umsi_status_text(int status)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].status == status)
			return texts[i].text;
	return "unknown status";
}
