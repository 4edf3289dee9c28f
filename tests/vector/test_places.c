/* SPDX-License-Identifier: MIT */
/* Interrupts with a slot on every CPU, on a machine all of whose other slots are taken. */
#include "site.h"

static void roam(struct mach_msi msi)
{
	struct site s;
	umsi_irq irq;

	begin(&s, msi);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, NULL, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
	fill(&s);
	assert_int_equal(fillers, RIG_CPUS * (RIG_USABLE - 1));
	for (uint32_t i = 0; i < 3 * RIG_CPUS; i++) {
		umsi_cpu to = (umsi_cpu)(i * 31 + 5) % RIG_CPUS;

		if (msi.present)
			mach_pci_raise(s.pci, 0);	/* under way while it moves */
		assert_int_equal(move(&s, irq, to), UMSI_OK);
		settle(&s);
		assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), to);
		assert_int_equal(stats(&s).retiring, 0);
		fires_on(&s, 0, to);
	}
	unfill(&s);
	end(&s);
}

static void a_roaming_interrupt_moves_with_every_other_slot_taken(void **state)
{
	(void)state;
	roam((struct mach_msi){ 0 });
	roam((struct mach_msi){ .present = true });
}

/* R8: its store knew one of its slots once; that it moved since, and told nobody, proves none of them. */
static void places_that_were_told_are_not_given_back_at_once(void **state)
{
	struct umsi_msg old;
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, NULL, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
	assert_int_equal(move(&s, irq, 1), UMSI_OK);
	assert_int_equal(umsi_irq_message(s.rig.umsi, irq, &old), UMSI_OK);
	assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
	assert_int_equal(move(&s, irq, 2), UMSI_OK);
	assert_int_equal(umsi_irq_free(s.rig.umsi, irq), UMSI_OK);
	mach_imsic_inject(s.rig.m, 1, old.data);
	settle(&s);
	assert_int_equal(stats(&s).unowned, 0);
	end(&s);
}

/* Of the same numbers, wherever they can be had. */
static void places_have_one_number(void **state)
{
	struct site s;
	umsi_irq irq;
	const struct umsi_places *places;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	/* The first that is free is another on each CPU. */
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		for (uint32_t i = 0; i < cpu % 5; i++)
			assert_int_equal(umsi_vec_take(s.rig.v, cpu, s.rig.r, &filler[fillers++]), UMSI_OK);
	for (uint32_t i = 0; i < 8; i++) {
		assert_int_equal(alloc(&s, i, UMSI_IRQ_ROAMING, NULL, &irq), UMSI_OK);
		places = umsi_record_places(umsi_record_by_number(s.rig.umsi, (uint32_t)irq - 1));
		assert_int_equal(places->count, RIG_CPUS);
		for (uint32_t k = 0; k < RIG_CPUS; k++)
			assert_int_equal(places->at[k].slot, places->at[0].slot);
	}
	unfill(&s);
	end(&s);
}

/* Of what was filled, this one is free again. */
static void give_one(struct site *s, umsi_cpu cpu, uint32_t slot)
{
	for (uint32_t i = 0; i < fillers; i++) {
		if (filler[i].cpu != cpu || filler[i].slot != slot)
			continue;
		umsi_vec_give(s->rig.v, cpu, s->rig.r, slot);
		filler[i] = filler[--fillers];
		return;
	}
	fail();
}

/* R3: its numbers differ and its store cannot mask: the mixture is its own for the move, or it is called once more. */
static void places_of_two_numbers_move(void **state)
{
	uint64_t two = 3;
	struct site s;
	umsi_irq irq;

	(void)state;
	for (uint32_t spare = 0; spare < 2; spare++) {
		begin(&s, (struct mach_msi){ .present = true });
		fill(&s);
		give_one(&s, 0, 20);
		give_one(&s, 1, 30);
		assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, &two, &irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "two"), UMSI_OK);
		assert_int_equal(move(&s, irq, 0), UMSI_OK);
		settle(&s);
		if (spare)
			give_one(&s, 0, 30);
		s.calls = 0;
		assert_int_equal(move(&s, irq, 1), UMSI_OK);
		settle(&s);
		assert_int_equal(s.calls, !spare);
		assert_int_equal(stats(&s).retiring, spare);	/* the mixture */
		fires_on(&s, 0, 1);
		assert_true(umsi_vec_is_place(umsi_record_by_number(s.rig.umsi, (uint32_t)irq - 1), 1, 30));
		assert_false(umsi_vec_is_place(umsi_record_by_number(s.rig.umsi, (uint32_t)irq - 1), 1, 20));
		unfill(&s);
		end(&s);
	}
}

static void a_cpu_without_room_refuses_it_and_nothing_stays(void **state)
{
	uint64_t three = 7;
	struct site s;
	umsi_irq irq;
	size_t blocks;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_MANAGED, &three, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_free(s.rig.umsi, irq), UMSI_OK);
	umsi_reap(s.rig.umsi);
	fill(&s);
	/* One on each of the others. */
	for (uint32_t i = 0; i < fillers; i++) {
		if (filler[i].cpu == 1 || filler[i].slot % 7)
			continue;
		umsi_vec_give(s.rig.v, filler[i].cpu, s.rig.r, filler[i].slot);
		filler[i--] = filler[--fillers];
	}
	blocks = mach_live_blocks(s.rig.m);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_MANAGED, &three, &irq), UMSI_ENOSLOT);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, NULL, &irq), UMSI_ENOSLOT);
	assert_int_equal(mach_live_blocks(s.rig.m), blocks);
	unfill(&s);
	end(&s);
}

/* ---- CPUs that go and come ---- */

static void wait_an_age(void *arg)
{
	struct site *s = arg;

	mach_delay(s->rig.m, 2000);
}

/* P-07: in every order of a set of two, with the disable depth exact. */
static void P_07_a_managed_interrupt_is_shut_and_started(void **state)
{
	uint64_t two = 6;
	struct umsi_irq_stats st;
	struct site s;
	umsi_irq irq;

	(void)state;
	for (uint32_t order = 0; order < 4; order++) {
		umsi_cpu down[] = { 1 + (order & 1), 2 - (order & 1) }, up[] = { 1 + (order >> 1), 2 - (order >> 1) };

		begin(&s, (struct mach_msi){ 0 });
		assert_int_equal(alloc(&s, 3, UMSI_IRQ_MANAGED, &two, &irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "managed"), UMSI_OK);
		fill(&s);
		assert_int_equal(umsi_irq_disable(s.rig.umsi, irq), UMSI_OK);
		go_down(&s, down[0]);
		assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), down[1]);
		go_down(&s, down[1]);
		/* Its store is closed: nothing leaves the device, and nobody is called. */
		assert_true(mach_pci_table(s.pci, 3, 3) & 1);
		assert_int_equal(move(&s, irq, 5), UMSI_ENOCPU);
		mach_pci_raise(s.pci, 3);
		settle(&s);
		assert_int_equal(s.calls, 0);
		go_up(&s, up[0]);
		assert_false(mach_pci_table(s.pci, 3, 3) & 1);
		assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), up[0]);
		go_up(&s, up[1]);
		settle(&s);
		assert_int_equal(s.calls, 0);		/* still disabled, once */
		assert_int_equal(umsi_irq_enable(s.rig.umsi, irq), UMSI_OK);
		settle(&s);
		assert_int_equal(s.calls, 1);
		assert_int_equal(umsi_irq_enable(s.rig.umsi, irq), UMSI_ESTATE);
		assert_int_equal(move(&s, irq, up[1]), UMSI_OK);
		fires_on(&s, 3, up[1]);
		assert_int_equal(umsi_irq_stats_read(s.rig.umsi, irq, &st), UMSI_OK);
		assert_int_equal(st.handled, 2);
		assert_int_equal(stats(&s).affinity_broken, 0);
		unfill(&s);
		end(&s);
	}
}

/* Released, freed, requested and allocated while none of its CPUs is there. */
static void a_managed_interrupt_lives_without_its_cpus(void **state)
{
	uint64_t two = 6;
	struct site s;
	umsi_irq irq, other;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_MANAGED, &two, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "managed"), UMSI_OK);
	go_down(&s, 1);
	go_down(&s, 2);
	assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "again"), UMSI_OK);
	assert_true(mach_pci_table(s.pci, 0, 3) & 1);
	assert_int_equal(alloc(&s, 1, UMSI_IRQ_MANAGED, &two, &other), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, other, handler, &s, "late"), UMSI_OK);
	assert_int_equal(alloc(&s, 2, UMSI_IRQ_ROAMING, &two, &other), UMSI_ENOCPU);
	go_up(&s, 2);
	fires_on(&s, 0, 2);
	fires_on(&s, 1, 2);
	go_down(&s, 2);
	assert_int_equal(umsi_irq_free(s.rig.umsi, irq), UMSI_OK);
	go_up(&s, 1);
	fires_on(&s, 1, 1);
	go_up(&s, 2);
	end(&s);
}

/* Its last CPU leaves: it goes elsewhere like any other, and comes back to slots of its own. */
static void a_roaming_interrupt_widens(void **state)
{
	uint64_t two = 6;
	struct site s;
	umsi_irq irq;
	umsi_cpu outside;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, &two, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
	go_down(&s, 1);
	go_down(&s, 2);
	outside = umsi_irq_effective_cpu(s.rig.umsi, irq);
	assert_true(outside != 1 && outside != 2);
	assert_int_equal(stats(&s).affinity_broken, 1);
	fires_on(&s, 0, outside);
	go_up(&s, 1);
	assert_int_equal(move(&s, irq, 1), UMSI_OK);
	assert_int_equal(stats(&s).retiring, 1);	/* the one outside */
	fires_on(&s, 0, 1);
	go_up(&s, 2);
	end(&s);
}

/*
 * The same, released meanwhile and requested while the CPU it went to is being left: that
 * slot is not forgotten (riscv seed 20363 of c3f3756).
 */
static void one_that_comes_home_gives_up_where_it_was(void **state)
{
	uint64_t one = 2;
	umsi_cpu outside;
	struct site s;
	umsi_irq irq;

	(void)state;
	for (uint32_t told = 0; told < 2; told++) {
		begin(&s, (struct mach_msi){ 0 });
		assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, &one, &irq), UMSI_OK);
		if (told)
			assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
		go_down(&s, 1);
		outside = umsi_irq_effective_cpu(s.rig.umsi, irq);
		assert_int_not_equal(outside, 1);
		if (told)
			assert_int_equal(umsi_irq_release(s.rig.umsi, irq), UMSI_OK);
		go_up(&s, 1);
		/* A leave has begun, and has not come to this slot. */
		umsi_store32(&s.rig.v->cpu[outside]->open, false);
		assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
		umsi_store32(&s.rig.v->cpu[outside]->open, true);
		assert_int_equal(umsi_irq_effective_cpu(s.rig.umsi, irq), 1);
		assert_int_equal(stats(&s).retiring, told);
		fires_on(&s, 0, 1);
		end(&s);
	}
}

/* P-35: a managed interrupt needs no room elsewhere when its CPU goes. */
static void P_35_managed_ones_keep_no_cpu(void **state)
{
	uint64_t one = 8;
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	for (uint32_t i = 0; i < 10; i++) {
		assert_int_equal(alloc(&s, i, UMSI_IRQ_MANAGED, &one, &irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "managed"), UMSI_OK);
	}
	fill(&s);
	/* CPU 3 has none but those. */
	for (uint32_t i = 0; i < fillers; i++) {
		if (filler[i].cpu != 3)
			continue;
		umsi_vec_give(s.rig.v, filler[i].cpu, s.rig.r, filler[i].slot);
		filler[i--] = filler[--fillers];
	}
	go_down(&s, 3);
	go_up(&s, 3);
	for (uint32_t i = 0; i < 10; i++)
		fires_on(&s, i, 3);
	unfill(&s);
	end(&s);
}

static void only_leave(void *arg)
{
	struct site *s = arg;

	s->status = umsi_cpu_leave(s->rig.umsi, s->going);
}

static void only_die(void *arg)
{
	struct site *s = arg;

	mach_irq_off(s->rig.m);
	assert_int_equal(umsi_cpu_dead(s->rig.umsi, s->going), UMSI_OK);
	s->calls = umsi_ids_free_count(&s->rig.v->cpu[s->going]->ids);
	mach_cpu_down(s->rig.m);
}

/* M1: its device vanished, so nobody knows what is on its way to the place it gives up on a CPU that has left. */
static void a_place_given_up_between_leave_and_death_ages(void **state)
{
	uint64_t two = 6;
	struct site s;
	umsi_irq irq;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, &two, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "roams"), UMSI_OK);
	s.going = 2;
	mach_thread(s.rig.m, 0, only_leave, &s);
	settle(&s);
	assert_int_equal(s.status, UMSI_OK);
	mach_pci_remove(s.pci, 0);
	assert_int_equal(umsi_irq_free(s.rig.umsi, irq), UMSI_OK);
	mach_thread(s.rig.m, 2, only_die, &s);
	settle(&s);
	assert_int_equal(s.calls, RIG_USABLE - 1);
	go_up(&s, 2);
	mach_thread(s.rig.m, 0, wait_an_age, &s);
	settle(&s);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_roaming_interrupt_moves_with_every_other_slot_taken),
		cmocka_unit_test(places_that_were_told_are_not_given_back_at_once),
		cmocka_unit_test(places_have_one_number),
		cmocka_unit_test(places_of_two_numbers_move),
		cmocka_unit_test(a_cpu_without_room_refuses_it_and_nothing_stays),
		cmocka_unit_test(P_07_a_managed_interrupt_is_shut_and_started),
		cmocka_unit_test(a_managed_interrupt_lives_without_its_cpus),
		cmocka_unit_test(a_roaming_interrupt_widens),
		cmocka_unit_test(one_that_comes_home_gives_up_where_it_was),
		cmocka_unit_test(P_35_managed_ones_keep_no_cpu),
		cmocka_unit_test(a_place_given_up_between_leave_and_death_ages),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
