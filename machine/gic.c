/* SPDX-License-Identifier: MIT */
/*
 * A GICv2 without security extensions and one GICv2m frame. One priority is
 * all it knows, so that nothing preempts.
 * Source: Arm GIC architecture 2.0 (IHI 0048), "Distributor register
 * descriptions", "CPU interface register descriptions"; DEN 0029, "GICv2m Architecture".
 */
#include <stdlib.h>

#include "inside.h"

#define IDS		128u
#define WORDS		(IDS / 32)
#define FRAME_FIRST	64u
#define FRAME_COUNT	32u
#define SPURIOUS	1023u
#define NOBODY		UINT32_MAX

/* Ids below 32 are in private_; word 0 of the shared ones is unused. */
struct private_ {
	uint32_t enabled, pending, active;
	uint32_t running;		/* acknowledged and not ended */
	bool on;
	uint32_t mask;			/* GICC_PMR */
};

struct gic {
	bool on;
	uint32_t enabled[WORDS], pending[WORDS], active[WORDS], edge[WORDS], level[WORDS];
	uint8_t target[IDS];
	uint32_t holder[IDS];		/* who acknowledged it */
	struct covers covers[IDS];
	struct private_ own[MACH_GIC_CPUS_MAX];
};

void mach_gic_init(struct mach *m)
{
	m->gic = calloc(1, sizeof(*m->gic));
	if (!m->gic)
		abort();
	for (uint32_t c = 0; c < m->ncpus; c++)
		m->gic->own[c].running = NOBODY;
}

void mach_gic_done(struct mach *m)
{
	free(m->gic);
}

/* The CPU went down: its interface and banked registers are as after power on. */
void mach_gic_reset(struct mach *m, struct cpu *c)
{
	if (!m->gic)
		return;
	if (m->gic->own[c->number].running != NOBODY)
		mach_violate(m, "MODEL", "cpu%u goes down with %u acknowledged", c->number,
			     m->gic->own[c->number].running);
	m->gic->own[c->number] = (struct private_){ .running = NOBODY };
}

bool mach_gic_at(const struct mach *m, uint64_t phys)
{
	return m->gic && (phys >> 12 == MACH_GIC_DISTRIBUTOR >> 12 ||
			  phys >> 12 == MACH_GIC_CPU_INTERFACE >> 12 || phys >> 12 == MACH_GIC_FRAME >> 12);
}

bool mach_gic_sends(uint64_t phys)
{
	return phys == MACH_GIC_DISTRIBUTOR + 0xf00;
}

static bool has(const uint32_t *bits, uint32_t id)
{
	return bits[id / 32] >> id % 32 & 1;
}

static void put(uint32_t *bits, uint32_t id, bool set)
{
	bits[id / 32] = (bits[id / 32] & ~(1u << id % 32)) | (uint32_t)set << id % 32;
}

static bool shared_pends(const struct gic *g, uint32_t id)
{
	return has(g->pending, id) || (!has(g->edge, id) && has(g->level, id));
}

/* The lowest id that this CPU could acknowledge. */
static uint32_t best(const struct cpu *c)
{
	const struct gic *g = c->m->gic;
	const struct private_ *p = &g->own[c->number];
	uint32_t own = p->pending | (c->timer ? 1u << MACH_GIC_TIMER : 0);

	own &= p->enabled & ~p->active;
	if (!g->on || !p->on || p->mask <= 0xa0 || p->running != NOBODY)
		return SPURIOUS;
	if (own)
		return (uint32_t)__builtin_ctz(own);
	for (uint32_t id = 32; id < IDS; id++)
		if (has(g->enabled, id) && shared_pends(g, id) && !has(g->active, id) &&
		    g->target[id] >> c->number & 1)
			return id;
	return SPURIOUS;
}

bool mach_gic_pends(const struct cpu *c)
{
	return best(c) != SPURIOUS;
}

static uint32_t acknowledge(struct mach *m, struct cpu *c)
{
	struct gic *g = m->gic;
	struct private_ *p = &g->own[c->number];
	uint32_t id = best(c);

	if (id == SPURIOUS)
		return id;
	p->running = id;
	mach_trace(m, "acknowledge %", id, 0);
	if (id < 32) {
		p->pending &= ~(1u << id);
		p->active |= 1u << id;
		c->claimed.n = 0;
		return id;
	}
	put(g->pending, id, false);
	put(g->active, id, true);
	g->holder[id] = c->number;
	mach_owner_claimed(m, c, &g->covers[id]);
	g->covers[id].n = 0;
	return id;
}

static void end(struct mach *m, struct cpu *c, uint32_t id)
{
	struct private_ *p = &m->gic->own[c->number];

	if (p->running != id) {
		mach_violate(m, "MODEL", "cpu%u ends %u and runs %u", c->number, id, p->running);
		return;
	}
	p->running = NOBODY;
	if (id < 32)
		p->active &= ~(1u << id);
	else
		put(m->gic->active, id, false);
	mach_trace(m, "end of %", id, 0);
}

bool mach_gic_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from)
{
	struct gic *g = m->gic;

	if (address != MACH_GIC_FRAME + 0x40 || data - FRAME_FIRST >= FRAME_COUNT)
		return false;
	if (!has(g->edge, data))
		mach_violate(m, "MODEL", "message to SPI %u, which is not an edge", data);
	if (!has(g->pending, data))
		g->covers[data].n = 0;
	mach_cover(&g->covers[data], from);
	put(g->pending, data, true);
	mach_trace(m, "spi % pending", data, 0);
	return true;
}

/* ---- Registers ---- */

/* Word @word of one of the six one-bit-an-id banks, as @c sees it. */
static uint32_t *bank(struct gic *g, struct cpu *c, uint32_t which, uint32_t word)
{
	struct private_ *p = &g->own[c->number];

	switch (which / 2) {
	case 0: return word ? &g->enabled[word] : &p->enabled;
	case 1: return word ? &g->pending[word] : &p->pending;
	default: return word ? &g->active[word] : &p->active;
	}
}

/* 0x100 to 0x3ff: set and clear, enabled, pending, active. */
static bool in_banks(uint32_t at, uint32_t *which, uint32_t *word)
{
	if (at < 0x100 || at >= 0x400)
		return false;
	*which = (at - 0x100) / 0x80;
	*word = at % 0x80 / 4;
	return *word < WORDS;
}

static uint32_t config_read(const struct gic *g, uint32_t at)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < 16; i++)
		if (has(g->edge, (at - 0xc00) * 4 + i))
			value |= 2u << 2 * i;
	return value;
}

static void config_write(struct mach *m, uint32_t at, uint32_t value)
{
	struct gic *g = m->gic;

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t id = (at - 0xc00) * 4 + i;
		bool edge = value >> (2 * i + 1) & 1;

		if (edge == has(g->edge, id))
			continue;
		if (has(g->enabled, id))
			mach_violate(m, "MODEL", "SPI %u changes its kind while enabled", id);
		put(g->edge, id, edge);
	}
}

static void send(struct mach *m, struct cpu *c, uint32_t value)
{
	if (value & ~0xff000fu)
		mach_violate(m, "MODEL", "GICD_SGIR := %#x", value);
	for (uint32_t i = 0; i < m->ncpus; i++)
		if (value >> (16 + i) & 1)
			m->gic->own[i].pending |= 1u << (value & 15);
	mach_trace(m, "cpu % sends %", c->number, value & 15);
}

static uint64_t distributor_read(struct mach *m, struct cpu *c, uint32_t at, unsigned int width)
{
	struct gic *g = m->gic;
	uint32_t which, word;

	if (width == 1 && at >= 0x800 && at < 0x800 + IDS)
		return at < 0x820 ? 1u << c->number : g->target[at - 0x800];
	if (width == 4 && at == 0)
		return g->on;
	if (width == 4 && at == 4)
		return WORDS - 1 + (m->ncpus - 1) * 32;
	if (width == 4 && at >= 0xc08 && at < 0xc00 + IDS / 4)
		return config_read(g, at);
	if (width != 4 || !in_banks(at, &which, &word)) {
		mach_violate(m, "MODEL", "distributor read at %#x, width %u", at, width);
		return 0;
	}
	if (which / 2 == 1 && word) {
		uint32_t value = g->pending[word] | (g->level[word] & ~g->edge[word]);

		return value;
	}
	return *bank(g, c, which, word);
}

static void target_write(struct mach *m, uint32_t id, uint64_t value)
{
	if (id < 32 || !value || value >> m->ncpus || (value & (value - 1)))
		mach_violate(m, "MODEL", "target of %u := %#llx", id, (unsigned long long)value);
	else
		m->gic->target[id] = (uint8_t)value;
}

static void distributor_write(struct mach *m, struct cpu *c, uint32_t at, unsigned int width,
			      uint32_t value)
{
	struct gic *g = m->gic;
	uint32_t which, word;

	if (width == 1 && at >= 0x800 && at < 0x800 + IDS)
		target_write(m, at - 0x800, value);
	else if (width != 4)
		mach_violate(m, "MODEL", "distributor written at %#x, width %u", at, width);
	else if (at == 0)
		g->on = value & 1;
	else if (at == 0xf00)
		send(m, c, value);
	else if (at >= 0x400 && at < 0x400 + IDS && value == 0xa0a0a0a0u)
		return;		/* the one priority */
	else if (at >= 0xc08 && at < 0xc00 + IDS / 4)
		config_write(m, at, value);
	else if (in_banks(at, &which, &word) && which % 2)
		*bank(g, c, which, word) &= ~value;
	else if (in_banks(at, &which, &word))
		*bank(g, c, which, word) |= value;
	else
		mach_violate(m, "MODEL", "distributor: %#x := %#x", at, value);
}

static void interface_write(struct mach *m, struct cpu *c, uint32_t at, uint32_t value)
{
	struct private_ *p = &m->gic->own[c->number];

	switch (at) {
	case 0x00:
		p->on = value & 1;
		break;
	case 0x04:
		p->mask = value & 0xff;
		break;
	case 0x10:
		end(m, c, value & 0x3ff);
		break;
	default:
		mach_violate(m, "MODEL", "CPU interface: %#x := %#x", at, value);
	}
}

uint64_t mach_gic_read(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width)
{
	struct private_ *p = &m->gic->own[c->number];
	uint32_t at = phys & 0xfff;

	if (phys >> 12 == MACH_GIC_DISTRIBUTOR >> 12)
		return distributor_read(m, c, at, width);
	if (width != 4)
		mach_violate(m, "MODEL", "GIC read at %#x, width %u", at, width);
	if (phys >> 12 == MACH_GIC_FRAME >> 12)
		return at == 8 ? FRAME_FIRST << 16 | FRAME_COUNT : 0;
	switch (at) {
	case 0x00:
		return p->on;
	case 0x04:
		return p->mask;
	case 0x0c:
		return acknowledge(m, c);
	}
	mach_violate(m, "MODEL", "CPU interface read at %#x", at);
	return 0;
}

void mach_gic_write(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width, uint64_t value)
{
	if (phys >> 12 == MACH_GIC_DISTRIBUTOR >> 12)
		distributor_write(m, c, phys & 0xfff, width, (uint32_t)value);
	else if (phys >> 12 == MACH_GIC_CPU_INTERFACE >> 12 && width == 4)
		interface_write(m, c, phys & 0xfff, (uint32_t)value);
	else
		mach_violate(m, "MODEL", "GIC written at %#llx, width %u", (unsigned long long)phys, width);
}

/* ---- For tests ---- */

void mach_gic_line(struct mach *m, uint32_t id, bool high)
{
	struct gic *g = m->gic;

	if (high && !has(g->level, id) && has(g->edge, id))
		put(g->pending, id, true);
	put(g->level, id, high);
	mach_trace(m, "line % is %", id, high);
}

bool mach_gic_enabled(const struct mach *m, uint32_t id)
{
	return has(m->gic->enabled, id);
}

/* As a stray device would, to an SPI of the frame. */
void mach_gic_inject(struct mach *m, uint32_t id)
{
	struct arrival nobody = { .id = id };

	if (has(m->gic->edge, id))
		mach_gic_message(m, MACH_GIC_FRAME + 0x40, id, &nobody);
}

umsi_cpu mach_gic_target(const struct mach *m, uint32_t id)
{
	uint8_t target = id < IDS ? m->gic->target[id] : 0;

	return target ? (umsi_cpu)__builtin_ctz(target) : UMSI_CPU_NONE;
}

const struct covers *mach_gic_spi(const struct mach *m, uint32_t id, bool *pending, bool *active)
{
	*pending = has(m->gic->pending, id);
	*active = has(m->gic->active, id);
	return &m->gic->covers[id];
}
