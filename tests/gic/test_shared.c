/* SPDX-License-Identifier: MIT */
/* Several drivers on one level-triggered wire (<umsi/shared.h>), on the machine in a box. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/gic.h>
#include <umsi/host.h>
#include <umsi/irq.h>
#include <umsi/shared.h>
#include <umsi/umsi.h>

#include "machine.h"

#define CPUS	3u
#define LINE	40u
#define DRIVERS	3u	/* the last one joins and leaves */
#define EVENTS	25u
#define SEEDS	200u

struct rig;

struct driver {
	struct rig *r;
	struct umsi_sharer *sharer;
	bool up;			/* its device asserts the line */
	bool later;			/* it answered so and has not said done */
	bool gone;			/* its leave has returned */
	bool closed;			/* it has the line disabled, and nobody's call is running */
	uint64_t events, calls;
};

struct rig {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct umsi_device *dev;
	struct umsi_table *wires;
	struct umsi_shared *line;
	struct driver driver[DRIVERS];
	bool answer_later, say_done_early;
	uint32_t raising;
	uint64_t moves;
};

static struct rig rig;

static const struct umsi_irq_request_at level_at = {
	.first = LINE, .last = LINE, .trigger = UMSI_TRIGGER_LEVEL_HIGH,
};

static void trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	if (rig.root)
		umsi_gic_trap(rig.root, cpu);
}

static void timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static void cpu_up(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	assert_int_equal(umsi_cpu_online(rig.umsi, mach_cpu(rig.m)), UMSI_OK);
	mach_irq_on(rig.m);
}

static void run(void)
{
	if (!mach_run(rig.m)) {
		mach_report(rig.m, stdout, 60);
		fail_msg("seed %llu", (unsigned long long)mach_seed(rig.m));
	}
}

static void begin(uint64_t seed)
{
	static const struct umsi_cpu_desc cpus[CPUS];
	struct mach_config machine = { .ncpus = CPUS, .kind = MACH_ARM, .trap = trap, .max_steps = 2000000 };
	struct umsi_config library = { .cpus = cpus, .ncpus = CPUS, .min_age_ns = 50000, .max_repeats = 3 };
	struct umsi_gic_config gic = {
		.version = 2, .distributor = MACH_GIC_DISTRIBUTOR, .cpu_interface = MACH_GIC_CPU_INTERFACE,
		.timer_id = MACH_GIC_TIMER, .timer = timer,
	};
	struct umsi_device_config dev = { .name = "wires" };

	rig = (struct rig){ 0 };
	rig.m = mach_create(seed, &machine);
	for (uint32_t i = 0; i < DRIVERS; i++)
		rig.driver[i].r = &rig;
	assert_int_equal(umsi_init(&rig.storage, rig.m, &library, &rig.umsi), UMSI_OK);
	assert_int_equal(umsi_gic_create(rig.umsi, &gic, &rig.root), UMSI_OK);
	for (umsi_cpu cpu = 0; cpu < CPUS; cpu++)
		mach_thread(rig.m, cpu, cpu_up, NULL);
	run();
	dev.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dev, &rig.dev), UMSI_OK);
	assert_int_equal(umsi_gic_wires(rig.dev, &rig.wires), UMSI_OK);
}

static void finish(void)
{
	assert_int_equal(umsi_device_remove(rig.dev), UMSI_OK);
	assert_int_equal(umsi_gic_destroy(rig.root), UMSI_OK);
	rig.root = NULL;
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	assert_true(mach_check_quiet(rig.m));
	assert_true(mach_check_leaks(rig.m));
	mach_destroy(rig.m);
}

/* Other threads of this CPU run too. */
static void pass(uint64_t steps)
{
	mach_delay(rig.m, mach_random(rig.m, steps));
	umsi_host_relax(rig.m);
}

/* ---- Devices on one wire ---- */

/* The wire follows with nothing in between. */
static void set_up(struct driver *d, bool up)
{
	bool any = false;

	d->up = up;
	for (uint32_t i = 0; i < DRIVERS; i++)
		any |= rig.driver[i].up;
	mach_gic_line(rig.m, LINE, any);
}

static void check_call(const struct driver *d)
{
	MACH_CHECK(rig.m, !d->gone, "T-GONE", "a driver that has left is called");
	for (uint32_t i = 0; i < DRIVERS; i++) {
		MACH_CHECK(rig.m, !rig.driver[i].closed, "T-CLOSED", "a call while a driver has the line disabled");
		MACH_CHECK(rig.m, !rig.driver[i].later || i >= (uint32_t)(d - rig.driver), "T-HELD",
			   "a walk begins while a driver owes its done");
	}
}

static enum umsi_handled handler(void *arg)
{
	struct driver *d = arg;

	check_call(d);
	d->calls++;
	if (!d->up)
		return UMSI_NOT_MINE;
	mach_delay(rig.m, mach_random(rig.m, 20));
	if (rig.answer_later && !mach_random(rig.m, 2)) {
		mach_sync(rig.m);	/* as handing the work to a thread does */
		d->later = true;
		return UMSI_LATER;
	}
	set_up(d, false);
	return UMSI_HANDLED;
}

static bool answered(void *arg)
{
	struct driver *d = arg;

	return !d->up || d->later;
}

static void raise_once(struct driver *d)
{
	d->events++;
	mach_sync(rig.m);
	set_up(d, true);
	for (uint32_t turn = 0; !answered(d); turn++) {
		MACH_CHECK(rig.m, turn < 5000, "T-DEAD", "the line is up and its driver is not called");
		pass(20);
	}
	if (!d->later)
		return;
	pass(150);
	set_up(d, false);
	d->later = false;
	MACH_CHECK(rig.m, umsi_shared_done(d->sharer) == UMSI_OK, "T-DONE", "done");
}

static void disable_a_while(struct driver *d)
{
	MACH_CHECK(rig.m, umsi_shared_disable(d->sharer) == UMSI_OK, "T-DIS", "disable");
	umsi_irq_synchronize(rig.umsi, umsi_shared_irq(rig.line));
	d->closed = true;
	pass(50);
	d->closed = false;
	MACH_CHECK(rig.m, umsi_shared_enable(d->sharer) == UMSI_OK &&
		   umsi_shared_enable(d->sharer) == UMSI_ESTATE, "T-EN", "enable");
}

static void raiser(void *arg)
{
	struct driver *d = arg;

	for (uint32_t i = 0; i < EVENTS; i++) {
		if (!mach_random(rig.m, 6))
			disable_a_while(d);
		raise_once(d);
		pass(60);
	}
	rig.raising--;
}

static void join(struct driver *d)
{
	d->gone = false;
	MACH_CHECK(rig.m, umsi_shared_join(rig.line, handler, d, &d->sharer) == UMSI_OK, "T-JOIN", "join");
}

static void leave(struct driver *d)
{
	MACH_CHECK(rig.m, umsi_shared_leave(d->sharer) == UMSI_OK, "T-LEAVE", "leave");
	d->gone = true;
}

/* Now and then it goes with a debt and with a disable of its own. */
static void come_and_go(void *arg)
{
	struct driver *d = arg;

	while (rig.raising) {
		join(d);
		raise_once(d);
		if (!mach_random(rig.m, 2)) {
			set_up(d, true);
			pass(100);
			set_up(d, false);
		}
		if (!mach_random(rig.m, 2))
			umsi_shared_disable(d->sharer);
		leave(d);
		d->later = false;
		pass(60);
	}
}

static void mover(void *arg)
{
	(void)arg;
	while (rig.raising) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(rig.m, CPUS) };

		MACH_CHECK(rig.m, umsi_irq_set_affinity(rig.umsi, umsi_shared_irq(rig.line), &to) == UMSI_OK,
			   "T-MOVE", "move");
		rig.moves++;
		pass(60);
	}
}

static void open_line(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i + 1 < DRIVERS; i++)
		join(&rig.driver[i]);
}

static void close_line(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i + 1 < DRIVERS; i++)
		leave(&rig.driver[i]);
	assert_int_equal(umsi_shared_destroy(rig.line), UMSI_OK);
}

/* Each raise and each move may cost a call of all in which nobody finds anything. */
static void check_storm(uint64_t *calls)
{
	struct umsi_irq_stats st;
	uint64_t events = 0;

	assert_int_equal(umsi_irq_stats_read(rig.umsi, umsi_shared_irq(rig.line), &st), UMSI_OK);
	for (uint32_t i = 0; i < DRIVERS; i++)
		events += 2 * rig.driver[i].events;
	assert_true(st.not_mine <= events + rig.moves);
	*calls += st.handled;
}

static void one_run(uint64_t seed, bool later, uint64_t *calls)
{
	begin(seed);
	rig.answer_later = later;
	assert_int_equal(umsi_shared_create(rig.wires, &level_at, &rig.line), UMSI_OK);
	mach_thread(rig.m, 0, open_line, NULL);
	run();
	rig.raising = DRIVERS - 1;
	for (uint32_t i = 0; i + 1 < DRIVERS; i++)
		mach_thread(rig.m, i, raiser, &rig.driver[i]);
	mach_thread(rig.m, 2, come_and_go, &rig.driver[DRIVERS - 1]);
	mach_thread(rig.m, 1, mover, NULL);
	run();
	check_storm(calls);
	mach_thread(rig.m, 0, close_line, NULL);
	run();
	finish();
}

static void every_driver_is_called_and_none_after_it_left(void **state)
{
	uint64_t calls = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		one_run(seed, false, &calls);
	print_message("# %llu walks\n", (unsigned long long)calls);
	assert_true(calls > SEEDS * EVENTS);
}

static void the_line_opens_when_the_last_debt_is_paid(void **state)
{
	uint64_t calls = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		one_run(SEEDS + seed, true, &calls);
	print_message("# %llu walks\n", (unsigned long long)calls);
	assert_true(calls > SEEDS * EVENTS);
}

/* ---- One thing at a time ---- */

static enum umsi_handled owing(void *arg)
{
	struct driver *d = arg;

	d->calls++;
	if (!d->up)
		return UMSI_NOT_MINE;
	set_up(d, false);
	if (rig.say_done_early)
		MACH_CHECK(rig.m, umsi_shared_done(d->sharer) == UMSI_OK, "T-EARLY", "done before the answer");
	return UMSI_LATER;
}

static void ask(uint32_t mask)
{
	for (uint32_t i = 0; i < 2; i++)
		if (mask >> i & 1)
			set_up(&rig.driver[i], true);
	mach_delay(rig.m, 3000);
}

static void two_debts(void *arg)
{
	struct umsi_shared_stats st;
	struct driver *d = rig.driver;

	(void)arg;
	for (uint32_t i = 0; i < 2; i++)
		MACH_CHECK(rig.m, umsi_shared_join(rig.line, owing, &d[i], &d[i].sharer) == UMSI_OK, "T", "join");
	MACH_CHECK(rig.m, umsi_shared_done(d[0].sharer) == UMSI_ESTATE, "T", "nothing is owed");
	ask(3);
	MACH_CHECK(rig.m, d[0].calls == 1 && d[1].calls == 1, "T", "both are called");
	ask(1);
	MACH_CHECK(rig.m, d[0].calls == 1, "T", "held for both");
	MACH_CHECK(rig.m, umsi_shared_done(d[0].sharer) == UMSI_OK &&
		   umsi_shared_done(d[0].sharer) == UMSI_ESTATE, "T", "one debt, paid once");
	mach_delay(rig.m, 3000);
	MACH_CHECK(rig.m, d[0].calls == 1, "T", "the other still owes");
	MACH_CHECK(rig.m, umsi_shared_done(d[1].sharer) == UMSI_OK, "T", "the last");
	mach_delay(rig.m, 3000);
	MACH_CHECK(rig.m, d[0].calls == 2 && d[1].calls == 2, "T", "open again, and the line was up");
	/* It leaves in debt. */
	MACH_CHECK(rig.m, umsi_shared_leave(d[0].sharer) == UMSI_OK, "T", "leave");
	ask(2);
	MACH_CHECK(rig.m, d[0].calls == 2 && d[1].calls == 3, "T", "called without the other");
	MACH_CHECK(rig.m, umsi_shared_done(d[1].sharer) == UMSI_OK, "T", "done");
	rig.say_done_early = true;
	ask(2);
	ask(2);
	MACH_CHECK(rig.m, d[1].calls == 5, "T", "early dones hold nothing");
	MACH_CHECK(rig.m, umsi_shared_read(d[1].sharer, &st) == UMSI_OK && st.handled == 5 && st.not_mine == 1, "T",
		   "%llu calls, %llu of them not its own", (unsigned long long)st.handled,
		   (unsigned long long)st.not_mine);
	MACH_CHECK(rig.m, umsi_shared_leave(d[1].sharer) == UMSI_OK, "T", "leave");
}

static void debts_are_each_drivers_own(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		begin(seed);
		assert_int_equal(umsi_shared_create(rig.wires, &level_at, &rig.line), UMSI_OK);
		mach_thread(rig.m, 0, two_debts, NULL);
		run();
		assert_int_equal(umsi_shared_destroy(rig.line), UMSI_OK);
		finish();
	}
}

static enum umsi_handled tries_what_must_not(void *arg)
{
	struct driver *d = arg;
	struct umsi_shared *other;
	struct umsi_sharer *sharer;

	MACH_CHECK(rig.m, umsi_shared_leave(d->sharer) == UMSI_ECONTEXT &&
		   umsi_shared_destroy(rig.line) == UMSI_ECONTEXT &&
		   umsi_shared_join(rig.line, handler, d, &sharer) == UMSI_ECONTEXT &&
		   umsi_shared_create(rig.wires, &level_at, &other) == UMSI_ECONTEXT, "T", "context");
	d->calls++;
	set_up(d, false);
	return UMSI_HANDLED;
}

static void wrong_contexts(void *arg)
{
	struct driver *d = rig.driver;

	(void)arg;
	MACH_CHECK(rig.m, umsi_shared_join(rig.line, tries_what_must_not, d, &d->sharer) == UMSI_OK, "T", "join");
	ask(1);
	MACH_CHECK(rig.m, d->calls == 1, "T", "called");
	MACH_CHECK(rig.m, umsi_shared_destroy(rig.line) == UMSI_EBUSY, "T", "busy");
	MACH_CHECK(rig.m, umsi_shared_leave(d->sharer) == UMSI_OK, "T", "leave");
}

static void wrong_calls_change_nothing(void **state)
{
	struct umsi_irq_request_at edge = level_at, range = level_at;
	struct umsi_shared_stats st;
	struct umsi_sharer *sharer;
	struct umsi_shared *other;

	(void)state;
	begin(1);
	edge.trigger = UMSI_TRIGGER_EDGE_RISING;
	range.last++;
	assert_int_equal(umsi_shared_create(rig.wires, &edge, &other), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(rig.wires, &range, &other), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(NULL, &level_at, &other), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(rig.wires, NULL, &other), UMSI_EINVAL);
	assert_int_equal(umsi_shared_create(rig.wires, &level_at, &rig.line), UMSI_OK);
	assert_int_equal(umsi_shared_create(rig.wires, &level_at, &other), UMSI_EEXIST);
	assert_int_equal(umsi_shared_join(NULL, handler, NULL, &sharer), UMSI_EINVAL);
	assert_int_equal(umsi_shared_join(rig.line, NULL, NULL, &sharer), UMSI_EINVAL);
	assert_int_equal(umsi_shared_leave(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_done(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_disable(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_enable(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_read(NULL, &st), UMSI_EINVAL);
	assert_int_equal(umsi_shared_destroy(NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_irq(NULL), UMSI_IRQ_NONE);
	mach_thread(rig.m, 0, wrong_contexts, NULL);
	run();
	assert_int_equal(umsi_shared_destroy(rig.line), UMSI_OK);
	finish();
}

static void nothing_is_left_when_memory_is_short(void **state)
{
	struct umsi_sharer *sharer;
	uint64_t n;
	int status;

	(void)state;
	begin(1);
	for (n = 1;; n++) {
		mach_fail_alloc(rig.m, n, false);
		status = umsi_shared_create(rig.wires, &level_at, &rig.line);
		if (status == UMSI_OK)
			break;
		assert_int_equal(status, UMSI_ENOMEM);
	}
	assert_true(n > 1);
	mach_fail_alloc(rig.m, 1, false);
	assert_int_equal(umsi_shared_join(rig.line, handler, &rig.driver[0], &sharer), UMSI_ENOMEM);
	mach_fail_alloc(rig.m, 0, false);
	assert_int_equal(umsi_shared_destroy(rig.line), UMSI_OK);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_driver_is_called_and_none_after_it_left),
		cmocka_unit_test(the_line_opens_when_the_last_debt_is_paid),
		cmocka_unit_test(debts_are_each_drivers_own),
		cmocka_unit_test(wrong_calls_change_nothing),
		cmocka_unit_test(nothing_is_left_when_memory_is_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
