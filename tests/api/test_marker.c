/* SPDX-License-Identifier: MIT */
/* R7: what a marker proves, on a machine where one that is not fenced overtakes. */
#include "rig.h"

#define SEEDS	40

struct overtaken {
	struct rig r;
	umsi_irq first, second;
	uint32_t first_calls, second_calls;
	bool deaf, moved, over;
	bool under_way;		/* when its slot began to retire */
};

static bool is_set(void *arg)
{
	return *(bool *)arg;
}

static enum umsi_handled count_call(void *arg)
{
	++*(uint32_t *)arg;
	return UMSI_HANDLED;
}

/* CPU 2: hears of nothing until a slot of its own retires; from then on an idle loop. */
static void prove(void *arg)
{
	struct overtaken *o = arg;

	mach_irq_off(o->r.m);
	o->deaf = true;
	while (!o->moved)
		mach_delay(o->r.m, 10);
	while (!o->over) {
		mach_irq_off(o->r.m);
		umsi_drain_point(o->r.umsi);
		mach_irq_on(o->r.m);
		mach_delay(o->r.m, 20);
	}
}

/* A message waits inside CPU 2's file; who sent it moves away, and another takes a slot there. */
static void send_move_and_allocate(void *arg)
{
	struct overtaken *o = arg;
	struct rig *r = &o->r;
	struct umsi_irq_request_at at = { .first = 1, .last = 1, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };

	mach_wait(r->m, is_set, &o->deaf);
	mach_pci_raise(r->pci[0], 0);
	MACH_CHECK(r->m, rig_move(r, o->first, 0) == UMSI_OK, "test", "move");
	o->under_way = !o->first_calls;
	o->moved = true;
	for (uint32_t i = 0; i < 40 && rig_stats(r).retiring; i++) {
		mach_delay(r->m, 20);
		umsi_reap(r->umsi);
	}
	MACH_CHECK(r->m, umsi_irq_alloc(r->table, &at, &o->second) == UMSI_OK &&
		   umsi_irq_request(r->umsi, o->second, count_call, &o->second_calls, "second") == UMSI_OK,
		   "test", "second interrupt");
	o->over = true;
}

static bool one_message_in_the_file(uint64_t seed)
{
	struct mach_chaos slow_file = mach_chaos_none;
	static struct overtaken o;
	struct rig *r = &o.r;

	memset(&o, 0, sizeof(o));
	slow_file.burst = 4;
	slow_file.lag_now = 0;
	slow_file.lag_max = 3000;
	slow_file.early_marker = 256;
	rig_machine(r, &slow_file, seed);
	rig_library(r);
	rig_device(r);
	assert_int_equal(rig_alloc(r, 0, 0, &o.first), UMSI_OK);
	assert_int_equal(rig_move(r, o.first, 2), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, o.first, count_call, &o.first_calls, "first"), UMSI_OK);
	mach_thread(r->m, 2, prove, &o);
	mach_thread(r->m, 0, send_move_and_allocate, &o);
	rig_settle(r);
	assert_int_equal(o.first_calls, 1);
	assert_int_equal(o.second_calls, 0);
	rig_end(r);
	return o.under_way;
}

static void R7_a_marker_stays_behind_the_message_of_a_ticket(void **state)
{
	uint32_t under_way = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		under_way += one_message_in_the_file(seed);
	assert_true(under_way > SEEDS / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(R7_a_marker_stays_behind_the_message_of_a_ticket),
	};

	return cmocka_run_group_tests_name("markers", tests, NULL, NULL);
}
