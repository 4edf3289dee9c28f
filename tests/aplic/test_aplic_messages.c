/* SPDX-License-Identifier: MIT */
/* An APLIC's sources as messages to interrupt files, on the machine. */
#include "rig.h"

/* ---- Under fire ---- */

static uint64_t fire_seeds(uint64_t first, uint64_t seeds, bool later, bool hotplug, uint64_t *trips)
{
	uint64_t moves = 0;

	for (uint64_t seed = first; seed < first + seeds; seed++) {
		rig_fire(seed, false, later, hotplug);
		moves += rig.moves;
		*trips += rig.trips;
		rig_end();
	}
	return moves;
}

static void sources_that_move_under_fire_neither_storm_nor_die(void **state)
{
	uint64_t trips = 0, moves = fire_seeds(1, 250, false, false, &trips);

	(void)state;
	print_message("%llu moves\n", (unsigned long long)moves);
	assert_true(moves >= 10000);
}

static void drivers_may_answer_later(void **state)
{
	uint64_t trips = 0, moves = fire_seeds(1000, 120, true, false, &trips);

	(void)state;
	print_message("%llu moves\n", (unsigned long long)moves);
	assert_true(moves >= 4000);
}

/* What was on its way to a CPU that goes must be handled by somebody, or its line is dead. */
static void cpus_may_leave_meanwhile(void **state)
{
	uint64_t trips = 0, moves = fire_seeds(2000, 120, true, true, &trips);

	(void)state;
	print_message("%llu moves, %llu trips\n", (unsigned long long)moves, (unsigned long long)trips);
	assert_true(trips >= 120);
}

/* ---- One at a time ---- */

static void one_event_is_one_call(void **state)
{
	(void)state;
	rig_slow_events(false);
}

/* A line that is up before anybody listens raises no edge any more: it must be looked at. */
static void a_line_that_is_up_already_is_heard(void **state)
{
	(void)state;
	for (uint64_t loose = 0; loose < 2; loose++) {
		struct wire *w = &rig.wire[0];

		rig_begin(3, false, loose, &mach_chaos_none);
		rig_wires();
		assert_int_equal(umsi_irq_free(rig.umsi, w->irq), UMSI_OK);
		mach_aplic_line(rig.aplic, 7, true);
		*w = (struct wire){ .source = 7, .trigger = UMSI_TRIGGER_LEVEL_HIGH, .raised = 1 };
		rig_listen(w);
		rig_run();
		assert_int_equal(w->seen, 1);
		assert_int_equal(w->calls, 1);
		rig_end();
	}
}

/* ---- Moves cost one write; each is followed by an extempore message to the hart it left ---- */

static void move_one(void *arg)
{
	struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU };
	struct umsi_stats before, after;
	uint64_t extempore = mach_aplic_extempore(rig.aplic);
	uint32_t was = mach_aplic_target(rig.aplic, rig.wire[0].source);

	(void)arg;
	a.cpu = (umsi_irq_effective_cpu(rig.umsi, rig.wire[0].irq) + 1) % RIG_CPUS;
	umsi_stats_read(rig.umsi, &before);
	MACH_CHECK(rig.m, umsi_irq_set_affinity(rig.umsi, rig.wire[0].irq, &a) == UMSI_OK, "I-API", "move");
	umsi_stats_read(rig.umsi, &after);
	MACH_CHECK(rig.m, after.device_writes_for_moves - before.device_writes_for_moves == 1, "I-COST",
		   "device writes");
	MACH_CHECK(rig.m, mach_aplic_extempore(rig.aplic) == extempore + 1, "I-COST", "flushes");
	MACH_CHECK(rig.m, mach_aplic_target(rig.aplic, rig.wire[0].source) != was, "I-HW", "target");
	MACH_CHECK(rig.m, after.retriggers == before.retriggers, "I-COST", "replayed");
}

static void a_move_is_one_write_and_one_flush(void **state)
{
	(void)state;
	rig_begin(5, false, false, &mach_chaos_none);
	rig_wires();
	mach_thread(rig.m, 0, move_one, NULL);
	rig_run();
	rig_end();
}

/* ---- Power lost (P-59) ---- */

/* Modes before targets before enables, or the registers read zero; a line that came up meanwhile is heard. */
static void P_59_a_domain_that_lost_everything_is_written_again(void **state)
{
	(void)state;
	for (uint64_t loose = 0; loose < 2; loose++) {
		rig_begin(7, false, loose, &mach_chaos_none);
		rig_wires();
		assert_int_equal(umsi_device_lost(rig.dev), UMSI_OK);
		mach_aplic_reset(rig.aplic);
		rig_raise(&rig.wire[0]);
		assert_int_equal(umsi_irq_set_affinity(rig.umsi, rig.wire[5].irq, &(struct umsi_affinity){
			.kind = UMSI_AFFINITY_CPU, .cpu = 1 }), UMSI_EGONE);
		assert_int_equal(umsi_device_restore(rig.dev), UMSI_OK);
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			assert_true(mach_aplic_enabled(rig.aplic, rig.wire[i].source));
		mach_thread(rig.m, 1, rig_two_events_each, NULL);
		rig_run();
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			assert_int_equal(rig.wire[i].seen, rig.wire[i].raised);
		rig_end();
	}
}

/* ---- Refusals ---- */

static int create(const struct umsi_aplic_config *config)
{
	return umsi_aplic_messages_create(rig.dev, config, &rig.table);
}

static void wrong_configurations_are_refused(void **state)
{
	struct umsi_aplic_config c = rig_config;

	(void)state;
	rig_begin(1, false, false, &mach_chaos_none);
	assert_int_equal(umsi_aplic_messages_create(NULL, &c, &rig.table), UMSI_EINVAL);
	assert_int_equal(create(NULL), UMSI_EINVAL);
	c.phys += 0x10;
	assert_int_equal(create(&c), UMSI_EINVAL);
	c = rig_config;
	c.sources = 0;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c.sources = 1024;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c = rig_config;
	c.bytes = 0x3000;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c = rig_config;
	c.guest_index_bits = 7;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c = rig_config;
	c.hart_index_bits = 8;
	c.group_index_bits = 7;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c = rig_config;
	c.group_index_shift = 20;
	assert_int_equal(create(&c), UMSI_ERANGE);
	c = rig_config;
	c.base |= 0x1000;
	assert_int_equal(create(&c), UMSI_EINVAL);
	rig_end();
}

static void no_memory_leaves_nothing(void **state)
{
	(void)state;
	rig_begin(1, false, false, &mach_chaos_none);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		size_t blocks = mach_live_blocks(rig.m);

		mach_fail_alloc(rig.m, nth, false);
		assert_int_equal(create(&rig_config), UMSI_ENOMEM);
		assert_int_equal(mach_live_blocks(rig.m), blocks);
	}
	mach_fail_alloc(rig.m, 0, false);
	rig_end();
}

static void a_domain_that_only_delivers_directly_is_refused(void **state)
{
	struct mach_aplic_config other = { .phys = RIG_PHYS + 0x100000, .sources = 8, .direct = true };
	struct umsi_aplic_config c = rig_config;

	(void)state;
	rig_begin(1, false, false, &mach_chaos_none);
	mach_aplic_add(rig.m, &other);
	c.phys = other.phys;
	c.sources = 8;
	assert_int_equal(create(&c), UMSI_ENOTSUP);
	rig_end();
}

static int request(uint32_t source, unsigned int trigger, umsi_irq *irq)
{
	struct umsi_irq_request_at at = { .first = source, .last = source, .trigger = (uint8_t)trigger };

	assert_int_equal(umsi_irq_alloc(rig.table, &at, irq), UMSI_OK);
	return umsi_irq_request(rig.umsi, *irq, (umsi_handler)(uintptr_t)1, NULL, "x");
}

/* Firmware gave source 2 to a child domain; source 3 has no wire; 0 does not exist. */
static void what_is_not_ours_is_left_alone(void **state)
{
	const uint32_t delegated = 1u << 10 | 3;
	umsi_irq irq;

	(void)state;
	rig_begin(1, false, false, &mach_chaos_none);
	mach_aplic_poke_sourcecfg(rig.aplic, 2, delegated);
	mach_aplic_unwire(rig.aplic, 3);
	assert_int_equal(create(&rig_config), UMSI_OK);
	assert_int_equal(mach_aplic_sourcecfg(rig.aplic, 2), delegated);
	assert_int_equal(request(2, UMSI_TRIGGER_LEVEL_HIGH, &irq), UMSI_EREFUSED);
	assert_int_equal(request(3, UMSI_TRIGGER_LEVEL_HIGH, &irq), UMSI_EREFUSED);
	assert_int_equal(request(0, UMSI_TRIGGER_LEVEL_HIGH, &irq), UMSI_EREFUSED);
	assert_int_equal(request(4, UMSI_TRIGGER_NONE, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_table_destroy(rig.table), UMSI_OK);
	assert_int_equal(mach_aplic_sourcecfg(rig.aplic, 2), delegated);
	assert_int_equal(mach_aplic_sourcecfg(rig.aplic, 4), 0);
	rig_end();
}

/* Told of one group only, it can say nothing that reaches the other's harts. */
static void a_message_out_of_reach_is_refused_and_changes_nothing(void **state)
{
	struct umsi_affinity far = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 };
	struct umsi_irq_request_at at = { .first = 9, .last = 9, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_aplic_config c = rig_config;
	uint32_t target;
	umsi_irq irq;

	(void)state;
	c.group_index_bits = 0;
	rig_begin(1, false, false, &mach_chaos_none);
	assert_int_equal(create(&c), UMSI_OK);
	at.affinity = far;
	assert_int_equal(umsi_irq_alloc(rig.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, (umsi_handler)(uintptr_t)1, NULL, "x"), UMSI_ERANGE);
	assert_false(mach_aplic_enabled(rig.aplic, 9));
	assert_int_equal(umsi_irq_free(rig.umsi, irq), UMSI_OK);

	at.affinity.cpu = 0;
	assert_int_equal(umsi_irq_alloc(rig.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, (umsi_handler)(uintptr_t)1, NULL, "x"), UMSI_OK);
	target = mach_aplic_target(rig.aplic, 9);
	assert_int_equal(umsi_irq_set_affinity(rig.umsi, irq, &far), UMSI_ERANGE);
	assert_int_equal(mach_aplic_target(rig.aplic, 9), target);
	assert_int_equal(umsi_irq_effective_cpu(rig.umsi, irq), 0);
	assert_true(mach_aplic_enabled(rig.aplic, 9));
	rig_end();
}

/* It never says that its extempore message has left: the move is done, what it proves is nothing. */
static void stalled_move(void *arg)
{
	struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU, .cpu = *(umsi_cpu *)arg };

	mach_aplic_stall(rig.aplic, true);
	MACH_CHECK(rig.m, umsi_irq_set_affinity(rig.umsi, rig.wire[0].irq, &a) == UMSI_EGONE, "I-API", "stalled");
	MACH_CHECK(rig.m, umsi_irq_effective_cpu(rig.umsi, rig.wire[0].irq) == a.cpu, "I-API", "target");
	mach_aplic_stall(rig.aplic, false);
}

static void a_flush_that_never_ends_is_given_up(void **state)
{
	umsi_cpu to;

	(void)state;
	rig_begin(1, false, false, &mach_chaos_none);
	rig_wires();
	to = (umsi_irq_effective_cpu(rig.umsi, rig.wire[0].irq) + 1) % RIG_CPUS;
	mach_thread(rig.m, 0, stalled_move, &to);
	rig_run();
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_is_one_call),
		cmocka_unit_test(a_line_that_is_up_already_is_heard),
		cmocka_unit_test(a_move_is_one_write_and_one_flush),
		cmocka_unit_test(P_59_a_domain_that_lost_everything_is_written_again),
		cmocka_unit_test(wrong_configurations_are_refused),
		cmocka_unit_test(no_memory_leaves_nothing),
		cmocka_unit_test(a_domain_that_only_delivers_directly_is_refused),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
		cmocka_unit_test(a_message_out_of_reach_is_refused_and_changes_nothing),
		cmocka_unit_test(a_flush_that_never_ends_is_given_up),
		cmocka_unit_test(sources_that_move_under_fire_neither_storm_nor_die),
		cmocka_unit_test(drivers_may_answer_later),
		cmocka_unit_test(cpus_may_leave_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
