/* SPDX-License-Identifier: MIT */
/* The leaf level: opening and closing an index of a message store. Called under the record's lock. */
#include "msi/leaf.h"

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

void umsi_leaf_keep_message(struct umsi_record *r, const struct umsi_msg *msg)
{
	struct umsi_group g = umsi_group_of_in_line(&r);

	for (uint32_t i = 0; i < g.count; i++) {
		g.member[i]->message = *msg;
		g.member[i]->message.data += i;
	}
}

static UMSI_LEAF_RARE void trace_lost(const struct umsi_table *t, const struct umsi_record *r)
{
	umsi_trace_rare(r, UMSI_TRACE_DEVICE_LOST, t->dev->requester_id, 0);
}

static inline int settle(struct umsi_table *t, struct umsi_record *r)
{
	int status = t->ops->settle(t->store, umsi_leaf_index(t, r), r->cookie);

	umsi_barrier_flush_to_stamp();
	if (__builtin_expect(status, 0))
		trace_lost(t, r);
	return status;
}

static __attribute__((noinline)) int settle_asleep(struct umsi_table *t, struct umsi_record *r)
{
	int status;

	umsi_record_unlock(r, *t->turn_state);
	/* What was gathered goes out now, also for others: the slots it names are visible before (R1). */
	umsi_barrier_publish_to_message();
	status = settle(t, r);
	*t->turn_state = umsi_record_enter(r);
	return status;
}

int umsi_leaf_settle(struct umsi_table *t, struct umsi_record *r)
{
	if (!t->ops->settle)
		return UMSI_OK;
	return UMSI_HAS_FLOW && __builtin_expect(t->ops->settle_sleeps, 0) ? settle_asleep(t, r) : settle(t, r);
}

/* The store masks, writes record.message, unmasks and flushes at one go (R2). Answers the device writes. */
static inline int rewrite(struct umsi_table *t, struct umsi_record *r, int *settled)
{
	int writes = t->ops->rewrite(t->store, r->index, r->cookie, &r->message, settled);

	umsi_barrier_flush_to_stamp();
	if (__builtin_expect(*settled, 0))
		trace_lost(t, r);
	return writes;
}

static bool reachable(struct umsi_table *t)
{
	return !t->ops->reachable || t->ops->reachable(t->store);
}

/* Is another index of the same message open? */
static bool others_open(const struct umsi_record *r)
{
	const struct umsi_block *block = umsi_record_block(r);

	if (!block)
		return false;
	for (uint32_t i = 0; i < block->count; i++)
		if (block->member[i] != r && block->member[i]->phase == UMSI_PHASE_ACTIVE)
			return true;
	return false;
}

/* Writes the message and lets the store send, unless an index of the same message did both. */
static int start(struct umsi_table *t, struct umsi_record *r)
{
	struct umsi_msg msg;
	int status;

	if (others_open(r))
		return UMSI_OK;
	compose(t, r, &msg);
	status = t->ops->write(t->store, umsi_leaf_index(t, r), r->cookie, &msg);
	if (status < 0)
		return status;
	umsi_leaf_keep_message(r, &msg);
	if (!t->ops->start)
		return UMSI_OK;
	status = t->ops->start(t->store);
	return status < 0 ? status : UMSI_OK;
}

/* A mask is enough where there is one: it keeps what comes for the next owner, stopping would not. */
static void close_index(struct umsi_table *t, struct umsi_record *r)
{
	umsi_leaf_mask(t, r);
	if (!t->ops->mask && t->ops->stop && !others_open(r))
		t->ops->stop(t->store);
}

/*
 * A store with a mask is masked until here: from its creation, or since the
 * last release. The read-back is not for the device's sake alone: releasing
 * the record's lock orders no device write, so without it the next holder's
 * mask could reach the device before this unmask does.
 */
static UMSI_LEAF_RARE int open_by_steps(struct umsi_table *t, struct umsi_record *r)
{
	int status;

	umsi_leaf_mask(t, r);	/* a reset behind our back may have opened it */
	if (t->ops->set_trigger) {
		status = t->ops->set_trigger(t->store, r->index, r->cookie, r->trigger);
		if (status)
			return status;
	}
	status = start(t, r);
	if (status)
		return status;
	umsi_leaf_unmask(t, r);
	status = umsi_leaf_settle(t, r);
	if (status)
		close_index(t, r);
	return status;
}

/* The same of a store that does it at one go: such a one has a message for each index. */
static int leaf_activate(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);
	int settled;

	/* What starts again without its driver's asking waits for nothing but its own turn to come back. */
	if (r->phase == UMSI_PHASE_SHUT ? umsi_record_away(r) : umsi_table_away(t))
		return UMSI_EGONE;
	if (!reachable(t))
		return UMSI_EGONE;
	if (!UMSI_HAS_SHORTCUTS || !t->ops->rewrite)
		return open_by_steps(t, r);
	compose(t, r, &r->message);
	rewrite(t, r, &settled);
	if (__builtin_expect(settled, 0))
		close_index(t, r);
	return settled;
}

/* Nothing composed before is under way afterwards, if the answer is UMSI_OK. */
static int close_and_flush(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (UMSI_HAS_SLEEP && r->away)
		return r->away == UMSI_AWAY_QUIET ? UMSI_OK : UMSI_EGONE;
	if (!reachable(t))
		return UMSI_EGONE;
	close_index(t, r);
	return umsi_leaf_settle(t, r);
}

/* Of a store whose flush leaves an age to wait the slot waits for it. */
static int leaf_deactivate(struct umsi_domain *d, struct umsi_record *r)
{
	int settled = close_and_flush(d, r);

	return umsi_leaf_ages(umsi_table_of(d)) ? UMSI_EGONE : settled;
}

static int leaf_rewrite(struct umsi_domain *d, struct umsi_record *r)
{
	int settled, writes = rewrite(umsi_table_of(d), r, &settled);

	umsi_fetch_add64(&d->m->count.device_writes_for_moves, (uint32_t)writes);
	umsi_trace_irq(r, UMSI_TRACE_MOVE_UPDATE, settled != UMSI_OK, (uint32_t)writes);
	return settled;
}

static void leaf_turn_begin(struct umsi_domain *d, uintptr_t *state)
{
	struct umsi_table *t = umsi_table_of(d);

	umsi_host_mutex_lock(d->m->host, &t->turn);
	t->turn_state = state;
}

static void leaf_turn_end(struct umsi_domain *d)
{
	umsi_host_mutex_unlock(d->m->host, &umsi_table_of(d)->turn);
}

static void leaf_quieten(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (umsi_record_away(r))
		return;
	umsi_leaf_mask(t, r);
	umsi_leaf_settle(t, r);
}

/* Read back for the same reason as in leaf_activate(). */
static void leaf_unquieten(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (umsi_record_away(r))
		return;
	umsi_leaf_unmask(t, r);
	umsi_leaf_settle(t, r);
}

/*
 * While the device is away, or just coming back, the lock tells which: a source
 * that speaks again already must be told that it was served.
 */
static void leaf_rearm(struct umsi_domain *d, struct umsi_record *r, bool locked)
{
	struct umsi_table *t = umsi_table_of(d);
	bool away = umsi_table_away(t);
	uintptr_t state = 0;

	if (!t->ops->rearm)
		return;
	if (away && !locked)
		state = umsi_record_enter(r);
	if (!away || !umsi_record_away(r))
		t->ops->rearm(t->store, r->index, r->cookie);
	if (away && !locked)
		umsi_record_unlock(r, state);
}

static void leaf_lost(struct umsi_domain *d, struct umsi_record *r)
{
	struct umsi_table *t = umsi_table_of(d);

	if (t->ops->lost && !umsi_record_away(r))
		t->ops->lost(t->store, r->index, r->cookie);
}

static void leaf_dump_path(struct umsi_domain *d, const struct umsi_record *r, struct umsi_text *t)
{
	struct umsi_table *table = umsi_table_of(d);

	umsi_text_add(t, " ");
	umsi_text_add(t, table->dev->name);
	umsi_text_add(t, " ");
	umsi_text_add(t, table->name);
	umsi_text_field(t, table->ops->number_name, r->index);
	if (r->cookie)
		umsi_text_field(t, "cookie", r->cookie);
}

static const struct umsi_source_ops source_ops = {
	.quieten = leaf_quieten,
	.unquieten = leaf_unquieten,
	.rearm = leaf_rearm,
	.lost = leaf_lost,
	.turn_begin = leaf_turn_begin,
	.turn_end = leaf_turn_end,
};

const struct umsi_domain_ops umsi_leaf_ops = {
	.name = "table",
	.number_name = "index",
	.source = UMSI_FOR_FLOW(&source_ops),
	.activate = leaf_activate,
	.deactivate = leaf_deactivate,
	.move_update = UMSI_FOR_MOVES(umsi_leaf_move_update),
	.rewrite = UMSI_FOR_DIRECT(leaf_rewrite),
	.dump_path = UMSI_FOR_DUMPS(leaf_dump_path),
};
