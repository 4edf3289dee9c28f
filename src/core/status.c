/* SPDX-License-Identifier: MIT */
#include <umsi/status.h>

#include "core/text.h"

/* The groups of enum umsi_status: their first and last numbers. */
static const struct {
	signed char first, last;
} groups[] = {
	{ UMSI_OK, UMSI_ENOTSUP },
	{ UMSI_ENOMEM, UMSI_ELIMIT },
	{ UMSI_EGONE, UMSI_EREFUSED },
	{ UMSI_ECAP_NONE, UMSI_ECAP_VERSION },
	{ UMSI_EFW_MAGIC, UMSI_EFW_ROOM },
	{ UMSI_EBUG, UMSI_EBUG },
};

/* One after the other. With a pointer each they would be half as large again. */
static const char texts[] =
	"success\0"
	"an argument is malformed\0"				/* EINVAL */
	"a number is outside what the object has\0"		/* ERANGE */
	"it is there already: free it, or use it\0"		/* EEXIST */
	"it is not there, or not any more\0"			/* ENOENT */
	"not in the state this call needs\0"			/* ESTATE */
	"not from here: from a thread, on the right CPU\0"	/* ECONTEXT */
	"others still use it: remove them first\0"		/* EBUSY */
	"this block cannot do that\0"				/* ENOTSUP */

	"the host has no memory left\0"
	"no slot is free: widen the affinity or free some\0"	/* ENOSLOT */
	"every index of the range is taken\0"			/* ENOINDEX */
	"slots are draining: try later, or where it may sleep\0"	/* EAGAIN */
	"no permitted CPU is online\0"				/* ENOCPU */
	"the device has all it may: free some, or raise its limit\0"	/* ELIMIT */

	"the device answers all-ones: removed or unreachable\0"
	"the hardware did not answer in time\0"			/* ETIMEOUT */
	"a register did not take its value\0"			/* EREFUSED */

	"no such capability\0"
	"the capability list loops\0"				/* ECAP_LOOP */
	"a capability pointer is wrong\0"			/* ECAP_POINTER */
	"no such function: all-ones\0"				/* ECAP_GONE */
	"the capability ends too early, or too late\0"		/* ECAP_SIZE */
	"no memory BAR is selected\0"				/* ECAP_BIR */
	"the table's BAR is empty\0"				/* ECAP_BAR */
	"the table is outside its BAR, or not aligned\0"	/* ECAP_TABLE */
	"the pending bits are outside their BAR\0"		/* ECAP_PBA */
	"tables, or table and pending bits, overlap\0"		/* ECAP_OVERLAP */
	"a header without capability list\0"			/* ECAP_HEADER */
	"an impossible number of messages\0"			/* ECAP_MESSAGES */
	"the capability's revision is unknown\0"		/* ECAP_VERSION */

	"not a firmware table of this kind\0"
	"the table's version is unknown\0"			/* EFW_VERSION */
	"the table ends before its structure\0"			/* EFW_TRUNCATED */
	"an offset or size points outside\0"			/* EFW_BOUNDS */
	"broken nesting or token order\0"			/* EFW_STRUCTURE */
	"a name is unterminated\0"				/* EFW_STRING */
	"nested too deep\0"					/* EFW_DEPTH */
	"a node or property is missing\0"			/* EFW_MISSING */
	"a property has an impossible value\0"			/* EFW_VALUE */
	"cells are unusable\0"					/* EFW_CELLS */
	"a phandle leads nowhere, or wrong\0"			/* EFW_PHANDLE */
	"more entries than room was given for\0"		/* EFW_ROOM */

	"a bug in uMSI: please report it with the log";

const char *umsi_status_text(int status)
{
	uint32_t before = 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (status <= groups[i].first && status >= groups[i].last)
			return umsi_text_nth(texts, before + (uint32_t)(groups[i].first - status));
		before += (uint32_t)(groups[i].first - groups[i].last + 1);
	}
	return "unknown status";
}
