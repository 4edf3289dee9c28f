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
#include <stdlib.h>
#include <string.h>

#include "gicv3.h"

#define IDS		96u		/* SPIs are 32 .. 95 */
#define WORDS		(IDS / 32)
#define SPURIOUS	1023u
#define NOBODY		UINT32_MAX
#define ORDERS		256u
#define NOT_CACHED	0u		/* a configuration byte always has bit 1 */
#define FRAME		0x10000u
#define TYPER_BYTES	8u
#define LINE		16u		/* configuration bytes that are read together */

/* One redistributor and the CPU interface behind it. */
struct redistributor {
	uint32_t enabled, pending, active;	/* private ids */
	bool asleep, lpis, group, system;
	uint32_t mask;			/* ICC_PMR_EL1 */
	uint32_t running;		/* acknowledged and not ended */
	uint64_t propbaser, pendbaser;
	uint64_t *pends;		/* by LPI */
	uint32_t npending;
	uint8_t *config;		/* kept copies, by LPI */
	uint32_t top;			/* the lowest LPI that is pending and enabled; NOBODY: none */
	struct lpi_order order[ORDERS];
	uint32_t orders;
	uint64_t ordered, done;
};

struct gicv3 {
	uint32_t ctlr;
	uint64_t busy_until;		/* GICD_CTLR.RWP */
	uint32_t enabled[WORDS], lingering[WORDS], pending[WORDS], active[WORDS], edge[WORDS], level[WORDS];
	uint32_t group[WORDS];
	uint64_t router[IDS];
	struct covers *covers;		/* by id */
	uint32_t ids;			/* 2^id bits */
	struct redistributor own[MACH_GIC_CPUS_MAX];
	struct region *clock;
};

static uint64_t orders_due(struct mach *m, void *self);

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
	struct region clock = { .self = m, .due = orders_due, .done = clock_done };
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

static uint64_t pending_table(const struct redistributor *r)
{
	return r->pendbaser & UINT64_C(0x000fffffffff0000);
}

/* What it had kept to itself of the pending table goes to memory. */
static void write_back(struct mach *m, struct redistributor *r)
{
	for (uint32_t w = 0; w < m->gicv3->ids / 64; w++)
		if (mach_dma_holds(m, pending_table(r) + 8 * w, 8) &&
		    mach_dma_read(m, pending_table(r) + 8 * w, 8, true) != r->pends[w])
			mach_dma_write(m, pending_table(r) + 8 * w, 8, r->pends[w]);
}

/* What was pending there, and what was ordered of it, is lost; memory may have some of it. */
void mach_gicv3_power_off(struct mach *m, umsi_cpu cpu)
{
	struct redistributor *r = &m->gicv3->own[cpu];

	if (r->lpis)
		write_back(m, r);
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

static bool has(const uint32_t *bits, uint32_t id)
{
	return bits[id / 32] >> id % 32 & 1;
}

static void put(uint32_t *bits, uint32_t id, bool set)
{
	bits[id / 32] = (bits[id / 32] & ~(1u << id % 32)) | (uint32_t)set << id % 32;
}

/* ---- LPIs at a redistributor ---- */

bool mach_lpi_exists(const struct mach *m, uint32_t lpi)
{
	return lpi >= FIRST_LPI && lpi < m->gicv3->ids;
}

static bool coherent(const struct redistributor *r)
{
	return r->propbaser >> 10 & 3;
}

static void read_one(struct mach *m, struct redistributor *r, uint32_t lpi)
{
	uint64_t table = r->propbaser & UINT64_C(0x000ffffffffff000);
	uint8_t config = (uint8_t)mach_dma_read(m, table + lpi - FIRST_LPI, 1, coherent(r));

	if (!(config & 2))
		mach_violate(m, "MODEL", "LPI %u is configured as %#x: bit 1 is reserved, one", lpi, config);
	r->config[lpi] = config | 2;
}

/* A line of the table at once: of the neighbours it keeps copies, too. */
static void read_config(struct mach *m, struct redistributor *r, uint32_t lpi)
{
	for (uint32_t n = lpi & ~(LINE - 1); n < (lpi & ~(LINE - 1)) + LINE; n++)
		if (r->config[n] == NOT_CACHED)
			read_one(m, r, n);
}

static bool is_up(struct mach *m, struct redistributor *r, uint32_t lpi)
{
	if (r->config[lpi] == NOT_CACHED)
		read_config(m, r, lpi);
	return r->config[lpi] & 1;
}

/* The lowest from @from on. */
static void find_top(struct mach *m, struct redistributor *r, uint32_t from)
{
	r->top = NOBODY;
	for (uint32_t w = from / 64; r->npending && w < m->gicv3->ids / 64; w++)
		for (uint64_t left = r->pends[w]; left; left &= left - 1) {
			uint32_t lpi = w * 64 + (uint32_t)__builtin_ctzll(left);

			if (!is_up(m, r, lpi))
				continue;
			r->top = lpi;
			return;
		}
}

static bool pends(const struct redistributor *r, uint32_t lpi)
{
	return r->pends[lpi / 64] >> lpi % 64 & 1;
}

/* One without LPIs loses it. */
static void set_pending(struct mach *m, struct redistributor *r, uint32_t lpi)
{
	if (!r->lpis)
		return;
	r->npending += !pends(r, lpi);
	r->pends[lpi / 64] |= UINT64_C(1) << lpi % 64;
	if (is_up(m, r, lpi) && lpi < r->top)
		r->top = lpi;
}

static void clear_pending(struct mach *m, struct redistributor *r, uint32_t lpi)
{
	r->npending -= pends(r, lpi);
	r->pends[lpi / 64] &= ~(UINT64_C(1) << lpi % 64);
	if (r->top == lpi)
		find_top(m, r, lpi);
}

/* A new message of an interrupt that is not pending anywhere stands for itself alone. */
static void cover(struct gicv3 *g, const struct lpi_order *o, bool was)
{
	if (!was)
		g->covers[o->lpi].n = 0;
	if (o->has_from)
		mach_cover(&g->covers[o->lpi], &o->from);
}

static void move_pending(struct mach *m, struct redistributor *from, const struct lpi_order *o)
{
	if (!pends(from, o->lpi))
		return;
	clear_pending(m, from, o->lpi);
	set_pending(m, &m->gicv3->own[o->to], o->lpi);
	mach_trace(m, "lpi % moves to cpu %", o->lpi, o->to);
}

static void move_all(struct mach *m, struct redistributor *from, const struct lpi_order *o)
{
	struct lpi_order one = *o;

	if (from == &m->gicv3->own[o->to])
		return;
	for (uint32_t w = 0; w < m->gicv3->ids / 64; w++)
		while (from->pends[w]) {
			one.lpi = w * 64 + (uint32_t)__builtin_ctzll(from->pends[w]);
			move_pending(m, from, &one);
		}
}

static void invalidate(struct mach *m, struct redistributor *r, const struct lpi_order *o)
{
	if (o->op == LPI_INVALL) {
		memset(r->config, NOT_CACHED, m->gicv3->ids);
		find_top(m, r, FIRST_LPI);
		return;
	}
	r->config[o->lpi] = NOT_CACHED;
	if (r->top == o->lpi)
		find_top(m, r, o->lpi);
	else if (pends(r, o->lpi))
		set_pending(m, r, o->lpi);
}

static void carry_out(struct mach *m, struct redistributor *r, const struct lpi_order *o)
{
	switch (o->op) {
	case LPI_SET:
		cover(m->gicv3, o, pends(r, o->lpi));
		set_pending(m, r, o->lpi);
		mach_trace(m, "lpi % pending", o->lpi, 0);
		break;
	case LPI_CLEAR:
		clear_pending(m, r, o->lpi);
		r->config[o->lpi] = NOT_CACHED;
		mach_trace(m, "lpi % dropped", o->lpi, 0);
		break;
	case LPI_MOVE:
		move_pending(m, r, o);
		break;
	case LPI_MOVE_ALL:
		move_all(m, r, o);
		break;
	case LPI_INV:
	case LPI_INVALL:
		invalidate(m, r, o);
		break;
	}
	r->done++;
}

static void carry_out_first(struct mach *m, struct redistributor *r)
{
	struct lpi_order o = r->order[0];

	r->orders--;
	memmove(&r->order[0], &r->order[1], r->orders * sizeof(o));
	carry_out(m, r, &o);
}

static uint64_t orders_due(struct mach *m, void *self)
{
	uint64_t next = NEVER;

	(void)self;
	for (uint32_t c = 0; c < m->ncpus; c++) {
		struct redistributor *r = &m->gicv3->own[c];

		while (r->orders && r->order[0].due <= m->step)
			carry_out_first(m, r);
		if (r->orders && r->order[0].due < next)
			next = r->order[0].due;
	}
	return next;
}

bool mach_lpi_order(struct mach *m, uint32_t cpu, const struct lpi_order *order)
{
	struct redistributor *r = &m->gicv3->own[cpu];

	if (!r->lpis)
		return false;
	if (r->orders == ORDERS)
		carry_out_first(m, r);
	r->order[r->orders] = *order;
	r->order[r->orders++].due = mach_later(m, m->chaos.lag_now, m->chaos.lag_max);
	r->ordered++;
	mach_region_wake(m, m->gicv3->clock, r->order[0].due);
	if (!m->running)
		orders_due(m, NULL);
	return true;
}

uint64_t mach_lpi_ordered(const struct mach *m, uint32_t cpu)
{
	return m->gicv3->own[cpu].ordered;
}

bool mach_lpi_done(const struct mach *m, uint32_t cpu, uint64_t moment)
{
	return m->gicv3->own[cpu].done >= moment;
}

uint64_t mach_lpi_due(const struct mach *m, uint32_t cpu)
{
	const struct redistributor *r = &m->gicv3->own[cpu];

	return r->orders ? r->order[0].due : m->step;
}

uint32_t mach_rdbase(const struct mach *m, bool by_address, uint64_t rdbase)
{
	uint64_t at = rdbase - MACH_GICV3_REDISTRIBUTORS;
	uint64_t n = by_address ? at / (2 * FRAME) : rdbase >> 16;

	if (by_address && at % (2 * FRAME))
		return UINT32_MAX;
	/* Numbers are not the CPUs': see mach_gicv3_number(). */
	if (!by_address)
		n = n >= MACH_GICV3_FIRST_NUMBER ? n - MACH_GICV3_FIRST_NUMBER : UINT32_MAX;
	return n < m->ncpus ? (uint32_t)n : UINT32_MAX;
}

/* ---- The CPU interface ---- */

/* A disabled SPI may still be signalled until RWP says otherwise. */
static bool shared_up(const struct mach *m, uint32_t id)
{
	const struct gicv3 *g = m->gicv3;

	return has(g->enabled, id) || (has(g->lingering, id) && m->step < g->busy_until);
}

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
		clear_pending(m, r, id);
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

/* ---- Distributor ---- */

/* "GICD_SETSPI_NSR", written by a device. */
bool mach_gicv3_message(struct mach *m, uint64_t address, uint32_t data, const struct arrival *from)
{
	struct gicv3 *g = m->gicv3;

	if (address != MACH_GICV3_SETSPI || m->config.no_mbis || data < 32 || data >= IDS)
		return false;
	if (!(g->ctlr & 2)) {
		mach_trace(m, "message to spi %: the distributor is off", data, 0);
		return true;
	}
	if (!has(g->edge, data) && has(g->enabled, data))
		mach_violate(m, "MODEL", "message to SPI %u, which is not an edge", data);
	if (!has(g->pending, data))
		g->covers[data].n = 0;
	if (from->device)
		mach_cover(&g->covers[data], from);
	put(g->pending, data, true);
	mach_trace(m, "spi % pending", data, 0);
	return true;
}

static bool in_banks(uint32_t at, uint32_t *which, uint32_t *word)
{
	if (at < 0x100 || at >= 0x400)
		return false;
	*which = (at - 0x100) / 0x80;
	*word = at % 0x80 / 4;
	return *word && *word < WORDS;
}

static uint32_t *bank(struct gicv3 *g, uint32_t which, uint32_t word)
{
	return which / 2 == 0 ? &g->enabled[word] : which / 2 == 1 ? &g->pending[word] : &g->active[word];
}

static uint32_t config_read(const struct gicv3 *g, uint32_t at)
{
	uint32_t value = 0;

	for (uint32_t i = 0; i < 16; i++)
		if (has(g->edge, (at - 0xc00) * 4 + i))
			value |= 2u << 2 * i;
	return value;
}

static void config_write(struct mach *m, uint32_t at, uint32_t value)
{
	struct gicv3 *g = m->gicv3;

	for (uint32_t i = 0; i < 16; i++) {
		uint32_t id = (at - 0xc00) * 4 + i;
		bool edge = value >> (2 * i + 1) & 1;

		if (edge == has(g->edge, id))
			continue;
		if (shared_up(m, id))
			mach_violate(m, "MODEL", "SPI %u changes its kind while enabled", id);
		put(g->edge, id, edge);
	}
}

static void become_busy(struct mach *m)
{
	m->gicv3->busy_until = mach_later(m, m->chaos.post_now, m->chaos.post_max);
}

static uint64_t distributor_read(struct mach *m, uint32_t at, unsigned int width)
{
	struct gicv3 *g = m->gicv3;
	uint32_t which, word, bits = (uint32_t)__builtin_ctz(g->ids);

	if (width == 4 && at == 0)
		return g->ctlr | (m->step < g->busy_until ? 1u << 31 : 0);
	if (width == 4 && at == 4)
		return (WORDS - 1) | (m->config.no_mbis ? 0 : 1u << 16) | 1u << 17 | (bits - 1) << 19;
	if (width == 4 && at == 0xffe8)
		return 0x3b;
	if (width == 4 && at >= 0xc08 && at < 0xc00 + IDS / 4)
		return config_read(g, at);
	if (width == 4 && in_banks(at, &which, &word))
		return *bank(g, which, word) | (which / 2 == 1 ? g->level[word] & ~g->edge[word] : 0);
	mach_violate(m, "MODEL", "distributor read at %#x, width %u", at, width);
	return 0;
}

static void router_write(struct mach *m, uint32_t id, uint64_t value)
{
	for (uint32_t c = 0; c < m->ncpus; c++)
		if (value == mach_gicv3_affinity(c)) {
			m->gicv3->router[id] = value;
			return;
		}
	mach_violate(m, "MODEL", "route of %u := %#llx: nobody", id, (unsigned long long)value);
}

static void bank_write(struct mach *m, uint32_t which, uint32_t word, uint32_t value)
{
	struct gicv3 *g = m->gicv3;

	if (which % 2 == 0) {
		*bank(g, which, word) |= value;
		return;
	}
	if (which == 1) {
		if (m->step >= g->busy_until)
			memset(g->lingering, 0, sizeof(g->lingering));
		g->lingering[word] |= g->enabled[word] & value;
		become_busy(m);
	}
	*bank(g, which, word) &= ~value;
}

static void distributor_write(struct mach *m, uint32_t at, unsigned int width, uint64_t value)
{
	struct gicv3 *g = m->gicv3;
	uint32_t which, word;

	if (width == 8 && at >= 0x6000 + 8 * 32 && at < 0x6000 + 8 * IDS && at % 8 == 0) {
		router_write(m, (at - 0x6000) / 8, value);
		return;
	}
	if (width != 4)
		mach_violate(m, "MODEL", "distributor written at %#x, width %u", at, width);
	if (at == 0) {
		if (((g->ctlr ^ value) & 0x10) && g->ctlr & 2)
			mach_violate(m, "MODEL", "affinity routing changes with a group on");
		g->ctlr = (uint32_t)value & 0x12;
		become_busy(m);
	} else if (at >= 0x84 && at < 0x80 + IDS / 8) {
		g->group[(at - 0x80) / 4] = (uint32_t)value;
	} else if (at >= 0x420 && at < 0x400 + IDS && value == 0xa0a0a0a0u) {
		return;		/* the one priority */
	} else if (at >= 0xc08 && at < 0xc00 + IDS / 4) {
		config_write(m, at, (uint32_t)value);
	} else if (in_banks(at, &which, &word)) {
		bank_write(m, which, word, (uint32_t)value);
	} else {
		mach_violate(m, "MODEL", "distributor: %#x := %#llx", at, (unsigned long long)value);
	}
}

/* ---- Redistributors ---- */

static uint64_t redistributor_read(struct mach *m, uint32_t n, uint32_t at, unsigned int width)
{
	struct redistributor *r = &m->gicv3->own[n];

	if (width == TYPER_BYTES && at == 0x08)
		return 1 | (n + 1 == m->ncpus ? 1u << 4 : 0) | (uint64_t)(n + MACH_GICV3_FIRST_NUMBER) << 8 |
		       mach_gicv3_affinity(n) << 32;
	if (width == 8 && at == 0x70)
		return r->propbaser;
	if (width == 8 && at == 0x78)
		return r->pendbaser & ~(UINT64_C(1) << 62);
	if (width == 4 && at == 0)
		return r->lpis;
	if (width == 4 && at == 0x14)
		return r->asleep ? 6 : 0;
	mach_violate(m, "MODEL", "redistributor read at %#x, width %u", at, width);
	return 0;
}

/* "GICR_PENDBASER.PTZ": software says that the table is zero, and it had better be. */
static void read_pending(struct mach *m, struct redistributor *r, uint32_t n, uint32_t bits)
{
	bool sees = r->pendbaser >> 10 & 3;

	if (r->pendbaser >> 62 & 1 && !mach_dma_is_zero(m, pending_table(r), (1u << bits) / 8, sees))
		mach_violate(m, "MODEL", "cpu%u's pending table is said to be zero, and is not", n);
	r->npending = 0;
	for (uint32_t w = 0; w < m->gicv3->ids / 64; w++) {
		r->pends[w] = w < (1u << bits) / 64 ? mach_dma_read(m, pending_table(r) + 8 * w, 8, sees) : 0;
		r->npending += (uint32_t)__builtin_popcountll(r->pends[w]);
	}
	find_top(m, r, FIRST_LPI);
}

/* Memory that it will read must be there, and aligned. */
static void lpis_change(struct mach *m, uint32_t n, bool on)
{
	struct redistributor *r = &m->gicv3->own[n];
	uint32_t bits = (uint32_t)(r->propbaser & 0x1f) + 1;
	uint64_t table = r->propbaser & UINT64_C(0x000ffffffffff000);

	if (on && !r->lpis && r->asleep)
		mach_violate(m, "MODEL", "LPIs on at cpu%u's redistributor, which sleeps", n);
	if (on && !r->lpis) {
		if (bits > 20 || 1u << bits > m->gicv3->ids ||
		    !mach_dma_holds(m, table, (1u << bits) - FIRST_LPI) ||
		    !mach_dma_holds(m, r->pendbaser & UINT64_C(0x000fffffffff0000), (1u << bits) / 8))
			mach_violate(m, "MODEL", "LPIs on at cpu%u: %u id bits, tables that are not there", n, bits);
		memset(r->config, NOT_CACHED, m->gicv3->ids);
		read_pending(m, r, n, bits);
	}
	if (!on && r->lpis && m->config.lpis_stay)
		return;
	if (!on && r->lpis)
		write_back(m, r);
	r->lpis = on;
}

static void base_write(struct mach *m, uint32_t n, uint64_t *base, uint64_t value)
{
	if (m->gicv3->own[n].lpis)
		mach_violate(m, "MODEL", "table of LPIs given to cpu%u's redistributor while they are on", n);
	*base = m->config.incoherent ? value & ~UINT64_C(0xc00) : value;
}

/* Without affinity routing these are the distributor's. */
static void private_write(struct mach *m, struct redistributor *r, uint32_t at, uint32_t value)
{
	if (!(m->gicv3->ctlr & 0x10))
		mach_violate(m, "MODEL", "redistributor: %#x := %#x while affinity routing is off", at, value);
	switch (at) {
	case 0x10080:
	case 0x10d00:
		break;
	case 0x10100:
		r->enabled |= value;
		break;
	case 0x10180:
		r->enabled &= ~value;
		break;
	case 0x10280:
		r->pending &= ~value;
		break;
	case 0x10380:
		r->active &= ~value;
		break;
	default:
		if (at < 0x10400 || at >= 0x10420 || value != 0xa0a0a0a0u)
			mach_violate(m, "MODEL", "redistributor: %#x := %#x", at, value);
	}
}

static void redistributor_write(struct mach *m, uint32_t n, uint32_t at, unsigned int width, uint64_t value)
{
	struct redistributor *r = &m->gicv3->own[n];

	if (width == 8 && at == 0x70)
		base_write(m, n, &r->propbaser, value);
	else if (width == 8 && at == 0x78)
		base_write(m, n, &r->pendbaser, value);
	else if (width != 4)
		mach_violate(m, "MODEL", "redistributor written at %#x, width %u", at, width);
	else if (at == 0)
		lpis_change(m, n, value & 1);
	else if (at == 0x14)
		r->asleep = value >> 1 & 1;
	else
		private_write(m, r, at, (uint32_t)value);
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
		return distributor_read(m, phys & 0xffff, width);
	return redistributor_read(m, (uint32_t)(at / (2 * FRAME)), at % (2 * FRAME), width);
}

void mach_gicv3_write(struct mach *m, struct cpu *c, uint64_t phys, unsigned int width, uint64_t value)
{
	uint64_t at = phys - MACH_GICV3_REDISTRIBUTORS;

	if (phys == ICC_WINDOW)
		mach_icc_write(m, c, UMSI_ICC_SGI1R_EL1, value);
	else if (phys >> 16 == MACH_GICV3_DISTRIBUTOR >> 16)
		distributor_write(m, phys & 0xffff, width, value);
	else
		redistributor_write(m, (uint32_t)(at / (2 * FRAME)), at % (2 * FRAME), width, value);
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
