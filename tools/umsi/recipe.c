/* SPDX-License-Identifier: MIT */
#include "recipe.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "isa.h"

/* A number up to one of @ends; NULL: there is none. */
static const char *number(const char *at, const char *ends, uint64_t *out)
{
	char *end;

	if (*at < '0' || *at > '9')
		return NULL;
	*out = strtoull(at, &end, 0);
	return !*end || strchr(ends, *end) ? end : NULL;
}

static bool is_calm(const char *text, size_t length)
{
	return length == 4 && !strncmp(text, "calm", 4);
}

bool recipe_set(const char *text, struct plan *plan, char why[120])
{
	if (is_calm(text, strcspn(text, "=,"))) {
		plan_calm(plan);
		text += text[4] == ',' ? 5 : 4;
	}
	while (*text) {
		size_t length = strcspn(text, "=,");
		const struct plan_field *f = plan_field_by_name(text, length);
		const char *end;
		uint64_t value;

		if (!f) {
			snprintf(why, 120, "no field '%.*s'; umsi sim --list names them", (int)length, text);
			return false;
		}
		end = text[length] == '=' ? number(text + length + 1, ",", &value) : NULL;
		if (!end || !plan_set(plan, f, value)) {
			snprintf(why, 120, "%s takes a number from %u to %u", f->name, f->least, f->most);
			return false;
		}
		text = *end ? end + 1 : end;
	}
	return true;
}

/* "1,5-7" for one actor; NULL: malformed. */
static const char *keep_numbers(const char *at, uint64_t *bits)
{
	for (;;) {
		uint64_t first, last;

		at = number(at, ",-;", &first);
		if (!at)
			return NULL;
		last = first;
		if (*at == '-')
			at = number(at + 1, ",;", &last);
		if (!at || last < first || last >= ACTOR_OPS_MAX)
			return NULL;
		for (; first <= last; first++)
			bits[first / 64] |= UINT64_C(1) << first % 64;
		if (*at != ',')
			return at;
		at++;
	}
}

bool recipe_keep(const char *text, struct keep *keep, char why[120])
{
	*keep = (struct keep){ .some = true };
	while (*text) {
		size_t length = strcspn(text, ":;");
		uint32_t id = actor_by_name(text, length);
		const char *end;

		if (id == UINT32_MAX) {
			snprintf(why, 120, "no actor '%.*s'", (int)length, text);
			return false;
		}
		end = text[length] == ':' ? keep_numbers(text + length + 1, keep->bits[id]) : NULL;
		if (!end) {
			snprintf(why, 120, "%.*s: operations are numbers below %u, as in 1,5-7", (int)length, text,
				 ACTOR_OPS_MAX);
			return false;
		}
		text = *end ? end + 1 : end;
	}
	return true;
}

/* What differs from @base; NULL to count only. */
static uint32_t differences(const struct plan *p, const struct plan *base, const char *comma, FILE *to)
{
	uint32_t n = 0;

	for (size_t i = 0; i < plan_field_count; i++) {
		const struct plan_field *f = &plan_fields[i];

		if (plan_get(p, f) == plan_get(base, f))
			continue;
		if (to)
			fprintf(to, "%s%s=%u", n ? "," : comma, f->name, plan_get(p, f));
		n++;
	}
	return n;
}

void recipe_print_set(const struct run *run, FILE *to)
{
	struct plan drawn, calm;

	plan_draw(run->seed, &drawn);
	calm = drawn;
	plan_calm(&calm);
	if (differences(&run->plan, &calm, "", NULL) < differences(&run->plan, &drawn, "", NULL)) {
		fputs("calm", to);
		differences(&run->plan, &calm, ",", to);
	} else {
		differences(&run->plan, &drawn, "", to);
	}
}

static void print_numbers(const struct keep *k, uint32_t id, FILE *to)
{
	const char *comma = "";

	for (uint32_t op = 0; op < ACTOR_OPS_MAX; op++) {
		uint32_t last = op;

		if (!keep_has(k, id, op))
			continue;
		while (last + 1 < ACTOR_OPS_MAX && keep_has(k, id, last + 1))
			last++;
		fprintf(to, last > op ? "%s%u-%u" : "%s%u", comma, op, last);
		comma = ",";
		op = last;
	}
}

void recipe_print_keep(const struct keep *k, FILE *to)
{
	const char *semicolon = "";
	char room[24];

	for (uint32_t id = 0; id < ACTORS_MAX; id++) {
		bool any = false;

		for (uint32_t w = 0; w < ACTOR_OPS_MAX / 64; w++)
			any |= k->bits[id][w] != 0;
		if (!any)
			continue;
		fprintf(to, "%s%s:", semicolon, actor_name(id, room));
		print_numbers(k, id, to);
		semicolon = ";";
	}
}

void recipe_print(const struct run *run, FILE *to)
{
	fprintf(to, "umsi sim --isa %s --replay %" PRIu64, run->isa->name, run->seed);
	if (run->schedule)
		fprintf(to, " --schedule %" PRIu64, run->schedule);
	fprintf(to, " --set '");
	recipe_print_set(run, to);
	fputc('\'', to);
	if (run->keep && run->keep->some) {
		fprintf(to, " --keep '");
		recipe_print_keep(run->keep, to);
		fputc('\'', to);
	}
}
