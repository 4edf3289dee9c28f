/* SPDX-License-Identifier: MIT */
/* Lines of text without libc: what dumps and log lines are made of. */
#ifndef UMSI_CORE_TEXT_H
#define UMSI_CORE_TEXT_H

#include <umsi/dump.h>
#include <umsi/types.h>

/* A line being built; what does not fit is cut. */
struct umsi_text {
	char line[UMSI_DUMP_LINE_MAX];
	uint32_t used;
};

/* A new line, with this in it. */
void umsi_text_begin(struct umsi_text *t, const char *string);
void umsi_text_add(struct umsi_text *t, const char *string);
void umsi_text_dec(struct umsi_text *t, uint64_t value);
void umsi_text_hex(struct umsi_text *t, uint64_t value);
/* " name=value" */
void umsi_text_field(struct umsi_text *t, const char *name, uint64_t value);

/* The bits of a state word that are set, by name. */
void umsi_text_state(struct umsi_text *t, uint32_t state);

/* Number @n of strings that stand one after the other. */
const char *umsi_text_nth(const char *strings, uint32_t n);

/* Copies at most @room - 1 bytes and always ends @to. NULL counts as "". */
void umsi_text_copy(char *to, const char *from, size_t room);

#endif
