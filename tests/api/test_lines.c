/* SPDX-License-Identifier: MIT */
/* Level sources whose CPU goes, or loses what it was told, or whose device comes back. */
#include "wire.h"

static void die(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_dead(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_cpu_down(r->m);
}

static void back(void *arg)
{
	struct rig *r = arg;

	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

/* ---- A managed line whose handler runs while its last CPU is left ---- */

struct leaving {
	struct rig r;
	struct wire w;
	bool inside, left;
};

static bool is_inside(void *arg)
{
	return ((struct leaving *)arg)->inside;
}

static bool has_left(void *arg)
{
	return ((struct leaving *)arg)->left;
}

/* The line is shut while it runs; what it answers comes after. */
static enum umsi_handled runs_till_left(void *arg)
{
	struct leaving *l = arg;

	l->w.calls++;
	if (l->w.answer == UMSI_HANDLED) {
		l->w.asserted = false;
		return UMSI_HANDLED;
	}
	l->inside = true;
	mach_wait(l->r.m, has_left, l);
	return UMSI_LATER;
}

static void leave_it(void *arg)
{
	struct leaving *l = arg;

	mach_wait(l->r.m, is_inside, l);
	MACH_CHECK(l->r.m, umsi_cpu_leave(l->r.umsi, 2) == UMSI_OK, "test", "leave");
	l->left = true;
}

static void held_and_shut(struct leaving *l)
{
	uint64_t set = 1u << 2;
	struct umsi_irq_request_at at = {
		.trigger = UMSI_TRIGGER_LEVEL_HIGH, .kind = UMSI_IRQ_MANAGED,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { &set, RIG_CPUS } },
	};

	l->inside = l->left = false;
	rig_start(&l->r, 1);
	wire_up_at(&l->r, &l->w, &at);
	assert_int_equal(umsi_irq_release(l->r.umsi, l->w.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(l->r.umsi, l->w.irq, runs_till_left, l, "line"), UMSI_OK);
	l->w.answer = UMSI_LATER;
	mach_thread(l->r.m, 0, leave_it, l);
	assert_line(&l->w);
	mach_thread(l->r.m, 2, die, &l->r);
	rig_settle(&l->r);
	assert_int_equal(l->w.calls, 1);
	assert_true(l->w.masked);
	l->w.answer = UMSI_HANDLED;
}

/* Done opens nothing that is shut; the CPU does, and the line is still up. */
static void a_line_that_is_shut_stays_so_when_its_handler_is_done(void **state)
{
	struct leaving l;

	(void)state;
	held_and_shut(&l);
	assert_int_equal(umsi_irq_done(l.r.umsi, l.w.irq), UMSI_OK);
	rig_settle(&l.r);
	assert_true(l.w.masked);
	assert_int_equal(l.w.calls, 1);
	mach_cpu_up(l.r.m, 2, back, &l.r);
	rig_settle(&l.r);
	assert_false(l.w.masked);
	assert_int_equal(l.w.calls, 2);
	rig_end(&l.r);
}

/* The other way round: the CPU opens nothing that is held. */
static void a_line_that_is_held_stays_so_when_its_cpu_comes_back(void **state)
{
	struct leaving l;

	(void)state;
	held_and_shut(&l);
	mach_cpu_up(l.r.m, 2, back, &l.r);
	rig_settle(&l.r);
	assert_true(l.w.masked);
	assert_int_equal(l.w.calls, 1);
	assert_int_equal(umsi_irq_done(l.r.umsi, l.w.irq), UMSI_OK);
	rig_settle(&l.r);
	assert_false(l.w.masked);
	/* It spoke once before it was quietened again. */
	assert_in_range(l.w.calls, 2, 3);
	rig_end(&l.r);
}

/* ---- What is lost, and what comes back ---- */

static void fall_asleep(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	mach_cpu_down(r->m);
}

static void wake_up(void *arg)
{
	struct rig *r = arg;

	assert_int_equal(umsi_cpu_restore(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

/* Its store has nothing to be told: the handler is called, and the line looked at again behind it. */
static void a_line_whose_cpu_lost_it_is_called_once(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	assert_int_equal(rig_move(&r, w.irq, 1), UMSI_OK);
	w.answer = UMSI_NOT_MINE;
	mach_thread(r.m, 1, fall_asleep, &r);
	rig_settle(&r);
	mach_cpu_up(r.m, 1, wake_up, &r);
	rig_settle(&r);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.rearms, 1);
	w.answer = UMSI_HANDLED;
	assert_line(&w);
	assert_int_equal(w.calls, 2);
	assert_int_equal(w.last_cpu, 1);
	rig_end(&r);
}

/* The store says no before its message is written: away as before, and to be tried again. */
static void a_line_that_refuses_its_trigger_stays_away(void **state)
{
	struct wire w;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	wire_up(&r, &w, UMSI_TRIGGER_LEVEL_HIGH);
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	assert_int_equal(rig_move(&r, w.irq, 3), UMSI_EGONE);
	w.msg = (struct umsi_msg){ 0 };
	w.refuses = UMSI_EREFUSED;
	w.asserted = true;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EREFUSED);
	assert_int_equal(w.msg.address, 0);
	assert_true(w.masked);
	w.refuses = 0;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_false(w.masked);
	assert_int_equal(w.calls, 1);
	assert_int_equal(w.last_cpu, 3);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_is_shut_stays_so_when_its_handler_is_done),
		cmocka_unit_test(a_line_that_is_held_stays_so_when_its_cpu_comes_back),
		cmocka_unit_test(a_line_whose_cpu_lost_it_is_called_once),
		cmocka_unit_test(a_line_that_refuses_its_trigger_stays_away),
	};

	return cmocka_run_group_tests_name("lines", tests, NULL, NULL);
}
