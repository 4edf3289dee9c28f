/* SPDX-License-Identifier: MIT */
/* CPUs that give out nothing: without a controller, gone, with a slot shut after a storm. */
#include <stdlib.h>

#include <umsi/trace.h>

#include "site.h"

#define GOES	5u
#define SLOT	40u
#define EVENTS	1024u

static const uint32_t one_node[RIG_CPUS];

static int take_on(struct rig *rig, umsi_cpu cpu, struct umsi_spot *spot)
{
	*spot = (struct umsi_spot){ .where = { .cpu = cpu } };
	return umsi_vec_take_any(rig->v, rig->r, spot);
}

static void a_cpu_without_a_file_is_never_a_target(void **state)
{
	uint64_t bit = UINT64_C(1) << GOES, two = bit | 1;
	struct umsi_where where = { .cpu = UMSI_CPU_NONE };
	struct umsi_mask *mask;
	struct umsi_spot spot;
	struct rig rig;

	(void)state;
	rig_start_without(&rig, one_node, 1, GOES);
	assert_true(umsi_cpu_is_online(rig.umsi, GOES));
	assert_int_equal(take_on(&rig, GOES, &spot), UMSI_ENOCPU);
	assert_int_equal(umsi_vec_take(rig.v, GOES, rig.r, &spot), UMSI_ENOCPU);
	assert_int_equal(umsi_mask_get(rig.umsi, &(struct umsi_cpuset){ &bit, 64 }, &mask), UMSI_OK);
	where.mask = mask;
	assert_int_equal(umsi_vec_choose(rig.v, &where), UMSI_CPU_NONE);
	umsi_mask_put(rig.umsi, mask);
	/* Beside another, that other. */
	assert_int_equal(umsi_mask_get(rig.umsi, &(struct umsi_cpuset){ &two, 64 }, &mask), UMSI_OK);
	where.mask = mask;
	assert_int_equal(umsi_vec_choose(rig.v, &where), 0);
	umsi_mask_put(rig.umsi, mask);
	assert_int_equal(umsi_vec_room(rig.root), (RIG_CPUS - 1) * RIG_USABLE);
	/* It has nothing to be moved away, and nothing to come back. */
	umsi_vec_stay(rig.root, GOES);
	assert_int_equal(umsi_cpu_leave(rig.umsi, GOES), UMSI_OK);
	assert_false(umsi_cpu_is_online(rig.umsi, GOES));
	rig_end(&rig);
}

static void no_place_where_no_cpu_has_a_file(void **state)
{
	uint64_t bit = UINT64_C(1) << GOES;
	struct umsi_irq_request_at at = { .kind = UMSI_IRQ_ROAMING };
	struct umsi_device_config config = { .name = "dev", .requester_id = 0x100 };
	struct mach_pci_config pci = { .requester_id = 0x100, .entries = 4 };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct umsi_device *dev;
	struct umsi_table *table;
	struct mach_pci *hw;
	struct rig rig;
	umsi_irq irq;

	(void)state;
	rig_start_without(&rig, one_node, 1, GOES);
	hw = mach_pci_add(rig.m, &pci);
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(hw, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	config.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &config, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);
	at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { &bit, 64 } };
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_ENOCPU);
	/* Without a set, on all the others. */
	at.affinity = (struct umsi_affinity){ 0 };
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_record_places(umsi_record_by_number(rig.umsi, (uint32_t)irq - 1))->count, RIG_CPUS - 1);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&rig);
}

static void a_cpu_that_has_gone_gives_out_nothing(void **state)
{
	struct umsi_spot spot;
	struct umsi_group g;
	struct site s;
	bool revived;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	g = umsi_group_of(&s.rig.r);
	assert_int_equal(umsi_vec_room(s.rig.root), RIG_CPUS * RIG_USABLE);
	go_down(&s, GOES);
	assert_int_equal(umsi_vec_take(s.rig.v, GOES, s.rig.r, &spot), UMSI_ENOCPU);
	assert_int_equal(take_on(&s.rig, GOES, &spot), UMSI_ENOCPU);
	assert_false(umsi_vec_take_at(s.rig.v, GOES, &g, SLOT, &revived));
	assert_int_equal(umsi_vec_room(s.rig.root), (RIG_CPUS - 1) * RIG_USABLE);
	go_up(&s, GOES);
	assert_true(umsi_vec_take_at(s.rig.v, GOES, &g, SLOT, &revived));
	assert_false(revived);
	umsi_vec_give(s.rig.v, GOES, s.rig.r, SLOT);
	end(&s);
}

/* A node whose only CPU has gone has no best one; the others go on, and it is found again. */
static void a_node_may_be_left_by_its_last_cpu(void **state)
{
	uint64_t bit = UINT64_C(1) << GOES;
	uint32_t node[RIG_CPUS] = { [GOES] = 9 };
	struct umsi_where where = { .cpu = UMSI_CPU_NONE };
	struct umsi_spot spot;
	struct umsi_mask *mask;
	struct site s;

	(void)state;
	memset(&s, 0, sizeof(s));
	rig_start(&s.rig, node, 1);
	assert_int_equal(umsi_mask_get(s.rig.umsi, &(struct umsi_cpuset){ &bit, 64 }, &mask), UMSI_OK);
	where.mask = mask;
	assert_int_equal(umsi_vec_choose(s.rig.v, &where), GOES);
	go_down(&s, GOES);
	assert_int_equal(umsi_vec_choose(s.rig.v, &where), UMSI_CPU_NONE);
	spot = (struct umsi_spot){ .where = where };
	assert_int_equal(umsi_vec_take_any(s.rig.v, s.rig.r, &spot), UMSI_ENOCPU);
	spot = (struct umsi_spot){ .where = { .cpu = UMSI_CPU_NONE } };
	assert_int_equal(umsi_vec_take_any(s.rig.v, s.rig.r, &spot), UMSI_OK);
	assert_int_not_equal(spot.cpu, GOES);
	umsi_vec_give(s.rig.v, spot.cpu, s.rig.r, spot.slot);
	go_up(&s, GOES);
	spot = (struct umsi_spot){ .where = where };
	assert_int_equal(umsi_vec_take_any(s.rig.v, s.rig.r, &spot), UMSI_OK);
	assert_int_equal(spot.cpu, GOES);
	umsi_vec_give(s.rig.v, GOES, s.rig.r, spot.slot);
	umsi_mask_put(s.rig.umsi, mask);
	rig_end(&s.rig);
}

/* ---- Storms ---- */

static void stray(struct site *s, uint32_t n)
{
	for (; n; n--) {
		mach_imsic_inject(s->rig.m, GOES, SLOT);
		settle(s);
	}
}

/* Messages nobody owns, spread over seconds, are no storm; and what was shut stays shut when its CPU comes again. */
static void what_stormed_stays_shut_when_its_cpu_returns(void **state)
{
	struct site s;
	uint32_t limit;

	(void)state;
	begin(&s, (struct mach_msi){ 0 });
	limit = s.rig.umsi->storm_limit;
	for (uint32_t turn = 0; turn < 2; turn++) {
		stray(&s, limit - 1);
		assert_int_equal(stats(&s).quarantined, 0);
		/* As if a second had passed since the first of them. */
		s.rig.v->cpu[GOES]->storm.since_ns -= UINT64_C(1100000000);
	}
	stray(&s, limit);
	assert_int_equal(stats(&s).quarantined, 1);
	assert_false(mach_imsic_enabled(s.rig.m, GOES, SLOT));
	assert_int_equal(umsi_ids_free_count(&s.rig.v->cpu[GOES]->ids), RIG_USABLE - 1);
	go_down(&s, GOES);
	go_up(&s, GOES);
	assert_false(mach_imsic_enabled(s.rig.m, GOES, SLOT));
	assert_true(mach_imsic_enabled(s.rig.m, GOES, SLOT + 1));
	assert_int_equal(stats(&s).quarantined, 1);
	assert_int_equal(umsi_device_remove(s.dev), UMSI_OK);
	rig_end(&s.rig);
}

/* ---- Traced ---- */

static umsi_cpu now(void *host, uint64_t *time_ns)
{
	*time_ns = mach_now_ns(host);
	return mach_cpu(host);
}

static void slots_taken_and_given_are_traced(void **state)
{
	struct umsi_trace_ring *ring[RIG_CPUS];
	struct umsi_trace trace = { .points = UMSI_TRACE_ALL, .now = now, .ring = ring, .nrings = RIG_CPUS };
	struct umsi_trace_event e;
	struct umsi_spot spot[2];
	struct rig rig;

	(void)state;
	rig_start(&rig, one_node, 1);
	for (uint32_t i = 0; i < RIG_CPUS; i++) {
		ring[i] = aligned_alloc(64, umsi_trace_ring_bytes(EVENTS));
		assert_int_equal(umsi_trace_ring_init(ring[i], i, EVENTS), UMSI_OK);
	}
	assert_int_equal(umsi_trace_start(rig.umsi, &trace), UMSI_OK);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(take_on(&rig, GOES, &spot[i]), UMSI_OK);
	for (uint32_t i = 0; i < 2; i++)
		umsi_vec_give(rig.v, GOES, rig.r, spot[i].slot);
	assert_int_equal(ring[0]->written, 4);
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(umsi_trace_read(ring[0], i, &e));
		assert_int_equal(e.point, i < 2 ? UMSI_TRACE_SLOT_TAKE : UMSI_TRACE_SLOT_GIVE);
		assert_int_equal(e.irq, rig.r->number + 1);
		assert_int_equal(e.a, GOES);
		assert_int_equal(e.b, spot[i % 2].slot);
	}
	umsi_trace_stop(rig.umsi);
	rig_end(&rig);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		free(ring[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cpu_without_a_file_is_never_a_target),
		cmocka_unit_test(no_place_where_no_cpu_has_a_file),
		cmocka_unit_test(a_cpu_that_has_gone_gives_out_nothing),
		cmocka_unit_test(a_node_may_be_left_by_its_last_cpu),
		cmocka_unit_test(what_stormed_stays_shut_when_its_cpu_returns),
		cmocka_unit_test(slots_taken_and_given_are_traced),
	};

	return cmocka_run_group_tests_name("partial", tests, NULL, NULL);
}
