/* SPDX-License-Identifier: MIT */
/* Arguments left out, out of range, or from a trap: each call says so and touches nothing. */
#include <umsi/shared.h>
#include <umsi/trace.h>

#include "rig.h"

static int write_message(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int flush(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static int trigger(void *store, uint32_t index, uint64_t cookie, enum umsi_trigger how)
{
	(void)store, (void)index, (void)cookie, (void)how;
	return UMSI_OK;
}

static void calls_without_a_machine(void **state)
{
	struct umsi_irq_stats stats;
	struct umsi_msg msg;
	uint64_t bits[2];
	uint32_t index;

	(void)state;
	assert_int_equal(umsi_destroy(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_cpu_online(NULL, 0), UMSI_EINVAL);
	assert_int_equal(umsi_cpu_leave(NULL, 0), UMSI_EINVAL);
	assert_int_equal(umsi_cpu_dead(NULL, 0), UMSI_EINVAL);
	assert_int_equal(umsi_cpu_restore(NULL, 0), UMSI_EINVAL);
	assert_false(umsi_cpu_is_online(NULL, 0));
	assert_int_equal(umsi_suspend(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_resume(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_woken_by(NULL), UMSI_IRQ_NONE);
	assert_int_equal(umsi_spread(NULL, 0, 1, 0, bits), UMSI_EINVAL);
	assert_int_equal(umsi_trace_start(NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_free(NULL, 1), UMSI_EINVAL);
	assert_int_equal(umsi_irq_request(NULL, 1, rig_handler, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_release(NULL, 1), UMSI_EINVAL);
	assert_int_equal(umsi_irq_synchronize(NULL, 1), UMSI_EINVAL);
	assert_int_equal(umsi_irq_enable(NULL, 1), UMSI_ENOENT);
	assert_int_equal(umsi_irq_disable(NULL, 1), UMSI_ENOENT);
	assert_int_equal(umsi_irq_trigger(NULL, 1), UMSI_ENOENT);
	assert_int_equal(umsi_irq_done(NULL, 1), UMSI_ENOENT);
	assert_int_equal(umsi_irq_band(NULL, 1), UMSI_EINVAL);
	assert_int_equal(umsi_irq_set_wake(NULL, 1, true), UMSI_ENOENT);
	assert_int_equal(umsi_irq_set_affinity(NULL, 1, &(struct umsi_affinity){ 0 }), UMSI_EINVAL);
	assert_int_equal(umsi_irq_set_affinity_wait(NULL, 1, &(struct umsi_affinity){ 0 }), UMSI_EINVAL);
	assert_false(umsi_irq_moves_atomically(NULL, 1));
	assert_int_equal(umsi_irq_effective_cpu(NULL, 1), UMSI_CPU_NONE);
	assert_int_equal(umsi_irq_stats_read(NULL, 1, &stats), UMSI_EINVAL);
	assert_int_equal(umsi_irq_index(NULL, 1, &index), UMSI_EINVAL);
	assert_int_equal(umsi_irq_message(NULL, 1, &msg), UMSI_EINVAL);
	umsi_dump(NULL, NULL, NULL);
}

static void calls_without_a_device_or_table(void **state)
{
	struct umsi_irq_request_at at = { 0 };
	umsi_irq irq;

	(void)state;
	assert_int_equal(umsi_device_add(NULL, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_revoke(NULL, 0), UMSI_EINVAL);
	assert_int_equal(umsi_device_functions(NULL, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(NULL, NULL, NULL, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_table_destroy(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_table_size(NULL), 0);
	assert_int_equal(umsi_irq_alloc(NULL, &at, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_block(NULL, &at, 1, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_many(NULL, &at, 1, 1, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_free_range(NULL, 0, 1), UMSI_EINVAL);
	assert_int_equal(umsi_irq_at(NULL, 0), UMSI_IRQ_NONE);
	assert_int_equal(umsi_shared_create(NULL, &at, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_join(NULL, rig_handler, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_read(NULL, NULL), UMSI_EINVAL);
}

static void arguments_left_out(void **state)
{
	struct umsi_irq_request_at at = { .last = 3 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct rig r;
	uint64_t bits[RIG_CPUS];
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 3);
	assert_int_equal(umsi_irq_alloc(r.table, NULL, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc(r.table, &at, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_block(r.table, NULL, 1, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_block(r.table, &at, 1, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_block(r.table, &at, 0, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_many(r.table, NULL, 1, 1, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_many(r.table, &at, 1, 1, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_alloc_many(r.table, &at, 0, 1, &irq), UMSI_ERANGE);
	assert_int_equal(umsi_irq_alloc_many(r.table, &at, 1, UMSI_TABLE_MAX + 1, &irq), UMSI_ERANGE);
	assert_int_equal(umsi_irq_index(r.umsi, irq, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_irq_message(r.umsi, irq, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_add(r.umsi, NULL, &dev), UMSI_EINVAL);
	assert_int_equal(umsi_device_add(r.umsi, &(struct umsi_device_config){ .parent = r.root }, NULL),
			 UMSI_EINVAL);
	assert_int_equal(umsi_device_function(NULL), 0);
	assert_int_equal(umsi_device_function(r.dev), 0);
	assert_int_equal(umsi_device_revoke(r.dev, 0), UMSI_ENOENT);
	assert_int_equal(umsi_device_revoke(r.dev, 1), UMSI_ENOENT);
	assert_int_equal(umsi_device_functions(r.dev, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, NULL, NULL, NULL, &table), UMSI_EINVAL);
	assert_int_equal(umsi_spread(r.umsi, 0, 1, 0, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_spread(r.umsi, 0, 0, 0, bits), UMSI_ERANGE);
	assert_int_equal(umsi_spread(r.umsi, UMSI_TABLE_MAX + 1, 1, 0, bits), UMSI_ERANGE);
	assert_int_equal(umsi_spread(r.umsi, 0, UMSI_TABLE_MAX + 1, 0, bits), UMSI_ERANGE);
	assert_int_equal(umsi_spread(r.umsi, 0, 1, UMSI_TABLE_MAX + 1, bits), UMSI_ERANGE);
	assert_int_equal(umsi_trace_start(r.umsi, NULL), UMSI_EINVAL);
	umsi_dump(r.umsi, NULL, NULL);
	rig_end(&r);
}

/* A device, or no device but a root. */
static void a_machine_in_use_stays(void **state)
{
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_irq_band(r.umsi, 77), UMSI_ENOENT);
	assert_int_equal(umsi_destroy(r.umsi), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
	r.dev = NULL;
	assert_int_equal(umsi_destroy(r.umsi), UMSI_EBUSY);
	rig_end(&r);
}

/* ---- A request while the handler of before still runs ---- */

struct turn {
	struct rig *r;
	umsi_irq irq;
	bool inside, go_on;
	int while_running;
};

static enum umsi_handled slow_handler(void *arg)
{
	struct turn *t = arg;

	t->inside = true;
	while (!t->go_on)
		mach_delay(t->r->m, 1);
	return UMSI_HANDLED;
}

static void release_it(void *arg)
{
	struct turn *t = arg;

	while (!t->inside)
		mach_delay(t->r->m, 1);
	assert_int_equal(umsi_irq_release(t->r->umsi, t->irq), UMSI_OK);
}

static void request_it(void *arg)
{
	struct turn *t = arg;

	while (!t->inside)
		mach_delay(t->r->m, 1);
	/* UMSI_EEXIST: the release has not begun. */
	do {
		mach_delay(t->r->m, 5);
		t->while_running = umsi_irq_request(t->r->umsi, t->irq, rig_handler, t->r, "next");
	} while (t->while_running == UMSI_EEXIST);
	t->go_on = true;
}

static void the_next_handler_waits_for_the_last(void **state)
{
	struct turn t = { 0 };
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	t.r = &r;
	assert_int_equal(rig_alloc(&r, 2, 2, &t.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, t.irq, slow_handler, &t, "slow"), UMSI_OK);
	assert_int_equal(rig_move(&r, t.irq, 0), UMSI_OK);
	mach_entry_live(r.pci[0], 2, true);
	mach_pci_raise(r.pci[0], 2);
	mach_thread(r.m, 1, release_it, &t);
	mach_thread(r.m, 2, request_it, &t);
	rig_settle(&r);
	assert_int_equal(t.while_running, UMSI_EAGAIN);
	assert_int_equal(umsi_irq_request(r.umsi, t.irq, rig_handler, &r, "next"), UMSI_OK);
	mach_pci_raise(r.pci[0], 2);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

static int add(struct rig *r, struct umsi_device_config c)
{
	struct umsi_device *dev;

	c.name = "x";
	return umsi_device_add(r->umsi, &c, &dev);
}

static void devices_that_make_no_sense(void **state)
{
	struct umsi_device *function;
	struct umsi_device_config c = { .name = "function" };
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(add(&r, (struct umsi_device_config){ .parent = r.root,
		.messages_as = { .kind = UMSI_REQUESTER_BUSES + 1 } }), UMSI_EINVAL);
	assert_int_equal(add(&r, (struct umsi_device_config){ .parent = r.root,
		.messages_as = { .phantom_bits = 4 } }), UMSI_EINVAL);
	assert_int_equal(add(&r, (struct umsi_device_config){ .parent = r.root,
		.messages_as = { .kind = UMSI_REQUESTER_BUSES, .first_bus = 2, .last_bus = 1 } }), UMSI_EINVAL);
	assert_int_equal(add(&r, (struct umsi_device_config){ .parent = r.root, .owner = r.dev }), UMSI_EINVAL);
	c.owner = r.dev;
	assert_int_equal(umsi_device_add(r.umsi, &c, &function), UMSI_OK);
	assert_int_equal(add(&r, (struct umsi_device_config){ .owner = function }), UMSI_EINVAL);
	assert_int_equal(umsi_device_revoke(function, umsi_device_function(function)), UMSI_ENOENT);
	assert_int_equal(umsi_device_remove(r.dev), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(function), UMSI_OK);
	rig_end(&r);
}

static int table_of(struct rig *r, struct umsi_store_ops ops, struct umsi_table **out)
{
	static struct umsi_store_ops kept;

	kept = ops;
	return umsi_table_create(r->dev, &kept, NULL, &(struct umsi_table_config){ .size = 4 }, out);
}

static int start(void *store)
{
	(void)store;
	return 0;
}

static int rewrite(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg, int *settled)
{
	*settled = UMSI_OK;
	return write_message(store, index, cookie, msg);
}

static void stores_that_make_no_sense(void **state)
{
	struct umsi_store_ops ops = { .name = "x", .number_name = "n", .write = write_message };
	struct umsi_table *t;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	ops.number_name = NULL;
	assert_int_equal(table_of(&r, ops, &t), UMSI_EINVAL);
	ops.number_name = "n";
	ops.settle_sleeps = true;
	ops.one_word = true;
	assert_int_equal(table_of(&r, ops, &t), UMSI_EINVAL);
	ops.settle = flush;
	ops.set_trigger = trigger;
	assert_int_equal(table_of(&r, ops, &t), UMSI_EINVAL);
	ops.set_trigger = NULL;
	ops.shared_message = true;
	assert_int_equal(table_of(&r, ops, &t), UMSI_EINVAL);
	/* All at one go: with nothing to mask, with nothing that proves it, or in a store that is not so simple. */
	for (unsigned int i = 0; i < 10; i++) {
		ops = (struct umsi_store_ops){
			.name = "x", .number_name = "n", .write = write_message, .rewrite = rewrite,
			.mask = i == 0 ? NULL : flush, .unmask = i == 0 ? NULL : flush,
			.settle = i == 1 ? NULL : flush, .shared_message = i == 2, .mask_loses = i == 3,
			.one_word = i == 4, .flush_ages = i == 5, .settle_sleeps = i == 6,
			.start = i == 7 ? start : NULL, .set_trigger = i == 8 ? trigger : NULL,
		};
		assert_int_equal(table_of(&r, ops, &t), i < 9 ? UMSI_EINVAL : UMSI_OK);
	}
	assert_int_equal(umsi_table_destroy(t), UMSI_OK);
	rig_end(&r);
}

static int block(struct umsi_table *t, struct umsi_irq_request_at at, uint32_t count)
{
	umsi_irq irq[8];

	return umsi_irq_alloc_block(t, &at, count, irq);
}

static const struct umsi_store_ops levels = {
	.name = "levels", .number_name = "n", .write = write_message, .settle = flush,
	.one_word = true, .shared_message = true, .set_trigger = trigger,
};

static const struct umsi_store_ops sleepy = {
	.name = "sleepy", .number_name = "n", .write = write_message, .settle = flush,
	.one_word = true, .settle_sleeps = true,
};

static void blocks_that_make_no_sense(void **state)
{
	struct umsi_store_ops ops = { .name = "x", .number_name = "n", .write = write_message,
		.settle = flush, .one_word = true, .shared_message = true };
	struct umsi_irq_request_at all = { .last = 3 }, at;
	struct umsi_table *t;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(block(r.table, all, 4), UMSI_ENOTSUP);
	assert_int_equal(table_of(&r, ops, &t), UMSI_OK);
	at = all;
	at.kind = UMSI_IRQ_MANAGED;
	assert_int_equal(block(t, at, 4), UMSI_ENOTSUP);
	at = all;
	at.band = UMSI_BAND_URGENT;
	assert_int_equal(block(t, at, 4), UMSI_ENOTSUP);
	at = all;
	at.trigger = UMSI_TRIGGER_LEVEL_LOW + 1;
	assert_int_equal(block(t, at, 4), UMSI_EINVAL);
	at.trigger = UMSI_TRIGGER_LEVEL_LOW;
	assert_int_equal(block(t, at, 4), UMSI_EINVAL);
	assert_int_equal(block(t, all, 2), UMSI_ERANGE);
	at = all;
	at.first = 1;
	assert_int_equal(block(t, at, 4), UMSI_ERANGE);
	at = all;
	at.last = 2;
	assert_int_equal(block(t, at, 4), UMSI_ERANGE);
	assert_int_equal(umsi_irq_alloc(t, &all, &irq), UMSI_ENOTSUP);
	at = all;
	at.affinity.kind = (enum umsi_affinity_kind)77;
	assert_int_equal(block(t, at, 4), UMSI_EINVAL);
	at = all;
	at.strict = true;
	assert_int_equal(block(t, at, 4), UMSI_OK);
	assert_int_equal(block(t, all, 4), UMSI_EEXIST);
	assert_int_equal(umsi_irq_free_range(t, 0, UINT32_MAX), 4);
	at = all;
	at.trigger = UMSI_TRIGGER_LEVEL_LOW + 1;
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, &levels, NULL, &(struct umsi_table_config){ .size = 4 }, &t), UMSI_OK);
	assert_int_equal(block(t, at, 4), UMSI_EINVAL);
	at.trigger = UMSI_TRIGGER_LEVEL_HIGH;
	assert_int_equal(block(t, at, 4), UMSI_OK);
	at = all;
	at.kind = UMSI_IRQ_MANAGED;
	assert_int_equal(umsi_table_create(r.dev, &sleepy, NULL, &(struct umsi_table_config){ .size = 4 }, &t), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(t, &at, &irq), UMSI_ENOTSUP);
	at.kind = 77;
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_EINVAL);
	at = all;
	at.band = UMSI_BAND_BACKGROUND + 1;
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_EINVAL);
	rig_end(&r);
}

static void states_that_refuse(void **state)
{
	struct umsi_msg msg;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 5, 5, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_release(r.umsi, irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_ESTATE);
	assert_int_equal(umsi_irq_message(r.umsi, irq + 40, &msg), UMSI_ENOENT);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_OK);
	assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
	assert_true(umsi_irq_moves_atomically(r.umsi, irq));
	assert_false(umsi_irq_moves_atomically(r.umsi, irq + 40));
	for (uint32_t i = 0; i < UINT16_MAX; i++)
		assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_ERANGE);
	assert_int_equal(umsi_cpu_dead(r.umsi, RIG_CPUS), UMSI_ERANGE);
	assert_int_equal(umsi_cpu_dead(r.umsi, 1), UMSI_ECONTEXT);
	assert_int_equal(umsi_cpu_dead(r.umsi, 0), UMSI_ESTATE);
	assert_int_equal(umsi_cpu_restore(r.umsi, RIG_CPUS), UMSI_ERANGE);
	assert_int_equal(umsi_cpu_restore(r.umsi, 1), UMSI_ECONTEXT);
	assert_false(umsi_cpu_is_online(r.umsi, RIG_CPUS));
	assert_int_equal(umsi_resume(r.umsi), UMSI_ESTATE);
	rig_end(&r);
}

static void never(void *arg, const struct umsi_function_info *info)
{
	(void)arg, (void)info;
	fail();
}

static umsi_irq sleepless_irq;

/* In a handler nothing may sleep. */
static enum umsi_handled sleepless(void *arg)
{
	static const uint64_t bits = 5;
	const struct umsi_affinity new_set = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &bits, .nbits = 4 } };
	struct rig *r = arg;
	struct umsi *m = r->umsi;
	umsi_cpu cpu = mach_cpu(r->m);
	struct umsi_irq_request_at at = { .last = 3 };
	struct umsi_irq_request_at *where = &at;
	umsi_irq irq = sleepless_irq, out;

	r->calls++;
	assert_int_equal(umsi_irq_alloc(r->table, where, &out), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_alloc_block(r->table, where, 4, &out), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_free(m, irq), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_free_range(r->table, 0, 3), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_release(m, irq), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_synchronize(m, irq), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_set_affinity(m, irq, &new_set), UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_set_affinity_wait(m, irq, &(struct umsi_affinity){ 0 }), UMSI_ECONTEXT);
	assert_int_equal(umsi_table_destroy(r->table), UMSI_ECONTEXT);
	assert_int_equal(umsi_device_remove(r->dev), UMSI_ECONTEXT);
	assert_int_equal(umsi_device_revoke(r->dev, 1), UMSI_ECONTEXT);
	assert_int_equal(umsi_device_functions(r->dev, never, NULL), UMSI_ECONTEXT);
	assert_int_equal(umsi_device_quiesce(r->dev), UMSI_ECONTEXT);
	assert_int_equal(umsi_cpu_leave(m, cpu), UMSI_ECONTEXT);
	assert_int_equal(umsi_cpu_dead(m, cpu), UMSI_ECONTEXT);
	assert_int_equal(umsi_cpu_restore(m, cpu), UMSI_ECONTEXT);
	assert_int_equal(umsi_suspend(m), UMSI_ECONTEXT);
	assert_int_equal(umsi_resume(m), UMSI_ECONTEXT);
	umsi_drain_point(m);	/* not its place: nothing happens */
	return UMSI_HANDLED;
}

static void nothing_sleeps_in_a_trap(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(rig_alloc(&r, 3, 3, &irq), UMSI_OK);
	sleepless_irq = irq;
	assert_int_equal(umsi_irq_request(r.umsi, irq, sleepless, &r, "x"), UMSI_OK);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

static void counts_that_cannot_be_had(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_irq_request_at nowhere = at;
	umsi_irq irq[RIG_ENTRIES + 2];
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 1u << 3;
	rig_library(&r);
	rig_device(&r);
	nowhere.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = 3 };
	assert_int_equal(umsi_irq_alloc_many(r.table, &nowhere, 1, 2, irq), UMSI_ENOCPU);
	assert_int_equal(umsi_irq_alloc_many(r.table, &at, RIG_ENTRIES + 1, RIG_ENTRIES + 2, irq), UMSI_ENOINDEX);
	assert_int_equal(rig_stats(&r).irqs, 0);
	assert_int_equal(umsi_irq_alloc_many(r.table, &at, 1, RIG_ENTRIES + 2, irq), RIG_ENTRIES);
	rig_end(&r);
}

static void no_more_wakers_than_there_is_room_for(void **state)
{
	struct rig r;
	umsi_irq irq[RIG_ENTRIES];
	int status = UMSI_OK;
	uint32_t n = 0;

	(void)state;
	rig_start(&r, 1);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		irq[i] = rig_irq(&r, i);
	while (n < RIG_ENTRIES && (status = umsi_irq_set_wake(r.umsi, irq[n], true)) == UMSI_OK)
		n++;
	assert_true(n > 0);
	if (n < RIG_ENTRIES)
		assert_int_equal(status, UMSI_ENOSLOT);
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq[0], true), UMSI_OK);
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq[0], false), UMSI_OK);
	assert_int_equal(umsi_irq_set_wake(r.umsi, irq[0], false), UMSI_OK);
	rig_end(&r);
}

static umsi_cpu now(void *host, uint64_t *time_ns)
{
	(void)host;
	*time_ns = 0;
	return 0;
}

static void traces_without_a_part(void **state)
{
	struct umsi_trace_event unknown = { .point = UINT16_MAX };
	struct umsi_trace trace = { .points = 0 };
	struct umsi_trace_ring *ring[1] = { NULL };
	char line[UMSI_DUMP_LINE_MAX];
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_trace_start(r.umsi, &trace), UMSI_EINVAL);
	trace.now = now;
	assert_int_equal(umsi_trace_start(r.umsi, &trace), UMSI_EINVAL);
	trace.ring = ring;
	trace.nrings = 1;
	assert_int_equal(umsi_trace_start(r.umsi, &trace), UMSI_OK);
	rig_irq(&r, 1);	/* none of its points is asked for */
	umsi_trace_stop(r.umsi);
	umsi_trace_text(&unknown, line);
	assert_non_null(strstr(line, "unknown"));
	rig_end(&r);
}

static void parts_left_out(void **state)
{
	static const struct umsi_store_ops ops = { .name = "x", .number_name = "n", .write = write_message,
		.settle = flush, .one_word = true, .shared_message = true };
	struct umsi_storage storage;
	struct umsi_config config = { .ncpus = 1 };
	struct umsi_table *t, *wide, *odd;
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_shared *line;
	struct umsi *m;
	struct rig r;
	umsi_irq irq[64];

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_init(&storage, r.m, &r.config, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_init(&storage, r.m, &config, &m), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, NULL, &t), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, &(struct umsi_table_config){ .size = 4 }, NULL),
			 UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, &(struct umsi_table_config){ .size = 64 }, &wide),
			 UMSI_OK);
	assert_int_equal(umsi_irq_alloc_block(wide, &at, 64, irq), UMSI_ERANGE);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, &(struct umsi_table_config){ .size = 3 }, &odd),
			 UMSI_OK);
	assert_int_equal(umsi_irq_alloc_block(odd, &at, 3, irq), UMSI_ERANGE);
	assert_int_equal(umsi_shared_create(r.table, NULL, &line), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(r.table, &at, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(r.table, &at, &line), UMSI_EINVAL);
	at.last = 0;
	assert_int_equal(umsi_shared_create(r.table, &at, &line), UMSI_EINVAL);
	assert_int_equal(umsi_init(&storage, r.m, &r.config, &m), UMSI_OK);
	assert_int_equal(umsi_device_add(m, &(struct umsi_device_config){ .name = "x", .parent = r.root },
					 &(struct umsi_device *){ NULL }), UMSI_EINVAL);
	assert_int_equal(umsi_device_add(m, &(struct umsi_device_config){ .name = "x", .owner = r.dev },
					 &(struct umsi_device *){ NULL }), UMSI_EINVAL);
	assert_int_equal(umsi_resume(m), UMSI_ESTATE);
	assert_int_equal(umsi_destroy(m), UMSI_OK);
	rig_end(&r);
}

static enum umsi_handled early(void *arg)
{
	struct rig *r = arg;

	r->calls++;
	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_ECONTEXT);
	return UMSI_HANDLED;
}

static void not_there(void *arg)
{
	struct rig *r = arg;

	assert_int_equal(umsi_cpu_restore(r->umsi, 3), UMSI_ESTATE);
	assert_int_equal(umsi_cpu_dead(r->umsi, 3), UMSI_ESTATE);
}

static void processors_at_the_wrong_time(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 1u << 3;
	rig_library(&r);
	rig_device(&r);
	mach_thread(r.m, 3, not_there, &r);
	rig_settle(&r);
	assert_int_equal(rig_alloc(&r, 2, 2, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, early, &r, "early"), UMSI_OK);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* A set names words beyond the machine's: they must be empty; fewer are as good as zeros. */
static void sets_of_other_widths(void **state)
{
	uint64_t bits[2] = { 6, 0 };
	struct umsi_affinity a = { .kind = UMSI_AFFINITY_SET, .set = { .bits = bits, .nbits = 128 } };
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 1);
	assert_int_equal(umsi_irq_set_affinity(r.umsi, irq, &a), UMSI_OK);
	bits[1] = 1;
	assert_int_equal(umsi_irq_set_affinity(r.umsi, irq, &a), UMSI_ERANGE);
	a.set.nbits = 3;
	assert_int_equal(umsi_irq_set_affinity(r.umsi, irq, &a), UMSI_OK);
	a.set.nbits = 0;
	assert_int_equal(umsi_irq_set_affinity(r.umsi, irq, &a), UMSI_EINVAL);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_without_a_machine),
		cmocka_unit_test(calls_without_a_device_or_table),
		cmocka_unit_test(arguments_left_out),
		cmocka_unit_test(a_machine_in_use_stays),
		cmocka_unit_test(the_next_handler_waits_for_the_last),
		cmocka_unit_test(devices_that_make_no_sense),
		cmocka_unit_test(stores_that_make_no_sense),
		cmocka_unit_test(blocks_that_make_no_sense),
		cmocka_unit_test(states_that_refuse),
		cmocka_unit_test(nothing_sleeps_in_a_trap),
		cmocka_unit_test(counts_that_cannot_be_had),
		cmocka_unit_test(no_more_wakers_than_there_is_room_for),
		cmocka_unit_test(traces_without_a_part),
		cmocka_unit_test(parts_left_out),
		cmocka_unit_test(processors_at_the_wrong_time),
		cmocka_unit_test(sets_of_other_widths),
	};

	return cmocka_run_group_tests_name("api arguments", tests, NULL, NULL);
}
