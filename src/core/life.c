/* SPDX-License-Identifier: MIT */
/* The driver's side of one interrupt: request, release, enable, disable, trigger. */
#include "core/block.h"
#include "core/domain.h"
#include "core/flow.h"
#include "core/hold.h"
#include "core/run.h"
#include "core/trace.h"

/* Clears DIS and PEND in one step: nothing that arrived so far was for this handler. */
static void open_state(struct umsi_record *r)
{
	umsi_fetch_and32(&r->state, ~(UMSI_DIS | UMSI_PEND));
}

static void close_state(struct umsi_record *r)
{
	umsi_fetch_or32(&r->state, UMSI_DIS);
	umsi_fetch_and32(&r->state, ~UMSI_PEND);
}

int umsi_irq_request(struct umsi *m, umsi_irq irq, umsi_handler handler,
		     void *arg, const char *name)
{
	struct umsi_record *r, *held;
	struct umsi_hold hold;
	int status;

	if (!m || !handler)
		return UMSI_EINVAL;
	status = umsi_hold_lock_in_line(m, irq, &hold, &held);
	if (status)
		return status;
	r = held;
	/* RUN: a release has closed it and still waits for the old handler. */
	if (r->phase != UMSI_PHASE_RESERVED || umsi_load32(&r->state) & UMSI_RUN) {
		status = r->phase == UMSI_PHASE_RESERVED ? UMSI_EAGAIN : UMSI_EEXIST;
		umsi_hold_unlock(r, &hold);
		return status;
	}
	r->handler = handler;
	r->arg = arg;
	r->depth = 0;
	r->contained = false;
	umsi_text_copy(r->name, name, sizeof(r->name));
	/* Open before the store is: the first message must find the handler. */
	open_state(r);
	/* A flush that sleeps drops the lock: the handler may run, answer later, disable before this returns. */
	if (hold.turn)
		r->phase = UMSI_PHASE_ACTIVE;
	status = umsi_path_activate(r);
	/* A managed one is started when the first of its CPUs comes. */
	if (status == UMSI_ENOCPU && umsi_record_is_managed(r)) {
		r->phase = UMSI_PHASE_SHUT;
		status = UMSI_OK;
	} else if (status) {
		r->phase = UMSI_PHASE_RESERVED;
		close_state(r);
		umsi_flow_end(r);
		r->unsettled = true;	/* the store may hold the message all the same */
		umsi_path_grant(r);
	} else {
		r->phase = UMSI_PHASE_ACTIVE;
		umsi_trace_irq(r, UMSI_TRACE_REQUEST, r->index, irq >> 32);
	}
	umsi_hold_unlock(r, &hold);
	/* A late message of an earlier owner may have started the handler meanwhile. */
	if (status)
		umsi_record_wait_idle(r, (uint32_t)(irq >> 32));
	return status;
}

int umsi_irq_release(struct umsi *m, umsi_irq irq)
{
	struct umsi_record *r;
	struct umsi_hold hold;
	int status;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	status = umsi_hold_lock(m, irq, &hold, &r);
	if (status)
		return status;
	if (!umsi_record_is_requested(r)) {
		umsi_hold_unlock(r, &hold);
		return UMSI_ESTATE;
	}
	/* The slot stays this interrupt's, so what is in flight needs no proof: it finds DIS. */
	if (r->phase == UMSI_PHASE_ACTIVE)
		r->unsettled = umsi_path_deactivate(r) != UMSI_OK;
	close_state(r);
	r->phase = UMSI_PHASE_RESERVED;
	umsi_trace_irq(r, UMSI_TRACE_RELEASE, r->unsettled, 0);
	umsi_flow_end(r);
	if (umsi_record_wish(r))
		umsi_path_grant(r);
	umsi_hold_unlock(r, &hold);

	umsi_record_wait_idle(r, (uint32_t)(irq >> 32));
	return UMSI_OK;
}

static void disable_now(struct umsi_record *r)
{
	uint32_t old = umsi_fetch_or32(&r->state, UMSI_DIS);

	umsi_trace_rare(r, UMSI_TRACE_DISABLE, old, 0);
}

static int disable(struct umsi_record *r, void *arg)
{
	(void)arg;
	if (!umsi_record_is_requested(r))
		return UMSI_ESTATE;
	if (r->depth == UINT16_MAX)
		return UMSI_ERANGE;
	if (r->depth++ == 0)
		disable_now(r);
	return UMSI_OK;
}

int umsi_irq_disable(struct umsi *m, umsi_irq irq)
{
	return umsi_record_with(m, irq, disable, NULL);
}

/* R12. Under the record's lock, so that it cannot be freed before it is queued. */
static void enable_now(struct umsi_record *r)
{
	uint32_t old, now;

	umsi_flow_enable(r);
	old = umsi_load32(&r->state);
	do {
		now = umsi_state_enable(old);
	} while (!umsi_cas32(&r->state, &old, now));
	umsi_trace_rare(r, UMSI_TRACE_ENABLE, now, 0);
	if ((now & UMSI_QUEUED) && !(old & UMSI_QUEUED))
		umsi_inbox_push(r);
}

static int enable(struct umsi_record *r, void *arg)
{
	(void)arg;
	if (!umsi_record_is_requested(r) || !r->depth)
		return UMSI_ESTATE;
	if (--r->depth == 0)
		enable_now(r);
	return UMSI_OK;
}

int umsi_irq_enable(struct umsi *m, umsi_irq irq)
{
	return umsi_record_with(m, irq, enable, NULL);
}

static int trigger(struct umsi_record *r, void *arg)
{
	(void)arg;
	if (!umsi_record_is_requested(r))
		return UMSI_ESTATE;
	if (!r->m->kick_ops)
		return UMSI_ENOCPU;
	r->triggers++;
	umsi_inbox_trigger(r);
	return UMSI_OK;
}

int umsi_irq_trigger(struct umsi *m, umsi_irq irq)
{
	return umsi_record_with(m, irq, trigger, NULL);
}

/*
 * A device that does not stop may keep RUN set at every look. Only the exit step, which
 * clears it, orders what a call did before what follows here: the count proves that
 * a call has ended, and hands over nothing. So the run is made to end, as by a disable that is nobody's.
 */
static int bar(struct umsi_record *r, void *arg)
{
	if (umsi_record_is_requested(r) && !r->depth) {
		disable_now(r);
		*(bool *)arg = true;
	}
	return UMSI_OK;
}

/* Unless somebody disables it by now; who did may have enabled it again. */
static int unbar(struct umsi_record *r, void *arg)
{
	(void)arg;
	if (umsi_record_is_requested(r) && !r->depth)
		enable_now(r);
	return UMSI_OK;
}

int umsi_irq_synchronize(struct umsi *m, umsi_irq irq)
{
	struct umsi_record *r;
	bool barred = false;
	uintptr_t state;
	uint64_t begun;

	if (!m)
		return UMSI_EINVAL;
	if (umsi_in_trap(m))
		return UMSI_ECONTEXT;
	r = umsi_record_lock(m, irq, &state);
	if (!r)
		return UMSI_ENOENT;
	umsi_record_unlock(r, state);

	begun = umsi_load64(&r->handled);
	for (;;) {
		uint32_t now = umsi_load32_acquire(&r->state);

		if (!(now & UMSI_RUN) || now & UMSI_HELD || umsi_state_generation(now) != irq >> 32)
			break;
		/* Calls are counted when they end: another one has begun since, and has ended. */
		if (!(now & UMSI_DIS) && umsi_load64(&r->handled) - begun > 1)
			umsi_record_with(m, irq, bar, &barred);
		umsi_host_relax(m->host);
	}
	if (barred)
		umsi_record_with(m, irq, unbar, NULL);
	return UMSI_OK;
}

umsi_cpu umsi_irq_effective_cpu(struct umsi *m, umsi_irq irq)
{
	struct umsi_record *r = m ? umsi_record_by_number(m, (uint32_t)irq - 1) : NULL;

	if (!r || umsi_state_generation(umsi_load32(&r->state)) != irq >> 32 ||
	    umsi_load32(&r->state) & UMSI_DEAD)
		return UMSI_CPU_NONE;
	return umsi_load32(&r->target);
}

static int stats(struct umsi_record *r, void *arg)
{
	struct umsi_irq_stats *out = arg;

	out->handled = umsi_load64(&r->handled);
	out->merged = umsi_load32(&r->merged);
	out->not_mine = umsi_load32(&r->not_mine);
	out->moves = r->moves;
	out->triggers = r->triggers;
	out->contained = r->contained;
	return UMSI_OK;
}

int umsi_irq_stats_read(struct umsi *m, umsi_irq irq, struct umsi_irq_stats *out)
{
	if (!m || !out)
		return UMSI_EINVAL;
	return umsi_record_with(m, irq, stats, out);
}
