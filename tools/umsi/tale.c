/* SPDX-License-Identifier: MIT */
#include "tale.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

struct line {
	uint64_t time_ns;
	umsi_cpu cpu;			/* UMSI_CPU_NONE: a device */
	char text[120];
};

struct lines {
	struct line *line;
	size_t count, room;
};

static struct line *add(struct lines *l, uint64_t time_ns, umsi_cpu cpu)
{
	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 256;
		l->line = realloc(l->line, l->room * sizeof(*l->line));
		if (!l->line)
			abort();
	}
	l->line[l->count] = (struct line){ .time_ns = time_ns, .cpu = cpu };
	return &l->line[l->count++];
}

/* What the library says of itself; points without a sentence are no part of a story. */
static const char *const sentence[UMSI_TRACE_POINTS] = {
	[UMSI_TRACE_FREE] = "irq %i is dead",
	[UMSI_TRACE_REQUEST] = "irq %i has a handler",
	[UMSI_TRACE_RELEASE] = "irq %i has no handler any more",
	[UMSI_TRACE_PEND] = "irq %i arrives while it runs or is disabled: remembered",
	[UMSI_TRACE_DROP] = "irq %i arrives dead: dropped",
	[UMSI_TRACE_HANDOVER] = "irq %i is handed over: it would run for ever",
	[UMSI_TRACE_LATER] = "irq %i will be done later",
	[UMSI_TRACE_DONE] = "irq %i is done",
	[UMSI_TRACE_QUEUE] = "irq %i is queued for cpu%a",
	[UMSI_TRACE_UNQUEUE] = "irq %i leaves the inbox of cpu%a",
	[UMSI_TRACE_MOVE_UPDATE] = "irq %i's message was changed and flushed",
	[UMSI_TRACE_MOVE_COMMIT] = "irq %i is at cpu%a slot %b now",
	[UMSI_TRACE_MOVE_ABORT] = "irq %i does not go to cpu%a",
	[UMSI_TRACE_SLOT_TAKE] = "irq %i takes slot %b of cpu%a",
	[UMSI_TRACE_SLOT_GIVE] = "irq %i gives slot %b of cpu%a back, unused",
	[UMSI_TRACE_SLOT_RETIRE] = "slot %s of cpu%a retires, ticket %t",
	[UMSI_TRACE_SLOT_REVIVE] = "irq %i takes back slot %b of cpu%a, which was retiring",
	[UMSI_TRACE_SLOT_REAP] = "slot %b of cpu%a, quiet since its ticket, is free",
	[UMSI_TRACE_MARKER] = "cpu%a sends itself a marker for ticket %b",
	[UMSI_TRACE_DRAINED] = "cpu%a has proved ticket %b quiet",
	[UMSI_TRACE_CPU_ONLINE] = "cpu%a is online",
	[UMSI_TRACE_CPU_LEAVE] = "cpu%a begins to leave",
	[UMSI_TRACE_CPU_STAY] = "cpu%a stays: its leave was refused",
	[UMSI_TRACE_CPU_DEAD] = "cpu%a is dead",
	[UMSI_TRACE_UNOWNED] = "slot %b of cpu%a, which is nobody's, was claimed",
	[UMSI_TRACE_QUARANTINE] = "slot %b of cpu%a is shut",
	[UMSI_TRACE_DEVICE_AWAY] = "device %a is put away",
	[UMSI_TRACE_DEVICE_BACK] = "device %a is back",
	[UMSI_TRACE_SUSPEND] = "the machine sleeps, status -%b",
	[UMSI_TRACE_RESUME] = "the machine has woken up",
	[UMSI_TRACE_CPU_RESTORE] = "cpu%a has its controllers started again",
	[UMSI_TRACE_DEVICE_LOST] = "device %a does not answer",
};

/* @form with the event's numbers in: %i irq, %a, %b, %s slot and %t ticket of one number. */
static void fill_in(const struct umsi_trace_event *e, const char *form, char *to, size_t room)
{
	size_t used = 0;

	for (; *form && used + 24 < room; form++) {
		uint64_t n;

		if (*form != '%') {
			to[used++] = *form;
			continue;
		}
		form++;
		n = *form == 'i' ? e->irq : *form == 'a' ? e->a : *form == 's' ? e->b & 0xffff :
		    *form == 't' ? e->b >> 16 : e->b;
		used += (size_t)snprintf(to + used, room - used, "%" PRIu64, n);
	}
	to[used] = '\0';
}

static void take_trace(const struct umsi_trace_ring *ring, uint64_t since, struct lines *to)
{
	uint64_t n = ring->written > ring->events ? ring->written - ring->events : 0;
	struct umsi_trace_event e;

	for (; n < ring->written; n++)
		if (umsi_trace_read(ring, n, &e) && e.time_ns >= since && sentence[e.point])
			fill_in(&e, sentence[e.point], add(to, e.time_ns, e.cpu)->text, sizeof(to->line->text));
}

static void take_said(struct world *w, struct tale *t, struct lines *to)
{
	const struct mach_said *said;
	size_t n = mach_said(w->m, &said);

	for (size_t i = 0; i < n; i++) {
		struct line *line;

		if (said[i].time_ns < w->acting_ns)
			continue;
		line = add(to, said[i].time_ns, said[i].cpu);
		memcpy(line->text, said[i].text, sizeof(said[i].text));
		t->device_events += said[i].cpu == UMSI_CPU_NONE && strstr(line->text, " has event ");
	}
}

static int by_time(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

/* "masks nic0[3]" right behind "masks nic0[2]", by the same CPU: one line for all of them. */
static void merge_runs(struct lines *l)
{
	unsigned int first = 0, last = 0;
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct line *line = &l->line[i], *before = n ? &l->line[n - 1] : NULL;
		size_t stem = strcspn(line->text, "[");
		unsigned int index;
		int end = 0;

		if (strncmp(line->text, "masks ", 6) || sscanf(line->text + stem, "[%u]%n", &index, &end) != 1 ||
		    line->text[stem + (size_t)end]) {
			l->line[n++] = *line;
			continue;
		}
		if (before && before->cpu == line->cpu && !strncmp(before->text, line->text, stem + 1) &&
		    index == last + 1) {
			last = index;
			snprintf(before->text + stem, sizeof(before->text) - stem, "[%u] to [%u]", first, last);
			continue;
		}
		first = last = index;
		l->line[n++] = *line;
	}
	l->count = n;
}

static void tell_text(const struct tale *t, const struct line *line)
{
	char who[16] = "device";

	if (line->cpu != UMSI_CPU_NONE)
		snprintf(who, sizeof(who), "cpu%u", line->cpu);
	fprintf(t->to, "%8" PRIu64 "  %-6s  %s\n", line->time_ns / 1000, who, line->text);
}

static void tell_json(struct json *j, const struct line *line)
{
	json_open(j, NULL, '{');
	json_number(j, "step", line->time_ns / 1000);
	if (line->cpu != UMSI_CPU_NONE)
		json_number(j, "cpu", line->cpu);
	json_string(j, "text", line->text);
	json_close(j, '}');
}

void tale_tell(void *tale, struct world *w)
{
	struct tale *t = tale;
	struct lines l = { 0 };
	struct json j;
	size_t i = 0;

	take_said(w, t, &l);
	for (uint32_t cpu = 0; cpu < w->plan.ncpus; cpu++)
		if (w->ring[cpu])
			take_trace(w->ring[cpu], w->acting_ns, &l);
	if (l.count)
		qsort(l.line, l.count, sizeof(*l.line), by_time);
	merge_runs(&l);
	if (t->last && l.count > t->last)
		i = l.count - t->last;
	t->lines = (uint32_t)(l.count - i);
	json_begin(&j, t->to);
	if (t->json)
		json_open(&j, NULL, '[');
	for (; i < l.count; i++)
		t->json ? tell_json(&j, &l.line[i]) : tell_text(t, &l.line[i]);
	if (t->json)
		json_close(&j, ']');
	free(l.line);
}
