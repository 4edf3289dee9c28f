/* SPDX-License-Identifier: MIT */
/* What trace events are called, for people. */
#include <umsi/trace.h>

#include "core/text.h"

static const struct umsi_trace_kind kinds[UMSI_TRACE_POINTS] = {
	[UMSI_TRACE_ALLOC] = { "alloc", "index", "generation" },
	[UMSI_TRACE_FREE] = { "free", "unproved", "generation" },
	[UMSI_TRACE_RECYCLE] = { "recycle", NULL, "generation" },
	[UMSI_TRACE_REQUEST] = { "request", "index", "generation" },
	[UMSI_TRACE_RELEASE] = { "release", "unproved", NULL },
	[UMSI_TRACE_DISABLE] = { "disable", "state", NULL },
	[UMSI_TRACE_ENABLE] = { "enable", "state", NULL },
	[UMSI_TRACE_CLAIM] = { "claim", NULL, NULL },
	[UMSI_TRACE_EXIT] = { "exit", NULL, NULL },
	[UMSI_TRACE_PEND] = { "pend", "state", NULL },
	[UMSI_TRACE_DROP] = { "drop", "state", NULL },
	[UMSI_TRACE_HANDOVER] = { "handover", "state", NULL },
	[UMSI_TRACE_LATER] = { "later", "state", NULL },
	[UMSI_TRACE_DONE] = { "done", "state", NULL },
	[UMSI_TRACE_QUEUE] = { "queue", "target", NULL },
	[UMSI_TRACE_UNQUEUE] = { "unqueue", "target", NULL },
	[UMSI_TRACE_MOVE_PREPARE] = { "move_prepare", "target", "slot" },
	[UMSI_TRACE_MOVE_UPDATE] = { "move_update", "unproved", "writes" },
	[UMSI_TRACE_MOVE_COMMIT] = { "move_commit", "target", "slot" },
	[UMSI_TRACE_MOVE_ABORT] = { "move_abort", "target", "slot" },
	[UMSI_TRACE_SLOT_TAKE] = { "slot_take", "target", "slot" },
	[UMSI_TRACE_SLOT_GIVE] = { "slot_give", "target", "slot" },
	[UMSI_TRACE_SLOT_RETIRE] = { "slot_retire", "target", "ticket_slot" },
	[UMSI_TRACE_SLOT_REVIVE] = { "slot_revive", "target", "slot" },
	[UMSI_TRACE_SLOT_REAP] = { "slot_reap", "target", "slot" },
	[UMSI_TRACE_MARKER] = { "marker", "target", "ticket" },
	[UMSI_TRACE_DRAINED] = { "drained", "target", "ticket" },
	[UMSI_TRACE_CPU_ONLINE] = { "cpu_online", "target", NULL },
	[UMSI_TRACE_CPU_LEAVE] = { "cpu_leave", "target", NULL },
	[UMSI_TRACE_CPU_STAY] = { "cpu_stay", "target", "status" },
	[UMSI_TRACE_CPU_DEAD] = { "cpu_dead", "target", NULL },
	[UMSI_TRACE_UNOWNED] = { "unowned", "target", "slot" },
	[UMSI_TRACE_QUARANTINE] = { "quarantine", "target", "slot" },
	[UMSI_TRACE_DEVICE_ADD] = { "device_add", "requester_id", NULL },
	[UMSI_TRACE_DEVICE_REMOVE] = { "device_remove", "requester_id", NULL },
	[UMSI_TRACE_DEVICE_LOST] = { "device_lost", "requester_id", NULL },
	[UMSI_TRACE_RESERVE] = { "reserve", "entry", "slot" },
	[UMSI_TRACE_UNRESERVE] = { "unreserve", "entry", "slot" },
	[UMSI_TRACE_DEVICE_AWAY] = { "device_away", "requester_id", "lost" },
	[UMSI_TRACE_DEVICE_BACK] = { "device_back", "requester_id", "status" },
	[UMSI_TRACE_SUSPEND] = { "suspend", NULL, "status" },
	[UMSI_TRACE_RESUME] = { "resume", NULL, "status" },
	[UMSI_TRACE_CPU_RESTORE] = { "cpu_restore", "target", "status" },
};

const struct umsi_trace_kind *umsi_trace_kind(uint32_t point)
{
	return point < UMSI_TRACE_POINTS ? &kinds[point] : NULL;
}

/* As in core/state.h. */
static const struct {
	uint32_t bit;
	const char *name;
} state_bits[] = {
	{ 0x01, " RUN" }, { 0x02, " PEND" }, { 0x04, " DIS" }, { 0x08, " DEAD" },
	{ 0x10, " QUEUED" }, { 0x20, " DRAINED" }, { 0x40, " HELD" }, { 0x80, " DONE" },
};

static void add_state(struct umsi_text *t, uint32_t state)
{
	umsi_text_field(t, "gen", state >> 8);
	for (size_t i = 0; i < sizeof(state_bits) / sizeof(state_bits[0]); i++)
		if (state & state_bits[i].bit)
			umsi_text_add(t, state_bits[i].name);
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
	const struct umsi_trace_kind *k = umsi_trace_kind(e->point);
	struct umsi_text t;

	umsi_text_begin(&t, "");
	add_time(&t, e->time_ns);
	umsi_text_add(&t, "us");
	umsi_text_field(&t, "cpu", e->cpu);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, k ? k->name : "unknown");
	if (e->irq)
		umsi_text_field(&t, "irq", e->irq);
	if (k)
		add_numbers(&t, k, e);
	umsi_text_copy(line, t.line, UMSI_DUMP_LINE_MAX);
}
