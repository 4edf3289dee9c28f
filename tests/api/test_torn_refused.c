/* SPDX-License-Identifier: MIT */
/* Moves of stores that cannot mask and refuse, vanish, or are reached by no way (R3). */
#include "torn.h"

/* ---- A store that refuses between its words ---- */

/* On CPU 0 at a number that is taken on CPU 2. */
static umsi_irq has_to_change_both(struct rig *r, const struct umsi_store_ops *ops, struct torn *s)
{
	static struct torn other;
	struct umsi_table *table;
	umsi_irq irq;

	rig_start(r, 1);
	irq = torn_irq_of(r, ops, s, 0, &table);
	torn_irq(r, &other, 2, &table);
	assert_int_equal(s->msg.data, other.msg.data);
	return irq;
}

/* The data word was written: what the device composes then leads to a slot that is given up, so it is taken back. */
static void the_first_word_is_taken_back(void **state)
{
	static const int refusal[] = { UMSI_EAGAIN, UMSI_EREFUSED };
	struct torn s;
	uint32_t data;
	struct rig r;
	umsi_irq irq;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		irq = has_to_change_both(&r, &torn_ops, &s);
		data = s.msg.data;
		s.refuse_in = 2;
		s.refuse_with = refusal[i];
		assert_int_equal(rig_move(&r, irq, 2), refusal[i]);
		assert_int_equal(s.order[0], UMSI_WORD_DATA);
		assert_int_equal(s.msg.data, data);
		assert_int_equal(s.order[s.writes - 1], 0);
		assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 0);
		/* The slot in between and the new one; neither is told of any more. */
		assert_int_equal(rig_stats(&r).retiring, 2);
		check_reaches(&r, &s, 0);
		s.writes = 0;
		assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
		check_reaches(&r, &s, 2);
		rig_end(&r);
	}
}

static const struct umsi_store_ops all_at_once_ops = {
	.name = "torn", .number_name = "torn_index", .write = torn_write, .settle = torn_settle,
};

/* It cannot be told which word: all, flush, one call of the handler, though a slot in between was free. */
static void a_replay_where_words_cannot_be_told_apart(void **state)
{
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	irq = has_to_change_both(&r, &all_at_once_ops, &s);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_int_equal(s.writes, 2);
	assert_int_equal(s.order[0], UMSI_WORD_ADDRESS_LOW | UMSI_WORD_ADDRESS_HIGH | UMSI_WORD_DATA);
	rig_settle(&r);
	assert_int_equal(rig_stats(&r).retriggers, 1);
	assert_int_equal(r.calls, 1);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

/* ---- R3 (v): by way of a third CPU ---- */

static umsi_irq far_from_three(struct rig *r, struct torn *s, uint32_t offline)
{
	struct umsi_table *table;

	torn_groups(r);
	r->offline = offline;
	rig_library(r);
	rig_device(r);
	return torn_irq(r, s, 0, &table);
}

static void nothing_changes_where_no_third_cpu_is_online(void **state)
{
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	irq = far_from_three(&r, &s, 1u << 1 | 1u << 2);
	assert_int_equal(rig_move(&r, irq, 3), UMSI_ENOTSUP);
	assert_int_equal(s.writes, 0);
	assert_int_equal(rig_stats(&r).moves_refused, 1);
	check_reaches(&r, &s, 0);
	rig_end(&r);
}

/* Whichever flush proves nothing, the target has changed all the same, and the caller hears of it. */
static void a_flush_that_proves_nothing_on_the_way(void **state)
{
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	for (uint32_t which = 1; which <= 2; which++) {
		irq = far_from_three(&r, &s, 0);
		s.gone_in = which;
		assert_int_equal(rig_move(&r, irq, 3), UMSI_EGONE);
		assert_int_equal(s.writes, 4);
		assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 3);
		check_reaches(&r, &s, 3);
		rig_end(&r);
	}
}

/* Either half refused: as before, the first half of the way being undone. */
static void a_refusal_on_the_way(void **state)
{
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	for (uint32_t which = 1; which <= 2; which++) {
		irq = far_from_three(&r, &s, 0);
		s.refuse_in = which;
		s.refuse_with = UMSI_EREFUSED;
		assert_int_equal(rig_move(&r, irq, 3), UMSI_EREFUSED);
		assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 0);
		check_reaches(&r, &s, 0);
		rig_end(&r);
	}
}

/* ---- Neither mask nor stop ---- */

/* What came while the device was away was told to nobody. */
static void asleep_it_is_told_nothing_and_called_once_after(void **state)
{
	struct umsi_table *table;
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = torn_irq(&r, &s, 0, &table);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	assert_int_equal(s.writes, 1);
	assert_int_equal(s.order[0], 0);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_int_equal(s.writes, 1);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	check_reaches(&r, &s, 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_word_is_taken_back),
		cmocka_unit_test(a_replay_where_words_cannot_be_told_apart),
		cmocka_unit_test(nothing_changes_where_no_third_cpu_is_online),
		cmocka_unit_test(a_flush_that_proves_nothing_on_the_way),
		cmocka_unit_test(a_refusal_on_the_way),
		cmocka_unit_test(asleep_it_is_told_nothing_and_called_once_after),
	};

	return cmocka_run_group_tests_name("unmaskable moves, refused", tests, NULL, NULL);
}
