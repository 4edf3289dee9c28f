/* SPDX-License-Identifier: MIT */
/*
 * The ITS: whose message leads where, at any moment of a mapping's life. Names that begin
 * with P- are failures of other stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static uint64_t called;

/* ---- P-71: CPUs that are not online ---- */

static void aim_at_nobody(void *arg)
{
	struct rig *r = arg;
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq;

	MACH_CHECK(r->m, umsi_cpu_leave(r->umsi, 2) == UMSI_OK, "T-LEAVE", "leave");
	MACH_CHECK(r->m, rig_device(r, 0x300, 4, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_ENOCPU, "T-NOCPU", "a CPU that has left");
	at.affinity.kind = UMSI_AFFINITY_ANY;
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "T-ANY", "any CPU");
	MACH_CHECK(r->m, umsi_irq_request(r->umsi, irq, rig_count_call, &called, "n") == UMSI_OK &&
		   umsi_irq_effective_cpu(r->umsi, irq) < 2, "T-ONLINE", "on CPU %u", umsi_irq_effective_cpu(r->umsi, irq));
	umsi_device_remove(dev);
}

static void P_71_no_command_names_a_cpu_that_is_not_online(void **state)
{
	struct rig_config config = { 0 };
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	assert_int_equal(rig_start(&r, 3, &config), UMSI_OK);
	mach_thread(r.m, 0, aim_at_nobody, &r);
	rig_run(&r);
	rig_finish(&r);
}

/* ---- P-53: an LPI whose handler still runs where it was before ---- */

struct busy {
	struct rig *r;
	umsi_irq irq;
	bool inside, go;
	uint32_t starts;
	uint64_t raised_at, last_start;
};

static bool is_set(void *flag)
{
	return *(bool *)flag;
}

static enum umsi_handled busy_handler(void *arg)
{
	struct busy *b = arg;

	b->last_start = mach_steps(b->r->m);
	if (!b->starts++) {
		b->inside = true;
		mach_wait(b->r->m, is_set, &b->go);
	}
	return UMSI_HANDLED;
}

/* LPIs have no active state: the new CPU takes the event while the old one is in the handler. */
static void move_while_it_runs(void *arg)
{
	struct busy *b = arg;
	struct umsi *m = b->r->umsi;
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_stats st;

	MACH_CHECK(b->r->m, rig_device(b->r, 0x600, 2, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc(table, &at, &b->irq) == UMSI_OK &&
		   umsi_irq_request(m, b->irq, busy_handler, b, "busy") == UMSI_OK, "T-DEVICE", "device");
	umsi_its_raise(m, b->irq);
	mach_wait(b->r->m, is_set, &b->inside);
	MACH_CHECK(b->r->m, umsi_irq_set_affinity(m, b->irq, &to) == UMSI_OK, "T-MOVE", "move");
	b->raised_at = mach_steps(b->r->m);
	umsi_its_raise(m, b->irq);
	for (umsi_stats_read(m, &st); !st.merged; umsi_stats_read(m, &st))
		mach_delay(b->r->m, 20);
	b->go = true;
	rig_let_traps_happen(b->r);
	MACH_CHECK(b->r->m, b->starts == 2 && b->last_start > b->raised_at, "I-CONS", "%u calls", b->starts);
	umsi_device_remove(dev);
}

static void P_53_an_lpi_meets_its_handler_on_the_old_cpu(void **state)
{
	struct rig_config config = { 0 };
	struct busy b;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		b = (struct busy){ .r = &r };
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		mach_thread(r.m, 0, move_while_it_runs, &b);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* ---- Messages of others, and of nobody ---- */

struct stranger {
	struct rig *r;
	struct mach_pci *pci;
};

static void send_what_is_not_mapped(void *arg)
{
	struct stranger *s = arg;
	struct rig *r = s->r;
	struct umsi_device *victim, *own;
	struct umsi_table *table, *other;
	uint64_t calls = 0, own_calls = 0;
	struct umsi_stats stats;
	struct umsi_msg msg;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xd00, 4, &victim, &table) == UMSI_OK &&
		   rig_device(r, 0xe00, 2, &own, &other) == UMSI_OK, "T-DEVICE", "devices");
	rig_begin(r, table, 0, &calls);
	irq = rig_begin(r, table, 1, &calls);
	rig_begin(r, other, 0, &own_calls);
	MACH_CHECK(r->m, umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK && msg.data == 1, "T-EVENT", "event %u", msg.data);
	mach_pci_send(s->pci, msg.address, msg.data);	/* the victim's event, by another DeviceID */
	mach_pci_send(s->pci, msg.address, 77);		/* beyond its table */
	rig_let_traps_happen(r);
	umsi_stats_read(r->umsi, &stats);
	MACH_CHECK(r->m, !calls && !own_calls && !stats.unowned, "T-FOREIGN", "a message of another arrived");
	MACH_CHECK(r->m, mach_its_unmapped(r->hw) == 2, "T-COUNT", "%u dropped", (unsigned int)mach_its_unmapped(r->hw));
	mach_pci_send(s->pci, msg.address, 0);		/* its own */
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, own_calls == 1, "T-OWN", "its own message did not arrive");
	umsi_device_remove(own);
	mach_pci_send(s->pci, msg.address, 0);		/* of a DeviceID that is mapped no more */
	rig_let_traps_happen(r);
	MACH_CHECK(r->m, own_calls == 1 && mach_its_unmapped(r->hw) == 3, "T-GONE", "after its removal");
	umsi_device_remove(victim);
}

static void messages_of_others_and_of_nobody_are_dropped(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { 0 };
	struct stranger s;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 10; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		s = (struct stranger){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		mach_thread(r.m, seed % 3, send_what_is_not_mapped, &s);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* ---- A message that was translated before its event was discarded ---- */

static void drain_here(struct rig *r)
{
	mach_irq_off(r->m);
	umsi_drain_point(r->umsi);
	mach_irq_on(r->m);
	mach_delay(r->m, 5);
}

static void drain_often(void *arg)
{
	for (uint32_t i = 0; i < 400; i++)
		drain_here(arg);
}

static void reuse_behind_a_slow_redistributor(void *arg)
{
	struct stranger *s = arg;
	struct rig *r = s->r;
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t first = 0, second = 0;
	struct umsi_msg msg;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xe00, 1, &dev, &table) == UMSI_OK, "T-DEVICE", "device");
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, rig_count_call, &first, "first") == UMSI_OK &&
		   umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK, "T-FIRST", "first owner");
	mach_pci_send(s->pci, msg.address, msg.data);
	MACH_CHECK(r->m, umsi_irq_free(r->umsi, irq) == UMSI_OK, "T-FREE", "free");
	/* Event and LPI are given out again at once, at another redistributor. */
	for (uint32_t i = 0; i < 40; i++) {
		umsi_reap(r->umsi);
		drain_here(r);
	}
	at.affinity.cpu = 2;
	MACH_CHECK(r->m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, rig_count_call, &second, "second") == UMSI_OK, "T-SECOND", "second owner");
	mach_delay(r->m, 20000);
	MACH_CHECK(r->m, !second, "T-FOREIGN", "a message of the first owner called the second");
	umsi_device_remove(dev);
}

/* SYNC: nothing of a discarded event is under way afterwards, however slow its redistributor. */
static void a_discarded_event_is_over(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { .calm = true, .slow_redistributors = 3000 };
	struct stranger s;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		s = (struct stranger){ .r = &r, .pci = mach_pci_add(r.m, &pci) };
		mach_thread(r.m, 0, reuse_behind_a_slow_redistributor, &s);
		mach_thread(r.m, 1, drain_often, &r);
		mach_thread(r.m, 2, drain_often, &r);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* ---- A message that was translated before its event moved, and a CPU that goes ---- */

struct departure {
	struct stranger s;
	bool nap;			/* it does not leave, and its redistributor loses what it has */
	bool left, back;
};

static void go_down(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;

	while (!d->left)
		mach_delay(r->m, 5);
	mach_irq_off(r->m);
	MACH_CHECK(r->m, d->nap || umsi_cpu_dead(r->umsi, 1) == UMSI_OK, "T-DEAD", "dead");
	mach_gicv3_power_off(r->m, 1);
	mach_cpu_down(r->m);
}

static void come_back(void *arg)
{
	struct departure *d = arg;
	int status = d->nap ? umsi_cpu_restore(d->s.r->umsi, 1) : umsi_cpu_online(d->s.r->umsi, 1);

	MACH_CHECK(d->s.r->m, status == UMSI_OK, "T-BACK", "online again");
	mach_irq_on(d->s.r->m);
	d->back = true;
}

static void move_and_send_away(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xe00, 1, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_OK &&
		   umsi_irq_message(r->umsi, irq, &msg) == UMSI_OK, "T-BEGIN", "begin");
	mach_pci_send(d->s.pci, msg.address, msg.data);
	MACH_CHECK(r->m, umsi_irq_set_affinity(r->umsi, irq, &to) == UMSI_OK, "T-MOVE", "move");
	MACH_CHECK(r->m, d->nap || umsi_cpu_leave(r->umsi, 1) == UMSI_OK, "T-LEAVE", "leave");
	mach_sync(r->m);
	d->left = true;
	while (mach_cpu_is_up(r->m, 1))
		mach_delay(r->m, 5);
	mach_delay(r->m, 20000);
	MACH_CHECK(r->m, calls == 1, "T-LOST", "%u calls for a message sent before the move", (unsigned int)calls);
	mach_cpu_up(r->m, 1, come_back, d);
	while (!d->back)
		mach_delay(r->m, 5);
	umsi_device_remove(dev);
}

/* SYNC: nothing is left at the old redistributor when the move has returned, however slow it is. */
static void a_moved_event_is_at_its_new_redistributor(void **state)
{
	struct mach_pci_config pci = { .requester_id = 0xe00, .entries = 1 };
	struct rig_config config = { .calm = true, .slow_redistributors = 3000 };
	struct departure d;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		d = (struct departure){ .s = { .r = &r, .pci = mach_pci_add(r.m, &pci) }, .nap = seed & 1 };
		mach_thread(r.m, 0, move_and_send_away, &d);
		mach_thread(r.m, 1, go_down, &d);
		rig_run(&r);
		rig_finish(&r);
	}
}

/* ---- What no MOVI has named is pending at a CPU that dies ---- */

#define FIRST_LPI	8192u

static void die_with_a_pending_lpi(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;

	while (!d->left)
		mach_delay(r->m, 5);
	mach_irq_off(r->m);
	mach_gicv3_raise(r->m, 1, FIRST_LPI);
	while (!mach_gicv3_pending(r->m, 1))
		mach_delay(r->m, 5);
	mach_sync(r->m);
	MACH_CHECK(r->m, umsi_cpu_dead(r->umsi, 1) == UMSI_OK, "T-DEAD", "dead");
	MACH_CHECK(r->m, !mach_gicv3_pending(r->m, 1), "T-BEHIND", "an LPI is left behind");
	mach_gicv3_power_off(r->m, 1);
	mach_cpu_down(r->m);
}

static void send_away_and_look(void *arg)
{
	struct departure *d = arg;
	struct rig *r = d->s.r;
	struct umsi_affinity away = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_device *dev;
	struct umsi_table *table;
	uint64_t calls = 0;
	umsi_irq irq;

	MACH_CHECK(r->m, rig_device(r, 0xe00, 1, &dev, &table) == UMSI_OK &&
		   umsi_irq_alloc(table, &at, &irq) == UMSI_OK &&
		   umsi_irq_request(r->umsi, irq, rig_count_call, &calls, "n") == UMSI_OK &&
		   umsi_irq_set_affinity(r->umsi, irq, &away) == UMSI_OK &&
		   umsi_cpu_leave(r->umsi, 1) == UMSI_OK, "T-LEAVE", "leave");
	mach_sync(r->m);
	d->left = true;
	while (mach_cpu_is_up(r->m, 1))
		mach_delay(r->m, 5);
	for (uint32_t i = 0; i < 100 && !calls; i++)
		mach_delay(r->m, 100);
	MACH_CHECK(r->m, calls == 1, "T-LOST", "%u calls for what was pending", (unsigned int)calls);
	mach_cpu_up(r->m, 1, come_back, d);
	while (!d->back)
		mach_delay(r->m, 5);
	umsi_device_remove(dev);
}

/* MOVALL: other software's ITS raised it there, or one whose DISCARD was not answered. */
static void what_is_pending_at_a_dead_cpu_goes_along(void **state)
{
	struct rig_config config = { 0 };
	struct departure d;
	struct rig r;

	(void)state;
	memset(&r, 0, sizeof(r));
	for (uint64_t seed = 1; seed <= 20; seed++) {
		config.hw.by_address = seed & 1;
		assert_int_equal(rig_start(&r, seed, &config), UMSI_OK);
		d = (struct departure){ .s = { .r = &r } };
		mach_thread(r.m, 0, send_away_and_look, &d);
		mach_thread(r.m, 1, die_with_a_pending_lpi, &d);
		rig_run(&r);
		rig_finish(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_53_an_lpi_meets_its_handler_on_the_old_cpu),
		cmocka_unit_test(P_71_no_command_names_a_cpu_that_is_not_online),
		cmocka_unit_test(messages_of_others_and_of_nobody_are_dropped),
		cmocka_unit_test(a_discarded_event_is_over),
		cmocka_unit_test(a_moved_event_is_at_its_new_redistributor),
		cmocka_unit_test(what_is_pending_at_a_dead_cpu_goes_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
