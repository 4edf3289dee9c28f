/* SPDX-License-Identifier: MIT */
/* JSON, written piece by piece: objects and arrays count their own commas. */
#ifndef UMSI_JSON_H
#define UMSI_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define JSON_DEPTH	16

struct json {
	FILE *to;
	unsigned int depth;
	bool some[JSON_DEPTH];		/* something stands here already */
};

void json_begin(struct json *j, FILE *to);
/* @key NULL: in an array, or the outermost. @open is '{' or '['. */
void json_open(struct json *j, const char *key, char open);
void json_close(struct json *j, char close);
void json_string(struct json *j, const char *key, const char *value);
void json_number(struct json *j, const char *key, uint64_t value);
void json_bool(struct json *j, const char *key, bool value);

#endif
