/* SPDX-License-Identifier: MIT */
/* Which index an allocation takes, against a model that looks at each in turn. */
#include "rig.h"

#define SIZE	200u		/* three chunks, and a part of one */
#define STEPS	6000u

static uint64_t seed = 1;

static uint32_t roll(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 16) % below);
}

static int nothing_to_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static const struct umsi_store_ops ops = {
	.name = "plain", .number_name = "plain_index", .one_word = true, .write = nothing_to_write,
};

static uint32_t lowest(const umsi_irq *irq, uint32_t first, uint32_t last)
{
	while (first <= last && irq[first])
		first++;
	return first;
}

/* Mostly filling: a full table is where the bounds of what is looked at matter. */
static void take_one(struct rig *r, struct umsi_table *t, umsi_irq *irq)
{
	uint32_t first = roll(2) ? 0 : roll(SIZE), last = roll(2) ? SIZE - 1 : first + roll(SIZE - first);
	struct umsi_irq_request_at at = { .first = first, .last = last };
	uint32_t expected = lowest(irq, first, last), index;
	umsi_irq out;
	int status = umsi_irq_alloc(t, &at, &out);

	if (expected > last) {
		assert_int_equal(status, first == last ? UMSI_EEXIST : UMSI_ENOINDEX);
		return;
	}
	assert_int_equal(status, UMSI_OK);
	assert_int_equal(umsi_irq_index(r->umsi, out, &index), UMSI_OK);
	assert_int_equal(index, expected);
	irq[index] = out;
}

static void free_one(struct rig *r, umsi_irq *irq)
{
	uint32_t index = roll(SIZE);

	if (irq[index])
		assert_int_equal(umsi_irq_free(r->umsi, irq[index]), UMSI_OK);
	irq[index] = UMSI_IRQ_NONE;
}

static void the_lowest_free_index_is_taken(void **state)
{
	struct umsi_table_config config = { .size = SIZE };
	umsi_irq irq[SIZE] = { UMSI_IRQ_NONE };
	struct umsi_table *table;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, &config, &table), UMSI_OK);
	for (uint32_t step = 0; step < STEPS; step++) {
		if (roll(step / 500 % 2 ? 2 : 8))
			take_one(&r, table, irq);
		else
			free_one(&r, irq);
	}
	rig_end(&r);
}

/* Many at once are those that one by one would be; what there is none of is said. */
static void many_take_the_lowest_in_turn(void **state)
{
	struct umsi_table_config config = { .size = SIZE };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_irq_request_at one = { .first = 70, .last = 70 };
	umsi_irq irq[SIZE], hole;
	struct umsi_table *table;
	uint32_t index;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &ops, NULL, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &one, &hole), UMSI_OK);
	assert_int_equal(umsi_irq_alloc_many(table, &at, SIZE, SIZE, irq), UMSI_ENOINDEX);
	assert_int_equal(umsi_irq_alloc_many(table, &at, 1, SIZE, irq), SIZE - 1);
	for (uint32_t i = 0; i < SIZE - 1; i++) {
		assert_int_equal(umsi_irq_index(r.umsi, irq[i], &index), UMSI_OK);
		assert_int_equal(index, i < 70 ? i : i + 1);
	}
	assert_int_equal(umsi_irq_alloc_many(table, &at, 1, 1, irq), UMSI_ENOINDEX);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lowest_free_index_is_taken),
		cmocka_unit_test(many_take_the_lowest_in_turn),
	};

	return cmocka_run_group_tests_name("indices", tests, NULL, NULL);
}
