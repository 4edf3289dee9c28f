/* SPDX-License-Identifier: MIT */
/*
 * LPIs at a redistributor: what is pending, what is configured, and what ITSes have
 * ordered. Source: IHI 0069, "LPIs", "LPI caching".
 */
#include "gicv3_state.h"

#define LINE		16u		/* configuration bytes that are read together */

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

void mach_lpi_clear(struct mach *m, struct redistributor *r, uint32_t lpi)
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
	mach_lpi_clear(m, from, o->lpi);
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
		mach_lpi_clear(m, r, o->lpi);
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

uint64_t mach_lpi_orders_due(struct mach *m, void *self)
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
		mach_lpi_orders_due(m, NULL);
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

/* ---- The pending table ---- */

static uint64_t pending_table(const struct redistributor *r)
{
	return r->pendbaser & UINT64_C(0x000fffffffff0000);
}

void mach_lpi_write_back(struct mach *m, struct redistributor *r)
{
	for (uint32_t w = 0; w < m->gicv3->ids / 64; w++)
		if (mach_dma_holds(m, pending_table(r) + 8 * w, 8) &&
		    mach_dma_read(m, pending_table(r) + 8 * w, 8, true) != r->pends[w])
			mach_dma_write(m, pending_table(r) + 8 * w, 8, r->pends[w]);
}

/* "GICR_PENDBASER.PTZ": software says that the table is zero, and it had better be. */
void mach_lpi_read_pending(struct mach *m, struct redistributor *r, uint32_t n, uint32_t bits)
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
