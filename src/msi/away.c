/* SPDX-License-Identifier: MIT */
/*
 * Devices that cannot be reached for a while: asleep, in reset, pulled out.
 * Each interrupt is told under its own lock, so that nobody is in the middle
 * of a write to the device when its turn is over.
 *
 * Who handles what is in flight: a quiesced store is masked and flushed, so
 * what it sent is at its CPU, and a slot that a move leaves behind meanwhile
 * retires like any other. Of a lost one nothing is known: its slots wait for
 * M1 too. What happens while a store without a mask is off is made good by one
 * call of each handler at the end.
 */
#include "core/deadline.h"
#include "core/hold.h"
#include "core/run.h"
#include "msi/leaf.h"

/* How long a store may answer "not now". */
#define STORE_WAIT_NS	200000000u

static int visit_locked(struct umsi_table *t, struct umsi_record *r,
			int (*visit)(struct umsi_table *t, struct umsi_record *r))
{
	struct umsi_hold hold;
	int status;

	umsi_hold_enter(r, &hold);
	status = r->phase == UMSI_PHASE_FREE ? UMSI_OK : visit(t, r);
	umsi_hold_unlock(r, &hold);
	return status;
}

static int visit_patiently(struct umsi_table *t, struct umsi_record *r,
			   int (*visit)(struct umsi_table *t, struct umsi_record *r))
{
	struct umsi_deadline wait = umsi_deadline_in(t->dev->m->host, STORE_WAIT_NS);
	int status;

	while ((status = visit_locked(t, r, visit)) == UMSI_EAGAIN && umsi_deadline_left(&wait))
		umsi_host_relax(wait.host);
	return status == UMSI_EAGAIN ? UMSI_ETIMEOUT : status;
}

/* Every record of the table, under the device's mutex and then each record's lock. The first error. */
static int for_each(struct umsi_table *t, int (*visit)(struct umsi_table *t, struct umsi_record *r))
{
	struct umsi_record *r;
	int status = UMSI_OK;
	uint32_t at = 0;

	while ((r = umsi_table_next(t, &at, UMSI_INDEX_LAST))) {
		int one = visit_patiently(t, r, visit);

		status = status ? status : one;
	}
	return status;
}

static bool is_open(const struct umsi_record *r)
{
	return r->phase == UMSI_PHASE_ACTIVE;
}

static void set_away(const struct umsi_group *g, enum umsi_away away)
{
	for (uint32_t i = 0; i < g->count; i++)
		g->member[i]->away = away;
}

/* Indices that share a message go and come back together: a move asks one of them. */
static int quiesce(struct umsi_table *t, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);
	bool any = false;
	int status;

	if (r->away)
		return UMSI_OK;
	for (uint32_t i = 0; i < g.count; i++) {
		if (!is_open(g.member[i]))
			continue;
		umsi_leaf_mask(t, g.member[i]);
		any = true;
	}
	if (any && !t->ops->mask && t->ops->stop)
		t->ops->stop(t->store);
	status = any ? umsi_leaf_settle(t, g.member[0]) : UMSI_OK;
	set_away(&g, status ? UMSI_AWAY_LOST : UMSI_AWAY_QUIET);
	return status;
}

/* What shares its message with one that may wake the machine stays armed with it. */
static int quiesce_unless_wake(struct umsi_table *t, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);

	for (uint32_t i = 0; i < g.count; i++)
		if (g.member[i]->wake)
			return UMSI_OK;
	return quiesce(t, r);
}

static int lose(struct umsi_table *t, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);

	(void)t;
	if (!r->away)
		set_away(&g, UMSI_AWAY_LOST);
	return UMSI_OK;
}

static int write_again(struct umsi_table *t, const struct umsi_group *g)
{
	struct umsi_record *first = g->member[0];
	int status;

	/* The slots that moves took meanwhile are visible before the device learns of them (R1). */
	umsi_barrier_publish_to_message();
	status = t->ops->write(t->store, umsi_leaf_index(t, first), first->cookie, &first->message);
	/* A slot that no store knew goes back at once; from here on it retires. */
	for (uint32_t i = 0; i < g->count; i++)
		g->member[i]->told = true;
	if (status >= 0 && t->ops->start)
		status = t->ops->start(t->store);
	return status < 0 ? status : UMSI_OK;
}

/* @r is open. Masked, also if it was never away (umsi_suspend()), till its message stands, as at the first time. */
static int reopen(struct umsi_table *t, struct umsi_record *r, const struct umsi_group *g)
{
	int status = UMSI_OK;

	for (uint32_t i = 0; i < g->count; i++)
		if (is_open(g->member[i]))
			umsi_leaf_mask(t, g->member[i]);
	/* A level source that was served and not ended keeps its entry; nobody may end it by the old message. */
	if (t->ops->lost && umsi_record_is_level(r))
		t->ops->lost(t->store, r->index, r->cookie);
	if (t->ops->set_trigger)
		status = t->ops->set_trigger(t->store, r->index, r->cookie, r->trigger);
	if (!status)
		status = write_again(t, g);
	if (status)
		return status;
	for (uint32_t i = 0; i < g->count; i++)
		if (is_open(g->member[i]) && !g->member[i]->masked)
			umsi_leaf_unmask(t, g->member[i]);
	return umsi_leaf_settle(t, g->member[0]);
}

static int restore(struct umsi_table *t, struct umsi_record *r)
{
	struct umsi_group g = umsi_group_of(&r);
	bool lossy = !t->ops->mask || t->ops->mask_loses || r->away == UMSI_AWAY_LOST;
	bool replay = lossy && !umsi_record_is_level(r);
	struct umsi_record *open = NULL;
	int status;

	for (uint32_t i = 0; i < g.count && !open; i++)
		if (is_open(g.member[i]))
			open = g.member[i];
	status = open ? reopen(t, open, &g) : UMSI_OK;
	if (status)
		return status;
	set_away(&g, UMSI_AWAY_NOT);
	umsi_path_start(r);
	/* What happened meanwhile was told to nobody; but a line that is up tells now. */
	for (uint32_t i = 0; replay && i < g.count; i++)
		if (is_open(g.member[i]))
			umsi_inbox_trigger(g.member[i]);
	return UMSI_OK;
}

static int check(struct umsi_device *dev)
{
	if (!dev)
		return UMSI_EINVAL;
	return umsi_in_trap(dev->m) ? UMSI_ECONTEXT : UMSI_OK;
}

/* Announced first: a request that comes from now on is refused, one that came before is visited. */
static int send_away(struct umsi_device *dev, enum umsi_away how,
		     int (*visit)(struct umsi_table *t, struct umsi_record *r))
{
	int status = check(dev), one;

	if (status)
		return status;
	umsi_device_lock(dev);
	dev->away = true;
	umsi_trace_point(dev->m, UMSI_TRACE_DEVICE_AWAY, dev->requester_id, how == UMSI_AWAY_LOST);
	for (struct umsi_table *t = dev->tables; t; t = t->next) {
		umsi_store32(&t->away, how);
		one = t->gone ? UMSI_OK : for_each(t, visit);
		status = status ? status : one;
	}
	umsi_device_unlock(dev);
	return status;
}

int umsi_device_quiesce(struct umsi_device *dev)
{
	return send_away(dev, UMSI_AWAY_QUIET, quiesce);
}

int umsi_device_sleep(struct umsi_device *dev)
{
	return send_away(dev, UMSI_AWAY_QUIET, quiesce_unless_wake);
}

int umsi_device_lost(struct umsi_device *dev)
{
	return send_away(dev, UMSI_AWAY_LOST, lose);
}

static int restore_table(struct umsi_table *t)
{
	int status;

	if (!umsi_load32(&t->away) || t->gone)
		return UMSI_OK;
	if (t->ops->reachable && !t->ops->reachable(t->store))
		return UMSI_EGONE;
	status = t->ops->restore ? t->ops->restore(t->store) : UMSI_OK;
	if (!status)
		status = for_each(t, restore);
	if (!status)
		umsi_store32(&t->away, UMSI_AWAY_NOT);
	return status;
}

int umsi_device_restore(struct umsi_device *dev)
{
	int status = check(dev), one;

	if (status)
		return status;
	umsi_device_lock(dev);
	for (struct umsi_table *t = dev->tables; t; t = t->next) {
		one = restore_table(t);
		status = status ? status : one;
	}
	if (!status)
		dev->away = false;
	umsi_trace_point(dev->m, UMSI_TRACE_DEVICE_BACK, dev->requester_id, (uint64_t)-status);
	umsi_device_unlock(dev);
	return status;
}
