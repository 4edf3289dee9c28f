/* SPDX-License-Identifier: MIT */
/* CPU sets for the queues of a device: every CPU once, nodes apart, siblings together. */
#include "core/machine.h"

struct spread {
	struct umsi *m;
	umsi_cpu *order;		/* every CPU, by node, then by core */
	uint32_t words;			/* of one set */
	uint64_t *bits;
	uint32_t sets;
};

static void add(struct spread *s, uint32_t set, umsi_cpu cpu)
{
	s->bits[(size_t)set * s->words + cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

static bool before(const struct umsi *m, umsi_cpu a, umsi_cpu b)
{
	if (m->cpu[a].node != m->cpu[b].node)
		return m->cpu[a].node < m->cpu[b].node;
	return m->cpu[a].core != m->cpu[b].core ? m->cpu[a].core < m->cpu[b].core : a < b;
}

static void sift_down(struct spread *s, uint32_t at, uint32_t n)
{
	umsi_cpu moving = s->order[at];

	for (uint32_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
		if (child + 1 < n && before(s->m, s->order[child], s->order[child + 1]))
			child++;
		if (!before(s->m, moving, s->order[child]))
			break;
		s->order[at] = s->order[child];
		at = child;
	}
	s->order[at] = moving;
}

/* Heapsort: in place, and no worse for CPUs that come in order, as they do. */
static void sort_cpus(struct spread *s)
{
	uint32_t n = s->m->ncpus;

	for (uint32_t i = 0; i < n; i++)
		s->order[i] = i;
	for (uint32_t i = n / 2; i--;)
		sift_down(s, i, n);
	while (n-- > 1) {
		umsi_cpu last = s->order[n];

		s->order[n] = s->order[0];
		s->order[0] = last;
		sift_down(s, 0, n);
	}
}

/* @n CPUs from order[@at] on to @sets sets from @first on; more sets than CPUs share them. */
static void deal(struct spread *s, uint32_t at, uint32_t n, uint32_t first, uint32_t sets)
{
	for (uint32_t i = 0; i < n || i < sets; i++) {
		uint32_t set = n > sets ? (uint32_t)((uint64_t)i * sets / n) : i;

		add(s, first + set, s->order[at + i % n]);
	}
}

/* Fewer sets than nodes: whole nodes, one after the other, each to the set where its first CPU falls. */
static void deal_nodes(struct spread *s)
{
	for (uint32_t at = 0, n; at < s->m->ncpus; at += n) {
		uint32_t node = s->m->cpu[s->order[at]].node;

		n = s->m->node[node].ncpus;
		for (uint32_t i = 0; i < n; i++)
			add(s, (uint32_t)((uint64_t)node * s->sets / s->m->nnodes), s->order[at + i]);
	}
}

/* Each node gets sets by the share of its CPUs in what is left of both, one at least. */
static void deal_within_nodes(struct spread *s)
{
	uint32_t left = s->sets, cpus = s->m->ncpus, nodes = s->m->nnodes, first = 0;

	for (uint32_t at = 0, n; at < s->m->ncpus; at += n) {
		uint32_t sets;

		n = s->m->node[s->m->cpu[s->order[at]].node].ncpus;
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

static void fill_set(struct spread *s, uint64_t *bits, uint32_t sets)
{
	for (uint32_t set = 0; set < sets; set++)
		for (umsi_cpu cpu = 0; cpu < s->m->ncpus; cpu++)
			bits[(size_t)set * s->words + cpu / 64] |= UINT64_C(1) << (cpu % 64);
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
	for (size_t i = 0; i < (size_t)(pre + queues + post) * s.words; i++)
		bits[i] = 0;
	fill_set(&s, bits, pre);
	fill_set(&s, s.bits + (size_t)queues * s.words, post);
	sort_cpus(&s);
	if (queues < m->nnodes)
		deal_nodes(&s);
	else
		deal_within_nodes(&s);
	umsi_host_free(m->host, s.order, bytes);
	return UMSI_OK;
}
