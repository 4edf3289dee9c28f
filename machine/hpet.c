/* SPDX-License-Identifier: MIT */
/*
 * An HPET whose comparators send messages; a tick is a step.
 * Source: IA-PC HPET Specification 1.0a, "Timer n Configuration and Capability
 * Register" (a comparator that matches with its interrupt disabled sends
 * nothing, then or later), "FSB Interrupt Route".
 */
#include <stdlib.h>

#include "inside.h"

#define TIMERS_MAX	8u
#define INTERRUPTS	(1u << 2)
#define WRITABLE	0x414eu		/* level, enable, periodic, set value, 32 bits, FSB */
#define FSB		(1u << 14)
#define CAN		(1u << 15 | 1u << 5)
#define ENABLE		(1u << 0)
#define LEGACY		(1u << 1)

struct comparator {
	uint32_t config, value, data, address;
	uint64_t match;			/* the step at which the counter will be equal */
	uint64_t due;			/* of a message that is under way */
	uint32_t out_data, out_address;
	uint64_t sent;
	uint32_t source;		/* requester id of its messages */
};

struct mach_hpet {
	struct mach *m;
	struct region *region;
	uint32_t timers, config;
	uint32_t late;			/* ticks until a comparator that was written counts, at most */
	uint64_t since;			/* the step at which the counter was 0 */
	struct comparator timer[TIMERS_MAX];
};

static uint32_t counter(const struct mach_hpet *h)
{
	return h->config & ENABLE ? (uint32_t)(h->m->step - h->since) : 0;
}

static void deliver(struct mach *m, struct comparator *t)
{
	struct arrival a = { 0 };

	t->due = NEVER;
	t->sent++;
	if (!mach_remap(m, t->source, t->out_address, t->out_data, &a))
		mach_violate(m, "I-ISO", "a comparator sent %#x to %#x: nobody there",
			     t->out_data, t->out_address);
}

static void matched(struct mach *m, struct mach_hpet *h, struct comparator *t)
{
	t->match = NEVER;
	mach_trace(m, "comparator matches, config %", t->config, 0);
	if ((t->config & (INTERRUPTS | FSB)) != (INTERRUPTS | FSB) || (h->config & LEGACY && t < &h->timer[2]))
		return;
	if (t->due != NEVER)
		deliver(m, t);
	t->out_data = t->data;
	t->out_address = t->address;
	t->due = mach_later(m, m->chaos.message_now, m->chaos.message_max);
	if (t->due <= m->step)
		deliver(m, t);
}

static uint64_t due(struct mach *m, void *self)
{
	struct mach_hpet *h = self;
	uint64_t next = NEVER;

	for (uint32_t n = 0; n < h->timers; n++) {
		struct comparator *t = &h->timer[n];

		if (t->match <= m->step)
			matched(m, h, t);
		if (t->due <= m->step)
			deliver(m, t);
		if (t->match < next)
			next = t->match;
		if (t->due < next)
			next = t->due;
	}
	return next;
}

static void push(struct mach *m, struct mach_hpet *h)
{
	for (uint32_t n = 0; n < h->timers; n++)
		if (h->timer[n].due != NEVER)
			deliver(m, &h->timer[n]);
}

static uint64_t read_reg(struct mach *m, void *self, uint64_t offset, unsigned int width)
{
	struct mach_hpet *h = self;
	uint64_t n = (offset - 0x100) / 0x20;

	push(m, h);
	if (width == 4 && offset == 0x000)
		return 0x80860001u | (h->timers - 1) << 8;
	if (width == 4 && offset == 0x004)
		return 0x05f5e100;
	if (width == 4 && offset == 0x010)
		return h->config;
	if (width == 4 && offset == 0x0f0)
		return counter(h);
	if (width == 4 && offset >= 0x100 && n < h->timers && offset % 0x20 == 0)
		return h->timer[n].config | CAN;
	mach_violate(m, "MODEL", "HPET read at %#llx, width %u", (unsigned long long)offset, width);
	return 0;
}

/* It is equal once a turn: a comparator that counts after that waits for the next one. */
static uint64_t next_match(struct mach *m, const struct mach_hpet *h, uint32_t value)
{
	uint32_t late = h->late ? (uint32_t)mach_random(m, h->late + 1) : 0;

	return m->step + late + (uint32_t)(value - (counter(h) + late));
}

static void write_timer(struct mach *m, struct mach_hpet *h, struct comparator *t,
			uint64_t which, uint32_t value)
{
	bool open = t->config & INTERRUPTS;

	switch (which) {
	case 0x00:
		t->config = value & WRITABLE;
		if (t->config & INTERRUPTS && !(t->config & FSB))
			mach_violate(m, "P-87", "a comparator may fire and would raise a wire");
		break;
	case 0x08:
		t->value = value;
		t->match = next_match(m, h, value);
		mach_region_wake(m, h->region, t->match);
		break;
	case 0x10:
		t->data = value;
		break;
	case 0x14:
		t->address = value;
		break;
	default:
		mach_violate(m, "MODEL", "HPET timer register %#llx written", (unsigned long long)which);
	}
	if (open && which >= 0x10)
		mach_violate(m, "P-13", "route of a comparator rewritten while it may fire");
}

static void write_reg(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value)
{
	struct mach_hpet *h = self;
	uint64_t n = (offset - 0x100) / 0x20;

	if (width == 4 && offset == 0x010 && value < 2) {
		if (!(h->config & ENABLE) && (value & ENABLE))
			h->since = m->step;
		h->config = (uint32_t)value;
	} else if (width == 4 && offset >= 0x100 && n < h->timers) {
		write_timer(m, h, &h->timer[n], offset % 0x20, (uint32_t)value);
	} else {
		mach_violate(m, "MODEL", "HPET write at %#llx, width %u: %#llx",
			     (unsigned long long)offset, width, (unsigned long long)value);
	}
}

static void done(void *self)
{
	free(self);
}

struct mach_hpet *mach_hpet_add(struct mach *m, uint64_t phys, uint32_t timers)
{
	struct mach_hpet *h = calloc(1, sizeof(*h));
	struct region r = { .phys = phys, .bytes = 0x400, .self = h, .read = read_reg,
			    .write = write_reg, .due = due, .done = done };

	if (!h || timers > TIMERS_MAX)
		abort();
	h->m = m;
	h->timers = timers;
	for (uint32_t n = 0; n < timers; n++)
		h->timer[n].match = h->timer[n].due = NEVER;
	h->region = mach_region_add(m, &r);
	return h;
}

uint64_t mach_hpet_sent(const struct mach_hpet *h, uint32_t timer)
{
	return h->timer[timer].sent;
}

void mach_hpet_late(struct mach_hpet *h, uint32_t ticks)
{
	h->late = ticks;
}

void mach_hpet_reset(struct mach_hpet *h, bool legacy)
{
	h->config = legacy ? LEGACY : 0;
	for (uint32_t n = 0; n < h->timers; n++) {
		struct comparator *t = &h->timer[n];

		*t = (struct comparator){ .match = NEVER, .due = NEVER, .sent = t->sent, .source = t->source };
	}
}

void mach_hpet_source(struct mach_hpet *h, uint32_t requester_id)
{
	for (uint32_t n = 0; n < h->timers; n++)
		h->timer[n].source = requester_id;
}
