/* SPDX-License-Identifier: MIT */
/* What trace events are called, for people. */
#include <umsi/trace.h>

#include "core/text.h"

/* The numbers of an event, by what stands for each below. */
static const char numbers[] =
	"\0" "index\0" "generation\0" "unproved\0" "state\0" "target\0" "slot\0" "writes\0"
	"ticket_slot\0" "ticket\0" "status\0" "requester_id\0" "entry\0" "lost\0";

#define NOTHING		"\0"
#define INDEX		"\1"
#define GENERATION	"\2"
#define UNPROVED	"\3"
#define STATE		"\4"
#define TARGET		"\5"
#define SLOT		"\6"
#define WRITES		"\7"
#define TICKET_SLOT	"\10"
#define TICKET		"\11"
#define STATUS		"\12"
#define REQUESTER_ID	"\13"
#define ENTRY		"\14"
#define LOST		"\15"

/* In the order of enum umsi_trace_point: its two numbers, what it is called. */
static const char kinds[] =
	INDEX GENERATION "alloc\0"
	UNPROVED GENERATION "free\0"
	NOTHING GENERATION "recycle\0"
	INDEX GENERATION "request\0"
	UNPROVED NOTHING "release\0"
	STATE NOTHING "disable\0"
	STATE NOTHING "enable\0"
	NOTHING NOTHING "claim\0"
	NOTHING NOTHING "exit\0"
	STATE NOTHING "pend\0"
	STATE NOTHING "drop\0"
	STATE NOTHING "handover\0"
	STATE NOTHING "later\0"
	STATE NOTHING "done\0"
	TARGET NOTHING "queue\0"
	TARGET NOTHING "unqueue\0"
	TARGET SLOT "move_prepare\0"
	UNPROVED WRITES "move_update\0"
	TARGET SLOT "move_commit\0"
	TARGET SLOT "move_abort\0"
	TARGET SLOT "slot_take\0"
	TARGET SLOT "slot_give\0"
	TARGET TICKET_SLOT "slot_retire\0"
	TARGET SLOT "slot_revive\0"
	TARGET SLOT "slot_reap\0"
	TARGET TICKET "marker\0"
	TARGET TICKET "drained\0"
	TARGET NOTHING "cpu_online\0"
	TARGET NOTHING "cpu_leave\0"
	TARGET STATUS "cpu_stay\0"
	TARGET NOTHING "cpu_dead\0"
	TARGET SLOT "unowned\0"
	TARGET SLOT "quarantine\0"
	REQUESTER_ID NOTHING "device_add\0"
	REQUESTER_ID NOTHING "device_remove\0"
	REQUESTER_ID NOTHING "device_lost\0"
	ENTRY SLOT "reserve\0"
	ENTRY SLOT "unreserve\0"
	REQUESTER_ID LOST "device_away\0"
	REQUESTER_ID STATUS "device_back\0"
	NOTHING STATUS "suspend\0"
	NOTHING STATUS "resume\0"
	TARGET STATUS "cpu_restore\0";

/* The numbers of a point; its name follows. */
static const char *kind_of(uint32_t point)
{
	const char *kind = kinds;

	while (point--)
		kind = umsi_text_nth(kind + 2, 1);
	return kind;
}

static const char *number(char which)
{
	return which ? umsi_text_nth(numbers, (uint8_t)which) : NULL;
}

struct umsi_trace_kind umsi_trace_kind(uint32_t point)
{
	const char *kind;

	if (point >= UMSI_TRACE_POINTS)
		return (struct umsi_trace_kind){ NULL, NULL, NULL };
	kind = kind_of(point);
	return (struct umsi_trace_kind){ kind + 2, number(kind[0]), number(kind[1]) };
}

/* Microseconds with three decimals. */
static void add_time(struct umsi_text *t, uint64_t ns)
{
	static const char digit[] = "0123456789";
	char decimals[] = { '.', digit[ns / 100 % 10], digit[ns / 10 % 10], digit[ns % 10], '\0' };

	umsi_text_dec(t, ns / 1000);
	umsi_text_add(t, decimals);
}

static void add_numbers(struct umsi_text *t, const char *kind, const struct umsi_trace_event *e)
{
	if (kind[0] == STATE[0]) {
		umsi_text_field(t, "gen", e->a >> 8);
		umsi_text_state(t, e->a);
	} else if (kind[0]) {
		umsi_text_field(t, number(kind[0]), e->a);
	}
	if (kind[1] == TICKET_SLOT[0]) {
		umsi_text_field(t, "slot", e->b & 0xffff);
		umsi_text_field(t, "ticket", e->b >> 16);
	} else if (kind[1]) {
		umsi_text_field(t, number(kind[1]), e->b);
	}
}

void umsi_trace_text(const struct umsi_trace_event *e, char *line)
{
	const char *kind = e->point < UMSI_TRACE_POINTS ? kind_of(e->point) : NOTHING NOTHING "unknown";
	struct umsi_text t;

	umsi_text_begin(&t, "");
	add_time(&t, e->time_ns);
	umsi_text_add(&t, "us");
	umsi_text_field(&t, "cpu", e->cpu);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, kind + 2);
	if (e->irq)
		umsi_text_field(&t, "irq", e->irq);
	add_numbers(&t, kind, e);
	umsi_text_copy(line, t.line, UMSI_DUMP_LINE_MAX);
}
