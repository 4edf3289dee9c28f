/* SPDX-License-Identifier: MIT */
/*
 * The machine sleeps, and neither GIC nor ITS has kept a register. Names that
 * begin with P- are failures of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

#define IRQS	6u
#define LINE	40u

struct sleep {
	struct rig *r;
	struct mach_pci *pci;
	struct umsi_device *dev, *board;
	struct umsi_table *table, *wires;
	umsi_irq irq[IRQS], edge, level;
	uint64_t calls[IRQS], edges, levels;
	uint32_t down, back;
	bool rise, moved;
};

static void set_up(struct sleep *s)
{
	struct umsi_device_config board = { .name = "board", .requester_id = 0x1000, .parent = s->r->root };
	struct rig *r = s->r;

	s->down = s->back = 0;
	MACH_CHECK(r->m, rig_device(r, 0xe00, 40, &s->dev, &s->table) == UMSI_OK &&
		   umsi_device_add(r->umsi, &board, &s->board) == UMSI_OK &&
		   umsi_gicv3_wires(s->board, &s->wires) == UMSI_OK, "T-DEVICE", "devices");
	for (uint32_t i = 0; i < IRQS; i++) {
		struct umsi_irq_request_at at = {
			.first = 5 * i, .last = 5 * i, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = i % r->cpus },
		};

		MACH_CHECK(r->m, umsi_irq_alloc(s->table, &at, &s->irq[i]) == UMSI_OK &&
			   umsi_irq_request(r->umsi, s->irq[i], rig_count_call, &s->calls[i], "n") == UMSI_OK, "T-BEGIN",
			   "%u", i);
	}
}

static void tear_down(struct sleep *s)
{
	MACH_CHECK(s->r->m, umsi_device_remove(s->dev) == UMSI_OK && umsi_device_remove(s->board) == UMSI_OK, "T-REMOVE",
		   "remove");
}

/* ---- Everybody sleeps ---- */

static void doze(void *arg)
{
	struct sleep *s = arg;

	mach_irq_off(s->r->m);
	s->down++;
	mach_cpu_down(s->r->m);
}

static void wake(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;

	MACH_CHECK(r->m, umsi_cpu_restore(r->umsi, mach_cpu(r->m)) == UMSI_OK, "T-RESTORE", "cpu%u", mach_cpu(r->m));
	mach_irq_on(r->m);
	s->back++;
}

static void all_others_doze(struct sleep *s)
{
	struct rig *r = s->r;

	s->down = s->back = 0;
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
		if (cpu != mach_cpu(r->m))
			mach_thread(r->m, cpu, doze, s);
	while (s->down < r->cpus - 1)
		mach_delay(r->m, 5);
}

/* This CPU first, as the host is told to; then the others. */
static void everything_is_lost(struct sleep *s)
{
	struct rig *r = s->r;

	mach_irq_off(r->m);
	mach_gicv3_lose(r->m);
	mach_its_lose(r->hw);
	MACH_CHECK(r->m, umsi_cpu_restore(r->umsi, mach_cpu(r->m)) == UMSI_OK, "T-RESTORE", "this CPU");
	mach_irq_on(r->m);
	for (umsi_cpu cpu = 0; cpu < r->cpus; cpu++)
		if (cpu != mach_cpu(r->m))
			mach_cpu_up(r->m, cpu, wake, s);
	while (s->back < r->cpus - 1)
		mach_delay(r->m, 5);
}

static void expect_calls(struct sleep *s, uint64_t each)
{
	struct umsi_msg msg;

	rig_let_traps_happen(s->r);
	memset(s->calls, 0, sizeof(s->calls));
	for (uint32_t i = 0; i < IRQS; i++) {
		MACH_CHECK(s->r->m, umsi_irq_message(s->r->umsi, s->irq[i], &msg) == UMSI_OK, "T-MESSAGE", "%u", i);
		mach_pci_send(s->pci, msg.address, msg.data);
		rig_let_traps_happen(s->r);
		MACH_CHECK(s->r->m, s->calls[i] == each, "T-CALLS", "interrupt %u: %u calls", i, (unsigned int)s->calls[i]);
	}
}

static void three_nights(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;

	set_up(s);
	for (uint32_t night = 0; night < 3; night++) {
		MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
		all_others_doze(s);
		everything_is_lost(s);
		MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
		MACH_CHECK(r->m, mach_its_devices(r->hw) == 1 && mach_its_events(r->hw) == IRQS, "T-AGAIN",
			   "%u devices, %u events", mach_its_devices(r->hw), mach_its_events(r->hw));
		expect_calls(s, 1);
	}
	tear_down(s);
}

/* Each chaos, each kind of table; the model faults tables that are given with something in them. */
static void everything_is_told_again(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { 0 };
	struct sleep s;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 24; seed++) {
		config.hw = (struct mach_its_config){
			.page = seed % 3, .flat = seed >> 1 & 1, .by_address = seed & 1, .incoherent = seed >> 2 & 1,
			.own_collections = seed % 5 ? 0 : 3,
		};
		config.redistributors_incoherent = seed >> 3 & 1;
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		s = (struct sleep){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		mach_thread(r.m, seed % 3, three_nights, &s);
		rig_run(&r);
		rig_finish(&r);
	}
}

static void run_one(uint64_t seed, const struct rig_config *config, void (*thread)(void *arg))
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct sleep s;
	struct rig r;

	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, seed, config), UMSI_OK);
	s = (struct sleep){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
	mach_thread(r.m, 0, thread, &s);
	rig_run(&r);
	rig_finish(&r);
}

/* ---- Nothing was lost ---- */

static void sleep_lightly(void *arg)
{
	struct sleep *s = arg;
	struct umsi_its_count before, after;

	set_up(s);
	umsi_its_count(s->r->its, &before);
	MACH_CHECK(s->r->m, umsi_suspend(s->r->umsi) == UMSI_OK && umsi_resume(s->r->umsi) == UMSI_OK, "T-SLEEP", "sleep");
	umsi_its_count(s->r->its, &after);
	MACH_CHECK(s->r->m, after.commands == before.commands, "T-KEPT", "%u commands",
		   (unsigned int)(after.commands - before.commands));
	expect_calls(s, 1);
	tear_down(s);
}

static void what_was_kept_is_left_alone(void **state)
{
	struct rig_config config = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 5; seed++)
		run_one(seed, &config, sleep_lightly);
}

/* ---- What is lost with the redistributors and the ITS: LPIs that were pending, messages that nobody translated ---- */

static void send_into_the_night(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	struct umsi_msg msg;

	set_up(s);
	MACH_CHECK(r->m, umsi_irq_set_wake(r->umsi, s->irq[2], true) == UMSI_OK, "T-WAKE", "wake");
	all_others_doze(s);
	/* For CPU 1, which does not hear it any more. */
	MACH_CHECK(r->m, umsi_its_raise(r->umsi, s->irq[1]) == UMSI_OK && mach_gicv3_pending(r->m, 1) == 1, "T-PENDING",
		   "pending");
	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	everything_is_lost(s);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, s->calls[1] == 1, "T-PENDING", "what was pending: %u calls", (unsigned int)s->calls[1]);
	s->calls[2] = 0;
	umsi_irq_message(r->umsi, s->irq[2], &msg);
	mach_pci_send(s->pci, msg.address, msg.data);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, !s->calls[2] && mach_its_unmapped(r->hw) == 1, "T-DROPPED", "dropped");
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, s->calls[2] == 1, "T-LOST", "the one that may wake: %u calls", (unsigned int)s->calls[2]);
	expect_calls(s, 1);
	tear_down(s);
}

static void what_nobody_heard_is_called_once(void **state)
{
	struct rig_config config = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		run_one(seed, &config, send_into_the_night);
}

/* ---- Wires ---- */

static enum umsi_handled lower(void *arg)
{
	struct sleep *s = arg;

	s->levels++;
	mach_gicv3_line(s->r->m, LINE + 1, false);
	return UMSI_HANDLED;
}

static void wires_sleep(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	struct umsi_irq_request_at at = {
		.first = LINE, .last = LINE, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 },
		.trigger = UMSI_TRIGGER_EDGE_RISING,
	};

	set_up(s);
	MACH_CHECK(r->m, umsi_irq_alloc(s->wires, &at, &s->edge) == UMSI_OK &&
		   umsi_irq_request(r->umsi, s->edge, rig_count_call, &s->edges, "edge") == UMSI_OK, "T-EDGE", "edge");
	at.first = at.last = LINE + 1;
	at.affinity.cpu = 2;
	at.trigger = UMSI_TRIGGER_LEVEL_HIGH;
	MACH_CHECK(r->m, umsi_irq_alloc(s->wires, &at, &s->level) == UMSI_OK &&
		   umsi_irq_request(r->umsi, s->level, lower, s, "level") == UMSI_OK, "T-LEVEL", "level");
	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	all_others_doze(s);
	everything_is_lost(s);
	mach_gicv3_line(r->m, LINE + 1, true);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, s->levels == 1 && mach_gicv3_target(r->m, LINE) == 1 && mach_gicv3_target(r->m, LINE + 1) == 2,
		   "T-WIRES", "%u calls of a line that is up", (unsigned int)s->levels);
	s->edges = 0;
	mach_gicv3_line(r->m, LINE, false);
	mach_gicv3_line(r->m, LINE, true);
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, s->edges == 1, "T-EDGE", "%u calls for an edge", (unsigned int)s->edges);
	tear_down(s);
}

static void wires_are_routed_and_open_again(void **state)
{
	struct rig_config config = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		run_one(seed, &config, wires_sleep);
}

/* ---- Between the loss and umsi_resume() ---- */

static void use_what_is_lost(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_its_count count;
	uint64_t began;

	set_up(s);
	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	all_others_doze(s);
	everything_is_lost(s);
	began = mach_steps(r->m);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, s->irq[0], &to) == UMSI_ETIMEOUT, "T-MOVE", "a move");
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, s->irq[1]) == UMSI_OK, "T-FREE", "a free");
	MACH_CHECK(r->m, mach_steps(r->m) - began < 60000, "T-BOUND", "%u steps", (unsigned int)(mach_steps(r->m) - began));
	/* It comes back and executes nothing; then it does. */
	mach_its_deaf(r->hw, true);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_ETIMEOUT, "T-RESUME", "of an ITS that stands still");
	mach_its_deaf(r->hw, false);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "again");
	umsi_its_count(r->its, &count);
	MACH_CHECK(r->m, mach_its_events(r->hw) == IRQS - 1 && count.devices == 1, "T-COUNT", "%u events mapped",
		   mach_its_events(r->hw));
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, s->irq[0], &to) == UMSI_OK, "T-MOVE", "a move afterwards");
	s->irq[1] = s->irq[0];
	s->irq[0] = s->irq[2];
	for (uint32_t i = 1; i < IRQS; i++) {
		MACH_CHECK(r->m, umsi_its_raise(r->umsi, s->irq[i]) == UMSI_OK, "T-RAISE", "%u", i);
		rig_let_traps_happen(r);
	}
	tear_down(s);
}

static void commands_to_a_lost_its_are_bounded_and_named(void **state)
{
	struct rig_config config = { .its = { .timeout_ns = 20000000 } };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		run_one(seed, &config, use_what_is_lost);
}

/* A CPU that was waiting for the ITS when it went: what it is told is what has become of it. */
static void move_one(void *arg)
{
	struct sleep *s = arg;
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	int status;

	s->rise = true;
	status = umsi_irq_set_affinity(s->r->umsi, s->irq[0], &to);
	MACH_CHECK(s->r->m, status == UMSI_OK || status == UMSI_ETIMEOUT, "T-WAITER", "a move: %d", status);
	s->moved = status == UMSI_OK;
	mach_sync(s->r->m);
	s->back++;
}

static void lose_what_is_waited_for(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;

	set_up(s);
	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	mach_its_deaf(r->hw, true);
	mach_thread(r->m, 1, move_one, s);
	while (!s->rise)
		mach_delay(r->m, 5);
	mach_delay(r->m, 300);
	mach_its_lose(r->hw);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	while (!s->back)
		mach_delay(r->m, 5);
	MACH_CHECK(r->m, umsi_irq_effective_cpu(r->umsi, s->irq[0]) == (s->moved ? 2 : 0) &&
		   mach_its_events(r->hw) == IRQS, "T-MOVED", "on cpu%u", umsi_irq_effective_cpu(r->umsi, s->irq[0]));
	expect_calls(s, 1);
	tear_down(s);
}

static void who_waited_through_the_night_is_heard(void **state)
{
	struct rig_config config = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		run_one(seed, &config, lose_what_is_waited_for);
}

/* Moves that go on while everything is mapped again: each is told, or what it wanted is. */
static void keep_moving(void *arg)
{
	struct sleep *s = arg;

	for (uint32_t i = 0; i < 60; i++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(s->r->m, s->r->cpus) };
		int status = umsi_irq_set_affinity(s->r->umsi, s->irq[mach_random(s->r->m, IRQS)], &to);

		MACH_CHECK(s->r->m, status == UMSI_OK || status == UMSI_ETIMEOUT, "T-MOVE", "%d", status);
	}
	mach_sync(s->r->m);
	s->back++;
}

static void lose_under_movers(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;

	set_up(s);
	mach_thread(r->m, 1, keep_moving, s);
	mach_thread(r->m, 2, keep_moving, s);
	for (uint32_t night = 0; night < 8; night++) {
		MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
		mach_its_lose(r->hw);
		mach_delay(r->m, mach_random(r->m, 200));
		MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	}
	while (s->back < 2)
		mach_delay(r->m, 5);
	MACH_CHECK(r->m, mach_its_events(r->hw) == IRQS, "T-AGAIN", "%u events", mach_its_events(r->hw));
	expect_calls(s, 1);
	tear_down(s);
}

static void moves_meet_the_mapping_anew(void **state)
{
	struct rig_config config = { 0 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++)
		run_one(seed, &config, lose_under_movers);
}

/* ---- P-73: what leads to a collection that is not mapped, at the moment of restoring ---- */

static void restore_before_the_collection(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	struct umsi_irq_request_at at = { .first = 1, .last = 1, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 } };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 };
	uint64_t calls = 0;
	umsi_irq irq;

	set_up(s);
	/* CPU 3's collection was mapped for one that has moved away; another is only allocated. */
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, s->irq[3], &to) == UMSI_OK, "T-MOVE", "move");
	MACH_CHECK(r->m, umsi_irq_alloc(s->table, &at, &irq) == UMSI_OK, "T-ALLOC", "alloc");
	MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
	all_others_doze(s);
	everything_is_lost(s);
	MACH_CHECK(r->m, umsi_resume(r->umsi) == UMSI_OK, "T-RESUME", "resume");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_OK &&
		   umsi_its_raise(r->umsi, irq) == UMSI_OK, "T-REQUEST", "behind a collection of its own");
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, calls == 1, "T-ONCE", "%u calls", (unsigned int)calls);
	expect_calls(s, 1);
	tear_down(s);
}

static void P_73_collections_are_mapped_again_before_what_leads_there(void **state)
{
	struct rig_config config = { .cpus = 4 };

	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++)
		run_one(seed, &config, restore_before_the_collection);
}

/* ---- P-74: who gives up an entry while it is being gone through ---- */

/* Two functions behind one alias, each as often as it can; what cannot be had in the middle of a night is not had. */
static void come_and_go(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	struct umsi_device_config config = {
		.name = "f", .requester_id = 0x500 + mach_cpu(r->m), .parent = r->its, .max_irqs = 4,
		.messages_as = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x500 },
	};
	struct umsi_table_config size = { .size = 4 };
	struct umsi_irq_request_at at = { .last = 3 };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_device_add(r->umsi, &config, &dev) == UMSI_OK, "T-ADD", "add");
	for (uint32_t i = 0; i < 25; i++) {
		if (umsi_table_create(dev, &rig_store, r, &size, &table))
			continue;
		if (umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		    umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_OK)
			umsi_its_raise(r->umsi, irq);
		MACH_CHECK(r->m, umsi_table_destroy(table) == UMSI_OK, "T-DESTROY", "destroy");
	}
	MACH_CHECK(r->m, umsi_device_remove(dev) == UMSI_OK, "T-REMOVE", "remove");
	mach_sync(r->m);
	s->back++;
}

static void lose_under_owners(void *arg)
{
	struct sleep *s = arg;
	struct rig *r = s->r;
	int status;

	set_up(s);
	mach_thread(r->m, 1, come_and_go, s);
	mach_thread(r->m, 2, come_and_go, s);
	while (s->back < 2) {
		MACH_CHECK(r->m, umsi_suspend(r->umsi) == UMSI_OK, "T-SUSPEND", "suspend");
		mach_its_lose(r->hw);
		mach_delay(r->m, mach_random(r->m, 300));
		status = umsi_resume(r->umsi);
		MACH_CHECK(r->m, status == UMSI_OK, "T-RESUME", "resume: %d", status);
		mach_delay(r->m, mach_random(r->m, 2000));
	}
	MACH_CHECK(r->m, mach_its_devices(r->hw) == 1 && mach_its_events(r->hw) == IRQS, "T-BALANCE", "%u DeviceIDs, %u events",
		   mach_its_devices(r->hw), mach_its_events(r->hw));
	expect_calls(s, 1);
	tear_down(s);
}

static void P_74_entries_end_once_while_all_are_mapped_again(void **state)
{
	struct rig_config config = { .its = { .timeout_ns = 100000000 } };

	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++)
		run_one(seed, &config, lose_under_owners);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_told_again),
		cmocka_unit_test(what_was_kept_is_left_alone),
		cmocka_unit_test(what_nobody_heard_is_called_once),
		cmocka_unit_test(wires_are_routed_and_open_again),
		cmocka_unit_test(commands_to_a_lost_its_are_bounded_and_named),
		cmocka_unit_test(who_waited_through_the_night_is_heard),
		cmocka_unit_test(moves_meet_the_mapping_anew),
		cmocka_unit_test(P_73_collections_are_mapped_again_before_what_leads_there),
		cmocka_unit_test(P_74_entries_end_once_while_all_are_mapped_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
