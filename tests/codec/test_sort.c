/* SPDX-License-Identifier: MIT */
/* Numbers put in order, whatever order and repetitions they come in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "codec/sort.h"

#define MAX	300u

static uint64_t next(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void every_length_is_sorted_and_nothing_is_lost(void **state)
{
	uint64_t a[MAX + 1], x = 1;

	(void)state;
	for (uint32_t n = 0; n <= MAX; n++) {
		uint64_t sum = 0, after = 0;

		for (uint32_t i = 0; i < n; i++)
			sum += a[i] = n % 3 ? next(&x) : next(&x) % 7;
		a[n] = 0x5a5a;
		umsi_sort64(a, n);
		for (uint32_t i = 0; i < n; i++) {
			after += a[i];
			assert_true(!i || a[i - 1] <= a[i]);
		}
		assert_true(sum == after);
		assert_true(a[n] == 0x5a5a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_is_sorted_and_nothing_is_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
