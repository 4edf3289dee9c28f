/* SPDX-License-Identifier: MIT */
/*
 * The usual move, R1 to R4 in one function. A move may be of a block, of an interrupt that has places or
 * wishes, of a store that is away, masked, asleep or read word by word, by way of a translator,
 * to any CPU of a set. core/affinity.c asks about each of these, vec_domain.c and msi/leaf_move.c again.
 * Here is_usual() asks once, under the record's lock, and what is left is known:
 *
 *   one slot is taken and one retires; it retires, as an open store was told it
 *   the message of the store is this root's, and all is well with a mask around its change:
 *   nothing is mixed or lost, so nothing is replayed; and it cannot refuse
 *
 * Who is in flight when is as in core/affinity.c. What is not usual goes the general way,
 * with the lock that is held; so does what take() does not find at hand: nothing has changed by then.
 */
#include "core/block.h"
#include "core/trace.h"
#include "vector/slots.h"

/* The lock that is held is its own, unless it has become one of a block; of what is asked behind that nothing changes without. */
static inline bool is_usual(const struct umsi_record *r, umsi_irq irq, umsi_cpu cpu)
{
	return !umsi_record_block(r) && umsi_record_is_live(r, irq) && r->phase == UMSI_PHASE_ACTIVE && r->leaf->direct &&
	       !r->away && !r->masked && !r->wish && !r->mask && umsi_load32(&r->target) != cpu;
}

/*
 * R1: what is proved quiet is free first; then a slot is taken, and published. False: the CPU is being
 * left, has none at hand, or one that retires there may be the interrupt's own.
 */
static inline bool take(struct umsi *m, struct umsi_vec_cpu *c, struct umsi_record *r, uint32_t *slot)
{
	uintptr_t state = umsi_lock(m, &c->lock);
	bool taken;

	umsi_vec_reap_locked(c->v, c);
	taken = c->filed != UMSI_VEC_NOT_FILED && !(c->retires && umsi_vec_may_retire(r)) &&
		umsi_vec_take_at_hand(c, r, slot);
	umsi_unlock(m, &c->lock, state);
	return taken;
}

static inline bool move(struct umsi *m, struct umsi_record *r, umsi_cpu cpu, int *settled)
{
	struct umsi_vec *v = m->kick_root;
	uint32_t slot, old_slot;
	umsi_cpu old_cpu;

	if (!v->cpu[cpu] || !take(m, v->cpu[cpu], r, &slot))
		return false;
	if (umsi_trace_is_on(m)) {
		umsi_trace_irq(r, UMSI_TRACE_SLOT_TAKE, cpu, slot);
		umsi_trace_irq(r, UMSI_TRACE_MOVE_PREPARE, cpu, slot);
	}
	v->ops->compose(v, cpu, slot, &r->message);
	/* The new table entry is visible before the device learns where to write. */
	umsi_barrier_publish_to_message();
	*settled = r->leaf->ops->rewrite(r->leaf, r);
	old_slot = r->slot;
	old_cpu = umsi_load32(&r->target);
	r->slot = slot;
	umsi_store32(&r->target, cpu);
	umsi_vec_retire_in_line(v, old_cpu, old_slot, 1, *settled);
	if (umsi_trace_is_on(m))
		umsi_trace_irq(r, UMSI_TRACE_MOVE_COMMIT, cpu, slot);
	return true;
}

int umsi_vec_move_directly(struct umsi *m, umsi_irq irq, umsi_cpu cpu)
{
	struct umsi_record *r = umsi_record_at(m, (uint32_t)irq - 1);
	uintptr_t state;
	int settled;

	if (!r || cpu >= m->ncpus)
		return umsi_move_generally(m, irq, cpu, NULL, 0);
	state = umsi_lock(m, &r->lock);
	if (!is_usual(r, irq, cpu) || !move(m, r, cpu, &settled))
		return umsi_move_generally(m, irq, cpu, r, state);
	r->affinity_cpu = cpu;
	r->broken = false;
	r->moves++;
	umsi_fetch_add64(&m->count.moves, 1);
	umsi_unlock(m, &r->lock, state);
	return settled;
}
