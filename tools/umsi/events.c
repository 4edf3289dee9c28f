/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER	offsetof(struct umsi_trace_ring, event)

const char *const events_state_bit[EVENTS_STATE_BITS] = {
	"RUN", "PEND", "DIS", "DEAD", "QUEUED", "DRAINED", "HELD", "DONE",
};

static unsigned char *read_all(FILE *file, size_t *bytes)
{
	unsigned char *data = NULL;
	size_t room = 0, n;

	*bytes = 0;
	do {
		if (room - *bytes < 65536) {
			room = 2 * room + 65536;
			data = realloc(data, room);
			if (!data)
				abort();
		}
		n = fread(data + *bytes, 1, room - *bytes - 1, file);
		*bytes += n;
	} while (n);
	data[*bytes] = '\0';
	return data;
}

static int digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "TRACE 00ff..." lines become bytes, in place: they are never longer. */
static size_t from_log(unsigned char *data)
{
	size_t used = 0;

	for (char *at = strstr((char *)data, "TRACE "); at; at = strstr(at, "TRACE "))
		for (at += 6; digit(at[0]) >= 0 && digit(at[1]) >= 0; at += 2)
			data[used++] = (unsigned char)(digit(at[0]) << 4 | digit(at[1]));
	return used;
}

static void add(struct events *out, const struct umsi_trace_event *e)
{
	if ((out->count & (out->count + 1)) == 0) {
		out->event = realloc(out->event, 2 * (out->count + 1) * sizeof(*e));
		if (!out->event)
			abort();
	}
	out->event[out->count++] = *e;
	if (e->cpu >= out->cpus)
		out->cpus = e->cpu + 1u;
}

static void take_ring(const struct umsi_trace_ring *ring, struct events *out)
{
	uint64_t n = ring->written > ring->events ? ring->written - ring->events : 0;
	struct umsi_trace_event e;

	out->lost += n;
	if (ring->cpu >= out->cpus)
		out->cpus = ring->cpu + 1;
	for (; n < ring->written; n++) {
		if (umsi_trace_read(ring, n, &e))
			add(out, &e);
		else
			out->lost++;
	}
}

static bool take_rings(const unsigned char *data, size_t bytes, const char *path, struct events *out, char why[240])
{
	size_t at = 0;

	while (at < bytes) {
		struct umsi_trace_ring head;
		struct umsi_trace_ring *ring;
		size_t size;

		if (bytes - at < HEADER) {
			snprintf(why, 240, "%s: ends in the head of a ring, at byte %zu", path, at);
			return false;
		}
		memcpy(&head, data + at, HEADER);
		if (head.magic != UMSI_TRACE_MAGIC) {
			snprintf(why, 240, head.magic == __builtin_bswap64(UMSI_TRACE_MAGIC) ?
				 "%s: byte %zu: written by a machine of the other byte order" :
				 "%s: byte %zu: not a ring of events", path, at);
			return false;
		}
		size = umsi_trace_ring_bytes(head.events);
		if (!size || head.cpu > UINT16_MAX || size > bytes - at) {
			snprintf(why, 240, "%s: byte %zu: a ring of %u events of cpu%u, which cannot be", path, at,
				 head.events, head.cpu);
			return false;
		}
		ring = malloc(size);
		if (!ring)
			abort();
		memcpy(ring, data + at, size);
		take_ring(ring, out);
		free(ring);
		at += size;
	}
	return true;
}

static int by_time(const void *a, const void *b)
{
	const struct umsi_trace_event *x = a, *y = b;

	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->serial < y->serial ? -1 : x->serial > y->serial;
}

bool events_read(const char *path, struct events *out, char why[240])
{
	FILE *file = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	static const unsigned char magic[] = "UMSITRC1";
	unsigned char *data;
	size_t bytes;
	bool good;

	*out = (struct events){ 0 };
	if (!file) {
		snprintf(why, 240, "%s: %s", path, strerror(errno));
		return false;
	}
	data = read_all(file, &bytes);
	if (file != stdin)
		fclose(file);
	if (bytes < 8 || memcmp(data, magic, 8))
		bytes = strstr((char *)data, "TRACE ") ? from_log(data) : bytes;
	good = take_rings(data, bytes, path, out, why);
	free(data);
	if (good && !out->cpus) {
		snprintf(why, 240, "%s: no ring of events in it", path);
		good = false;
	}
	if (good && out->count)
		qsort(out->event, out->count, sizeof(*out->event), by_time);
	if (!good)
		events_free(out);
	return good;
}

void events_free(struct events *e)
{
	free(e->event);
	*e = (struct events){ 0 };
}

uint32_t events_numbers(const struct umsi_trace_event *e, struct events_number out[4])
{
	struct umsi_trace_kind k = umsi_trace_kind(e->point);
	uint32_t n = 0;

	if (e->irq)
		out[n++] = (struct events_number){ "irq", e->irq, false };
	if (k.a)
		out[n++] = (struct events_number){ k.a, e->a, !strcmp(k.a, "state") };
	if (k.b && !strcmp(k.b, "ticket_slot")) {
		out[n++] = (struct events_number){ "slot", e->b & 0xffff, false };
		out[n++] = (struct events_number){ "ticket", e->b >> 16, false };
	} else if (k.b) {
		out[n++] = (struct events_number){ k.b, e->b, false };
	}
	return n;
}
