/* SPDX-License-Identifier: MIT */
/* The seeded campaign: many runs, each replayable from one line. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <umsi/dump.h>

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
	{ "quiet", 'q', NULL, 0, "no progress line", 0 },
	{ 0 },
};

struct settings {
	const struct isa *isa;
	uint64_t first, seeds;
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

static void print_totals(const struct settings *s, const struct jobs_result *r)
{
	printf("RESULT sim isa=%s seeds=%llu steps=%llu violations=%llu moves=%llu handled=%llu reaped=%llu "
	       "revived=%llu handovers=%llu drains=%llu hotplug=%llu naps=%llu sleeps=%llu suspends=%llu level_moves=%llu unmasked_moves=%llu/%llu/%llu intrusions=%llu blocked=%llu\n",
	       s->isa->name,
	       (unsigned long long)r->totals.runs, (unsigned long long)r->totals.steps,
	       (unsigned long long)r->violations, (unsigned long long)r->totals.moves,
	       (unsigned long long)r->totals.handled, (unsigned long long)r->totals.reaped,
	       (unsigned long long)r->totals.revived, (unsigned long long)r->totals.handovers,
	       (unsigned long long)r->totals.drains, (unsigned long long)r->totals.hotplug,
	       (unsigned long long)r->totals.naps, (unsigned long long)r->totals.sleeps,
	       (unsigned long long)r->totals.suspends,
	       (unsigned long long)r->totals.level_moves, (unsigned long long)r->totals.unmasked[0],
	       (unsigned long long)r->totals.unmasked[1], (unsigned long long)r->totals.unmasked[2],
	       (unsigned long long)r->totals.intrusions, (unsigned long long)r->totals.blocked);
}

int main(int argc, char **argv)
{
	struct settings s = { .isa = &isa_riscv, .first = 1, .seeds = 300, .events = 60 };
	struct jobs_result result;
	struct jobs jobs;

	argp_err_exit_status = 2;
	argp_parse(&parser, argc, argv, 0, NULL, &s);
	jobs = (struct jobs){
		.first = s.first, .seeds = s.seeds, .jobs = s.jobs, .keep_going = s.keep_going,
		.progress = !s.quiet, .draw = draw, .arg = &s,
	};
	jobs_run(&jobs, &result);
	/* The one that killed its process is left alone. */
	for (uint32_t i = 0; i < result.nviolated && !result.crashed; i++)
		tell(&s, result.violated[i]);
	if (result.crashed)
		printf("a process died: campaign --isa %s --jobs 1 --replay %llu\n", s.isa->name,
		       (unsigned long long)result.violated[0]);
	if (s.matrix)
		overlap_print(stdout, result.totals.met);
	print_totals(&s, &result);
	return result.violations ? 1 : 0;
}
