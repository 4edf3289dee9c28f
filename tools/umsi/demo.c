/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "json.h"
#include "tests/ims/system.h"

static const char doc[] =
	"Whole systems at work in the machine: devices that keep their messages in ways of their own, on a path of "
	"blocks that each have numbers of their own. Threads on four CPUs (of 4 or 128) open, move, fire and free interrupts, under up to "
	"three faults for each seed; at the end everything is given back.\v"
	"Prints the path from device to CPU, one line of the library's dump for an interrupt of each kind of table, with every "
	"level's number by its name, and what came of it:\n\n"
	"  RESULT system=NAME events=N moves=N seeds=N lost=0 leaked=0 messages=N faults=N ...\n\n"
	"events: what happened in the devices; lost: events whose handler never "
	"began; leaked: blocks of memory and mappings not given back; messages: how many the devices sent; faults: planned ones; cycles: tables created, used and "
	"destroyed, of which at_once on one device; revoked: logical functions taken back by their owner at work; intrusions and blocked: messages another "
	"function sent in a device's name, and those the translator stopped. Names of all systems: --list.\n\n"
	"Exit status: 0 clean, 1 violated, 2 wrong usage.";

enum { KEY_LIST = 256, KEY_TURNS, KEY_CYCLES, KEY_JSON };

static const struct argp_option options[] = {
	{ "list", KEY_LIST, NULL, 0, "list the systems", 0 },
	{ "seeds", 's', "N", 0, "run N seeds (default 100)", 0 },
	{ "first", 'f', "SEED", 0, "start at SEED (default 1)", 0 },
	{ "turns", KEY_TURNS, "N", 0, "operations of each thread (default 100)", 0 },
	{ "cycles", KEY_CYCLES, "N", 0, "of systems whose tables come and go: as many seeds as N cycles take", 0 },
	{ "json", KEY_JSON, NULL, 0, "one object for each system; with --list, one with all", 0 },
	{ 0 },
};

struct settings {
	const char *name;
	uint64_t seeds, first;
	uint64_t cycles;
	uint32_t turns;
	bool list, json;
};

static uint64_t number(const char *text, uint64_t most, struct argp_state *state)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!*text || *end || *text == '-' || errno || !n || n > most)
		argp_error(state, "'%s' is no number from 1 to %" PRIu64, text, most);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case 's': s->seeds = number(arg, UINT32_MAX, state); break;
	case 'f': s->first = number(arg, UINT64_MAX / 2, state); break;
	case KEY_TURNS: s->turns = (uint32_t)number(arg, 100000, state); break;
	case KEY_CYCLES: s->cycles = number(arg, UINT32_MAX, state); break;
	case KEY_LIST: s->list = true; break;
	case KEY_JSON: s->json = true; break;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one system at a time, or 'all'");
		if (strcmp(arg, "all") && !system_by_name(arg))
			argp_error(state, "no such system: '%s'; --list names them", arg);
		s->name = arg;
		break;
	case ARGP_KEY_END:
		if (!s->name && !s->list)
			argp_error(state, "which system? --list names them, 'all' runs all");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .args_doc = "NAME|all", .doc = doc };

struct figure {
	const char *name;
	uint64_t value;
};

/* Of each kind of leaf the first interrupt, as the library describes its path. */
struct paths {
	uint32_t kinds;
	char kind[8][64], line[8][160];
};

/* " irq=5 gen=2: accel0 msix msix_index=1 -> imsic cpu=1 ...": the kind is "accel0 msix msix_index". */
static void show(void *arg, const char *line)
{
	struct paths *p = arg;
	const char *from = strstr(line, ": "), *to = from ? strchr(from, '=') : NULL;
	char kind[64];

	if (strncmp(line, " irq=", 5) || !to || !strstr(line, "->") || p->kinds == sizeof(p->kind) / sizeof(p->kind[0]))
		return;
	snprintf(kind, sizeof(kind), "%.*s", (int)(to - from), from);
	for (uint32_t i = 0; i < p->kinds; i++)
		if (!strcmp(p->kind[i], kind))
			return;
	snprintf(p->line[p->kinds], sizeof(p->line[0]), "%s", line + 1);
	memcpy(p->kind[p->kinds++], kind, sizeof(kind));
}

/* What RESULT says, by the same names in both forms. */
static uint32_t figures(const struct system *s, const struct system_totals *t, struct figure *out)
{
	uint32_t n = 0;

	out[n++] = (struct figure){ "events", t->events };
	out[n++] = (struct figure){ "moves", t->moves };
	out[n++] = (struct figure){ "seeds", t->seeds };
	out[n++] = (struct figure){ "lost", t->lost };
	out[n++] = (struct figure){ "leaked", t->leaked };
	out[n++] = (struct figure){ "messages", t->messages };
	out[n++] = (struct figure){ "faults", t->faults };
	if (s->work != system_work) {
		out[n++] = (struct figure){ "cycles", t->cycles };
		out[n++] = (struct figure){ "at_once", t->most_at_once };
	}
	if (s->aside == system_owner)
		out[n++] = (struct figure){ "revoked", t->revoked };
	if (s->aside == system_intruder) {
		out[n++] = (struct figure){ "intrusions", t->intrusions };
		out[n++] = (struct figure){ "blocked", t->blocked };
	}
	if (t->violations) {
		out[n++] = (struct figure){ "violated", t->violations };
		out[n++] = (struct figure){ "seed", t->bad_seed };
	}
	return n;
}

static void print_text(const struct system *s, const struct paths *p, const struct figure *f, uint32_t n)
{
	printf("%s: %s\n  %s\n", s->name, s->text, s->path);
	for (uint32_t i = 0; i < p->kinds; i++)
		printf("  %s\n", p->line[i]);
	printf("RESULT system=%s", s->name);
	for (uint32_t i = 0; i < n; i++)
		printf(" %s=%" PRIu64, f[i].name, f[i].value);
	putchar('\n');
}

static void print_json(const struct system *s, const struct paths *p, const struct figure *f, uint32_t n)
{
	struct json j;

	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_string(&j, "system", s->name);
	json_string(&j, "text", s->text);
	json_string(&j, "path", s->path);
	json_open(&j, "interrupts", '[');
	for (uint32_t i = 0; i < p->kinds; i++)
		json_string(&j, NULL, p->line[i]);
	json_close(&j, ']');
	for (uint32_t i = 0; i < n; i++)
		json_number(&j, f[i].name, f[i].value);
	json_close(&j, '}');
}

static bool enough(const struct settings *s, const struct system *system, const struct system_totals *t)
{
	if (t->violations)
		return true;
	return s->cycles && system->work != system_work ? t->cycles >= s->cycles : t->seeds >= s->seeds;
}

static bool demo(const struct settings *s, const struct system *system)
{
	struct system_totals t = { 0 };
	struct paths paths = { 0 };
	struct figure f[16];

	while (!enough(s, system, &t))
		system_run(system, s->first + t.seeds, s->turns, &t, t.seeds ? NULL : show, &paths);
	(s->json ? print_json : print_text)(system, &paths, f, figures(system, &t, f));
	fflush(stdout);
	return !t.violations && !t.lost && !t.leaked;
}

static void list_json(void)
{
	const struct system *system;
	struct json j;

	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_open(&j, "systems", '[');
	for (size_t i = 0; (system = system_at(i)); i++) {
		json_open(&j, NULL, '{');
		json_string(&j, "name", system->name);
		json_string(&j, "text", system->text);
		json_string(&j, "path", system->path);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

static void list_text(void)
{
	const struct system *system;

	for (size_t i = 0; (system = system_at(i)); i++)
		printf("%-28s %s\n", system->name, system->text);
}

static int run_demo(int argc, char **argv)
{
	struct settings s = { .seeds = 100, .first = 1, .turns = 100 };
	const struct system *system;
	bool good = true;

	argp_parse(&parser, argc, argv, 0, NULL, &s);
	if (s.list) {
		(s.json ? list_json : list_text)();
		return STATUS_CLEAN;
	}
	for (size_t i = 0; (system = system_at(i)); i++)
		if (!strcmp(s.name, "all") || !strcmp(s.name, system->name))
			good &= demo(&s, system);
	return good ? STATUS_CLEAN : STATUS_VIOLATED;
}

const struct command command_demo = {
	.name = "demo",
	.does = "whole systems at work, each with its path from device to CPU",
	.run = run_demo,
};
