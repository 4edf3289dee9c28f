/* SPDX-License-Identifier: MIT */
/*
 * Registers of the distributor and of redistributors.
 * Source: IHI 0069, "Distributor register descriptions", "Redistributor register descriptions".
 */
#include "gicv3_state.h"

#define TYPER_BYTES	8u

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

uint64_t mach_gicd_read(struct mach *m, uint32_t at, unsigned int width)
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

void mach_gicd_write(struct mach *m, uint32_t at, unsigned int width, uint64_t value)
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

uint64_t mach_gicr_read(struct mach *m, uint32_t n, uint32_t at, unsigned int width)
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
		mach_lpi_read_pending(m, r, n, bits);
	}
	if (!on && r->lpis && m->config.lpis_stay)
		return;
	if (!on && r->lpis)
		mach_lpi_write_back(m, r);
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

void mach_gicr_write(struct mach *m, uint32_t n, uint32_t at, unsigned int width, uint64_t value)
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
