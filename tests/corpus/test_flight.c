/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about events that meet a move, a mask or an end: P-53, 55, 56, 60, 91, 94, 95. */
#include "tests/api/rig.h"

#define SEEDS	60

static bool is_set(void *flag)
{
	return *(bool *)flag;
}

static void begin_chaotic(struct rig *r, uint64_t seed)
{
	rig_machine(r, NULL, seed);
	rig_library(r);
	rig_device(r);
}

static umsi_irq open_at(struct rig *r, uint32_t index, umsi_cpu cpu, umsi_handler handler, void *arg)
{
	umsi_irq irq;

	assert_int_equal(rig_alloc(r, index, index, &irq), UMSI_OK);
	assert_int_equal(rig_move(r, irq, cpu), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, handler, arg, "corpus"), UMSI_OK);
	mach_entry_live(r->pci[0], index, true);
	return irq;
}

static void expect_nothing_owed(struct rig *r)
{
	rig_settle(r);
	mach_check_quiet(r->m);
	rig_check(r);
}

/* ---- P-53: the old CPU's handler still runs when the new CPU is called ------ */

struct busy {
	struct rig r;
	umsi_irq irq;
	bool inside, go;
	uint32_t starts;
	uint64_t raised_at, last_start;
};

static enum umsi_handled busy_handler(void *arg)
{
	struct busy *b = arg;

	mach_handler_begin(b->r.pci[0], 0);
	b->last_start = mach_steps(b->r.m);
	if (!b->starts++) {
		b->inside = true;
		mach_wait(b->r.m, is_set, &b->go);
	}
	mach_handler_end(b->r.pci[0], 0);
	return UMSI_HANDLED;
}

static void move_and_raise(void *arg)
{
	struct busy *b = arg;

	mach_wait(b->r.m, is_set, &b->inside);
	MACH_CHECK(b->r.m, rig_move(&b->r, b->irq, 2) == UMSI_OK, "test", "move");
	b->raised_at = mach_steps(b->r.m);
	mach_pci_raise(b->r.pci[0], 0);
	while (mach_claims(b->r.m, 2) == 0)
		mach_delay(b->r.m, 10);
	mach_delay(b->r.m, 50);
	b->go = true;
}

static void P_53_an_event_on_the_new_cpu_meets_the_old_ones_handler(void **state)
{
	static struct busy b;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		memset(&b, 0, sizeof(b));
		begin_chaotic(&b.r, seed);
		b.irq = open_at(&b.r, 0, 1, busy_handler, &b);
		mach_pci_raise(b.r.pci[0], 0);
		mach_thread(b.r.m, 0, move_and_raise, &b);
		expect_nothing_owed(&b.r);
		assert_int_equal(b.starts, 2);
		assert_true(b.last_start > b.raised_at);
		rig_end(&b.r);
	}
}

/* ---- P-55: pending at the old CPU when it moves ------------------------------- */

#define SLOTS	55	/* of a CPU with 63 identities, eight of them the library's */

struct pending {
	struct rig r;
	umsi_irq irq;
	struct umsi_table *wide;
	uint32_t slot;
	bool held, moved, early, go;
	int taken;			/* what an allocation on the old CPU answered meanwhile */
	uint32_t strangers;
};

static enum umsi_handled pending_handler(void *arg)
{
	struct pending *p = arg;

	mach_handler_begin(p->r.pci[0], 0);
	p->r.calls++;
	mach_handler_end(p->r.pci[0], 0);
	return UMSI_HANDLED;
}

static enum umsi_handled stranger(void *arg)
{
	struct pending *p = arg;

	p->strangers++;
	return UMSI_HANDLED;
}

static int open_stranger(struct pending *p)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 },
	};
	umsi_irq irq;
	int status = umsi_irq_alloc(p->wide, &at, &irq);

	return status ? status : umsi_irq_request(p->r.umsi, irq, stranger, p, "stranger");
}

static void hold_interrupts(void *arg)
{
	struct pending *p = arg;

	mach_irq_off(p->r.m);
	p->held = true;
	mach_wait(p->r.m, is_set, &p->go);
	mach_irq_on(p->r.m);
}

static void raise_move_allocate(void *arg)
{
	struct pending *p = arg;

	mach_wait(p->r.m, is_set, &p->held);
	mach_pci_raise(p->r.pci[0], 0);
	while (!mach_imsic_pending(p->r.m, 1, p->slot))
		mach_delay(p->r.m, 5);
	MACH_CHECK(p->r.m, rig_move(&p->r, p->irq, 2) == UMSI_OK, "test", "move");
	p->taken = open_stranger(p);
	p->early = p->r.calls > 0;
	p->go = true;
}

static void fill_cpu_1(struct pending *p, struct umsi_device **dev)
{
	struct mach_pci_config pci = { .requester_id = 0x300, .entries = SLOTS + 1 };
	struct umsi_pci_function fn = { .requester_id = 0x300 };
	struct umsi_device_config c = { .name = "wide", .requester_id = 0x300, .parent = p->r.root };
	struct mach_pci *d = mach_pci_add(p->r.m, &pci);

	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(d, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	assert_int_equal(umsi_device_add(p->r.umsi, &c, dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(*dev, &fn, &p->wide), UMSI_OK);
	for (uint32_t i = 1; i < SLOTS; i++)
		assert_int_equal(open_stranger(p), UMSI_OK);
}

/* The only slot that could be had is the one whose event nobody has taken yet. */
static void P_55_a_pending_event_is_delivered_before_its_slot_is_reused(void **state)
{
	static struct pending p;
	struct umsi_device *dev;
	struct umsi_msg msg;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		memset(&p, 0, sizeof(p));
		begin_chaotic(&p.r, seed);
		p.irq = open_at(&p.r, 0, 1, pending_handler, &p);
		assert_int_equal(umsi_irq_message(p.r.umsi, p.irq, &msg), UMSI_OK);
		p.slot = msg.data;
		fill_cpu_1(&p, &dev);
		mach_thread(p.r.m, 1, hold_interrupts, &p);
		mach_thread(p.r.m, 0, raise_move_allocate, &p);
		expect_nothing_owed(&p.r);
		assert_int_equal(p.taken, UMSI_ENOSLOT);
		assert_false(p.early);
		assert_int_equal(p.r.calls, 1);
		assert_int_equal(p.strangers, 0);
		assert_int_equal(umsi_device_remove(dev), UMSI_OK);
		rig_end(&p.r);
	}
}

/* ---- P-56: every unmask reaches the device ------------------------------------ */

static void P_56_a_hundred_rewrites_each_end_unmasked(void **state)
{
	struct umsi_msg msg;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 4);
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(umsi_irq_set_affinity_wait(r.umsi, irq, &(struct umsi_affinity){
			.kind = UMSI_AFFINITY_CPU, .cpu = (i + 1) % RIG_CPUS }), UMSI_OK);
		rig_settle(&r);
		assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
		assert_int_equal(mach_pci_table(r.pci[0], 4, 0), (uint32_t)msg.address);
		assert_int_equal(mach_pci_table(r.pci[0], 4, 2), msg.data);
		assert_int_equal(mach_pci_table(r.pci[0], 4, 3) & 1, 0);
		mach_pci_raise(r.pci[0], 4);
		rig_settle(&r);
		assert_int_equal(r.calls, i + 1);
	}
	assert_true(rig_stats(&r).moves >= 75);
	rig_end(&r);
}

/* ---- P-60: a CPU whose file was reset in deep idle, without hotplug ------------ */

struct nap {
	struct rig r;
	bool away, back;
};

static enum umsi_handled nap_handler(void *arg)
{
	struct nap *n = arg;

	mach_handler_begin(n->r.pci[0], 0);
	n->r.calls++;
	mach_handler_end(n->r.pci[0], 0);
	return UMSI_HANDLED;
}

static void wake_up(void *arg)
{
	struct nap *n = arg;

	MACH_CHECK(n->r.m, umsi_cpu_restore(n->r.umsi, 1) == UMSI_OK, "test", "restore");
	n->back = true;
	mach_irq_on(n->r.m);
}

static void fall_asleep(void *arg)
{
	struct nap *n = arg;

	mach_cpu_down(n->r.m);
	n->away = true;
}

static void raise_around_nap(void *arg)
{
	struct nap *n = arg;

	mach_wait(n->r.m, is_set, &n->away);
	mach_pci_raise(n->r.pci[0], 0);
	mach_delay(n->r.m, 200);
	MACH_CHECK(n->r.m, !n->r.calls, "test", "called while its CPU slept");
	mach_cpu_up(n->r.m, 1, wake_up, n);
	mach_wait(n->r.m, is_set, &n->back);
	mach_delay(n->r.m, 500);
	MACH_CHECK(n->r.m, n->r.calls, "I-CONS", "an event of the nap was lost");
	mach_pci_raise(n->r.pci[0], 0);
}

static void P_60_events_during_and_after_a_nap_that_reset_the_file(void **state)
{
	static struct nap n;

	(void)state;
	memset(&n, 0, sizeof(n));
	rig_start(&n.r, 1);
	open_at(&n.r, 0, 1, nap_handler, &n);
	mach_thread(n.r.m, 1, fall_asleep, &n);
	mach_thread(n.r.m, 0, raise_around_nap, &n);
	expect_nothing_owed(&n.r);
	assert_int_equal(n.r.calls, 2);
	rig_end(&n.r);
}

/* ---- P-91: an event at each step of its handler -------------------------------- */

#define HANDLER_STEPS	40

struct during {
	struct rig r;
	bool inside;
	uint64_t after, raised_at, last_start;
};

static enum umsi_handled during_handler(void *arg)
{
	struct during *d = arg;

	mach_handler_begin(d->r.pci[0], 0);
	d->last_start = mach_steps(d->r.m);
	if (!d->r.calls++) {
		d->inside = true;
		mach_delay(d->r.m, HANDLER_STEPS);
	}
	mach_handler_end(d->r.pci[0], 0);
	return UMSI_HANDLED;
}

static void raise_during(void *arg)
{
	struct during *d = arg;

	mach_wait(d->r.m, is_set, &d->inside);
	mach_delay(d->r.m, d->after);
	d->raised_at = mach_steps(d->r.m);
	mach_pci_raise(d->r.pci[0], 0);
}

static void P_91_raised_again_at_every_step_of_the_handler(void **state)
{
	static struct during d;
	struct mach_chaos chaos = mach_chaos_none;

	(void)state;
	chaos.burst = 1;
	for (uint64_t after = 0; after < 2 * HANDLER_STEPS; after++) {
		memset(&d, 0, sizeof(d));
		rig_machine(&d.r, &chaos, after + 1);
		rig_library(&d.r);
		rig_device(&d.r);
		d.after = after;
		open_at(&d.r, 0, 1, during_handler, &d);
		mach_pci_raise(d.r.pci[0], 0);
		mach_thread(d.r.m, 0, raise_during, &d);
		expect_nothing_owed(&d.r);
		assert_int_equal(d.r.calls, 2);
		assert_true(d.last_start > d.raised_at);
		rig_end(&d.r);
	}
}

/* ---- P-94: the handler goes while others trigger -------------------------------- */

#define ROUNDS	12

struct context {
	struct trigger *t;
	bool gone;
};

struct trigger {
	struct rig r;
	umsi_irq irq;
	bool over;
	uint32_t rounds, calls;
	struct context context[ROUNDS];
};

static enum umsi_handled context_handler(void *arg)
{
	struct context *c = arg;
	struct mach *m = c->t->r.m;

	MACH_CHECK(m, !c->gone, "I-SPUR", "called with what its release gave back");
	c->t->calls++;
	mach_delay(m, mach_random(m, 30));
	MACH_CHECK(m, !c->gone, "I-SPUR", "released under its handler");
	return UMSI_HANDLED;
}

static void trigger_always(void *arg)
{
	struct trigger *t = arg;

	while (!t->over) {
		int status = umsi_irq_trigger(t->r.umsi, t->irq);

		MACH_CHECK(t->r.m, status == UMSI_OK || status == UMSI_ESTATE, "test", "trigger: %s",
			   umsi_status_text(status));
		mach_delay(t->r.m, mach_random(t->r.m, 20));
	}
}

/* Each handler's context is gone when its release has returned. */
static void replace_handler(void *arg)
{
	struct trigger *t = arg;

	for (t->rounds = 0; t->rounds < ROUNDS; t->rounds++) {
		struct context *c = &t->context[t->rounds];
		int status;

		c->t = t;
		status = umsi_irq_request(t->r.umsi, t->irq, context_handler, c, "context");
		MACH_CHECK(t->r.m, status == UMSI_OK, "test", "request: %s", umsi_status_text(status));
		mach_delay(t->r.m, mach_random(t->r.m, 300));
		status = umsi_irq_release(t->r.umsi, t->irq);
		MACH_CHECK(t->r.m, status == UMSI_OK, "test", "release: %s", umsi_status_text(status));
		c->gone = true;
		mach_delay(t->r.m, mach_random(t->r.m, 50));
	}
	t->over = true;
}

static void P_94_a_handler_is_removed_while_two_threads_trigger(void **state)
{
	static struct trigger t;
	uint64_t calls = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		memset(&t, 0, sizeof(t));
		begin_chaotic(&t.r, seed);
		assert_int_equal(rig_alloc(&t.r, 0, 0, &t.irq), UMSI_OK);
		mach_thread(t.r.m, 0, trigger_always, &t);
		mach_thread(t.r.m, 1, trigger_always, &t);
		mach_thread(t.r.m, 2, replace_handler, &t);
		rig_settle(&t.r);
		assert_int_equal(t.rounds, ROUNDS);
		calls += t.calls;
		rig_end(&t.r);
	}
	assert_true(calls > SEEDS * ROUNDS);
}

/* ---- P-95: events behind a mask -------------------------------------------------- */

static void raise_three(struct rig *r)
{
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(mach_pci_raise(r->pci[0], 0));
		rig_settle(r);
	}
}

static void P_95_three_events_behind_a_mask_are_one_delivery(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 0);

	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(mach_pci_table(r.pci[0], 0, 3) & 1, 1);
	raise_three(&r);
	assert_int_equal(r.calls, 0);
	assert_true(mach_pci_pending(r.pci[0], 0));
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_false(mach_pci_pending(r.pci[0], 0));

	/* A disable is in software: the same three, the same one call. */
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	raise_three(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_53_an_event_on_the_new_cpu_meets_the_old_ones_handler),
		cmocka_unit_test(P_55_a_pending_event_is_delivered_before_its_slot_is_reused),
		cmocka_unit_test(P_56_a_hundred_rewrites_each_end_unmasked),
		cmocka_unit_test(P_60_events_during_and_after_a_nap_that_reset_the_file),
		cmocka_unit_test(P_91_raised_again_at_every_step_of_the_handler),
		cmocka_unit_test(P_94_a_handler_is_removed_while_two_threads_trigger),
		cmocka_unit_test(P_95_three_events_behind_a_mask_are_one_delivery),
	};

	return cmocka_run_group_tests_name("corpus: in flight", tests, NULL, NULL);
}
