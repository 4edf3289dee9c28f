/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void trap(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;

	if (r->root)
		umsi_gicv3_trap(r->root, cpu);
}

static void timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

void rig_run(struct rig *r)
{
	mach_run(r->m);
	if (mach_violated(r->m))
		mach_report(r->m, stdout, 60);
	assert_null(mach_violated(r->m));
}

static void cpu_up(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

static void make_machine(struct rig *r, uint64_t seed, const struct rig_config *c)
{
	struct mach_config config = {
		.ncpus = r->cpus, .kind = MACH_ARM3, .trap = trap, .trap_arg = r, .lpi_id_bits = c->id_bits,
		.incoherent = c->redistributors_incoherent, .lpis_stay = c->lpis_stay,
		.max_steps = UINT64_C(100000000000), .chaos = c->calm ? &mach_chaos_none : NULL,
		.plain_memory = c->plain,
	};
	struct mach_its_config hw = c->hw;
	struct mach_chaos chaos = mach_chaos_none;

	if (c->slow_redistributors) {
		chaos.lag_now = 0;
		chaos.lag_max = c->slow_redistributors;
		config.chaos = &chaos;
	}
	r->m = mach_create(seed, &config);
	if (!hw.phys)
		hw.phys = RIG_ITS_PHYS;
	if (!hw.page)
		hw.page = 2;
	r->hw = mach_its_add(r->m, &hw);
}

static void make_library(struct rig *r, const struct rig_config *c)
{
	struct umsi_cpu_desc cpus[RIG_CPUS_MAX] = { 0 };
	struct umsi_config library = { .cpus = cpus, .ncpus = r->cpus, .min_age_ns = 50000, .max_irqs = r->max_irqs };
	struct umsi_gicv3_region region = {
		.phys = MACH_GICV3_REDISTRIBUTORS, .bytes = (uint64_t)r->cpus * 0x20000,
	};
	struct umsi_gicv3_config gic = {
		.distributor = MACH_GICV3_DISTRIBUTOR, .region = &region, .regions = 1, .id_bits = c->id_bits,
		.timer_id = MACH_GIC_TIMER, .timer = timer,
	};

	gic.mbis = c->messages.spis != 0;
	gic.mbi[0] = c->messages;
	for (uint32_t i = 0; i < r->cpus; i++)
		cpus[i] = (struct umsi_cpu_desc){ .hw_id = mach_gicv3_affinity(i), .node = c->node_of[i] };
	assert_int_equal(umsi_init(&r->storage, r->m, &library, &r->umsi), UMSI_OK);
	assert_int_equal(umsi_gicv3_create(r->umsi, &gic, &r->root), UMSI_OK);
}

int rig_start(struct rig *r, uint64_t seed, const struct rig_config *config)
{
	struct umsi_its_config its = config->its;
	uint32_t max_irqs = r->max_irqs;

	memset(r, 0, sizeof(*r));
	r->max_irqs = max_irqs;
	r->cpus = config->cpus ? config->cpus : 3;
	make_machine(r, seed, config);
	make_library(r, config);
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
		mach_thread(r->m, cpu, cpu_up, r);
	rig_run(r);
	if (!its.phys)
		its.phys = RIG_ITS_PHYS;
	return umsi_its_create(r->umsi, r->root, &its, &r->its);
}

static void end_traps(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	umsi_drain_point(r->umsi);
	mach_irq_on(r->m);
}

void rig_settle(struct rig *r)
{
	for (uint32_t turn = 0; turn < 3; turn++) {
		for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
			mach_thread(r->m, cpu, end_traps, r);
		rig_run(r);
		umsi_reap(r->umsi);
	}
}

void rig_expect_empty(struct rig *r)
{
	struct umsi_gicv3_lpis lpis;
	struct umsi_its_count its;
	struct umsi_stats stats;

	assert_int_equal(umsi_gicv3_count(r->root, &lpis), UMSI_OK);
	assert_int_equal(umsi_its_count(r->its, &its), UMSI_OK);
	umsi_stats_read(r->umsi, &stats);
	assert_int_equal(lpis.owned, 0);
	assert_int_equal(lpis.ending, 0);
	assert_int_equal(its.devices, 0);
	assert_int_equal(its.events, 0);
	assert_int_equal(its.room, 0);
	assert_int_equal(mach_its_devices(r->hw), 0);
	assert_int_equal(mach_its_events(r->hw), 0);
	assert_int_equal(stats.records, 0);
}

void rig_end(struct rig *r)
{
	if (r->its)
		assert_int_equal(umsi_its_destroy(r->its), UMSI_OK);
	assert_int_equal(umsi_gicv3_destroy(r->root), UMSI_OK);
	r->root = NULL;
	assert_int_equal(umsi_destroy(r->umsi), UMSI_OK);
	mach_check_leaks(r->m);
	if (mach_violated(r->m))
		mach_report(r->m, stdout, 20);
	assert_null(mach_violated(r->m));
	mach_destroy(r->m);
}

void rig_finish(struct rig *r)
{
	rig_settle(r);
	rig_expect_empty(r);
	rig_end(r);
}

/* ---- A store of nothing ---- */

static int store_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store;
	(void)index;
	(void)cookie;
	(void)msg;
	return 0;
}

static int store_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return 0;
}

static int store_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

const struct umsi_store_ops rig_store = {
	.name = "nothing", .number_name = "n", .write = store_write, .mask = store_mask, .unmask = store_mask,
	.settle = store_settle,
};

const struct umsi_store_ops rig_block_store = {
	.name = "block", .number_name = "n", .shared_message = true, .write = store_write, .settle = store_settle,
};

int rig_device_as(struct rig *r, struct umsi_device_config config, const struct umsi_store_ops *store, uint32_t vectors,
		  struct umsi_device **dev, struct umsi_table **table)
{
	struct umsi_table_config size = { .size = vectors };
	int status;

	if (!config.name)
		config.name = "d";
	if (!config.parent)
		config.parent = r->its;
	status = umsi_device_add(r->umsi, &config, dev);
	if (status)
		return status;
	status = umsi_table_create(*dev, store, r, &size, table);
	if (status)
		umsi_device_remove(*dev);
	return status;
}

int rig_device(struct rig *r, uint32_t requester_id, uint32_t vectors, struct umsi_device **dev,
	       struct umsi_table **table)
{
	return rig_device_as(r, (struct umsi_device_config){ .requester_id = requester_id }, &rig_store, vectors, dev, table);
}

enum umsi_handled rig_count_call(void *arg)
{
	(*(uint64_t *)arg)++;
	return UMSI_HANDLED;
}

umsi_irq rig_begin(struct rig *r, struct umsi_table *table, uint32_t index, uint64_t *calls)
{
	struct umsi_irq_request_at at = { .first = index, .last = index };
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ALLOC", "index %u", index);
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, rig_count_call, calls, "n") == UMSI_OK, "T-REQUEST",
		   "index %u", index);
	return irq;
}

/* Everything pending is taken. */
void rig_let_traps_happen(struct rig *r)
{
	mach_delay(r->m, 8000);
}

void rig_fire_two(void *arg)
{
	struct rig *r = arg;
	uint64_t calls = 0;
	struct umsi_device *dev;
	struct umsi_table *table;

	MACH_CHECK(r->m, rig_device(r, 0x700, 5, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	for (uint32_t i = 0; i < 5; i += 4)
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, rig_begin(r, table, i, &calls)) == UMSI_OK, "T-RAISE", "%u", i);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 2, "T-CALLS", "%u calls", (unsigned int)calls);
	umsi_device_remove(dev);
}
