/* SPDX-License-Identifier: MIT */
/*
 * The ITS: what implementations are known to get wrong, each with a model that does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

/* ---- Errata ---- */

static void expect_erratum(struct rig *r, const char *name)
{
	struct umsi_its_count its;

	assert_int_equal(umsi_its_count(r->its, &its), UMSI_OK);
	assert_string_equal(its.erratum, name);
}

/* The model's ITTs have 16 bytes to an event, and end in no memory if there are 8. */
static void erratum_qdf2400_0065_tables_of_16_bytes_an_event(void **state)
{
	struct rig_config config = { .hw = { .iidr = 0x00001070, .entry_bytes = 8, .real_entry_bytes = 16 } };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 5, &config), UMSI_OK);
	expect_erratum(&r, "Qualcomm QDF2400 0065");
	mach_thread(r.m, 0, rig_fire_two, &r);
	rig_run(&r);
	rig_finish(&r);
}

static void beyond_20_bits(void *arg)
{
	struct rig *r = arg;
	struct umsi_device *dev;
	struct umsi_table *table;
	int status = rig_device(r, 0x100000, 2, &dev, &table);

	MACH_CHECK(r->m, status == UMSI_ERANGE, "T-RANGE", "DeviceID of 21 bits: %d", status);
	MACH_CHECK(r->m, rig_device(r, 0xfffff, 2, &dev, &table) == UMSI_OK, "T-LAST", "the last DeviceID");
	umsi_device_remove(dev);
}

/* 22375: the table is read for 20 bits of DeviceIDs; 24313: only as device memory. */
static void errata_cavium_22375_24313_device_table(void **state)
{
	struct rig_config config = {
		.hw = { .iidr = 0xa100034c, .device_bits = 21, .real_device_bits = 20, .ignores_type = true },
	};
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 6, &config), UMSI_OK);
	expect_erratum(&r, "Cavium 22375, 24313, 23144");
	mach_thread(r.m, 0, beyond_20_bits, &r);
	rig_run(&r);
	mach_thread(r.m, 1, rig_fire_two, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* The model hangs in a SYNC of another node's CPU. */
static void stay_on_the_node(void *arg)
{
	struct rig *r = arg;
	struct umsi_affinity elsewhere = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 };
	struct umsi_affinity here = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0x800, 8, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < 8; i++) {
		irq = rig_begin(r, table, i, &calls);
		MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, irq) >= 2, "T-NODE", "on CPU %u",
			   umsi_irq_effective_cpu(r->umsi, irq));
	}
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &elsewhere) == UMSI_ENOCPU, "T-ELSEWHERE", "other node");
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &here) == UMSI_OK, "T-HERE", "own node");
	MACH_CHECK(r->m, umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-RAISE", "raise");
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 1, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}

static void erratum_cavium_23144_collections_of_one_node(void **state)
{
	struct rig_config config = {
		.cpus = 4, .node_of = { 0, 0, 1, 1 }, .its = { .node = 1 },
		.hw = { .iidr = 0xa100034c, .ignores_type = true, .node_first = 2, .node_last = 3 },
	};
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 8, &config), UMSI_OK);
	mach_thread(r.m, 2, stay_on_the_node, &r);
	rig_run(&r);
	rig_finish(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(erratum_qdf2400_0065_tables_of_16_bytes_an_event),
		cmocka_unit_test(errata_cavium_22375_24313_device_table),
		cmocka_unit_test(erratum_cavium_23144_collections_of_one_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
