/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "tests/ims/system.h"

static const char doc[] =
	"Whole systems at work in the machine: devices that keep their messages in ways of their own, on a path of "
	"blocks that each have numbers of their own. Threads on four CPUs (of 4 or 128) open, move, fire and free interrupts, under up to "
	"three faults for each seed; at the end everything is given back.\v"
	"Prints the path from device to CPU, one line of the library's dump for an interrupt of each kind of table, with every "
	"level's number by its name, and what came of it:\n\n"
	"  RESULT system=NAME events=N messages=N moves=N cycles=N seeds=N lost=0 leaked=0\n\n"
	"events: what happened in the devices; messages: how many they sent; lost: events whose handler never "
	"began; leaked: blocks of memory and mappings not given back. Names of all systems: --list.\n\n"
	"Exit status: 0 clean, 1 violated, 2 wrong usage.";

enum { KEY_LIST = 256, KEY_TURNS };

static const struct argp_option options[] = {
	{ "list", KEY_LIST, NULL, 0, "list the systems", 0 },
	{ "seeds", 's', "N", 0, "run N seeds (default 100)", 0 },
	{ "first", 'f', "SEED", 0, "start at SEED (default 1)", 0 },
	{ "turns", KEY_TURNS, "N", 0, "operations of each thread (default 100)", 0 },
	{ 0 },
};

struct settings {
	const char *name;
	uint64_t seeds, first;
	uint32_t turns;
	bool list;
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
	case KEY_LIST: s->list = true; break;
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

/* Of each kind of leaf the first interrupt, as the library describes its path. */
struct paths {
	uint32_t kinds;
	char kind[8][64];
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
	memcpy(p->kind[p->kinds++], kind, sizeof(kind));
	printf(" %s\n", line);
}

static bool demo(const struct settings *s, const struct system *system)
{
	struct system_totals t = { 0 };
	struct paths paths = { 0 };

	printf("%s: %s\n  %s\n", system->name, system->text, system->path);
	for (uint64_t i = 0; i < s->seeds && !t.violations; i++)
		system_run(system, s->first + i, s->turns, &t, i ? NULL : show, &paths);
	printf("RESULT system=%s events=%" PRIu64 " messages=%" PRIu64 " moves=%" PRIu64 " cycles=%" PRIu64
	       " seeds=%" PRIu64 " lost=%" PRIu64 " leaked=%" PRIu64, system->name, t.events, t.messages, t.moves,
	       t.cycles, t.seeds, t.lost, t.leaked);
	if (t.violations)
		printf(" violated=1 seed=%" PRIu64, t.bad_seed);
	putchar('\n');
	fflush(stdout);
	return !t.violations && !t.lost && !t.leaked;
}

static int run_demo(int argc, char **argv)
{
	struct settings s = { .seeds = 100, .first = 1, .turns = 100 };
	const struct system *system;
	bool good = true;

	argp_parse(&parser, argc, argv, 0, NULL, &s);
	for (size_t i = 0; (system = system_at(i)); i++) {
		if (s.list)
			printf("%-28s %s\n", system->name, system->text);
		else if (!strcmp(s.name, "all") || !strcmp(s.name, system->name))
			good &= demo(&s, system);
	}
	return good ? STATUS_CLEAN : STATUS_VIOLATED;
}

const struct command command_demo = {
	.name = "demo",
	.does = "whole systems at work, each with its path from device to CPU",
	.run = run_demo,
};
