/* SPDX-License-Identifier: MIT */
/* A CPU leaves while slots are short elsewhere: what retires there is waited for. */
#include "rig.h"

static int no_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int no_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops void_ops = {
	.name = "void", .number_name = "n", .write = no_write, .settle = no_settle, .one_word = true,
};

static void leave_and_die(void *arg)
{
	struct rig *r = arg;

	MACH_CHECK(r->m, umsi_cpu_leave(r->umsi, 1) == UMSI_OK, "test", "leave");
	mach_irq_off(r->m);
	MACH_CHECK(r->m, umsi_cpu_dead(r->umsi, 1) == UMSI_OK, "test", "dead");
	mach_cpu_down(r->m);
}

static void back(void *arg)
{
	struct rig *r = arg;

	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

static umsi_irq irq_on(struct rig *r, uint32_t index, umsi_cpu cpu)
{
	struct umsi_irq_request_at at = {
		.first = index, .last = index, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(r->table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "irq"), UMSI_OK);
	return irq;
}

static void fill(struct rig *r, umsi_cpu cpu)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu } };
	struct umsi_table *table;
	umsi_irq irq;

	assert_int_equal(umsi_table_create(r->dev, &void_ops, NULL, &(struct umsi_table_config){ .size = 128 }, &table), UMSI_OK);
	while (umsi_irq_alloc(table, &at, &irq) == UMSI_OK)
		;
}

/* The only other CPU has no slot but one that retires: it is asked once to prove that quiet. */
static void a_leave_waits_for_the_slot_that_retires(void **state)
{
	umsi_irq stays, goes;
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 1u << 2 | 1u << 3;
	rig_library(&r);
	rig_device(&r);
	stays = irq_on(&r, 0, 1);
	goes = irq_on(&r, 1, 0);
	fill(&r, 0);
	rig_settle(&r);
	assert_int_equal(umsi_irq_free(r.umsi, goes), UMSI_OK);
	assert_int_equal(rig_stats(&r).retiring, 1);
	mach_thread(r.m, 1, leave_and_die, &r);
	rig_settle(&r);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, stays), 0);
	assert_int_equal(rig_stats(&r).ipis_for_moves, 1);
	mach_entry_live(r.pci[0], 0, true);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 0);
	mach_entry_live(r.pci[0], 0, false);
	mach_cpu_up(r.m, 1, back, &r);
	rig_settle(&r);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leave_waits_for_the_slot_that_retires),
	};

	return cmocka_run_group_tests_name("leave, slots short", tests, NULL, NULL);
}
