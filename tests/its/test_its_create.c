/* SPDX-License-Identifier: MIT */
/*
 * The ITS: what it is given, and what if it is not. Names that begin with P- are failures
 * of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

/* ---- P-75, P-76 ---- */

static void two_its_share_redistributors(void *arg)
{
	struct rig *r = arg;
	struct mach_its_config hw = { .phys = 0x10100000, .page = 2, .by_address = true };
	struct umsi_its_config config = { .phys = 0x10100000 };
	struct umsi_device *dev[2];
	struct umsi_table *table[2];
	struct umsi_domain *first = r->its, *second;
	uint64_t calls[2] = { 0, 0 };
	umsi_irq irq[2];
	struct mach_its *other = mach_its_add(r->m, &hw);

	MACH_CHECK(r->m, umsi_its_create(r->umsi, r->root, &config, &second) == UMSI_OK, "T-SECOND", "second ITS");
	for (uint32_t i = 0; i < 2; i++) {
		r->its = i ? second : first;
		MACH_CHECK(r->m, rig_device(r, 0xc00, 2, &dev[i], &table[i]) == UMSI_OK, "T-DEVICE", "device");
		irq[i] = rig_begin(r, table[i], 0, &calls[i]);
	}
	MACH_CHECK(r->m, mach_its_devices(r->hw) == 1 && mach_its_devices(other) == 1, "T-EACH", "one on each");
	umsi_its_raise(r->umsi, irq[0]);
	umsi_its_raise(r->umsi, irq[1]);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls[0] == 1 && calls[1] == 1, "T-CALLS", "%u and %u calls", (unsigned int)calls[0],
		   (unsigned int)calls[1]);
	umsi_device_remove(dev[0]);
	umsi_device_remove(dev[1]);
	MACH_CHECK(r->m, umsi_its_destroy(second) == UMSI_OK, "T-DESTROY", "second ITS");
	r->its = first;
}

/* The model refuses tables of LPIs that are written while LPIs are on. */
static void P_75_a_second_its_leaves_the_redistributors_alone(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 9, &config), UMSI_OK);
	mach_thread(r.m, 0, two_its_share_redistributors, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* Units end in any order. */
static void the_older_its_may_end_first(void **state)
{
	struct mach_its_config hw = { .phys = 0x10100000, .page = 2 };
	struct umsi_its_config its = { .phys = 0x10100000 };
	struct rig_config config = { .calm = true };
	struct umsi_domain *second;
	struct umsi_table *table;
	struct umsi_device *dev;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 14, &config), UMSI_OK);
	mach_its_add(r.m, &hw);
	assert_int_equal(umsi_its_create(r.umsi, r.root, &its, &second), UMSI_OK);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	r.its = second;
	assert_int_equal(rig_device(&r, 0x100, 5, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);
}

/* Nothing is seen by either block that was not written back. */
static void P_76_blocks_that_do_not_see_caches_are_written_back_to(void **state)
{
	struct rig_config config = { .redistributors_incoherent = true, .hw = { .incoherent = true } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint32_t page = 0; page < 3; page++) {
		config.hw.page = page;
		config.hw.flat = page == 1;
		assert_int_equal(rig_start(&r, page + 1, &config), UMSI_OK);
		mach_thread(r.m, 0, rig_fire_two, &r);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* ---- A doorbell behind an IOMMU ---- */

static int map_doorbell(void *host, uint32_t requester_id, uint64_t phys, uint64_t *out_iova)
{
	(void)host;
	if (requester_id == 0xbad)
		return UMSI_ENOMEM;
	assert_true(phys == RIG_DOORBELL);
	*out_iova = 0x80000040;
	return UMSI_OK;
}

static void look_at_doorbell(void *arg)
{
	struct rig *r = arg;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	uint64_t calls = 0;

	MACH_CHECK(r->m, rig_device(r, 0xbad, 1, &dev, &table) == UMSI_ENOMEM, "T-BAD", "no mapping");
	MACH_CHECK(r->m, rig_device(r, 0x100, 3, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, rig_begin(r, table, 2, &calls), &msg) == UMSI_OK &&
		   msg.address == 0x80000040, "T-IOVA", "doorbell at %llx", (unsigned long long)msg.address);
	umsi_device_remove(dev);
}

static void a_doorbell_is_where_the_host_mapped_it(void **state)
{
	struct rig_config config = { .its = { .map_doorbell = map_doorbell } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 10, &config), UMSI_OK);
	mach_thread(r.m, 0, look_at_doorbell, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* ---- Creation ---- */

static void wrong_configurations_are_named(void **state)
{
	struct rig_config config = { 0 }, small = { .hw = { .device_bits = 4 } };
	struct umsi_its_config its = { .phys = RIG_ITS_PHYS };
	struct umsi_domain *other;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 11, &config), UMSI_OK);
	its.phys += 0x1000;
	assert_int_equal(umsi_its_create(r.umsi, r.root, &its, &other), UMSI_EINVAL);
	assert_int_equal(umsi_its_create(r.umsi, r.its, &its, &other), UMSI_EINVAL);
	assert_int_equal(umsi_its_create(r.umsi, r.root, NULL, &other), UMSI_EINVAL);
	assert_int_equal(umsi_gicv3_destroy(r.root), UMSI_EBUSY);
	assert_int_equal(rig_device(&r, 0x10000, 1, &dev, &table), UMSI_ERANGE);
	assert_int_equal(rig_device(&r, 0x100, 65536, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);

	assert_int_equal(rig_start(&r, 12, &small), UMSI_OK);
	assert_int_equal(rig_device(&r, 15, 1, &dev, &table), UMSI_OK);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	assert_int_equal(rig_device(&r, 16, 1, &dev, &table), UMSI_ERANGE);
	rig_end(&r);
}

/* Each allocation of a creation, and of a device with its table, fails in turn; nothing leaks. */
static void every_allocation_may_fail(void **state)
{
	struct rig_config config = { .calm = true };
	struct umsi_its_config its = { .phys = RIG_ITS_PHYS };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t n;
	struct rig r;
	int status;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 13, &config), UMSI_OK);
	for (n = 1, status = UMSI_ENOMEM; status == UMSI_ENOMEM; n++) {
		mach_fail_alloc(r.m, n, false);
		status = rig_device(&r, 0x100, 5, &dev, &table);
		mach_fail_alloc(r.m, 0, false);
	}
	assert_int_equal(status, UMSI_OK);
	assert_true(n > 5);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_expect_empty(&r);
	assert_int_equal(umsi_its_destroy(r.its), UMSI_OK);
	for (n = 1, status = UMSI_ENOMEM; status == UMSI_ENOMEM; n++) {
		mach_fail_alloc(r.m, n, false);
		status = umsi_its_create(r.umsi, r.root, &its, &r.its);
		mach_fail_alloc(r.m, 0, false);
	}
	assert_int_equal(status, UMSI_OK);
	assert_true(n > 5);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_75_a_second_its_leaves_the_redistributors_alone),
		cmocka_unit_test(the_older_its_may_end_first),
		cmocka_unit_test(P_76_blocks_that_do_not_see_caches_are_written_back_to),
		cmocka_unit_test(a_doorbell_is_where_the_host_mapped_it),
		cmocka_unit_test(wrong_configurations_are_named),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
