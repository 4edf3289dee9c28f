/* SPDX-License-Identifier: MIT */
/* A shared line whose interrupt is taken away by force, or cannot be disabled once more. */
#include <umsi/shared.h>

#include "wire.h"

struct sharing {
	struct rig r;
	struct wire w;
	struct umsi_table *table;
	struct umsi_shared *line;
	struct umsi_sharer *sharer[2];
	uint32_t calls[2];
};

static struct sharing s;

static enum umsi_handled count(void *arg)
{
	++*(uint32_t *)arg;
	s.w.asserted = false;
	return UMSI_HANDLED;
}

static int join(uint32_t i)
{
	return umsi_shared_join(s.line, count, &s.calls[i], &s.sharer[i]);
}

static void start(void)
{
	struct umsi_table_config config = { .size = 1 };
	struct umsi_irq_request_at at = { .trigger = UMSI_TRIGGER_LEVEL_HIGH };

	memset(&s, 0, sizeof(s));
	rig_machine_from(&s.r, (struct mach_config){ .num_ids = 63, .chaos = &mach_chaos_none, .max_steps = 20000000 }, 1);
	rig_library(&s.r);
	rig_device(&s.r);
	s.w = (struct wire){ .r = &s.r, .masked = true };
	assert_int_equal(umsi_table_create(s.r.dev, &wire_ops, &s.w, &config, &s.table), UMSI_OK);
	assert_int_equal(umsi_shared_create(s.table, &at, &s.line), UMSI_OK);
}

static void end(void)
{
	assert_int_equal(umsi_shared_destroy(s.line), UMSI_OK);
	rig_end(&s.r);
}

/* Its owner freed it behind the line's back: nobody joins, who is there may go, nothing leaks. */
static void drivers_outlive_their_interrupt(void **state)
{
	struct umsi_sharer *late;

	(void)state;
	start();
	assert_int_equal(join(0), UMSI_OK);
	assert_int_equal(join(1), UMSI_OK);
	assert_line(&s.w);
	assert_int_equal(s.calls[0], 1);
	assert_int_equal(s.calls[1], 1);
	assert_int_equal(umsi_irq_free(s.r.umsi, umsi_shared_irq(s.line)), UMSI_OK);
	assert_int_equal(umsi_shared_disable(s.sharer[0]), UMSI_ENOENT);
	assert_int_equal(umsi_shared_enable(s.sharer[0]), UMSI_ESTATE);
	assert_int_equal(umsi_shared_leave(s.sharer[0]), UMSI_OK);
	assert_int_equal(umsi_shared_leave(s.sharer[1]), UMSI_OK);
	assert_int_equal(umsi_shared_join(s.line, count, &s.calls[0], &late), UMSI_ENOENT);
	end();
}

/* The first to join is the one who opens the line. */
static void a_line_that_does_not_open_has_nobody(void **state)
{
	(void)state;
	start();
	assert_int_equal(umsi_device_quiesce(s.r.dev), UMSI_OK);
	assert_true(join(0) < 0);
	assert_int_equal(umsi_device_restore(s.r.dev), UMSI_OK);
	assert_int_equal(join(0), UMSI_OK);
	assert_line(&s.w);
	assert_int_equal(s.calls[0], 1);
	assert_int_equal(umsi_shared_leave(s.sharer[0]), UMSI_OK);
	end();
}

/* Leaving disables the line for a moment; if that cannot be counted the driver stays, and is called as before. */
static void nobody_leaves_a_line_that_cannot_be_disabled(void **state)
{
	umsi_irq irq;

	(void)state;
	start();
	assert_int_equal(join(0), UMSI_OK);
	assert_int_equal(join(1), UMSI_OK);
	irq = umsi_shared_irq(s.line);
	for (uint32_t i = 0; i < UINT16_MAX; i++)
		assert_int_equal(umsi_irq_disable(s.r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_shared_leave(s.sharer[0]), UMSI_ERANGE);
	assert_int_equal(umsi_shared_disable(s.sharer[0]), UMSI_ERANGE);
	for (uint32_t i = 0; i < UINT16_MAX; i++)
		assert_int_equal(umsi_irq_enable(s.r.umsi, irq), UMSI_OK);
	assert_line(&s.w);
	assert_int_equal(s.calls[0], 1);
	assert_int_equal(s.calls[1], 1);
	assert_int_equal(umsi_shared_leave(s.sharer[0]), UMSI_OK);
	assert_line(&s.w);
	assert_int_equal(s.calls[0], 1);
	assert_int_equal(s.calls[1], 2);
	assert_int_equal(umsi_shared_leave(s.sharer[1]), UMSI_OK);
	end();
}

static void nowhere_to_put_the_answer(void **state)
{
	(void)state;
	start();
	assert_int_equal(umsi_shared_join(s.line, count, &s.calls[0], NULL), UMSI_EINVAL);
	assert_int_equal(join(0), UMSI_OK);
	assert_int_equal(umsi_shared_read(s.sharer[0], NULL), UMSI_EINVAL);
	assert_int_equal(umsi_shared_leave(s.sharer[0]), UMSI_OK);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_outlive_their_interrupt),
		cmocka_unit_test(a_line_that_does_not_open_has_nobody),
		cmocka_unit_test(nobody_leaves_a_line_that_cannot_be_disabled),
		cmocka_unit_test(nowhere_to_put_the_answer),
	};

	return cmocka_run_group_tests_name("shared line, by force", tests, NULL, NULL);
}
