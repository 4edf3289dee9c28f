/* SPDX-License-Identifier: MIT */
/* Devices that send without end, and interrupts that nobody wants. */
#include "rig.h"

#define LIMIT	20

static void start(struct rig *r)
{
	rig_machine(r, &mach_chaos_none, 1);
	r->config.storm_limit = LIMIT;
	r->config.not_mine_limit = LIMIT;
	rig_library(r);
	rig_device(r);
}

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	mach_pci_raise(r->pci[0], index);
	rig_settle(r);
}

static bool masked(struct rig *r, uint32_t index)
{
	return mach_pci_table(r->pci[0], index, 3) & 1;
}

static void a_disabled_edge_that_storms_is_masked(void **state)
{
	struct umsi_irq_stats st;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r);
	irq = rig_irq(&r, 3);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	for (uint32_t i = 0; i < LIMIT - 1; i++)
		fire(&r, 3);
	assert_false(masked(&r, 3));
	fire(&r, 3);
	assert_true(masked(&r, 3));
	for (uint32_t i = 0; i < 1000; i++)
		fire(&r, 3);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq, &st), UMSI_OK);
	assert_int_equal(st.merged, LIMIT);
	assert_int_equal(r.calls, 0);

	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_false(masked(&r, 3));
	assert_in_range(r.calls, 1, 2);
	r.calls = 0;
	fire(&r, 3);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* Moves and sleep leave the mask alone; a new request starts open. */
static void the_mask_outlives_a_move(void **state)
{
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r);
	irq = rig_irq(&r, 0);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	for (uint32_t i = 0; i < LIMIT; i++)
		fire(&r, 0);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	assert_true(masked(&r, 0));
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	assert_true(masked(&r, 0));
	assert_int_equal(umsi_irq_release(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "again"), UMSI_OK);
	rig_settle(&r);
	assert_false(masked(&r, 0));
	fire(&r, 0);
	assert_true(r.calls);
	rig_end(&r);
}

struct picky {
	struct rig *r;
	uint32_t calls, every;	/* wants each every-th call; 0 = none */
};

static enum umsi_handled picky_handler(void *arg)
{
	struct picky *p = arg;

	p->calls++;
	return p->every && p->calls % p->every == 0 ? UMSI_HANDLED : UMSI_NOT_MINE;
}

static void nobody_wants_it(void **state)
{
	struct umsi_irq_stats st;
	struct picky p = { 0 };
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r);
	assert_int_equal(rig_alloc(&r, 5, 5, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, picky_handler, &p, "picky"), UMSI_OK);
	for (uint32_t i = 0; i < 3 * LIMIT; i++)
		fire(&r, 5);
	assert_int_equal(p.calls, LIMIT);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq, &st), UMSI_OK);
	assert_true(st.contained);
	assert_int_equal(rig_stats(&r).contained, 1);

	/* The driver may try once more; what came meanwhile is replayed. */
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_true(p.calls > LIMIT);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_ESTATE);
	rig_end(&r);
}

static void one_good_call_forgives(void **state)
{
	struct umsi_irq_stats st;
	struct picky p = { .every = LIMIT - 1 };
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r);
	assert_int_equal(rig_alloc(&r, 5, 5, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, picky_handler, &p, "picky"), UMSI_OK);
	for (uint32_t i = 0; i < 10 * LIMIT; i++)
		fire(&r, 5);
	assert_int_equal(p.calls, 10 * LIMIT);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq, &st), UMSI_OK);
	assert_false(st.contained);
	rig_end(&r);
}

/* Each counts for itself on the CPU that they share. */
static void two_that_nobody_wants(void **state)
{
	struct picky p[2] = { { 0 }, { 0 } };
	struct umsi_irq_stats st;
	umsi_irq irq[2];
	struct rig r;

	(void)state;
	start(&r);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(rig_alloc(&r, i, i, &irq[i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(r.umsi, irq[i], picky_handler, &p[i], "picky"), UMSI_OK);
		assert_int_equal(rig_move(&r, irq[i], 1), UMSI_OK);
	}
	for (uint32_t n = 0; n < LIMIT - 1; n++) {
		fire(&r, 0);
		fire(&r, 1);
	}
	assert_int_equal(rig_stats(&r).contained, 0);
	fire(&r, 1);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq[0], &st), UMSI_OK);
	assert_false(st.contained);
	assert_int_equal(umsi_irq_stats_read(r.umsi, irq[1], &st), UMSI_OK);
	assert_true(st.contained);
	fire(&r, 0);
	assert_int_equal(rig_stats(&r).contained, 2);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disabled_edge_that_storms_is_masked),
		cmocka_unit_test(the_mask_outlives_a_move),
		cmocka_unit_test(nobody_wants_it),
		cmocka_unit_test(one_good_call_forgives),
		cmocka_unit_test(two_that_nobody_wants),
	};

	return cmocka_run_group_tests_name("storms", tests, NULL, NULL);
}
