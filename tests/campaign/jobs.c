/* SPDX-License-Identifier: MIT */
#include "jobs.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_US	100000

/* One process's part; it alone writes it. */
struct worker {
	struct totals totals;
	uint64_t running;		/* seed + 1, or 0 */
	uint64_t violations;
	uint32_t nviolated;
	uint64_t violated[JOBS_VIOLATIONS_MAX];
};

struct shared {
	uint64_t next;			/* the seed to begin next */
	uint64_t stop;			/* begin none any more */
	struct worker worker[JOBS_MAX];
};

static uint64_t seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

void totals_add(struct totals *sum, const struct totals *more)
{
	sum->runs += more->runs;
	sum->steps += more->steps;
	sum->moves += more->moves;
	sum->handled += more->handled;
	sum->reaped += more->reaped;
	sum->revived += more->revived;
	sum->handovers += more->handovers;
	sum->drains += more->drains;
	sum->hotplug += more->hotplug;
	sum->level_moves += more->level_moves;
	sum->intrusions += more->intrusions;
	sum->blocked += more->blocked;
	for (uint32_t i = 0; i < 3; i++)
		sum->unmasked[i] += more->unmasked[i];
	for (uint32_t i = 0; i < OVERLAPS; i++)
		for (uint32_t k = 0; k < OVERLAPS; k++)
			sum->met[i][k] += more->met[i][k];
	sum->naps += more->naps;
	sum->sleeps += more->sleeps;
	sum->suspends += more->suspends;
}

static void note_violation(const struct jobs *j, struct shared *s, struct worker *w, uint64_t seed)
{
	w->violations++;
	if (w->nviolated < JOBS_VIOLATIONS_MAX)
		w->violated[w->nviolated++] = seed;
	if (!j->keep_going)
		__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
}

static void work(const struct jobs *j, struct shared *s, struct worker *w, uint64_t end)
{
	uint64_t begun = seconds();

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		struct outcome out;
		struct run run = { 0 };
		uint64_t seed;

		if (j->budget_s && seconds() - begun >= j->budget_s)
			return;
		seed = __atomic_fetch_add(&s->next, 1, __ATOMIC_RELAXED);
		if (seed - j->first >= end)
			return;
		w->running = seed + 1;
		j->draw(j->arg, seed, &run);
		world_run(&run, &out, NULL, NULL);
		totals_add(&w->totals, &out.totals);
		if (!out.clean)
			note_violation(j, s, w, seed);
		w->running = 0;
	}
}

static void show(const struct jobs *j, const struct shared *s, unsigned int n)
{
	unsigned long long runs = 0, steps = 0, bad = 0;

	for (unsigned int i = 0; i < n; i++) {
		runs += s->worker[i].totals.runs;
		steps += s->worker[i].totals.steps;
		bad += s->worker[i].violations;
	}
	fprintf(stderr, "\r%llu of %llu seeds, %llu million steps, %llu violations ", runs,
		(unsigned long long)j->seeds, steps / 1000000, bad);
}

static int by_seed(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void collect(const struct jobs *j, const struct shared *s, unsigned int n, struct jobs_result *out)
{
	uint64_t all[JOBS_MAX * 4];
	uint32_t count = 0;

	*out = (struct jobs_result){ 0 };
	out->next = s->next - j->first < j->seeds ? s->next : j->first + j->seeds;
	for (unsigned int i = 0; i < n; i++) {
		const struct worker *w = &s->worker[i];

		totals_add(&out->totals, &w->totals);
		out->violations += w->violations;
		for (uint32_t k = 0; k < w->nviolated && count < sizeof(all) / sizeof(all[0]); k++)
			all[count++] = w->violated[k];
		/* It died there. */
		if (w->running) {
			out->violations++;
			out->crashed = true;
			all[count < sizeof(all) / sizeof(all[0]) ? count++ : 0] = w->running - 1;
		}
	}
	qsort(all, count, sizeof(all[0]), by_seed);
	for (uint32_t k = 0; k < count && k < JOBS_VIOLATIONS_MAX; k++)
		out->violated[out->nviolated++] = all[k];
}

static void wait_for_all(const struct jobs *j, const struct shared *s, unsigned int n)
{
	bool progress = j->progress && isatty(STDERR_FILENO);

	for (unsigned int left = n; left;) {
		if (!progress) {
			left -= wait(NULL) > 0;
			continue;
		}
		if (waitpid(-1, NULL, WNOHANG) > 0) {
			left--;
			continue;
		}
		show(j, s, n);
		usleep(POLL_US);
	}
	if (progress)
		fprintf(stderr, "\r%70s\r", "");
}

void jobs_run(const struct jobs *j, struct jobs_result *out)
{
	unsigned int n = j->jobs ? j->jobs : (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		abort();
	n = n > JOBS_MAX ? JOBS_MAX : n;
	n = j->seeds < n ? (unsigned int)j->seeds : n;
	s->next = j->first;
	fflush(stdout);
	for (unsigned int i = 0; i < n; i++) {
		pid_t child = fork();

		if (child < 0)
			abort();
		if (child == 0) {
			work(j, s, &s->worker[i], j->seeds);
			_exit(0);
		}
	}
	wait_for_all(j, s, n);
	collect(j, s, n, out);
	munmap(s, sizeof(*s));
}
