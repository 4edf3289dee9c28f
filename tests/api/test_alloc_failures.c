/* SPDX-License-Identifier: MIT */
/* Every allocation and mapping of every call failed in turn, once and for ever. */
#include "rig.h"

/* One public call that may allocate, on a prepared rig. */
struct step {
	const char *what;
	int (*call)(struct rig *r);
	void (*undo)(struct rig *r);	/* after it succeeded */
};

static umsi_irq last_irq;

static int do_init(struct rig *r)
{
	return umsi_init(&r->storage, r->m, &r->config, &r->umsi);
}

static int do_root(struct rig *r)
{
	return umsi_imsic_create(r->umsi, &r->imsic, &r->root);
}

static int do_device(struct rig *r)
{
	struct umsi_device_config c = {
		.name = "dev0", .requester_id = r->fn[0].requester_id, .parent = r->root,
	};

	return umsi_device_add(r->umsi, &c, &r->dev);
}

static int do_msix(struct rig *r)
{
	return umsi_pci_msix_create(r->dev, &r->fn[0], &r->table);
}

static int do_alloc(struct rig *r)
{
	uint64_t bits = 6;
	struct umsi_irq_request_at at = {
		.first = 3, .last = UMSI_INDEX_LAST,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &bits, .nbits = 4 } },
	};

	return umsi_irq_alloc(r->table, &at, &last_irq);
}

static int do_request(struct rig *r)
{
	return umsi_irq_request(r->umsi, last_irq, rig_handler, r, "x");
}

static int do_affinity(struct rig *r)
{
	uint64_t bits = 9;

	return umsi_irq_set_affinity(r->umsi, last_irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_SET, .set = { .bits = &bits, .nbits = 4 } });
}

static void online(struct rig *r)
{
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		mach_thread(r->m, i, rig_cpu_up, r);
	mach_run(r->m);
	rig_check(r);
}

static const struct step steps[] = {
	{ "umsi_init", do_init, NULL },
	{ "umsi_imsic_create", do_root, online },
	{ "umsi_device_add", do_device, NULL },
	{ "umsi_pci_msix_create", do_msix, NULL },
	{ "umsi_irq_alloc", do_alloc, NULL },
	{ "umsi_irq_request", do_request, NULL },
	{ "umsi_irq_set_affinity", do_affinity, NULL },
};

/* ---- Calls beside the usual path ---- */

static int write_nothing(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int flush_nothing(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops block_store = {
	.name = "block", .number_name = "n", .write = write_nothing, .settle = flush_nothing,
	.one_word = true, .shared_message = true,
};

static struct umsi_table *block_table;

static int do_table(struct rig *r)
{
	return umsi_table_create(r->dev, &block_store, NULL, &(struct umsi_table_config){ .size = 4 },
				 &block_table);
}

static int do_block(struct rig *r)
{
	struct umsi_irq_request_at at = { .last = 3 };
	umsi_irq irq[4];

	(void)r;
	return umsi_irq_alloc_block(block_table, &at, 4, irq);
}

static int alloc_kind(struct rig *r, enum umsi_irq_kind kind)
{
	uint64_t bits = 14;
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .kind = kind,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &bits, .nbits = 4 } },
	};
	umsi_irq irq;

	return umsi_irq_alloc(r->table, &at, &irq);
}

static int do_roaming(struct rig *r)
{
	return alloc_kind(r, UMSI_IRQ_ROAMING);
}

static int do_managed(struct rig *r)
{
	return alloc_kind(r, UMSI_IRQ_MANAGED);
}

static int do_spread(struct rig *r)
{
	uint64_t bits[2];

	return umsi_spread(r->umsi, 0, 2, 0, bits);
}

static int do_leave(struct rig *r)
{
	return umsi_cpu_leave(r->umsi, 3);
}

static void die(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_dead(r->umsi, 3), UMSI_OK);
	mach_cpu_down(r->m);
}

static void last_words(struct rig *r)
{
	mach_thread(r->m, 3, die, r);
	mach_run(r->m);
}

static const struct step others[] = {
	{ "umsi_table_create", do_table, NULL },
	{ "umsi_irq_alloc_block", do_block, NULL },
	{ "umsi_irq_alloc, roaming", do_roaming, NULL },
	{ "umsi_irq_alloc, managed", do_managed, NULL },
	{ "umsi_spread", do_spread, NULL },
	{ "umsi_cpu_leave", do_leave, last_words },
};

/* What a failed call must leave as it was. */
struct traces {
	size_t blocks, bytes, maps;
	uint32_t irqs, control, command;
};

static struct traces traces_of(struct rig *r)
{
	struct traces t = {
		.blocks = mach_live_blocks(r->m), .bytes = mach_live_bytes(r->m),
		.maps = mach_live_maps(r->m),
		.control = mach_pci_peek(r->pci[0], 0x72, 2), .command = mach_pci_peek(r->pci[0], 4, 2),
	};

	if (r->umsi)
		t.irqs = rig_stats(r).irqs;
	return t;
}

/*
 * Fails the n-th allocation of one step for n = 1, 2, ... until it succeeds
 * without meeting the fault. Returns how many it asks for. Pools and record
 * slabs are kept for the next caller: they may grow once, at the first failure.
 */
static uint64_t fail_each(struct rig *r, const struct step *step, bool for_ever)
{
	for (uint64_t nth = 1;; nth++) {
		struct traces before = traces_of(r), after;
		uint64_t asked = mach_allocs(r->m);
		int status;

		mach_fail_alloc(r->m, nth, for_ever);
		status = step->call(r);
		mach_fail_alloc(r->m, 0, false);
		rig_check(r);
		if (status == UMSI_OK)
			return mach_allocs(r->m) - asked;
		assert_int_equal(status, UMSI_ENOMEM);
		after = traces_of(r);
		assert_int_equal(after.irqs, before.irqs);
		assert_int_equal(after.maps, before.maps);
		assert_int_equal(after.control, before.control);
		assert_int_equal(after.command, before.command);
		assert_true(after.blocks <= before.blocks + 2);
		assert_true(nth < 100);
	}
}

static void each_step_survives(bool for_ever)
{
	uint64_t asked = 0;
	struct rig r;

	rig_machine(&r, &mach_chaos_none, 1);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		asked += fail_each(&r, &steps[i], for_ever);
		if (steps[i].undo)
			steps[i].undo(&r);
	}
	/* A rig that asks for nothing would prove nothing. */
	assert_true(asked >= 10);
	mach_pci_raise(r.pci[0], 3);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

static void each_other_survives(bool for_ever)
{
	uint64_t asked = 0;
	struct rig r;

	rig_start(&r, 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		asked += fail_each(&r, &others[i], for_ever);
		if (others[i].undo)
			others[i].undo(&r);
	}
	assert_true(asked >= 4);
	rig_end(&r);
}

/* ---- As many as there is memory for ---- */

#define MANY	200

static int void_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int void_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops void_ops = {
	.name = "void", .number_name = "n", .write = void_write, .settle = void_settle,
};

/* Indices come in chunks: once the memory is gone, those there is a chunk for are still an answer. */
static void many_end_where_memory_does(void **state)
{
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	umsi_irq irq[MANY];
	int before = 0, got;

	(void)state;
	for (uint64_t nth = 1; before < MANY - 1; nth++) {
		struct umsi_table *table;
		struct rig r;

		rig_start(&r, 1);
		assert_int_equal(umsi_table_create(r.dev, &void_ops, NULL, &(struct umsi_table_config){ .size = MANY },
						   &table), UMSI_OK);
		mach_fail_alloc(r.m, nth, true);
		got = umsi_irq_alloc_many(table, &any, 10, MANY - 1, irq);
		mach_fail_alloc(r.m, 0, false);
		assert_true(got == UMSI_ENOMEM || got >= 10);
		assert_int_equal(rig_stats(&r).irqs, got < 0 ? 0 : got);
		assert_true(got < 0 ? !before : got >= before);
		before = got < 0 ? 0 : got;
		for (int i = 0; i < got; i++)
			assert_int_equal(umsi_irq_free(r.umsi, irq[i]), UMSI_OK);
		rig_end(&r);
		assert_true(nth < 40);
	}
}

static void others_once(void **state)
{
	(void)state;
	each_other_survives(false);
}

static void others_for_ever(void **state)
{
	(void)state;
	each_other_survives(true);
}

static void once(void **state)
{
	(void)state;
	each_step_survives(false);
}

static void for_ever(void **state)
{
	(void)state;
	each_step_survives(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_end_where_memory_does),
		cmocka_unit_test(once),
		cmocka_unit_test(for_ever),
		cmocka_unit_test(others_once),
		cmocka_unit_test(others_for_ever),
	};

	return cmocka_run_group_tests_name("allocation failures", tests, NULL, NULL);
}
