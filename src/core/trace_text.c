/* SPDX-License-Identifier: MIT */
/* What trace events are called, for people. */
#include <umsi/trace.h>

#include "core/text.h"

/*
 * In the order of enum umsi_trace_point: what it is called, and its two numbers. A third of the bytes of
 * pointers to so many short strings.
 */
static const char kinds[] =
	"alloc\0" "index\0" "generation\0"
	"free\0" "unproved\0" "generation\0"
	"recycle\0" "\0" "generation\0"
	"request\0" "index\0" "generation\0"
	"release\0" "unproved\0" "\0"
	"disable\0" "state\0" "\0"
	"enable\0" "state\0" "\0"
	"claim\0" "\0" "\0"
	"exit\0" "\0" "\0"
	"pend\0" "state\0" "\0"
	"drop\0" "state\0" "\0"
	"handover\0" "state\0" "\0"
	"later\0" "state\0" "\0"
	"done\0" "state\0" "\0"
	"queue\0" "target\0" "\0"
	"unqueue\0" "target\0" "\0"
	"move_prepare\0" "target\0" "slot\0"
	"move_update\0" "unproved\0" "writes\0"
	"move_commit\0" "target\0" "slot\0"
	"move_abort\0" "target\0" "slot\0"
	"slot_take\0" "target\0" "slot\0"
	"slot_give\0" "target\0" "slot\0"
	"slot_retire\0" "target\0" "ticket_slot\0"
	"slot_revive\0" "target\0" "slot\0"
	"slot_reap\0" "target\0" "slot\0"
	"marker\0" "target\0" "ticket\0"
	"drained\0" "target\0" "ticket\0"
	"cpu_online\0" "target\0" "\0"
	"cpu_leave\0" "target\0" "\0"
	"cpu_stay\0" "target\0" "status\0"
	"cpu_dead\0" "target\0" "\0"
	"unowned\0" "target\0" "slot\0"
	"quarantine\0" "target\0" "slot\0"
	"device_add\0" "requester_id\0" "\0"
	"device_remove\0" "requester_id\0" "\0"
	"device_lost\0" "requester_id\0" "\0"
	"reserve\0" "entry\0" "slot\0"
	"unreserve\0" "entry\0" "slot\0"
	"device_away\0" "requester_id\0" "lost\0"
	"device_back\0" "requester_id\0" "status\0"
	"suspend\0" "\0" "status\0"
	"resume\0" "\0" "status\0"
	"cpu_restore\0" "target\0" "status\0";

static const char *after(const char *string)
{
	while (*string++)
		;
	return string;
}

struct umsi_trace_kind umsi_trace_kind(uint32_t point)
{
	const char *name = kinds, *a, *b;

	if (point >= UMSI_TRACE_POINTS)
		return (struct umsi_trace_kind){ NULL, NULL, NULL };
	for (uint32_t strings = 3 * point; strings; strings--)
		name = after(name);
	a = after(name);
	b = after(a);
	return (struct umsi_trace_kind){ name, *a ? a : NULL, *b ? b : NULL };
}

/* As in core/state.h. */
static const char state_bits[][9] = {
	" RUN", " PEND", " DIS", " DEAD", " QUEUED", " DRAINED", " HELD", " DONE",
};

static void add_state(struct umsi_text *t, uint32_t state)
{
	umsi_text_field(t, "gen", state >> 8);
	for (size_t i = 0; i < sizeof(state_bits) / sizeof(state_bits[0]); i++)
		if (state >> i & 1)
			umsi_text_add(t, state_bits[i]);
}

/* Microseconds with three decimals. */
static void add_time(struct umsi_text *t, uint64_t ns)
{
	static const char digit[] = "0123456789";
	char decimals[] = { '.', digit[ns / 100 % 10], digit[ns / 10 % 10], digit[ns % 10], '\0' };

	umsi_text_dec(t, ns / 1000);
	umsi_text_add(t, decimals);
}

static bool same(const char *x, const char *y)
{
	while (*x && *x == *y)
		x++, y++;
	return *x == *y;
}

static void add_numbers(struct umsi_text *t, const struct umsi_trace_kind *k, const struct umsi_trace_event *e)
{
	if (k->a && same(k->a, "state"))
		add_state(t, e->a);
	else if (k->a)
		umsi_text_field(t, k->a, e->a);
	if (k->b && same(k->b, "ticket_slot")) {
		umsi_text_field(t, "slot", e->b & 0xffff);
		umsi_text_field(t, "ticket", e->b >> 16);
	} else if (k->b) {
		umsi_text_field(t, k->b, e->b);
	}
}

void umsi_trace_text(const struct umsi_trace_event *e, char *line)
{
	struct umsi_trace_kind k = umsi_trace_kind(e->point);
	struct umsi_text t;

	umsi_text_begin(&t, "");
	add_time(&t, e->time_ns);
	umsi_text_add(&t, "us");
	umsi_text_field(&t, "cpu", e->cpu);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, k.name ? k.name : "unknown");
	if (e->irq)
		umsi_text_field(&t, "irq", e->irq);
	add_numbers(&t, &k, e);
	umsi_text_copy(line, t.line, UMSI_DUMP_LINE_MAX);
}
