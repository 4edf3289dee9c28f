/* SPDX-License-Identifier: MIT */
/* From index to interrupt and back. */
#include "core/hold.h"
#include "msi/leaf.h"

struct umsi_record *umsi_table_next(struct umsi_table *t, uint32_t *at, uint32_t last)
{
	struct umsi_record *r = NULL;
	uint32_t number;

	while (!r && *at <= last) {
		*at = umsi_index_map_next(&t->map, *at, last);
		if (!umsi_index_map_get(&t->map, *at, &number))
			break;
		(*at)++;
		r = umsi_record_by_number(t->dev->m, number);	/* NULL: still being made */
	}
	return r;
}

umsi_irq umsi_irq_at(struct umsi_table *t, uint32_t index)
{
	umsi_irq irq = UMSI_IRQ_NONE;
	struct umsi_record *r;
	uintptr_t state;

	if (!t)
		return UMSI_IRQ_NONE;
	umsi_device_lock(t->dev);
	r = umsi_table_next(t, &index, index);
	if (r) {
		state = umsi_record_enter(r);
		if (r->phase != UMSI_PHASE_FREE)
			irq = umsi_record_handle(r, umsi_load32(&r->state));
		umsi_record_unlock(r, state);
	}
	umsi_device_unlock(t->dev);
	return irq;
}

static int band(struct umsi_record *r, void *arg)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);

	(void)arg;
	return root->ops->controller->band_of ? (int)root->ops->controller->band_of(root, r) : UMSI_BAND_ANY;
}

int umsi_irq_band(struct umsi *m, umsi_irq irq)
{
	return m ? umsi_record_with(m, irq, band, NULL) : UMSI_EINVAL;
}

static int index_of(struct umsi_record *r, void *out_index)
{
	*(uint32_t *)out_index = r->index;
	return UMSI_OK;
}

int umsi_irq_index(struct umsi *m, umsi_irq irq, uint32_t *out_index)
{
	return m && out_index ? umsi_record_with(m, irq, index_of, out_index) : UMSI_EINVAL;
}

static int message(struct umsi_record *r, void *out)
{
	if (!umsi_record_is_requested(r))
		return UMSI_ESTATE;
	*(struct umsi_msg *)out = r->message;
	return UMSI_OK;
}

int umsi_irq_message(struct umsi *m, umsi_irq irq, struct umsi_msg *out)
{
	return m && out ? umsi_record_with(m, irq, message, out) : UMSI_EINVAL;
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
