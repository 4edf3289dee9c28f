/* SPDX-License-Identifier: MIT */
/*
 * In place of slots.c, node.c and ladder.c, for hosts that count bytes: a slot for any CPU costs a look at each of them.
 * Blocks, and slots on every CPU, are not there either. The states of a slot: slots.c.
 */
#include "core/trace.h"
#include "vector/slots.h"

/* ---- No nodes: a CPU gives out slots, or not. ---- */

int umsi_vec_nodes_init(struct umsi_vec *v, struct umsi *m)
{
	(void)v, (void)m;
	return UMSI_OK;
}

void umsi_vec_nodes_destroy(struct umsi_vec *v, struct umsi *m)
{
	(void)v, (void)m;
}

void umsi_vec_join_node(struct umsi_vec *v, struct umsi_vec_cpu *c)
{
	(void)v, (void)c;
}

void umsi_vec_file(struct umsi_vec_cpu *c, uint32_t number)
{
	c->filed = number;
}

/* ---- Taking one, and giving back what nobody was told of. ---- */

void umsi_vec_own_slots(struct umsi_vec_cpu *c, const struct umsi_group *g, uint32_t slot)
{
	struct umsi_record *r = g->member[0];

	umsi_fetch_add32(&r->references, 1);
	umsi_store_ptr_release(&c->table[slot], r);
	umsi_trace_irq(r, UMSI_TRACE_SLOT_TAKE, c->cpu, slot);
	umsi_vec_note_free(c);
}

/* The slot lock is held. One of its own that retires here is taken back. */
static int take_locked(struct umsi_vec_cpu *c, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi_group g = umsi_group_of(&r);

	umsi_vec_reap_locked(c->v, c);
	spot->cpu = c->cpu;
	spot->revived = umsi_vec_may_retire(r) && umsi_vec_revive(c, &g, &spot->slot);
	if (spot->revived)
		return UMSI_OK;
	spot->slot = umsi_ids_take(&c->ids);
	if (spot->slot == UMSI_IDS_NONE)
		return umsi_load32(&c->retiring) ? UMSI_EAGAIN : UMSI_ENOSLOT;
	umsi_vec_own_slots(c, &g, spot->slot);
	return UMSI_OK;
}

int umsi_vec_take(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, struct umsi_spot *spot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	int status = UMSI_ENOCPU;
	uintptr_t state;

	if (!c)
		return UMSI_ENOCPU;
	state = umsi_lock(v->domain.m, &c->lock);
	if (c->filed != UMSI_VEC_NOT_FILED)
		status = take_locked(c, r, spot);
	umsi_unlock(v->domain.m, &c->lock, state);
	return status;
}

int umsi_vec_take_any(struct umsi_vec *v, struct umsi_record *r, struct umsi_spot *spot)
{
	if (spot->where.cpu == UMSI_CPU_NONE)
		return umsi_vec_take_by_search(v, r, spot);
	return umsi_vec_take(v, spot->where.cpu, r, spot);
}

void umsi_vec_give(struct umsi_vec *v, umsi_cpu cpu, struct umsi_record *r, uint32_t slot)
{
	struct umsi_vec_cpu *c = v->cpu[cpu];
	uintptr_t state = umsi_lock(v->domain.m, &c->lock);

	umsi_store_ptr(&c->table[slot], NULL);
	umsi_ids_give(&c->ids, slot);
	umsi_vec_note_free(c);
	umsi_unlock(v->domain.m, &c->lock, state);
	umsi_trace_irq(r, UMSI_TRACE_SLOT_GIVE, cpu, slot);
	umsi_record_put(r);
}
