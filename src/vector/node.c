/* SPDX-License-Identifier: MIT */
/* Which CPU of a node has most free slots, and which node's best CPU has. */
#include "vector/vector.h"

static size_t cpu_array_bytes(uint32_t ncpus)
{
	return ncpus * sizeof(struct umsi_vec_cpu *);
}

static size_t node_bytes(const struct umsi_vec *v, uint32_t ncpus)
{
	return sizeof(struct umsi_vec_node) + cpu_array_bytes(ncpus) +
	       umsi_ladder_bytes(v->nslots, ncpus);
}

static struct umsi_vec_node *new_node(struct umsi_vec *v, struct umsi *m, uint32_t ncpus)
{
	struct umsi_vec_node *node = umsi_host_alloc(m->host, node_bytes(v, ncpus));

	if (!node)
		return NULL;
	umsi_ladder_init(&node->ladder, (unsigned char *)node->cpu + cpu_array_bytes(ncpus),
			 v->nslots);
	return node;
}

int umsi_vec_nodes_init(struct umsi_vec *v, struct umsi *m)
{
	v->node = umsi_host_alloc(m->host, m->nnodes * sizeof(struct umsi_vec_node *));
	if (!v->node)
		return UMSI_ENOMEM;
	for (uint32_t i = 0; i < m->nnodes; i++) {
		v->node[i] = new_node(v, m, m->node[i].ncpus);
		if (!v->node[i])
			return UMSI_ENOMEM;
		v->node[i]->index = i;
	}
	umsi_store_ptr(&v->roomiest, v->node[0]);
	return UMSI_OK;
}

void umsi_vec_nodes_destroy(struct umsi_vec *v, struct umsi *m)
{
	if (!v->node)
		return;
	for (uint32_t i = 0; i < m->nnodes; i++)
		if (v->node[i])
			umsi_host_free(m->host, v->node[i], node_bytes(v, m->node[i].ncpus));
	umsi_host_free(m->host, v->node, m->nnodes * sizeof(struct umsi_vec_node *));
}

void umsi_vec_join_node(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	c->node = v->node[c->core->node];
	c->item = c->node->ncpus++;
	c->node->cpu[c->item] = c;
}

static uint32_t rung_of(const struct umsi_vec_node *node, uint32_t number)
{
	return node->ladder.rungs - 1 - number;
}

/*
 * The best CPU of @node has come to @most. A node that is better than the
 * roomiest is the roomiest; one that has got worse looks at one other each time, so
 * that one better is found after as many requests as there are nodes.
 */
static void compare_nodes(struct umsi_vec *v, struct umsi_vec_node *node, uint32_t most)
{
	struct umsi_vec_node *roomiest = umsi_load_ptr(&v->roomiest);

	if (node != roomiest) {
		if (most > umsi_load32(&roomiest->most))
			umsi_store_ptr(&v->roomiest, node);
		return;
	}
	node->compared = node->compared + 1 < v->domain.m->nnodes ? node->compared + 1 : 0;
	if (umsi_load32(&v->node[node->compared]->most) > most)
		umsi_store_ptr(&v->roomiest, v->node[node->compared]);
}

void umsi_vec_file(struct umsi_vec_cpu *c, uint32_t number)
{
	struct umsi_vec_node *node = c->node;
	struct umsi *m = c->v->domain.m;
	uintptr_t state = umsi_lock(m, &node->lock);
	uint32_t item, rung, most = 0;

	if (c->filed != UMSI_VEC_NOT_FILED)
		umsi_ladder_take(&node->ladder, c->item, rung_of(node, c->filed));
	if (number != UMSI_VEC_NOT_FILED)
		umsi_ladder_put(&node->ladder, c->item, rung_of(node, number));
	c->filed = number;
	item = umsi_ladder_first(&node->ladder, &rung);
	if (item != UMSI_LADDER_NONE)
		most = rung_of(node, rung);
	umsi_store_ptr(&node->best, item != UMSI_LADDER_NONE ? node->cpu[item] : NULL);
	umsi_store32(&node->most, most);
	if (m->nnodes > 1)
		compare_nodes(c->v, node, most);
	umsi_unlock(m, &node->lock, state);
}
