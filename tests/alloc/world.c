/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <umsi/dump.h>

struct world w;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	if (w.trap)
		w.trap(cpu);
}

void run(void)
{
	if (mach_run(w.m))
		return;
	mach_report(w.m, stderr, 60);
	fail_msg("violated");
}

/* ---- A machine comes and goes ---- */

static void begin(const struct path *path)
{
	struct mach_config config = path->config;
	struct mach_pci_config pci = path->pci;

	memset(&w, 0, sizeof(w));
	config.ncpus = CPUS;
	config.chaos = &mach_chaos_none;
	config.max_steps = 100000000;
	config.trap = on_trap;
	w.m = mach_create(1, &config);
	for (uint32_t i = 0; i < CPUS; i++)
		w.cpus[i].hw_id = config.kind == MACH_ARM3 ? mach_gicv3_affinity(i) : i;
	pci.requester_id = w.fn.requester_id = 0x100;
	if (pci.entries) {
		w.pci = mach_pci_add(w.m, &pci);
		for (unsigned int bar = 0; bar < 6; bar++)
			mach_pci_bar(w.pci, bar, &w.fn.bar[bar].phys, &w.fn.bar[bar].bytes);
	}
	mach_baseline(w.m);
}

/* By the machine that ended last. */
static uint64_t asked_in_all;

static void end_drivers(void)
{
	for (uint32_t i = 0; i < 2; i++)
		if (w.sharer[i])
			assert_int_equal(umsi_shared_leave(w.sharer[i]), UMSI_OK);
	if (w.has_set)
		umsi_pci_irqs_free(w.dev, &w.set, w.irq);
	if (w.line)
		assert_int_equal(umsi_shared_destroy(w.line), UMSI_OK);
	if (w.dev)
		assert_int_equal(umsi_device_remove(w.dev), UMSI_OK);
	if (w.platform)
		assert_int_equal(umsi_device_remove(w.platform), UMSI_OK);
}

static void end(void)
{
	end_drivers();
	if (w.unit)
		assert_int_equal(w.end_unit(w.unit), UMSI_OK);
	if (w.root)
		assert_int_equal(w.end_root(w.root), UMSI_OK);
	w.trap = NULL;
	if (w.umsi)
		assert_int_equal(umsi_destroy(w.umsi), UMSI_OK);
	mach_check_leaks(w.m);
	run();
	asked_in_all = mach_allocs(w.m);
	mach_destroy(w.m);
}

/* ---- What there is, as text and numbers ---- */

struct view {
	struct umsi_stats stats;
	size_t maps, blocks, at;
	uint32_t pci[64];
	char text[32768];
};

static void add_line(void *arg, const char *line)
{
	struct view *v = arg;
	int n = snprintf(v->text + v->at, sizeof(v->text) - v->at, "%s\n", line);

	assert_in_range(n, 1, sizeof(v->text) - v->at - 1);
	v->at += (size_t)n;
}

static void look(struct view *v)
{
	memset(v, 0, sizeof(*v));
	v->maps = mach_live_maps(w.m);
	v->blocks = mach_live_blocks(w.m);
	for (uint32_t i = 0; w.pci && i < 64; i++)
		v->pci[i] = mach_pci_peek(w.pci, 4 * i, 4);
	if (!w.umsi)
		return;
	umsi_dump(w.umsi, add_line, v);
	umsi_stats_read(w.umsi, &v->stats);
	v->stats.moves_refused = 0;
}

/*
 * Pools, slabs of records, chunks of indices and of numbers stay with the object, which gives
 * them back when it ends: that nothing is lost is seen there. A hundred records are the most.
 */
#define KEPT	12u

static void expect_as_before(const struct step *step, const struct view *before)
{
	static struct view after;

	look(&after);
	if (strcmp(before->text, after.text))
		fail_msg("%s: before\n%s\nafter\n%s", step->function, before->text, after.text);
	assert_memory_equal(&before->stats, &after.stats, sizeof(after.stats));
	assert_memory_equal(before->pci, after.pci, sizeof(after.pci));
	assert_int_equal(before->maps, after.maps);
	assert_in_range(after.blocks, before->blocks, before->blocks + KEPT);
}

/* ---- Steps ---- */

/*
 * A fresh machine on which the @nth allocation of that step fails; memory is pooled, so a second
 * failure on the same one would be of another allocation. False: it asks for fewer.
 */
static bool fail_one(const struct path *path, uint32_t which, uint64_t nth, bool for_ever)
{
	const struct step *step = &path->step[which];
	static struct view before;
	uint64_t asked;
	int status;

	begin(path);
	for (uint32_t i = 0; i < which; i++)
		assert_int_equal(path->step[i].call(), UMSI_OK);
	look(&before);
	asked = mach_allocs(w.m);
	mach_fail_alloc(w.m, nth, for_ever);
	status = step->call();
	mach_fail_alloc(w.m, 0, false);
	asked = mach_allocs(w.m) - asked;
	if (asked >= nth) {
		if (status != UMSI_ENOMEM)
			fail_msg("%s, allocation %u: %s", step->function, (unsigned int)nth, umsi_status_text(status));
		expect_as_before(step, &before);
		status = step->call();
	}
	assert_int_equal(status, UMSI_OK);
	for (uint32_t i = which + 1; i < path->steps; i++)
		assert_int_equal(path->step[i].call(), UMSI_OK);
	end();
	return asked >= nth;
}

static void use_without_memory(void)
{
	if (w.irqs && umsi_irq_disable(w.umsi, w.irq[0]) == UMSI_OK) {
		umsi_irq_trigger(w.umsi, w.irq[0]);
		assert_int_equal(umsi_irq_enable(w.umsi, w.irq[0]), UMSI_OK);
		run();
		assert_int_equal(umsi_irq_synchronize(w.umsi, w.irq[0]), UMSI_OK);
	}
	assert_int_equal(umsi_device_quiesce(w.dev), UMSI_OK);
	assert_int_equal(umsi_device_restore(w.dev), UMSI_OK);
	if (w.irqs)
		umsi_irq_release(w.umsi, w.irq[0]);
}

/* What takes back, wakes, asks or tells needs no memory: none was asked for. */
static void expect_none_needed(const struct path *path)
{
	uint64_t asked;

	begin(path);
	for (uint32_t i = 0; i < path->steps; i++)
		assert_int_equal(path->step[i].call(), UMSI_OK);
	asked = mach_allocs(w.m);
	mach_fail_alloc(w.m, 1, true);
	if (w.irqs || w.has_set)
		use_without_memory();
	end();
	assert_int_equal(asked_in_all, asked);
}

void fail_each(const struct path *path, bool for_ever)
{
	for (uint32_t which = 0; which < path->steps; which++) {
		uint64_t nth = 1;

		if (!path->step[which].function)
			continue;
		while (fail_one(path, which, nth, for_ever))
			nth++;
		/* A call that asks for nothing proves nothing. */
		if (nth == 1)
			fail_msg("%s asked for no memory", path->step[which].function);
	}
	expect_none_needed(path);
}
