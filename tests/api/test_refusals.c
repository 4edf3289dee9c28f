/* SPDX-License-Identifier: MIT */
/* Stores that refuse, limits that are met, and what a dump says of them. */
#include <limits.h>

#include "rig.h"

/* A message of one word somewhere; may refuse to be written or to start. */
struct stubborn {
	int write_status, start_status, restore_status;
};

static int stubborn_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct stubborn *s = store;

	(void)index, (void)cookie, (void)msg;
	return s->write_status ? s->write_status : 1;
}

static int stubborn_start(void *store)
{
	struct stubborn *s = store;

	return s->start_status;
}

static int stubborn_restore(void *store)
{
	struct stubborn *s = store;

	return s->restore_status;
}

static int stubborn_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static int stubborn_stop(void *store)
{
	(void)store;
	return 1;
}

static const struct umsi_store_ops stubborn_ops = {
	.name = "stubborn", .number_name = "n", .write = stubborn_write, .settle = stubborn_settle,
	.start = stubborn_start, .stop = stubborn_stop, .restore = stubborn_restore, .one_word = true,
};

static umsi_irq stubborn_irq(struct rig *r, struct stubborn *s, uint32_t size, struct umsi_table **t)
{
	struct umsi_irq_request_at at = { 0 };
	umsi_irq irq;

	assert_int_equal(umsi_table_create(r->dev, &stubborn_ops, s, &(struct umsi_table_config){ .size = size }, t),
			 UMSI_OK);
	assert_int_equal(umsi_irq_alloc(*t, &at, &irq), UMSI_OK);
	return irq;
}

/* A machine with one of them, requested. */
static umsi_irq begin(struct rig *r, struct stubborn *s)
{
	struct umsi_table *t;
	umsi_irq irq;

	rig_start(r, 1);
	irq = stubborn_irq(r, s, 1, &t);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "x"), UMSI_OK);
	return irq;
}

static void a_store_that_refuses_to_come_back(void **state)
{
	struct stubborn s = { 0 };
	struct rig r;

	(void)state;
	begin(&r, &s);
	assert_int_equal(umsi_device_quiesce(r.dev), UMSI_OK);
	s.restore_status = UMSI_EGONE;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EGONE);
	s.restore_status = UMSI_OK;
	s.write_status = UMSI_EGONE;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EGONE);
	s.write_status = UMSI_EAGAIN;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_ETIMEOUT);
	s.write_status = UMSI_OK;
	s.start_status = UMSI_EGONE;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_EGONE);
	s.start_status = UMSI_OK;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);	/* what may have come meanwhile */
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	rig_end(&r);
}

/* One whose flush is not answered; says what was done to it last. */
struct silent {
	char last;
	int settled;
};

static int silent_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct silent *)store)->last = 'm';
	return 1;
}

static int silent_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	((struct silent *)store)->last = 'u';
	return 1;
}

static int silent_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)index, (void)cookie;
	return ((struct silent *)store)->settled;
}

static int silent_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)index, (void)cookie, (void)msg;
	assert_int_equal(((struct silent *)store)->last, 'm');
	return 1;
}

static int silent_rewrite(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg, int *settled)
{
	silent_mask(store, index, cookie);
	silent_write(store, index, cookie, msg);
	silent_unmask(store, index, cookie);
	*settled = silent_settle(store, index, cookie);
	return 3;
}

static void silent_is_closed_again(bool at_one_go)
{
	struct umsi_store_ops ops = {
		.name = "silent", .number_name = "n", .write = silent_write, .mask = silent_mask,
		.unmask = silent_unmask, .settle = silent_settle, .rewrite = at_one_go ? silent_rewrite : NULL,
	};
	struct silent s = { .settled = UMSI_EGONE };
	struct umsi_irq_request_at at = { 0 };
	struct umsi_table *t;
	struct rig r;
	umsi_irq irq;

	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &ops, &s, &(struct umsi_table_config){ .size = 1 }, &t), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(t, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_EGONE);
	assert_int_equal(s.last, 'm');
	s.settled = UMSI_OK;
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "x"), UMSI_OK);
	assert_int_equal(s.last, 'u');
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_table_destroy(t), UMSI_OK);
	rig_settle(&r);
	rig_end(&r);
}

/* Opened, and nobody says that it was: it is closed again, however its store is written. */
static void an_entry_that_does_not_settle_is_closed_again(void **state)
{
	(void)state;
	silent_is_closed_again(false);
	silent_is_closed_again(true);
}

static void a_machine_that_cannot_sleep_or_wake(void **state)
{
	struct stubborn s = { 0 };
	struct rig r;

	(void)state;
	begin(&r, &s);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_OK);
	assert_int_equal(umsi_suspend(r.umsi), UMSI_ESTATE);
	s.write_status = UMSI_EGONE;
	umsi_resume(r.umsi);
	s.write_status = UMSI_OK;
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	rig_end(&r);
}

static void a_cpu_cannot_leave_what_refuses_to_move(void **state)
{
	struct stubborn s = { 0 };
	struct rig r;
	umsi_irq irq;

	(void)state;
	irq = begin(&r, &s);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	s.write_status = UMSI_EAGAIN;
	assert_int_equal(umsi_cpu_leave(r.umsi, 2), UMSI_EAGAIN);
	s.write_status = UMSI_EREFUSED;
	assert_int_equal(umsi_cpu_leave(r.umsi, 2), UMSI_EREFUSED);
	assert_true(umsi_cpu_is_online(r.umsi, 2));
	s.write_status = UMSI_OK;
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

static void wakers_and_records_run_out(void **state)
{
	struct stubborn s = { 0 };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_table *t;
	umsi_irq irq[100];
	struct rig r;
	int n, status = UMSI_OK;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.config.max_irqs = 70;
	rig_library(&r);
	rig_device(&r);
	irq[0] = stubborn_irq(&r, &s, 100, &t);
	n = umsi_irq_alloc_many(t, &at, 1, 69, irq + 1);
	assert_int_equal(n, 69);
	assert_true(umsi_irq_alloc(t, &at, &irq[70]) < 0);
	for (n = 0; n < 70 && !status; n++)
		status = umsi_irq_set_wake(r.umsi, irq[n], true);
	assert_int_equal(status, UMSI_ENOSLOT);
	rig_end(&r);
}

static enum umsi_handled not_mine(void *arg)
{
	struct rig *r = arg;

	r->calls++;
	return UMSI_NOT_MINE;
}

struct seen {
	uint32_t lines;
	size_t longest;
};

static void count_line(void *arg, const char *line)
{
	struct seen *s = arg;

	s->lines++;
	if (strlen(line) > s->longest)
		s->longest = strlen(line);
}

/* CPU 3 has no interrupt file; one interrupt is contained, one shut, one has a name that no line holds. */
static void a_dump_of_all_that(void **state)
{
	static char name[2 * UMSI_DUMP_LINE_MAX];
	uint64_t third = 4;
	struct umsi_irq_request_at at = { .first = 1, .last = 1, .kind = UMSI_IRQ_MANAGED,
		.affinity = { .kind = UMSI_AFFINITY_SET, .set = { .bits = &third, .nbits = 4 } } };
	struct seen seen = { 0 };
	struct umsi_stats stats;
	struct rig r;
	umsi_irq irq;

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 3u << 2;
	r.files[3].phys = 0;
	r.config.not_mine_limit = 2;
	rig_library(&r);
	rig_device(&r);
	assert_int_equal(rig_alloc(&r, 0, 0, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, not_mine, &r, name), UMSI_OK);
	for (uint32_t i = 0; i < 3; i++) {
		mach_pci_raise(r.pci[0], 0);
		rig_settle(&r);
	}
	umsi_stats_read(r.umsi, &stats);
	assert_int_equal(stats.contained, 1);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "shut"), UMSI_OK);
	umsi_reap(r.umsi);
	umsi_dump(r.umsi, count_line, &seen);
	assert_true(seen.lines > 4);
	assert_true(seen.longest < UMSI_DUMP_LINE_MAX);
	r.offline = 3u << 2;
	rig_end(&r);
}

/* The first and the last of each group of numbers, and the numbers beside them. */
static void each_status_has_its_text(void **state)
{
	static const struct {
		int status;
		const char *word;
	} known[] = {
		{ UMSI_OK, "success" }, { UMSI_EINVAL, "malformed" }, { UMSI_EBUSY, "use it" }, { UMSI_ENOTSUP, "cannot do that" },
		{ UMSI_ENOMEM, "memory" }, { UMSI_EAGAIN, "draining" }, { UMSI_ELIMIT, "limit" },
		{ UMSI_EGONE, "all-ones" }, { UMSI_EREFUSED, "register" },
		{ UMSI_ECAP_NONE, "no such" }, { UMSI_ECAP_BAR, "empty" }, { UMSI_ECAP_VERSION, "revision" },
		{ UMSI_EFW_MAGIC, "kind" }, { UMSI_EFW_DEPTH, "deep" }, { UMSI_EFW_ROOM, "room" }, { UMSI_EBUG, "bug" },
	};
	static const int unknown[] = { 1, 12345, UMSI_ENOTSUP - 1, UMSI_ENOMEM + 1, UMSI_ELIMIT - 1, UMSI_EREFUSED - 1,
				       UMSI_ECAP_NONE + 1, UMSI_ECAP_VERSION - 1, UMSI_EFW_ROOM - 1, UMSI_EBUG - 1, INT_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_non_null(strstr(umsi_status_text(known[i].status), known[i].word));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_string_equal(umsi_status_text(unknown[i]), "unknown status");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_refuses_to_come_back),
		cmocka_unit_test(an_entry_that_does_not_settle_is_closed_again),
		cmocka_unit_test(a_machine_that_cannot_sleep_or_wake),
		cmocka_unit_test(a_cpu_cannot_leave_what_refuses_to_move),
		cmocka_unit_test(wakers_and_records_run_out),
		cmocka_unit_test(a_dump_of_all_that),
		cmocka_unit_test(each_status_has_its_text),
	};

	return cmocka_run_group_tests_name("api refusals", tests, NULL, NULL);
}
