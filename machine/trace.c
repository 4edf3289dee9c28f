/* SPDX-License-Identifier: MIT */
/* The story of a run: a ring of recent events, and a hash of all of them. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "inside.h"

void mach_trace(struct mach *m, const char *what, uint64_t a, uint64_t b)
{
	struct event *e = &m->trace[m->events++ % TRACE_SLOTS];

	e->step = m->step;
	e->cpu = (uint16_t)m->cpu->number;
	e->what = what;
	e->a = a;
	e->b = b;
	m->hash = (m->hash ^ m->step ^ a << 20 ^ b << 40 ^ (uint64_t)m->cpu->number << 12 ^
		   (uint64_t)(unsigned char)what[0] << 56 ^ (uint64_t)(unsigned char)what[3] << 48) *
		  UINT64_C(0x100000001b3);
	m->hash ^= m->hash >> 29;
}

void mach_note(struct mach *m, const char *text, uint64_t a, uint64_t b)
{
	mach_trace(m, text, a, b);
}

/* Every "%" of an event's text stands for the next of its two numbers, in hex. */
static void print_event(const struct mach *m, const struct event *e, FILE *to)
{
	const uint64_t number[2] = { e->a, e->b };
	unsigned int n = 0;

	fprintf(to, "%8" PRIu64 " cpu%u  ", e->step, e->cpu);
	if (!strncmp(e->what, "log ", 4)) {
		fprintf(to, "log: %s\n", m->log[e->a % (sizeof(m->log) / sizeof(m->log[0]))]);
		return;
	}
	for (const char *p = e->what; *p; p++) {
		if (*p == '%' && n < 2)
			fprintf(to, "%" PRIx64, number[n++]);
		else
			fputc(*p, to);
	}
	for (; n < 2; n++)
		if (number[n])
			fprintf(to, " %" PRIx64, number[n]);
	fputc('\n', to);
}

void mach_report(const struct mach *m, FILE *to, unsigned int events)
{
	uint64_t n = events;

	if (m->violated)
		fprintf(to, "VIOLATION %s seed=%" PRIu64 " step=%" PRIu64 ": %s\n",
			m->violation.name, m->seed, m->violation.step, m->violation.text);
	else
		fprintf(to, "OK seed=%" PRIu64 " step=%" PRIu64 " hash=%016" PRIx64 "\n",
			m->seed, m->step, m->hash);
	if (n > m->events)
		n = m->events;
	if (n > TRACE_SLOTS)
		n = TRACE_SLOTS;
	for (uint64_t i = m->events - n; i < m->events; i++)
		print_event(m, &m->trace[i % TRACE_SLOTS], to);
}

const struct mach_violation *mach_violated(const struct mach *m)
{
	return m->violated ? &m->violation : NULL;
}

void mach_violate(struct mach *m, const char *name, const char *format, ...)
{
	va_list args;

	if (!m->violated) {
		m->violated = true;
		m->violation.name = name;
		m->violation.step = m->step;
		va_start(args, format);
		vsnprintf(m->violation.text, sizeof(m->violation.text), format, args);
		va_end(args);
	}
	if (m->running)
		mach_abandon(m);
}
