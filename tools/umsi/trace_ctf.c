/* SPDX-License-Identifier: MIT */
/*
 * Common Trace Format 1.8: a folder with the description ("metadata") and one
 * stream per CPU, each of one packet. Source: the CTF 1.8 specification,
 * "Event Packet Context", "TSDL".
 */
#include "events.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define CTF_MAGIC	UINT32_C(0xc1fc1fc1)

static void describe_state(FILE *to)
{
	fprintf(to, "typealias struct {\n");
	for (int i = 0; i < EVENTS_STATE_BITS; i++)
		fprintf(to, "\tinteger { size = 1; align = 1; signed = false; } %s;\n", events_state_bit[i]);
	fprintf(to, "\tinteger { size = 24; align = 1; signed = false; } generation;\n} := state_word;\n\n");
}

static void describe_event(FILE *to, uint32_t point)
{
	struct umsi_trace_kind k = umsi_trace_kind(point);

	fprintf(to, "event {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n\tfields := struct {\n", k.name, point);
	fprintf(to, "\t\tuint32_t irq;\n");
	if (k.a)
		fprintf(to, "\t\t%s %s;\n", strcmp(k.a, "state") ? "uint32_t" : "state_word", k.a);
	if (k.b && !strcmp(k.b, "ticket_slot"))
		fprintf(to, "\t\tuint64_t slot;\n\t\tuint64_t ticket;\n");
	else if (k.b)
		fprintf(to, "\t\tuint64_t %s;\n", k.b);
	fprintf(to, "\t};\n};\n\n");
}

static void describe(FILE *to)
{
	fprintf(to, "/* CTF 1.8 */\n\n"
		"typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
		"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
		"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n\n"
		"trace {\n\tmajor = 1;\n\tminor = 8;\n\tbyte_order = le;\n"
		"\tpacket.header := struct {\n\t\tuint32_t magic;\n\t\tuint32_t stream_id;\n\t};\n};\n\n"
		"clock {\n\tname = umsi;\n\tfreq = 1000000000;\n};\n\n"
		"typealias integer { size = 64; align = 8; signed = false; map = clock.umsi.value; } := moment;\n\n"
		"stream {\n\tid = 0;\n\tpacket.context := struct {\n\t\tmoment timestamp_begin;\n\t\tmoment timestamp_end;\n"
		"\t\tuint64_t content_size;\n\t\tuint64_t packet_size;\n\t\tuint32_t cpu_id;\n\t};\n"
		"\tevent.header := struct {\n\t\tuint16_t id;\n\t\tmoment timestamp;\n\t};\n};\n\n");
	describe_state(to);
	for (uint32_t point = 0; point < UMSI_TRACE_POINTS; point++)
		describe_event(to, point);
}

static void put(FILE *to, uint64_t value, unsigned int bytes)
{
	for (; bytes; bytes--, value >>= 8)
		fputc((int)(value & 0xff), to);
}

/* irq, then a and b as far as the point has them. */
static void put_event(FILE *to, const struct umsi_trace_event *e)
{
	struct umsi_trace_kind k = umsi_trace_kind(e->point);

	put(to, e->point, 2);
	put(to, e->time_ns, 8);
	put(to, e->irq, 4);
	if (k.a)
		put(to, e->a, 4);
	if (k.b && !strcmp(k.b, "ticket_slot")) {
		put(to, e->b & 0xffff, 8);
		put(to, e->b >> 16, 8);
	} else if (k.b) {
		put(to, e->b, 8);
	}
}

static void put_head(FILE *to, uint32_t cpu, uint64_t first, uint64_t last, uint64_t bits)
{
	put(to, CTF_MAGIC, 4);
	put(to, 0, 4);
	put(to, first, 8);
	put(to, last, 8);
	put(to, bits, 8);
	put(to, bits, 8);
	put(to, cpu, 4);
}

/* The head is written again once its sizes are known. */
static bool write_stream(const struct events *e, uint32_t cpu, FILE *to)
{
	uint64_t first = 0, last = 0;
	bool any = false;
	long bytes;

	put_head(to, cpu, 0, 0, 0);
	for (size_t i = 0; i < e->count; i++) {
		if (e->event[i].cpu != cpu || !umsi_trace_kind(e->event[i].point).name)
			continue;
		first = any ? first : e->event[i].time_ns;
		last = e->event[i].time_ns;
		any = true;
		put_event(to, &e->event[i]);
	}
	bytes = ftell(to);
	if (bytes < 0 || fseek(to, 0, SEEK_SET))
		return false;
	put_head(to, cpu, first, last, 8 * (uint64_t)bytes);
	return !ferror(to);
}

static FILE *create(const char *folder, const char *name, char why[240])
{
	char path[4096];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	to = fopen(path, "w+b");
	if (!to)
		snprintf(why, 240, "%.150s: %s", path, strerror(errno));
	return to;
}

bool events_write_ctf(const struct events *e, const char *folder, char why[240])
{
	FILE *to;
	bool good = true;

	if (mkdir(folder, 0777) && errno != EEXIST) {
		snprintf(why, 240, "%.150s: %s", folder, strerror(errno));
		return false;
	}
	to = create(folder, "metadata", why);
	if (!to)
		return false;
	describe(to);
	good = !fclose(to);
	for (uint32_t cpu = 0; cpu < e->cpus && good; cpu++) {
		char name[32];

		snprintf(name, sizeof(name), "cpu%u", cpu);
		to = create(folder, name, why);
		if (!to)
			return false;
		good = write_stream(e, cpu, to);
		good = !fclose(to) && good;
	}
	if (!good)
		snprintf(why, 240, "%.150s: %s", folder, strerror(errno));
	return good;
}
