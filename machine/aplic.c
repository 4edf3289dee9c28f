/* SPDX-License-Identifier: MIT */
/*
 * One interrupt domain of an APLIC, supervisor level.
 * Source: RISC-V AIA 1.0, "Memory-mapped control region for an interrupt
 * domain", "Precise effects on interrupt-pending bits", "Interrupt delivery
 * directly by the APLIC", "Interrupt forwarding by MSIs".
 *
 * By message: a source that is pending and enabled is forwarded after a while
 * as its target stands then; messages leave the APLIC in order, late; then
 * they travel, for at most FLIGHT_MAX steps, in order per hart. genmsi is busy
 * until its message has left.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

#define SOURCES		1024u
#define FLIGHT_MAX	300u

#define DOMAINCFG_IE	(1u << 8)
#define DOMAINCFG_DM	(1u << 2)
#define SOURCECFG_D	(1u << 10)
#define EDGE_RISE	4u
#define EDGE_FALL	5u
#define LEVEL_HIGH	6u
#define LEVEL_LOW	7u
#define BUSY		(1u << 12)

struct out {
	uint64_t leaves, arrives;	/* arrives: NEVER until it has left */
	uint32_t target;
	bool extempore;
};

struct wired {
	uint32_t cfg, target;
	bool pending, enabled, high, unwired;
	uint64_t forward;		/* when, or NEVER */
	uint64_t sent;
};

struct idc {
	uint32_t delivery, force, threshold;
};

struct mach_aplic {
	struct mach *m;
	struct mach_aplic *next;
	struct region *region;
	struct mach_aplic_config config;
	uint32_t domaincfg, genmsi;
	bool stalled;
	uint64_t extempore;
	struct out out[QUEUE_SLOTS];
	uint32_t outs;
	struct wired source[SOURCES];
	struct idc idc[MACH_GIC_CPUS_MAX];	/* by CPU */
};

static bool is_level(const struct wired *s)
{
	return s->cfg == LEVEL_HIGH || s->cfg == LEVEL_LOW;
}

static bool is_active(const struct wired *s)
{
	return s->cfg && !(s->cfg & SOURCECFG_D);
}

/* "rectified input value" */
static bool rectified(const struct wired *s)
{
	if (s->cfg == EDGE_RISE || s->cfg == LEVEL_HIGH)
		return s->high;
	return (s->cfg == EDGE_FALL || s->cfg == LEVEL_LOW) && !s->high;
}

/* ---- Messages ---- */

/* "Addresses and data for outgoing MSIs", with what firmware has configured. */
static uint64_t address_of(const struct mach *m, uint32_t target)
{
	const struct mach_config *g = &m->config;
	uint64_t index = target >> 18;
	uint64_t hart = index & ((UINT64_C(1) << g->hart_bits) - 1);
	uint64_t group = index >> g->hart_bits & ((UINT64_C(1) << g->group_bits) - 1);

	return g->imsic_base + (group << g->group_shift) + (hart << (12 + g->guest_bits)) +
	       ((uint64_t)(target >> 12 & 63) << 12);
}

static void arrive(struct mach_aplic *a, const struct out *o)
{
	struct mach *m = a->m;
	struct arrival arrival = { .id = o->target & 0x7ff };
	uint64_t offset;
	struct cpu *c = mach_file_at(m, address_of(m, o->target), &offset);

	if (!c) {
		mach_violate(m, "I-ISO", "APLIC message for target %#x: nobody there", o->target);
		return;
	}
	/* "interrupt identity 0": a file ignores it. */
	if (arrival.id)
		mach_file_arrive(m, c, &arrival, false, 0);
}

static void leave(struct mach_aplic *a, uint32_t n)
{
	struct out *o = &a->out[n];
	uint64_t at = mach_later(a->m, a->m->chaos.message_now, FLIGHT_MAX);

	for (uint32_t i = 0; i < n; i++)
		if (a->out[i].target >> 12 == o->target >> 12 && a->out[i].arrives > at)
			at = a->out[i].arrives;
	o->arrives = at;
	if (o->extempore && !a->stalled)
		a->genmsi &= ~BUSY;
	mach_trace(a->m, "APLIC message for target % has left", o->target, 0);
}

static void take_out(struct mach_aplic *a, uint32_t n)
{
	struct out o = a->out[n];

	a->outs--;
	memmove(&a->out[n], &a->out[n + 1], (a->outs - n) * sizeof(o));
	arrive(a, &o);
}

static void put_out(struct mach_aplic *a, uint32_t target, bool extempore)
{
	uint64_t leaves = mach_later(a->m, a->m->chaos.message_now, a->m->chaos.message_max);

	if (a->outs == QUEUE_SLOTS) {
		if (a->out[0].arrives == NEVER)
			leave(a, 0);
		take_out(a, 0);
	}
	if (a->outs && a->out[a->outs - 1].arrives == NEVER && a->out[a->outs - 1].leaves > leaves)
		leaves = a->out[a->outs - 1].leaves;
	a->out[a->outs++] = (struct out){ .leaves = leaves, .arrives = NEVER, .target = target,
					  .extempore = extempore };
	mach_region_wake(a->m, a->region, leaves);
	/* A machine that does not run waits for nothing. */
	while (!a->m->running && a->outs) {
		leave(a, 0);
		take_out(a, 0);
	}
}

static void forward(struct mach_aplic *a, uint32_t n)
{
	struct wired *s = &a->source[n];

	s->forward = NEVER;
	if (!s->pending || !s->enabled || !(a->domaincfg & DOMAINCFG_IE))
		return;
	s->pending = false;
	s->sent++;
	mach_trace(a->m, "source % forwarded to target %", n, s->target);
	if (!(s->target & 0x7ff))
		mach_violate(a->m, "MODEL", "source %u sends identity 0", n);
	put_out(a, s->target, false);
}

/* What a change of pending, enable or target bits brings about. */
static void consider(struct mach_aplic *a, uint32_t n)
{
	struct wired *s = &a->source[n];

	if (a->config.direct || s->forward != NEVER || !s->pending || !s->enabled ||
	    !(a->domaincfg & DOMAINCFG_IE))
		return;
	s->forward = mach_later(a->m, a->m->chaos.post_now, a->m->chaos.post_max);
	mach_region_wake(a->m, a->region, s->forward);
	if (s->forward <= a->m->step)
		forward(a, n);
}

/* ---- Pending bits ---- */

static void set_pending(struct mach_aplic *a, uint32_t n)
{
	a->source[n].pending = true;
	mach_trace(a->m, "source % pending", n, 0);
	consider(a, n);
}

/* The rectified input was @was and may have changed. */
static void look(struct mach_aplic *a, uint32_t n, bool was)
{
	struct wired *s = &a->source[n];
	bool now = rectified(s);

	if (!is_active(s))
		return;
	if (is_level(s) && a->config.direct)
		s->pending = now || (a->config.loose && s->pending);
	else if (is_level(s) && !now && !a->config.loose)
		s->pending = false;
	else if (now && !was)
		set_pending(a, n);
}

void mach_aplic_line(struct mach_aplic *a, uint32_t source, bool high)
{
	struct wired *s = &a->source[source];
	bool was;

	mach_step(a->m);
	was = rectified(s);
	s->high = high;
	mach_trace(a->m, "line of source % is %", source, high);
	look(a, source, was);
}

/* By a write to setip or setipnum. */
static void software_sets(struct mach_aplic *a, uint32_t n)
{
	struct wired *s = &a->source[n];

	if (!is_active(s) || (is_level(s) && a->config.direct))
		return;
	if (is_level(s) && !rectified(s) && !a->config.loose)
		return;
	set_pending(a, n);
}

static void software_clears(struct mach_aplic *a, uint32_t n)
{
	struct wired *s = &a->source[n];

	if (is_active(s) && !(is_level(s) && a->config.direct))
		s->pending = false;
}

static void enable(struct mach_aplic *a, uint32_t n, bool on)
{
	struct wired *s = &a->source[n];

	if (!is_active(s))
		return;
	s->enabled = on;
	mach_trace(a->m, "source % enabled: %", n, on);
	consider(a, n);
}

/* ---- Direct delivery ---- */

static uint32_t index_of(const struct mach_aplic *a, uint32_t cpu)
{
	return a->config.hart_index ? a->config.hart_index[cpu] : cpu;
}

static uint32_t topi(const struct mach_aplic *a, uint32_t cpu)
{
	uint32_t threshold = a->idc[cpu].threshold, best = 0;

	for (uint32_t n = 1; n <= a->config.sources; n++) {
		const struct wired *s = &a->source[n];
		uint32_t priority = s->target & 0xff;

		if (!s->pending || !s->enabled || s->target >> 18 != index_of(a, cpu))
			continue;
		if ((threshold && priority >= threshold) || (best && priority >= (best & 0xff)))
			continue;
		best = n << 16 | priority;
	}
	return best;
}

bool mach_aplic_signals(const struct cpu *c)
{
	for (const struct mach_aplic *a = c->m->aplics; a; a = a->next)
		if (a->config.direct && a->domaincfg & DOMAINCFG_IE && a->idc[c->number].delivery &&
		    (a->idc[c->number].force || topi(a, c->number)))
			return true;
	return false;
}

static uint32_t claim(struct mach_aplic *a, uint32_t cpu)
{
	uint32_t top = topi(a, cpu);
	struct wired *s = &a->source[top >> 16];

	mach_trace(a->m, "claim source %", top >> 16, 0);
	if (!top) {
		a->idc[cpu].force = 0;
		return 0;
	}
	s->sent++;
	s->pending = is_level(s) && rectified(s);
	if (cpu != a->m->cpu->number)
		mach_violate(a->m, "MODEL", "cpu%u claims for cpu%u", a->m->cpu->number, cpu);
	a->m->cpu->claimed.n = 0;
	return top;
}

static struct idc *idc_at(struct mach_aplic *a, uint64_t offset, uint32_t *cpu)
{
	if (!a->config.direct || offset < 0x4000)
		return NULL;
	for (*cpu = 0; *cpu < a->m->ncpus; (*cpu)++)
		if ((offset - 0x4000) / 32 == index_of(a, *cpu))
			return &a->idc[*cpu];
	return NULL;
}

static uint64_t idc_read(struct mach_aplic *a, uint32_t cpu, uint32_t offset)
{
	switch (offset) {
	case 0x00: return a->idc[cpu].delivery;
	case 0x04: return a->idc[cpu].force;
	case 0x08: return a->idc[cpu].threshold;
	case 0x18: return topi(a, cpu);
	case 0x1c: return claim(a, cpu);
	}
	mach_violate(a->m, "MODEL", "IDC read at %#x", offset);
	return 0;
}

static void idc_write(struct mach_aplic *a, uint32_t cpu, uint32_t offset, uint32_t value)
{
	if (offset == 0x00 && value < 2)
		a->idc[cpu].delivery = value;
	else if (offset == 0x04 && value < 2)
		a->idc[cpu].force = value;
	else if (offset == 0x08 && value < 0x100)
		a->idc[cpu].threshold = value;
	else
		mach_violate(a->m, "MODEL", "IDC of cpu%u: %#x := %#x", cpu, offset, value);
}

/* ---- Registers ---- */

/* Bits 32k to 32k + 31 of one property of all sources. */
static uint32_t word_of(const struct mach_aplic *a, uint32_t k, bool (*has)(const struct wired *s))
{
	uint32_t word = 0;

	for (uint32_t n = 32 * k; n < 32 * k + 32; n++)
		if (n && n <= a->config.sources && has(&a->source[n]))
			word |= 1u << n % 32;
	return word;
}

static bool is_pending(const struct wired *s)
{
	return s->pending;
}

static bool is_enabled(const struct wired *s)
{
	return s->enabled;
}

static uint64_t read_reg(struct mach *m, void *self, uint64_t offset, unsigned int width)
{
	struct mach_aplic *a = self;
	uint32_t sources = a->config.sources, cpu;

	if (width != 4 || offset % 4) {
		mach_violate(m, "MODEL", "APLIC read at %#llx, width %u", (unsigned long long)offset, width);
		return 0;
	}
	if (offset == 0)
		return a->domaincfg | 0x80000000u;
	if (offset <= 4 * sources)
		return a->source[offset / 4].cfg;
	if (offset >= 0x1c00 && offset < 0x1c80)
		return word_of(a, (offset - 0x1c00) / 4, is_pending);
	if (offset >= 0x1d00 && offset < 0x1d80)
		return word_of(a, (offset - 0x1d00) / 4, rectified);
	if (offset >= 0x1e00 && offset < 0x1e80)
		return word_of(a, (offset - 0x1e00) / 4, is_enabled);
	if (offset == 0x3000)
		return a->genmsi;
	if (offset > 0x3000 && offset <= 0x3000 + 4 * sources)
		return a->source[(offset - 0x3000) / 4].target;
	if (idc_at(a, offset, &cpu))
		return idc_read(a, cpu, offset % 32);
	mach_violate(m, "MODEL", "APLIC read at %#llx", (unsigned long long)offset);
	return 0;
}

/* "If source i is inactive": its other state is zero. */
static void write_sourcecfg(struct mach_aplic *a, uint32_t n, uint32_t value)
{
	struct wired *s = &a->source[n];
	bool was = rectified(s);

	if (s->cfg & SOURCECFG_D)
		mach_violate(a->m, "MODEL", "source %u is a child's: sourcecfg := %#x", n, value);
	if (s->enabled && value != s->cfg)
		mach_violate(a->m, "MODEL", "source %u changes its mode while enabled", n);
	if (value & ~7u || value == 1 || value == 2 || value == 3)
		mach_violate(a->m, "MODEL", "sourcecfg of source %u := %#x", n, value);
	if (s->unwired)
		return;
	mach_trace(a->m, "source % mode := %", n, value);
	s->cfg = value;
	if (!value) {
		s->enabled = s->pending = false;
		s->target = 0;
		return;
	}
	/* "the write ... may set the pending bit": where the new mode makes the input high. */
	if (!a->config.loose)
		look(a, n, was);
}

static void write_target(struct mach_aplic *a, uint32_t n, uint32_t value)
{
	struct wired *s = &a->source[n];
	uint32_t reserved = a->config.direct ? 0x3ff00u : 1u << 11;

	if (!is_active(s))
		mach_violate(a->m, "MODEL", "target of source %u, which is inactive, := %#x", n, value);
	if (value & reserved)
		mach_violate(a->m, "MODEL", "target of source %u := %#x", n, value);
	if (a->config.direct && !(value & 0xff))
		value |= 1;
	mach_trace(a->m, "source % target := %", n, value);
	s->target = value;
}

static void write_genmsi(struct mach_aplic *a, uint32_t value)
{
	if (value & ~0xfffc07ffu || a->config.direct)
		mach_violate(a->m, "MODEL", "genmsi := %#x", value);
	if (a->genmsi & BUSY) {
		mach_violate(a->m, "MODEL", "genmsi := %#x while busy", value);
		return;
	}
	a->genmsi = value | BUSY;
	a->extempore++;
	put_out(a, value, true);
}

static void write_domaincfg(struct mach_aplic *a, uint32_t value)
{
	uint32_t delivery = a->config.direct ? 0 : DOMAINCFG_DM;

	if (value & ~(DOMAINCFG_IE | DOMAINCFG_DM))
		mach_violate(a->m, "MODEL", "domaincfg := %#x", value);
	a->domaincfg = (value & DOMAINCFG_IE) | delivery;
	for (uint32_t n = 1; n <= a->config.sources; n++)
		consider(a, n);
}

/* The registers that name a source by number. False: it is none of them. */
static bool write_number(struct mach_aplic *a, uint64_t offset, uint32_t n)
{
	if (offset != 0x1cdc && offset != 0x1ddc && offset != 0x1edc && offset != 0x1fdc)
		return false;
	if (!n || n > a->config.sources)
		mach_violate(a->m, "MODEL", "APLIC: %#llx := %u, no such source", (unsigned long long)offset, n);
	else if (offset == 0x1cdc)
		software_sets(a, n);
	else if (offset == 0x1ddc)
		software_clears(a, n);
	else
		enable(a, n, offset == 0x1edc);
	return true;
}

static void write_reg(struct mach *m, void *self, uint64_t offset, unsigned int width, uint64_t value)
{
	struct mach_aplic *a = self;
	uint32_t sources = a->config.sources, cpu;

	if (width != 4 || offset % 4)
		mach_violate(m, "MODEL", "APLIC written at %#llx, width %u", (unsigned long long)offset, width);
	else if (offset == 0)
		write_domaincfg(a, (uint32_t)value);
	else if (offset <= 4 * sources)
		write_sourcecfg(a, (uint32_t)offset / 4, (uint32_t)value);
	else if (offset >= 0x1f00 && offset < 0x1f80)
		for (uint32_t i = 0; i < 32; i++) {
			if (value >> i & 1)
				enable(a, ((uint32_t)offset - 0x1f00) * 8 + i, false);
		}
	else if (offset == 0x3000)
		write_genmsi(a, (uint32_t)value);
	else if (offset > 0x3000 && offset <= 0x3000 + 4 * sources)
		write_target(a, ((uint32_t)offset - 0x3000) / 4, (uint32_t)value);
	else if (idc_at(a, offset, &cpu))
		idc_write(a, cpu, offset % 32, (uint32_t)value);
	else if (!write_number(a, offset, (uint32_t)value))
		mach_violate(m, "MODEL", "APLIC: %#llx := %#llx", (unsigned long long)offset,
			     (unsigned long long)value);
}

/* A write there may make a message of what this CPU has stored before. */
static bool sends(const void *self, uint64_t offset, uint64_t value)
{
	const struct mach_aplic *a = self;

	if (a->config.direct)
		return offset >= 0x4000 && offset % 32 == 4 && value;
	return offset > 0x3000 && offset < 0x4000;
}

/* ---- Time ---- */

static void outbox_due(struct mach_aplic *a)
{
	for (uint32_t i = 0; i < a->outs; i++)
		if (a->out[i].arrives == NEVER && a->out[i].leaves <= a->m->step)
			leave(a, i);
	for (uint32_t i = 0; i < a->outs;)
		if (a->out[i].arrives <= a->m->step)
			take_out(a, i);
		else
			i++;
}

static uint64_t due(struct mach *m, void *self)
{
	struct mach_aplic *a = self;
	uint64_t next = NEVER;

	for (uint32_t n = 1; n <= a->config.sources; n++)
		if (a->source[n].forward <= m->step)
			forward(a, n);
	outbox_due(a);
	for (uint32_t n = 1; n <= a->config.sources; n++)
		if (a->source[n].forward < next)
			next = a->source[n].forward;
	for (uint32_t i = 0; i < a->outs; i++) {
		uint64_t at = a->out[i].arrives == NEVER ? a->out[i].leaves : a->out[i].arrives;

		if (at < next)
			next = at;
	}
	return next;
}

static void done(void *self)
{
	free(self);
}

struct mach_aplic *mach_aplic_add(struct mach *m, const struct mach_aplic_config *config)
{
	struct mach_aplic *a = calloc(1, sizeof(*a));
	struct region r = { .phys = config->phys, .bytes = 0x4000 + 32 * 1024, .self = a, .read = read_reg,
			    .write = write_reg, .due = due, .done = done, .sends = sends };

	if (!a || !config->sources || config->sources >= SOURCES)
		abort();
	a->m = m;
	a->config = *config;
	a->domaincfg = config->direct ? 0 : DOMAINCFG_DM;
	for (uint32_t n = 0; n < SOURCES; n++)
		a->source[n].forward = NEVER;
	a->region = mach_region_add(m, &r);
	a->next = m->aplics;
	m->aplics = a;
	return a;
}

/* ---- For tests ---- */

void mach_aplic_poke_sourcecfg(struct mach_aplic *a, uint32_t source, uint32_t value)
{
	a->source[source].cfg = value;
}

void mach_aplic_unwire(struct mach_aplic *a, uint32_t source)
{
	a->source[source].unwired = true;
}

void mach_aplic_stall(struct mach_aplic *a, bool stalled)
{
	a->stalled = stalled;
	if (!stalled)
		a->genmsi &= ~BUSY;
}

void mach_aplic_reset(struct mach_aplic *a)
{
	a->domaincfg = a->config.direct ? 0 : DOMAINCFG_DM;
	a->genmsi = 0;
	a->outs = 0;
	for (uint32_t n = 1; n <= a->config.sources; n++) {
		struct wired *s = &a->source[n];

		*s = (struct wired){ .high = s->high, .unwired = s->unwired, .sent = s->sent, .forward = NEVER };
	}
	memset(a->idc, 0, sizeof(a->idc));
}

uint32_t mach_aplic_sourcecfg(const struct mach_aplic *a, uint32_t source)
{
	return a->source[source].cfg;
}

uint32_t mach_aplic_target(const struct mach_aplic *a, uint32_t source)
{
	return a->source[source].target;
}

bool mach_aplic_enabled(const struct mach_aplic *a, uint32_t source)
{
	return a->source[source].enabled;
}

bool mach_aplic_pending(const struct mach_aplic *a, uint32_t source)
{
	return a->source[source].pending;
}

uint64_t mach_aplic_sent(const struct mach_aplic *a, uint32_t source)
{
	return a->source[source].sent;
}

uint64_t mach_aplic_extempore(const struct mach_aplic *a)
{
	return a->extempore;
}
