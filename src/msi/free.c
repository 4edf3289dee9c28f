/* SPDX-License-Identifier: MIT */
/*
 * Ending an interrupt (R13). In flight at that moment:
 *
 *   before the flush   messages of the open store: handled, or dropped if the
 *                      claim comes after DEAD; its owner is going either way
 *   after the flush    only what was performed before: it finds the slot still
 *                      owned by this record and the record DEAD, and is dropped
 *   queue entries      find DEAD when they are taken
 *
 * The slots follow when their CPU has proved them quiet, the record when the
 * last slot and the last queue entry are gone.
 */
#include "core/block.h"
#include "core/flow.h"
#include "core/hold.h"
#include "core/mask.h"
#include "core/trace.h"
#include "core/wake.h"
#include "msi/alloc.h"
#include "msi/device.h"

/* Takes the record out of everybody's reach. False: somebody else was first. */
static bool kill(struct umsi_record *r, uint32_t generation)
{
	struct umsi_hold hold;
	struct umsi_block *block = umsi_record_block(r);
	int settled;

	umsi_hold_enter(r, &hold);
	if (r->phase == UMSI_PHASE_FREE ||
	    umsi_state_generation(umsi_load32(&r->state)) != generation) {
		umsi_hold_unlock(r, &hold);
		return false;
	}
	settled = r->unsettled ? UMSI_EGONE : UMSI_OK;
	if (r->phase == UMSI_PHASE_ACTIVE)
		settled = umsi_path_deactivate(r);
	r->phase = UMSI_PHASE_FREE;
	umsi_fetch_or32(&r->state, UMSI_DEAD);
	umsi_trace_irq(r, UMSI_TRACE_FREE, settled != UMSI_OK, generation);
	umsi_flow_end(r);
	umsi_wake_end(r);
	/* Of a block, only the last: the device may send any number of it till then. */
	if (!block || --block->live == 0) {
		struct umsi_record *first = umsi_record_leader(r);

		umsi_path_unreserve(first, settled);
		umsi_mask_put(r->m, first->mask);
		first->mask = NULL;
	}
	umsi_hold_unlock(r, &hold);
	umsi_fetch_add32(&r->m->records.live, UINT32_MAX);
	return true;
}

int umsi_end_one(struct umsi_table *t, struct umsi_record *r, uint32_t generation)
{
	if (!kill(r, generation))
		return UMSI_ENOENT;
	umsi_record_wait_idle(r, generation);

	/* The index is free before the table can be, the record after. */
	umsi_device_lock(t->dev);
	umsi_index_map_give(&t->map, r->index);
	t->fills = false;
	umsi_device_unlock(t->dev);
	umsi_alloc_end_places(r);
	umsi_record_put(r);
	return UMSI_OK;
}

int umsi_table_end_irq(struct umsi_table *t, struct umsi_record *r, uint32_t generation)
{
	struct umsi *m = r->m;
	const struct umsi_policy *policy = umsi_policy(m);

	return policy ? policy->end(m, t, r, generation) : umsi_end_one(t, r, generation);
}

int umsi_irq_free(struct umsi *m, umsi_irq irq)
{
	struct umsi_record *r;
	struct umsi_domain *leaf;
	uintptr_t state;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	r = umsi_record_lock(m, irq, &state);
	if (!r)
		return UMSI_ENOENT;
	leaf = r->leaf;
	umsi_record_unlock(r, state);
	/* If somebody frees it now, the generation says so before the table is touched. */
	return umsi_table_end_irq(umsi_table_of(leaf), r, (uint32_t)(irq >> 32));
}

static umsi_irq next_irq(struct umsi_table *t, uint32_t *at, uint32_t last)
{
	struct umsi_record *r;
	umsi_irq irq;

	umsi_device_lock(t->dev);
	r = umsi_table_next(t, at, last);
	irq = r ? umsi_record_handle(r, umsi_load32_acquire(&r->state)) : UMSI_IRQ_NONE;
	umsi_device_unlock(t->dev);
	return irq;
}

int umsi_irq_free_range(struct umsi_table *t, uint32_t first, uint32_t last)
{
	uint32_t at = first;
	int freed = 0;
	umsi_irq irq;

	if (!t || first > last)
		return UMSI_EINVAL;
	if (umsi_in_trap(t->dev->m))
		return UMSI_ECONTEXT;
	while ((irq = next_irq(t, &at, last)))
		if (umsi_irq_free(t->dev->m, irq) == UMSI_OK)
			freed++;
	return freed;
}
