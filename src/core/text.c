/* SPDX-License-Identifier: MIT */
#include "core/text.h"

#include "core/state.h"

static void add_char(struct umsi_text *t, char c)
{
	if (t->used + 1 >= sizeof(t->line))
		return;
	t->line[t->used++] = c;
	t->line[t->used] = '\0';
}

void umsi_text_add(struct umsi_text *t, const char *string)
{
	while (*string)
		add_char(t, *string++);
}

void umsi_text_begin(struct umsi_text *t, const char *string)
{
	t->used = 0;
	t->line[0] = '\0';
	umsi_text_add(t, string);
}

static void add_number(struct umsi_text *t, uint64_t value, uint32_t base)
{
	char digits[20];
	uint32_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		add_char(t, digits[--n]);
}

void umsi_text_dec(struct umsi_text *t, uint64_t value)
{
	add_number(t, value, 10);
}

void umsi_text_hex(struct umsi_text *t, uint64_t value)
{
	umsi_text_add(t, "0x");
	add_number(t, value, 16);
}

void umsi_text_field(struct umsi_text *t, const char *name, uint64_t value)
{
	umsi_text_add(t, " ");
	umsi_text_add(t, name);
	umsi_text_add(t, "=");
	umsi_text_dec(t, value);
}

const char *umsi_text_nth(const char *strings, uint32_t n)
{
	while (n--)
		while (*strings++)
			;
	return strings;
}

void umsi_text_state(struct umsi_text *t, uint32_t state)
{
	static const char names[] = " RUN\0 PEND\0 DIS\0 DEAD\0 QUEUED\0 DRAINED\0 HELD\0 DONE";

	for (uint32_t i = 0; i < UMSI_GENERATION_SHIFT; i++)
		if (state >> i & 1)
			umsi_text_add(t, umsi_text_nth(names, i));
}

void umsi_text_copy(char *to, const char *from, size_t room)
{
	size_t i = 0;

	if (!from)
		from = "";
	do
		to[i] = from[i];
	while (from[i] && ++i < room);
	to[room - 1] = '\0';
}
