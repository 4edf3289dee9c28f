/* SPDX-License-Identifier: MIT */
/* Every system: many seeds, many events and moves, nothing lost, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "system.h"

#define SEEDS	10u		/* at least */
#define CHURNS	3u		/* whole tables: many more turns in a seed's */
#define MESSAGES	10000u
#define TURNS	120u

static void run(const struct system *s, uint64_t seeds, struct system_totals *t)
{
	while (t->seeds < seeds || t->messages < MESSAGES)
		assert_true(system_run(s, t->seeds + 1, TURNS, t, NULL, NULL));
	printf("%s: seeds=%llu events=%llu messages=%llu moves=%llu cycles=%llu\n", s->name, (unsigned long long)t->seeds, (unsigned long long)t->events,
	       (unsigned long long)t->messages, (unsigned long long)t->moves, (unsigned long long)t->cycles);
	assert_int_equal(t->lost + t->leaked + t->violations, 0);
	assert_true(t->moves >= 1000);
}

static void under_fire(void **state)
{
	(void)state;
	for (size_t i = 0; system_at(i); i++) {
		const struct system *s = system_at(i);
		struct system_totals t = { 0 };

		if (s->work == system_churn)
			continue;
		run(s, SEEDS, &t);
		assert_true(t.faults > SEEDS);
		assert_true(s->aside != system_owner || t.revoked > 5 * SEEDS);
		assert_true(s->aside != system_intruder || t.intrusions > 10 * SEEDS);
		assert_int_equal(t.intrusions, t.blocked);
	}
}

/* The whole of it, 100,000 cycles: umsi demo churn --cycles 100000. */
static void tables_of_every_kind_on_one_device(void **state)
{
	(void)state;
	for (size_t i = 0; system_at(i); i++) {
		const struct system *s = system_at(i);
		struct system_totals t = { 0 };

		if (s->work != system_churn)
			continue;
		run(s, CHURNS, &t);
		assert_true(t.cycles > CHURNS * TURNS);
		assert_true(t.most_at_once > 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_fire),
		cmocka_unit_test(tables_of_every_kind_on_one_device),
	};

	return cmocka_run_group_tests_name("device-defined stores at work", tests, NULL, NULL);
}
