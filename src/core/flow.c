/* SPDX-License-Identifier: MIT */
#include "core/flow.h"

#include "core/domain.h"
#include "core/run.h"
#include "core/text.h"
#include "core/trace.h"

/* Both under the record's lock. */
static void quieten(struct umsi_record *r)
{
	if (r->masked || r->leaf->sleeps)
		return;
	/* One that is shut is quiet as it is. */
	if (r->phase == UMSI_PHASE_ACTIVE)
		r->leaf->ops->source->quieten(r->leaf, r);
	r->masked = true;
}

static void unquieten(struct umsi_record *r)
{
	if (!r->masked)
		return;
	r->masked = false;
	if (r->phase == UMSI_PHASE_ACTIVE)
		r->leaf->ops->source->unquieten(r->leaf, r);
}

void umsi_flow_rearm(struct umsi_record *r, bool locked)
{
	r->leaf->ops->source->rearm(r->leaf, r, locked);
}

bool umsi_flow_hold(struct umsi_record *r)
{
	uintptr_t state = umsi_record_enter(r);
	uint32_t old = umsi_load32(&r->state);
	bool held = false;

	/* Released meanwhile: whoever did it waits for RUN to clear. */
	if (umsi_record_is_requested(r)) {
		while (!umsi_cas32(&r->state, &old, umsi_state_hold(old)))
			;
		held = umsi_state_hold(old) & UMSI_HELD;
		umsi_trace_rare(r, UMSI_TRACE_LATER, old, 0);
	}
	if (held && umsi_record_is_level(r))
		quieten(r);
	umsi_record_unlock(r, state);
	return held;
}

void umsi_flow_disabled(struct umsi_record *r)
{
	uintptr_t state = umsi_record_enter(r);

	if (r->phase == UMSI_PHASE_ACTIVE && umsi_load32(&r->state) & UMSI_DIS)
		quieten(r);
	umsi_record_unlock(r, state);
	if (umsi_record_is_level(r))
		umsi_flow_rearm(r, false);
}

static void log_contained(struct umsi_record *r)
{
	struct umsi_text t;

	umsi_text_begin(&t, "umsi: nobody has anything to do for this interrupt, disabled:");
	umsi_text_field(&t, "irq", r->number + 1);
	umsi_text_add(&t, " ");
	umsi_text_add(&t, r->name);
	umsi_host_log(r->m->host, UMSI_LOG_WARN, t.line);
}

void umsi_flow_contain(struct umsi_record *r)
{
	uintptr_t state = umsi_record_enter(r);
	bool contained = r->phase == UMSI_PHASE_ACTIVE && !r->contained && r->depth < UINT16_MAX;

	if (contained) {
		r->contained = true;
		if (r->depth++ == 0)
			umsi_fetch_or32(&r->state, UMSI_DIS);
		umsi_fetch_add64(&r->m->count.contained, 1);
	}
	umsi_record_unlock(r, state);
	if (contained)
		log_contained(r);
}

void umsi_flow_let_speak(struct umsi_record *r)
{
	if (!r->masked || umsi_load32(&r->state) & UMSI_HELD)
		return;
	/* The line itself remembers: what is still asserted is sent again. An edge is remembered here. */
	if (umsi_record_is_level(r))
		umsi_fetch_and32(&r->state, ~UMSI_PEND);
	unquieten(r);
}

void umsi_flow_forget(struct umsi_record *r)
{
	r->masked = false;
	if (umsi_load32(&r->state) & UMSI_HELD)
		umsi_fetch_and32(&r->state, ~(UMSI_RUN | UMSI_HELD | UMSI_DONE));
}

/*
 * The held run ends: what came meanwhile calls the handler again, from an
 * inbox. Only then may the source speak, or what it says at once would be
 * remembered as having come meanwhile.
 */
static void end_hold(struct umsi_record *r)
{
	uint32_t old, now;

	old = umsi_load32(&r->state);
	do {
		now = umsi_state_exit(old, true);
	} while (!umsi_cas32(&r->state, &old, now));
	umsi_trace_rare(r, UMSI_TRACE_DONE, old, 0);
	if ((now & UMSI_QUEUED) && !(old & UMSI_QUEUED))
		umsi_inbox_push(r);
	unquieten(r);
	if (umsi_record_is_level(r))
		umsi_flow_rearm(r, true);
}

static int done(struct umsi_record *r, void *arg)
{
	uint32_t old = umsi_load32(&r->state);

	(void)arg;
	while (!(old & UMSI_HELD) && (old & UMSI_RUN) &&
	       !umsi_cas32(&r->state, &old, old | UMSI_DONE))
		;
	if (old & UMSI_HELD)
		end_hold(r);
	return old & (UMSI_HELD | UMSI_RUN) ? UMSI_OK : UMSI_ESTATE;
}

int umsi_irq_done(struct umsi *m, umsi_irq irq)
{
	return umsi_record_with(m, irq, done, NULL);
}
