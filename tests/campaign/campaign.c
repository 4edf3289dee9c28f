/* SPDX-License-Identifier: MIT */
/* The seeded campaign: many runs, each replayable from one line. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isa.h"

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
	{ "isa", 'i', "NAME", 0, "machines of NAME: riscv (default) or x86", 0 },
	{ "quiet", 'q', NULL, 0, "no progress line", 0 },
	{ 0 },
};

struct settings {
	const struct isa *isa;
	uint64_t first, seeds;
	unsigned int jobs, events;
	bool replay, keep_going, quiet;
};

const struct isa *isa_by_name(const char *name)
{
	static const struct isa *const all[] = { &isa_riscv, &isa_x86 };

	for (uint32_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i]->name, name))
			return all[i];
	return NULL;
}

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
	case 'q': s->quiet = true; break;
	case ARGP_KEY_ARG: argp_usage(state); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .doc = doc };

struct result {
	struct totals totals;
	uint64_t violations;
};

/* Every jobs-th seed from first + job on. */
static void run_job(const struct settings *s, unsigned int job, struct result *out)
{
	bool progress = !s->quiet && job == 0 && isatty(STDERR_FILENO);

	for (uint64_t i = job; i < s->seeds; i += s->jobs) {
		bool clean = world_run(s->isa, s->first + i, &out->totals, true, s->events);

		if (!clean) {
			printf("replay with: campaign --isa %s --replay %llu\n", s->isa->name,
			       (unsigned long long)(s->first + i));
			fflush(stdout);
			out->violations++;
			if (!s->keep_going)
				return;
		}
		if (progress && out->totals.runs % 64 == 0)
			fprintf(stderr, "\r%llu of %llu seeds", (unsigned long long)i,
				(unsigned long long)s->seeds);
	}
	if (progress)
		fprintf(stderr, "\n");
}

static void add(struct result *sum, const struct result *r)
{
	sum->violations += r->violations;
	sum->totals.runs += r->totals.runs;
	sum->totals.steps += r->totals.steps;
	sum->totals.moves += r->totals.moves;
	sum->totals.handled += r->totals.handled;
	sum->totals.reaped += r->totals.reaped;
	sum->totals.revived += r->totals.revived;
	sum->totals.handovers += r->totals.handovers;
	sum->totals.drains += r->totals.drains;
	sum->totals.hotplug += r->totals.hotplug;
}

/* A child that dies without its result counts as a violation. */
static void run_jobs(const struct settings *s, struct result *sum)
{
	int pipes[64][2];

	fflush(stdout);
	for (unsigned int j = 0; j < s->jobs; j++) {
		struct result r = { 0 };

		if (pipe(pipes[j]))
			abort();
		if (fork() == 0) {
			run_job(s, j, &r);
			_exit(write(pipes[j][1], &r, sizeof(r)) == sizeof(r) ? 0 : 1);
		}
		close(pipes[j][1]);
	}
	for (unsigned int j = 0; j < s->jobs; j++) {
		struct result r = { 0 };

		if (read(pipes[j][0], &r, sizeof(r)) != sizeof(r))
			r = (struct result){ .violations = 1 };
		add(sum, &r);
		wait(NULL);
	}
}

int main(int argc, char **argv)
{
	struct settings s = { .isa = &isa_riscv, .first = 1, .seeds = 300, .events = 60 };
	struct result sum = { 0 };

	argp_err_exit_status = 2;
	argp_parse(&parser, argc, argv, 0, NULL, &s);
	if (!s.jobs)
		s.jobs = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	if (s.jobs > 64)
		s.jobs = 64;
	if (s.replay)
		s.jobs = 1;

	if (s.jobs == 1)
		run_job(&s, 0, &sum);
	else
		run_jobs(&s, &sum);
	printf("RESULT sim isa=%s seeds=%llu steps=%llu violations=%llu moves=%llu handled=%llu reaped=%llu "
	       "revived=%llu handovers=%llu drains=%llu hotplug=%llu\n", s.isa->name, (unsigned long long)sum.totals.runs,
	       (unsigned long long)sum.totals.steps, (unsigned long long)sum.violations,
	       (unsigned long long)sum.totals.moves, (unsigned long long)sum.totals.handled,
	       (unsigned long long)sum.totals.reaped, (unsigned long long)sum.totals.revived,
	       (unsigned long long)sum.totals.handovers, (unsigned long long)sum.totals.drains,
	       (unsigned long long)sum.totals.hotplug);
	return sum.violations ? 1 : 0;
}
