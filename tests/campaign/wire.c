/* SPDX-License-Identifier: MIT */
/*
 * A level-triggered wire that is moved while it is up: it must never stay up
 * unseen (a dead line), nor be seen again and again while it is down (a storm).
 */
#include <umsi/host.h>

#include "actor.h"
#include "isa.h"
#include "world.h"

#define PATIENCE	80000u	/* steps from raising to handler: starved CPUs, moves that wait, CPUs that die, sleep */

/* The line first: between the two nothing else runs. */
static void set_line(struct world *w, bool high)
{
	w->isa->line(w, high);
	w->wire.high = high;
}

static enum umsi_handled handler(void *arg)
{
	struct world *w = arg;
	struct wire *x = &w->wire;

	MACH_CHECK(w->m, !x->later, "I-DIS", "a held wire's handler is called");
	if (!x->high) {
		x->empty++;
		return UMSI_HANDLED;
	}
	if (!mach_random(w->m, 3)) {
		x->later = true;
		return UMSI_LATER;
	}
	set_line(w, false);
	return UMSI_HANDLED;
}

void wire_up(struct world *w)
{
	struct umsi_device_config config = { .name = "wires", .parent = w->root };
	struct umsi_irq_request_at at = { .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_table *table;
	int status;

	if (!w->isa->wires)
		return;
	status = umsi_device_add(w->umsi, &config, &w->wire.dev);
	if (!status)
		status = w->isa->wires(w, w->wire.dev, &table, &at.first);
	at.last = at.first;
	if (!status)
		status = umsi_irq_alloc(table, &at, &w->wire.irq);
	if (!status)
		status = umsi_irq_request(w->umsi, w->wire.irq, handler, w, "wire");
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "wire: %s", umsi_status_text(status));
}

/* One line, one call at least, which ends it; or a held one, ended here. */
static void raise_once(struct world *w)
{
	uint64_t until = mach_steps(w->m) + PATIENCE;
	int status;

	w->wire.raised++;
	set_line(w, true);
	while (w->wire.high && !w->wire.later) {
		MACH_CHECK(w->m, mach_steps(w->m) < until, "I-CONS", "the wire is up and nobody sees it");
		umsi_host_relax(w->m);	/* who put it to sleep may live on this CPU */
		mach_delay(w->m, 10);
		umsi_host_relax(w->m);		/* whoever brings its CPU back may be on this one */
	}
	if (!w->wire.later)
		return;
	mach_delay(w->m, mach_random(w->m, 300));
	set_line(w, false);
	w->wire.later = false;
	status = umsi_irq_done(w->umsi, w->wire.irq);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "done with the wire: %s", umsi_status_text(status));
}

void actor_raiser(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		bool disabled = !mach_random(w->m, 8);

		actor_says(a, disabled ? "disables, enables and raises the wire" : "raises the wire");
		if (disabled)
			umsi_irq_disable(w->umsi, w->wire.irq);
		if (disabled && mach_random(w->m, 2))
			mach_delay(w->m, mach_random(w->m, 50));
		if (disabled)
			umsi_irq_enable(w->umsi, w->wire.irq);
		raise_once(w);
		mach_delay(w->m, mach_random(w->m, 20));
	}
}

static void await_line(struct world *w)
{
	for (uint32_t turn = 0; !w->wire.high && turn < 40; turn++)
		mach_delay(w->m, mach_random(w->m, 4));
}

/* Mostly while the line is up; counted if it was, or came up meanwhile. */
void actor_shaker(void *arg)
{
	struct actor *a = arg;
	struct world *w = a->w;

	actor_begin(a);
	while (actor_next(a)) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU };
		uint64_t raised;
		bool up, moves;
		int status;

		await_line(w);
		up = w->wire.high;
		to.cpu = (umsi_cpu)mach_random(w->m, w->plan.ncpus);
		actor_says(a, "moves the wire to cpu%u", to.cpu);
		raised = w->wire.raised;
		moves = umsi_irq_effective_cpu(w->umsi, w->wire.irq) != to.cpu;
		status = mach_random(w->m, 2) ? umsi_irq_set_affinity(w->umsi, w->wire.irq, &to)
					      : umsi_irq_set_affinity_wait(w->umsi, w->wire.irq, &to);
		MACH_CHECK(w->m, status == UMSI_OK || may_fail(w, status), "I-API", "moving the wire: %s",
			   umsi_status_text(status));
		w->wire.moves += moves && status == UMSI_OK && (up || w->wire.raised > raised);
	}
}

/* Each raise, move and return from sleep may cost a call that finds the line down already. */
void wire_check(struct world *w)
{
	struct umsi_irq_stats st;

	if (!w->wire.irq || umsi_irq_stats_read(w->umsi, w->wire.irq, &st) != UMSI_OK)
		return;
	MACH_CHECK(w->m, !w->wire.high, "I-CONS", "the wire is up at the end");
	/* A message without mask whose words are mixed may call anybody once (R3 iv). */
	if (w->plan.strays || (w->plan.plain && !w->plan.plain_maskable))
		return;
	MACH_CHECK(w->m, w->wire.empty <= w->wire.raised + st.moves + w->suspends + w->naps, "I-SPUR",
		   "a storm: %llu empty calls, %llu lines raised, %llu moves", (unsigned long long)w->wire.empty,
		   (unsigned long long)w->wire.raised, (unsigned long long)st.moves);
}
