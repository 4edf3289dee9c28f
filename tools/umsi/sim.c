/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "isa.h"
#include "jobs.h"
#include "json.h"
#include "recipe.h"
#include "scenario.h"
#include "shrink.h"
#include "tale.h"

static const char doc[] =
	"Runs the library on seeded machines and checks the standing invariants. SCENARIO is the name of a "
	"built-in one (--list) or a YAML file; without it every seed draws everything.\v"
	"A run is decided by its seed, the plan that the seed draws, and what --set, --keep and --schedule "
	"change in it. A violation prints the one line that repeats it; --shrink makes it small and tells "
	"its story.\n\n"
	"A scenario in YAML:\n\n"
	"  name: hotplug\n"
	"  isa: riscv\n"
	"  seeds: 1000\n"
	"  plan:\n"
	"    cpus: [3, 8]      # drawn from this range\n"
	"    hotplug: 1\n\n"
	"Examples:\n\n"
	"  umsi sim --seeds 20000 --jobs 2\n"
	"  umsi sim hotplug --isa x86\n"
	"  umsi sim --replay 77 --shrink\n"
	"  umsi sim --time-budget 600 --cursor .umsi-cursor   # goes on where it stopped\n\n"
	"Exit status: 0 clean, 1 violated, 2 wrong usage or scenario, 3 a file cannot be read or written.";

enum { KEY_REPLAY = 256, KEY_SHRINK, KEY_SHRINK_SECONDS, KEY_SET, KEY_KEEP, KEY_SCHEDULE, KEY_LIST, KEY_JSON,
       KEY_BUDGET, KEY_CURSOR, KEY_TRACE, KEY_SHOW };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Which runs", 1 },
	{ "seeds", 's', "N", 0, "run N seeds (default 300)", 1 },
	{ "first", 'f', "SEED", 0, "start at SEED (default 1)", 1 },
	{ "isa", 'i', "NAME", 0, "machines of NAME; --list names them (default riscv)", 1 },
	{ "set", KEY_SET, "FIELDS", 0, "give fields of the plan other values: cpus=2,hotplug=0; \"calm\" first: all at their calmest", 1 },
	{ "list", KEY_LIST, NULL, 0, "list scenarios, machines and fields", 1 },
	{ "show", KEY_SHOW, NULL, 0, "print the scenario as YAML (or JSON), to start one of your own", 1 },
	{ NULL, 0, NULL, 0, "How they are run", 2 },
	{ "jobs", 'j', "J", 0, "in J processes (default: one per processor)", 2 },
	{ "keep-going", 'k', NULL, 0, "do not stop at the first violation", 2 },
	{ "time-budget", KEY_BUDGET, "SECONDS", 0, "begin no seed after that; seeds without end unless --seeds", 2 },
	{ "cursor", KEY_CURSOR, "FILE", 0, "start where FILE says, write there where to go on, keep totals in it", 2 },
	{ "quiet", 'q', NULL, 0, "no progress line", 2 },
	{ NULL, 0, NULL, 0, "One run", 3 },
	{ "replay", KEY_REPLAY, "SEED", 0, "run one seed and tell its story", 3 },
	{ "keep", KEY_KEEP, "OPS", 0, "only these operations: owner0:1,5-7;mover0:3", 3 },
	{ "schedule", KEY_SCHEDULE, "N", 0, "another order of the same steps", 3 },
	{ "shrink", KEY_SHRINK, NULL, 0, "make what violates small, then tell its story", 3 },
	{ "shrink-seconds", KEY_SHRINK_SECONDS, "N", 0, "look for a smaller one for N seconds of the processor (default 60)", 3 },
	{ "events", 'e', "N", 0, "the last N lines of a story (default 60, shrunk 200; 0 = all)", 3 },
	{ "trace", KEY_TRACE, "FILE", 0, "write the library's trace of the run, for umsi trace", 3 },
	{ NULL, 0, NULL, 0, "Output", 4 },
	{ "json", KEY_JSON, NULL, 0, "machine-readable, one document per line", 4 },
	{ 0 },
};

struct settings {
	struct scenario scenario;
	const char *scenario_text;	/* of a built-in one */
	const char *set, *keep_text, *cursor, *trace;
	struct keep keep;
	uint64_t schedule;
	bool events_given, seeds_given, first_given, isa_given, replay, shrink, list, show, json, keep_going, quiet;
	const struct isa *isa;
	uint64_t seeds, first;
	uint32_t events, shrink_seconds, budget_s;
	unsigned int jobs;
};

static uint64_t number(const char *text, struct argp_state *state)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!*text || *end || *text == '-' || errno)
		argp_error(state, "'%s' is not a number", text);
	return n;
}

static uint32_t small_number(const char *text, struct argp_state *state)
{
	uint64_t n = number(text, state);

	if (n > UINT32_MAX)
		argp_error(state, "'%s' is too large", text);
	return (uint32_t)n;
}

static void take_set(struct settings *s, const char *text, struct argp_state *state)
{
	struct plan ignored = { 0 };
	char why[120];

	if (!recipe_set(text, &ignored, why))
		argp_error(state, "--set: %s", why);
	s->set = text;
}

static void take_keep(struct settings *s, const char *text, struct argp_state *state)
{
	char why[120];

	if (!recipe_keep(text, &s->keep, why))
		argp_error(state, "--keep: %s", why);
	s->keep_text = text;
}

static bool builtin(const char *name, struct settings *s)
{
	const char *yaml;
	char why[240];

	for (size_t i = 0; (yaml = scenario_builtin(i)); i++) {
		if (!scenario_read(yaml, strlen(yaml), "built-in", &s->scenario, why))
			abort();
		if (!strcmp(s->scenario.name, name)) {
			s->scenario_text = yaml;
			return true;
		}
	}
	return false;
}

static void take_scenario(struct settings *s, const char *name, struct argp_state *state)
{
	char why[240];

	if (builtin(name, s))
		return;
	if (!scenario_read_file(name, &s->scenario, why))
		argp_failure(state, STATUS_USAGE, 0, "%s", why);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;

	switch (key) {
	case 's': s->seeds = number(arg, state); s->seeds_given = true; break;
	case 'f': s->first = number(arg, state); s->first_given = true; break;
	case 'j': s->jobs = small_number(arg, state); break;
	case 'e': s->events = small_number(arg, state); s->events_given = true; break;
	case 'k': s->keep_going = true; break;
	case 'q': s->quiet = true; break;
	case 'i':
		s->isa = isa_by_name(arg);
		if (!s->isa)
			argp_error(state, "no such machine: '%s'; --list names them", arg);
		break;
	case KEY_REPLAY: s->replay = true; s->first = number(arg, state); s->first_given = true; break;
	case KEY_SHRINK: s->shrink = true; break;
	case KEY_SHRINK_SECONDS: s->shrink_seconds = small_number(arg, state); break;
	case KEY_SET: take_set(s, arg, state); break;
	case KEY_KEEP: take_keep(s, arg, state); break;
	case KEY_SCHEDULE: s->schedule = number(arg, state); break;
	case KEY_LIST: s->list = true; break;
	case KEY_SHOW: s->show = true; break;
	case KEY_JSON: s->json = true; break;
	case KEY_BUDGET: s->budget_s = small_number(arg, state); break;
	case KEY_CURSOR: s->cursor = arg; break;
	case KEY_TRACE: s->trace = arg; break;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one scenario at a time");
		take_scenario(s, arg, state);
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .args_doc = "[SCENARIO]", .doc = doc };

/* ---- Lists ---- */

static void list_text(void)
{
	const char *yaml;
	struct scenario s;
	char why[240];

	puts("Scenarios:");
	for (size_t i = 0; (yaml = scenario_builtin(i)); i++)
		if (scenario_read(yaml, strlen(yaml), "built-in", &s, why))
			printf("  %-16s %s\n", s.name, s.text);
	puts("\nMachines (--isa):");
	for (size_t i = 0; i < isa_count; i++)
		printf("  %s\n", isa_all[i]->name);
	puts("\nFields of a plan (--set, or plan: in a scenario):");
	for (size_t i = 0; i < plan_field_count; i++)
		printf("  %-15s %u..%-8u %s\n", plan_fields[i].name, plan_fields[i].least, plan_fields[i].most,
		       plan_fields[i].text);
}

static void list_json(void)
{
	const char *yaml;
	struct scenario s;
	struct json j;
	char why[240];

	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_open(&j, "scenarios", '[');
	for (size_t i = 0; (yaml = scenario_builtin(i)); i++) {
		if (!scenario_read(yaml, strlen(yaml), "built-in", &s, why))
			continue;
		json_open(&j, NULL, '{');
		json_string(&j, "name", s.name);
		json_string(&j, "text", s.text);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_open(&j, "isas", '[');
	for (size_t i = 0; i < isa_count; i++)
		json_string(&j, NULL, isa_all[i]->name);
	json_close(&j, ']');
	json_open(&j, "fields", '[');
	for (size_t i = 0; i < plan_field_count; i++) {
		json_open(&j, NULL, '{');
		json_string(&j, "name", plan_fields[i].name);
		json_number(&j, "least", plan_fields[i].least);
		json_number(&j, "most", plan_fields[i].most);
		json_number(&j, "calm", plan_fields[i].calm);
		json_string(&j, "text", plan_fields[i].text);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_close(&j, '}');
}

static void show_json(const struct scenario *s)
{
	struct json j;

	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_string(&j, "name", s->name);
	json_string(&j, "text", s->text);
	json_string(&j, "isa", s->isa->name);
	json_number(&j, "first", s->first);
	json_number(&j, "seeds", s->seeds);
	json_open(&j, "plan", '{');
	for (uint32_t i = 0; i < s->nfields; i++) {
		json_open(&j, s->field[i].field->name, '[');
		json_number(&j, NULL, s->field[i].least);
		json_number(&j, NULL, s->field[i].most);
		json_close(&j, ']');
	}
	json_close(&j, '}');
	json_close(&j, '}');
}

static void show(const struct settings *s)
{
	if (s->json) {
		show_json(&s->scenario);
		return;
	}
	if (s->scenario_text) {
		fputs(s->scenario_text, stdout);
		return;
	}
	printf("isa: %s\nseeds: %" PRIu64 "\nplan:\n", s->scenario.isa->name, s->scenario.seeds);
	for (uint32_t i = 0; i < s->scenario.nfields; i++)
		printf("  %s: [%u, %u]\n", s->scenario.field[i].field->name, s->scenario.field[i].least,
		       s->scenario.field[i].most);
}

/* ---- One run ---- */

static void draw(void *arg, uint64_t seed, struct run *out)
{
	struct settings *s = arg;
	char why[120];

	scenario_draw(&s->scenario, seed, out);
	if (s->set)
		recipe_set(s->set, &out->plan, why);
	if (s->keep_text)
		out->keep = &s->keep;
	out->schedule = s->schedule;
}

static void print_violation(const struct settings *s, const struct run *run, const struct outcome *out)
{
	struct json j;

	if (!s->json) {
		printf("VIOLATION %s seed=%" PRIu64 " step=%" PRIu64 ": %s\n", out->violation, run->seed, out->step,
		       out->text);
		return;
	}
	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_string(&j, "violation", out->violation);
	json_number(&j, "seed", run->seed);
	json_number(&j, "schedule", run->schedule);
	json_number(&j, "step", out->step);
	json_string(&j, "text", out->text);
	json_close(&j, '}');
}

static void print_recipe(const struct settings *s, const struct run *run)
{
	char *text = NULL;
	size_t bytes;
	FILE *to = open_memstream(&text, &bytes);
	struct json j;

	if (!to)
		abort();
	recipe_print(run, to);
	fclose(to);
	if (s->json) {
		json_begin(&j, stdout);
		json_open(&j, NULL, '{');
		json_string(&j, "replay", text);
		json_close(&j, '}');
	} else {
		printf("replay with: %s\n", text);
	}
	free(text);
}

struct look {
	struct tale tale;
	const char *trace;
	bool failed;
};

static void write_trace(struct look *l, struct world *w)
{
	FILE *to = fopen(l->trace, "wb");

	l->failed = !to;
	for (uint32_t i = 0; to && i < w->plan.ncpus; i++)
		if (fwrite(w->ring[i], umsi_trace_ring_bytes(w->ring[i]->events), 1, to) != 1)
			l->failed = true;
	if (to && fclose(to))
		l->failed = true;
	if (l->failed)
		fprintf(stderr, "umsi sim: %s: %s\n", l->trace, strerror(errno));
}

static void look(void *arg, struct world *w)
{
	struct look *l = arg;

	tale_tell(&l->tale, w);
	if (l->trace)
		write_trace(l, w);
}

/* Runs it once more and tells. */
static int tell(const struct settings *s, struct run run, struct outcome *out)
{
	struct look l = { .tale = { .to = stdout, .json = s->json, .last = s->events }, .trace = s->trace };

	run.tell = true;
	world_run(&run, out, look, &l);
	if (!out->clean)
		print_violation(s, &run, out);
	if (l.failed)
		return STATUS_SYSTEM;
	return out->clean ? STATUS_CLEAN : STATUS_VIOLATED;
}

static void print_shrunk(const struct settings *s, const struct shrink *k, uint32_t device_events)
{
	struct json j;

	if (!s->json) {
		printf("SHRUNK operations=%u device_events=%u cpus=%u from_operations=%u runs=%" PRIu64 "\n",
		       k->operations, device_events, k->run.plan.ncpus, k->operations_before, k->tries);
		return;
	}
	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_open(&j, "shrunk", '{');
	json_number(&j, "operations", k->operations);
	json_number(&j, "device_events", device_events);
	json_number(&j, "cpus", k->run.plan.ncpus);
	json_number(&j, "from_operations", k->operations_before);
	json_number(&j, "runs", k->tries);
	json_close(&j, '}');
	json_close(&j, '}');
}

static int shrink_and_tell(const struct settings *s, const struct run *run)
{
	static struct shrink k;
	struct look l = {
		.tale = { .to = stdout, .json = s->json, .last = s->events_given ? s->events : 200 }, .trace = s->trace,
	};
	struct outcome out;
	struct run told;

	k = (struct shrink){ .run = *run, .seconds = s->shrink_seconds, .progress = !s->quiet };
	if (!shrink(&k)) {
		printf("nothing to shrink: seed %" PRIu64 " is clean\n", run->seed);
		return STATUS_CLEAN;
	}
	told = k.run;
	told.tell = true;
	world_run(&told, &out, look, &l);
	print_violation(s, &told, &out);
	print_shrunk(s, &k, l.tale.device_events);
	print_recipe(s, &k.run);
	return STATUS_VIOLATED;
}

static int one_run(struct settings *s)
{
	struct outcome out;
	struct run run = { 0 };
	int status;

	draw(s, s->scenario.first, &run);
	if (s->shrink)
		return shrink_and_tell(s, &run);
	status = tell(s, run, &out);
	if (status == STATUS_CLEAN && !s->json)
		printf("OK seed=%" PRIu64 " step=%" PRIu64 " hash=%016" PRIx64 "\n", run.seed, out.step, out.hash);
	return status;
}

/* ---- Many runs ---- */

/* What a campaign has come to, over all its sittings. */
struct cursor {
	uint64_t next, seeds, steps, violations;
};

static bool read_cursor(const struct settings *s, struct cursor *c)
{
	FILE *file = fopen(s->cursor, "r");
	int n;

	*c = (struct cursor){ .next = s->scenario.first };
	if (!file)
		return errno == ENOENT;
	n = fscanf(file, "next=%" SCNu64 " seeds=%" SCNu64 " steps=%" SCNu64 " violations=%" SCNu64, &c->next, &c->seeds,
		   &c->steps, &c->violations);
	fclose(file);
	errno = n == 4 ? 0 : EINVAL;
	return n == 4;
}

static bool write_cursor(const struct settings *s, const struct cursor *c)
{
	FILE *file = fopen(s->cursor, "w");
	bool good;

	if (!file)
		return false;
	good = fprintf(file, "next=%" PRIu64 " seeds=%" PRIu64 " steps=%" PRIu64 " violations=%" PRIu64 "\n", c->next,
		       c->seeds, c->steps, c->violations) > 0;
	return !fclose(file) && good;
}

static void print_result(const struct settings *s, const struct jobs_result *r, const struct cursor *c)
{
	const struct totals *t = &r->totals;
	const struct { const char *name; uint64_t value; } number[] = {
		{ "seeds", t->runs }, { "steps", t->steps }, { "violations", r->violations }, { "moves", t->moves },
		{ "handled", t->handled }, { "reaped", t->reaped }, { "revived", t->revived },
		{ "handovers", t->handovers }, { "drains", t->drains }, { "hotplug", t->hotplug },
		{ "total_seeds", c->seeds }, { "total_steps", c->steps }, { "total_violations", c->violations },
		{ "next", c->next },
	};
	size_t n = sizeof(number) / sizeof(number[0]) - (s->cursor ? 0 : 4);
	struct json j;

	if (!s->json) {
		printf("RESULT sim isa=%s", s->scenario.isa->name);
		for (size_t i = 0; i < n; i++)
			printf(" %s=%" PRIu64, number[i].name, number[i].value);
		putchar('\n');
		return;
	}
	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_open(&j, "result", '{');
	json_string(&j, "isa", s->scenario.isa->name);
	for (size_t i = 0; i < n; i++)
		json_number(&j, number[i].name, number[i].value);
	json_close(&j, '}');
	json_close(&j, '}');
}

static void report_violations(struct settings *s, const struct jobs_result *r)
{
	for (uint32_t i = 0; i < r->nviolated; i++) {
		struct run run = { 0 };
		struct outcome out;

		draw(s, r->violated[i], &run);
		/* The one that killed its process is left alone. */
		if (r->crashed) {
			printf("VIOLATION CRASH seed=%" PRIu64 ": the process died\n", run.seed);
			print_recipe(s, &run);
		} else if (s->shrink) {
			shrink_and_tell(s, &run);
		} else {
			tell(s, run, &out);
			print_recipe(s, &run);
		}
	}
}

static int many_runs(struct settings *s)
{
	struct jobs_result r;
	struct cursor c;
	struct jobs jobs = {
		.first = s->scenario.first, .seeds = s->scenario.seeds, .jobs = s->jobs, .keep_going = s->keep_going,
		.progress = !s->quiet, .budget_s = s->budget_s, .draw = draw, .arg = s,
	};

	if (s->cursor && !read_cursor(s, &c)) {
		fprintf(stderr, "umsi sim: %s: %s\n", s->cursor, strerror(errno));
		return STATUS_SYSTEM;
	}
	if (s->cursor)
		jobs.first = c.next;
	if (s->budget_s && !s->seeds_given)
		jobs.seeds = UINT64_MAX / 2;
	jobs_run(&jobs, &r);
	report_violations(s, &r);
	c.next = r.next;
	c.seeds += r.totals.runs;
	c.steps += r.totals.steps;
	c.violations += r.violations;
	print_result(s, &r, &c);
	if (s->cursor && !write_cursor(s, &c)) {
		fprintf(stderr, "umsi sim: %s: %s\n", s->cursor, strerror(errno));
		return STATUS_SYSTEM;
	}
	return r.violations ? STATUS_VIOLATED : STATUS_CLEAN;
}

static int run_sim(int argc, char **argv)
{
	static struct settings s;

	s = (struct settings){ .events = 60, .shrink_seconds = 60 };
	scenario_default(&s.scenario);
	argp_parse(&parser, argc, argv, 0, NULL, &s);
	if (s.isa)
		s.scenario.isa = s.isa;
	if (s.seeds_given)
		s.scenario.seeds = s.seeds;
	if (s.first_given)
		s.scenario.first = s.first;
	if (s.list) {
		s.json ? list_json() : list_text();
		return STATUS_CLEAN;
	}
	if (s.show) {
		show(&s);
		return STATUS_CLEAN;
	}
	return s.replay || s.keep_text || s.trace ? one_run(&s) : many_runs(&s);
}

const struct command command_sim = {
	.name = "sim",
	.does = "run many seeded machines, replay one, shrink what fails",
	.run = run_sim,
};
