/* SPDX-License-Identifier: MIT */
/*
 * The leaf level: an index of a message store. Called under the record's
 * lock. What is in flight when a store changes is the root's to own (see
 * core/affinity.c); here only the order of writes and the flush matter.
 */
#include "msi/device.h"

static int write_message(struct umsi_table *t, struct umsi_record *r, const struct umsi_msg *msg)
{
	return t->ops->write(t->store, r->index, r->cookie, msg);
}

static bool reachable(struct umsi_table *t)
{
	return !t->ops->reachable || t->ops->reachable(t->store);
}

static int mask(struct umsi_table *t, struct umsi_record *r)
{
	return t->ops->mask ? t->ops->mask(t->store, r->index, r->cookie) : 0;
}

static int unmask(struct umsi_table *t, struct umsi_record *r)
{
	return t->ops->unmask ? t->ops->unmask(t->store, r->index, r->cookie) : 0;
}

/*
 * The flush (S1). The read has returned before anything that follows from it
 * can be seen: a ticket, DEAD, the release of the record's lock.
 */
static int settle(struct umsi_table *t, struct umsi_record *r)
{
	int status = t->ops->settle(t->store, r->index, r->cookie);

	umsi_barrier_flush_to_stamp();
	return status;
}

/* The first level towards the CPU that composes answers. */
static void compose(struct umsi_table *t, struct umsi_record *r, struct umsi_msg *out)
{
	for (struct umsi_domain *d = t->domain.parent; d; d = d->parent) {
		if (!d->ops->compose)
			continue;
		d->ops->compose(d, r, out);
		return;
	}
}

/*
 * A store with a mask is masked until here: from its creation, or since the
 * last release. The read-back is not for the device's sake alone: releasing
 * the record's lock orders no device write, so without it the next holder's
 * mask could reach the device before this unmask does.
 */
static int leaf_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);
	struct umsi_msg msg;
	int status;

	if (!reachable(t))
		return UMSI_EGONE;
	mask(t, r);	/* a reset behind our back may have opened it */
	if (t->ops->set_trigger) {
		status = t->ops->set_trigger(t->store, r->index, r->cookie, r->trigger);
		if (status)
			return status;
	}
	compose(t, r, &msg);
	status = write_message(t, r, &msg);
	if (status < 0)
		return status;
	r->message = msg;
	unmask(t, r);
	status = settle(t, r);
	if (status)
		mask(t, r);
	return status;
}

/* Nothing composed before is under way afterwards, if the answer is UMSI_OK. */
static int leaf_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (!reachable(t))
		return UMSI_EGONE;
	mask(t, r);
	return settle(t, r);
}

/* R2: mask, words, unmask, one read-back. */
static int leaf_move_update(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	struct umsi_table *t = umsi_table_of(d);
	uint32_t writes;
	int status;

	writes = (uint32_t)mask(t, r);
	status = write_message(t, r, &mv->message);
	mv->told = status != UMSI_EAGAIN;
	if (status < 0) {
		if (!r->masked)
			unmask(t, r);
		settle(t, r);
		return status;
	}
	r->message = mv->message;
	writes += (uint32_t)status;
	if (!r->masked)
		writes += (uint32_t)unmask(t, r);
	mv->device_writes += writes;
	mv->settled = settle(t, r);
	mv->absorbed = true;
	return UMSI_OK;
}

static void leaf_quieten(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	mask(t, r);
	settle(t, r);
}

/* Read back for the same reason as in leaf_activate(). */
static void leaf_unquieten(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	unmask(t, r);
	settle(t, r);
}

static void leaf_rearm(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (t->ops->rearm)
		t->ops->rearm(t->store, r->index, r->cookie);
}

static void leaf_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	struct umsi_table *table = umsi_table_of(d);

	umsi_text_add(t, " ");
	umsi_text_add(t, table->dev->name);
	umsi_text_add(t, " ");
	umsi_text_add(t, table->name);
	umsi_text_field(t, table->ops->number_name, r->index);
}

const struct umsi_domain_ops umsi_leaf_ops = {
	.name = "table",
	.number_name = "index",
	.activate = leaf_activate,
	.deactivate = leaf_deactivate,
	.move_update = leaf_move_update,
	.quieten = leaf_quieten,
	.unquieten = leaf_unquieten,
	.rearm = leaf_rearm,
	.dump_path = leaf_dump_path,
};
