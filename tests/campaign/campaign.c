/* SPDX-License-Identifier: MIT */
/* The seeded campaign: many runs, each replayable from one line. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <umsi/dump.h>

#include "cursor.h"
#include "isa.h"
#include "jobs.h"

const char *argp_program_version = "umsi campaign 1";

static const char doc[] =
	"Runs the library on seeded machines and checks the standing invariants.\v"
	"Every run is decided by its seed alone. A violation prints the line that "
	"replays it; --replay shows its story. Exit status: 0 clean, 1 violated, "
	"2 wrong usage.";

static const struct argp_option options[] = {
	{ "seeds", 's', "N", 0, "run N seeds (default 300)", 0 },
	{ "first", 'f', "SEED", 0, "start at SEED (default 1)", 0 },
	{ "jobs", 'j', "J", 0, "in J processes (default: one per processor)", 0 },
	{ "replay", 'r', "SEED", 0, "run one seed and tell its story", 0 },
	{ "events", 'e', "N", 0, "length of a story (default 60)", 0 },
	{ "keep-going", 'k', NULL, 0, "do not stop at the first violation", 0 },
	{ "isa", 'i', "NAME", 0, "machines of NAME: riscv (default), x86, arm or arm3", 0 },
	{ "matrix", 'm', NULL, 0, "print how often which operations overlapped", 0 },
	{ "least", 'l', "N", 0, "violated too if a pair of operations that can overlap did so less than N times in 100,000 seeds", 0 },
	{ "cursor", 'c', "FILE", 0, "keep in FILE where to go on and what it has come to; goes on from there", 0 },
	{ "quiet", 'q', NULL, 0, "no progress line", 0 },
	{ 0 },
};

struct settings {
	const struct isa *isa;
	uint64_t first, seeds, least;
	const char *cursor;
	unsigned int jobs, events;
	bool replay, keep_going, quiet, matrix;
};

static uint64_t number(const char *text, struct argp_state *state)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (!*text || *end)
		argp_error(state, "'%s' is not a number", text);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case 's': s->seeds = number(arg, state); break;
	case 'f': s->first = number(arg, state); break;
	case 'j': s->jobs = (unsigned int)number(arg, state); break;
	case 'e': s->events = (unsigned int)number(arg, state); break;
	case 'r': s->replay = true; s->first = number(arg, state); s->seeds = 1; break;
	case 'i':
		s->isa = isa_by_name(arg);
		if (!s->isa)
			argp_error(state, "no such machine: '%s'", arg);
		break;
	case 'k': s->keep_going = true; break;
	case 'm': s->matrix = true; break;
	case 'l': s->least = number(arg, state); break;
	case 'c': s->cursor = arg; break;
	case 'q': s->quiet = true; break;
	case ARGP_KEY_ARG: argp_usage(state); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .doc = doc };

static void draw(void *arg, uint64_t seed, struct run *out)
{
	const struct settings *s = arg;

	out->isa = s->isa;
	out->seed = seed;
	plan_draw(seed, &out->plan);
}

static void print_line(void *arg, const char *line)
{
	fprintf(arg, "  %s\n", line);
}

static void report(void *arg, struct world *w)
{
	const struct settings *s = arg;

	mach_report(w->m, stdout, s->events);
	if (s->events && w->root)
		umsi_dump(w->umsi, print_line, stdout);
}

/* The run once more, in this process. */
static void tell(struct settings *s, uint64_t seed)
{
	struct outcome out;
	struct run run = { 0 };

	draw(s, seed, &run);
	world_run(&run, &out, report, s);
	printf("replay with: campaign --isa %s --replay %llu\n", s->isa->name, (unsigned long long)seed);
}

static void print_totals(const struct settings *s, const struct cursor *c)
{
	const struct totals *t = &c->totals;

	printf("RESULT sim isa=%s seeds=%llu steps=%llu violations=%llu moves=%llu handled=%llu reaped=%llu "
	       "revived=%llu handovers=%llu drains=%llu hotplug=%llu naps=%llu sleeps=%llu suspends=%llu level_moves=%llu unmasked_moves=%llu/%llu/%llu intrusions=%llu blocked=%llu\n",
	       s->isa->name,
	       (unsigned long long)t->runs, (unsigned long long)t->steps,
	       (unsigned long long)c->violations, (unsigned long long)t->moves,
	       (unsigned long long)t->handled, (unsigned long long)t->reaped,
	       (unsigned long long)t->revived, (unsigned long long)t->handovers,
	       (unsigned long long)t->drains, (unsigned long long)t->hotplug,
	       (unsigned long long)t->naps, (unsigned long long)t->sleeps,
	       (unsigned long long)t->suspends,
	       (unsigned long long)t->level_moves, (unsigned long long)t->unmasked[0],
	       (unsigned long long)t->unmasked[1], (unsigned long long)t->unmasked[2],
	       (unsigned long long)t->intrusions, (unsigned long long)t->blocked);
}

/* A part at a time, so that who interrupts a long campaign loses little. False: it stops here. */
static bool sit(struct settings *s, struct cursor *c, uint64_t seeds)
{
	struct jobs_result result;
	struct jobs jobs = {
		.first = c->next, .seeds = seeds, .jobs = s->jobs, .keep_going = s->keep_going,
		.progress = !s->quiet, .draw = draw, .arg = s,
	};

	jobs_run(&jobs, &result);
	/* The one that killed its process is left alone. */
	for (uint32_t i = 0; i < result.nviolated && !result.crashed; i++)
		tell(s, result.violated[i]);
	if (result.crashed)
		printf("a process died: campaign --isa %s --jobs 1 --replay %llu\n", s->isa->name,
		       (unsigned long long)result.violated[0]);
	totals_add(&c->totals, &result.totals);
	c->violations += result.violations;
	c->next = result.next;
	return !result.crashed && (s->keep_going || !result.violations);
}

#define SITTING	1000u

/* Status of a cursor file that cannot be used. */
#define STATUS_CURSOR	2

static int run(struct settings *s, struct cursor *c)
{
	uint64_t end = s->first + s->seeds;

	if (s->cursor && !cursor_read(s->cursor, s->isa, s->first, c)) {
		fprintf(stderr, "campaign: %s: %s\n", s->cursor,
			errno == EINVAL ? "of another program, kind of machine or first seed" : strerror(errno));
		return STATUS_CURSOR;
	}
	while (c->next < end) {
		uint64_t left = end - c->next;
		bool goes_on = sit(s, c, s->cursor && left > SITTING ? SITTING : left);

		if (s->cursor && !cursor_write(s->cursor, s->isa, s->first, c)) {
			fprintf(stderr, "campaign: %s: %s\n", s->cursor, strerror(errno));
			return STATUS_CURSOR;
		}
		if (!goes_on)
			break;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .isa = &isa_riscv, .first = 1, .seeds = 300, .events = 60 };
	struct cursor c;
	uint32_t seldom = 0;
	int status;

	argp_err_exit_status = 2;
	argp_parse(&parser, argc, argv, 0, NULL, &s);
	c = (struct cursor){ .next = s.first };
	status = run(&s, &c);
	if (status)
		return status;
	if (s.matrix)
		overlap_print(stdout, c.totals.met);
	if (s.least)
		seldom = overlap_short(stdout, s.isa, c.totals.met, c.totals.runs, s.least);
	print_totals(&s, &c);
	return c.violations || seldom ? 1 : 0;
}
