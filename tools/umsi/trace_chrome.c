/* SPDX-License-Identifier: MIT */
/*
 * The JSON that Chrome's and Perfetto's viewers read: one row per CPU, handlers
 * as spans, moves as spans of their own. Source: "Trace Event Format".
 */
#include "events.h"

#include <inttypes.h>
#include <string.h>

static void put_numbers(const struct umsi_trace_event *e, FILE *to)
{
	struct events_number n[4];
	uint32_t count = events_numbers(e, n);

	fprintf(to, ",\"args\":{");
	for (uint32_t i = 0; i < count; i++) {
		const char *space = "";

		if (!n[i].state) {
			fprintf(to, "%s\"%s\":%" PRIu64, i ? "," : "", n[i].name, n[i].value);
			continue;
		}
		fprintf(to, "%s\"generation\":%" PRIu64 ",\"state\":\"", i ? "," : "", n[i].value >> EVENTS_STATE_BITS);
		for (int bit = 0; bit < EVENTS_STATE_BITS; bit++) {
			if (!(n[i].value >> bit & 1))
				continue;
			fprintf(to, "%s%s", space, events_state_bit[bit]);
			space = " ";
		}
		fputc('"', to);
	}
	fputc('}', to);
}

/* B and E: a handler on its CPU. b and e: a move, of one interrupt. i: anything else. */
static char phase_of(uint32_t point)
{
	switch (point) {
	case UMSI_TRACE_CLAIM: return 'B';
	case UMSI_TRACE_EXIT: return 'E';
	case UMSI_TRACE_MOVE_PREPARE: return 'b';
	case UMSI_TRACE_MOVE_COMMIT:
	case UMSI_TRACE_MOVE_ABORT: return 'e';
	default: return 'i';
	}
}

static void put_event(const struct umsi_trace_event *e, FILE *to)
{
	struct umsi_trace_kind k = umsi_trace_kind(e->point);
	char phase = phase_of(e->point);

	fprintf(to, ",\n{\"ph\":\"%c\",\"pid\":1,\"tid\":%u,\"ts\":%" PRIu64 ".%03u,\"name\":", phase, e->cpu,
		e->time_ns / 1000, (unsigned int)(e->time_ns % 1000));
	if (phase == 'B' || phase == 'E')
		fprintf(to, "\"irq %u\"", e->irq);
	else if (phase == 'b' || phase == 'e')
		fprintf(to, "\"move\",\"cat\":\"move\",\"id\":%u", e->irq);
	else
		fprintf(to, "\"%s\",\"s\":\"t\"", k.name ? k.name : "unknown");
	put_numbers(e, to);
	fputc('}', to);
}

void events_write_chrome(const struct events *e, FILE *to)
{
	fprintf(to, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n"
		"{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"umsi\"}}");
	for (uint32_t cpu = 0; cpu < e->cpus; cpu++)
		fprintf(to, ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\",\"args\":{\"name\":\"cpu%u\"}}",
			cpu, cpu);
	for (size_t i = 0; i < e->count; i++)
		put_event(&e->event[i], to);
	fprintf(to, "\n]}\n");
}
