/* SPDX-License-Identifier: MIT */
/* NUMA nodes: the host's numbers, which may be any, as indices. */
#include "core/machine.h"

static size_t table_bytes(const struct umsi *m)
{
	return m->ncpus * sizeof(*m->node);
}

/* A node of that number that has room, made if there is none. Neighbours in the list are neighbours in the machine. */
static uint32_t index_of(struct umsi *m, uint32_t number)
{
	uint32_t i = m->nnodes;

	while (i--)
		if (m->node[i].number == number && m->node[i].ncpus < UMSI_NODE_CPUS_MAX)
			return i;
	m->node[m->nnodes].number = number;
	return m->nnodes++;
}

bool umsi_nodes_init(struct umsi *m, const struct umsi_cpu_desc *cpus)
{
	m->node = umsi_host_alloc(m->host, table_bytes(m));
	if (!m->node)
		return false;
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		m->cpu[cpu].node = index_of(m, cpus[cpu].node);
		m->node[m->cpu[cpu].node].ncpus++;
	}
	return true;
}

void umsi_nodes_destroy(struct umsi *m)
{
	umsi_host_free(m->host, m->node, table_bytes(m));
}
