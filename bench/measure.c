/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <valgrind/callgrind.h>

#define BATCHES_MAX	4096

static double batch_ns[BATCHES_MAX];
static uint32_t batches;
static uint64_t ops_total;
static const char *current;
static struct timespec began;
static char **filters;

bool bench_quick;

static double since_ns(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - from->tv_sec) * 1e9 + (double)(now.tv_nsec - from->tv_nsec);
}

void bench_begin(const char *name)
{
	if (current && strcmp(current, name)) {
		fprintf(stderr, "%s was not reported\n", current);
		exit(1);
	}
	if (!current)
		CALLGRIND_START_INSTRUMENTATION;
	current = name;
	bench_locks = 0;
	bench_mutexes = 0;
	clock_gettime(CLOCK_MONOTONIC, &began);
	CALLGRIND_TOGGLE_COLLECT;
}

void bench_end(uint64_t ops)
{
	double ns;

	CALLGRIND_TOGGLE_COLLECT;
	ns = since_ns(&began);
	ops_total += ops;
	if (batches < BATCHES_MAX)
		batch_ns[batches++] = ns / (double)ops;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void bench_report(const char *parameter)
{
	char label[160];

	qsort(batch_ns, batches, sizeof(batch_ns[0]), by_value);
	printf("CASE\t%s\t%s\t%llu\t%.1f\n", current, parameter, (unsigned long long)ops_total,
	       batch_ns[batches / 2]);
	fflush(stdout);
	snprintf(label, sizeof(label), "%s|%s|%llu", current, parameter, (unsigned long long)ops_total);
	CALLGRIND_DUMP_STATS_AT(label);
	CALLGRIND_STOP_INSTRUMENTATION;
	current = NULL;
	batches = 0;
	ops_total = 0;
}

void bench_figure(const char *name, const char *parameter, double value, const char *unit)
{
	printf("FIGURE\t%s\t%s\t%.6g\t%s\n", name, parameter, value, unit);
	fflush(stdout);
}

const char *bench_text(const char *format, ...)
{
	static char text[4][80];
	static unsigned int next;
	char *at = text[next++ % 4];
	va_list args;

	va_start(args, format);
	vsnprintf(at, sizeof(text[0]), format, args);
	va_end(args);
	return at;
}

bool bench_wanted(const char *name)
{
	if (!*filters)
		return true;
	for (char **f = filters; *f; f++)
		if (strstr(name, *f) || strstr(*f, name))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	filters = argv + 1;
	if (argc > 1 && !strcmp(argv[1], "--quick")) {
		bench_quick = true;
		filters++;
	}
	bench_slots();
	bench_ids();
	bench_life();
	bench_move();
	bench_rebalance();
	bench_memory();
	bench_scale();
	bench_sharing();
	return 0;
}
