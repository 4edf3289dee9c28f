/* SPDX-License-Identifier: MIT */
#include "core/options.h"

#include "core/text.h"

static bool option(const char *word, const char *key, const char **value)
{
	unsigned long n = text_length(key);

	if (!text_starts(word, key) || word[n] != '=')
		return false;
	*value = word + n + 1;
	return true;
}

static void take(struct options *o, const char *word)
{
	const char *value;

	if (option(word, "mode", &value)) {
		if (text_starts(value, "monitor"))
			o->mode = MODE_MONITOR;
		else if (text_starts(value, "count-log"))
			o->mode = MODE_COUNT_LOG;
		else if (text_starts(value, "count"))
			o->mode = MODE_COUNT;
	} else if (option(word, "crc", &value)) {
		o->crc_known = true;
		o->crc = (uint32_t)text_number(value, 16);
	} else if (option(word, "moves", &value)) {
		o->moves = (uint32_t)text_number(value, 10);
	} else if (option(word, "dynamic", &value)) {
		o->dynamic = (uint32_t)text_number(value, 10);
	} else if (option(word, "lpis", &value)) {
		o->lpis = (uint32_t)text_number(value, 10);
	} else if (option(word, "trace", &value)) {
		o->trace = (uint32_t)text_number(value, 10);
	} else if (option(word, "hotplug", &value)) {
		o->hotplug = (uint32_t)text_number(value, 10);
	}
}

void options_parse(struct options *o, const char *arguments)
{
	*o = (struct options){ .moves = 10000, .dynamic = 1000, .hotplug = 10, .lpis = 57000 };
	while (*arguments) {
		while (*arguments == ' ')
			arguments++;
		take(o, arguments);
		while (*arguments && *arguments != ' ')
			arguments++;
	}
}
