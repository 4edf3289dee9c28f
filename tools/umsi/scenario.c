/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "isa.h"

/* What is being read, and what was wrong first. */
struct reader {
	yaml_parser_t parser;
	yaml_event_t event;
	const char *from;
	char *why;
	bool failed;
};

static void complain(struct reader *r, yaml_mark_t at, const char *what, const char *about)
{
	if (r->failed)
		return;
	r->failed = true;
	snprintf(r->why, 240, "%s:%zu:%zu: %s%s%s%s", r->from, at.line + 1, at.column + 1, what,
		 about ? " '" : "", about ? about : "", about ? "'" : "");
}

/* The next event, in place of the last. */
static yaml_event_type_t next(struct reader *r)
{
	yaml_event_delete(&r->event);
	memset(&r->event, 0, sizeof(r->event));
	if (!yaml_parser_parse(&r->parser, &r->event)) {
		complain(r, r->parser.problem_mark, r->parser.problem ? r->parser.problem : "not YAML", NULL);
		return YAML_NO_EVENT;
	}
	return r->event.type;
}

static const char *scalar(const struct reader *r)
{
	return (const char *)r->event.data.scalar.value;
}

/* A scalar as a number up to @most. */
static uint64_t number(struct reader *r, uint64_t most)
{
	char *end;
	uint64_t n;

	if (r->event.type != YAML_SCALAR_EVENT) {
		complain(r, r->event.start_mark, "a number is wanted here", NULL);
		return 0;
	}
	errno = 0;
	n = strtoull(scalar(r), &end, 0);
	if (!*scalar(r) || *end || *scalar(r) == '-' || errno || n > most)
		complain(r, r->event.start_mark, "not a number in range:", scalar(r));
	return n;
}

static void text(struct reader *r, char *to, size_t room)
{
	next(r);
	if (r->event.type != YAML_SCALAR_EVENT)
		complain(r, r->event.start_mark, "a word or line is wanted here", NULL);
	else
		snprintf(to, room, "%s", scalar(r));
}

static void in_range(struct reader *r, const struct plan_field *f, uint64_t value)
{
	char what[120];

	snprintf(what, sizeof(what), "%s takes %u to %u, not", f->name, f->least, f->most);
	if (!r->failed && (value < f->least || value > f->most))
		complain(r, r->event.start_mark, what, scalar(r));
}

/* "cpus: 4" or "cpus: [2, 4]". */
static void one_field(struct reader *r, const struct plan_field *f, struct scenario_field *out)
{
	uint64_t value[2];

	out->field = f;
	if (next(r) != YAML_SEQUENCE_START_EVENT) {
		value[0] = value[1] = number(r, UINT32_MAX);
		in_range(r, f, value[0]);
	} else {
		for (int i = 0; i < 2 && !r->failed; i++) {
			next(r);
			value[i] = number(r, UINT32_MAX);
			in_range(r, f, value[i]);
		}
		if (!r->failed && (next(r) != YAML_SEQUENCE_END_EVENT || value[0] > value[1]))
			complain(r, r->event.start_mark, "a range is [least, most]", NULL);
	}
	if (r->failed)
		return;
	out->least = (uint32_t)value[0];
	out->most = (uint32_t)value[1];
}

static void plan(struct reader *r, struct scenario *s)
{
	if (next(r) != YAML_MAPPING_START_EVENT) {
		complain(r, r->event.start_mark, "plan: holds fields, as in 'cpus: 4'", NULL);
		return;
	}
	while (!r->failed && next(r) == YAML_SCALAR_EVENT) {
		const struct plan_field *f = plan_field_by_name(scalar(r), strlen(scalar(r)));

		if (!f)
			complain(r, r->event.start_mark, "no such field (umsi sim --list):", scalar(r));
		else if (s->nfields == SCENARIO_FIELDS_MAX)
			complain(r, r->event.start_mark, "too many fields", NULL);
		else
			one_field(r, f, &s->field[s->nfields++]);
	}
}

static void isa(struct reader *r, struct scenario *s)
{
	char name[40];

	text(r, name, sizeof(name));
	s->isa = isa_by_name(name);
	if (!s->isa)
		complain(r, r->event.start_mark, "no such kind of machine:", name);
}

static void member(struct reader *r, struct scenario *s)
{
	char key[40];

	snprintf(key, sizeof(key), "%s", scalar(r));
	if (!strcmp(key, "name"))
		text(r, s->name, sizeof(s->name));
	else if (!strcmp(key, "text"))
		text(r, s->text, sizeof(s->text));
	else if (!strcmp(key, "isa"))
		isa(r, s);
	else if (!strcmp(key, "plan"))
		plan(r, s);
	else if (!strcmp(key, "first"))
		next(r), s->first = number(r, UINT64_MAX);
	else if (!strcmp(key, "seeds"))
		next(r), s->seeds = number(r, UINT32_MAX);
	else
		complain(r, r->event.start_mark, "not one of name, text, isa, first, seeds, plan:", key);
}

static void document(struct reader *r, struct scenario *s)
{
	if (next(r) != YAML_STREAM_START_EVENT || next(r) != YAML_DOCUMENT_START_EVENT ||
	    next(r) != YAML_MAPPING_START_EVENT) {
		complain(r, r->event.start_mark, "a scenario is a mapping: 'plan:' and what it holds", NULL);
		return;
	}
	while (!r->failed && next(r) == YAML_SCALAR_EVENT)
		member(r, s);
	if (!r->failed && r->event.type != YAML_MAPPING_END_EVENT)
		complain(r, r->event.start_mark, "keys are words", NULL);
}

void scenario_default(struct scenario *s)
{
	*s = (struct scenario){ .isa = &isa_riscv, .first = 1, .seeds = 300 };
}

bool scenario_read(const char *yaml, size_t bytes, const char *from, struct scenario *s, char why[240])
{
	struct reader r = { .from = from, .why = why };

	scenario_default(s);
	if (!yaml_parser_initialize(&r.parser))
		abort();
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)yaml, bytes);
	document(&r, s);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	return !r.failed;
}

bool scenario_read_file(const char *path, struct scenario *s, char why[240])
{
	static char yaml[65536];
	FILE *file = fopen(path, "r");
	size_t bytes;

	if (!file) {
		snprintf(why, 240, "%s: %s", path, strerror(errno));
		return false;
	}
	bytes = fread(yaml, 1, sizeof(yaml), file);
	fclose(file);
	if (bytes == sizeof(yaml)) {
		snprintf(why, 240, "%s: longer than %zu bytes", path, sizeof(yaml) - 1);
		return false;
	}
	return scenario_read(yaml, bytes, path, s, why);
}

void scenario_draw(const struct scenario *s, uint64_t seed, struct run *out)
{
	out->isa = s->isa;
	out->seed = seed;
	plan_draw(seed, &out->plan);
	for (uint32_t i = 0; i < s->nfields; i++) {
		const struct scenario_field *f = &s->field[i];
		uint64_t x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + i * UINT64_C(0xd6e8feb86659fd93);
		uint64_t n = (uint64_t)f->most - f->least + 1;

		x ^= x >> 31;
		plan_set(&out->plan, f->field, f->least + (x >> 16) % n);
	}
}
