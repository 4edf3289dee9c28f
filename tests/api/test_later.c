/* SPDX-License-Identifier: MIT */
/* Handlers that answer later, and level sources. */
#include "wire.h"

static void a_level_is_looked_at_again_after_each_handler(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	assert_line(&w);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.rearms, 1);
	assert_line(&w);
	assert_int_equal(w.calls, 2);
	rig_end(&r);
}

static void a_level_answered_later_stays_quiet_until_done(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	w.answer = UMSI_LATER;
	assert_line(&w);
	assert_int_equal(w.calls, 1);
	assert_true(w.masked);
	/* A move in between must not open it. */
	assert_int_equal(rig_move(&r, w.irq, 3), UMSI_OK);
	rig_settle(&r);
	assert_true(w.masked);
	assert_int_equal(w.calls, 1);
	w.answer = UMSI_HANDLED;
	assert_int_equal(umsi_irq_done(r.umsi, w.irq), UMSI_OK);
	rig_settle(&r);
	/* The line was still asserted. */
	assert_int_equal(w.calls, 2);
	assert_false(w.masked);
	assert_int_equal(umsi_irq_done(r.umsi, w.irq), UMSI_ESTATE);
	rig_end(&r);
}

static void a_level_that_arrives_disabled_is_masked_until_enabled(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	assert_int_equal(umsi_irq_disable(r.umsi, w.irq), UMSI_OK);
	assert_line(&w);
	assert_int_equal(w.calls, 0);
	assert_true(w.masked);
	assert_int_equal(umsi_irq_enable(r.umsi, w.irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(w.calls, 1);
	assert_false(w.masked);
	rig_end(&r);
}

static void an_edge_answered_later_is_called_once_for_all_that_came(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_EDGE_RISING);
	w.answer = UMSI_LATER;
	for (int i = 0; i < 3; i++)
		assert_line(&w);
	assert_int_equal(w.calls, 1);
	assert_false(w.masked);
	w.answer = UMSI_HANDLED;
	assert_int_equal(umsi_irq_done(r.umsi, w.irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(w.calls, 2);
	assert_int_equal(w.rearms, 0);
	rig_end(&r);
}

static void freeing_and_releasing_end_the_wait(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	w.answer = UMSI_LATER;
	assert_line(&w);
	assert_int_equal(umsi_irq_release(r.umsi, w.irq), UMSI_OK);
	assert_int_equal(umsi_irq_done(r.umsi, w.irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_request(r.umsi, w.irq, on_wire, &w, "again"), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(w.calls, 2);
	assert_int_equal(umsi_irq_free(r.umsi, w.irq), UMSI_OK);
	assert_int_equal(umsi_irq_done(r.umsi, w.irq), UMSI_ENOENT);
	rig_end(&r);
}

static void a_trigger_the_store_refuses_fails_the_request(void **state)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_irq_request_at at = { .trigger = UMSI_TRIGGER_LEVEL_LOW };
	struct umsi_table *table;
	struct wire w = { .masked = true };
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	w.r = &r;
	assert_int_equal(umsi_table_create(r.dev, &wire_ops, &w, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &w.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, w.irq, on_wire, &w, "low"), UMSI_ENOTSUP);
	assert_true(w.masked);
	assert_int_equal(umsi_irq_free(r.umsi, w.irq), UMSI_OK);
	/* MSI-X has no trigger to set. */
	at.trigger = UMSI_TRIGGER_EDGE_RISING;
	assert_int_equal(umsi_irq_alloc(r.table, &at, &w.irq), UMSI_EINVAL);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_level_is_looked_at_again_after_each_handler),
		cmocka_unit_test(a_level_answered_later_stays_quiet_until_done),
		cmocka_unit_test(a_level_that_arrives_disabled_is_masked_until_enabled),
		cmocka_unit_test(an_edge_answered_later_is_called_once_for_all_that_came),
		cmocka_unit_test(freeing_and_releasing_end_the_wait),
		cmocka_unit_test(a_trigger_the_store_refuses_fails_the_request),
	};

	return cmocka_run_group_tests_name("later, level", tests, NULL, NULL);
}
