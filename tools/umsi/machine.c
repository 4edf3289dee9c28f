/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <umsi/dump.h>

#include "command.h"
#include "isa.h"
#include "json.h"
#include "recipe.h"

static const char doc[] =
	"Runs one seed up to a step and prints what is there: CPUs with their buffered stores, pending and "
	"lagging messages, devices' tables, messages under way; then the library's own view of every slot and "
	"interrupt.\v"
	"Each line is words followed by name=value. Without --step the run is looked at where it ends: at a "
	"violation, or with everything torn down.\n\n"
	"  umsi machine --seed 5 --step 4000\n"
	"  umsi machine --isa x86 --seed 7 --step 9000 --json | jq 'select(.what == \"message\")'\n\n"
	"Exit status: 0 clean so far, 1 violated before that step, 2 wrong usage.";

enum { KEY_SET = 256, KEY_KEEP, KEY_SCHEDULE, KEY_JSON, KEY_MODELS, KEY_LIBRARY };

static const struct argp_option options[] = {
	{ "seed", 's', "SEED", 0, "of the run (default 1)", 0 },
	{ "step", 't', "STEP", 0, "look at it there", 0 },
	{ "isa", 'i', "NAME", 0, "machines of NAME (default riscv)", 0 },
	{ "set", KEY_SET, "FIELDS", 0, "as in umsi sim", 0 },
	{ "keep", KEY_KEEP, "OPS", 0, "as in umsi sim", 0 },
	{ "schedule", KEY_SCHEDULE, "N", 0, "as in umsi sim", 0 },
	{ "models", KEY_MODELS, NULL, 0, "the hardware's side only", 0 },
	{ "library", KEY_LIBRARY, NULL, 0, "the library's side only", 0 },
	{ "json", KEY_JSON, NULL, 0, "one object per line", 0 },
	{ 0 },
};

struct settings {
	struct run run;
	struct keep keep;
	const char *set;
	bool json, models, library;
};

static uint64_t number(const char *text, struct argp_state *state)
{
	char *end;
	uint64_t n = strtoull(text, &end, 0);

	if (!*text || *end || *text == '-')
		argp_error(state, "'%s' is not a number", text);
	return n;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct settings *s = state->input;
	struct plan ignored = { 0 };
	char why[120];

	switch (key) {
	case 's': s->run.seed = number(arg, state); break;
	case 't': s->run.stop_step = number(arg, state); break;
	case 'i':
		s->run.isa = isa_by_name(arg);
		if (!s->run.isa)
			argp_error(state, "no such machine: '%s'", arg);
		break;
	case KEY_SET:
		if (!recipe_set(arg, &ignored, why))
			argp_error(state, "--set: %s", why);
		s->set = arg;
		break;
	case KEY_KEEP:
		if (!recipe_keep(arg, &s->keep, why))
			argp_error(state, "--keep: %s", why);
		s->run.keep = &s->keep;
		break;
	case KEY_SCHEDULE: s->run.schedule = number(arg, state); break;
	case KEY_MODELS: s->models = true; break;
	case KEY_LIBRARY: s->library = true; break;
	case KEY_JSON: s->json = true; break;
	case ARGP_KEY_ARG: argp_usage(state); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp parser = { .options = options, .parser = parse, .doc = doc };

static void text_line(void *arg, const char *line)
{
	(void)arg;
	puts(line);
}

/* "17", "0x1f" */
static bool is_number(const char *word, uint64_t *value)
{
	char *end;

	if (*word < '0' || *word > '9')
		return false;
	*value = strtoull(word, &end, 0);
	return !*end;
}

/* The words before the first "=": what the line is about. */
static void leading_words(const char *line, char *what, size_t room)
{
	size_t n = strcspn(line, "=");

	/* Not the member's own name. */
	while (line[n] && n && line[n - 1] != ' ')
		n--;
	while (*line == ' ' && n)
		line++, n--;
	snprintf(what, room, "%.*s", (int)n, line);
	for (size_t end = strlen(what); end && what[end - 1] == ' ';)
		what[--end] = '\0';
}

static void json_member(struct json *j, char *word)
{
	char *value = strchr(word, '=');
	uint64_t n;

	*value++ = '\0';
	if (*value && value[strlen(value) - 1] == ':')
		value[strlen(value) - 1] = '\0';
	if (is_number(value, &n))
		json_number(j, word, n);
	else
		json_string(j, word, value);
}

/* name=value become members; words among them, a path or bits, stand in one list. */
static void json_line(void *arg, const char *line)
{
	char text[256], what[128], *words[64], *save;
	size_t n = 0;
	struct json j;

	(void)arg;
	leading_words(line, what, sizeof(what));
	snprintf(text, sizeof(text), "%s", line + strspn(line, " ") + strlen(what));
	json_begin(&j, stdout);
	json_open(&j, NULL, '{');
	json_string(&j, "what", *what ? what : "irq");
	for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strchr(word, '='))
			json_member(&j, word);
		else if (n < sizeof(words) / sizeof(words[0]))
			words[n++] = word;
	}
	if (n)
		json_open(&j, "words", '[');
	for (size_t i = 0; i < n; i++)
		json_string(&j, NULL, words[i]);
	if (n)
		json_close(&j, ']');
	json_close(&j, '}');
}

static void look(void *arg, struct world *w)
{
	const struct settings *s = arg;
	void (*line)(void *arg, const char *line) = s->json ? json_line : text_line;

	if (!s->library)
		mach_dump(w->m, line, NULL);
	if (!s->models && w->root)
		umsi_dump(w->umsi, line, NULL);
}

static int run_machine(int argc, char **argv)
{
	static struct settings s;
	struct outcome out;
	char why[120];

	s = (struct settings){ .run = { .isa = &isa_riscv, .seed = 1 } };
	argp_parse(&parser, argc, argv, 0, NULL, &s);
	plan_draw(s.run.seed, &s.run.plan);
	if (s.set)
		recipe_set(s.set, &s.run.plan, why);
	world_run(&s.run, &out, look, &s);
	if (!out.clean && !out.stopped)
		printf(s.json ? "{\"violation\":\"%s\",\"step\":%" PRIu64 "}\n" : "VIOLATION %s step=%" PRIu64 "\n",
		       out.violation, out.step);
	if (s.run.stop_step && !out.stopped && out.clean)
		fprintf(stderr, "umsi machine: the run was over before step %" PRIu64 "\n", s.run.stop_step);
	return out.clean || out.stopped ? STATUS_CLEAN : STATUS_VIOLATED;
}

const struct command command_machine = {
	.name = "machine",
	.does = "look at a machine in mid-run: models and library",
	.run = run_machine,
};
