/* SPDX-License-Identifier: MIT */
/*
 * The GICv2 root on the machine in a box: message interrupts under fire while
 * they move, end and begin again and a CPU leaves; a level-triggered wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/gic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define CPUS	3u
#define ENTRIES	8u
#define SEEDS	150u
#define LINE	40u
#define ALARMS	12u

struct source {
	struct rig *r;
	uint32_t index;
	umsi_irq irq;
};

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct source source[ENTRIES];
	umsi_irq wire;
	uint32_t alarms, asked;
	bool later;
};

static void trap(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;

	if (r->root)
		umsi_gic_trap(r->root, cpu);
}

static void timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static const struct umsi_gic_config gic_config = {
	.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
	.frames = 1, .frame = { { .phys = MACH_GIC_FRAME } },
	.timer_id = MACH_GIC_TIMER, .timer = timer,
};

static void cpu_up(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

static void check(struct rig *r)
{
	if (mach_violated(r->m))
		mach_report(r->m, stdout, 60);
	assert_null(mach_violated(r->m));
}

static void run(struct rig *r)
{
	mach_run(r->m);
	check(r);
}

static void start(struct rig *r, uint64_t seed)
{
	static const struct umsi_cpu_desc cpus[CPUS];
	struct mach_config config = { .ncpus = CPUS, .kind = MACH_ARM, .trap = trap, .trap_arg = r };
	struct umsi_config library = { .cpus = cpus, .ncpus = CPUS, .min_age_ns = 50000 };
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = ENTRIES };
	struct umsi_device_config dev = { .name = "dev", .requester_id = 0x100 };

	memset(r, 0, sizeof(*r));
	r->m = mach_create(seed, &config);
	r->pci = mach_pci_add(r->m, &pci);
	r->fn.requester_id = pci.requester_id;
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(r->pci, bar, &r->fn.bar[bar].phys, &r->fn.bar[bar].bytes);
	assert_int_equal(umsi_init(&r->storage, r->m, &library, &r->umsi), UMSI_OK);
	assert_int_equal(umsi_gic_create(r->umsi, &gic_config, &r->root), UMSI_OK);
	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		mach_thread(r->m, cpu, cpu_up, r);
	run(r);
	dev.parent = r->root;
	assert_int_equal(umsi_device_add(r->umsi, &dev, &r->dev), UMSI_OK);
}

static void finish(struct rig *r)
{
	mach_check_quiet(r->m);
	check(r);
	assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	assert_int_equal(umsi_gic_destroy(r->root), UMSI_OK);
	assert_int_equal(umsi_destroy(r->umsi), UMSI_OK);
	mach_check_leaks(r->m);
	check(r);
	mach_destroy(r->m);
}

/* ---- Messages ---- */

static enum umsi_handled message_handler(void *arg)
{
	struct source *s = arg;

	mach_handler_begin(s->r->pci, s->index);
	mach_delay(s->r->m, mach_random(s->r->m, 20));
	mach_handler_end(s->r->pci, s->index);
	return UMSI_HANDLED;
}

static void begin_source(struct source *s)
{
	struct umsi_irq_request_at at = { .first = s->index, .last = s->index };
	struct rig *r = s->r;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &at, &irq) == UMSI_OK, "T-ALLOC", "alloc");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, message_handler, s, "m") == UMSI_OK, "T-REQ",
		   "request");
	mach_entry_live(r->pci, s->index, true);
	s->irq = irq;
}

/* Frees while it fires, and begins again at once: often with another number. */
static void churn(void *arg)
{
	struct rig *r = arg;

	for (uint32_t i = 0; i < 12; i++) {
		struct source *s = &r->source[mach_random(r->m, ENTRIES)];

		mach_entry_live(r->pci, s->index, false);
		MACH_CHECK(r->m, umsi_irq_free(r->umsi, s->irq) == UMSI_OK, "T-FREE", "free");
		mach_entry_freed(r->pci, s->index);
		mach_entry_reborn(r->pci, s->index);
		begin_source(s);
		mach_delay(r->m, mach_random(r->m, 300));
	}
}

static void move_about(void *arg)
{
	struct rig *r = arg;

	for (uint32_t i = 0; i < 40; i++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(r->m, CPUS) };
		int status = umsi_irq_set_affinity(r->umsi, r->source[mach_random(r->m, ENTRIES)].irq, &to);

		MACH_CHECK(r->m, status == UMSI_OK || status == UMSI_ENOENT || status == UMSI_ENOCPU,
			   "T-MOVE", "move: %d", status);
		mach_delay(r->m, mach_random(r->m, 100));
	}
}

/* Nothing targets a CPU that has left, and it can come back. */
static void leave_and_return(void *arg)
{
	struct rig *r = arg;

	mach_delay(r->m, 500);
	MACH_CHECK(r->m, umsi_cpu_leave(r->umsi, 2) == UMSI_OK, "T-LEAVE", "leave");
	for (uint32_t i = 0; i < ENTRIES; i++)
		MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, r->source[i].irq) != 2, "T-LEFT",
			   "entry %u stays", i);
	mach_irq_off(r->m);
	MACH_CHECK(r->m, umsi_cpu_dead(r->umsi, 2) == UMSI_OK, "T-DEAD", "dead");
	mach_delay(r->m, 2000);
	MACH_CHECK(r->m, umsi_cpu_online(r->umsi, 2) == UMSI_OK, "T-BACK", "online again");
	mach_irq_on(r->m);
}

static void begin_all(void *arg)
{
	struct rig *r = arg;

	for (uint32_t i = 0; i < ENTRIES; i++) {
		r->source[i] = (struct source){ .r = r, .index = i };
		begin_source(&r->source[i]);
	}
}

static void messages_survive_moves_ends_and_leaving_cpus(void **state)
{
	struct rig r;
	struct umsi_stats s;
	uint64_t handled = 0, moves = 0, reaped = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		start(&r, seed);
		assert_int_equal(umsi_pci_msix_create(r.dev, &r.fn, &r.table), UMSI_OK);
		mach_thread(r.m, 0, begin_all, &r);
		run(&r);
		mach_pci_traffic(r.pci, 300, 15);
		mach_thread(r.m, 0, churn, &r);
		mach_thread(r.m, 0, move_about, &r);
		mach_thread(r.m, 1, move_about, &r);
		mach_thread(r.m, 2, leave_and_return, &r);
		run(&r);
		umsi_stats_read(r.umsi, &s);
		assert_int_equal(s.unowned, 0);
		assert_int_equal(s.device_writes_for_moves, 0);
		handled += s.handled;
		moves += s.moves;
		reaped += s.reaped;
		finish(&r);
	}
	print_message("%u seeds: %lu handled, %lu moves, %lu numbers given back\n", SEEDS,
		      (unsigned long)handled, (unsigned long)moves, (unsigned long)reaped);
	assert_true(handled > 50 * SEEDS && moves > 10 * SEEDS && reaped > SEEDS);
}

/* ---- A wire ---- */

static enum umsi_handled alarm_handler(void *arg)
{
	struct rig *r = arg;

	r->alarms++;
	if (r->later)
		return UMSI_LATER;
	mach_gic_line(r->m, LINE, false);
	return UMSI_HANDLED;
}

static bool answered(void *arg)
{
	struct rig *r = arg;

	return r->alarms >= r->asked;
}

static bool closed(void *arg)
{
	struct rig *r = arg;

	return !mach_gic_enabled(r->m, LINE);
}

/* Held: the line stays asserted, moves, and is not heard. */
static void answer_later(struct rig *r)
{
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(r->m, CPUS) };

	mach_wait(r->m, closed, r);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, r->wire, &to) == UMSI_OK, "T-MOVE", "move");
	MACH_CHECK(r->m, mach_gic_target(r->m, LINE) == to.cpu, "T-TARGET", "target");
	mach_delay(r->m, 200);
	MACH_CHECK(r->m, r->alarms == r->asked, "T-HELD", "called while held");
	mach_gic_line(r->m, LINE, false);
	while (umsi_irq_done(r->umsi, r->wire) != UMSI_OK)
		mach_delay(r->m, 10);
}

static void raise_alarms(void *arg)
{
	struct rig *r = arg;

	for (uint32_t i = 0; i < ALARMS; i++) {
		r->later = i % 2;
		r->asked++;
		mach_sync(r->m);
		mach_gic_line(r->m, LINE, true);
		mach_wait(r->m, answered, r);
		if (r->later)
			answer_later(r);
		mach_delay(r->m, 200);
	}
	MACH_CHECK(r->m, r->alarms == ALARMS, "T-ALARMS", "%u calls for %u alarms", r->alarms, ALARMS);
}

static void request_wire(void *arg)
{
	struct umsi_irq_request_at at = { .first = LINE, .last = LINE, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct umsi_irq_request_at none = { .first = LINE + 1, .last = LINE + 1 };
	struct umsi_irq_request_at low = { .first = LINE + 2, .last = LINE + 2,
					   .trigger = UMSI_TRIGGER_LEVEL_LOW };
	struct umsi_irq_request_at message = { .first = 64, .last = 64,
					       .trigger = UMSI_TRIGGER_EDGE_RISING };
	struct rig *r = arg;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &at, &r->wire) == UMSI_OK, "T-ALLOC", "alloc");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, r->wire, alarm_handler, r, "alarm") == UMSI_OK,
		   "T-REQ", "request");
	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &message, &irq) == UMSI_ERANGE, "T-RANGE",
		   "a frame's number as a wire");
	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &none, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, alarm_handler, r, "n") == UMSI_EINVAL, "T-NONE",
		   "a wire that does not say how it signals");
	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &low, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, alarm_handler, r, "l") == UMSI_ENOTSUP, "T-LOW",
		   "active low");
}

static void a_level_wire_calls_once_for_each_assertion(void **state)
{
	struct rig r;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		start(&r, seed);
		assert_int_equal(umsi_gic_wires(r.dev, &r.table), UMSI_OK);
		mach_thread(r.m, 0, request_wire, &r);
		run(&r);
		mach_thread(r.m, (umsi_cpu)(seed % CPUS), raise_alarms, &r);
		run(&r);
		finish(&r);
	}
}

/* ---- Creation ---- */

static void wrong_configurations_are_named(void **state)
{
	struct umsi_gic_config c;
	struct umsi_domain *other;
	struct rig r;

	(void)state;
	start(&r, 1);
	assert_int_equal(umsi_gic_create(r.umsi, &gic_config, &other), UMSI_EEXIST);
	assert_int_equal(umsi_gic_destroy(r.root), UMSI_EBUSY);
	assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
	assert_int_equal(umsi_gic_destroy(r.root), UMSI_OK);
	r.root = NULL;
	c = gic_config;
	c.version = 3;
	assert_int_equal(umsi_gic_create(r.umsi, &c, &other), UMSI_ENOTSUP);
	c = gic_config;
	c.distributor += 4;
	assert_int_equal(umsi_gic_create(r.umsi, &c, &other), UMSI_EINVAL);
	c = gic_config;
	c.timer_id = 32;
	assert_int_equal(umsi_gic_create(r.umsi, &c, &other), UMSI_EINVAL);
	c = gic_config;
	c.frame[0].spi_base = 120;
	c.frame[0].spis = 9;
	assert_int_equal(umsi_gic_create(r.umsi, &c, &other), UMSI_ERANGE);
	c.frames = 2;
	c.frame[0].spis = 4;
	c.frame[1] = (struct umsi_gic_frame){ .phys = MACH_GIC_FRAME, .spi_base = 123, .spis = 1 };
	assert_int_equal(umsi_gic_create(r.umsi, &c, &other), UMSI_ERANGE);
	mach_fail_alloc(r.m, 3, false);
	assert_int_equal(umsi_gic_create(r.umsi, &gic_config, &other), UMSI_ENOMEM);
	mach_fail_alloc(r.m, 0, false);
	assert_int_equal(umsi_destroy(r.umsi), UMSI_OK);
	mach_check_leaks(r.m);
	check(&r);
	mach_destroy(r.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_survive_moves_ends_and_leaving_cpus),
		cmocka_unit_test(a_level_wire_calls_once_for_each_assertion),
		cmocka_unit_test(wrong_configurations_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
