/* SPDX-License-Identifier: MIT */
/* Stores that cannot mask: which words a move writes, in which order (R3). */
#include "torn.h"

static const struct umsi_store_ops torn_block_ops = {
	.name = "torn_block", .number_name = "torn_index", .write = torn_write,
	.write_words = torn_write_words, .settle = torn_settle, .shared_message = true,
};

/* R3 (i): the same slot is free there, so only the address changes. */
static void only_the_address_where_the_slot_is_free(void **state)
{
	struct umsi_table *table;
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_int_equal(s.writes, 2);
	assert_int_equal(s.order[0], UMSI_WORD_ADDRESS_LOW);
	assert_int_equal(s.order[1], 0);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/* R3 (ii): data, flush, address, flush, by way of a slot that is free on both. */
static void data_then_address_where_it_is_taken(void **state)
{
	struct umsi_table *table, *other_table;
	struct torn s, other;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	torn_irq(&r, &other, 2, &other_table);
	assert_int_equal(s.msg.data, other.msg.data);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_int_equal(s.writes, 4);
	assert_int_equal(s.order[0], UMSI_WORD_DATA);
	assert_int_equal(s.order[1], 0);
	assert_int_equal(s.order[2], UMSI_WORD_ADDRESS_LOW);
	assert_int_equal(s.order[3], 0);
	/* The old slot and the transient one retire. */
	assert_int_equal(rig_stats(&r).retiring, 2);
	assert_int_equal(rig_stats(&r).retriggers, 0);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/* A store on @cpu: takes its lowest free slot. */
static void occupy(struct rig *r, struct torn *s, umsi_cpu cpu, uint32_t slot)
{
	struct umsi_table *table;

	torn_irq(r, s, cpu, &table);
	assert_int_equal(s->msg.data, slot);
}

static void check_written(struct torn *s, uint32_t writes, unsigned int first)
{
	assert_int_equal(s->writes, writes);
	assert_int_equal(s->order[0], first);
	s->writes = 0;
}

/* R3 (i): the same slot still retires there, among others, and is its own. */
static void only_the_address_where_the_slot_still_retires(void **state)
{
	struct umsi_table *table;
	struct torn s, other;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	occupy(&r, &other, 2, s.msg.data);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	check_written(&s, 4, UMSI_WORD_DATA);
	assert_int_equal(rig_stats(&r).retiring, 2);
	assert_int_equal(rig_move(&r, irq, 0), UMSI_OK);
	check_written(&s, 2, UMSI_WORD_ADDRESS_LOW);
	assert_int_equal(rig_stats(&r).retriggers, 0);
	check_reaches(&r, &s, 0);
	rig_end(&r);
}

/* R3 (ii): however many of its neighbours' numbers are taken on the old CPU. */
static void by_way_of_the_only_number_free_on_both(void **state)
{
	static struct torn other[56];
	struct umsi_table *table;
	struct torn s;
	struct rig r;
	uint32_t n = 0;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	/* All but the last on CPU 0, the same number on CPU 2. */
	for (uint32_t slot = s.msg.data + 1; slot < 63; slot++)
		occupy(&r, &other[n++], 0, slot);
	occupy(&r, &other[n], 2, s.msg.data);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	check_written(&s, 4, UMSI_WORD_DATA);
	assert_int_equal(s.msg.data, 63);
	assert_int_equal(rig_stats(&r).retriggers, 0);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/*
 * An interrupt on CPU 2 at first + 3 that still retires on CPU 0 at first and
 * first + 2, on CPU 2 at first + 2. At first + 1 something else does on CPU 0,
 * and first + 3 is taken there.
 */
static umsi_irq retiring_here_and_there(struct rig *r, struct torn *s, uint32_t *first)
{
	static struct torn other[6];
	struct umsi_table *table;
	umsi_irq irq, leaver;

	irq = torn_irq(r, s, 0, &table);
	*first = s->msg.data;
	leaver = torn_irq(r, &other[0], 0, &table);
	assert_int_equal(other[0].msg.data, *first + 1);
	assert_int_equal(rig_move(r, leaver, 3), UMSI_OK);
	occupy(r, &other[1], 2, *first);
	for (uint32_t i = 0; i < 3; i++)
		occupy(r, &other[2 + i], 1, *first + i);
	assert_int_equal(rig_move(r, irq, 2), UMSI_OK);
	assert_int_equal(s->msg.data, *first + 2);
	assert_int_equal(rig_move(r, irq, 1), UMSI_OK);
	assert_int_equal(rig_move(r, irq, 2), UMSI_OK);
	assert_int_equal(s->msg.data, *first + 3);
	occupy(r, &other[5], 0, *first + 3);
	assert_int_equal(rig_stats(r).retiring, 5);
	s->writes = 0;
	return irq;
}

/* R3 (ii): on neither CPU need the slot in between be free, if it still retires there. */
static void by_way_of_slots_that_still_retire(void **state)
{
	struct torn s;
	struct rig r;
	uint32_t first;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = retiring_here_and_there(&r, &s, &first);
	assert_int_equal(rig_move(&r, irq, 0), UMSI_OK);
	check_written(&s, 4, UMSI_WORD_DATA);
	assert_int_equal(s.msg.data, first + 2);
	assert_int_equal(rig_stats(&r).retriggers, 0);
	/* On CPU 0 one is live again, on CPU 2 the last one came to it. */
	assert_int_equal(rig_stats(&r).retiring, 5);
	check_reaches(&r, &s, 0);
	rig_end(&r);
}

static void prove_quiet(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	umsi_drain_point(r->umsi);
	mach_irq_on(r->m);
}

/* Whatever retires on @cpu is free, if nothing but age keeps it. */
static void drain(struct rig *r, umsi_cpu cpu)
{
	for (int turn = 0; turn < 3; turn++) {
		mach_thread(r->m, cpu, prove_quiet, r);
		rig_settle(r);
	}
	umsi_reap(r->umsi);
}

static void check_block_reaches(struct rig *r, const struct torn *s, umsi_cpu cpu)
{
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t calls = r->calls;

		mach_imsic_inject(r->m, cpu, s->msg.data + i);
		rig_settle(r);
		assert_int_equal(r->calls, calls + 1);
		assert_int_equal(r->last_cpu, cpu);
	}
}

/* R1: a block that still retires is taken back as a whole, and retires as one again. */
static void a_block_takes_back_what_still_retires(void **state)
{
	struct umsi_table_config config = { .size = 4 };
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 },
	};
	struct umsi_table *table, *other_table;
	struct torn s = { 0 }, other;
	struct rig r;
	umsi_irq irq[4], leaver;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &torn_block_ops, &s, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_block(table, &at, 4, irq), UMSI_OK);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(umsi_irq_request(r.umsi, irq[i], rig_handler, &r, "block"), UMSI_OK);
	assert_int_equal(rig_move(&r, irq[0], 2), UMSI_OK);
	s.writes = 0;
	assert_int_equal(rig_move(&r, irq[0], 0), UMSI_OK);
	check_written(&s, 2, UMSI_WORD_ADDRESS_LOW);
	assert_int_equal(rig_stats(&r).retiring, 4);
	assert_int_equal(rig_stats(&r).revived, 1);
	assert_int_equal(rig_move(&r, irq[1], 2), UMSI_OK);
	assert_int_equal(rig_stats(&r).retiring, 4);
	assert_int_equal(rig_stats(&r).revived, 2);
	check_block_reaches(&r, &s, 2);
	/* Taken back once more, it stays when what retires beside it is free. */
	leaver = torn_irq(&r, &other, 0, &other_table);
	assert_int_equal(rig_move(&r, leaver, 3), UMSI_OK);
	assert_int_equal(rig_move(&r, irq[0], 0), UMSI_OK);
	drain(&r, 0);
	drain(&r, 2);
	assert_int_equal(rig_stats(&r).retiring, 0);
	check_block_reaches(&r, &s, 0);
	rig_end(&r);
}

/* A store that says "not now": what was revived for the move retires again. */
static void a_refusal_retires_again_what_it_revived(void **state)
{
	struct torn s;
	struct rig r;
	uint32_t first;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = retiring_here_and_there(&r, &s, &first);
	s.not_now = true;
	assert_int_equal(rig_move(&r, irq, 0), UMSI_EAGAIN);
	assert_int_equal(rig_stats(&r).retiring, 5);
	assert_int_equal(s.msg.data, first + 3);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/* R14: a CPU that is left still lends a slot for the way out. */
static void no_mixture_when_its_cpu_is_left(void **state)
{
	struct umsi_table *table;
	struct torn s, other[3];
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 2, &table);
	occupy(&r, &other[0], 0, s.msg.data);
	occupy(&r, &other[1], 1, s.msg.data);
	occupy(&r, &other[2], 3, s.msg.data);
	assert_int_equal(umsi_cpu_leave(r.umsi, 2), UMSI_OK);
	check_written(&s, 4, UMSI_WORD_DATA);
	assert_int_equal(rig_stats(&r).retriggers, 0);
	check_reaches(&r, &s, umsi_irq_effective_cpu(r.umsi, irq));
	rig_end(&r);
}

/* R3 (iv): no slot is free on both: everything, flush, one call of the handler. */
static void a_replay_where_nothing_is_free_on_both(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_table_config config = { .size = 256 };
	struct umsi_table *table, *full;
	struct torn s, filler = { 0 };
	struct rig r;
	umsi_irq irq, irqs[64];
	uint32_t n = 0;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	assert_int_equal(umsi_table_create(r.dev, &torn_ops, &filler, &config, &full), UMSI_OK);
	at.affinity.kind = UMSI_AFFINITY_CPU;
	at.affinity.cpu = 0;
	while (umsi_irq_alloc(full, &at, &irqs[n]) == UMSI_OK)
		n++;
	/* CPU 2 has one free slot, not the one that is this interrupt's on CPU 0. */
	at.affinity.cpu = 2;
	n = 0;
	while (umsi_irq_alloc(full, &at, &irqs[n]) == UMSI_OK)
		n++;
	assert_int_equal(umsi_irq_free(r.umsi, irqs[n - 1]), UMSI_OK);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(rig_stats(&r).retriggers, 1);
	assert_int_equal(r.calls, 1);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/* R3 (v): groups above 4 GiB: both halves of the address change, one at a time. */
static void two_moves_where_both_halves_change(void **state)
{
	struct umsi_table *table;
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	torn_groups(&r);
	rig_library(&r);
	rig_device(&r);
	irq = torn_irq(&r, &s, 0, &table);
	assert_int_equal(rig_move(&r, irq, 3), UMSI_OK);
	assert_int_equal(s.writes, 4);
	assert_int_equal(s.order[0] | s.order[2], UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH);
	assert_int_not_equal(s.order[0], s.order[2]);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 3);
	check_reaches(&r, &s, 3);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_address_where_the_slot_is_free),
		cmocka_unit_test(data_then_address_where_it_is_taken),
		cmocka_unit_test(only_the_address_where_the_slot_still_retires),
		cmocka_unit_test(by_way_of_the_only_number_free_on_both),
		cmocka_unit_test(by_way_of_slots_that_still_retire),
		cmocka_unit_test(a_block_takes_back_what_still_retires),
		cmocka_unit_test(a_refusal_retires_again_what_it_revived),
		cmocka_unit_test(no_mixture_when_its_cpu_is_left),
		cmocka_unit_test(a_replay_where_nothing_is_free_on_both),
		cmocka_unit_test(two_moves_where_both_halves_change),
	};

	return cmocka_run_group_tests_name("unmaskable moves", tests, NULL, NULL);
}
