/* SPDX-License-Identifier: MIT */
#include "core/domain.h"

#include "core/trace.h"

void umsi_domain_put_under(struct umsi_domain *d, struct umsi_domain *parent)
{
	d->parent = parent;
	d->root = parent ? parent->root : d;
	d->changes = parent && parent->changes ? parent->changes : d->ops->move_update ? d : NULL;
}

void umsi_domain_add(struct umsi *m, struct umsi_domain *d, struct umsi_domain *parent,
		     const struct umsi_domain_ops *ops)
{
	d->ops = ops;
	d->m = m;
	umsi_domain_put_under(d, parent);
	if (parent)
		umsi_fetch_add32(&parent->users, 1);

	umsi_host_mutex_lock(m->host, &m->mutex);
	d->next = m->domains;
	m->domains = d;
	umsi_host_mutex_unlock(m->host, &m->mutex);
}

int umsi_domain_remove(struct umsi_domain *d)
{
	struct umsi *m = d->m;
	struct umsi_domain **at;
	int status = UMSI_EBUSY;

	umsi_host_mutex_lock(m->host, &m->mutex);
	if (!umsi_load32_acquire(&d->users)) {
		for (at = &m->domains; *at != d; at = &(*at)->next)
			;
		*at = d->next;
		status = UMSI_OK;
	}
	umsi_host_mutex_unlock(m->host, &m->mutex);
	if (!status && d->parent)
		umsi_fetch_add32(&d->parent->users, UINT32_MAX);
	return status;
}

static void detach_until(struct umsi_domain *d, const struct umsi_domain *end, struct umsi_device *dev, uint32_t size)
{
	for (; d != end; d = d->parent)
		if (d->ops->controller->table_detach)
			d->ops->controller->table_detach(d, dev, size);
}

int umsi_path_attach(struct umsi_domain *first, struct umsi_device *dev, uint32_t size)
{
	int status;

	for (struct umsi_domain *d = first; d; d = d->parent) {
		status = d->ops->controller->table_attach ? d->ops->controller->table_attach(d, dev, size) : UMSI_OK;
		if (status) {
			detach_until(first, d, dev, size);
			return status;
		}
	}
	return UMSI_OK;
}

void umsi_path_detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	detach_until(d, NULL, dev, size);
}

void umsi_path_undo(struct umsi_record *r, const struct umsi_domain *end)
{
	for (struct umsi_domain *d = r->leaf; d != end; d = d->parent)
		if (d->ops->unreserve)
			d->ops->unreserve(d, r, UMSI_OK);
}

static void unreserve_from(struct umsi_domain *d, struct umsi_record *r, int settled)
{
	/* At most UMSI_LEVELS_MAX deep: root first. */
	if (d->parent)
		unreserve_from(d->parent, r, settled);
	if (d->ops->unreserve)
		d->ops->unreserve(d, r, settled);
}

void umsi_path_unreserve(struct umsi_record *r, int settled)
{
	umsi_trace_irq(r, UMSI_TRACE_UNRESERVE, r->entry, r->slot);
	unreserve_from(r->leaf, r, settled);
}

void umsi_path_grant(struct umsi_record *r)
{
	struct umsi_domain *root = umsi_domain_root(r->leaf);

	if (umsi_record_wish(r) && root->ops->controller->grant)
		root->ops->controller->grant(root, r, r->unsettled ? UMSI_EGONE : UMSI_OK);
}

int umsi_path_back_out(struct umsi_domain *d, struct umsi_record *r, int status)
{
	for (; d; d = d->parent)
		if (d->ops->deactivate)
			d->ops->deactivate(d, r);
	return status;
}

/* Levels know who is nearer to the CPU, not who is nearer to the device: at most UMSI_LEVELS_MAX deep. */
int umsi_path_activate_up_to(struct umsi_domain *d, struct umsi_record *r)
{
	int status = d->parent ? umsi_path_activate_up_to(d->parent, r) : UMSI_OK;

	return status ? status : umsi_path_activate_one(d, r);
}

void umsi_path_start(struct umsi_record *r)
{
	if (r->phase != UMSI_PHASE_SHUT || umsi_path_activate(r))
		return;
	r->phase = UMSI_PHASE_ACTIVE;
	if (r->masked)
		r->leaf->ops->source->quieten(r->leaf, r);
}

int umsi_path_deactivate(struct umsi_record *r)
{
	int settled = UMSI_OK;

	for (struct umsi_domain *d = r->leaf; d; d = d->parent)
		if (d->ops->deactivate && d->ops->deactivate(d, r))
			settled = UMSI_EGONE;
	return settled;
}
