/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <inttypes.h>

void json_begin(struct json *j, FILE *to)
{
	*j = (struct json){ .to = to };
}

static void put_string(FILE *to, const char *s)
{
	fputc('"', to);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(to, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			fprintf(to, "\\u%04x", (unsigned char)*s);
		else
			fputc(*s, to);
	}
	fputc('"', to);
}

static void lead(struct json *j, const char *key)
{
	if (j->some[j->depth])
		fputc(',', j->to);
	j->some[j->depth] = true;
	if (!key)
		return;
	put_string(j->to, key);
	fputc(':', j->to);
}

void json_open(struct json *j, const char *key, char open)
{
	lead(j, key);
	fputc(open, j->to);
	j->some[++j->depth] = false;
}

void json_close(struct json *j, char close)
{
	j->depth--;
	fputc(close, j->to);
	if (!j->depth)
		fputc('\n', j->to);
}

void json_string(struct json *j, const char *key, const char *value)
{
	lead(j, key);
	put_string(j->to, value);
}

void json_number(struct json *j, const char *key, uint64_t value)
{
	lead(j, key);
	fprintf(j->to, "%" PRIu64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	lead(j, key);
	fputs(value ? "true" : "false", j->to);
}
