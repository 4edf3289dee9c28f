/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about CPUs that go and come. */
#include "rig.h"

/* ---- P-11: whoever leaves its affinity is told of once, in the counter and in the dump ---- */

static void count_broken(void *arg, const char *line)
{
	*(uint32_t *)arg += strstr(line, " BROKEN") != NULL;
}

static uint32_t broken(void)
{
	uint32_t n = 0;

	umsi_dump(rig.umsi, count_broken, &n);
	return n;
}

static void P_11_a_broken_affinity_is_told_once(void **state)
{
	struct line *l;

	(void)state;
	l = rig_open(rig_begin_msix(64, &(struct rig_config){ 0 }), 0, 3);
	assert_int_equal(rig_down(2), UMSI_OK);
	assert_int_equal(rig_stats().affinity_broken, 0);
	assert_int_equal(rig_down(3), UMSI_OK);
	assert_int_equal(rig_stats().affinity_broken, 1);
	assert_int_equal(broken(), 1);
	assert_int_not_equal(rig_target(l), 3);
	assert_int_equal(rig_raise(l), 1);
	rig_up(2);
	rig_up(3);
	/* An affinity that is kept again, and another CPU that was never meant. */
	assert_int_equal(rig_move(l, 3), UMSI_OK);
	assert_int_equal(broken(), 0);
	assert_int_equal(rig_down(2), UMSI_OK);
	assert_int_equal(rig_stats().affinity_broken, 1);
	rig_up(2);
	rig_end();
}

/* ---- P-34 ---- */

/* Allocated on CPU 2 and never requested: freed while that CPU is away, or after it came back. */
static void dormant(bool freed_while_down)
{
	struct function *f = rig_begin_msix(64, &(struct rig_config){ 0 });

	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(rig_alloc(f, i, 2), UMSI_OK);
	assert_int_equal(rig_down(2), UMSI_OK);
	rig_expect_free(2, RIG_USABLE(rig.ids));
	for (uint32_t i = 0; i < 8; i++)
		assert_int_not_equal(rig_target(&f->line[i]), 2);
	if (!freed_while_down)
		rig_up(2);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(rig_free(&f->line[i]), UMSI_OK);
	if (freed_while_down)
		rig_up(2);
	for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
		rig_expect_free(cpu, RIG_USABLE(rig.ids));
	rig_end();
}

static void P_34_dormant_slots_survive_offline(void **state)
{
	(void)state;
	dormant(true);
	dormant(false);
}

/* ---- P-37 ---- */

static void P_37_a_move_away_before_offline_leaks_no_slot(void **state)
{
	struct line *l;

	(void)state;
	l = rig_open(rig_begin_msix(64, &(struct rig_config){ 0 }), 0, 2);
	for (uint32_t i = 0; i < 500; i++) {
		assert_int_equal(rig_move(l, 2), UMSI_OK);
		assert_int_equal(rig_move(l, 3), UMSI_OK);
		assert_int_equal(rig_down(2), UMSI_OK);
		rig_expect_free(2, RIG_USABLE(rig.ids));
		rig_up(2);
	}
	assert_int_equal(rig_fill(2, RIG_USABLE(rig.ids)), RIG_USABLE(rig.ids));
	assert_int_equal(rig_raise(l), 1);
	rig_end();
}

/* ---- P-40 ---- */

/* Its last trap has asked for a proof that does not come any more. */
static void drain_and_die(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	umsi_drain_point(rig.umsi);
	MACH_CHECK(rig.m, umsi_cpu_dead(rig.umsi, mach_cpu(rig.m)) == UMSI_OK, "I-API", "dead");
	mach_cpu_down(rig.m);
}

static void down_in_the_middle_of_a_proof(umsi_cpu cpu)
{
	assert_int_equal(umsi_cpu_leave(rig.umsi, cpu), UMSI_OK);
	mach_thread(rig.m, cpu, drain_and_die, NULL);
	rig_run();
}

static void P_40_cpus_that_leave_during_a_move_do_not_keep_it_open(void **state)
{
	struct line *l;

	(void)state;
	l = rig_open(rig_begin_msix(64, &(struct rig_config){ .cpus = 6 }), 0, 1);
	for (uint32_t round = 0; round < 3; round++) {
		assert_int_equal(rig_move(l, 2), UMSI_OK);
		assert_int_equal(rig_stats().retiring, 1);
		down_in_the_middle_of_a_proof(1);
		down_in_the_middle_of_a_proof(3);
		assert_int_equal(rig_down(4), UMSI_OK);
		assert_int_equal(rig_stats().retiring, 0);
		assert_int_equal(rig_move(l, 5), UMSI_OK);
		assert_int_equal(rig_raise(l), 1);
		rig_up(4);
		rig_up(3);
		rig_up(1);
		/* CPU 1 can prove slots quiet as ever. */
		assert_int_equal(rig_move(l, 1), UMSI_OK);
		assert_int_equal(rig_move(l, 3), UMSI_OK);
		rig_drain();
		assert_int_equal(rig_stats().retiring, 0);
		assert_int_equal(rig_move(l, 1), UMSI_OK);
		rig_drain();
	}
	rig_end();
}

/* ---- P-42 ---- */

static uint32_t drawn(uint32_t below)
{
	return (uint32_t)mach_random(rig.m, below);
}

/* So many interrupts on each CPU, with affinities that let each go nowhere, somewhere or everywhere else. */
static void fill_at_random(umsi_irq *irq, uint32_t *count)
{
	*count = 0;
	for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++) {
		uint32_t want = RIG_USABLE(rig.ids) - (drawn(3) ? drawn(12) : drawn(56));

		for (uint32_t i = 0; i < want; i++) {
			uint64_t bits = 1u << cpu | drawn(1u << rig.cpus);
			struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST,
				.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu } };

			assert_int_equal(umsi_irq_alloc(rig_void(), &at, &irq[*count]), UMSI_OK);
			if (drawn(2)) {
				at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { &bits, rig.cpus } };
				assert_int_equal(umsi_irq_set_affinity_wait(rig.umsi, irq[*count], &at.affinity), UMSI_OK);
			}
			(*count)++;
		}
	}
}

static void P_42_a_cpu_leaves_exactly_if_the_others_have_room(void **state)
{
	umsi_irq irq[256];
	umsi_cpu before[256];
	uint32_t count, allowed = 0, refused = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint32_t room = 0, here = 0;
		umsi_cpu going;
		bool fits;
		int status;

		rig_begin(&(struct rig_config){ .seed = seed });
		fill_at_random(irq, &count);
		going = drawn(rig.cpus);
		for (uint32_t i = 0; i < count; i++) {
			before[i] = umsi_irq_effective_cpu(rig.umsi, irq[i]);
			here += before[i] == going;
		}
		for (umsi_cpu cpu = 0; cpu < rig.cpus; cpu++)
			room += cpu == going ? 0 : rig_free_slots(cpu);
		fits = here <= room;
		status = rig_down(going);
		assert_int_equal(status, fits ? UMSI_OK : UMSI_ENOSLOT);
		for (uint32_t i = 0; i < count; i++)
			if (fits)
				assert_int_not_equal(umsi_irq_effective_cpu(rig.umsi, irq[i]), going);
			else
				assert_int_equal(umsi_irq_effective_cpu(rig.umsi, irq[i]), before[i]);
		if (!fits) {
			assert_int_equal(rig_stats().moves, 0);
			assert_int_equal(rig_stats().affinity_broken, 0);
			assert_int_equal(rig_free_slots(going), RIG_USABLE(rig.ids) - here);
		}
		allowed += fits;
		refused += !fits;
		rig_end();
	}
	assert_true(allowed > 20 && refused > 20);
}

/* ---- P-51 ---- */

static struct {
	struct function *f;
	bool left, gone;
	uint64_t raised;
} exits;

static bool has_left(void *arg)
{
	(void)arg;
	return exits.left;
}

static void leave_cpu_1(void *arg)
{
	(void)arg;
	MACH_CHECK(rig.m, umsi_cpu_leave(rig.umsi, 1) == UMSI_OK, "I-API", "leave");
	exits.left = true;
	mach_sync(rig.m);
}

static void die_when_left(void *arg)
{
	(void)arg;
	mach_wait(rig.m, has_left, NULL);
	mach_irq_off(rig.m);
	MACH_CHECK(rig.m, umsi_cpu_dead(rig.umsi, 1) == UMSI_OK, "I-API", "dead");
	exits.gone = true;
	mach_cpu_down(rig.m);
}

static void raise_until_gone(void *arg)
{
	(void)arg;
	while (!exits.gone) {
		mach_pci_raise(exits.f->pci, drawn(8));
		exits.raised++;
		mach_delay(rig.m, drawn(12));
	}
}

/* Events of eight interrupts on CPU 1 at every step of its way out: the machine finds what is lost (I-CONS). */
static void P_51_no_event_is_lost_on_the_way_out(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 200; seed++) {
		exits.f = rig_begin_msix(64, &(struct rig_config){ .seed = seed, .wild = true });
		exits.left = exits.gone = false;
		for (uint32_t i = 0; i < 8; i++)
			rig_open(exits.f, i, 1);
		mach_thread(rig.m, 0, leave_cpu_1, NULL);
		mach_thread(rig.m, 1, die_when_left, NULL);
		mach_thread(rig.m, 2, raise_until_gone, NULL);
		rig_run();
		for (uint32_t i = 0; i < 8; i++)
			assert_false(mach_entry_owed(exits.f->pci, i));
		rig_up(1);
		rig_end();
	}
	assert_true(exits.raised > 200 * 30);
}

/* ---- P-40: moves to a CPU that leaves, begun before it was barred ---- */

static void move_all_to_1(void *arg)
{
	uint32_t first = (uint32_t)(uintptr_t)arg;

	for (uint32_t i = first; i < first + 4; i++)
		rig_move(&exits.f->line[i], 1);
}

static void leave_1_soon(void *arg)
{
	mach_delay(rig.m, mach_random(rig.m, 400));
	leave_cpu_1(arg);
}

static void P_40_a_move_to_a_cpu_that_leaves_is_waited_for(void **state)
{
	uint32_t met = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 400; seed++) {
		exits.f = rig_begin_msix(64, &(struct rig_config){ .seed = seed, .wild = true });
		exits.left = exits.gone = false;
		for (uint32_t i = 0; i < 8; i++)
			rig_open(exits.f, i, i % 2 ? 2 : 3);
		mach_thread(rig.m, 0, leave_1_soon, NULL);
		mach_thread(rig.m, 1, die_when_left, NULL);
		mach_thread(rig.m, 2, move_all_to_1, (void *)(uintptr_t)0);
		mach_thread(rig.m, 3, move_all_to_1, (void *)(uintptr_t)4);
		rig_run();
		for (uint32_t i = 0; i < 8; i++) {
			assert_int_not_equal(rig_target(&exits.f->line[i]), 1);
			assert_int_equal(rig_raise(&exits.f->line[i]), 1);
		}
		met += rig_stats().affinity_broken;
		rig_up(1);
		rig_end();
	}
	assert_true(met > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_11_a_broken_affinity_is_told_once),
		cmocka_unit_test(P_34_dormant_slots_survive_offline),
		cmocka_unit_test(P_37_a_move_away_before_offline_leaks_no_slot),
		cmocka_unit_test(P_40_cpus_that_leave_during_a_move_do_not_keep_it_open),
		cmocka_unit_test(P_42_a_cpu_leaves_exactly_if_the_others_have_room),
		cmocka_unit_test(P_51_no_event_is_lost_on_the_way_out),
		cmocka_unit_test(P_40_a_move_to_a_cpu_that_leaves_is_waited_for),
	};

	return cmocka_run_group_tests_name("corpus: hotplug", tests, NULL, NULL);
}
