/* SPDX-License-Identifier: MIT */
/* Handlers that answer later, and level sources. */
#include "rig.h"

/* A wire with a store of its own: masks, and says when it was looked at again. */
struct wire {
	struct rig *r;
	umsi_irq irq;
	struct umsi_msg msg;
	bool masked, asserted;
	unsigned int trigger;
	uint32_t rearms;
	enum umsi_handled answer;
	uint32_t calls;
};

static void send(struct wire *w)
{
	if (!w->masked && w->asserted)
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			if (mach_imsic_phys(w->r->m, cpu) == w->msg.address)
				mach_imsic_inject(w->r->m, cpu, w->msg.data);
}

static int wire_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)index, (void)cookie;
	((struct wire *)store)->msg = *msg;
	return 2;
}

static int wire_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct wire *)store)->masked = true;
	return 1;
}

static int wire_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct wire *)store)->masked = false;
	send(store);
	return 1;
}

static int wire_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static int wire_set_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	(void)index, (void)cookie;
	((struct wire *)store)->trigger = trigger;
	return trigger == UMSI_TRIGGER_LEVEL_LOW ? UMSI_ENOTSUP : UMSI_OK;
}

static void wire_rearm(void *store, uint32_t index, uint64_t cookie)
{
	struct wire *w = store;

	(void)index, (void)cookie;
	w->rearms++;
	send(w);
}

static const struct umsi_store_ops wire_ops = {
	.name = "wire", .number_name = "pin", .write = wire_write, .mask = wire_mask,
	.unmask = wire_unmask, .settle = wire_settle, .set_trigger = wire_set_trigger,
	.rearm = wire_rearm,
};

static enum umsi_handled on_wire(void *arg)
{
	struct wire *w = arg;

	w->calls++;
	if (w->answer == UMSI_HANDLED)
		w->asserted = false;
	return w->answer;
}

static void wire_up(struct rig *r, struct wire *w, unsigned int trigger)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_irq_request_at at = { .trigger = (uint8_t)trigger };
	struct umsi_table *table;

	*w = (struct wire){ .r = r, .masked = true };
	assert_int_equal(umsi_table_create(r->dev, &wire_ops, w, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &w->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, w->irq, on_wire, w, "wire"), UMSI_OK);
	assert_int_equal(w->trigger, trigger);
}

static void assert_line(struct wire *w)
{
	w->asserted = true;
	send(w);
	rig_settle(w->r);
}

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
