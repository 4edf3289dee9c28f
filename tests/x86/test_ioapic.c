/* SPDX-License-Identifier: MIT */
/* I/O APIC pins on the machine: moves under fire, later answers, what firmware leaves. */
#include <umsi/ioapic.h>

#include "rig.h"

#define IOAPICS		2
#define PINS		24
#define USED		3	/* of each: level high, level low, edge */
#define PHYS		0xfec00000u

/* A wire, what happened on it and what its handler has seen. */
struct wire {
	struct mach_ioapic *io;
	uint32_t pin;
	umsi_irq irq;
	unsigned int trigger;
	uint64_t raised, seen, calls, idle_calls;
	bool later, saying, pulsing;
};

static struct mach_ioapic *ioapic[IOAPICS];
static struct umsi_device *dev[IOAPICS];
static struct umsi_table *table[IOAPICS];
static struct wire wire[IOAPICS * USED];
static uint64_t moves, refused;
static uint32_t owners_left;
static bool answer_later;

static bool is_level(const struct wire *w)
{
	return w->trigger >= UMSI_TRIGGER_LEVEL_HIGH;
}

static bool active_level(const struct wire *w)
{
	return w->trigger == UMSI_TRIGGER_LEVEL_HIGH || w->trigger == UMSI_TRIGGER_EDGE_RISING;
}

/* The device has been served: its line falls. */
static void serve(struct wire *w)
{
	if (is_level(w))
		mach_ioapic_line(w->io, w->pin, !active_level(w));
	w->idle_calls += w->seen == w->raised;
	w->seen = w->raised;
}

static enum umsi_handled handler(void *arg)
{
	struct wire *w = arg;

	MACH_CHECK(rig.m, !w->later, "I-DIS", "called before it said done");
	w->calls++;
	if (answer_later && mach_random(rig.m, 4) == 0) {
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
	serve(w);
	w->later = w->saying = false;
	MACH_CHECK(rig.m, umsi_irq_done(rig.umsi, w->irq) == UMSI_OK, "I-API", "done");
}

static void raise_wire(struct wire *w)
{
	if (w->pulsing)
		return;		/* a wire that is up already shows no edge */
	w->raised++;
	w->pulsing = !is_level(w);
	mach_ioapic_line(w->io, w->pin, active_level(w));
	if (!w->pulsing)
		return;
	mach_delay(rig.m, 2);
	mach_ioapic_line(w->io, w->pin, !active_level(w));
	w->pulsing = false;
}

static struct wire *any_wire(void)
{
	return &wire[mach_random(rig.m, IOAPICS * USED)];
}

static void firer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 150; i++) {
		raise_wire(any_wire());
		mach_delay(rig.m, mach_random(rig.m, 30));
		say_done(any_wire());
	}
	owners_left--;
}

static bool all_done(void)
{
	for (uint32_t i = 0; i < IOAPICS * USED; i++)
		if (wire[i].later)
			return false;
	return true;
}

static void closer(void *arg)
{
	(void)arg;
	while (owners_left)
		mach_delay(rig.m, 50);
	answer_later = false;
	do {
		for (uint32_t i = 0; i < IOAPICS * USED; i++)
			say_done(&wire[i]);
		mach_delay(rig.m, 500);
	} while (!all_done());
}

static void mover(void *arg)
{
	(void)arg;
	while (owners_left) {
		struct umsi_affinity a = { .kind = UMSI_AFFINITY_CPU,
					   .cpu = (umsi_cpu)mach_random(rig.m, RIG_CPUS) };
		struct wire *w = any_wire();
		umsi_cpu was = umsi_irq_effective_cpu(rig.umsi, w->irq);
		int status = umsi_irq_set_affinity(rig.umsi, w->irq, &a);

		MACH_CHECK(rig.m, status == UMSI_OK || status == UMSI_EAGAIN, "I-API", "move: %s",
			   umsi_status_text(status));
		moves += status == UMSI_OK && was != a.cpu;
		refused += status == UMSI_EAGAIN;
		mach_delay(rig.m, mach_random(rig.m, 20));
	}
}

static void create_ioapics(bool directed)
{
	const struct umsi_ioapic_config config[IOAPICS] = {
		{ .phys = PHYS, .directed_eoi = directed },
		{ .phys = PHYS + 0x1000, .directed_eoi = directed },
	};
	struct umsi_device_config dc = { .name = "wires", .parent = rig.root };

	for (uint32_t i = 0; i < IOAPICS; i++) {
		ioapic[i] = mach_ioapic_add(rig.m, config[i].phys, PINS, 0x20);
		assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev[i]), UMSI_OK);
		assert_int_equal(umsi_ioapic_create(dev[i], &config[i], &table[i]), UMSI_OK);
		assert_int_equal(umsi_table_size(table[i]), PINS);
	}
}

static void request(uint32_t i, uint32_t n, unsigned int trigger)
{
	struct wire *w = &wire[i * USED + n];
	struct umsi_irq_request_at at = { .first = 2 + 7 * n, .last = 2 + 7 * n, .trigger = trigger };

	*w = (struct wire){ .io = ioapic[i], .pin = at.first, .trigger = trigger };
	mach_ioapic_line(w->io, w->pin, !active_level(w));
	assert_int_equal(umsi_irq_alloc(table[i], &at, &w->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, w->irq, handler, w, "wire"), UMSI_OK);
}

static void begin(uint64_t seed, bool directed, const struct mach_chaos *chaos)
{
	static const unsigned int triggers[IOAPICS][USED] = {
		{ UMSI_TRIGGER_LEVEL_HIGH, UMSI_TRIGGER_LEVEL_LOW, UMSI_TRIGGER_EDGE_RISING },
		{ UMSI_TRIGGER_LEVEL_LOW, UMSI_TRIGGER_LEVEL_HIGH, UMSI_TRIGGER_EDGE_FALLING },
	};
	struct mach_config config = { .max_steps = 3000000, .tick_steps = 300, .chaos = chaos };
	struct umsi_lapic_config lapic = { .directed_eoi = directed, .x2apic = seed & 1,
					   .timer = rig_timer };

	moves = refused = 0;
	answer_later = false;
	assert_int_equal(rig_begin(seed, config, &lapic), UMSI_OK);
	rig_online();
	create_ioapics(directed);
	for (uint32_t i = 0; i < IOAPICS; i++)
		for (uint32_t n = 0; n < USED; n++)
			request(i, n, triggers[i][n]);
}

static void end(void)
{
	for (uint32_t i = 0; i < IOAPICS; i++)
		assert_int_equal(umsi_device_remove(dev[i]), UMSI_OK);
	for (uint32_t i = 0; i < IOAPICS; i++)
		for (uint32_t pin = 0; pin < PINS; pin++)
			assert_true(mach_ioapic_entry(ioapic[i], pin) & 1u << 16);
	rig_end();
}

/* No dead line, no storm, no edge lost. */
static void check_wires(void)
{
	for (uint32_t i = 0; i < IOAPICS * USED; i++) {
		const struct wire *w = &wire[i];

		if (w->seen != w->raised || (mach_ioapic_entry(w->io, w->pin) & (5u << 12)) ||
		    w->idle_calls > w->raised + moves) {
			mach_report(rig.m, stderr, 60);
			print_error("wire %u: %llu raised, %llu seen, %llu calls, entry %#llx\n", i,
				    (unsigned long long)w->raised, (unsigned long long)w->seen,
				    (unsigned long long)w->calls,
				    (unsigned long long)mach_ioapic_entry(w->io, w->pin));
		}
		assert_int_equal(w->seen, w->raised);
		/* Neither pending nor waiting for an end that never comes. */
		assert_int_equal(mach_ioapic_entry(w->io, w->pin) & 5u << 12, 0);
		assert_true(w->idle_calls <= w->raised + moves);
	}
}

static uint64_t fire(uint64_t seed, bool directed, bool later)
{
	begin(seed, directed, NULL);
	answer_later = later;
	owners_left = 2;
	mach_thread(rig.m, 0, firer, NULL);
	mach_thread(rig.m, 2, firer, NULL);
	mach_thread(rig.m, 1, mover, NULL);
	mach_thread(rig.m, 3, mover, NULL);
	mach_thread(rig.m, 3, closer, NULL);
	rig_run();
	check_wires();
	end();
	return moves;
}

static void pins_that_move_under_fire_lose_nothing(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		sum += fire(seed, seed & 2, false);
	print_message("%llu moves\n", (unsigned long long)sum);
	assert_true(sum >= 10000);
}

static void drivers_that_answer_later_neither_storm_nor_die(void **state)
{
	uint64_t sum = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++)
		sum += fire(seed, seed & 2, true);
	print_message("%llu moves\n", (unsigned long long)sum);
	assert_true(sum >= 4000);
}

/* So that a pin has another vector on each CPU. */
static void take_slots(void)
{
	umsi_irq irq;

	for (uint32_t i = 0; i < RIG_CPUS * (RIG_CPUS - 1) / 2; i++) {
		struct umsi_irq_request_at at = {
			.first = 3, .last = 8, .affinity = { .kind = UMSI_AFFINITY_CPU },
		};

		at.affinity.cpu = i < 1 ? 1 : i < 3 ? 2 : 3;
		assert_int_equal(umsi_irq_alloc(table[0], &at, &irq), UMSI_OK);
	}
}

static void raise_where_it_moved(void *arg)
{
	struct wire *w = &wire[0];

	(void)arg;
	for (uint32_t i = 0; i < 60; i++) {
		struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 + i % (RIG_CPUS - 1) };
		int status;

		while ((status = umsi_irq_set_affinity(rig.umsi, w->irq, &to)) == UMSI_EAGAIN)
			mach_delay(rig.m, 5);
		MACH_CHECK(rig.m, status == UMSI_OK, "T", "move");
		raise_wire(w);
		for (uint32_t turn = 0; w->seen != w->raised; turn++) {
			MACH_CHECK(rig.m, turn < 500, "T-DEAD", "the line is up and nobody is called");
			mach_delay(rig.m, 5);
		}
	}
}

/* Stores that leave their CPU late: another CPU ends what it handles by the vector that it was sent. */
static void an_end_is_by_the_vector_that_was_sent(void **state)
{
	struct mach_chaos chaos = mach_chaos_none;

	(void)state;
	chaos.burst = 2;
	chaos.store_now = 0;
	chaos.store_max = 3000;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		begin(seed, true, &chaos);
		take_slots();
		mach_thread(rig.m, 0, raise_where_it_moved, NULL);
		rig_run();
		check_wires();
		end();
	}
}

static void slow_events(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		raise_wire(&wire[i % (IOAPICS * USED)]);
		mach_delay(rig.m, 400);
	}
}

/* The end of interrupt comes after the handler has quietened the device: not one call too many. */
static void one_event_is_one_call(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++) {
		uint64_t calls = 0;

		begin(seed, seed & 2, &mach_chaos_none);
		mach_thread(rig.m, 1, slow_events, NULL);
		rig_run();
		for (uint32_t i = 0; i < IOAPICS * USED; i++) {
			assert_int_equal(wire[i].calls, wire[i].raised);
			calls += wire[i].calls;
		}
		assert_int_equal(calls, 10);
		check_wires();
		end();
	}
}

/* Entry 0: level, accepted once and never ended. Entry 1: an SMI. */
static void what_firmware_left_is_ended_or_left_alone(void **state)
{
	const uint64_t stuck = 0xc031, smi = 0x0200;
	struct umsi_ioapic_config config = { .phys = PHYS };
	struct umsi_device_config dc = { .name = "wires" };
	struct umsi_irq_request_at at = { .first = 0, .last = 0, .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	struct wire w = { .trigger = UMSI_TRIGGER_LEVEL_HIGH };
	umsi_irq refused_irq;

	(void)state;
	assert_int_equal(rig_begin(1, (struct mach_config){ .chaos = &mach_chaos_none }, NULL), UMSI_OK);
	rig_online();
	ioapic[0] = mach_ioapic_add(rig.m, PHYS, 2, 0x20);
	mach_ioapic_poke(ioapic[0], 0, stuck);
	mach_ioapic_poke(ioapic[0], 1, smi);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev[0]), UMSI_OK);
	assert_int_equal(umsi_ioapic_create(dev[0], &config, &table[0]), UMSI_OK);
	assert_int_equal(mach_ioapic_entry(ioapic[0], 0), 1u << 16);
	assert_int_equal(mach_ioapic_entry(ioapic[0], 1), smi);

	w.io = ioapic[0];
	assert_int_equal(umsi_irq_alloc(table[0], &at, &w.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, w.irq, handler, &w, "wire"), UMSI_OK);
	at.first = at.last = 1;
	assert_int_equal(umsi_irq_alloc(table[0], &at, &refused_irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, refused_irq, handler, &w, "smi"), UMSI_EREFUSED);
	assert_int_equal(umsi_device_remove(dev[0]), UMSI_OK);
	assert_int_equal(mach_ioapic_entry(ioapic[0], 1), smi);
	rig_end();
}

static void an_old_one_has_no_directed_end(void **state)
{
	struct umsi_ioapic_config config = { .phys = PHYS, .directed_eoi = true };
	struct umsi_device_config dc = { .name = "wires" };

	(void)state;
	assert_int_equal(rig_begin(1, (struct mach_config){ .chaos = &mach_chaos_none }, NULL), UMSI_OK);
	mach_ioapic_add(rig.m, PHYS, 24, 0x11);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev[0]), UMSI_OK);
	assert_int_equal(umsi_ioapic_create(dev[0], &config, &table[0]), UMSI_ENOTSUP);
	config.phys += 4;
	assert_int_equal(umsi_ioapic_create(dev[0], &config, &table[0]), UMSI_EINVAL);
	assert_int_equal(umsi_ioapic_create(NULL, &config, &table[0]), UMSI_EINVAL);
	assert_int_equal(umsi_device_remove(dev[0]), UMSI_OK);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_event_is_one_call),
		cmocka_unit_test(what_firmware_left_is_ended_or_left_alone),
		cmocka_unit_test(an_old_one_has_no_directed_end),
		cmocka_unit_test(pins_that_move_under_fire_lose_nothing),
		cmocka_unit_test(drivers_that_answer_later_neither_storm_nor_die),
		cmocka_unit_test(an_end_is_by_the_vector_that_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
