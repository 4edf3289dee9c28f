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

/* What is not the usual way stays out of line. */
#define UMSI_MOVE_RARE	__attribute__((noinline, cold))

static bool permits(const struct umsi_where *where, umsi_cpu cpu)
{
	if (where->mask)
		return umsi_mask_has(where->mask, cpu);
	return where->cpu == UMSI_CPU_NONE || where->cpu == cpu;
}

/* Does any store of the group send? */
static inline bool any_active(const struct umsi_record *r)
{
	const struct umsi_block *block = umsi_record_block(r);

	for (uint32_t i = 0; block && i < block->count; i++)
		if (block->member[i]->phase == UMSI_PHASE_ACTIVE)
			return true;
	return r->phase == UMSI_PHASE_ACTIVE;
}

/* A translator's entry is never torn. */
bool umsi_move_would_tear(const struct umsi_record *r)
{
	return r->leaf->changes == r->leaf && !umsi_record_away(r) && any_active(r);
}

/* R3 (iv): what was sent meanwhile may have gone to a mixture of both messages. */
static UMSI_MOVE_RARE void replay(struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);

	for (uint32_t i = 0; i < g.count; i++)
		umsi_inbox_trigger(g.member[i]);
}

static UMSI_MOVE_RARE int abort_move(struct umsi_record *r, struct umsi_move *mv, int status)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);

	umsi_trace_rare(r, UMSI_TRACE_MOVE_ABORT, mv->cpu, mv->slot);
	root->ops->move_abort(root, r, mv);
	mv->refused = true;
	return status;
}

static inline void count_move(struct umsi *m, struct umsi_record *r, const struct umsi_move *mv)
{
	r->moves++;
	umsi_fetch_add64(&m->count.moves, 1);
	if (mv->device_writes)
		umsi_fetch_add64(&m->count.device_writes_for_moves, mv->device_writes);
}

int umsi_move_finish(struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_domain *leaf = r->leaf, *root = umsi_domain_root(leaf);
	bool active = any_active(r);
	struct umsi *m = r->m;
	int status;

	if (!active) {
		mv->settled = r->unsettled ? UMSI_EGONE : UMSI_OK;
	} else {
		/* The new table entry is visible before the device learns where to write. */
		umsi_barrier_publish_to_message();
		status = mv->absorbed ? UMSI_OK : leaf->changes->ops->move_update(leaf->changes, r, mv);
		if (status)
			return abort_move(r, mv, status);
		mv->told = !mv->cached;
	}
	umsi_trace_irq(r, UMSI_TRACE_MOVE_UPDATE, mv->settled != UMSI_OK, mv->device_writes);
	root->ops->move_commit(root, r, mv);
	umsi_trace_irq(r, UMSI_TRACE_MOVE_COMMIT, mv->cpu, mv->slot);
	if (mv->replay)
		replay(r);
	count_move(m, r, mv);
	return active && !mv->ages ? mv->settled : UMSI_OK;
}

static int move(struct umsi_record *r, struct umsi_move *mv)
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

	return move(r, &mv);
}

static void keep_affinity(struct umsi_record *r, const struct umsi_where *where)
{
	if (r->mask)
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
static UMSI_MOVE_RARE int move_in_two(struct umsi_record *r, struct umsi_move *refused)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);
	umsi_cpu from = umsi_load32(&umsi_record_leader(r)->target);
	struct umsi_move mv = { .where = { .cpu = UMSI_CPU_NONE } };
	int status, second;

	refused->refused = false;
	if (!root->ops->controller->move_via)
		return UMSI_ENOTSUP;
	mv.where.cpu = root->ops->controller->move_via(root, from, refused->cpu);
	if (mv.where.cpu == UMSI_CPU_NONE)
		return UMSI_ENOTSUP;
	status = move(r, &mv);
	if (status != UMSI_OK && status != UMSI_EGONE)
		return status;
	mv = (struct umsi_move){ .where = { .cpu = refused->cpu } };
	second = move(r, &mv);
	if (second == UMSI_OK || second == UMSI_EGONE)
		return second ? second : status;
	mv = (struct umsi_move){ .where = { .cpu = from } };
	move(r, &mv);
	return second;
}

/* Under the record's lock. Where it went already is no move. */
static inline int move_within(struct umsi_record *r, struct umsi_move *mv)
{
	int status;

	if (permits(&mv->where, umsi_load32(&r->target)))
		return UMSI_OK;
	status = move(r, mv);
	return status == UMSI_ENOTSUP ? move_in_two(r, mv) : status;
}

/* @again: whoever waits does not take UMSI_EAGAIN for a refusal. */
static UMSI_MOVE_RARE int refused(struct umsi *m, const struct umsi_where *where, int status, bool again)
{
	umsi_mask_put(m, where->mask);
	if (!again || status != UMSI_EAGAIN)
		umsi_fetch_add64(&m->count.moves_refused, 1);
	return status;
}

/*
 * One try, and the end of the hold; to be followed by another try if @root is wanted. UMSI_EAGAIN: slots are
 * retiring where there is none free, or *@root is NULL and the store says not now.
 */
static int move_held(struct umsi_record *r, struct umsi_hold *hold, const struct umsi_where *where,
		     struct umsi_domain **root)
{
	struct umsi_move mv = { .where = *where };
	int status = move_within(r, &mv);

	/* UMSI_EGONE: the target has changed all the same. */
	if (status == UMSI_OK || status == UMSI_EGONE) {
		keep_affinity(umsi_record_leader(r), where);
		umsi_hold_unlock(r, hold);
		return status;
	}
	if (root)
		*root = mv.refused ? NULL : umsi_domain_root(r->leaf);
	umsi_hold_unlock(r, hold);
	return refused(r->m, where, status, root != NULL);
}

static int set_affinity(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity,
			struct umsi_domain **root)
{
	struct umsi_where where;
	struct umsi_record *r;
	struct umsi_hold hold;
	int status;

	if (!m || !affinity)
		return UMSI_EINVAL;
	status = umsi_where_get(m, affinity, &where);
	if (status)
		return status;
	status = umsi_hold_lock(m, irq, &hold, &r);
	return status ? refused(m, &where, status, false) : move_held(r, &hold, &where, root);
}

int umsi_move_generally(struct umsi *m, umsi_irq irq, umsi_cpu cpu, struct umsi_record *r, uintptr_t state)
{
	struct umsi_affinity affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu };
	struct umsi_where where = { .cpu = cpu };
	struct umsi_hold hold = { .state = state };

	if (r && !umsi_record_block(r) && umsi_record_is_live(r, irq) && !umsi_domain_sleeps(r->leaf))
		return move_held(r, &hold, &where, NULL);
	if (r)
		umsi_unlock(m, &r->lock, state);
	return set_affinity(m, irq, &affinity, NULL);
}

int umsi_irq_set_affinity(struct umsi *m, umsi_irq irq, const struct umsi_affinity *affinity)
{
	if (UMSI_HAS_DIRECT && m && m->move_directly && affinity && affinity->kind == UMSI_AFFINITY_CPU)
		return m->move_directly(m, irq, affinity->cpu);
	return set_affinity(m, irq, affinity, NULL);
}

static bool make_room(struct umsi *m, struct umsi_domain *root, const struct umsi_affinity *affinity)
{
	struct umsi_where where;
	int status = umsi_where_get(m, affinity, &where);

	if (status)
		return false;
	status = root->ops->controller->make_room(root, &where, true);
	umsi_mask_put(m, where.mask);
	return status == UMSI_OK;
}

int umsi_irq_set_affinity_wait(struct umsi *m, umsi_irq irq,
			       const struct umsi_affinity *affinity)
{
	struct umsi_domain *root = NULL;
	struct umsi_deadline wait;
	int status;

	if (m && umsi_in_trap(m))
		return UMSI_ECONTEXT;
	status = set_affinity(m, irq, affinity, &root);
	if (status != UMSI_EAGAIN)
		return status;
	wait = umsi_deadline_in(m->host, MOVE_WAIT_NS);
	do {
		umsi_host_relax(m->host);
		if (!umsi_deadline_left(&wait) || (root && !make_room(m, root, affinity))) {
			umsi_fetch_add64(&m->count.moves_refused, 1);
			return root ? UMSI_ENOSLOT : UMSI_ETIMEOUT;
		}
		status = set_affinity(m, irq, affinity, &root);
	} while (status == UMSI_EAGAIN);
	return status;
}

static int is_atomic(struct umsi_record *r, void *arg)
{
	(void)arg;
	return !r->leaf->sleeps;
}

bool umsi_irq_moves_atomically(struct umsi *m, umsi_irq irq)
{
	return umsi_record_with(m, irq, is_atomic, NULL) > 0;
}
