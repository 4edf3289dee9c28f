/* SPDX-License-Identifier: MIT */
/* Interrupts with a slot on every CPU, on a machine all of whose other slots are taken. */
#include "rig.h"

#include <umsi/device.h>
#include <umsi/irq.h>
#include <umsi/pci.h>

struct site {
	struct rig rig;
	struct mach_pci *pci;
	struct umsi_device *dev;
	struct umsi_table *table;
	uint32_t calls;
	umsi_cpu last_cpu;
	umsi_cpu going;
	int status;
};

static enum umsi_handled handler(void *arg)
{
	struct site *s = arg;

	s->calls++;
	s->last_cpu = mach_cpu(s->rig.m);
	return UMSI_HANDLED;
}

/* CPUs from @cpus on stay offline. */
static void begin(struct site *s, struct mach_msi msi)
{
	static const uint32_t node[RIG_CPUS];
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = 16, .msi = msi };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_device_config config = { .name = "dev", .requester_id = 0x100 };

	memset(s, 0, sizeof(*s));
	rig_start(&s->rig, node, 1);
	s->pci = mach_pci_add(s->rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(s->pci, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = s->rig.root;
	assert_int_equal(umsi_device_add(s->rig.umsi, &config, &s->dev), UMSI_OK);
	if (msi.present)
		assert_int_equal(umsi_pci_msi_create(s->dev, &fn, 1, &s->table), UMSI_OK);
	else
		assert_int_equal(umsi_pci_msix_create(s->dev, &fn, &s->table), UMSI_OK);
}

/* Takes every slot that is free, or gives all back. */
static struct { umsi_cpu cpu; uint32_t slot; } filler[RIG_CPUS * RIG_USABLE + 1];
static uint32_t fillers;

static void fill(struct site *s)
{
	struct umsi_where any = { .cpu = UMSI_CPU_NONE };
	struct umsi_group g = umsi_group_of(&s->rig.r);
	bool revived;

	for (fillers = 0; !umsi_vec_take_any(s->rig.v, &any, &g, &filler[fillers].cpu, &filler[fillers].slot, &revived);)
		fillers++;
}

static void unfill(struct site *s)
{
	struct umsi_group g = umsi_group_of(&s->rig.r);

	for (; fillers; fillers--)
		umsi_vec_give(s->rig.v, filler[fillers - 1].cpu, &g, filler[fillers - 1].slot);
}

static void settle(struct site *s)
{
	mach_run(s->rig.m);
	if (mach_violated(s->rig.m))
		mach_report(s->rig.m, stdout, 60);
	assert_null(mach_violated(s->rig.m));
}

static void drain(void *arg)
{
	struct site *s = arg;

	mach_irq_off(s->rig.m);
	umsi_drain_point(s->rig.umsi);
	mach_irq_on(s->rig.m);
}

static struct umsi_stats stats(struct site *s)
{
	struct umsi_stats st;

	umsi_stats_read(s->rig.umsi, &st);
	return st;
}

/* Everything goes; every slot of every CPU is free again. */
static void end(struct site *s)
{
	if (s->dev)
		assert_int_equal(umsi_device_remove(s->dev), UMSI_OK);
	for (uint32_t turn = 0; turn < 3; turn++) {
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			if (umsi_cpu_is_online(s->rig.umsi, cpu))
				mach_thread(s->rig.m, cpu, drain, s);
		settle(s);
		umsi_reap(s->rig.umsi);
	}
	assert_int_equal(stats(s).retiring, 0);
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		assert_int_equal(umsi_ids_free_count(&s->rig.v->cpu[cpu]->ids), RIG_USABLE);
	rig_end(&s->rig);
}

static int alloc(struct site *s, uint32_t index, enum umsi_irq_kind kind, uint64_t *cpus, umsi_irq *irq)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .kind = kind };

	if (cpus)
		at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { cpus, 64 } };
	return umsi_irq_alloc(s->table, &at, irq);
}

static int move(struct site *s, umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity(s->rig.umsi, irq, &(struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

static void fires_on(struct site *s, uint32_t index, umsi_cpu cpu)
{
	uint32_t calls = s->calls;

	mach_pci_raise(s->pci, index);
	settle(s);
	assert_int_equal(s->calls, calls + 1);
	assert_int_equal(s->last_cpu, cpu);
}

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
		for (uint32_t i = 0; i < cpu % 5; i++) {
			struct umsi_group g = umsi_group_of(&s.rig.r);
			bool revived;

			filler[fillers].cpu = cpu;
			assert_int_equal(umsi_vec_take(s.rig.v, cpu, &g, &filler[fillers++].slot, &revived), UMSI_OK);
		}
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
		struct umsi_group g = umsi_group_of(&s.rig.r);

		if (filler[i].cpu == 1 || filler[i].slot % 7)
			continue;
		umsi_vec_give(s.rig.v, filler[i].cpu, &g, filler[i].slot);
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

static void leave(void *arg)
{
	struct site *s = arg;

	s->status = umsi_cpu_leave(s->rig.umsi, s->going);
	if (s->status)
		return;
	mach_irq_off(s->rig.m);
	assert_int_equal(umsi_cpu_dead(s->rig.umsi, s->going), UMSI_OK);
	mach_cpu_down(s->rig.m);
}

static void come(void *arg)
{
	struct site *s = arg;

	assert_int_equal(umsi_cpu_online(s->rig.umsi, mach_cpu(s->rig.m)), UMSI_OK);
	mach_irq_on(s->rig.m);
}

static void go_down(struct site *s, umsi_cpu cpu)
{
	s->going = cpu;
	mach_thread(s->rig.m, cpu, leave, s);
	settle(s);
	assert_int_equal(s->status, UMSI_OK);
}

static void go_up(struct site *s, umsi_cpu cpu)
{
	mach_cpu_up(s->rig.m, cpu, come, s);
	settle(s);
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
		struct umsi_group g = umsi_group_of(&s.rig.r);

		if (filler[i].cpu != 3)
			continue;
		umsi_vec_give(s.rig.v, filler[i].cpu, &g, filler[i].slot);
		filler[i--] = filler[--fillers];
	}
	go_down(&s, 3);
	go_up(&s, 3);
	for (uint32_t i = 0; i < 10; i++)
		fires_on(&s, i, 3);
	unfill(&s);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_roaming_interrupt_moves_with_every_other_slot_taken),
		cmocka_unit_test(places_have_one_number),
		cmocka_unit_test(a_cpu_without_room_refuses_it_and_nothing_stays),
		cmocka_unit_test(P_07_a_managed_interrupt_is_shut_and_started),
		cmocka_unit_test(a_managed_interrupt_lives_without_its_cpus),
		cmocka_unit_test(a_roaming_interrupt_widens),
		cmocka_unit_test(P_35_managed_ones_keep_no_cpu),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
