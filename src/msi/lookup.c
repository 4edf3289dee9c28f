/* SPDX-License-Identifier: MIT */
/* From index to interrupt and back. */
#include "core/hold.h"
#include "msi/leaf.h"

umsi_irq umsi_irq_at(struct umsi_table *t, uint32_t index)
{
	umsi_irq irq = UMSI_IRQ_NONE;
	struct umsi_record *r = NULL;
	uint32_t number;
	uintptr_t state;

	if (!t)
		return UMSI_IRQ_NONE;
	umsi_device_lock(t->dev);
	if (umsi_index_map_get(&t->map, index, &number))
		r = umsi_record_by_number(t->dev->m, number);
	if (r) {
		state = umsi_record_enter(r);
		if (r->phase != UMSI_PHASE_FREE)
			irq = umsi_record_handle(r, umsi_load32(&r->state));
		umsi_record_unlock(r, state);
	}
	umsi_device_unlock(t->dev);
	return irq;
}

int umsi_irq_band(struct umsi *m, umsi_irq irq)
{
	struct umsi_domain *root;
	struct umsi_record *r;
	uintptr_t state;
	int band = UMSI_BAND_ANY;

	if (!m)
		return UMSI_EINVAL;
	r = umsi_record_lock(m, irq, &state);
	if (!r)
		return UMSI_ENOENT;
	root = umsi_domain_root(r->leaf);
	if (root->ops->controller->band_of)
		band = (int)root->ops->controller->band_of(root, r);
	umsi_record_unlock(r, state);
	return band;
}

int umsi_irq_index(struct umsi *m, umsi_irq irq, uint32_t *out_index)
{
	struct umsi_record *r;
	uintptr_t state;

	if (!m || !out_index)
		return UMSI_EINVAL;
	r = umsi_record_lock(m, irq, &state);
	if (!r)
		return UMSI_ENOENT;
	*out_index = r->index;
	umsi_record_unlock(r, state);
	return UMSI_OK;
}

int umsi_irq_message(struct umsi *m, umsi_irq irq, struct umsi_msg *out)
{
	struct umsi_record *r;
	uintptr_t state;
	int status;

	if (!m || !out)
		return UMSI_EINVAL;
	r = umsi_record_lock(m, irq, &state);
	if (!r)
		return UMSI_ENOENT;
	status = umsi_record_is_requested(r) ? UMSI_OK : UMSI_ESTATE;
	if (status == UMSI_OK)
		*out = r->message;
	umsi_record_unlock(r, state);
	return status;
}

static bool waits(struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(r->leaf);
	bool pending;

	if (umsi_load32(&r->state) & UMSI_PEND)
		return true;
	if (!t->ops->pending || umsi_record_away(r))
		return false;
	pending = t->ops->pending(t->store, r->index, r->cookie);
	umsi_barrier_flush_to_stamp();	/* a device read under a lock */
	return pending;
}

int umsi_irq_pending(struct umsi *m, umsi_irq irq, bool *pending)
{
	struct umsi_record *r;
	struct umsi_hold hold;
	int status;

	if (!m || !pending)
		return UMSI_EINVAL;
	status = umsi_hold_lock(m, irq, &hold, &r);
	if (status)
		return status;
	*pending = waits(r);
	umsi_hold_unlock(r, &hold);
	return UMSI_OK;
}
