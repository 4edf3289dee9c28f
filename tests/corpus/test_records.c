/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about records, handles, indices and names. */
#include "rig.h"

#define ENTRIES	16u

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
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
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, t->driver), UMSI_OK);
	memset(t, 'x', sizeof(*t));
	return irq;
}

static void P_04_names_and_configs_outlive_their_creator(void **state)
{
	struct umsi_device *dev;
	uint32_t found = 0;
	umsi_irq irq;

	(void)state;
	rig_begin_msix(ENTRIES, &(struct rig_config){ 0 });
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

	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "x"), UMSI_ENOENT);
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
	f = rig_begin_msix(ENTRIES, &(struct rig_config){ 0 });
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
	l.f = rig_begin_msix(ENTRIES, &(struct rig_config){ 0 });
	assert_int_equal(umsi_table_create(l.f->dev, &answering_ops, NULL, &(struct umsi_table_config){ .size = 1 },
					   &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	l.irq = irq;
	for (answer = -1; answer > -40; answer--) {
		assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "x"), answer);
		assert_int_equal(umsi_irq_disable(rig.umsi, irq), UMSI_ESTATE);
	}
	answer = 1;
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "x"), UMSI_OK);
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
			assert_int_equal(umsi_irq_request(rig.umsi, irq[i], handler, NULL, "same"), UMSI_OK);
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
	rig_begin_msix(ENTRIES, &(struct rig_config){ 0 });
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_04_names_and_configs_outlive_their_creator),
		cmocka_unit_test(P_08_numbers_that_are_no_interrupts_are_refused_everywhere),
		cmocka_unit_test(P_09_an_error_is_not_taken_for_a_number),
		cmocka_unit_test(P_20_equal_functions_of_two_segments_do_not_collide),
		cmocka_unit_test(P_32_each_index_answers_for_itself_and_gaps_for_nobody),
		cmocka_unit_test(P_33_every_number_of_messages_is_shown_once_and_goes),
		cmocka_unit_test(P_45_more_than_there_are_is_a_part_or_an_error),
	};

	return cmocka_run_group_tests_name("corpus: records", tests, NULL, NULL);
}
