/* SPDX-License-Identifier: MIT */
/*
 * A level-triggered wire of two devices that is moved while it is up: it must never
 * stay up unseen (a dead line), nor be seen again and again while it is down (a storm).
 */
#include <umsi/host.h>

#include "actor.h"
#include "isa.h"
#include "umsi_hosted.h"
#include "world.h"

#define PATIENCE	900000u	/* steps from raising to handler: starved CPUs, moves that wait, CPUs that die, sleep */

static bool any_high(const struct world *w)
{
	return w->wire.tap[0].high || w->wire.tap[1].high;
}

/*
 * No device is said to be down before the wire can be, nor up after it; while the
 * machine changes the wire another device may have changed its part.
 */
static void set_tap(struct tap *t, bool high)
{
	struct world *w = t->w;
	const struct tap *other = &w->wire.tap[t == w->wire.tap];
	bool any;

	t->high |= high;
	w->isa->line(w, any = high || other->high);
	t->high = high;
	while (any != any_high(w))
		w->isa->line(w, any = any_high(w));
}

/* Drivers are asked in the reverse of the order in which they joined. */
static void check_closed(struct tap *t)
{
	struct world *w = t->w;
	bool owed = t->owes || (t != w->wire.tap && w->wire.tap[0].owes);

	MACH_CHECK(w->m, !owed, "I-DIS", "a held wire's handlers are called");
}

static enum umsi_handled handler(void *arg)
{
	struct tap *t = arg;
	struct world *w = t->w;

	check_closed(t);
	if (!t->high)
		return UMSI_NOT_MINE;
	if (!mach_random(w->m, 3)) {
		t->owes = true;
		umsi_hosted_store(&t->later, 8, 1, UMSI_HOSTED_RELEASE);
		return UMSI_LATER;
	}
	set_tap(t, false);
	return UMSI_HANDLED;
}

static int join(struct world *w, uint32_t n)
{
	struct tap *t = &w->wire.tap[n];

	t->w = w;
	return umsi_shared_join(w->wire.line, handler, t, &t->sharer);
}

void wire_up(struct world *w)
{
	struct umsi_device_config config = { .name = "wires", .parent = w->wires };
	struct umsi_irq_request_at at = { .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_table *table;
	int status;

	if (!w->isa->wires)
		return;
	config.requester_id = remap_wire_id(w);
	status = umsi_device_add(w->umsi, &config, &w->wire.dev);
	if (!status)
		status = w->isa->wires(w, w->wire.dev, &table, &at.first);
	at.last = at.first;
	if (!status)
		status = umsi_shared_create(table, &at, &w->wire.line);
	for (uint32_t i = 0; !status && i < WORLD_TAPS; i++)
		status = join(w, i);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "wire: %s", umsi_status_text(status));
	w->wire.irq = umsi_shared_irq(w->wire.line);
}

void wire_down(struct world *w)
{
	int status = UMSI_OK;

	if (!w->wire.dev)
		return;
	for (uint32_t i = 0; !status && i < WORLD_TAPS; i++)
		status = umsi_shared_leave(w->wire.tap[i].sharer);
	if (!status)
		status = umsi_shared_destroy(w->wire.line);
	if (!status)
		status = umsi_device_remove(w->wire.dev);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "wire goes: %s", umsi_status_text(status));
}

static bool is_later(struct tap *t)
{
	return umsi_hosted_load(&t->later, 8, UMSI_HOSTED_ACQUIRE);
}

static void pay(struct tap *t)
{
	struct world *w = t->w;
	int status;

	mach_delay(w->m, mach_random(w->m, 300));
	set_tap(t, false);
	umsi_hosted_store(&t->later, 8, 0, UMSI_HOSTED_RELAXED);
	t->owes = false;
	status = umsi_shared_done(t->sharer);
	MACH_CHECK(w->m, status == UMSI_OK, "I-API", "done with the wire: %s", umsi_status_text(status));
}

/* One call at least lowers each; what is owed is paid here, and until then no other is called. */
static void await_all(struct world *w)
{
	uint64_t until = mach_steps(w->m) + PATIENCE;

	while (any_high(w)) {
		for (uint32_t i = 0; i < WORLD_TAPS; i++)
			if (is_later(&w->wire.tap[i]))
				pay(&w->wire.tap[i]);
		MACH_CHECK(w->m, mach_steps(w->m) < until, "I-CONS", "the wire is up and nobody sees it");
		mach_delay(w->m, 10);
		umsi_host_relax(w->m);		/* whoever brings its CPU back may be on this one */
	}
}

/* One of them, or both; each may owe a done, and the line opens with the last. */
static void raise_once(struct world *w)
{
	uint32_t who = 1 + (uint32_t)mach_random(w->m, 3);

	for (uint32_t i = 0; i < WORLD_TAPS; i++) {
		if (!(who >> i & 1))
			continue;
		w->wire.raised++;
		set_tap(&w->wire.tap[i], true);
		mach_delay(w->m, mach_random(w->m, 5));
	}
	await_all(w);
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
			umsi_shared_disable(w->wire.tap[0].sharer);
		if (disabled && mach_random(w->m, 2))
			mach_delay(w->m, mach_random(w->m, 50));
		if (disabled)
			umsi_shared_enable(w->wire.tap[0].sharer);
		raise_once(w);
		mach_delay(w->m, mach_random(w->m, 20));
	}
}

static void await_line(struct world *w)
{
	for (uint32_t turn = 0; !any_high(w) && turn < 40; turn++)
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
		up = any_high(w);
		to.cpu = (umsi_cpu)mach_random(w->m, w->plan.ncpus);
		actor_says(a, "moves the wire to cpu%u", to.cpu);
		raised = w->wire.raised;
		moves = umsi_irq_effective_cpu(w->umsi, w->wire.irq) != to.cpu;
		status = mach_random(w->m, 2) ? umsi_irq_set_affinity(w->umsi, w->wire.irq, &to)
					      : umsi_irq_set_affinity_wait(w->umsi, w->wire.irq, &to);
		/* Held longer than anybody waits. */
		MACH_CHECK(w->m, status == UMSI_OK || status == UMSI_ETIMEOUT || may_fail(w, status), "I-API", "moving the wire: %s",
			   umsi_status_text(status));
		w->wire.moves += moves && status == UMSI_OK && (up || w->wire.raised > raised);
		umsi_host_relax(w->m);		/* who owes a done may be on this CPU (x86 seed 46842) */
	}
}

/* Each raise, move and return from sleep may cost a call that finds the line down already. */
void wire_check(struct world *w)
{
	struct umsi_irq_stats st;

	if (!w->wire.irq || umsi_irq_stats_read(w->umsi, w->wire.irq, &st) != UMSI_OK)
		return;
	MACH_CHECK(w->m, !any_high(w), "I-CONS", "the wire is up at the end");
	/* A message without mask whose words are mixed may call anybody once (R3 iv). */
	if (w->plan.strays || (w->plan.plain && !w->plan.plain_maskable))
		return;
	MACH_CHECK(w->m, st.not_mine <= w->wire.raised + st.moves + w->suspends + w->naps, "I-SPUR",
		   "a storm: %llu empty calls, %llu lines raised, %llu moves",
		   (unsigned long long)st.not_mine, (unsigned long long)w->wire.raised,
		   (unsigned long long)st.moves);
}
