/* SPDX-License-Identifier: MIT */
/* Slots that are counted until they are wanted, bands of numbers, and interrupts that go nowhere else. */
#include "site.h"

#define CPU	3u

static uint32_t free_on(struct site *s, umsi_cpu cpu)
{
	return umsi_ids_free_count(&s->rig.v->cpu[cpu]->ids);
}

static uint32_t reserved_on(struct site *s, umsi_cpu cpu)
{
	return s->rig.v->cpu[cpu]->aside_count.v + s->rig.v->cpu[cpu]->owed.v;
}

static int alloc_at(struct site *s, struct umsi_irq_request_at at, uint32_t index, umsi_cpu cpu, umsi_irq *irq)
{
	at.first = at.last = index;
	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu };
	return umsi_irq_alloc(s->table, &at, irq);
}

static const struct umsi_irq_request_at reserved = { .kind = UMSI_IRQ_RESERVED };

static uint32_t slot_of(struct site *s, umsi_irq irq)
{
	return umsi_record_by_number(s->rig.umsi, (uint32_t)irq - 1)->slot;
}

static void drain_cpu(struct site *s, umsi_cpu cpu)
{
	for (uint32_t turn = 0; turn < 3; turn++) {
		mach_thread(s->rig.m, cpu, drain, s);
		settle(s);
		umsi_reap(s->rig.umsi);
	}
}

static void a_reservation_has_no_number_and_takes_one_slot(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc_at(&s, reserved, 0, CPU, &irq), UMSI_OK);
	assert_int_equal(free_on(&s, CPU), RIG_USABLE - 1);
	assert_int_equal(reserved_on(&s, CPU), 1);
	assert_int_equal(slot_of(&s, irq), 0);
	assert_int_equal(umsi_irq_band(s.rig.umsi, irq), UMSI_BAND_ANY);
	assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), CPU);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	assert_int_not_equal(slot_of(&s, irq), 0);
	assert_int_equal(reserved_on(&s, CPU), 0);
	assert_int_equal(free_on(&s, CPU), RIG_USABLE - 1);
	fires_on(&s, 0, CPU);
	assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
	assert_int_equal(slot_of(&s, irq), 0);
	assert_int_equal(reserved_on(&s, CPU), 1);
	drain_cpu(&s, CPU);
	assert_int_equal(free_on(&s, CPU), RIG_USABLE - 1);
	assert_int_equal(umsi_irq_free(s.rig.umsi, irq), UMSI_OK);
	assert_int_equal(free_on(&s, CPU), RIG_USABLE);
	end(&s);
}

/* Requests and releases go on with every other slot taken; one reservation too many is refused. */
static void a_reserved_one_starts_with_every_other_slot_taken(void **state)
{
	struct site s;
	umsi_irq irq[4], more;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(alloc_at(&s, reserved, i, CPU, &irq[i]), UMSI_OK);
	fill(&s);
	assert_int_equal(alloc_at(&s, reserved, 5, CPU, &more), UMSI_ENOSLOT);
	assert_int_equal(alloc_at(&s, (struct umsi_irq_request_at){ 0 }, 5, CPU, &more), UMSI_ENOSLOT);
	/* In any order, also before the slots of those released are quiet. */
	for (uint32_t round = 0; round < 6; round++) {
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(umsi_irq_request(s.rig.umsi, irq[(i + round) % 4], handler, &s, "r"), UMSI_OK);
		fires_on(&s, round % 4, CPU);
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(umsi_irq_release(s.rig.umsi, irq[i]), UMSI_OK);
		assert_int_equal(reserved_on(&s, CPU), 4);
		if (round % 2)
			drain_cpu(&s, CPU);
		assert_int_equal(alloc_at(&s, (struct umsi_irq_request_at){ 0 }, 5, CPU, &more), UMSI_ENOSLOT);
	}
	unfill(&s);
	end(&s);
}

/* Some have a slot that retires, some none: each still finds one. */
static void who_is_owed_a_slot_takes_its_own(void **state)
{
	struct site s;
	umsi_irq a, b, more;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc_at(&s, reserved, 0, CPU, &a), UMSI_OK);
	assert_int_equal(alloc_at(&s, reserved, 1, CPU, &b), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, a, handler, &s, "a"), UMSI_OK);
	fill(&s);
	assert_int_equal(umsi_irq_release(s.rig.umsi, a), UMSI_OK);
	assert_int_equal(s.rig.v->cpu[CPU]->owed.v, 1);
	assert_int_equal(umsi_irq_request(s.rig.umsi, b, handler, &s, "b"), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, a, handler, &s, "a"), UMSI_OK);
	assert_int_equal(reserved_on(&s, CPU), 0);
	fires_on(&s, 0, CPU);
	fires_on(&s, 1, CPU);
	/* The other way round: who has its own back leaves the one set aside to the other. */
	assert_int_equal(umsi_irq_release(s.rig.umsi, b), UMSI_OK);
	drain_cpu(&s, CPU);
	assert_int_equal(umsi_irq_release(s.rig.umsi, a), UMSI_OK);
	assert_int_equal(s.rig.v->cpu[CPU]->owed.v, 1);
	assert_int_equal(umsi_irq_request(s.rig.umsi, a, handler, &s, "a"), UMSI_OK);
	assert_int_equal(alloc_at(&s, (struct umsi_irq_request_at){ 0 }, 5, CPU, &more), UMSI_ENOSLOT);
	assert_int_equal(umsi_irq_request(s.rig.umsi, b, handler, &s, "b"), UMSI_OK);
	unfill(&s);
	end(&s);
}

static void a_reservation_moves_and_leaves_with_its_cpu(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_RESERVED, NULL, &irq), UMSI_OK);
	assert_int_equal(move(&s, irq, CPU), UMSI_OK);
	assert_int_equal(reserved_on(&s, CPU), 1);
	assert_int_equal(move(&s, irq, CPU + 1), UMSI_OK);
	assert_int_equal(reserved_on(&s, CPU), 0);
	assert_int_equal(free_on(&s, CPU), RIG_USABLE);
	assert_int_equal(reserved_on(&s, CPU + 1), 1);
	go_down(&s, CPU + 1);
	assert_int_equal(reserved_on(&s, CPU + 1), 0);
	assert_int_not_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), CPU + 1);
	assert_int_equal(stats(&s).affinity_broken, 1);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	fires_on(&s, 0, umsi_irq_effective_cpu(s.rig.umsi, irq));
	go_up(&s, CPU + 1);
	/* No room elsewhere: the CPU stays, and so does the reservation. */
	assert_int_equal(move(&s, irq, CPU), UMSI_OK);
	assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		drain_cpu(&s, cpu);
	fill(&s);
	s.going = CPU;
	s.status = UMSI_OK;
	mach_thread(s.rig.m, 0, leave, &s);
	settle(&s);
	assert_int_equal(s.status, UMSI_ENOSLOT);
	assert_int_equal(reserved_on(&s, CPU), 1);
	unfill(&s);
	end(&s);
}

/* Requested between the moment its CPU closes and that at which the leave comes to it: it starts elsewhere. */
static void a_request_meets_its_cpu_leaving(void **state)
{
	umsi_cpu cpu;
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_RESERVED, NULL, &irq), UMSI_OK);
	cpu = umsi_irq_effective_cpu(s.rig.umsi, irq);
	umsi_store32(&s.rig.v->cpu[cpu]->open, false);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	umsi_store32(&s.rig.v->cpu[cpu]->open, true);
	assert_int_not_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), cpu);
	assert_int_equal(reserved_on(&s, cpu), 0);
	assert_int_equal(free_on(&s, cpu), RIG_USABLE);
	fires_on(&s, 0, umsi_irq_effective_cpu(s.rig.umsi, irq));
	end(&s);
}

/* Nowhere else either: refused, and the reservation stands for when there is. */
static void a_request_finds_no_cpu_at_all(void **state)
{
	umsi_cpu cpu;
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_RESERVED, NULL, &irq), UMSI_OK);
	cpu = umsi_irq_effective_cpu(s.rig.umsi, irq);
	fill(&s);
	umsi_store32(&s.rig.v->cpu[cpu]->open, false);
	assert_true(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r") < 0);
	umsi_store32(&s.rig.v->cpu[cpu]->open, true);
	assert_int_equal(reserved_on(&s, cpu), 1);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), cpu);
	fires_on(&s, 0, cpu);
	unfill(&s);
	end(&s);
}

/* ---- Bands ---- */

static void numbers_are_of_the_band_that_was_asked_for(void **state)
{
	struct umsi_irq_request_at at = { 0 };
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	for (uint32_t i = 0; i < 12; i++) {
		at.band = (uint8_t)(UMSI_BAND_URGENT + i % 3);
		at.kind = i < 6 ? UMSI_IRQ_REGULAR : UMSI_IRQ_RESERVED;
		assert_int_equal(alloc_at(&s, at, i, CPU, &irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "b"), UMSI_OK);
		assert_int_equal(umsi_irq_band(s.rig.umsi, irq), at.band);
		/* A lower identity is taken first. */
		if (at.band == UMSI_BAND_URGENT)
			assert_in_range(slot_of(&s, irq), 9, 9 + RIG_USABLE / 4 - 1);
		if (at.band == UMSI_BAND_BACKGROUND)
			assert_in_range(slot_of(&s, irq), RIG_IDS - RIG_USABLE / 4 + 1, RIG_IDS);
		assert_int_equal(move(&s, irq, CPU + 1 + i), UMSI_OK);
		assert_int_equal(umsi_irq_band(s.rig.umsi, irq), at.band);
		fires_on(&s, i, CPU + 1 + i);
	}
	at = (struct umsi_irq_request_at){ .first = 12, .last = 12, .kind = UMSI_IRQ_ROAMING, .band = UMSI_BAND_URGENT };
	assert_int_equal(umsi_irq_alloc(s.table, &at, &irq), UMSI_ENOTSUP);
	at = (struct umsi_irq_request_at){ .first = 12, .last = 12, .band = UMSI_BAND_BACKGROUND + 1 };
	assert_int_equal(umsi_irq_alloc(s.table, &at, &irq), UMSI_EINVAL);
	assert_int_equal(umsi_irq_band(s.rig.umsi, 4711), UMSI_ENOENT);
	end(&s);
}

/* R3: a store that cannot mask keeps its number, and so its band. */
static void a_torn_move_keeps_the_number_of_a_band(void **state)
{
	struct umsi_irq_request_at at = { .band = UMSI_BAND_BACKGROUND };
	struct site s;
	umsi_irq irq;
	uint32_t slot;

	(void)state;
	begin(&s, (struct mach_msi){ .present = true });
	assert_int_equal(alloc_at(&s, at, 0, CPU, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "b"), UMSI_OK);
	slot = slot_of(&s, irq);
	for (umsi_cpu cpu = 0; cpu < CPU; cpu++) {
		assert_int_equal(move(&s, irq, cpu), UMSI_OK);
		assert_int_equal(slot_of(&s, irq), slot);
		assert_int_equal(umsi_irq_band(s.rig.umsi, irq), UMSI_BAND_BACKGROUND);
		fires_on(&s, 0, cpu);
	}
	end(&s);
}

static void give_filler(struct site *s, uint32_t first, uint32_t last)
{
	for (uint32_t i = 0; i < fillers; i++)
		if (filler[i].cpu == CPU && filler[i].slot >= first && filler[i].slot <= last) {
			umsi_vec_give(s->rig.v, CPU, s->rig.r, filler[i].slot);
			filler[i] = filler[--fillers];
			return;
		}
	fail();
}

/* The next less urgent band, or else the next more urgent one; what came of it is said. */
static void a_full_band_is_left_for_its_neighbour(void **state)
{
	static const uint8_t expected[] = { UMSI_BAND_NORMAL, UMSI_BAND_BACKGROUND };
	struct umsi_irq_request_at urgent = { .band = UMSI_BAND_URGENT }, background = { .band = UMSI_BAND_BACKGROUND };
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	fill(&s);
	for (uint32_t i = 0; i < 2; i++) {
		give_filler(&s, i ? RIG_IDS - 9 : 110, i ? RIG_IDS : 140);
		assert_int_equal(alloc_at(&s, urgent, i, CPU, &irq), UMSI_OK);
		assert_int_equal(umsi_irq_band(s.rig.umsi, irq), expected[i]);
	}
	give_filler(&s, 9, 20);
	assert_int_equal(alloc_at(&s, background, 2, CPU, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_band(s.rig.umsi, irq), UMSI_BAND_URGENT);
	unfill(&s);
	end(&s);
}

/* ---- Strict ---- */

static void a_cpu_stays_for_an_interrupt_that_may_go_nowhere_else(void **state)
{
	struct umsi_irq_request_at at = { .strict = true };
	struct site s;
	umsi_irq irq;

	(void)state;
	for (uint32_t kind = UMSI_IRQ_REGULAR; kind <= UMSI_IRQ_RESERVED; kind++) {
		if (kind == UMSI_IRQ_MANAGED)
			continue;
		begin(&s, (struct mach_msi){ 0 });
		at.kind = (uint8_t)kind;
		assert_int_equal(alloc_at(&s, at, 0, CPU, &irq), UMSI_OK);
		s.going = CPU;
		mach_thread(s.rig.m, 0, leave, &s);
		settle(&s);
		assert_int_equal(s.status, UMSI_ENOCPU);
		assert_true(umsi_cpu_is_online(s.rig.umsi, CPU));
		assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), CPU);
		assert_int_equal(umsi_irq_set_affinity(s.rig.umsi, irq, &(struct umsi_affinity){ 0 }), UMSI_OK);
		if (kind != UMSI_IRQ_ROAMING)
			go_down(&s, CPU);
		assert_int_equal(stats(&s).affinity_broken, 0);
		end(&s);
	}
}

static void one_that_roams_and_is_strict_moves_among_its_places(void **state)
{
	struct umsi_irq_request_at at = { .kind = UMSI_IRQ_ROAMING, .strict = true };
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(umsi_irq_alloc(s.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	for (umsi_cpu cpu = CPU; cpu < CPU + 3; cpu++) {
		assert_int_equal(move(&s, irq, cpu), UMSI_OK);
		assert_int_equal(stats(&s).retiring, 0);
		fires_on(&s, 0, cpu);
	}
	end(&s);
}

/* A slot that is given back is first of all that of who was released and has none yet. */
static void what_is_given_back_pays_what_is_owed(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc_at(&s, reserved, 0, CPU, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	fill(&s);
	assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
	assert_int_equal(s.rig.v->cpu[CPU]->owed.v, 1);
	for (uint32_t i = 0; i < fillers; i++)
		if (filler[i].cpu == CPU) {
			umsi_vec_give(s.rig.v, CPU, s.rig.r, filler[i].slot);
			filler[i] = filler[--fillers];
			break;
		}
	assert_int_equal(s.rig.v->cpu[CPU]->owed.v, 0);
	assert_int_equal(s.rig.v->cpu[CPU]->aside_count.v, 1);
	assert_int_equal(free_on(&s, CPU), 0);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "r"), UMSI_OK);
	fires_on(&s, 0, CPU);
	unfill(&s);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reservation_has_no_number_and_takes_one_slot),
		cmocka_unit_test(a_reserved_one_starts_with_every_other_slot_taken),
		cmocka_unit_test(who_is_owed_a_slot_takes_its_own),
		cmocka_unit_test(a_reservation_moves_and_leaves_with_its_cpu),
		cmocka_unit_test(a_request_meets_its_cpu_leaving),
		cmocka_unit_test(a_request_finds_no_cpu_at_all),
		cmocka_unit_test(numbers_are_of_the_band_that_was_asked_for),
		cmocka_unit_test(a_torn_move_keeps_the_number_of_a_band),
		cmocka_unit_test(a_full_band_is_left_for_its_neighbour),
		cmocka_unit_test(a_cpu_stays_for_an_interrupt_that_may_go_nowhere_else),
		cmocka_unit_test(one_that_roams_and_is_strict_moves_among_its_places),
		cmocka_unit_test(what_is_given_back_pays_what_is_owed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
