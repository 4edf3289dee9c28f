/* SPDX-License-Identifier: MIT */
/*
 * Situations that chance seldom builds, built on purpose: each is the only
 * one in which some line of the protocol makes a difference (tests/mutants/).
 */
#include "rig.h"

#include <umsi/host.h>

#include "umsi_hosted.h"

#define SEEDS	60
#define FIRST_ID	9	/* that is not the library's own: what an empty CPU gives out first */

/* ---- Helpers ------------------------------------------------------------- */

struct drainer {
	struct rig *r;
	uint32_t turns;
};

/* An idle loop: each turn may prove, and takes what arrives. */
static void idle_loop(void *arg)
{
	struct drainer *d = arg;

	for (uint32_t i = 0; i < d->turns; i++) {
		mach_irq_off(d->r->m);
		umsi_drain_point(d->r->umsi);
		mach_irq_on(d->r->m);
		mach_delay(d->r->m, 20);
	}
}

static void drain_cpu(struct rig *r, umsi_cpu cpu)
{
	struct drainer d = { .r = r, .turns = 4 };

	mach_thread(r->m, cpu, idle_loop, &d);
	rig_settle(r);
	umsi_reap(r->umsi);
}

static void wait_long(void *arg)
{
	mach_delay(arg, 20000);
}

/* A function with more entries than the rig's, as one device of its own. */
static struct mach_pci *wide_function(struct rig *r, uint16_t entries, struct umsi_device **dev,
				      struct umsi_table **table)
{
	struct mach_pci_config pci = { .requester_id = 0x300, .entries = entries };
	struct umsi_pci_function fn = { .requester_id = 0x300 };
	struct umsi_device_config c = { .name = "wide", .requester_id = 0x300, .parent = r->root };
	struct mach_pci *d = mach_pci_add(r->m, &pci);

	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(d, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	assert_int_equal(umsi_device_add(r->umsi, &c, dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(*dev, &fn, table), UMSI_OK);
	return d;
}

static int alloc_on(struct umsi_table *table, umsi_cpu cpu, umsi_irq *irq)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};

	return umsi_irq_alloc(table, &at, irq);
}

/* ---- M1 ------------------------------------------------------------------ */

/*
 * A flush that answered all-ones proves nothing: the slot ages although its CPU drained, and what
 * may have arrived meanwhile is only behind a marker that left after the age.
 */
static void M1_a_slot_of_a_removed_device_ages(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.config.min_age_ns = 10000000;
	rig_library(&r);
	rig_device(&r);
	irq = rig_irq(&r, 0);
	assert_int_equal(rig_move(&r, irq, 1), UMSI_OK);
	drain_cpu(&r, 0);
	assert_int_equal(rig_stats(&r).retiring, 0);

	mach_pci_remove(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_EGONE);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 2);
	drain_cpu(&r, 1);
	drain_cpu(&r, 1);
	assert_int_equal(rig_stats(&r).retiring, 1);
	mach_thread(r.m, 3, wait_long, r.m);
	rig_settle(&r);
	umsi_reap(r.umsi);
	assert_int_equal(rig_stats(&r).retiring, 1);
	drain_cpu(&r, 1);
	drain_cpu(&r, 1);
	umsi_reap(r.umsi);
	assert_int_equal(rig_stats(&r).retiring, 0);
	rig_end(&r);
}

/* ---- R8 ------------------------------------------------------------------ */

/* A free slot leads to nobody: not to the record that had it. */
static void R8_a_reaped_slot_is_unowned(void **state)
{
	struct umsi_msg msg;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 0);
	assert_int_equal(rig_move(&r, irq, 1), UMSI_OK);
	assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	drain_cpu(&r, 0);
	drain_cpu(&r, 1);
	assert_int_equal(rig_stats(&r).retiring, 0);
	mach_imsic_inject(r.m, 1, msg.data);
	rig_settle(&r);
	assert_int_equal(rig_stats(&r).unowned, 1);
	assert_int_equal(rig_stats(&r).dead, 0);
	assert_int_equal(r.calls, 0);
	rig_end(&r);
}

/* The same for a slot that was reserved and never used. */
static void R8_a_slot_given_back_is_unowned(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(alloc_on(r.table, 1, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	assert_int_equal(rig_stats(&r).retiring, 0);
	mach_imsic_inject(r.m, 1, FIRST_ID);
	rig_settle(&r);
	assert_int_equal(rig_stats(&r).unowned, 1);
	assert_int_equal(rig_stats(&r).dead, 0);
	rig_end(&r);
}

/* ---- What happens to the function behind the driver's back ---- */

#define COMMAND		0x04
#define COMMAND_MEMORY	0x02u

/* P-30: nobody decodes the table, so it is not written; once somebody does, all is well. */
static void P_30_a_request_with_decoding_off_writes_nothing(void **state)
{
	uint32_t command;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 0, 0, &irq), UMSI_OK);
	command = mach_pci_peek(r.pci[0], COMMAND, 2);
	mach_pci_poke(r.pci[0], COMMAND, 2, command & ~COMMAND_MEMORY);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_EGONE);
	rig_settle(&r);
	mach_pci_poke(r.pci[0], COMMAND, 2, command);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_OK);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* P-103: an entry that somebody opened is masked before its message is written. */
static void P_103_an_entry_found_open_is_masked_first(void **state)
{
	unsigned char *entry;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 1, 1, &irq), UMSI_OK);
	entry = umsi_host_mmio_map(r.m, r.fn[0].bar[0].phys + 16, 16);
	assert_non_null(entry);
	umsi_hosted_mmio_write(entry + 12, 4, 0);
	umsi_host_mmio_unmap(r.m, entry, 16);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_OK);
	mach_pci_raise(r.pci[0], 1);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* ---- Sets of CPUs --------------------------------------------------------- */

static int move_to_set(struct rig *r, umsi_irq irq, uint64_t bits)
{
	return umsi_irq_set_affinity_wait(r->umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &bits, .nbits = RIG_CPUS } });
}

static void sets_that_nobody_names_are_given_back(void **state)
{
	struct rig r;
	umsi_irq irq;
	size_t blocks;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 0);
	assert_int_equal(move_to_set(&r, irq, 1), UMSI_OK);
	blocks = mach_live_blocks(r.m);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(move_to_set(&r, irq, 1 + i % 15), UMSI_OK);
	assert_true(mach_live_blocks(r.m) <= blocks + 1);
	rig_end(&r);
}

static void P_17_a_refused_allocation_keeps_no_set(void **state)
{
	struct umsi_irq_request_at at = { .first = 0, .last = 0 };
	uint64_t bits;
	struct rig r;
	umsi_irq irq;
	size_t blocks;

	(void)state;
	rig_start(&r, 1);
	rig_irq(&r, 0);
	blocks = mach_live_blocks(r.m);
	at.affinity.kind = UMSI_AFFINITY_SET;
	for (bits = 1; bits <= 15; bits++) {
		at.affinity.set = (struct umsi_cpuset){ .bits = &bits, .nbits = RIG_CPUS };
		assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_EEXIST);
	}
	assert_true(mach_live_blocks(r.m) <= blocks + 1);
	rig_end(&r);
}

/* ---- Destroying a table that others use ------------------------------------ */

struct duel {
	struct rig r;
	umsi_irq irq;
	bool in_handler, freeing, destroying;
	int freed, allocated, destroyed;
};

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

static enum umsi_handled slow_handler(void *arg)
{
	struct duel *d = arg;

	d->in_handler = true;
	mach_delay(d->r.m, 2000);
	return UMSI_HANDLED;
}

static void duel_free(void *arg)
{
	struct duel *d = arg;

	mach_wait(d->r.m, is_set, &d->in_handler);
	d->freeing = true;
	d->freed = umsi_irq_free(d->r.umsi, d->irq);
}

static void duel_destroy(void *arg)
{
	struct duel *d = arg;

	mach_wait(d->r.m, is_set, &d->freeing);
	mach_delay(d->r.m, 200);
	d->destroying = true;
	d->destroyed = umsi_table_destroy(d->r.table);
}

static void duel_alloc(void *arg)
{
	struct duel *d = arg;
	umsi_irq irq;

	mach_wait(d->r.m, is_set, &d->destroying);
	mach_delay(d->r.m, 200);
	d->allocated = rig_alloc(&d->r, 3, 3, &irq);
}

/* A free waits for its handler, a destroy for that free, and nothing new comes in. */
static void a_table_outlives_frees_under_way(void **state)
{
	static struct duel d;

	(void)state;
	memset(&d, 0, sizeof(d));
	rig_start(&d.r, 1);
	assert_int_equal(rig_alloc(&d.r, 0, 0, &d.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(d.r.umsi, d.irq, slow_handler, &d, "slow"), UMSI_OK);
	assert_int_equal(rig_move(&d.r, d.irq, 3), UMSI_OK);
	mach_pci_raise(d.r.pci[0], 0);
	mach_thread(d.r.m, 1, duel_free, &d);
	mach_thread(d.r.m, 0, duel_destroy, &d);
	mach_thread(d.r.m, 2, duel_alloc, &d);
	rig_settle(&d.r);
	assert_int_equal(d.freed, UMSI_OK);
	assert_int_equal(d.allocated, UMSI_ESTATE);
	assert_int_equal(d.destroyed, UMSI_OK);
	rig_end(&d.r);
}

/* ---- A queue entry that outlives the last slot ------------------------------ */

struct late_kick {
	struct rig r;
	umsi_irq first, second;
	bool triggered, over;
	bool outlived;			/* no slot was left and the record was still there */
};

static void kick_and_stay(void *arg)
{
	struct late_kick *k = arg;

	MACH_CHECK(k->r.m, umsi_irq_trigger(k->r.umsi, k->first) == UMSI_OK, "test", "trigger");
	k->triggered = true;
}

static void drain_until_over(void *arg)
{
	struct late_kick *k = arg;

	while (!k->over) {
		mach_irq_off(k->r.m);
		umsi_drain_point(k->r.umsi);
		mach_irq_on(k->r.m);
		mach_delay(k->r.m, 20);
	}
}

static void free_and_allocate_again(void *arg)
{
	struct late_kick *k = arg;
	struct umsi_irq_request_at at = { .first = 1, .last = 1 };

	mach_wait(k->r.m, is_set, &k->triggered);
	umsi_irq_free(k->r.umsi, k->first);
	for (uint32_t i = 0; i < 200 && rig_stats(&k->r).retiring; i++) {
		mach_delay(k->r.m, 20);
		umsi_reap(k->r.umsi);
	}
	k->outlived = !rig_stats(&k->r).retiring && rig_stats(&k->r).records;
	MACH_CHECK(k->r.m, umsi_irq_alloc(k->r.table, &at, &k->second) == UMSI_OK &&
		   umsi_irq_request(k->r.umsi, k->second, rig_handler, &k->r, "second") == UMSI_OK,
		   "test", "second interrupt");
	k->over = true;
}

/*
 * The kick stays in the store buffer of the CPU that triggered while the
 * target proves the slot quiet: the entry finds a dead record later, which
 * was nobody else's until then.
 */
static bool a_late_kick(uint64_t seed)
{
	static struct late_kick k;
	struct mach_chaos chaos = mach_chaos_none;

	memset(&k, 0, sizeof(k));
	chaos.burst = 4;
	chaos.leave_now = 192;
	chaos.leave_max = 30000;
	rig_machine(&k.r, &chaos, seed);
	rig_library(&k.r);
	rig_device(&k.r);
	assert_int_equal(rig_alloc(&k.r, 0, 0, &k.first), UMSI_OK);
	assert_int_equal(rig_move(&k.r, k.first, 1), UMSI_OK);
	assert_int_equal(umsi_irq_request(k.r.umsi, k.first, rig_handler, &k.r, "first"), UMSI_OK);
	mach_thread(k.r.m, 2, kick_and_stay, &k);
	mach_thread(k.r.m, 1, drain_until_over, &k);
	mach_thread(k.r.m, 3, free_and_allocate_again, &k);
	rig_settle(&k.r);
	/* Nobody raised or triggered the second. */
	if (k.outlived)
		assert_int_equal(k.r.calls, 0);
	for (uint32_t i = 0; i < 4 && rig_stats(&k.r).retiring; i++)
		drain_cpu(&k.r, 1);
	assert_int_equal(rig_stats(&k.r).records, 1);
	assert_int_equal(umsi_irq_trigger(k.r.umsi, k.second), UMSI_OK);
	k.r.calls = 0;
	rig_settle(&k.r);
	assert_int_equal(k.r.calls, 1);
	rig_end(&k.r);
	return k.outlived;
}

static void R13_a_queue_entry_outlives_the_last_slot(void **state)
{
	uint32_t outlived = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		outlived += a_late_kick(seed);
	assert_true(outlived > 0);
}

/* ---- R6: the look ----------------------------------------------------------- */

#define CROWD	48		/* more than one trap claims */

struct crowd {
	struct rig r;
	struct mach_pci *pci;
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[CROWD];
	bool held, raised, moved;
	uint32_t calls[CROWD];
};

static enum umsi_handled crowd_handler(void *arg)
{
	uint32_t *calls = arg;

	++*calls;
	mach_delay(mach_current(), 20);
	return UMSI_HANDLED;
}

static bool all_sent(void *arg)
{
	struct crowd *c = arg;
	uint32_t sent = 0;

	for (uint32_t i = 0; i < CROWD; i++)
		sent += mach_pci_sent(c->pci, i) > 0;
	return sent == CROWD;
}

/* Holds interrupts off until all are pending and one has moved away; then its marker goes first. */
static void crowd_target(void *arg)
{
	struct crowd *c = arg;

	mach_irq_off(c->r.m);
	c->held = true;
	mach_wait(c->r.m, is_set, &c->moved);
	umsi_drain_point(c->r.umsi);
	mach_irq_on(c->r.m);
}

static void crowd_mover(void *arg)
{
	struct crowd *c = arg;

	mach_wait(c->r.m, is_set, &c->held);
	for (uint32_t i = 0; i < CROWD; i++)
		mach_pci_raise(c->pci, i);
	mach_wait(c->r.m, all_sent, c);
	MACH_CHECK(c->r.m, rig_move(&c->r, c->irq[CROWD - 1], 2) == UMSI_OK, "test", "move");
	c->moved = true;
	for (uint32_t i = 0; i < 100; i++) {
		mach_delay(c->r.m, 20);
		umsi_reap(c->r.umsi);
	}
}

/* The marker was claimed, but the trap's budget left the retired slot's message pending. */
static void R6_a_claimed_marker_is_not_enough(void **state)
{
	static struct crowd c;
	struct umsi_msg last, msg;

	(void)state;
	memset(&c, 0, sizeof(c));
	rig_start(&c.r, 1);
	c.pci = wide_function(&c.r, CROWD, &c.dev, &c.table);
	for (uint32_t i = 0; i < CROWD; i++) {
		assert_int_equal(alloc_on(c.table, 1, &c.irq[i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(c.r.umsi, c.irq[i], crowd_handler, &c.calls[i], "x"),
				 UMSI_OK);
	}
	/* The lowest priority is claimed last: the highest identity. */
	umsi_irq_message(c.r.umsi, c.irq[CROWD - 1], &last);
	for (uint32_t i = 0; i + 1 < CROWD; i++) {
		umsi_irq_message(c.r.umsi, c.irq[i], &msg);
		assert_true(msg.data < last.data);
	}
	mach_thread(c.r.m, 1, crowd_target, &c);
	mach_thread(c.r.m, 0, crowd_mover, &c);
	rig_settle(&c.r);
	assert_int_equal(rig_stats(&c.r).unowned, 0);
	for (uint32_t i = 0; i < CROWD; i++)
		assert_int_equal(c.calls[i], 1);
	assert_int_equal(rig_stats(&c.r).retiring, 0);
	assert_int_equal(umsi_device_remove(c.dev), UMSI_OK);
	rig_end(&c.r);
}

/* ---- R9: the inbox ------------------------------------------------------------ */

static umsi_irq chain_irq[2];
static uint32_t chain_calls;

/* Its own entry goes into another CPU's inbox before this arrival is over. */
static enum umsi_handled requeueing_handler(void *arg)
{
	struct rig *r = arg;

	if (chain_calls++ == 0)
		MACH_CHECK(r->m, rig_move(r, chain_irq[0], 2) == UMSI_OK &&
			   umsi_irq_trigger(r->umsi, chain_irq[0]) == UMSI_OK, "test", "requeue");
	return UMSI_HANDLED;
}

static void trigger_both(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	for (uint32_t i = 0; i < 2; i++)
		MACH_CHECK(r->m, umsi_irq_trigger(r->umsi, chain_irq[i]) == UMSI_OK, "test", "trigger");
	mach_irq_on(r->m);
}

static void R9_the_rest_of_an_inbox_survives_a_requeue(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	chain_calls = 0;
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(rig_alloc(&r, i, i, &chain_irq[i]), UMSI_OK);
		assert_int_equal(rig_move(&r, chain_irq[i], 1), UMSI_OK);
		assert_int_equal(umsi_irq_request(r.umsi, chain_irq[i],
						  i ? rig_handler : requeueing_handler, &r, "x"), UMSI_OK);
	}
	mach_thread(r.m, 1, trigger_both, &r);
	rig_settle(&r);
	assert_int_equal(chain_calls, 2);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* ---- R7: the marker ------------------------------------------------------------ */

#define LEAVING	3

struct stalled {
	struct rig r;
	umsi_irq irq[LEAVING];
	bool over;
};

static void stalled_target(void *arg)
{
	struct stalled *s = arg;

	while (!s->over) {
		mach_irq_off(s->r.m);
		umsi_drain_point(s->r.umsi);
		mach_irq_on(s->r.m);
		mach_delay(s->r.m, 3);
	}
}

/* Event and off, one after the other: messages may still be on their way into the file when slots retire. */
static void raise_and_move(void *arg)
{
	struct stalled *s = arg;

	for (uint32_t round = 0; round < 20; round++) {
		for (uint32_t i = 0; i < LEAVING; i++) {
			mach_pci_raise(s->r.pci[0], i);
			rig_move(&s->r, s->irq[i], 0);
		}
		for (uint32_t i = 0; i < 60; i++) {
			mach_delay(s->r.m, 20);
			umsi_reap(s->r.umsi);
		}
		for (uint32_t i = 0; i < LEAVING; i++)
			rig_move(&s->r, s->irq[i], 1);
	}
	s->over = true;
}

/* The target is stalled anywhere, also between the marker and what it is to prove. */
static void R7_a_marker_proves_only_what_came_before(void **state)
{
	static struct stalled s;
	struct mach_chaos chaos = mach_chaos_none;

	(void)state;
	chaos.burst = 25;
	chaos.lag_now = 128;
	chaos.lag_max = 1500;
	for (uint64_t seed = 1; seed <= 4 * SEEDS; seed++) {
		memset(&s, 0, sizeof(s));
		rig_machine(&s.r, &chaos, seed);
		rig_library(&s.r);
		rig_device(&s.r);
		for (uint32_t i = 0; i < LEAVING; i++) {
			s.irq[i] = rig_irq(&s.r, i);
			assert_int_equal(rig_move(&s.r, s.irq[i], 1), UMSI_OK);
		}
		mach_thread(s.r.m, 1, stalled_target, &s);
		mach_thread(s.r.m, 2, raise_and_move, &s);
		rig_settle(&s.r);
		assert_int_equal(rig_stats(&s.r).unowned, 0);
		rig_end(&s.r);
	}
}

/* ---- Storms ---------------------------------------------------------------------- */

static void stray_soon(void *arg)
{
	struct rig *r = arg;

	mach_delay(r->m, 100 + mach_random(r->m, 500));
	mach_imsic_inject(r->m, 1, FIRST_ID);
}

static void allocate_soon(void *arg)
{
	struct rig *r = arg;
	umsi_irq irq;

	mach_delay(r->m, mach_random(r->m, 30));
	MACH_CHECK(r->m, alloc_on(r->table, 1, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, rig_handler, r, "x") == UMSI_OK, "test", "allocation");
}

/* A stray on the identity that is just being given out: shut or given, never both. */
static void a_slot_being_given_out_is_not_shut(void **state)
{
	struct mach_chaos chaos = mach_chaos_none;
	uint32_t shut = 0;
	struct rig r;

	(void)state;
	chaos.burst = 2;
	for (uint64_t seed = 1; seed <= 5 * SEEDS; seed++) {
		rig_machine(&r, &chaos, seed);
		r.config.storm_limit = 1;
		rig_library(&r);
		rig_device(&r);
		mach_thread(r.m, 0, stray_soon, &r);
		mach_thread(r.m, 2, allocate_soon, &r);
		rig_settle(&r);
		shut += (uint32_t)rig_stats(&r).quarantined;
		r.calls = 0;
		mach_pci_raise(r.pci[0], 0);
		rig_settle(&r);
		assert_int_equal(r.calls, 1);
		rig_end(&r);
	}
	assert_true(shut > 0 && shut < 5 * SEEDS);
}

/* ---- Bring-up ---------------------------------------------------------------------- */

static int stuck_status;

static void online_stuck(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	stuck_status = umsi_cpu_online(r->umsi, mach_cpu(r->m));
	mach_irq_on(r->m);
}

static void a_register_that_does_not_take_its_value_is_noticed(void **state)
{
	static const unsigned int regs[] = { 0x70, 0xc0 };
	struct rig r;

	(void)state;
	for (uint32_t i = 0; i < sizeof(regs) / sizeof(regs[0]); i++) {
		rig_machine(&r, &mach_chaos_none, 1);
		mach_imsic_stick(r.m, 1, regs[i]);
		r.offline = 1u << 1;
		rig_library(&r);
		mach_thread(r.m, 1, online_stuck, &r);
		rig_settle(&r);
		assert_int_equal(stuck_status, UMSI_EREFUSED);
		assert_false(umsi_cpu_is_online(r.umsi, 1));
		rig_end(&r);
	}
}

/* ---- R11: giving up --------------------------------------------------------- */

#define STREAM	40

static umsi_irq stream_irq;

/* The device never rests: each call has the next event arrive before it returns. */
static enum umsi_handled stream_handler(void *arg)
{
	struct rig *r = arg;

	r->last_cpu = mach_cpu(r->m);
	if (r->calls++ == 0)
		MACH_CHECK(r->m, rig_move(r, stream_irq, 2) == UMSI_OK, "test", "move");
	if (r->calls < STREAM) {
		mach_pci_raise(r->pci[0], 0);
		mach_delay(r->m, 300);
	}
	return UMSI_HANDLED;
}

static void R11_a_stream_does_not_hold_the_cpu_it_left(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 0, 0, &stream_irq), UMSI_OK);
	assert_int_equal(rig_move(&r, stream_irq, 1), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, stream_irq, stream_handler, &r, "s"), UMSI_OK);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.calls, STREAM);
	assert_int_equal(r.last_cpu, 2);
	assert_true(rig_stats(&r).handovers >= 1);
	rig_end(&r);
}

/* ---- Exhaustion and refusal -------------------------------------------------- */

/* P-44: a full CPU is an error, never another CPU. */
static void P_44_a_full_cpu_is_not_exchanged(void **state)
{
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t n = 0;
	umsi_irq irq, other;
	struct rig r;
	int status;

	(void)state;
	rig_start(&r, 1);
	wide_function(&r, 64, &dev, &table);
	while (!(status = alloc_on(table, 1, &irq))) {
		assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 1);
		n++;
	}
	assert_int_equal(status, UMSI_ENOSLOT);
	assert_int_equal(n, 63 - 8);
	assert_int_equal(alloc_on(table, 2, &other), UMSI_OK);
	assert_int_equal(rig_move(&r, other, 1), UMSI_ENOSLOT);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, other), 2);
	assert_int_equal(rig_stats(&r).moves_refused, 1);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);
}

/* P-63: a CPU without an interrupt file is passed over, or refused when named. */
static void P_63_a_cpu_without_a_file_is_no_target(void **state)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 },
	};
	umsi_irq irq;
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.files[2].phys = 0;
	rig_library(&r);
	rig_device(&r);
	/* It came online all the same; nothing was written where its file would be. */
	assert_true(umsi_cpu_is_online(r.umsi, 2));
	for (uint32_t id = 1; id <= 63; id++)
		assert_false(mach_imsic_enabled(r.m, 2, id));
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		assert_int_not_equal(umsi_irq_effective_cpu(r.umsi, rig_irq(&r, i)), 2);
	assert_int_equal(umsi_irq_free_range(r.table, 0, 1), 2);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_ENOCPU);
	irq = umsi_irq_at(r.table, 2);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_ENOCPU);
	assert_int_equal(move_to_set(&r, irq, 1u << 2), UMSI_ENOCPU);
	assert_int_equal(move_to_set(&r, irq, 1u << 2 | 1u << 3), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 3);
	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET,
		.set = { .bits = (const uint64_t[]){ 1u << 2 | 1u << 1 }, .nbits = RIG_CPUS } };
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 1);
	rig_end(&r);
}

struct store {
	struct umsi_msg msg;
	bool refuses;
};

static int store_write(void *arg, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct store *s = arg;

	(void)index;
	(void)cookie;
	if (s->refuses)
		return UMSI_EREFUSED;
	s->msg = *msg;
	return 1;
}

static int store_settle(void *arg, uint32_t index, uint64_t cookie)
{
	(void)arg;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops store_ops = {
	.name = "own", .number_name = "own_index", .write = store_write, .settle = store_settle,
};

/* P-52: a store that refuses a move leaves the old route live, and the new slot ages. */
static void P_52_a_refused_move_changes_nothing(void **state)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_irq_request_at at = { .last = 0 };
	struct store store = { .refuses = false };
	struct umsi_table *table;
	struct umsi_msg msg;
	umsi_irq irq;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &store_ops, &store, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(rig_move(&r, irq, 1), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "own"), UMSI_OK);
	store.refuses = true;
	assert_int_equal(rig_move(&r, irq, 3), UMSI_EREFUSED);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 1);
	assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
	assert_true(msg.address == store.msg.address && msg.data == store.msg.data);
	drain_cpu(&r, 3);
	assert_int_equal(rig_stats(&r).retiring, 1);
	mach_imsic_inject(r.m, 1, store.msg.data);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(M1_a_slot_of_a_removed_device_ages),
		cmocka_unit_test(R8_a_reaped_slot_is_unowned),
		cmocka_unit_test(R8_a_slot_given_back_is_unowned),
		cmocka_unit_test(P_30_a_request_with_decoding_off_writes_nothing),
		cmocka_unit_test(P_103_an_entry_found_open_is_masked_first),
		cmocka_unit_test(sets_that_nobody_names_are_given_back),
		cmocka_unit_test(P_17_a_refused_allocation_keeps_no_set),
		cmocka_unit_test(a_table_outlives_frees_under_way),
		cmocka_unit_test(R13_a_queue_entry_outlives_the_last_slot),
		cmocka_unit_test(R6_a_claimed_marker_is_not_enough),
		cmocka_unit_test(R9_the_rest_of_an_inbox_survives_a_requeue),
		cmocka_unit_test(R7_a_marker_proves_only_what_came_before),
		cmocka_unit_test(a_slot_being_given_out_is_not_shut),
		cmocka_unit_test(a_register_that_does_not_take_its_value_is_noticed),
		cmocka_unit_test(R11_a_stream_does_not_hold_the_cpu_it_left),
		cmocka_unit_test(P_44_a_full_cpu_is_not_exchanged),
		cmocka_unit_test(P_63_a_cpu_without_a_file_is_no_target),
		cmocka_unit_test(P_52_a_refused_move_changes_nothing),
	};

	return cmocka_run_group_tests_name("api scenarios", tests, NULL, NULL);
}
