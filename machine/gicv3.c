/* SPDX-License-Identifier: MIT */
/*
 * A GICv3: one distributor, a redistributor and a CPU interface for each CPU.
 * One priority is all it knows, so that nothing preempts. LPIs are configured by
 * a table in memory that a redistributor keeps copies of: a copy is made when an
 * LPI first becomes pending there (or on a whim) and read again only when told to.
 * Source: Arm GIC architecture 3 and 4 (IHI 0069), "Distributor register
 * descriptions", "Redistributor register descriptions", "AArch64 System register
 * descriptions", "LPIs", "LPI caching".
 */
#include "gicv3_state.h"

#define SPURIOUS	1023u

static void clock_done(void *self)
{
	(void)self;
}

/* Aff3.0.0.Aff1.Aff0 as MPIDR_EL1 has them: groups of four. */
uint64_t mach_gicv3_affinity(umsi_cpu cpu)
{
	return (uint64_t)(cpu / 4) << 8 | cpu % 4;
}

void mach_gicv3_init(struct mach *m)
{
	struct region clock = { .self = m, .due = mach_lpi_orders_due, .done = clock_done };
	struct gicv3 *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	m->gicv3 = g;
	g->ids = 1u << (m->config.lpi_id_bits ? m->config.lpi_id_bits : 16);
	g->covers = calloc(g->ids, sizeof(*g->covers));
	for (uint32_t c = 0; c < m->ncpus; c++) {
		g->own[c].running = g->own[c].top = NOBODY;
		g->own[c].asleep = true;
		g->own[c].pends = calloc(g->ids / 64, 8);
		g->own[c].config = calloc(g->ids, 1);
		if (!g->own[c].pends || !g->own[c].config || !g->covers)
			abort();
	}
	g->clock = mach_region_add(m, &clock);
}

void mach_gicv3_done(struct mach *m)
{
	if (!m->gicv3)
		return;
	for (uint32_t c = 0; c < m->ncpus; c++) {
		free(m->gicv3->own[c].pends);
		free(m->gicv3->own[c].config);
	}
	free(m->gicv3->covers);
	free(m->gicv3);
}

/* What was pending there, and what was ordered of it, is lost; memory may have some of it. */
void mach_gicv3_power_off(struct mach *m, umsi_cpu cpu)
{
	struct redistributor *r = &m->gicv3->own[cpu];

	if (r->lpis)
		mach_lpi_write_back(m, r);
	r->enabled = r->pending = r->active = 0;
	r->asleep = true;
	r->lpis = false;
	r->propbaser = r->pendbaser = 0;
	memset(r->pends, 0, m->gicv3->ids / 8);
	memset(r->config, NOT_CACHED, m->gicv3->ids);
	r->npending = 0;
	r->top = NOBODY;
	r->orders = 0;
	r->done = r->ordered;
}

/* The machine slept, and nobody kept anything: distributor, redistributors, interfaces. No CPU is in a trap. */
void mach_gicv3_lose(struct mach *m)
{
	struct gicv3 *g = m->gicv3;

	mach_store_all(m, m->cpu);
	g->ctlr = 0;
	for (uint32_t w = 0; w < WORDS; w++)
		g->enabled[w] = g->lingering[w] = g->pending[w] = g->active[w] = g->edge[w] = g->group[w] = 0;
	memset(g->router, 0xff, sizeof(g->router));
	for (uint32_t c = 0; c < m->ncpus; c++) {
		mach_gicv3_power_off(m, c);
		mach_gicv3_reset(m, &m->cpus[c]);
	}
	mach_trace(m, "the GIC has lost everything", 0, 0);
}

/* The CPU went down: its interface is as after power on; the redistributor stays as it is. */
void mach_gicv3_reset(struct mach *m, struct cpu *c)
{
	struct redistributor *r;

	if (!m->gicv3)
		return;
	r = &m->gicv3->own[c->number];
	if (r->running != NOBODY)
		mach_violate(m, "MODEL", "cpu%u goes down with %u acknowledged", c->number, r->running);
	r->running = NOBODY;
	r->group = r->system = false;
	r->mask = 0;
}

/* ---- The CPU interface ---- */

static uint32_t best_shared(const struct cpu *c)
{
	const struct gicv3 *g = c->m->gicv3;

	for (uint32_t w = 1; w < WORDS; w++) {
		uint32_t left = (g->pending[w] | (g->level[w] & ~g->edge[w])) & g->group[w] & ~g->active[w];

		for (; left; left &= left - 1) {
			uint32_t id = 32 * w + (uint32_t)__builtin_ctz(left);

			if (shared_up(c->m, id) && g->router[id] == mach_gicv3_affinity(c->number))
				return id;
		}
	}
	return SPURIOUS;
}

/* The lowest id that this CPU could acknowledge. */
static uint32_t best(const struct cpu *c)
{
	const struct gicv3 *g = c->m->gicv3;
	const struct redistributor *r = &g->own[c->number];
	uint32_t own = r->pending | (c->timer ? 1u << MACH_GIC_TIMER : 0), id;

	own &= r->enabled & ~r->active;
	if ((g->ctlr & 0x12) != 0x12 || !r->group || r->asleep || r->mask <= 0xa0 || r->running != NOBODY)
		return SPURIOUS;
	if (own)
		return (uint32_t)__builtin_ctz(own);
	id = best_shared(c);
	if (id == SPURIOUS && r->lpis && r->top != NOBODY)
		id = r->top;
	return id;
}

bool mach_gicv3_pends(const struct cpu *c)
{
	return best(c) != SPURIOUS;
}

static uint32_t acknowledge(struct mach *m, struct cpu *c)
{
	struct gicv3 *g = m->gicv3;
	struct redistributor *r = &g->own[c->number];
	uint32_t id = best(c);

	if (id == SPURIOUS)
		return id;
	r->running = id;
	mach_trace(m, "acknowledge %", id, 0);
	if (id < 32) {
		r->pending &= ~(1u << id);
		r->active |= 1u << id;
		c->claimed.n = 0;
		return id;
	}
	if (id < IDS) {
		put(g->pending, id, false);
		put(g->active, id, true);
	} else {
		mach_lpi_clear(m, r, id);
	}
	mach_owner_claimed(m, c, &g->covers[id]);
	g->covers[id].n = 0;
	return id;
}

static void end(struct mach *m, struct cpu *c, uint32_t id)
{
	struct redistributor *r = &m->gicv3->own[c->number];

	if (r->running != id) {
		mach_violate(m, "MODEL", "cpu%u ends %u and runs %u", c->number, id, r->running);
		return;
	}
	r->running = NOBODY;
	if (id < 32)
		r->active &= ~(1u << id);
	else if (id < IDS)
		put(m->gicv3->active, id, false);
	mach_trace(m, "end of %", id, 0);
}

/* "ICC_SGI1R_EL1": the affinity of sixteen, and which of them. */
static void send(struct mach *m, struct cpu *c, uint64_t value)
{
	uint64_t base = (value >> 16 & 0xff) << 8 | (value >> 44 & 0xf) << 4;
	uint32_t id = value >> 24 & 0xf;

	if (value & UINT64_C(0x00ff00ff00000000) || value >> 40 & 1)
		mach_violate(m, "MODEL", "ICC_SGI1R_EL1 := %#llx", (unsigned long long)value);
	for (uint32_t i = 0; i < m->ncpus; i++)
		if (mach_gicv3_affinity(i) - base < 16 && value >> (mach_gicv3_affinity(i) - base) & 1)
			m->gicv3->own[i].pending |= 1u << id;
	mach_trace(m, "cpu % sends %", c->number, id);
}

static bool may_use(struct mach *m, const struct cpu *c, uint32_t reg)
{
	if (m->gicv3 && (m->gicv3->own[c->number].system || reg == UMSI_ICC_SRE_EL1))
		return true;
	mach_violate(m, "MODEL", "CPU interface register %u, and system registers are off", reg);
	return false;
}

uint64_t mach_icc_read(struct mach *m, struct cpu *c, uint32_t reg)
{
	if (!may_use(m, c, reg))
		return 0;
	if (reg == UMSI_ICC_SRE_EL1)
		return m->gicv3->own[c->number].system ? 7 : 6;
	if (reg == UMSI_ICC_IAR1_EL1)
		return acknowledge(m, c);
	mach_violate(m, "MODEL", "CPU interface register %u read", reg);
	return 0;
}

void mach_icc_write(struct mach *m, struct cpu *c, uint32_t reg, uint64_t value)
{
	struct redistributor *r;

	if (!may_use(m, c, reg))
		return;
	r = &m->gicv3->own[c->number];
	switch (reg) {
	case UMSI_ICC_SRE_EL1:
		r->system = value & 1;
		break;
	case UMSI_ICC_PMR_EL1:
		r->mask = value & 0xff;
		break;
	case UMSI_ICC_IGRPEN1_EL1:
		r->group = value & 1;
		break;
	case UMSI_ICC_EOIR1_EL1:
		end(m, c, (uint32_t)value);
		break;
	case UMSI_ICC_SGI1R_EL1:
		send(m, c, value);
		break;
	case UMSI_ICC_BPR1_EL1:
	case UMSI_ICC_CTLR_EL1:
		if (value)
			mach_violate(m, "MODEL", "CPU interface register %u := %#llx", reg, (unsigned long long)value);
		break;
	default:
		mach_violate(m, "MODEL", "CPU interface register %u written", reg);
	}
}

/* ---- The bus ---- */

bool mach_gicv3_at(const struct mach *m, uint64_t phys)
{
	return m->gicv3 && (phys >> 16 == MACH_GICV3_DISTRIBUTOR >> 16 || phys == ICC_WINDOW ||
			    phys - MACH_GICV3_REDISTRIBUTORS < m->ncpus * 2 * FRAME);
}

uint64_t mach_gicv3_read(struct mach *m, uint64_t phys, unsigned int width)
{
	uint64_t at = phys - MACH_GICV3_REDISTRIBUTORS;

	m->cpu->read_locked = m->cpu->nheld != 0;
	if (phys >> 16 == MACH_GICV3_DISTRIBUTOR >> 16)
		return mach_gicd_read(m, phys & 0xffff, width);
	return mach_gicr_read(m, (uint32_t)(at / (2 * FRAME)), at % (2 * FRAME), width);
}

void mach_gicv3_write(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width, uint64_t value)
{
	uint64_t at = phys - MACH_GICV3_REDISTRIBUTORS;

	if (phys == ICC_WINDOW)
		mach_icc_write(m, c, UMSI_ICC_SGI1R_EL1, value);
	else if (phys >> 16 == MACH_GICV3_DISTRIBUTOR >> 16)
		mach_gicd_write(m, phys & 0xffff, width, value);
	else
		mach_gicr_write(m, (uint32_t)(at / (2 * FRAME)), at % (2 * FRAME), width, value);
}

/* ---- For tests ---- */

void mach_gicv3_line(struct mach *m, uint32_t id, bool high)
{
	struct gicv3 *g = m->gicv3;

	if (high && !has(g->level, id) && has(g->edge, id))
		put(g->pending, id, true);
	put(g->level, id, high);
	mach_trace(m, "line % is %", id, high);
}

bool mach_gicv3_enabled(const struct mach *m, uint32_t id)
{
	return has(m->gicv3->enabled, id);
}

umsi_cpu mach_gicv3_target(const struct mach *m, uint32_t id)
{
	for (uint32_t c = 0; c < m->ncpus; c++)
		if (m->gicv3->router[id] == mach_gicv3_affinity(c))
			return c;
	return UMSI_CPU_NONE;
}

uint32_t mach_gicv3_pending(const struct mach *m, umsi_cpu cpu)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < m->gicv3->ids / 64; w++)
		n += (uint32_t)__builtin_popcountll(m->gicv3->own[cpu].pends[w]);
	return n;
}

void mach_gicv3_raise(struct mach *m, umsi_cpu cpu, uint32_t lpi)
{
	mach_lpi_order(m, cpu, &(struct lpi_order){ .op = LPI_SET, .lpi = lpi });
}
