/* SPDX-License-Identifier: MIT */
/* The GICv3 root: how many LPIs, what it refuses, CPUs that lost their redistributor's memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define MANY		448000u
#define A_DEVICE	64000u

static uint32_t called;

static enum umsi_handled count_call(void *arg)
{
	(void)arg;
	called++;
	return UMSI_HANDLED;
}

/* ---- 448,000 LPIs at 8 redistributors ---- */

static void fire_many(void *arg)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct rig *r = arg;
	struct umsi_device *dev[MANY / A_DEVICE];
	struct umsi_table *table;
	struct umsi_gicv3_lpis lpis;
	umsi_irq irq;

	for (uint32_t i = 0; i < MANY; i++) {
		if (i % A_DEVICE == 0)
			MACH_CHECK(r->m, rig_device(r, 0x100 + i / A_DEVICE, A_DEVICE, &dev[i / A_DEVICE], &table) == UMSI_OK,
				   "T-DEVICE", "%u", i);
		MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
			   umsi_irq_request(r->umsi, irq, count_call, r, "n") == UMSI_OK &&
			   umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-FIRE", "LPI %u", i);
	}
	umsi_gicv3_count(r->root, &lpis);
	MACH_CHECK(r->m, lpis.owned == MANY && mach_its_events(r->hw) == MANY, "T-OWNED", "%u of %u LPIs", lpis.owned,
		   lpis.total);
	while (called < MANY)
		mach_delay(r->m, 100);
	for (uint32_t i = 0; i < MANY / A_DEVICE; i++)
		MACH_CHECK(r->m, umsi_device_remove(dev[i]) == UMSI_OK, "T-REMOVE", "%u", i);
}

static void lpis_448000_at_8_redistributors(void **state)
{
	struct rig_config config = { .cpus = 8, .id_bits = 20, .calm = true, .plain = true };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	r.max_irqs = 500000;
	called = 0;
	assert_int_equal(rig_start(&r, 1, &config), UMSI_OK);
	mach_thread(r.m, 0, fire_many, &r);
	rig_run(&r);
	assert_int_equal(called, MANY);
	rig_finish(&r);
}

/* ---- Tables that a redistributor never forgets ---- */

static void tables_that_stay_are_left_and_said_so(void **state)
{
	struct rig_config config = { .lpis_stay = true };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 1, &config), UMSI_OK);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	assert_int_equal(umsi_gicv3_destroy(r.root), UMSI_OK);
	r.root = NULL;
	assert_int_equal(umsi_destroy(r.umsi), UMSI_OK);
	assert_int_equal(mach_logged(r.m, 1), 1);
	/* The configuration, and what is pending at three redistributors. */
	assert_int_equal(mach_live_blocks(r.m), 4);
	mach_destroy(r.m);
}

/* ---- Creation ---- */

static void wrong_configurations_are_named(void **state)
{
	struct rig_config config = { 0 };
	struct umsi_gicv3_region region = { .phys = MACH_GICV3_REDISTRIBUTORS, .bytes = 3 * 0x20000 };
	struct umsi_gicv3_config good = { .distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1 }, c;
	struct umsi_domain *root;
	struct rig r;
	uint32_t n;
	int status;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 1, &config), UMSI_OK);
	assert_int_equal(umsi_gicv3_create(r.umsi, &good, &root), UMSI_EEXIST);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	assert_int_equal(umsi_gicv3_destroy(r.root), UMSI_OK);
	r.root = NULL;
	c = good;
	c.distributor += 0x1000;
	assert_int_equal(umsi_gicv3_create(r.umsi, &c, &root), UMSI_EINVAL);
	c = good;
	c.id_bits = 13;
	assert_int_equal(umsi_gicv3_create(r.umsi, &c, &root), UMSI_EINVAL);
	c.id_bits = 21;
	assert_int_equal(umsi_gicv3_create(r.umsi, &c, &root), UMSI_EINVAL);
	c = good;
	c.timer_id = 32;
	assert_int_equal(umsi_gicv3_create(r.umsi, &c, &root), UMSI_EINVAL);
	c = good;
	c.regions = 0;
	assert_int_equal(umsi_gicv3_create(r.umsi, &c, &root), UMSI_EINVAL);
	region.bytes = 2 * 0x20000;
	assert_int_equal(umsi_gicv3_create(r.umsi, &good, &root), UMSI_ERANGE);
	region.bytes = 3 * 0x20000;
	for (n = 1, status = UMSI_ENOMEM; status == UMSI_ENOMEM; n++) {
		mach_fail_alloc(r.m, n, false);
		status = umsi_gicv3_create(r.umsi, &good, &root);
		mach_fail_alloc(r.m, 0, false);
	}
	assert_int_equal(status, UMSI_OK);
	assert_true(n > 10);
	assert_int_equal(umsi_gicv3_destroy(root), UMSI_OK);
	assert_int_equal(umsi_destroy(r.umsi), UMSI_OK);
	mach_check_leaks(r.m);
	assert_null(mach_violated(r.m));
	mach_destroy(r.m);
}

/* LPIs need a translator. */
static void a_device_at_the_root_itself_gets_no_lpi(void **state)
{
	struct rig_config config = { .calm = true };
	struct umsi_irq_request_at at = { .last = 0 };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 1, &config), UMSI_OK);
	assert_int_equal(rig_device_as(&r, (struct umsi_device_config){ .parent = r.root }, &rig_store, 1, &dev, &table),
			 UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_ENOTSUP);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_expect_empty(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lpis_448000_at_8_redistributors),
		cmocka_unit_test(tables_that_stay_are_left_and_said_so),
		cmocka_unit_test(wrong_configurations_are_named),
		cmocka_unit_test(a_device_at_the_root_itself_gets_no_lpi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
