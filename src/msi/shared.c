/* SPDX-License-Identifier: MIT */
/*
 * Several drivers on one level-triggered wire. The list of them is walked in
 * the trap without a lock. One that leaves is unlinked while the line is
 * disabled: the state word that both sides change in one step decides whether
 * a walk begins before or after.
 */
#include <umsi/shared.h>

#include "core/run.h"
#include "msi/device.h"

/* Of one sharer, for the call that answered last. */
enum debt {
	DEBT_NONE = 0,
	DEBT_CALLED,		/* its handler runs, or answered anything but later */
	DEBT_OWED,		/* it answered later */
	DEBT_PAID,		/* done came before the answer */
};

/*
 *   field             written by               read without the mutex by
 *   next              mutex                    the walk
 *   handler, arg      before it is linked      the walk
 *   debt              one step, anyone         anyone
 *   depth             one step, anyone         leave
 *   handled, not_mine the walk                 statistics
 */
struct umsi_sharer {
	struct umsi_shared *line;
	umsi_atomic_ptr next;
	umsi_handler handler;
	void *arg;
	umsi_atomic32 debt;		/* enum debt */
	umsi_atomic32 depth;		/* disables */
	umsi_atomic64 handled, not_mine;
};

struct umsi_shared {
	struct umsi *m;
	umsi_irq irq;
	struct umsi_mutex mutex;	/* who joins, who leaves; taken before all others */
	umsi_atomic_ptr first;
	umsi_atomic32 owed;		/* dones, and one while the walk goes on */
};

/* ---- In the trap ---- */

/* Debt and its count before anybody can pay it. */
static void answered_later(struct umsi_shared *line, struct umsi_sharer *s)
{
	uint32_t debt = DEBT_CALLED;

	umsi_fetch_add32(&line->owed, 1);
	if (umsi_cas32(&s->debt, &debt, DEBT_OWED))
		return;
	/* Never the last: the walk's own is still there. */
	umsi_fetch_add32(&line->owed, UINT32_MAX);
	umsi_store32(&s->debt, DEBT_NONE);
}

static enum umsi_handled call(struct umsi_shared *line, struct umsi_sharer *s)
{
	enum umsi_handled answer;

	umsi_store32(&s->debt, DEBT_CALLED);
	answer = s->handler(s->arg);
	umsi_count_own(&s->handled);
	if (answer == UMSI_NOT_MINE)
		umsi_count_own(&s->not_mine);
	if (answer == UMSI_LATER)
		answered_later(line, s);
	else
		umsi_store32(&s->debt, DEBT_NONE);
	return answer;
}

/* Every one is asked: several may be asserting the line, and it stays up for each. */
static enum umsi_handled ask_all(void *arg)
{
	struct umsi_shared *line = arg;
	enum umsi_handled answer = UMSI_NOT_MINE;

	umsi_store32(&line->owed, 1);
	for (struct umsi_sharer *s = umsi_load_ptr_acquire(&line->first); s;
	     s = umsi_load_ptr_acquire(&s->next))
		if (call(line, s) != UMSI_NOT_MINE)
			answer = UMSI_HANDLED;
	return umsi_fetch_add32(&line->owed, UINT32_MAX) == 1 ? answer : UMSI_LATER;
}

/* The last one opens the line; it may overtake the walk's answer, as any done may. */
static void pay(struct umsi_shared *line)
{
	if (umsi_fetch_add32(&line->owed, UINT32_MAX) == 1)
		umsi_irq_done(line->m, line->irq);
}

int umsi_shared_done(struct umsi_sharer *s)
{
	uint32_t debt;

	if (!s)
		return UMSI_EINVAL;
	/* A read-modify-write sees the newest; a load might not. */
	debt = umsi_fetch_or32(&s->debt, 0);
	for (;;) {
		if (debt != DEBT_OWED && debt != DEBT_CALLED)
			return UMSI_ESTATE;
		if (!umsi_cas32(&s->debt, &debt, debt == DEBT_OWED ? DEBT_NONE : DEBT_PAID))
			continue;
		if (debt == DEBT_OWED)
			pay(s->line);
		return UMSI_OK;
	}
}

/* ---- Disabling ---- */

int umsi_shared_disable(struct umsi_sharer *s)
{
	int status;

	if (!s)
		return UMSI_EINVAL;
	status = umsi_irq_disable(s->line->m, s->line->irq);
	if (status == UMSI_OK)
		umsi_fetch_add32(&s->depth, 1);
	return status;
}

int umsi_shared_enable(struct umsi_sharer *s)
{
	uint32_t depth;

	if (!s)
		return UMSI_EINVAL;
	depth = umsi_load32(&s->depth);
	do {
		if (!depth)
			return UMSI_ESTATE;
	} while (!umsi_cas32(&s->depth, &depth, depth - 1));
	return umsi_irq_enable(s->line->m, s->line->irq);
}

/* ---- Joining and leaving ---- */

static void lock(struct umsi_shared *line)
{
	umsi_host_mutex_lock(line->m->host, &line->mutex);
}

static void unlock(struct umsi_shared *line)
{
	umsi_host_mutex_unlock(line->m->host, &line->mutex);
}

static bool is_empty(struct umsi_shared *line)
{
	return !umsi_load_ptr(&line->first);
}

static void unlink_sharer(struct umsi_shared *line, const struct umsi_sharer *s)
{
	umsi_atomic_ptr *at = &line->first;

	while (umsi_load_ptr(at) != s)
		at = &((struct umsi_sharer *)umsi_load_ptr(at))->next;
	umsi_store_ptr_release(at, umsi_load_ptr(&s->next));
}

/* A walk that does not see the new one yet finds the line still up, and another follows. */
static int open_line(struct umsi_shared *line, struct umsi_sharer *s)
{
	bool first = is_empty(line);
	int status = UMSI_OK;

	umsi_store_ptr(&s->next, umsi_load_ptr(&line->first));
	umsi_store_ptr_release(&line->first, s);
	if (first)
		status = umsi_irq_request(line->m, line->irq, ask_all, line, "shared");
	if (status)
		unlink_sharer(line, s);
	return status;
}

int umsi_shared_join(struct umsi_shared *line, umsi_handler handler, void *arg, struct umsi_sharer **out)
{
	struct umsi_sharer *s;
	int status;

	if (!line || !handler || !out)
		return UMSI_EINVAL;
	if (umsi_in_trap(line->m))
		return UMSI_ECONTEXT;
	s = umsi_host_alloc(line->m->host, sizeof(*s));
	if (!s)
		return UMSI_ENOMEM;
	s->line = line;
	s->handler = handler;
	s->arg = arg;
	lock(line);
	status = open_line(line, s);
	unlock(line);
	if (status)
		umsi_host_free(line->m->host, s, sizeof(*s));
	else
		*out = s;
	return status;
}

/* What it still holds of the line. No walk meets it any more. */
static void give_back(struct umsi_shared *line, struct umsi_sharer *s)
{
	for (uint32_t depth = umsi_load32(&s->depth); depth; depth--)
		umsi_irq_enable(line->m, line->irq);
	if (umsi_load32(&s->debt) == DEBT_OWED)
		pay(line);
}

/* UMSI_ENOENT, UMSI_ESTATE: the interrupt was freed or released by force, so nothing walks. */
static int close_line(struct umsi_shared *line, struct umsi_sharer *s)
{
	bool last = umsi_load_ptr(&line->first) == s && !umsi_load_ptr(&s->next);
	int status;

	if (last) {
		umsi_irq_release(line->m, line->irq);
		unlink_sharer(line, s);
		return UMSI_OK;
	}
	status = umsi_irq_disable(line->m, line->irq);
	if (status == UMSI_ERANGE)
		return status;
	unlink_sharer(line, s);
	umsi_irq_synchronize(line->m, line->irq);
	give_back(line, s);
	if (status == UMSI_OK)
		umsi_irq_enable(line->m, line->irq);
	return UMSI_OK;
}

int umsi_shared_leave(struct umsi_sharer *s)
{
	struct umsi_shared *line;
	int status;

	if (!s)
		return UMSI_EINVAL;
	line = s->line;
	if (umsi_in_trap(line->m))
		return UMSI_ECONTEXT;
	lock(line);
	status = close_line(line, s);
	unlock(line);
	if (status == UMSI_OK)
		umsi_host_free(line->m->host, s, sizeof(*s));
	return status;
}

/* ---- The line ---- */

int umsi_shared_create(struct umsi_table *table, const struct umsi_irq_request_at *at,
		       struct umsi_shared **out)
{
	struct umsi_shared *line;
	struct umsi *m;
	int status;

	if (!table || !at || !out || at->first != at->last || at->trigger < UMSI_TRIGGER_LEVEL_HIGH)
		return UMSI_EINVAL;
	m = table->dev->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	line = umsi_host_alloc(m->host, sizeof(*line));
	if (!line)
		return UMSI_ENOMEM;
	line->m = m;
	status = umsi_irq_alloc(table, at, &line->irq);
	if (status)
		umsi_host_free(m->host, line, sizeof(*line));
	else
		*out = line;
	return status;
}

int umsi_shared_destroy(struct umsi_shared *line)
{
	struct umsi *m;
	bool used;

	if (!line)
		return UMSI_EINVAL;
	m = line->m;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	lock(line);
	used = !is_empty(line);
	unlock(line);
	if (used)
		return UMSI_EBUSY;
	umsi_irq_free(m, line->irq);
	umsi_host_free(m->host, line, sizeof(*line));
	return UMSI_OK;
}

umsi_irq umsi_shared_irq(const struct umsi_shared *line)
{
	return line ? line->irq : UMSI_IRQ_NONE;
}

int umsi_shared_read(const struct umsi_sharer *s, struct umsi_shared_stats *out)
{
	if (!s || !out)
		return UMSI_EINVAL;
	out->handled = umsi_load64(&s->handled);
	out->not_mine = umsi_load64(&s->not_mine);
	return UMSI_OK;
}
