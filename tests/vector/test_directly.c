/* SPDX-License-Identifier: MIT */
/* The usual move (vector/directly.c): what it leaves behind, and what is not usual and goes the general way. */
#include "site.h"

#define FROM	2u
#define TO	5u

static umsi_irq requested_on(struct site *s, uint32_t index, umsi_cpu cpu, enum umsi_irq_band band)
{
	struct umsi_irq_request_at at = {
		.first = index, .last = index, .band = (uint8_t)band,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(s->table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s->rig.umsi, irq, handler, s, "queue"), UMSI_OK);
	return irq;
}

static umsi_irq requested(struct site *s, uint32_t index, enum umsi_irq_band band)
{
	return requested_on(s, index, FROM, band);
}

/* Every CPU that is moved to has given out a slot, and has others at hand. */
static void start(struct site *s)
{
	begin(s, (struct mach_msi){ 0 });
	for (uint32_t i = 0; i < 4; i++)
		requested_on(s, 12 + i, TO + i, UMSI_BAND_ANY);
}

static struct umsi_record *record_of(struct site *s, umsi_irq irq)
{
	return umsi_record_by_number(s->rig.umsi, (uint32_t)irq - 1);
}

/* Slots of @cpu that lead to @r. */
static uint32_t slots_on(struct site *s, umsi_cpu cpu, const struct umsi_record *r)
{
	const struct umsi_vec_cpu *c = s->rig.v->cpu[cpu];
	uint32_t n = 0;

	for (uint32_t slot = 0; slot < s->rig.v->nslots; slot++)
		n += umsi_load_ptr(&c->table[slot]) == r;
	return n;
}

static void a_move_leaves_the_old_slot_retiring(void **state)
{
	struct umsi_stats before;
	struct umsi_record *r;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	irq = requested(&s, 0, UMSI_BAND_ANY);
	r = record_of(&s, irq);
	before = stats(&s);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(stats(&s).moves, before.moves + 1);
	assert_int_equal(stats(&s).device_writes_for_moves, before.device_writes_for_moves + 5);
	assert_int_equal(stats(&s).retiring, 1);
	assert_int_equal(r->moves, 1);
	assert_int_equal(r->affinity_cpu, TO);
	assert_int_equal(umsi_load32(&r->target), TO);
	assert_ptr_equal(umsi_load_ptr(&s.rig.v->cpu[TO]->table[r->slot]), r);
	assert_int_equal(slots_on(&s, FROM, r), 1);
	fires_on(&s, 0, TO);
	/* Where it is already is no move, and no CPU at all no target. */
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(stats(&s).moves, before.moves + 1);
	assert_int_equal(move(&s, irq, RIG_CPUS), UMSI_ERANGE);
	/* A number beyond all records. */
	assert_int_equal(move(&s, irq | 0x00ffffff, TO), UMSI_ENOENT);
	end(&s);
}

/* R1: never two slots of one interrupt on a CPU, however often it comes and goes. */
static void what_comes_back_takes_its_own_slot(void **state)
{
	struct umsi_record *r;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	irq = requested(&s, 0, UMSI_BAND_ANY);
	r = record_of(&s, irq);
	for (uint32_t i = 0; i < 9; i++)
		assert_int_equal(move(&s, irq, i % 2 ? FROM : TO), UMSI_OK);
	assert_int_equal(slots_on(&s, FROM, r), 1);
	assert_int_equal(slots_on(&s, TO, r), 1);
	assert_int_equal(stats(&s).revived, 8);
	fires_on(&s, 0, TO);
	end(&s);
}

static void a_cpu_that_has_gone_or_is_full_changes_nothing(void **state)
{
	struct umsi_record *r;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	irq = requested(&s, 0, UMSI_BAND_ANY);
	r = record_of(&s, irq);
	go_down(&s, TO);
	assert_int_equal(move(&s, irq, TO), UMSI_ENOCPU);
	assert_int_equal(r->affinity_cpu, FROM);
	fires_on(&s, 0, FROM);
	go_up(&s, TO);
	fill(&s);
	assert_int_equal(move(&s, irq, TO), UMSI_ENOSLOT);
	assert_int_equal(r->affinity_cpu, FROM);
	fires_on(&s, 0, FROM);
	unfill(&s);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	fires_on(&s, 0, TO);
	end(&s);
}

/* Its entry is masked, and its slot has no past. */
static void one_that_is_not_requested_stays_closed(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_REGULAR, NULL, &irq), UMSI_OK);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(stats(&s).moves, 1);
	assert_int_equal(stats(&s).device_writes_for_moves, 0);
	assert_int_equal(stats(&s).retiring, 0);
	end(&s);
}

static void a_band_is_kept(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	irq = requested(&s, 0, UMSI_BAND_BACKGROUND);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(umsi_irq_band(s.rig.umsi, irq), UMSI_BAND_BACKGROUND);
	fires_on(&s, 0, TO);
	end(&s);
}

static void one_with_a_place_everywhere_retires_nothing(void **state)
{
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_ROAMING, NULL, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "queue"), UMSI_OK);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(stats(&s).retiring, 0);
	fires_on(&s, 0, TO);
	end(&s);
}

/* A set that was kept for it is let go; from then on its moves are usual ones. */
static void a_set_gives_way_to_a_cpu(void **state)
{
	uint64_t two = UINT64_C(1) << FROM | UINT64_C(1) << TO;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	assert_int_equal(alloc(&s, 0, UMSI_IRQ_REGULAR, &two, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(s.rig.umsi, irq, handler, &s, "queue"), UMSI_OK);
	for (umsi_cpu cpu = 7; cpu < 9; cpu++) {
		assert_int_equal(move(&s, irq, cpu), UMSI_OK);
		assert_null(record_of(&s, irq)->mask);
		fires_on(&s, 0, cpu);
	}
	assert_int_equal(s.rig.umsi->masks_unused, s.rig.umsi->masks_kept);
	end(&s);
}

/* Driven out of its affinity, and given another. */
static void a_new_affinity_is_not_broken(void **state)
{
	struct umsi_record *r;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	irq = requested(&s, 0, UMSI_BAND_ANY);
	r = record_of(&s, irq);
	go_down(&s, FROM);
	assert_true(r->broken);
	assert_int_equal(move(&s, irq, umsi_load32(&r->target) == TO ? TO + 1 : TO), UMSI_OK);
	assert_false(r->broken);
	end(&s);
}

/* ---- Behind a translator the store keeps its message ---- */

static void translated(struct umsi_domain *d, struct umsi_record *r, struct umsi_msg *out)
{
	(void)d;
	(void)r;
	*out = (struct umsi_msg){ .address = 0x1000, .data = 7 };
}

static int entry_changed(struct umsi_domain *d, struct umsi_record *r, struct umsi_move *mv)
{
	(void)d;
	(void)r;
	(void)mv;
	return UMSI_OK;
}

static void a_store_behind_a_translator_keeps_its_message(void **state)
{
	static const struct umsi_controller_ops controller;
	static const struct umsi_domain_ops ops = {
		.name = "translator", .number_name = "entry", .controller = &controller, .compose = translated,
		.move_update = entry_changed,
	};
	struct mach_pci_config pci = { .requester_id = 0x200, .entries = 4 };
	struct umsi_pci_function fn = { .requester_id = 0x200 };
	struct umsi_device_config config = { .name = "translated", .requester_id = 0x200 };
	struct umsi_domain translator = { 0 };
	struct umsi_device *dev, *direct;
	struct umsi_table *table;
	struct mach_pci *hw;
	struct site s;
	umsi_irq irq;

	(void)state;
	start(&s);
	umsi_domain_add(s.rig.umsi, &translator, s.rig.root, &ops);
	hw = mach_pci_add(s.rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(hw, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = &translator;
	assert_int_equal(umsi_device_add(s.rig.umsi, &config, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);
	direct = s.dev;
	s.table = table;
	irq = requested(&s, 0, UMSI_BAND_ANY);
	assert_int_equal(move(&s, irq, TO), UMSI_OK);
	assert_int_equal(record_of(&s, irq)->message.address, 0x1000);
	assert_int_equal(stats(&s).device_writes_for_moves, 0);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	assert_int_equal(umsi_domain_remove(&translator), UMSI_OK);
	s.dev = direct;
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_leaves_the_old_slot_retiring),
		cmocka_unit_test(what_comes_back_takes_its_own_slot),
		cmocka_unit_test(a_cpu_that_has_gone_or_is_full_changes_nothing),
		cmocka_unit_test(one_that_is_not_requested_stays_closed),
		cmocka_unit_test(a_band_is_kept),
		cmocka_unit_test(one_with_a_place_everywhere_retires_nothing),
		cmocka_unit_test(a_set_gives_way_to_a_cpu),
		cmocka_unit_test(a_new_affinity_is_not_broken),
		cmocka_unit_test(a_store_behind_a_translator_keeps_its_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
