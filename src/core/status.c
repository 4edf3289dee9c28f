/* SPDX-License-Identifier: MIT */
#include <umsi/status.h>

#include <stddef.h>

/*
 * The groups of enum umsi_status: each one's first number, and its texts on from there, a zero after each.
 * Strings and numbers of their own took half as much again.
 */
static const struct {
	int first;
	const char *texts;
} groups[] = {
	{ UMSI_OK,
	  "success\0"
	  "an argument is malformed: see the function's description\0"	/* EINVAL */
	  "a number is outside what the object has\0"			/* ERANGE */
	  "it is there already: free it, or use it\0"			/* EEXIST */
	  "it is not there, or not any more\0"				/* ENOENT */
	  "not in the state this call needs\0"				/* ESTATE */
	  "not from here: from a thread, on the right CPU\0"		/* ECONTEXT */
	  "others still use it: remove them first\0"			/* EBUSY */
	  "this block cannot do that\0" },				/* ENOTSUP */
	{ UMSI_ENOMEM,
	  "the host has no memory left\0"
	  "no slot is free on a permitted online CPU: widen the affinity or free some\0"	/* ENOSLOT */
	  "every index of the range is taken\0"				/* ENOINDEX */
	  "slots are draining: try again, or from where it may sleep\0"	/* EAGAIN */
	  "no permitted CPU is online\0"				/* ENOCPU */
	  "the device has all it may: free some, or raise its limit\0" },	/* ELIMIT */
	{ UMSI_EGONE,
	  "the device answers all-ones: removed or unreachable\0"
	  "the hardware did not answer in time\0"			/* ETIMEOUT */
	  "a register did not take the value written\0" },		/* EREFUSED */
	{ UMSI_ECAP_NONE,
	  "the function has no such capability\0"
	  "the capability list loops\0"					/* ECAP_LOOP */
	  "a capability pointer is too low, unaligned, or leads into a capability\0"	/* ECAP_POINTER */
	  "configuration space reads all-ones: no such function\0"	/* ECAP_GONE */
	  "the capability runs past configuration space, or ends too early\0"	/* ECAP_SIZE */
	  "the BAR indicator is reserved or selects no memory BAR\0"	/* ECAP_BIR */
	  "the table's BAR is empty or unassigned\0"			/* ECAP_BAR */
	  "the table lies outside its BAR, or is not aligned\0"		/* ECAP_TABLE */
	  "the pending bits lie outside their BAR\0"			/* ECAP_PBA */
	  "tables, or table and pending bits, overlap\0"		/* ECAP_OVERLAP */
	  "this header type has no capability list\0"			/* ECAP_HEADER */
	  "a reserved or impossible number of messages\0"		/* ECAP_MESSAGES */
	  "the capability's revision cannot be read\0" },		/* ECAP_VERSION */
	{ UMSI_EFW_MAGIC,
	  "not a firmware table of the expected kind\0"
	  "the firmware table's version cannot be read\0"		/* EFW_VERSION */
	  "the firmware table ends before its structure does\0"		/* EFW_TRUNCATED */
	  "an offset or size points outside the firmware table\0"	/* EFW_BOUNDS */
	  "the firmware table's nesting or token order is broken\0"	/* EFW_STRUCTURE */
	  "a name in the firmware table is unterminated\0"		/* EFW_STRING */
	  "the firmware table is nested too deep\0"			/* EFW_DEPTH */
	  "a required node or property is absent\0"			/* EFW_MISSING */
	  "a property has an impossible size or value\0"		/* EFW_VALUE */
	  "address, size or interrupt cells are unusable\0"		/* EFW_CELLS */
	  "a phandle leads nowhere, or to the wrong node\0"		/* EFW_PHANDLE */
	  "more entries than room was given for\0" },			/* EFW_ROOM */
	{ UMSI_EBUG,
	  "a bug in uMSI: please report it with the log\0" },
};

/* Number @n of them, or NULL: there are fewer. */
static const char *text_at(const char *texts, unsigned int n)
{
	for (; *texts && n; n--)
		while (*texts++)
			;
	return *texts ? texts : NULL;
}

const char *umsi_status_text(int status)
{
	const char *text = NULL;

	for (size_t i = 0; !text && i < sizeof(groups) / sizeof(groups[0]); i++)
		if (status <= groups[i].first)
			text = text_at(groups[i].texts, (unsigned int)groups[i].first - (unsigned int)status);
	return text ? text : "unknown status";
}
