/* SPDX-License-Identifier: MIT */
/* An APLIC that delivers directly, as a root, on the machine. */
#include "rig.h"

/* ---- Under fire ---- */

static void fire_seeds(uint64_t first, uint64_t seeds, bool later, bool hotplug, uint64_t *moves, uint64_t *trips,
		       uint64_t *merged)
{
	for (uint64_t seed = first; seed < first + seeds; seed++) {
		struct umsi_stats s;

		rig_fire(seed, true, later, hotplug);
		umsi_stats_read(rig.umsi, &s);
		*moves += rig.moves;
		*trips += rig.trips;
		*merged += s.merged;
		/* Claims that find the handler running: one for each call at most, and one for each move. */
		assert_true(s.merged <= s.handled + s.moves);
		rig_end();
	}
}

static void sources_that_move_under_fire_neither_storm_nor_die(void **state)
{
	uint64_t moves = 0, trips = 0, merged = 0;

	(void)state;
	fire_seeds(1, 250, false, false, &moves, &trips, &merged);
	print_message("%llu moves, %llu claims while the handler ran\n", (unsigned long long)moves,
		      (unsigned long long)merged);
	assert_true(moves >= 10000);
}

static void drivers_may_answer_later(void **state)
{
	uint64_t moves = 0, trips = 0, merged = 0;

	(void)state;
	fire_seeds(1000, 120, true, false, &moves, &trips, &merged);
	print_message("%llu moves\n", (unsigned long long)moves);
	assert_true(moves >= 4000);
}

static void cpus_may_leave_meanwhile(void **state)
{
	uint64_t moves = 0, trips = 0, merged = 0;

	(void)state;
	fire_seeds(2000, 120, true, true, &moves, &trips, &merged);
	print_message("%llu moves, %llu trips\n", (unsigned long long)moves, (unsigned long long)trips);
	assert_true(trips >= 120);
}

/* ---- One at a time ---- */

static void one_event_is_one_call(void **state)
{
	(void)state;
	rig_slow_events(true);
}

static void a_line_that_is_up_already_is_heard(void **state)
{
	(void)state;
	for (uint64_t loose = 0; loose < 2; loose++) {
		struct wire *w = &rig.wire[0];

		rig_begin(3, true, loose, &mach_chaos_none);
		rig_wires();
		assert_int_equal(umsi_irq_free(rig.umsi, w->irq), UMSI_OK);
		if (loose)
			mach_aplic_line(rig.aplic, 7, false);
		*w = (struct wire){ .source = 7, .trigger = UMSI_TRIGGER_LEVEL_LOW, .raised = 1 };
		rig_listen(w);
		mach_aplic_line(rig.aplic, 7, true);
		mach_aplic_line(rig.aplic, 7, false);
		rig_run();
		assert_int_equal(w->seen, 1);
		rig_end();
	}
}

/* ---- Freed sources ---- */

/* Frees and takes the same source again and again, on a CPU that takes it; others sleep. */
static void churn(void *arg)
{
	struct wire *w = &rig.wire[0];

	(void)arg;
	for (uint32_t i = 0; i < 30; i++) {
		struct umsi_irq_request_at at = { .first = w->source, .last = w->source,
						  .trigger = (uint8_t)w->trigger };

		MACH_CHECK(rig.m, umsi_irq_free(rig.umsi, w->irq) == UMSI_OK, "I-API", "free");
		MACH_CHECK(rig.m, umsi_irq_alloc(rig.table, &at, &w->irq) == UMSI_OK, "I-API", "alloc again");
		MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, w->irq, rig_handler, w, "again") == UMSI_OK, "I-API",
			   "request");
		mach_delay(rig.m, mach_random(rig.m, 200));
	}
	rig.owners_left--;
}

static void shake(void *arg)
{
	struct wire *w = &rig.wire[0];

	(void)arg;
	while (rig.owners_left) {
		if (w->seen == w->raised)
			rig_raise(w);
		mach_delay(rig.m, mach_random(rig.m, 50));
	}
}

static void a_freed_source_can_be_had_again(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		rig_begin(seed, true, seed & 1, NULL);
		rig_wires();
		rig.owners_left = 1;
		mach_thread(rig.m, (umsi_cpu)(seed % RIG_CPUS), churn, NULL);
		mach_thread(rig.m, (umsi_cpu)((seed + 1) % RIG_CPUS), shake, NULL);
		rig_run();
		assert_int_equal(rig.wire[0].seen, rig.wire[0].raised);
		rig_end();
	}
}

static void a_taken_source_is_refused(void **state)
{
	struct umsi_irq_request_at at = { .first = 1, .last = 1, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_table *other;
	umsi_irq irq;

	(void)state;
	rig_begin(1, true, false, &mach_chaos_none);
	rig_wires();
	assert_int_equal(umsi_irq_alloc(rig.table, &at, &irq), UMSI_EEXIST);
	assert_int_equal(umsi_aplic_direct_wires(rig.dev, &other), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(other, &at, &irq), UMSI_EEXIST);
	at.first = at.last = 0;
	assert_int_equal(umsi_irq_alloc(other, &at, &irq), UMSI_ERANGE);
	rig_end();
}

/* ---- IPIs ---- */

#define IPIS	3

static uint32_t seen[IPIS][RIG_CPUS];

static void on_ipi(void *arg, umsi_cpu cpu)
{
	((uint32_t *)arg)[cpu]++;
}

/* Each sender has its own, all send to one CPU: signals meet while iforce is being cleared. */
static void send_ipis(void *arg)
{
	uint32_t *mine = arg;
	uint32_t ipi = (uint32_t)(mine - seen[0]) / RIG_CPUS;

	for (uint32_t i = 0; i < 60; i++) {
		umsi_cpu to = i / 20 % RIG_CPUS;
		uint32_t before = mine[to];
		uint64_t until = mach_steps(rig.m) + 20000;

		MACH_CHECK(rig.m, umsi_aplic_ipi_send(rig.root, ipi, to) == UMSI_OK, "I-API", "send");
		while (mine[to] == before) {
			MACH_CHECK(rig.m, mach_steps(rig.m) < until, "I-CONS", "an IPI was lost");
			mach_delay(rig.m, 3);
		}
	}
	rig.owners_left--;
}

/* While sources are claimed, which clears iforce as well. */
static void ipis_arrive_among_claims(void **state)
{
	uint32_t ipi;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		memset(seen, 0, sizeof(seen));
		rig_begin(seed, true, seed & 1, NULL);
		rig_wires();
		for (uint32_t i = 0; i < IPIS; i++) {
			assert_int_equal(umsi_aplic_ipi_add(rig.root, on_ipi, seen[i], &ipi), UMSI_OK);
			assert_int_equal(ipi, i);
			mach_thread(rig.m, 1 + i % (RIG_CPUS - 1), send_ipis, seen[i]);
		}
		rig.owners_left = IPIS;
		if (seed % 4 == 0)
			mach_thread(rig.m, 0, shake, NULL);
		rig_run();
		rig_end();
	}
}

static void wrong_ipis_are_refused(void **state)
{
	uint32_t ipi;

	(void)state;
	rig_begin(1, true, false, &mach_chaos_none);
	assert_int_equal(umsi_aplic_ipi_send(rig.root, 0, 0), UMSI_ERANGE);
	assert_int_equal(umsi_aplic_ipi_send(NULL, 0, 0), UMSI_EINVAL);
	assert_int_equal(umsi_aplic_ipi_add(rig.root, NULL, NULL, &ipi), UMSI_EINVAL);
	assert_int_equal(umsi_aplic_ipi_add(rig.root, on_ipi, NULL, NULL), UMSI_EINVAL);
	for (uint32_t i = 0; i < UMSI_APLIC_IPIS_MAX; i++)
		assert_int_equal(umsi_aplic_ipi_add(rig.root, on_ipi, seen[0], &ipi), UMSI_OK);
	assert_int_equal(umsi_aplic_ipi_add(rig.root, on_ipi, seen[0], &ipi), UMSI_ENOSLOT);
	assert_int_equal(umsi_aplic_ipi_send(rig.root, 0, RIG_CPUS), UMSI_ERANGE);
	rig_end();
}

/* ---- Power lost ---- */

static void lose_power(void *arg)
{
	(void)arg;
	MACH_CHECK(rig.m, umsi_suspend(rig.umsi) == UMSI_OK, "I-API", "suspend");
	mach_delay(rig.m, 200);
	mach_irq_off(rig.m);
	mach_aplic_reset(rig.aplic);
	MACH_CHECK(rig.m, umsi_cpu_restore(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "restore");
	mach_irq_on(rig.m);
	MACH_CHECK(rig.m, umsi_resume(rig.umsi) == UMSI_OK, "I-API", "resume");
	rig.owners_left--;
}

static void restore_cpu(void *arg)
{
	(void)arg;
	while (rig.owners_left)
		mach_delay(rig.m, 10);
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_restore(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "restore");
	mach_irq_on(rig.m);
}

static void P_59_a_domain_that_lost_everything_is_written_again(void **state)
{
	(void)state;
	for (uint64_t loose = 0; loose < 2; loose++) {
		rig_begin(9, true, loose, &mach_chaos_none);
		rig_wires();
		rig.owners_left = 1;
		mach_thread(rig.m, 0, lose_power, NULL);
		for (umsi_cpu cpu = 1; cpu < RIG_CPUS; cpu++)
			mach_thread(rig.m, cpu, restore_cpu, NULL);
		rig_run();
		mach_thread(rig.m, 1, rig_two_events_each, NULL);
		rig_run();
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			assert_int_equal(rig.wire[i].seen, rig.wire[i].raised);
		rig_end();
	}
}

/* ---- Creation ---- */

static void wrong_configurations_are_refused(void **state)
{
	uint32_t index[RIG_CPUS] = { 0, 1, 2, 3 };
	struct mach_aplic_config messages = { .phys = RIG_PHYS + 0x100000, .sources = 8 };
	struct umsi_aplic_config good = rig_config, c;
	struct umsi_domain *other;

	(void)state;
	rig_begin(1, true, false, &mach_chaos_none);
	good.hart_index = index;
	c = good;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_EEXIST);
	assert_int_equal(umsi_aplic_direct_destroy(rig.root), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(rig.dev), UMSI_OK);
	assert_int_equal(umsi_aplic_direct_destroy(rig.root), UMSI_OK);
	c.hart_index = NULL;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_EINVAL);
	c = good;
	c.phys |= 4;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_EINVAL);
	c = good;
	c.sources = 1024;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_ERANGE);
	c = good;
	c.bytes = 0x4060;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_ERANGE);
	c = good;
	index[2] = 1;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_EINVAL);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		index[i] = UMSI_APLIC_NO_HART;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_EINVAL);
	index[0] = 0;
	mach_aplic_add(rig.m, &messages);
	c.phys = messages.phys;
	c.sources = 8;
	assert_int_equal(umsi_aplic_direct_create(rig.umsi, &c, &other), UMSI_ENOTSUP);
	for (uint64_t nth = 1; nth <= 3; nth++) {
		mach_fail_alloc(rig.m, nth, false);
		assert_int_equal(umsi_aplic_direct_create(rig.umsi, &good, &other), UMSI_ENOMEM);
	}
	mach_fail_alloc(rig.m, 0, false);
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	assert_true(mach_check_leaks(rig.m));
	mach_destroy(rig.m);
}

static int request(uint32_t source, unsigned int trigger)
{
	struct umsi_irq_request_at at = { .first = source, .last = source, .trigger = (uint8_t)trigger };
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(rig.table, &at, &irq), UMSI_OK);
	return umsi_irq_request(rig.umsi, irq, rig_handler, &rig.wire[0], "x");
}

static void what_is_not_ours_is_left_alone(void **state)
{
	const uint32_t delegated = 1u << 10 | 3;

	(void)state;
	rig_begin(1, true, false, &mach_chaos_none);
	mach_aplic_poke_sourcecfg(rig.aplic, 2, delegated);
	mach_aplic_unwire(rig.aplic, 3);
	assert_int_equal(umsi_aplic_direct_wires(rig.dev, &rig.table), UMSI_OK);
	assert_int_equal(request(2, UMSI_TRIGGER_LEVEL_HIGH), UMSI_EREFUSED);
	assert_int_equal(request(3, UMSI_TRIGGER_LEVEL_HIGH), UMSI_EREFUSED);
	assert_int_equal(request(4, UMSI_TRIGGER_NONE), UMSI_EINVAL);
	assert_int_equal(mach_aplic_sourcecfg(rig.aplic, 2), delegated);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_is_one_call),
		cmocka_unit_test(a_line_that_is_up_already_is_heard),
		cmocka_unit_test(a_taken_source_is_refused),
		cmocka_unit_test(wrong_ipis_are_refused),
		cmocka_unit_test(P_59_a_domain_that_lost_everything_is_written_again),
		cmocka_unit_test(wrong_configurations_are_refused),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
		cmocka_unit_test(ipis_arrive_among_claims),
		cmocka_unit_test(a_freed_source_can_be_had_again),
		cmocka_unit_test(sources_that_move_under_fire_neither_storm_nor_die),
		cmocka_unit_test(drivers_may_answer_later),
		cmocka_unit_test(cpus_may_leave_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
