/* SPDX-License-Identifier: MIT */
/* The events of a trace file, in order of time. */
#ifndef UMSI_EVENTS_H
#define UMSI_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <umsi/trace.h>

struct events {
	struct umsi_trace_event *event;
	size_t count;
	uint64_t lost;			/* overwritten, or half written */
	uint32_t cpus;			/* highest CPU + 1 */
};

/*
 * Rings one after the other, or a console log with lines "TRACE " and the same
 * bytes in hex. False: *why says what is wrong.
 */
bool events_read(const char *path, struct events *out, char why[240]);
void events_free(struct events *e);

struct events_number {
	const char *name;
	uint64_t value;
	bool state;			/* a state word: named bits and a generation */
};
/* The numbers of an event, irq first; at most 4. */
uint32_t events_numbers(const struct umsi_trace_event *e, struct events_number out[4]);

/* The bits of a state word, lowest first, and how many have names. */
#define EVENTS_STATE_BITS	8
extern const char *const events_state_bit[EVENTS_STATE_BITS];

/* trace_ctf.c: a folder of Common Trace Format 1.8. trace_chrome.c: JSON for Perfetto. */
bool events_write_ctf(const struct events *e, const char *folder, char why[240]);
void events_write_chrome(const struct events *e, FILE *to);

#endif
