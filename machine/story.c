/* SPDX-License-Identifier: MIT */
/* What people are told of a run, line by line; kept only where somebody asked. */
#include <stdarg.h>
#include <stdlib.h>

#include "inside.h"

uint64_t mach_now_ns(struct mach *m)
{
	if (m->said_step != m->step) {
		m->said_step = m->step;
		m->said_in_step = 0;
	}
	return m->step * m->config.ns_per_step + m->said_in_step++;
}

void mach_say(struct mach *m, const char *format, ...)
{
	struct mach_said *line;
	va_list args;

	if (!m->config.tell)
		return;
	if (m->nsaid == m->room_said) {
		m->room_said = m->room_said ? 2 * m->room_said : 1024;
		m->said = realloc(m->said, m->room_said * sizeof(*m->said));
		if (!m->said)
			abort();
	}
	line = &m->said[m->nsaid++];
	line->time_ns = mach_now_ns(m);
	line->cpu = m->cpu->number;
	va_start(args, format);
	vsnprintf(line->text, sizeof(line->text), format, args);
	va_end(args);
}

size_t mach_said(const struct mach *m, const struct mach_said **out)
{
	*out = m->said;
	return m->nsaid;
}
