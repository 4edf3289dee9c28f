/* SPDX-License-Identifier: MIT */
/*
 * What is left out changes when everything else happens, so the same bug may
 * need another order of steps: each candidate is tried under several schedules,
 * and more of them as runs get short.
 */
#include "shrink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EFFORT_MOST	32

struct op {
	uint32_t actor, op;
};

struct attempt;

struct search {
	struct shrink *s;
	struct keep keep[2];		/* present and candidate */
	struct op *ops;			/* present */
	uint32_t count;
	uint32_t effort;		/* 1, 2, 4, ... */
	bool apart;			/* in a child */
	double spent;			/* by those before it, in seconds */
	struct attempt *attempt;	/* shared with a child */
};

static double seconds_of(int who)
{
	struct rusage use;

	getrusage(who, &use);
	return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
	       (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
}

/* Of the processor's time, so that what comes out does not depend on who else is at work. */
static bool out_of_time(const struct search *f)
{
	return f->spent + seconds_of(f->apart ? RUSAGE_SELF : RUSAGE_CHILDREN) >= f->s->seconds;
}

static void show(const struct search *f)
{
	if (f->s->progress && isatty(STDERR_FILENO))
		fprintf(stderr, "\rshrinking: %u operations, %u CPUs, %llu runs ", f->count, f->s->run.plan.ncpus,
			(unsigned long long)f->s->tries);
}

/* Few while runs are long; twice as many in each later round. */
static uint32_t schedules_for(const struct search *f, uint32_t operations)
{
	uint32_t n = operations > 200 ? 4 : operations > 40 ? 12 : operations > 12 ? 40 : 80;

	return n * f->effort;
}

/* What a child is doing; it may die at it. */
struct attempt {
	uint64_t schedule, tries;
	bool running, fails;
	struct outcome outcome;
};

static void attempt(const struct search *f, const struct run *wanted, uint32_t schedules)
{
	struct attempt *a = f->attempt;
	struct run run = *wanted;

	for (uint32_t i = 0; i <= schedules && !out_of_time(f); i++) {
		run.schedule = a->schedule = wanted->schedule + i;
		a->tries++;
		a->running = true;
		world_run(&run, &a->outcome, NULL, NULL);
		a->running = false;
		a->fails = !a->outcome.clean && !strcmp(a->outcome.violation, f->s->outcome.violation);
		if (a->fails)
			return;
	}
}

/* In a child, for a bug may well kill the process. */
static void attempt_apart(struct search *f, const struct run *run, uint32_t schedules)
{
	double spent = seconds_of(RUSAGE_CHILDREN);
	struct attempt *a = f->attempt;
	pid_t child;
	int status;

	memset(a, 0, sizeof(*a));
	fflush(stdout);
	child = fork();
	if (child < 0)
		abort();
	if (!child) {
		alarm(60);
		f->spent += spent;
		f->apart = true;
		attempt(f, run, schedules);
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (!a->running)
		return;
	memset(&a->outcome, 0, sizeof(a->outcome));
	snprintf(a->outcome.violation, sizeof(a->outcome.violation), "CRASH");
	snprintf(a->outcome.text, sizeof(a->outcome.text), "the process died of signal %d", WTERMSIG(status));
	a->fails = !strcmp(f->s->outcome.violation, "CRASH");
}

/* Does @run violate as before? Under some schedule; then @run keeps it. */
static bool fails(struct search *f, struct run *run, uint32_t operations)
{
	struct shrink *s = f->s;

	attempt_apart(f, run, schedules_for(f, operations));
	s->tries += f->attempt->tries;
	show(f);
	if (!f->attempt->fails)
		return false;
	run->schedule = f->attempt->schedule;
	s->outcome = f->attempt->outcome;
	return true;
}

/* ---- Fields of the plan ---- */

static bool try_value(struct search *f, const struct plan_field *field, uint32_t value)
{
	struct run run = f->s->run;

	if (plan_get(&run.plan, field) == value)
		return false;
	plan_set(&run.plan, field, value);
	if (!fails(f, &run, f->count))
		return false;
	f->s->run = run;
	return true;
}

/* Straight to the calmest, else by half of what is left, and by less where that fails. */
static bool calm_field(struct search *f, const struct plan_field *field)
{
	uint32_t value = plan_get(&f->s->run.plan, field), less;
	bool any = false;

	if (value == field->calm)
		return false;
	if (try_value(f, field, field->calm))
		return true;
	if (field->kind != PLAN_SIZE || value < field->calm)
		return false;
	for (less = (value - field->calm) / 2; less && !out_of_time(f);) {
		if (less < value - field->calm && try_value(f, field, value - less)) {
			value -= less;
			any = true;
		} else {
			less /= 2;
		}
	}
	return any;
}

static bool all_calm_at_once(struct search *f)
{
	struct run run = f->s->run;

	plan_calm(&run.plan);
	if (!memcmp(&run.plan, &f->s->run.plan, sizeof(run.plan)) || !fails(f, &run, f->count))
		return false;
	f->s->run = run;
	return true;
}

static bool calm_fields(struct search *f)
{
	bool any = all_calm_at_once(f);

	for (size_t i = 0; i < plan_field_count && !out_of_time(f); i++)
		if (plan_fields[i].kind == PLAN_WILD || plan_fields[i].kind == PLAN_SIZE)
			any |= calm_field(f, &plan_fields[i]);
	return any;
}

/* ---- Operations ---- */

static void to_keep(const struct op *ops, uint32_t count, struct keep *out)
{
	memset(out, 0, sizeof(*out));
	out->some = true;
	for (uint32_t i = 0; i < count; i++)
		out->bits[ops[i].actor][ops[i].op / 64] |= UINT64_C(1) << ops[i].op % 64;
}

/* Without operations [from, from + n). */
static bool try_without(struct search *f, uint32_t from, uint32_t n)
{
	struct op *left = malloc(f->count * sizeof(*left) + 1);
	struct run run = f->s->run;
	uint32_t count = 0;
	bool fail;

	if (!left)
		abort();
	for (uint32_t i = 0; i < f->count; i++)
		if (i < from || i >= from + n)
			left[count++] = f->ops[i];
	to_keep(left, count, &f->keep[1]);
	run.keep = &f->keep[1];
	fail = fails(f, &run, count);
	if (fail) {
		memcpy(f->ops, left, count * sizeof(*left));
		f->count = count;
		f->keep[0] = f->keep[1];
		f->s->run = run;
		f->s->run.keep = &f->keep[0];
	}
	free(left);
	return fail;
}

static bool drop_actors(struct search *f)
{
	bool any = false;

	for (uint32_t i = 0; i < f->count && !out_of_time(f);) {
		uint32_t n = 1;

		while (i + n < f->count && f->ops[i + n].actor == f->ops[i].actor)
			n++;
		if (try_without(f, i, n))
			any = true;
		else
			i += n;
	}
	return any;
}

/* Delta debugging by complements: chunks of half, a quarter, ..., one. */
static bool drop_operations(struct search *f)
{
	bool any = false;

	for (uint32_t n = f->count / 2; n && !out_of_time(f); n /= 2)
		for (uint32_t i = 0; i < f->count && !out_of_time(f);) {
			if (try_without(f, i, n))
				any = true;
			else
				i += n;
		}
	return any;
}

/* Every operation that was begun, by number: the same run, and no clock in it. */
static void list_operations(struct search *f)
{
	const uint64_t *begun = f->s->outcome.ops;
	uint64_t all = 0;

	for (uint32_t id = 0; id < ACTORS_MAX; id++)
		all += begun[id];
	f->ops = malloc(all * sizeof(*f->ops) + 1);
	if (!f->ops)
		abort();
	for (uint32_t id = 0; id < ACTORS_MAX; id++)
		for (uint32_t op = 0; op < begun[id]; op++) {
			const struct keep *k = f->s->run.keep;

			if (!k || !k->some || keep_has(k, id, op))
				f->ops[f->count++] = (struct op){ id, op };
		}
}

bool shrink(struct shrink *s)
{
	struct search *f = calloc(1, sizeof(*f));
	if (!f)
		abort();
	f->s = s;
	/* What came before is not its. */
	f->spent = -seconds_of(RUSAGE_CHILDREN);
	f->attempt = mmap(NULL, sizeof(*f->attempt), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (f->attempt == MAP_FAILED)
		abort();
	attempt_apart(f, &s->run, 0);
	s->outcome = f->attempt->outcome;
	if (s->outcome.clean) {
		free(f);
		return false;
	}
	list_operations(f);
	s->operations_before = f->count;
	to_keep(f->ops, f->count, &f->keep[0]);
	s->run.keep = &f->keep[0];
	for (f->effort = 1; f->effort <= EFFORT_MOST && !out_of_time(f);) {
		bool smaller = drop_actors(f);

		smaller |= calm_fields(f);
		smaller |= drop_operations(f);
		if (!smaller)
			f->effort *= 2;
	}
	if (s->progress && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%60s\r", "");
	s->keep = f->keep[0];
	s->run.keep = &s->keep;
	s->operations = f->count;
	munmap(f->attempt, sizeof(*f->attempt));
	free(f->ops);
	free(f);
	return true;
}
