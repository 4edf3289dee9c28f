/* SPDX-License-Identifier: MIT */
/* test_<name> PATTERN runs the tests whose names match, with * and ? as in a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* glibc hands main()'s arguments to constructors too, so that no test program has to. */
__attribute__((constructor)) static void take_pattern(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
}
