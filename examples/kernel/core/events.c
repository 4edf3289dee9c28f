/* SPDX-License-Identifier: MIT */
#include "core/events.h"

#include <umsi/trace.h>

#include "arch.h"
#include "core/cpu.h"
#include "core/kernel.h"
#include "core/pages.h"
#include "core/print.h"

#define LINE_BYTES	64u

static struct umsi_trace_ring *ring[PLATFORM_CPUS_MAX];
static struct umsi_trace trace;

static umsi_cpu now(void *host, uint64_t *time)
{
	(void)host;
	*time = time_ns();
	return this_cpu()->index;
}

void events_init(void)
{
	uint32_t events = kernel.options.trace;
	int status;

	if (!events)
		return;
	for (uint32_t i = 0; i < kernel.platform.cpus; i++) {
		ring[i] = memory_alloc(umsi_trace_ring_bytes(events));
		if (!ring[i] || umsi_trace_ring_init(ring[i], i, events))
			panic("trace=%u: not a power of two, or no memory", events);
	}
	trace = (struct umsi_trace){
		.points = UMSI_TRACE_ALL, .now = now, .ring = ring, .nrings = kernel.platform.cpus,
	};
	status = umsi_trace_start(kernel.m, &trace);
	if (status)
		panic("trace: %s", umsi_status_text(status));
}

static void print_line(const unsigned char *at)
{
	static const char digit[] = "0123456789abcdef";
	char text[2 * LINE_BYTES + 1];

	for (uint32_t i = 0; i < LINE_BYTES; i++) {
		text[2 * i] = digit[at[i] >> 4];
		text[2 * i + 1] = digit[at[i] & 15];
	}
	text[2 * LINE_BYTES] = '\0';
	kprintf("TRACE %s\n", text);
}

/* A ring of two events or more is a multiple of 64 bytes. */
void events_print(void)
{
	size_t bytes = umsi_trace_ring_bytes(kernel.options.trace);

	if (!kernel.options.trace)
		return;
	umsi_trace_stop(kernel.m);
	for (uint32_t i = 0; i < kernel.platform.cpus; i++)
		for (size_t at = 0; at < bytes; at += LINE_BYTES)
			print_line((const unsigned char *)ring[i] + at);
}
