/* SPDX-License-Identifier: MIT */
/* A vector space's memory and its place in the machine; opening a CPU's part of it. */
#include "vector/vector.h"

static uint32_t words_of(uint32_t nslots)
{
	return (nslots + 63) / 64;
}

/* One allocation a CPU: the struct, its table, four bitmaps, its ids. */
static size_t cpu_bytes(const struct umsi_vec *v)
{
	return sizeof(struct umsi_vec_cpu) + v->entries * sizeof(umsi_atomic_ptr) +
	       4 * words_of(v->nslots) * sizeof(uint64_t) + umsi_ids_bytes(v->nslots);
}

static struct umsi_vec_cpu *new_cpu(struct umsi_vec *v, struct umsi *m, umsi_cpu cpu)
{
	struct umsi_vec_cpu *c = umsi_host_alloc(m->host, cpu_bytes(v));
	uint64_t *bits;

	if (!c)
		return NULL;
	bits = (uint64_t *)&c->table[v->entries];
	c->v = v;
	c->core = &m->cpu[cpu];
	c->cpu = cpu;
	c->filed = UMSI_VEC_NOT_FILED;
	umsi_vec_join_node(v, c);
	c->batch[0].bits = bits;
	c->batch[1].bits = bits + words_of(v->nslots);
	c->waiting = &c->batch[0];
	c->filling = &c->batch[1];
	c->quarantined = bits + 2 * words_of(v->nslots);
	c->aside = bits + 3 * words_of(v->nslots);
	umsi_ids_init(&c->ids, bits + 4 * words_of(v->nslots), v->nslots);
	for (uint32_t slot = 0; slot < v->first; slot++)
		umsi_ids_take_at(&c->ids, slot);
	umsi_store32(&c->free, umsi_ids_free_count(&c->ids));
	return c;
}

/* Retiring slots count as quiet: this root's traps are over. */
static void drop_retiring(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	for (uint32_t slot = v->first; slot < v->nslots; slot++) {
		struct umsi_record *r = umsi_load_ptr(&c->table[slot]);

		if (r)
			umsi_record_put(r);
	}
}

static void destroy(struct umsi_vec *v, struct umsi *m)
{
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		if (!v->cpu[cpu])
			continue;
		drop_retiring(v, v->cpu[cpu]);
		umsi_host_free(m->host, v->cpu[cpu], cpu_bytes(v));
	}
	umsi_vec_nodes_destroy(v, m);
	umsi_host_free(m->host, v->cpu, m->ncpus * sizeof(*v->cpu));
}

int umsi_vec_init(struct umsi_vec *v, struct umsi *m, uint32_t nslots, uint32_t first,
		  const bool *has)
{
	v->nslots = nslots;
	v->first = first;
	if (v->entries < nslots)
		v->entries = nslots;
	v->cpu = umsi_host_alloc(m->host, m->ncpus * sizeof(*v->cpu));
	if (!v->cpu)
		return UMSI_ENOMEM;
	if (umsi_vec_nodes_init(v, m)) {
		destroy(v, m);
		return UMSI_ENOMEM;
	}
	for (umsi_cpu cpu = 0; cpu < m->ncpus; cpu++) {
		if (!has[cpu])
			continue;
		v->cpu[cpu] = new_cpu(v, m, cpu);
		if (!v->cpu[cpu]) {
			destroy(v, m);
			return UMSI_ENOMEM;
		}
	}
	return UMSI_OK;
}

static void kick(void *root, umsi_cpu cpu)
{
	umsi_vec_kick(root, cpu, UMSI_SLOT_KICK);
}

static const struct umsi_kick_ops kick_ops = {
	.kick = kick,
};

void umsi_vec_add(struct umsi_vec *v, const struct umsi_domain_ops *ops)
{
	struct umsi *m = v->domain.m;

	m->kick_ops = &kick_ops;
	m->kick_root = v;
	m->move_directly = UMSI_FOR_DIRECT(umsi_vec_move_directly);
	umsi_domain_add(m, &v->domain, NULL, ops);
}

int umsi_vec_remove(struct umsi_vec *v)
{
	struct umsi *m = v->domain.m;
	int status = umsi_domain_remove(&v->domain);

	if (status)
		return status;
	m->kick_ops = NULL;
	m->kick_root = NULL;
	m->move_directly = NULL;
	destroy(v, m);
	return UMSI_OK;
}

void umsi_vec_open(struct umsi_vec *v, umsi_cpu cpu)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state;

	umsi_vec_shut_again(v, c);
	state = umsi_lock(v->domain.m, &c->lock);
	umsi_store32(&c->open, true);
	umsi_unlock(v->domain.m, &c->lock, state);
}

/* From here on its node knows it, unless it is being left again already. */
static void give_out(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	if (umsi_load32(&c->open) && c->filed == UMSI_VEC_NOT_FILED)
		umsi_vec_file(c, umsi_ids_free_count(&c->ids));
	umsi_unlock(v->domain.m, &c->lock, state);
}

void umsi_vec_started(struct umsi_domain *d, umsi_cpu cpu)
{
	struct umsi_vec *v = umsi_vec_of(d);

	if (!v->cpu[cpu])
		return;
	give_out(v, v->cpu[cpu]);
	umsi_vec_start_places(v, cpu);
}
