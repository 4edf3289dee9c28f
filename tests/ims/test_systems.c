/* SPDX-License-Identifier: MIT */
/* Every system: many seeds, many events and moves, nothing lost, nothing leaked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "system.h"

#define SEEDS	60u
#define TURNS	120u

static void under_fire(void **state)
{
	for (size_t i = 0; system_at(i); i++) {
		const struct system *s = system_at(i);
		struct system_totals t = { 0 };

		(void)state;
		for (uint64_t seed = 1; seed <= SEEDS; seed++)
			assert_true(system_run(s, seed, TURNS, &t, NULL, NULL));
		printf("%s: events=%llu messages=%llu moves=%llu cycles=%llu\n", s->name, (unsigned long long)t.events,
		       (unsigned long long)t.messages, (unsigned long long)t.moves,
		       (unsigned long long)t.cycles);
		assert_int_equal(t.lost + t.leaked + t.violations, 0);
		assert_true(t.messages >= 10000);
		assert_true(t.moves >= 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(under_fire),
	};

	return cmocka_run_group_tests_name("device-defined stores at work", tests, NULL, NULL);
}
