/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about records, handles, indices and names. */
#include "rig.h"

#include <stdlib.h>



#define ENTRIES	16u

static const struct mach_pci_config table_of_16 = { .entries = ENTRIES };

static struct function *begin(const struct rig_config *config)
{
	struct function *f;

	rig_begin(config);
	f = rig_function(0, &table_of_16);
	assert_int_equal(rig_msix(f), UMSI_OK);
	return f;
}

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
		walk.f = begin(&(struct rig_config){ .seed = seed, .wild = true });
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
		struct function *f = begin(&(struct rig_config){ .seed = seed, .wild = true });
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

		rivals.f = begin(&(struct rig_config){ .seed = seed, .wild = true });
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

/* ---- P-04: whatever is handed in is the caller's again when the call returns ---- */

struct temporary {
	char device[16], table[16], driver[16];
	struct umsi_device_config dc;
	struct umsi_table_config tc;
	struct umsi_irq_request_at at;
	uint64_t set;
};

static int refuse_nothing(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops names_ops = {
	.name = "names", .number_name = "n", .write = refuse_nothing, .settle = settle,
};

static void find_names(void *arg, const char *line)
{
	uint32_t *found = arg;

	*found += strstr(line, " thing ") && strstr(line, " place ") && strstr(line, " owner");
}

static umsi_irq made_from_temporaries(struct umsi_device **dev)
{
	static struct temporary temporary;
	struct temporary *t = &temporary;
	struct umsi_table *table;
	umsi_irq irq;

	*t = (struct temporary){ .device = "thing", .table = "place", .driver = "owner", .set = 4 };
	t->dc = (struct umsi_device_config){ .name = t->device, .requester_id = 0x500, .parent = rig.root };
	t->tc = (struct umsi_table_config){ .name = t->table, .size = 4 };
	t->at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { &t->set, 3 } };
	assert_int_equal(umsi_device_add(rig.umsi, &t->dc, dev), UMSI_OK);
	assert_int_equal(umsi_table_create(*dev, &names_ops, NULL, &t->tc, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &t->at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, new_handler, NULL, t->driver), UMSI_OK);
	memset(t, 'x', sizeof(*t));
	return irq;
}

static void P_04_names_and_configs_outlive_their_creator(void **state)
{
	struct umsi_device *dev;
	uint32_t found = 0;
	umsi_irq irq;

	(void)state;
	begin(&(struct rig_config){ 0 });
	irq = made_from_temporaries(&dev);
	umsi_dump(rig.umsi, find_names, &found);
	assert_int_equal(found, 1);
	/* Its set was copied too: that CPU alone. */
	assert_int_equal(rig_down(2), UMSI_OK);
	assert_int_equal(rig_stats().affinity_broken, 1);
	rig_up(2);
	assert_int_not_equal(umsi_irq_effective_cpu(rig.umsi, irq), UMSI_CPU_NONE);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* ---- P-08 ---- */

static void every_call_refuses(umsi_irq irq)
{
	const struct umsi_affinity any = { .kind = UMSI_AFFINITY_ANY };
	struct umsi_irq_stats st;
	struct umsi_msg msg;
	uint32_t index;

	assert_int_equal(umsi_irq_request(rig.umsi, irq, new_handler, NULL, "x"), UMSI_ENOENT);
	assert_int_equal(umsi_irq_release(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_disable(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_enable(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_synchronize(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_trigger(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_done(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_set_affinity(rig.umsi, irq, &any), UMSI_ENOENT);
	assert_int_equal(umsi_irq_set_affinity_wait(rig.umsi, irq, &any), UMSI_ENOENT);
	assert_int_equal(umsi_irq_set_wake(rig.umsi, irq, true), UMSI_ENOENT);
	assert_int_equal(umsi_irq_stats_read(rig.umsi, irq, &st), UMSI_ENOENT);
	assert_int_equal(umsi_irq_index(rig.umsi, irq, &index), UMSI_ENOENT);
	assert_int_equal(umsi_irq_message(rig.umsi, irq, &msg), UMSI_ENOENT);
	assert_int_equal(umsi_irq_free(rig.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_effective_cpu(rig.umsi, irq), UMSI_CPU_NONE);
	assert_false(umsi_irq_moves_atomically(rig.umsi, irq));
}

static umsi_irq handle(uint64_t generation, uint64_t number)
{
	return generation << 32 | (uint32_t)(number + 1);
}

static void P_08_numbers_that_are_no_interrupts_are_refused_everywhere(void **state)
{
	struct function *f;
	struct line *live, *freed;

	(void)state;
	f = begin(&(struct rig_config){ 0 });
	live = rig_open(f, 0, UMSI_CPU_NONE);
	freed = rig_open(f, 1, UMSI_CPU_NONE);
	assert_int_equal(rig_free(freed), UMSI_OK);
	{
		const umsi_irq bad[] = {
			UMSI_IRQ_NONE, 1, handle(1, 2), handle(1, UMSI_IRQS_MAX - 1), handle(1, UMSI_IRQS_MAX),
			handle(1, UINT32_MAX - 1), UINT64_MAX, UINT32_MAX, freed->irq, live->irq ^ UINT64_C(1) << 32,
			live->irq + (UINT64_C(1) << 32), live->irq & UINT32_MAX, live->irq | UINT64_C(1) << 63,
		};

		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			every_call_refuses(bad[i]);
		for (uint32_t i = 0; i < 20000; i++) {
			umsi_irq irq = mach_random(rig.m, 0) >> mach_random(rig.m, 64);

			if (irq != live->irq)
				every_call_refuses(irq);
		}
	}
	assert_int_equal(rig_raise(live), 1);
	rig_end();
}

/* ---- P-09: what a level of the path answers with an error is never a number ---- */

static int answer;

static int answering_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return answer;
}

static const struct umsi_store_ops answering_ops = {
	.name = "answers", .number_name = "n", .write = answering_write, .settle = settle,
};

static void P_09_an_error_is_not_taken_for_a_number(void **state)
{
	const struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_table *table;
	struct umsi_stats st;
	umsi_irq irq;
	struct line l;

	(void)state;
	l.f = begin(&(struct rig_config){ 0 });
	assert_int_equal(umsi_table_create(l.f->dev, &answering_ops, NULL, &(struct umsi_table_config){ .size = 1 },
					   &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	l.irq = irq;
	for (answer = -1; answer > -40; answer--) {
		assert_int_equal(umsi_irq_request(rig.umsi, irq, new_handler, NULL, "x"), answer);
		assert_int_equal(umsi_irq_disable(rig.umsi, irq), UMSI_ESTATE);
	}
	answer = 1;
	assert_int_equal(umsi_irq_request(rig.umsi, irq, new_handler, NULL, "x"), UMSI_OK);
	for (answer = -1; answer > -20; answer--) {
		assert_int_not_equal(rig_move(&l, 3), UMSI_OK);
		assert_int_equal(rig_target(&l), 1);
	}
	st = rig_stats();
	assert_int_equal(st.moves, 0);
	assert_int_equal(st.device_writes_for_moves, 0);
	answer = 1;
	assert_int_equal(rig_move(&l, 3), UMSI_OK);
	assert_int_equal(rig_stats().device_writes_for_moves, 1);
	assert_int_equal(umsi_irq_free(rig.umsi, irq), UMSI_OK);
	rig.f[0].line[0].irq = UMSI_IRQ_NONE;
	rig_end();
}

/* ---- P-20 ---- */

static bool all_different(umsi_irq *irq, struct umsi_msg *msg, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			if (irq[i] == irq[j] || (msg[i].address == msg[j].address && msg[i].data == msg[j].data))
				return false;
	return true;
}

static void P_20_equal_functions_of_two_segments_do_not_collide(void **state)
{
	static const uint32_t segment[] = { 0x00, 0x19, 0x39, 0xffff };
	struct umsi_msg msg[RIG_FUNCTIONS * ENTRIES];
	umsi_irq irq[RIG_FUNCTIONS * ENTRIES];
	uint32_t n = 0;

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	for (uint32_t i = 0; i < RIG_FUNCTIONS; i++) {
		struct mach_pci_config c = { .requester_id = segment[i] << 16 | 0x0108, .entries = ENTRIES };
		struct function *f = rig_function(i, &c);

		assert_int_equal(rig_msix(f), UMSI_OK);
		for (uint32_t index = 0; index < ENTRIES; index++, n++) {
			irq[n] = rig_open(f, index, UMSI_CPU_NONE)->irq;
			assert_int_equal(umsi_irq_message(rig.umsi, irq[n], &msg[n]), UMSI_OK);
		}
	}
	assert_true(all_different(irq, msg, n));
	for (uint32_t i = 0; i < RIG_FUNCTIONS; i++)
		for (uint32_t index = 0; index < ENTRIES; index++)
			assert_int_equal(rig_raise(&rig.f[i].line[index]), 1);
	rig_end();
}

/* ---- P-32 ---- */

static void P_32_each_index_answers_for_itself_and_gaps_for_nobody(void **state)
{
	static const uint32_t sparse[] = { 0, 5, 63 };
	const struct mach_pci_config eight = { .msi = { .present = true, .messages_log2 = 3 } }, wide = { .entries = 64 };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	struct umsi_msg first = { 0 }, msg;
	struct function *f;
	umsi_irq irq[8];
	uint32_t index;

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	f = rig_function(0, &eight);
	assert_int_equal(rig_msi(f, 8), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_block(f->table, &at, 8, irq), UMSI_OK);
	for (uint32_t i = 0; i < 8; i++) {
		f->line[i].irq = irq[i];
		assert_int_equal(rig_request(&f->line[i]), UMSI_OK);
		assert_int_equal(umsi_irq_message(rig.umsi, irq[i], &msg), UMSI_OK);
		first = i ? first : msg;
		assert_true(msg.address == first.address && msg.data == first.data + i);
		assert_true(umsi_irq_at(f->table, i) == irq[i]);
		assert_int_equal(umsi_irq_effective_cpu(rig.umsi, irq[i]), 2);
	}
	f = rig_function(1, &wide);
	assert_int_equal(rig_msix(f), UMSI_OK);
	for (uint32_t i = 0; i < 3; i++)
		rig_open(f, sparse[i], i);
	for (uint32_t i = 0; i < 70; i++) {
		umsi_irq at_i = umsi_irq_at(f->table, i);

		assert_true(at_i == (i == 0 || i == 5 || i == 63 ? f->line[i].irq : UMSI_IRQ_NONE));
		assert_int_equal(umsi_irq_index(rig.umsi, at_i, &index), at_i ? UMSI_OK : UMSI_ENOENT);
		assert_int_equal(at_i ? index : i, i);
	}
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(rig_target(&f->line[sparse[i]]), i);
	rig_end();
}

/* ---- P-33 ---- */

static void count_messages(void *arg, const char *line)
{
	*(uint32_t *)arg += strstr(line, " msi_index=") != NULL;
}

static uint32_t messages_shown(void)
{
	uint32_t n = 0;

	umsi_dump(rig.umsi, count_messages, &n);
	return n;
}

static void P_33_every_number_of_messages_is_shown_once_and_goes(void **state)
{
	const struct mach_pci_config c = { .msi = { .present = true, .messages_log2 = 5, .maskable = true } };
	const struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct function *f;
	umsi_irq irq[32];

	(void)state;
	rig_begin(&(struct rig_config){ .ids = 127 });
	f = rig_function(0, &c);
	for (uint32_t n = 1; n <= 32; n *= 2) {
		assert_int_equal(rig_msi(f, n), UMSI_OK);
		assert_int_equal(n == 1 ? umsi_irq_alloc(f->table, &at, irq)
					: umsi_irq_alloc_block(f->table, &at, n, irq), UMSI_OK);
		for (uint32_t i = 0; i < n; i++)
			assert_int_equal(umsi_irq_request(rig.umsi, irq[i], new_handler, NULL, "same"), UMSI_OK);
		assert_int_equal(messages_shown(), n);
		assert_int_equal(umsi_irq_free_range(f->table, 0, UMSI_INDEX_LAST), (int)n);
		assert_int_equal(messages_shown(), 0);
		assert_int_equal(umsi_table_destroy(f->table), UMSI_OK);
		rig_drain();
	}
	rig_end();
}

/* ---- P-45 ---- */

static void P_45_more_than_there_are_is_a_part_or_an_error(void **state)
{
	static umsi_irq irq[512];
	const struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	uint32_t all;
	int n;

	(void)state;
	begin(&(struct rig_config){ 0 });
	all = 4 * (rig.ids - RIG_SYSTEM_IDS);
	for (unsigned int round = 0; round < 3; round++) {
		assert_int_equal(umsi_irq_alloc_many(rig_void(), &at, all + 1, 512, irq), UMSI_ENOSLOT);
		assert_int_equal(rig_stats().irqs, 0);
		n = umsi_irq_alloc_many(rig_void(), &at, 1, 512, irq);
		assert_int_equal(n, (int)all);
		for (umsi_cpu cpu = 0; cpu < 4; cpu++)
			assert_int_equal(rig_free_slots(cpu), 0);
		assert_int_equal(umsi_irq_alloc(rig_void(), &at, &irq[n]), UMSI_ENOSLOT);
		for (int i = 0; i < n; i++)
			assert_int_equal(umsi_irq_free(rig.umsi, irq[i]), UMSI_OK);
		for (umsi_cpu cpu = 0; cpu < 4; cpu++)
			assert_int_equal(rig_free_slots(cpu), all / 4);
	}
	rig_end();
}

/* ---- P-46 ---- */

static void P_46_a_hundred_thousand_lives_use_few_numbers(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	uint32_t greatest = 0;
	umsi_irq irq;

	(void)state;
	begin(&(struct rig_config){ .max_steps = UINT64_MAX });
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
		walk.f = begin(&(struct rig_config){ .seed = seed, .wild = true });
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
		cmocka_unit_test(P_04_names_and_configs_outlive_their_creator),
		cmocka_unit_test(P_08_numbers_that_are_no_interrupts_are_refused_everywhere),
		cmocka_unit_test(P_09_an_error_is_not_taken_for_a_number),
		cmocka_unit_test(P_20_equal_functions_of_two_segments_do_not_collide),
		cmocka_unit_test(P_32_each_index_answers_for_itself_and_gaps_for_nobody),
		cmocka_unit_test(P_33_every_number_of_messages_is_shown_once_and_goes),
		cmocka_unit_test(P_45_more_than_there_are_is_a_part_or_an_error),
		cmocka_unit_test(P_46_a_hundred_thousand_lives_use_few_numbers),
		cmocka_unit_test(P_46_lives_that_cross_leave_every_index_free),
	};

	return cmocka_run_group_tests_name("corpus: records", tests, NULL, NULL);
}
