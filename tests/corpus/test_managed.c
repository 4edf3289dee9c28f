/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about managed interrupts, whose CPUs go and come. */
#include "rig.h"

/* ---- P-07 ---- */

#define ORDERS	24

/* The @n-th order of four CPUs, 1 to 4. */
static void order(uint32_t n, umsi_cpu cpu[4])
{
	umsi_cpu left[4] = { 1, 2, 3, 4 };

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t at = n % (4 - i);

		n /= 4 - i;
		cpu[i] = left[at];
		for (; at < 3; at++)
			left[at] = left[at + 1];
	}
}

static void shut_and_started(uint32_t down_order, uint32_t up_order)
{
	uint64_t set = 0x1e;
	const struct umsi_affinity four = { .kind = UMSI_AFFINITY_SET, .set = { &set, 5 } };
	struct function *f = rig_begin_msix(64, &(struct rig_config){ .cpus = 5 });
	struct line *l = &f->line[0];
	umsi_cpu down[4], up[4];

	order(down_order, down);
	order(up_order, up);
	assert_int_equal(rig_alloc_at(f, 0, &four, UMSI_IRQ_MANAGED), UMSI_OK);
	assert_int_equal(rig_request(l), UMSI_OK);
	assert_int_equal(umsi_irq_disable(rig.umsi, l->irq), UMSI_OK);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(rig_down(down[i]), UMSI_OK);
	assert_int_equal(rig_raise(l), 0);
	for (uint32_t i = 0; i < 4; i++)
		rig_up(up[i]);
	assert_int_equal(rig_raise(l), 0);
	assert_int_equal(umsi_irq_enable(rig.umsi, l->irq), UMSI_OK);
	rig_run();
	assert_int_equal(l->calls, 1);
	assert_int_equal(umsi_irq_enable(rig.umsi, l->irq), UMSI_ESTATE);
	rig_end();
}

static void P_07_the_disable_depth_outlives_every_order(void **state)
{
	(void)state;
	for (uint32_t down = 0; down < ORDERS; down++)
		for (uint32_t up = 0; up < ORDERS; up++)
			shut_and_started(down, up);
}

/* ---- P-35 ---- */

/* CPU 3 has 50 managed interrupts and as many regular ones as the others have room for, or one more. */
static void leave_with_managed(uint32_t more, int expected)
{
	uint64_t set = 8;
	const struct umsi_affinity only = { .kind = UMSI_AFFINITY_SET, .set = { &set, 4 } };
	struct function *f = rig_begin_msix(64, &(struct rig_config){ .ids = 127 });
	const uint32_t all = RIG_USABLE(rig.ids), room = 20;

	for (uint32_t i = 0; i < 50; i++) {
		assert_int_equal(rig_alloc_at(f, i, &only, UMSI_IRQ_MANAGED), UMSI_OK);
		assert_int_equal(rig_request(&f->line[i]), UMSI_OK);
	}
	assert_int_equal(rig_fill(0, all), all);
	assert_int_equal(rig_fill(1, all), all);
	assert_int_equal(rig_fill(2, all - room), all - room);
	assert_int_equal(rig_fill(3, room + more), room + more);

	assert_int_equal(rig_down(3), expected);
	if (expected) {
		rig_expect_free(2, room);
		rig_expect_free(3, all - 50 - room - more);
		assert_int_equal(rig_stats().moves, 0);
		assert_int_equal(rig_stats().affinity_broken, 0);
	} else {
		rig_expect_free(2, 0);
		rig_expect_free(3, all - 50);
		rig_up(3);
	}
	for (uint32_t i = 0; i < 50; i++)
		assert_int_equal(rig_raise(&f->line[i]), 1);
	rig_end();
}

static void P_35_managed_ones_need_no_room_elsewhere(void **state)
{
	(void)state;
	leave_with_managed(0, UMSI_OK);
	leave_with_managed(1, UMSI_ENOSLOT);
}

/* ---- P-43 ---- */

static void P_43_managed_ones_whose_cpus_are_away_are_allocated_and_wait(void **state)
{
	uint64_t sets[8];
	struct function *f;

	(void)state;
	f = rig_begin_msix(64, &(struct rig_config){ .cpus = 8, .offline = 0xf0 });
	assert_int_equal(umsi_spread(rig.umsi, 0, 8, 0, sets), UMSI_OK);
	for (uint32_t i = 0; i < 8; i++) {
		const struct umsi_affinity one = { .kind = UMSI_AFFINITY_SET, .set = { &sets[i], 8 } };

		assert_int_equal(rig_alloc_at(f, i, &one, UMSI_IRQ_MANAGED), UMSI_OK);
		assert_int_equal(rig_request(&f->line[i]), UMSI_OK);
	}
	for (uint32_t i = 0; i < 8; i++) {
		bool there = sets[i] & 0x0f;

		mach_entry_live(f->pci, i, there);
		assert_int_equal(mach_pci_table(f->pci, i, 3) & 1, !there);
		assert_int_equal(rig_raise(&f->line[i]), there);
	}
	rig_up(6);
	for (uint32_t i = 0; i < 8; i++) {
		if (sets[i] != 1u << 6)
			continue;
		assert_int_equal(f->line[i].calls, 1);	/* what waited behind its mask */
		assert_int_equal(rig_raise(&f->line[i]), 1);
		assert_int_equal(f->line[i].last_cpu, 6);
	}
	rig_end();
}

/* ---- A leave that is refused when some are shut already ---- */

static bool refusing;

static int refuse_now(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return refusing ? UMSI_EREFUSED : 1;
}

static int settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops refusing_ops = {
	.name = "refusing", .number_name = "n", .write = refuse_now, .settle = settle,
};

static enum umsi_handled nothing(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
}

static void what_was_shut_starts_again_when_the_cpu_stays(void **state)
{
	const struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 } };
	uint64_t set = 8;
	const struct umsi_affinity only = { .kind = UMSI_AFFINITY_SET, .set = { &set, 4 } };
	struct function *f = rig_begin_msix(64, &(struct rig_config){ 0 });
	struct umsi_table *table;
	umsi_irq irq;

	(void)state;
	assert_int_equal(rig_alloc_at(f, 0, &only, UMSI_IRQ_MANAGED), UMSI_OK);
	assert_int_equal(rig_request(&f->line[0]), UMSI_OK);
	assert_int_equal(umsi_table_create(f->dev, &refusing_ops, NULL, &(struct umsi_table_config){ .size = 1 },
					   &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, nothing, NULL, "refuses"), UMSI_OK);
	refusing = true;
	assert_int_equal(rig_down(3), UMSI_EREFUSED);
	refusing = false;
	assert_true(umsi_cpu_is_online(rig.umsi, 3));
	assert_int_equal(rig_raise(&f->line[0]), 1);
	assert_int_equal(f->line[0].last_cpu, 3);
	rig_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_07_the_disable_depth_outlives_every_order),
		cmocka_unit_test(P_35_managed_ones_need_no_room_elsewhere),
		cmocka_unit_test(P_43_managed_ones_whose_cpus_are_away_are_allocated_and_wait),
		cmocka_unit_test(what_was_shut_starts_again_when_the_cpu_stays),
	};

	return cmocka_run_group_tests_name("corpus: managed", tests, NULL, NULL);
}
