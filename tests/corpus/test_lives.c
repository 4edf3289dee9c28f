/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about interrupts that come and go while others look. */
#include "rig.h"

#include <stdlib.h>

#define ENTRIES	16u

/* Runs of the tests that look for an interleaving; SEEDS=n in the environment: more. */
static uint64_t seeds(void)
{
	const char *n = getenv("SEEDS");

	return n ? strtoull(n, NULL, 0) : 300;
}

/* ---- P-01 ---- */

static struct {
	struct function *f;
	uint32_t working;
	uint64_t seen, stale, lines;
} walk;

static void alloc_and_free(void *arg)
{
	uint32_t first = (uint32_t)(uintptr_t)arg;

	for (uint32_t n = 0; n < 40; n++) {
		struct line *l = &walk.f->line[first + mach_random(rig.m, ENTRIES / 2)];

		if (rig_alloc(walk.f, l->index, (umsi_cpu)mach_random(rig.m, 4)) == UMSI_OK && mach_random(rig.m, 2))
			MACH_CHECK(rig.m, rig_request(l) == UMSI_OK, "I-API", "request");
		l = &walk.f->line[first + mach_random(rig.m, ENTRIES / 2)];
		if (l->irq)
			rig_free(l);
		l->irq = UMSI_IRQ_NONE;
	}
	walk.working--;
}

/* A line about an interrupt names an index of the table, or tells that it is dead. */
static void check_line(void *arg, const char *line)
{
	const char *at = strstr(line, "msix_index=");

	(void)arg;
	if (!strstr(line, "irq=") || !strstr(line, "gen="))
		return;
	walk.lines++;
	MACH_CHECK(rig.m, at ? strtoul(at + 11, NULL, 10) < ENTRIES : strstr(line, "slots_left=") != NULL, "I-API",
		   "dump: %s", line);
}

static void look_at(uint32_t index)
{
	umsi_irq irq = umsi_irq_at(walk.f->table, index);
	struct umsi_irq_stats st;
	uint32_t answer;
	umsi_cpu cpu;

	if (irq == UMSI_IRQ_NONE)
		return;
	mach_delay(rig.m, mach_random(rig.m, 60));
	if (umsi_irq_index(rig.umsi, irq, &answer) == UMSI_OK) {
		MACH_CHECK(rig.m, answer == index, "I-API", "index %u answers for %u", answer, index);
		walk.seen++;
	} else {
		walk.stale++;
	}
	umsi_irq_stats_read(rig.umsi, irq, &st);
	cpu = umsi_irq_effective_cpu(rig.umsi, irq);
	MACH_CHECK(rig.m, cpu < rig.cpus || cpu == UMSI_CPU_NONE, "I-API", "cpu %u", cpu);
}

static void read_all(void *arg)
{
	(void)arg;
	while (walk.working) {
		for (uint32_t i = 0; i < ENTRIES; i++)
			look_at(i);
		umsi_dump(rig.umsi, check_line, NULL);
	}
}

static void P_01_a_reader_meets_live_interrupts_or_none(void **state)
{
	(void)state;
	memset(&walk, 0, sizeof(walk));
	for (uint64_t seed = 1; seed <= seeds(); seed++) {
		walk.f = rig_begin_msix(ENTRIES, &(struct rig_config){ .seed = seed, .wild = true });
		walk.working = 2;
		mach_thread(rig.m, 0, alloc_and_free, (void *)(uintptr_t)0);
		mach_thread(rig.m, 1, alloc_and_free, (void *)(uintptr_t)(ENTRIES / 2));
		mach_thread(rig.m, 2, read_all, NULL);
		rig_run();
		rig_end();
	}
	assert_true(walk.seen > seeds() && walk.stale > seeds() / 10 && walk.lines > seeds());
}

/* ---- P-02: there are no affinity notifiers; the work that waits here is a trigger in an inbox ---- */

static struct {
	struct line *l;
	bool deaf, replaced, freed;
	uint32_t old_calls, new_calls;
} replace;

static enum umsi_handled old_handler(void *arg)
{
	(void)arg;
	MACH_CHECK(rig.m, !replace.replaced, "I-API", "called after its release returned");
	replace.old_calls++;
	return UMSI_HANDLED;
}

static enum umsi_handled new_handler(void *arg)
{
	(void)arg;
	replace.new_calls++;
	return UMSI_HANDLED;
}

static bool is_deaf(void *arg)
{
	(void)arg;
	return replace.deaf;
}

static bool is_replaced(void *arg)
{
	(void)arg;
	return replace.replaced;
}

static void hear_late(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	replace.deaf = true;
	mach_wait(rig.m, is_replaced, NULL);
	mach_irq_on(rig.m);
}

/* Queued for the deaf CPU; then its handler goes, or the whole interrupt, and another takes the place. */
static void replace_it(void *arg)
{
	struct line *l = replace.l;

	(void)arg;
	mach_wait(rig.m, is_deaf, NULL);
	MACH_CHECK(rig.m, umsi_irq_trigger(rig.umsi, l->irq) == UMSI_OK, "I-API", "trigger");
	if (replace.freed) {
		MACH_CHECK(rig.m, umsi_irq_free(rig.umsi, l->irq) == UMSI_OK, "I-API", "free");
		MACH_CHECK(rig.m, rig_alloc(l->f, l->index, 2) == UMSI_OK, "I-API", "alloc");
	} else {
		MACH_CHECK(rig.m, umsi_irq_release(rig.umsi, l->irq) == UMSI_OK, "I-API", "release");
	}
	replace.replaced = true;
	MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, l->irq, new_handler, NULL, "new") == UMSI_OK, "I-API", "request");
}

static void P_02_queued_work_never_calls_a_handler_that_was_replaced(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= seeds(); seed++) {
		struct function *f = rig_begin_msix(ENTRIES, &(struct rig_config){ .seed = seed, .wild = true });
		uint32_t before;

		memset(&replace, 0, sizeof(replace));
		replace.freed = seed % 2;
		replace.l = &f->line[3];
		assert_int_equal(rig_alloc(f, 3, 2), UMSI_OK);
		assert_int_equal(umsi_irq_request(rig.umsi, replace.l->irq, old_handler, NULL, "old"), UMSI_OK);
		mach_thread(rig.m, 2, hear_late, NULL);
		mach_thread(rig.m, 0, replace_it, NULL);
		rig_run();
		assert_int_equal(replace.old_calls, 0);
		before = replace.new_calls;
		assert_true(mach_pci_raise(f->pci, 3));
		rig_run();
		assert_int_equal(replace.new_calls, before + 1);
		rig_end();
	}
}

/* ---- P-03 ---- */

static struct {
	struct function *f;
	int status[2];
	umsi_irq irq[2];
} rivals;

static void map_the_same(void *arg)
{
	uint32_t i = (uint32_t)(uintptr_t)arg;
	const struct umsi_irq_request_at at = { .first = 9, .last = 9 };

	mach_delay(rig.m, mach_random(rig.m, 40));
	rivals.status[i] = umsi_irq_alloc(rivals.f->table, &at, &rivals.irq[i]);
}

static void P_03_of_two_who_want_an_index_one_gets_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= seeds(); seed++) {
		uint32_t winner;

		rivals.f = rig_begin_msix(ENTRIES, &(struct rig_config){ .seed = seed, .wild = true });
		mach_thread(rig.m, 0, map_the_same, (void *)(uintptr_t)0);
		mach_thread(rig.m, 1, map_the_same, (void *)(uintptr_t)1);
		rig_run();
		winner = rivals.status[0] != UMSI_OK;
		assert_int_equal(rivals.status[winner], UMSI_OK);
		assert_int_equal(rivals.status[!winner], UMSI_EEXIST);
		assert_true(umsi_irq_at(rivals.f->table, 9) == rivals.irq[winner]);
		assert_int_equal(rig_stats().irqs, 1);
		assert_int_equal(umsi_irq_free(rig.umsi, rivals.irq[winner]), UMSI_OK);
		assert_int_equal(rig_stats().records, 0);
		rig_end();
	}
}

/* ---- P-46 ---- */

static void P_46_a_hundred_thousand_lives_use_few_numbers(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	uint32_t greatest = 0;
	umsi_irq irq;

	(void)state;
	rig_begin_msix(ENTRIES, &(struct rig_config){ .max_steps = UINT64_MAX });
	for (uint32_t i = 0; i < 100000; i++) {
		assert_int_equal(umsi_irq_alloc(rig_void(), &at, &irq), UMSI_OK);
		greatest = (uint32_t)irq > greatest ? (uint32_t)irq : greatest;
		assert_int_equal(umsi_irq_free(rig.umsi, irq), UMSI_OK);
	}
	assert_true(greatest <= 64);
	assert_int_equal(rig_stats().records, 0);
	rig_end();
}

static void short_lives(void *arg)
{
	const struct umsi_irq_request_at at = { .last = ENTRIES - 1 };
	umsi_irq irq;

	(void)arg;
	for (uint32_t i = 0; i < 60; i++) {
		if (umsi_irq_alloc(walk.f->table, &at, &irq))
			continue;
		mach_delay(rig.m, mach_random(rig.m, 8));
		MACH_CHECK(rig.m, umsi_irq_free(rig.umsi, irq) == UMSI_OK, "I-API", "free");
	}
}

static void P_46_lives_that_cross_leave_every_index_free(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= seeds() / 3; seed++) {
		walk.f = rig_begin_msix(ENTRIES, &(struct rig_config){ .seed = seed, .wild = true });
		for (umsi_cpu cpu = 0; cpu < 4; cpu++)
			mach_thread(rig.m, cpu, short_lives, NULL);
		rig_run();
		assert_int_equal(rig_stats().irqs, 0);
		for (uint32_t i = 0; i < ENTRIES; i++)
			assert_int_equal(rig_alloc(walk.f, i, UMSI_CPU_NONE), UMSI_OK);
		rig_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_01_a_reader_meets_live_interrupts_or_none),
		cmocka_unit_test(P_02_queued_work_never_calls_a_handler_that_was_replaced),
		cmocka_unit_test(P_03_of_two_who_want_an_index_one_gets_it),
		cmocka_unit_test(P_46_a_hundred_thousand_lives_use_few_numbers),
		cmocka_unit_test(P_46_lives_that_cross_leave_every_index_free),
	};

	return cmocka_run_group_tests_name("corpus: lives", tests, NULL, NULL);
}
