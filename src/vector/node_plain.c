/* SPDX-License-Identifier: MIT */
/*
 * In place of node.c, for hosts that count bytes: one node for all CPUs, and each filing looks at every one of them.
 * Sets of CPUs, which could name a node of the machine's, are not there either.
 */
#include "vector/vector.h"

static size_t node_bytes(const struct umsi *m)
{
	return sizeof(struct umsi_vec_node) + m->ncpus * sizeof(struct umsi_vec_cpu *);
}

int umsi_vec_nodes_init(struct umsi_vec *v, struct umsi *m)
{
	struct umsi_vec_node *node = umsi_host_alloc(m->host, node_bytes(m));

	umsi_store_ptr(&v->roomiest, node);
	return node ? UMSI_OK : UMSI_ENOMEM;
}

void umsi_vec_nodes_destroy(struct umsi_vec *v, struct umsi *m)
{
	struct umsi_vec_node *node = umsi_load_ptr(&v->roomiest);

	if (node)
		umsi_host_free(m->host, node, node_bytes(m));
}

struct umsi_vec_node *umsi_vec_node_of(struct umsi_vec *v, umsi_cpu cpu)
{
	(void)cpu;
	return umsi_load_ptr(&v->roomiest);
}

void umsi_vec_file(struct umsi_vec_cpu *c, uint32_t number)
{
	struct umsi_vec_node *node = c->node;
	struct umsi *m = c->v->domain.m;
	uintptr_t state = umsi_lock(m, &node->lock);
	struct umsi_vec_cpu *best = NULL;

	c->filed = number;
	for (uint32_t i = 0; i < node->ncpus; i++) {
		struct umsi_vec_cpu *other = node->cpu[i];

		if (other->filed != UMSI_VEC_NOT_FILED && (!best || other->filed > best->filed))
			best = other;
	}
	umsi_store_ptr(&node->best, best);
	umsi_unlock(m, &node->lock, state);
}
