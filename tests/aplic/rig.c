/* SPDX-License-Identifier: MIT */
#include "rig.h"

/* More than a message travels from the APLIC to a file, less than it may stay in the APLIC. */
#define MIN_AGE_NS	400000u

struct rig rig;

const struct umsi_aplic_config rig_config = {
	.phys = RIG_PHYS, .bytes = RIG_BYTES, .sources = RIG_SOURCES,
	.base = UINT64_C(0x28000000), .guest_index_bits = 1, .hart_index_bits = 2, .group_index_bits = 1,
	.group_index_shift = 24,
};

/* Group in the highest bit: CPUs 1 and 3 are of the other one. */
static const uint32_t usual_index[RIG_CPUS] = { 2, 5, 1, 4 };
const uint32_t *rig_hart_index = usual_index;

/* ---- The machine ---- */

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	mach_timer_quieten(rig.m, cpu);
	if (!rig.root)
		return;
	if (rig.direct)
		umsi_aplic_direct_trap(rig.root, cpu);
	else
		umsi_imsic_trap(rig.root, cpu);
}

static void timer(void *host, umsi_cpu cpu)
{
	mach_timer_quieten(host, cpu);
}

static int create_imsic(void)
{
	struct umsi_imsic_file files[RIG_CPUS];
	struct umsi_imsic_config config = {
		.files = files, .num_ids = 63, .system_ids = 32, .guest_index_bits = 1,
		.hart_index_bits = 2, .group_index_bits = 1, .group_index_shift = 24, .timer = timer,
	};

	for (uint32_t i = 0; i < RIG_CPUS; i++)
		files[i].phys = mach_imsic_phys(rig.m, i);
	return umsi_imsic_create(rig.umsi, &config, &rig.root);
}

static void cpu_up(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_online(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "online");
	mach_irq_on(rig.m);
}

void rig_begin(uint64_t seed, bool direct, bool loose, const struct mach_chaos *chaos)
{
	struct mach_config config = {
		.ncpus = RIG_CPUS, .max_steps = 3000000, .chaos = chaos,
		/* A tick would look after a signal that was lost. */
		.tick_steps = direct ? 0 : 300,
		.trap = on_trap, .guest_bits = 1, .hart_bits = 2, .group_bits = 1,
		.hart_index = rig_hart_index,
	};
	struct mach_aplic_config aplic = {
		.phys = RIG_PHYS, .sources = RIG_SOURCES, .direct = direct, .loose = loose,
		.hart_index = rig_hart_index,
	};
	struct umsi_config library = { .cpus = rig.cpus, .ncpus = RIG_CPUS, .min_age_ns = MIN_AGE_NS };
	struct umsi_aplic_config direct_config = rig_config;
	struct umsi_device_config dc = { .name = "wires" };

	memset(&rig, 0, sizeof(rig));
	rig.direct = direct;
	rig.down = UMSI_CPU_NONE;
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		rig.cpus[i].hw_id = 10 + i;
	rig.m = mach_create(seed, &config);
	mach_baseline(rig.m);
	rig.aplic = mach_aplic_add(rig.m, &aplic);
	assert_int_equal(umsi_init(&rig.storage, rig.m, &library, &rig.umsi), UMSI_OK);
	direct_config.hart_index = rig_hart_index;
	assert_int_equal(direct ? umsi_aplic_direct_create(rig.umsi, &direct_config, &rig.root)
				: create_imsic(), UMSI_OK);
	for (umsi_cpu i = 0; i < RIG_CPUS; i++)
		mach_thread(rig.m, i, cpu_up, NULL);
	rig_run();
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &rig.dev), UMSI_OK);
}

void rig_run(void)
{
	if (mach_run(rig.m))
		return;
	mach_report(rig.m, stderr, 60);
	fail_msg("seed %llu", (unsigned long long)mach_seed(rig.m));
}

static void settle(void *arg)
{
	(void)arg;
	for (uint32_t turn = 0; turn < 40; turn++) {
		struct umsi_stats s;

		mach_irq_off(rig.m);
		umsi_drain_point(rig.umsi);
		mach_irq_on(rig.m);
		mach_delay(rig.m, 100);
		umsi_reap(rig.umsi);
		umsi_stats_read(rig.umsi, &s);
		if (!s.retiring)
			return;
	}
}

void rig_end(void)
{
	struct umsi_stats s;

	assert_int_equal(umsi_device_remove(rig.dev), UMSI_OK);
	for (umsi_cpu i = 0; i < RIG_CPUS; i++)
		mach_thread(rig.m, i, settle, NULL);
	rig_run();
	umsi_stats_read(rig.umsi, &s);
	assert_int_equal(s.unowned, 0);
	assert_int_equal(s.retiring, 0);
	assert_int_equal(s.records, 0);
	for (uint32_t i = 1; i <= RIG_SOURCES; i++)
		assert_false(mach_aplic_enabled(rig.aplic, i));
	assert_int_equal(rig.direct ? umsi_aplic_direct_destroy(rig.root) : umsi_imsic_destroy(rig.root),
			 UMSI_OK);
	rig.root = NULL;
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	assert_true(mach_check_leaks(rig.m));
	mach_destroy(rig.m);
}

/* ---- Wires ---- */

static bool is_level(const struct wire *w)
{
	return w->trigger >= UMSI_TRIGGER_LEVEL_HIGH;
}

static bool active_level(const struct wire *w)
{
	return w->trigger == UMSI_TRIGGER_LEVEL_HIGH || w->trigger == UMSI_TRIGGER_EDGE_RISING;
}

/*
 * The device is served. A level's has its reasons served one by one, and its
 * line falls with the last; one that came while it fell raises it again.
 */
static void serve(struct wire *w)
{
	w->idle_calls += w->seen == w->raised;
	if (!is_level(w)) {
		w->seen = w->raised;
		return;
	}
	w->seen += w->seen != w->raised;
	if (w->seen != w->raised)
		return;
	mach_aplic_line(rig.aplic, w->source, !active_level(w));
	if (w->seen != w->raised)
		mach_aplic_line(rig.aplic, w->source, active_level(w));
}

enum umsi_handled rig_handler(void *arg)
{
	struct wire *w = arg;

	MACH_CHECK(rig.m, !w->later, "I-DIS", "called before it said done");
	w->calls++;
	if (rig.slow && mach_random(rig.m, 8) == 0)
		mach_delay(rig.m, 200);
	/* Its own line is still up: the traps that nest must not claim it for ever. */
	if (rig.slow && mach_random(rig.m, 8) == 0 && mach_trap_depth(rig.m) < 3) {
		mach_irq_on(rig.m);
		mach_delay(rig.m, 100);
		mach_irq_off(rig.m);
	}
	if (rig.answer_later && mach_random(rig.m, 4) == 0) {
		w->later = true;
		return UMSI_LATER;
	}
	serve(w);
	return UMSI_HANDLED;
}

static void say_done(struct wire *w)
{
	if (!w->later || w->saying)
		return;
	w->saying = true;
	while (w->seen != w->raised)
		serve(w);
	w->later = w->saying = false;
	MACH_CHECK(rig.m, umsi_irq_done(rig.umsi, w->irq) == UMSI_OK, "I-API", "done");
}

void rig_raise(struct wire *w)
{
	if (w->pulsing)
		return;		/* a wire that is up already shows no edge */
	w->raised++;
	w->pulsing = !is_level(w);
	mach_aplic_line(rig.aplic, w->source, active_level(w));
	if (!w->pulsing)
		return;
	mach_delay(rig.m, 2);
	mach_aplic_line(rig.aplic, w->source, !active_level(w));
	w->pulsing = false;
}

void rig_request(struct wire *w, uint32_t source, unsigned int trigger)
{
	*w = (struct wire){ .source = source, .trigger = trigger };
	mach_aplic_line(rig.aplic, source, !active_level(w));
	rig_listen(w);
}

void rig_listen(struct wire *w)
{
	struct umsi_irq_request_at at = { .first = w->source, .last = w->source,
					  .trigger = (uint8_t)w->trigger };

	assert_int_equal(umsi_irq_alloc(rig.table, &at, &w->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, w->irq, rig_handler, w, "wire"), UMSI_OK);
}

void rig_wires(void)
{
	static const unsigned int triggers[RIG_WIRES] = {
		UMSI_TRIGGER_LEVEL_HIGH, UMSI_TRIGGER_LEVEL_LOW, UMSI_TRIGGER_EDGE_RISING,
		UMSI_TRIGGER_EDGE_FALLING, UMSI_TRIGGER_LEVEL_LOW, UMSI_TRIGGER_LEVEL_HIGH,
	};

	assert_int_equal(rig.direct ? umsi_aplic_direct_wires(rig.dev, &rig.table)
				    : umsi_aplic_messages_create(rig.dev, &rig_config, &rig.table), UMSI_OK);
	assert_int_equal(umsi_table_size(rig.table), RIG_SOURCES + 1);
	for (uint32_t i = 0; i < RIG_WIRES; i++)
		rig_request(&rig.wire[i], 1 + 4 * i, triggers[i]);
}

/* ---- Under fire ---- */

static struct wire *any_wire(void)
{
	return &rig.wire[mach_random(rig.m, RIG_WIRES)];
}

static void firer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 150; i++) {
		rig_raise(any_wire());
		mach_delay(rig.m, mach_random(rig.m, 40));
		say_done(any_wire());
	}
	rig.owners_left--;
}

static bool all_done(void)
{
	for (uint32_t i = 0; i < RIG_WIRES; i++)
		if (rig.wire[i].later)
			return false;
	return true;
}

static void closer(void *arg)
{
	(void)arg;
	while (rig.owners_left)
		mach_delay(rig.m, 50);
	rig.answer_later = false;
	do {
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			say_done(&rig.wire[i]);
		mach_delay(rig.m, 500);
	} while (!all_done());
}

static void mover(void *arg)
{
	(void)arg;
	while (rig.owners_left) {
		struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU,
					   .cpu = (umsi_cpu)mach_random(rig.m, RIG_CPUS) };
		struct wire *w = any_wire();
		umsi_cpu was = umsi_irq_effective_cpu(rig.umsi, w->irq);
		int status = umsi_irq_set_affinity(rig.umsi, w->irq, &a);

		MACH_CHECK(rig.m, status == UMSI_OK || status == UMSI_EAGAIN || status == UMSI_ENOCPU, "I-API",
			   "move: %s", umsi_status_text(status));
		rig.moves += status == UMSI_OK && was != a.cpu;
		mach_delay(rig.m, mach_random(rig.m, 40));
	}
}

/* Disabled while they are raised, and heard again. */
static void toucher(void *arg)
{
	(void)arg;
	while (rig.owners_left) {
		struct wire *w = any_wire();

		MACH_CHECK(rig.m, umsi_irq_disable(rig.umsi, w->irq) == UMSI_OK, "I-API", "disable");
		mach_delay(rig.m, mach_random(rig.m, 200));
		MACH_CHECK(rig.m, umsi_irq_enable(rig.umsi, w->irq) == UMSI_OK, "I-API", "enable");
		mach_delay(rig.m, mach_random(rig.m, 300));
	}
}

static bool is_back(void *arg)
{
	(void)arg;
	return rig.down == UMSI_CPU_NONE;
}

static void come_back(void *arg)
{
	(void)arg;
	MACH_CHECK(rig.m, umsi_cpu_online(rig.umsi, 2) == UMSI_OK, "I-API", "online again");
	mach_irq_on(rig.m);
	rig.down = UMSI_CPU_NONE;
}

static void leave(void *arg)
{
	int status;

	(void)arg;
	mach_irq_off(rig.m);
	status = umsi_cpu_dead(rig.umsi, 2);
	MACH_CHECK(rig.m, status == UMSI_OK, "I-API", "dead: %s", umsi_status_text(status));
	rig.down = 2;
	mach_cpu_down(rig.m);
}

static bool is_down(void *arg)
{
	(void)arg;
	return rig.down == 2;
}

/* From CPU 0: CPU 2 has no other threads. */
static void hotplug(void *arg)
{
	(void)arg;
	while (rig.owners_left) {
		int status = umsi_cpu_leave(rig.umsi, 2);

		MACH_CHECK(rig.m, status == UMSI_OK, "I-API", "leave: %s", umsi_status_text(status));
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			MACH_CHECK(rig.m, umsi_irq_effective_cpu(rig.umsi, rig.wire[i].irq) != 2, "I-HW",
				   "wire %u stays with a CPU that has left", i);
		mach_thread(rig.m, 2, leave, NULL);
		mach_wait(rig.m, is_down, NULL);
		mach_delay(rig.m, 300);
		mach_cpu_up(rig.m, 2, come_back, NULL);
		mach_wait(rig.m, is_back, NULL);
		rig.trips++;
		mach_delay(rig.m, 1000);
	}
}

void rig_check_wires(void)
{
	for (uint32_t i = 0; i < RIG_WIRES; i++) {
		const struct wire *w = &rig.wire[i];

		if (w->seen != w->raised || w->idle_calls > 2 * w->raised + rig.moves) {
			mach_report(rig.m, stderr, 60);
			print_error("seed %llu: wire %u: %llu raised, %llu seen, %llu calls, %llu of them idle\n",
				    (unsigned long long)mach_seed(rig.m), i, (unsigned long long)w->raised,
				    (unsigned long long)w->seen, (unsigned long long)w->calls,
				    (unsigned long long)w->idle_calls);
		}
		assert_int_equal(w->seen, w->raised);
		assert_true(w->idle_calls <= 2 * w->raised + rig.moves);
	}
}

void rig_fire(uint64_t seed, bool direct, bool later, bool with_hotplug)
{
	rig_begin(seed, direct, seed & 1, NULL);
	rig_wires();
	rig.answer_later = later;
	rig.slow = true;
	rig.owners_left = 2;
	mach_thread(rig.m, 0, firer, NULL);
	mach_thread(rig.m, with_hotplug ? 0 : 2, firer, NULL);
	mach_thread(rig.m, 1, mover, NULL);
	mach_thread(rig.m, 3, mover, NULL);
	mach_thread(rig.m, 3, closer, NULL);
	mach_thread(rig.m, 1, toucher, NULL);
	if (with_hotplug)
		mach_thread(rig.m, 0, hotplug, NULL);
	rig_run();
	rig_check_wires();
}

void rig_two_events_each(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2 * RIG_WIRES; i++) {
		rig_raise(&rig.wire[i % RIG_WIRES]);
		mach_delay(rig.m, 400);
	}
}

void rig_slow_events(bool direct)
{
	for (uint64_t seed = 0; seed < 4; seed++) {
		rig_begin(seed, direct, seed & 1, &mach_chaos_none);
		rig_wires();
		mach_thread(rig.m, 1, rig_two_events_each, NULL);
		rig_run();
		for (uint32_t i = 0; i < RIG_WIRES; i++)
			assert_int_equal(rig.wire[i].calls, 2);
		rig_check_wires();
		rig_end();
	}
}
