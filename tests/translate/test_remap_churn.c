/* SPDX-License-Identifier: MIT */
/* A thousand devices of 1 to 2,047 vectors come and go: no entry of a unit is left over or missing. */
#include "rig.h"

#define DEVICES	1000u

static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 3;
}

static int store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops store_ops = {
	.name = "churned", .number_name = "index", .write = store_write, .settle = store_settle,
};

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
}

static uint32_t used(void)
{
	struct umsi_amd_vi_stats amd = { 0 };
	struct umsi_vtd_stats vtd = { 0 };

	if (rig.amd)
		assert_int_equal(umsi_amd_vi_stats_read(rig.unit, &amd), UMSI_OK);
	else
		assert_int_equal(umsi_vtd_stats_read(rig.unit, &vtd), UMSI_OK);
	assert_int_equal(amd.lost + vtd.lost, 0);
	return amd.used + vtd.used;
}

/* Two stay while the next one comes. */
struct churned {
	struct umsi_device *dev;
	uint32_t count;
};

static void come(struct churned *c, uint32_t number)
{
	static const uint32_t counts[] = { 1, 3, 5, 33 };
	struct umsi_device_config dc = {
		.name = "churned", .parent = rig.unit, .requester_id = 0x100 + number % 2048,
	};
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_table_config tc = { 0 };
	struct umsi_table *table;
	umsi_irq irq;

	c->count = tc.size = number % 50 == 49 ? 2047 : counts[number % 4];
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &c->dev), UMSI_OK);
	assert_int_equal(umsi_table_create(c->dev, &store_ops, NULL, &tc, &table), UMSI_OK);
	for (uint32_t i = 0; i < c->count; i++) {
		assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
		if (i % 512 == 0)
			assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "churned"), UMSI_OK);
	}
}

static void go(struct churned *c)
{
	if (c->dev)
		assert_int_equal(umsi_device_remove(c->dev), UMSI_OK);
	c->dev = NULL;
	c->count = 0;
}

static void drain(void *arg)
{
	(void)arg;
	for (uint32_t turn = 0; turn < 3; turn++) {
		mach_irq_off(rig.m);
		umsi_drain_point(rig.umsi);
		mach_irq_on(rig.m);
		mach_delay(rig.m, 1000);
		umsi_reap(rig.umsi);
	}
}

static void churn(void)
{
	struct churned kept[3] = { 0 };
	uint32_t most = 0;

	for (uint32_t n = 0; n < DEVICES; n++) {
		uint32_t sum = 0;

		go(&kept[n % 3]);
		come(&kept[n % 3], n);
		for (uint32_t i = 0; i < 3; i++)
			sum += kept[i].count;
		assert_int_equal(used(), sum);
		most = sum > most ? sum : most;
		if (n % 200 != 199)
			continue;
		for (umsi_cpu cpu = 0; cpu < rig_cpus; cpu++)
			mach_thread(rig.m, cpu, drain, NULL);
		rig_run();
	}
	for (uint32_t i = 0; i < 3; i++)
		go(&kept[i]);
	assert_true(most > 2047);
	assert_int_equal(used(), 0);
	rig_end();
}

static void vtd_entries_are_balanced(void **state)
{
	struct umsi_vtd_config c = { .entries = 4096 };

	(void)state;
	rig_machine(1, &mach_chaos_none, false, NULL);
	assert_int_equal(rig_vtd(NULL, &c), UMSI_OK);
	rig_online();
	churn();
}

static void amd_entries_are_balanced(void **state)
{
	struct umsi_amd_vi_stats s;

	(void)state;
	rig_begin_amd(2, &mach_chaos_none, false);
	assert_int_equal(umsi_amd_vi_stats_read(rig.unit, &s), UMSI_OK);
	assert_int_equal(s.tables, 0);
	churn();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vtd_entries_are_balanced),
		cmocka_unit_test(amd_entries_are_balanced),
	};

	rig_cpus = RIG_CPUS_MAX;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
