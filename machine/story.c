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

static void keep_line(struct mach *m, umsi_cpu cpu, const char *format, va_list args)
{
	struct mach_said *line;

	if (m->nsaid == m->room_said) {
		m->room_said = m->room_said ? 2 * m->room_said : 1024;
		m->said = realloc(m->said, m->room_said * sizeof(*m->said));
		if (!m->said)
			abort();
	}
	line = &m->said[m->nsaid++];
	line->time_ns = mach_now_ns(m);
	line->cpu = cpu;
	vsnprintf(line->text, sizeof(line->text), format, args);
}

void mach_say(struct mach *m, const char *format, ...)
{
	va_list args;

	if (!m->config.tell)
		return;
	va_start(args, format);
	keep_line(m, m->cpu->number, format, args);
	va_end(args);
}

void mach_device_says(struct mach *m, const char *format, ...)
{
	va_list args;

	if (!m->config.tell)
		return;
	va_start(args, format);
	keep_line(m, UMSI_CPU_NONE, format, args);
	va_end(args);
}

size_t mach_said(const struct mach *m, const struct mach_said **out)
{
	*out = m->said;
	return m->nsaid;
}

const char *mach_entry_name(const struct mach_pci *d, uint32_t entry, char room[32])
{
	if (d->config.name)
		snprintf(room, 32, "%s[%u]", d->config.name, entry);
	else
		snprintf(room, 32, "%x[%u]", d->config.requester_id, entry);
	return room;
}

void mach_tell_sent(struct mach_pci *d, uint32_t entry, uint64_t serial, uint64_t address, uint32_t data)
{
	char name[32], to[24];
	umsi_cpu cpu;

	if (!d->m->config.tell)
		return;
	cpu = mach_pci_reaches(d, address, data);
	if (cpu == UMSI_CPU_NONE)
		snprintf(to, sizeof(to), "%#llx", (unsigned long long)address);
	else
		snprintf(to, sizeof(to), "cpu%u", cpu);
	mach_device_says(d->m, "%s sends event %llu to %s, number %u", mach_entry_name(d, entry, name),
			 (unsigned long long)serial, to, data);
}

void mach_tell_raised(const struct mach_pci *d, uint32_t entry)
{
	const struct entry *e = &d->entry[entry];
	char name[32];

	if (d->m->config.tell)
		mach_device_says(d->m, "%s has event %llu%s", mach_entry_name(d, entry, name),
				 (unsigned long long)e->raised, e->pending ? ", pending: it is masked" : "");
}

void mach_tell_claimed(struct mach *m, const struct covers *covers)
{
	char name[32];

	for (uint32_t i = 0; m->config.tell && i < covers->n; i++)
		mach_say(m, "claims event %llu of %s", (unsigned long long)covers->by[i].serial,
			 mach_entry_name(covers->by[i].device, covers->by[i].entry, name));
}

/* A write to a table, as it leaves its CPU. */
void mach_tell_write(struct mach *m, uint64_t phys, unsigned int width, uint64_t value)
{
	struct mach_pci *d;
	unsigned int bar;
	uint64_t offset;
	char name[32];
	uint32_t n;

	if (!m->config.tell)
		return;
	d = mach_pci_at(m, phys, &bar, &offset);
	if (!d || bar != d->config.table_bir || offset - d->config.table_offset >= 16u * d->config.entries)
		return;
	offset -= d->config.table_offset;
	n = (uint32_t)(offset / 16);
	mach_entry_name(d, n, name);
	if (offset % 16 == 12)
		mach_say(m, "%s %s", value & 1 ? "masks" : "unmasks", name);
	else
		mach_say(m, "writes %s of %s: %#llx", offset % 16 == 8 ? "the data" : width == 8 ? "the address" :
			 offset % 16 ? "the upper address" : "the address", name, (unsigned long long)value);
}
