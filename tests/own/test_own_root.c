/* SPDX-License-Identifier: MIT */
/* Roots of the host's own. */
#include <umsi/limits.h>

#include "../api/torn.h"

#include "host.h"
#include "router.h"

static struct own_host *host_now;

static void trap(void *arg, umsi_cpu cpu)
{
	own_host_trap(host_now, ((struct rig *)arg)->root, cpu);
}

static void file_up(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	own_host_cpu_up();
	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

static void start_on(struct rig *r, struct own_host *h)
{
	struct umsi_own_config config = { .ops = &own_host_ops, .ctx = h, .numbers = OWN_NUMBERS };

	mach_set_trap(r->m, trap, r);
	own_host_init(h, r->m);
	host_now = h;
	assert_int_equal(umsi_init(&r->storage, r->m, &r->config, &r->umsi), UMSI_OK);
	assert_int_equal(umsi_own_root_create(r->umsi, &config, &r->root), UMSI_OK);
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++)
		mach_thread(r->m, cpu, file_up, r);
	rig_settle(r);
	rig_device(r);
}

static void start(struct rig *r, struct own_host *h, const struct mach_chaos *chaos, uint64_t seed)
{
	rig_machine(r, chaos, seed);
	start_on(r, h);
}

static void collect(struct rig *r, struct own_host *h)
{
	rig_settle(r);
	assert_int_equal(own_host_collect(h, r->root), UMSI_OK);
}

static void finish(struct rig *r, struct own_host *h)
{
	assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	collect(r, h);
	assert_int_equal(umsi_own_root_destroy(r->root), UMSI_OK);
	assert_int_equal(umsi_destroy(r->umsi), UMSI_OK);
	own_host_done(h);
	mach_check_leaks(r->m);
	rig_check(r);
	mach_destroy(r->m);
}

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	assert_true(mach_pci_raise(r->pci[0], index));
	rig_settle(r);
}

static void arrives_and_moves(void **state)
{
	struct own_host h;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 1);
	irq = rig_irq(&r, 2);
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++) {
		assert_int_equal(rig_move(&r, irq, cpu), UMSI_OK);
		r.calls = 0;
		fire(&r, 2);
		assert_int_equal(r.calls, 1);
		assert_int_equal(r.last_cpu, cpu);
	}
	finish(&r, &h);
}

static void triggers_come_by_kick(void **state)
{
	struct own_host h;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 2);
	irq = rig_irq(&r, 0);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_true(h.kicks);
	finish(&r, &h);
}

static void refusals_leave_all_as_it_was(void **state)
{
	struct umsi_own_config config = { .ops = &own_host_ops, .numbers = 0 };
	umsi_irq irq[RIG_ENTRIES];
	struct umsi_domain *other;
	struct own_host h;
	struct rig r;

	(void)state;
	start(&r, &h, &mach_chaos_none, 3);
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_ERANGE);
	config.numbers = 8;
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_EEXIST);
	config.ops = NULL;
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_EINVAL);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		irq[i] = rig_irq(&r, i);
	h.fail_prepare = 1;
	assert_int_equal(rig_move(&r, irq[0], (umsi_irq_effective_cpu(r.umsi, irq[0]) + 1) % RIG_CPUS), UMSI_ENOSLOT);
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_own_quiet(r.root, OWN_NUMBERS), UMSI_ERANGE);
	assert_int_equal(umsi_own_quiet(r.root, OWN_NUMBERS - 1), UMSI_ESTATE);
	assert_int_equal(umsi_own_root_destroy(r.root), UMSI_EBUSY);
	finish(&r, &h);
}

/* Fewer than asked for is an answer only where there are no more; this host's is none at all. */
static void many_are_all_given_back_when_the_host_fails(void **state)
{
	struct umsi_irq_request_at any = { .last = UMSI_INDEX_LAST };
	umsi_irq irq[RIG_ENTRIES];
	struct own_host h;
	struct rig r;

	(void)state;
	start(&r, &h, &mach_chaos_none, 3);
	h.fail_take = 5;
	assert_int_equal(umsi_irq_alloc_many(r.table, &any, 2, 8, irq), UMSI_EBUG);
	assert_int_equal(h.taken, 4);
	assert_int_equal(rig_stats(&r).irqs, 0);
	for (uint32_t n = 0; n < OWN_NUMBERS; n++)
		assert_int_equal(h.ended[n], h.used[n]);
	collect(&r, &h);
	assert_int_equal(umsi_irq_alloc_many(r.table, &any, 2, 8, irq), 8);
	finish(&r, &h);
}

/* Numbers without an order, not counted by CPU: no bands, no floors, nothing kept for a CPU that is away. */
static void what_it_has_not_is_refused(void **state)
{
	struct umsi_irq_request_at managed = { .first = 2, .last = 2, .kind = UMSI_IRQ_MANAGED };
	bool pending = true;
	struct own_host h;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 3);
	irq = rig_irq(&r, 0);
	assert_int_equal(umsi_irq_band(r.umsi, irq), UMSI_BAND_ANY);
	assert_int_equal(umsi_irq_alloc(r.table, &managed, &irq), UMSI_ENOTSUP);
	assert_int_equal(umsi_device_set_limits(r.dev, &(struct umsi_device_limits){ .least = 1 }), UMSI_ENOTSUP);
	assert_int_equal(umsi_device_set_limits(r.dev, &(struct umsi_device_limits){ .most = 1 }), UMSI_OK);
	assert_int_equal(umsi_irq_pending(NULL, irq, &pending), UMSI_EINVAL);
	assert_int_equal(rig_alloc(&r, 1, 1, &irq), UMSI_ELIMIT);
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	finish(&r, &h);
}

/* ---- Stores that hesitate, or that it cannot reach word by word ---- */

static int wait_to(struct rig *r, umsi_irq irq, umsi_cpu cpu)
{
	return umsi_irq_set_affinity_wait(r->umsi, irq, &(struct umsi_affinity){
		.kind = UMSI_AFFINITY_CPU, .cpu = cpu });
}

/* Nothing here can be asked to make room: a move waits, bounded, for a store that says not now. */
static void a_move_waits_for_a_store_but_not_for_ever(void **state)
{
	struct umsi_table *table;
	struct own_host h;
	struct torn s;
	uint64_t before;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 3);
	irq = torn_irq(&r, &s, 0, &table);
	s.refuse_in = 1;
	s.refusals = 20;
	s.refuse_with = UMSI_EAGAIN;
	assert_int_equal(wait_to(&r, irq, 1), UMSI_OK);
	assert_int_equal(s.refusals, 0);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 1);
	s.not_now = true;
	before = umsi_host_time_ns(r.m);
	assert_int_equal(wait_to(&r, irq, 2), UMSI_ETIMEOUT);
	assert_in_range(umsi_host_time_ns(r.m) - before, 100000000, 400000000);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, irq), 1);
	assert_int_equal(rig_stats(&r).moves_refused, 1);
	check_reaches(&r, &s, 1);
	finish(&r, &h);
}

/* Both halves of the address change, and no message of this root shares one half with each. */
static void a_torn_message_goes_no_further_than_half_an_address(void **state)
{
	struct umsi_table *table;
	struct own_host h;
	struct torn s;
	struct rig r;
	umsi_irq irq;

	(void)state;
	torn_groups(&r);
	start_on(&r, &h);
	irq = torn_irq(&r, &s, 0, &table);
	assert_int_equal(rig_move(&r, irq, 3), UMSI_ENOTSUP);
	assert_int_equal(s.writes, 0);
	assert_int_equal(h.cancelled, 1);
	check_reaches(&r, &s, 0);
	assert_int_equal(rig_move(&r, irq, 1), UMSI_OK);
	check_reaches(&r, &s, 1);
	finish(&r, &h);
}

static void a_cpu_leaves(void **state)
{
	struct own_host h;
	struct rig r;

	(void)state;
	start(&r, &h, &mach_chaos_none, 4);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		rig_irq(&r, i);
	/* The host refuses the first that has to go: the CPU stays, and may leave later. */
	h.fail_prepare = 1;
	assert_int_equal(umsi_cpu_leave(r.umsi, 1), UMSI_ENOSLOT);
	assert_int_equal(umsi_cpu_leave(r.umsi, 1), UMSI_OK);
	rig_settle(&r);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++) {
		fire(&r, i);
		assert_int_not_equal(r.last_cpu, 1);
	}
	assert_int_equal(r.calls, RIG_ENTRIES);
	finish(&r, &h);
}

struct churner {
	struct rig *r;
	umsi_irq irq;
	uint32_t index;
};

/* One that the machine sees, so that it knows which events are owed still. */
static enum umsi_handled seen(void *arg)
{
	struct churner *c = arg;

	mach_handler_begin(c->r->pci[0], c->index);
	mach_handler_end(c->r->pci[0], c->index);
	return UMSI_HANDLED;
}

static void churn(void *arg)
{
	struct churner *c = arg;
	struct rig *r = c->r;

	assert_int_equal(rig_alloc(r, c->index, c->index, &c->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, c->irq, seen, c, "seen"), UMSI_OK);
	mach_entry_live(r->pci[0], c->index, true);
	for (uint32_t turn = 0; turn < 60; turn++) {
		int status = rig_move(r, c->irq, (umsi_cpu)mach_random(r->m, RIG_CPUS));

		assert_true(status == UMSI_OK || status == UMSI_ENOSLOT);
		mach_pci_raise(r->pci[0], c->index);
	}
}

/* Under a wild machine, moves of many at once: nothing is lost, and at the end everything balances. */
static void moves_under_fire(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct churner c[6];
		struct own_host h;
		struct rig r;

		start(&r, &h, NULL, seed);
		for (uint32_t i = 0; i < 6; i++) {
			c[i] = (struct churner){ .r = &r, .index = i };
			mach_thread(r.m, i % RIG_CPUS, churn, &c[i]);
		}
		rig_settle(&r);
		mach_check_quiet(r.m);
		rig_check(&r);
		assert_int_equal(rig_stats(&r).unowned, 0);
		for (uint32_t i = 0; i < 6; i++)
			mach_entry_live(r.pci[0], i, false);
		finish(&r, &h);
	}
}

static void leave_one(void *arg)
{
	struct rig *r = arg;

	mach_delay(r->m, mach_random(r->m, 200));
	assert_int_equal(umsi_cpu_leave(r->umsi, 1), UMSI_OK);
}

static void allocate_some(void *arg)
{
	struct rig *r = arg;
	umsi_irq irq;

	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		assert_int_equal(rig_alloc(r, i, i, &irq), UMSI_OK);
}

/* Whoever chooses a CPU as it leaves is met by its leave, or chooses another. */
static void allocations_meet_a_leave(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct own_host h;
		struct rig r;

		start(&r, &h, NULL, seed);
		mach_thread(r.m, 0, leave_one, &r);
		mach_thread(r.m, 2, allocate_some, &r);
		rig_settle(&r);
		for (uint32_t i = 0; i < RIG_ENTRIES; i++)
			assert_int_not_equal(umsi_irq_effective_cpu(r.umsi, umsi_irq_at(r.table, i)), 1);
		finish(&r, &h);
	}
}

/* ---- Each allocation fails once ---- */

static void a_root_that_finds_no_memory_is_not_there(void **state)
{
	struct umsi_own_config config = { .ops = &own_host_ops, .numbers = OWN_NUMBERS };
	uint32_t failed = 0;
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	assert_int_equal(umsi_init(&r.storage, r.m, &r.config, &r.umsi), UMSI_OK);
	for (mach_fail_alloc(r.m, 1, false); umsi_own_root_create(r.umsi, &config, &r.root); failed++)
		mach_fail_alloc(r.m, failed + 2, false);
	assert_int_equal(failed, 1);
	assert_int_equal(umsi_own_root_destroy(r.root), UMSI_OK);
	assert_int_equal(umsi_destroy(r.umsi), UMSI_OK);
	mach_check_leaks(r.m);
	rig_check(&r);
	mach_destroy(r.m);
}

static int allocate_all(struct rig *r)
{
	struct umsi_device_config dev = { .name = "dev", .requester_id = 0x100, .parent = r->root };
	int status = umsi_device_add(r->umsi, &dev, &r->dev);
	umsi_irq irq;

	if (status)
		return status;
	status = umsi_pci_msix_create(r->dev, &r->fn[0], &r->table);
	for (uint32_t i = 0; i < RIG_ENTRIES && !status; i++)
		status = rig_alloc(r, i, i, &irq);
	return status;
}

/* Memory is pooled and stays, so each machine meets one failure. */
static int allocate_with_failure(uint64_t nth)
{
	struct own_host h;
	struct rig r;
	int status;

	start(&r, &h, &mach_chaos_none, 1);
	assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
	r.dev = NULL;
	mach_fail_alloc(r.m, nth, false);
	status = allocate_all(&r);
	mach_fail_alloc(r.m, 0, false);
	assert_true(status == UMSI_OK || status == UMSI_ENOMEM);
	/* One number for each interrupt there is; with memory there is no other trouble. */
	assert_int_equal(rig_stats(&r).irqs, h.taken);
	if (status && r.dev)
		assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
	if (status)
		assert_int_equal(allocate_all(&r), UMSI_OK);
	finish(&r, &h);
	return status;
}

static void failing_allocations_leave_nothing(void **state)
{
	uint64_t nth = 1;

	(void)state;
	while (allocate_with_failure(nth) == UMSI_ENOMEM)
		nth++;
	assert_true(nth > 4);
}

/* ---- A hypervisor whose messages name no CPU ---- */

static struct router *router_now;

static void routed_trap(void *arg, umsi_cpu cpu)
{
	router_trap(router_now, ((struct rig *)arg)->root, cpu);
}

static void a_message_that_stays_is_written_once(void **state)
{
	struct router h;
	struct umsi_own_config config = { .ops = &router_ops, .ctx = &h, .numbers = ROUTER_NUMBERS };
	uint64_t writes;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 9);
	mach_set_trap(r.m, routed_trap, &r);
	router_init(&h, r.m);
	router_now = &h;
	assert_int_equal(umsi_init(&r.storage, r.m, &r.config, &r.umsi), UMSI_OK);
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &r.root), UMSI_OK);
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++)
		mach_thread(r.m, cpu, file_up, &r);
	rig_settle(&r);
	rig_device(&r);
	irq = rig_irq(&r, 2);
	writes = mach_pci_writes(r.pci[0]);
	for (uint32_t i = 1; i <= 2 * RIG_CPUS; i++) {
		assert_int_equal(rig_move(&r, irq, i % RIG_CPUS), UMSI_OK);
		r.calls = 0;
		fire(&r, 2);
		assert_int_equal(r.calls, 1);
		assert_int_equal(r.last_cpu, i % RIG_CPUS);
	}
	assert_int_equal(mach_pci_writes(r.pci[0]), writes);
	assert_int_equal(h.composed, 1);
	assert_int_equal(rig_stats(&r).moves, 2 * RIG_CPUS);
	assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(router_collect(&h, r.root), UMSI_OK);
	assert_int_equal(umsi_own_root_destroy(r.root), UMSI_OK);
	assert_int_equal(umsi_destroy(r.umsi), UMSI_OK);
	router_done(&h);
	mach_check_leaks(r.m);
	rig_check(&r);
	mach_destroy(r.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives_and_moves),
		cmocka_unit_test(triggers_come_by_kick),
		cmocka_unit_test(refusals_leave_all_as_it_was),
		cmocka_unit_test(many_are_all_given_back_when_the_host_fails),
		cmocka_unit_test(what_it_has_not_is_refused),
		cmocka_unit_test(a_move_waits_for_a_store_but_not_for_ever),
		cmocka_unit_test(a_torn_message_goes_no_further_than_half_an_address),
		cmocka_unit_test(a_cpu_leaves),
		cmocka_unit_test(moves_under_fire),
		cmocka_unit_test(allocations_meet_a_leave),
		cmocka_unit_test(a_root_that_finds_no_memory_is_not_there),
		cmocka_unit_test(failing_allocations_leave_nothing),
		cmocka_unit_test(a_message_that_stays_is_written_once),
	};

	return cmocka_run_group_tests_name("the host's own root", tests, NULL, NULL);
}
