/* SPDX-License-Identifier: MIT */
/* CPU sets for the queues of a device: every CPU once, nodes apart, siblings together. */
#include "codec/sort.h"
#include "core/machine.h"

struct spread {
	struct umsi *m;
	uint64_t *order;		/* every CPU, by node, then by core: see key() */
	uint32_t words;			/* of one set */
	uint64_t *bits;			/* of the first of the queues' sets */
	uint32_t sets;
};

_Static_assert(UMSI_CPUS_MAX <= 1u << 16, "a CPU's number has 16 bits of its key, its node's as many");

static uint64_t key(const struct umsi *m, umsi_cpu cpu)
{
	return (uint64_t)m->cpu[cpu].node << 48 | (uint64_t)m->cpu[cpu].core << 16 | cpu;
}

static umsi_cpu cpu_at(const struct spread *s, uint32_t at)
{
	return s->order[at] & 0xffff;
}

static void add(uint64_t *set, umsi_cpu cpu)
{
	set[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

/* @n CPUs from order[@at] on to @sets sets from @first on; more sets than CPUs share them. */
static void deal(struct spread *s, uint32_t at, uint32_t n, uint32_t first, uint32_t sets)
{
	for (uint32_t i = 0; i < n || i < sets; i++) {
		uint32_t set = n > sets ? (uint32_t)((uint64_t)i * sets / n) : i;

		add(&s->bits[(size_t)(first + set) * s->words], cpu_at(s, at + i % n));
	}
}

/*
 * Each node gets sets by the share of its CPUs in what is left of both, one at least. Fewer sets than nodes:
 * whole nodes, one after the other, each to the set where its first CPU falls.
 */
static void deal_nodes(struct spread *s)
{
	uint32_t left = s->sets, cpus = s->m->ncpus, nodes = s->m->nnodes, first = 0;

	for (uint32_t at = 0, n; at < s->m->ncpus; at += n) {
		uint32_t node = s->m->cpu[cpu_at(s, at)].node, sets;

		n = s->m->node[node].ncpus;
		if (s->sets < s->m->nnodes) {
			deal(s, at, n, (uint32_t)((uint64_t)node * s->sets / s->m->nnodes), 1);
			continue;
		}
		nodes--;
		sets = (uint32_t)(((uint64_t)left * n + cpus / 2) / cpus);
		if (sets > left - nodes)
			sets = left - nodes;
		if (!sets)
			sets = 1;
		deal(s, at, n, first, sets);
		first += sets;
		left -= sets;
		cpus -= n;
	}
}

int umsi_spread(struct umsi *m, uint32_t pre, uint32_t queues, uint32_t post, uint64_t *bits)
{
	struct spread s = { .m = m, .sets = queues };
	size_t bytes;

	if (!m || !bits)
		return UMSI_EINVAL;
	if (pre > UMSI_TABLE_MAX || post > UMSI_TABLE_MAX || queues > UMSI_TABLE_MAX || !queues)
		return UMSI_ERANGE;
	bytes = m->ncpus * sizeof(*s.order);
	s.order = umsi_host_alloc(m->host, bytes);
	if (!s.order)
		return UMSI_ENOMEM;
	s.words = (m->ncpus + 63) / 64;
	s.bits = bits + (size_t)pre * s.words;
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++)
		s.order[cpu] = key(m, cpu);
	umsi_sort64(s.order, m->ncpus);
	for (uint32_t set = 0; set < pre + queues + post; set++, bits += s.words) {
		for (uint32_t w = 0; w < s.words; w++)
			bits[w] = 0;
		for (umsi_cpu cpu = 0; set - pre >= queues && cpu < m->ncpus; cpu++)
			add(bits, cpu);
	}
	deal_nodes(&s);
	umsi_host_free(m->host, s.order, bytes);
	return UMSI_OK;
}
