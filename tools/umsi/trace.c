/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "events.h"
#include "json.h"

static const char doc[] =
	"Reads the library's trace: a file of rings as umsi sim --trace writes it, or the console log of a kernel "
	"that printed them as lines \"TRACE ...\"; - is the standard input.\v"
	"  umsi sim --replay 5 --trace t >/dev/null; umsi trace t --irq 7\n"
	"  umsi trace t --ctf folder; babeltrace2 folder\n"
	"  umsi trace t --chrome > t.json            # open it in ui.perfetto.dev\n\n"
	"Exit status: 0, 2 wrong usage or not a trace, 3 a file cannot be written.";

enum { KEY_CTF = 256, KEY_CHROME, KEY_JSON, KEY_CPU, KEY_IRQ, KEY_POINT };

static const struct argp_option options[] = {
	{ "ctf", KEY_CTF, "FOLDER", 0, "write the Common Trace Format there", 0 },
	{ "chrome", KEY_CHROME, NULL, 0, "write JSON for Perfetto and Chrome", 0 },
	{ "json", KEY_JSON, NULL, 0, "one object per event", 0 },
	{ "cpu", KEY_CPU, "N", 0, "only what happened on that CPU", 0 },
	{ "irq", KEY_IRQ, "N", 0, "only events of that interrupt, as \"irq=\" in dumps", 0 },
	{ "point", KEY_POINT, "NAME", 0, "only events of that name; \"help\" lists them", 0 },
	{ 0 },
};

struct settings {
	const char *file, *ctf;
	bool chrome, json, one_cpu, one_irq, one_point, list;
	uint32_t cpu, irq, point;
};

static uint32_t number(const char *text, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (!*text || *end || *text == '-' || n > UINT32_MAX)
		argp_error(state, "'%s' is not a number", text);
	return (uint32_t)n;
}

static void take_point(struct settings *s, const char *name, struct argp_state *state)
{
	s->list = !strcmp(name, "help");
	s->one_point = true;
	for (s->point = 0; !s->list && strcmp(umsi_trace_kind(s->point).name, name);)
		if (++s->point == UMSI_TRACE_POINTS)
			argp_error(state, "no event is called '%s'; --point help lists them", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case KEY_CTF: s->ctf = arg; break;
	case KEY_CHROME: s->chrome = true; break;
	case KEY_JSON: s->json = true; break;
	case KEY_CPU: s->one_cpu = true; s->cpu = number(arg, state); break;
	case KEY_IRQ: s->one_irq = true; s->irq = number(arg, state); break;
	case KEY_POINT: take_point(s, arg, state); break;
	case ARGP_KEY_ARG:
		if (s->file)
			argp_usage(state);
		s->file = arg;
		break;
	case ARGP_KEY_END:
		if (!s->file && !s->list)
			argp_error(state, "which file?");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .args_doc = "FILE", .doc = doc };

static void list_points(bool as_json)
{
	struct json j;

	for (uint32_t i = 0; !as_json && i < UMSI_TRACE_POINTS; i++)
		puts(umsi_trace_kind(i).name);
	if (!as_json)
		return;
	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_open(&j, "points", '[');
	for (uint32_t i = 0; i < UMSI_TRACE_POINTS; i++)
		json_string(&j, NULL, umsi_trace_kind(i).name);
	json_close(&j, ']');
	json_close(&j, '}');
}

static void keep_wanted(const struct settings *s, struct events *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->count; i++)
		if ((!s->one_cpu || e->event[i].cpu == s->cpu) && (!s->one_irq || e->event[i].irq == s->irq) &&
		    (!s->one_point || e->event[i].point == s->point))
			e->event[n++] = e->event[i];
	e->count = n;
}

static void print_text(const struct events *e)
{
	char line[UMSI_DUMP_LINE_MAX];

	for (size_t i = 0; i < e->count; i++) {
		umsi_trace_text(&e->event[i], line);
		puts(line);
	}
	if (e->lost)
		printf("%llu older events are lost\n", (unsigned long long)e->lost);
}

static void print_json_event(const struct umsi_trace_event *e)
{
	struct umsi_trace_kind k = umsi_trace_kind(e->point);
	struct events_number n[4];
	uint32_t count = events_numbers(e, n);
	struct json j;

	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_number(&j, "time_ns", e->time_ns);
	json_number(&j, "cpu", e->cpu);
	json_string(&j, "event", k.name ? k.name : "unknown");
	for (uint32_t i = 0; i < count; i++) {
		if (!n[i].state) {
			json_number(&j, n[i].name, n[i].value);
			continue;
		}
		json_number(&j, "generation", n[i].value >> EVENTS_STATE_BITS);
		json_open(&j, "state", '[');
		for (int bit = 0; bit < EVENTS_STATE_BITS; bit++)
			if (n[i].value >> bit & 1)
				json_string(&j, NULL, events_state_bit[bit]);
		json_close(&j, ']');
	}
	json_close(&j, '}');
}

static int write_out(const struct settings *s, const struct events *e)
{
	char why[240];

	if (s->ctf && !events_write_ctf(e, s->ctf, why)) {
		fprintf(stderr, "umsi trace: %s\n", why);
		return STATUS_SYSTEM;
	}
	if (s->chrome)
		events_write_chrome(e, stdout);
	else if (s->json)
		for (size_t i = 0; i < e->count; i++)
			print_json_event(&e->event[i]);
	else if (!s->ctf)
		print_text(e);
	return STATUS_CLEAN;
}

static int run_trace(int argc, char **argv)
{
	struct settings s = { 0 };
	struct events e;
	char why[240];
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &s);
	if (s.list) {
		list_points(s.json);
		return STATUS_CLEAN;
	}
	if (!events_read(s.file, &e, why)) {
		fprintf(stderr, "umsi trace: %s\n", why);
		return STATUS_USAGE;
	}
	keep_wanted(&s, &e);
	status = write_out(&s, &e);
	events_free(&e);
	return status;
}

const struct command command_trace = {
	.name = "trace",
	.does = "read a trace: text, JSON, Common Trace Format, Perfetto",
	.run = run_trace,
};
