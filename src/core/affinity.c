/* SPDX-License-Identifier: MIT */
/*
 * Moving an interrupt (R1 to R4). Which messages may be in flight, and who
 * handles them:
 *
 *   after prepare    none to the new slot; it is published, so the first will
 *                    find the record (R1)
 *   during update    to either slot; both tables lead to this record
 *   after the flush  composed from the old contents: already performed at the
 *                    old CPU, where the slot is still owned and enabled
 *   between the words of a store that cannot mask: R3, see msi/leaf.c
 *   after commit     the same; the old slot is retiring and serves nobody
 *                    else until its CPU has proved it quiet (R6 to R8)
 */
#include "core/block.h"
#include "core/deadline.h"
#include "core/domain.h"
#include "core/hold.h"
#include "core/mask.h"
#include "core/run.h"
#include "core/trace.h"

/* How long a move may wait for slots to drain, or for a level source to come to rest. */
#define MOVE_WAIT_NS	200000000u

static bool permits(const struct umsi_where *where, umsi_cpu cpu)
{
	if (where->mask)
		return umsi_mask_has(where->mask, cpu);
	return where->cpu == UMSI_CPU_NONE || where->cpu == cpu;
}

/* Every level between root and store, until one has absorbed the change. */
static int update_levels(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	int status;

	if (!d->parent)
		return UMSI_OK;
	status = update_levels(d->parent, r, mv);
	if (status || mv->absorbed || !d->ops->move_update)
		return status;
	return d->ops->move_update(d, r, mv);
}

/* Does any store of the group send? */
static inline bool any_active(const struct umsi_group *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		if (g->member[i]->phase == UMSI_PHASE_ACTIVE)
			return true;
	return false;
}

/* Does a move end before it reaches the store? */
static bool is_absorbed(const struct umsi_record *r)
{
	for (struct umsi_domain *d = r->leaf->parent; d; d = d->parent)
		if (d->ops->absorbs_moves)
			return true;
	return false;
}

bool umsi_move_is_torn(struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);

	if (r->away || is_absorbed(r))
		return false;
	return any_active(&g) && r->leaf->ops->torn && r->leaf->ops->torn(r->leaf);
}

int umsi_move_finish(struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);
	struct umsi_group g = umsi_group_of(&r);
	bool active = any_active(&g);
	struct umsi *m = r->m;
	int status;

	if (!active) {
		mv->settled = r->unsettled ? UMSI_EGONE : UMSI_OK;
	} else {
		/* The new table entry is visible before the device learns where to write. */
		umsi_barrier_publish_to_message();
		status = mv->absorbed ? UMSI_OK : update_levels(r->leaf, r, mv);
		if (status) {
			umsi_trace_irq(r, UMSI_TRACE_MOVE_ABORT, mv->cpu, mv->slot);
			root->ops->move_abort(root, r, mv);
			mv->refused = true;
			return status;
		}
		mv->told = !mv->cached;
	}
	umsi_trace_irq(r, UMSI_TRACE_MOVE_UPDATE, mv->settled != UMSI_OK, mv->device_writes);
	root->ops->move_commit(root, r, mv);
	umsi_trace_irq(r, UMSI_TRACE_MOVE_COMMIT, mv->cpu, mv->slot);
	/* R3 (iv): what was sent meanwhile may have gone to a mixture of both messages. */
	for (uint32_t i = 0; mv->replay && i < g.count; i++)
		umsi_inbox_trigger(g.member[i]);
	r->moves++;
	umsi_fetch_add64(&m->count.moves, 1);
	if (mv->device_writes)
		umsi_fetch_add64(&m->count.device_writes_for_moves, mv->device_writes);
	return active && !mv->ages ? mv->settled : UMSI_OK;
}

static int move_locked(struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);
	int status;

	mv->torn = umsi_move_is_torn(r);
	status = root->ops->move_prepare(root, r, mv);
	if (status)
		return status;
	umsi_trace_irq(r, UMSI_TRACE_MOVE_PREPARE, mv->cpu, mv->slot);
	return umsi_move_finish(r, mv);
}

int umsi_move_to(struct umsi_record *r, umsi_cpu cpu)
{
	struct umsi_move mv = { .where = { .cpu = cpu } };

	return move_locked(r, &mv);
}

static void keep_affinity(struct umsi_record *r, const struct umsi_where *where)
{
	umsi_mask_put(r->m, r->mask);
	r->mask = where->mask;
	r->affinity_cpu = where->cpu;
	r->broken = false;
}

int umsi_where_named(struct umsi *m, const struct umsi_affinity *affinity, struct umsi_where *where)
{
	if (affinity->kind == UMSI_AFFINITY_SET)
		return umsi_mask_get(m, &affinity->set, &where->mask);
	if (affinity->kind != UMSI_AFFINITY_CPU)
		return UMSI_EINVAL;
	where->cpu = affinity->cpu;
	return affinity->cpu < m->ncpus ? UMSI_OK : UMSI_ERANGE;
}

/*
 * R3 (v): both halves of the address change, the store cannot mask, and their
 * mixture is somebody's file. It is made ours: two moves, each of one half.
 * If the second fails the first is undone, which changes one half again.
 */
static int move_in_two(struct umsi_record *r, const struct umsi_move *refused)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);
	umsi_cpu from = umsi_load32(&umsi_record_leader(r)->target);
	struct umsi_move mv = { .where = { .cpu = UMSI_CPU_NONE } };
	int status, second;

	if (!root->ops->move_via)
		return UMSI_ENOTSUP;
	mv.where.cpu = root->ops->move_via(root, from, refused->cpu);
	if (mv.where.cpu == UMSI_CPU_NONE)
		return UMSI_ENOTSUP;
	status = move_locked(r, &mv);
	if (status != UMSI_OK && status != UMSI_EGONE)
		return status;
	mv = (struct umsi_move){ .where = { .cpu = refused->cpu } };
	second = move_locked(r, &mv);
	if (second == UMSI_OK || second == UMSI_EGONE)
		return second ? second : status;
	mv = (struct umsi_move){ .where = { .cpu = from } };
	move_locked(r, &mv);
	return second;
}

/* One try. UMSI_EAGAIN: slots are retiring where there is none free, or @out_root is NULL and the store says not now. */
static int set_affinity_once(struct umsi *m, umsi_irq irq, const struct umsi_where *where,
			     struct umsi_domain **out_root)
{
	struct umsi_move mv = { .where = *where };
	struct umsi_record *r;
	struct umsi_hold hold;
	umsi_cpu now;
	int status = UMSI_OK;

	status = umsi_hold_lock(m, irq, &hold, &r);
	if (status)
		return status;
	now = umsi_load32(&r->target);
	if (!permits(where, now))
		status = move_locked(r, &mv);
	if (status == UMSI_ENOTSUP) {
		mv.refused = false;
		status = move_in_two(r, &mv);
	}
	/* UMSI_EGONE: the target has changed all the same. */
	if (status == UMSI_OK || status == UMSI_EGONE)
		keep_affinity(umsi_record_leader(r), where);
	else
		*out_root = mv.refused ? NULL : umsi_domain_root(r->leaf);
	umsi_hold_unlock(r, &hold);
	return status;
}

static int set_affinity(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity,
			bool may_wait)
{
	struct umsi_where where;
	struct umsi_domain *root = NULL;
	struct umsi_deadline wait = { .over = !may_wait };
	int status;

	if (!m || !affinity)
		return UMSI_EINVAL;
	status = umsi_where_get(m, affinity, &where);
	if (status)
		return status;
	if (may_wait)
		wait = umsi_deadline_in(m->host, MOVE_WAIT_NS);
	do {
		status = set_affinity_once(m, irq, &where, &root);
		if (status != UMSI_EAGAIN || !may_wait)
			break;
		umsi_host_relax(m->host);
	} while (umsi_deadline_left(&wait) && (!root || root->ops->make_room(root, &where, true) == UMSI_OK));

	if (status == UMSI_EAGAIN && may_wait)
		status = root ? UMSI_ENOSLOT : UMSI_ETIMEOUT;
	if (status != UMSI_OK && status != UMSI_EGONE) {
		umsi_mask_put(m, where.mask);
		umsi_fetch_add64(&m->count.moves_refused, 1);
	}
	return status;
}

int umsi_irq_set_affinity(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity)
{
	return set_affinity(m, irq, affinity, false);
}

int umsi_irq_set_affinity_wait(struct umsi *m, umsi_irq irq,
			       const struct umsi_affinity *affinity)
{
	if (m && umsi_in_trap(m))
		return UMSI_ECONTEXT;
	return set_affinity(m, irq, affinity, true);
}

bool umsi_irq_moves_atomically(struct umsi *m, umsi_irq irq)
{
	struct umsi_record *r;
	uintptr_t state;
	bool atomic;

	r = m ? umsi_record_lock(m, irq, &state) : NULL;
	if (!r)
		return false;
	atomic = !r->leaf->ops->turn_begin;
	umsi_record_unlock(r, state);
	return atomic;
}
