/* SPDX-License-Identifier: MIT */
/* VT-d interrupt remapping on the machine; bugs by their ids. */
#include "fire.h"
#include "silence.h"

#define BASE	UINT64_C(0xfee00000)

static uint32_t message_low(struct function *f, uint32_t index)
{
	return mach_pci_table(f->pci, index, 0);
}

static struct umsi_vtd_stats stats(void)
{
	struct umsi_vtd_stats s;

	assert_int_equal(umsi_vtd_stats_read(rig.unit, &s), UMSI_OK);
	return s;
}

static void a_message_arrives_through_its_entry(void **state)
{
	struct function *f;

	(void)state;
	rig_begin_vtd(1, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 3), UMSI_OK);
	assert_true(message_low(f, 3) & 1u << 4);
	assert_int_equal(message_low(f, 3) >> 20, 0xfee);
	assert_int_equal(mach_pci_target(f->pci, 3), umsi_irq_effective_cpu(rig.umsi, f->irq[3]));
	assert_int_equal(rig_raise(f, 3), 1);
	assert_int_equal(mach_vtd_passed(rig.vtd), 1);
	assert_int_equal(stats().used, 1);
	rig_end();
}

static void P_57_a_move_writes_nothing_to_the_device(void **state)
{
	struct function *f;
	uint64_t writes, invalidations;
	uint32_t low;

	(void)state;
	rig_begin_vtd(2, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	low = message_low(f, 0);
	writes = mach_pci_writes(f->pci);
	invalidations = stats().invalidations;
	for (umsi_cpu i = 1; i <= 3 * RIG_CPUS; i++) {
		assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
		assert_int_equal(mach_pci_target(f->pci, 0), i % RIG_CPUS);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i % RIG_CPUS);
	}
	assert_int_equal(message_low(f, 0), low);
	assert_int_equal(mach_pci_writes(f->pci), writes);
	assert_true(stats().invalidations >= invalidations + 12);

	/* Off, it would not even decode them: the machine faults. */
	assert_int_equal(umsi_suspend(rig.umsi), UMSI_OK);
	mach_pci_reset(f->pci);
	writes = mach_pci_writes(f->pci);
	assert_int_equal(rig_move(f->irq[0], 2), UMSI_OK);
	assert_int_equal(umsi_irq_effective_cpu(rig.umsi, f->irq[0]), 2);
	assert_int_equal(mach_pci_writes(f->pci), writes);
	umsi_host_pci_write(rig.m, f->fn.requester_id, 0x04, 2, 0x0006);
	assert_int_equal(umsi_resume(rig.umsi), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(rig.last_cpu, 2);
	rig_end();
}

static void need_fault(uint32_t reason, uint32_t requester_id)
{
	struct umsi_vtd_fault fault;

	assert_int_equal(umsi_vtd_fault_take(rig.unit, &fault), UMSI_OK);
	assert_int_equal(fault.reason, reason);
	assert_int_equal(fault.requester_id, requester_id);
	assert_non_null(fault.what);
	assert_int_equal(umsi_vtd_fault_take(rig.unit, &fault), UMSI_ENOENT);
}

/* P-81: every vector, delivery mode and trigger bit in compatibility format. */
static void P_81_compatibility_messages_are_blocked(void **state)
{
	struct function *f;
	struct umsi_vtd_fault fault;
	uint32_t sent = 0;

	(void)state;
	rig_begin_vtd(3, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	mach_pci_send(f->pci, BASE, 0x31);
	need_fault(0x25, 0x100);
	for (uint32_t vector = 0; vector < 256; vector++)
		for (uint32_t mode = 0; mode < 8; mode++)
			for (uint32_t level = 0; level < 2; level++, sent++)
				mach_pci_send(f->pci, BASE | (vector & 3) << 12, vector | mode << 8 | level << 15);
	rig_run();
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x25), sent + 1);
	assert_int_equal(f->calls[0], 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(umsi_vtd_fault_take(rig.unit, &fault), UMSI_OK);
	assert_int_equal(umsi_vtd_fault_take(rig.unit, &fault), UMSI_ENOENT);
	assert_true(stats().overflows > 0);
	assert_int_equal(stats().faults, 3);
	assert_int_equal(rig_raise(f, 0), 1);
	rig_end();
}

/* P-80: each handle with every requester id but its own. */
static void P_80_a_foreign_handle_is_blocked(void **state)
{
	struct function *f, *g;

	(void)state;
	rig_begin_vtd(4, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	g = rig_function(1, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	mach_pci_send(g->pci, message_low(f, 0), 0);
	need_fault(0x26, 0x108);
	mach_pci_send(f->pci, message_low(g, 0), 0);
	need_fault(0x26, 0x100);
	assert_int_equal(f->calls[0] + g->calls[0], 0);
	for (uint32_t handle = 0; handle < 300; handle++)
		mach_pci_send(g->pci, BASE | handle << 5 | 1 << 4, 0);
	rig_run();
	assert_int_equal(f->calls[0], 0);
	assert_int_equal(g->calls[0], 1);
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x26), 3);
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x22), 254);
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x21), 44);
	rig_end();
}

/* Behind a bridge to conventional PCI any device of its buses may speak for any other, and nobody else. */
static void P_80_a_bridges_buses_may_use_the_entry_and_no_other(void **state)
{
	const struct umsi_requester buses = { .kind = UMSI_REQUESTER_BUSES, .first_bus = 4, .last_bus = 5 };
	struct mach_pci_config c[4] = {
		{ .requester_id = 0x0408 }, { .requester_id = 0x0510, .sends_as = 0x0400 },
		{ .requester_id = 0x0600 }, { .requester_id = 0x0308 },
	};
	struct function *f, *g;

	(void)state;
	rig_begin_vtd(5, &mach_chaos_none);
	f = rig_function(0, &c[0], &buses);
	g = rig_function(1, &c[1], &buses);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(rig_raise(g, 0), 1);
	for (uint32_t n = 2; n < 4; n++) {
		mach_pci_send(rig_function(n, &c[n], NULL)->pci, message_low(f, 0), 0);
		need_fault(0x26, c[n].requester_id);
	}
	rig_end();
}

static void P_80_an_alias_stands_for_the_device(void **state)
{
	const struct umsi_requester alias = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x0700 };
	struct mach_pci_config c[2] = {
		{ .requester_id = 0x0808, .sends_as = 0x0700 }, { .requester_id = 0x0810, .sends_as = 0x0700 },
	};
	struct function *f, *g;

	(void)state;
	rig_begin_vtd(6, &mach_chaos_none);
	f = rig_function(0, &c[0], &alias);
	g = rig_function(1, &c[1], &alias);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	/* One goes: the other's entry stays. */
	assert_int_equal(umsi_device_remove(f->dev), UMSI_OK);
	f->dev = NULL;
	assert_int_equal(rig_raise(g, 0), 1);
	assert_int_equal(stats().used, 1);
	rig_end();
}

static void P_80_phantom_functions_are_the_device(void **state)
{
	const struct umsi_requester phantom = { .phantom_bits = 2 };
	struct mach_pci_config c[3] = {
		{ .requester_id = 0x0900, .sends_as = 0x0906 },
		{ .requester_id = 0x0901, .sends_as = 0 }, { .requester_id = 0x0908 },
	};
	struct function *f;

	(void)state;
	rig_begin_vtd(7, &mach_chaos_none);
	f = rig_function(0, &c[0], &phantom);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	for (uint32_t n = 1; n < 3; n++)
		mach_pci_send(rig_function(n, &c[n], NULL)->pci, message_low(f, 0), 0);
	rig_run();
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x26), 2);
	assert_int_equal(f->calls[0], 1);
	rig_end();
}

/* The entry goes with the interrupt: what the device sends afterwards reaches nobody. */
static void a_freed_entry_blocks(void **state)
{
	struct function *f;
	uint32_t low;

	(void)state;
	rig_begin_vtd(8, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	low = message_low(f, 0);
	assert_int_equal(rig_raise(f, 0), 1);
	mach_entry_live(f->pci, 0, false);
	assert_int_equal(umsi_irq_free(rig.umsi, f->irq[0]), UMSI_OK);
	mach_pci_send(f->pci, low, 0);
	need_fault(0x22, 0x100);
	assert_int_equal(f->calls[0], 1);
	assert_int_equal(stats().used, 0);
	rig_end();
}

/* A message that was not requested is blocked, its neighbours are not; a move takes them all. */
static void P_82_a_block_of_sixteen_works_and_moves(void **state)
{
	struct mach_pci_config c = { .msi = { .present = true, .messages_log2 = 4 } };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct function *f;
	uint64_t writes;

	(void)state;
	rig_begin_vtd(10, &mach_chaos_none);
	f = rig_function(0, &c, NULL);
	assert_int_equal(umsi_irq_alloc_block(f->table, &at, 16, f->irq), UMSI_OK);
	for (uint32_t i = 0; i < 16; i++) {
		rig.call[0][i] = (struct call){ f, i };
		if (i != 5)
			assert_int_equal(umsi_irq_request(rig.umsi, f->irq[i], rig_handler, &rig.call[0][i],
							  "block"), UMSI_OK);
	}
	writes = mach_pci_writes(f->pci);
	for (umsi_cpu cpu = 0; cpu < 8; cpu++) {
		assert_int_equal(rig_move(f->irq[cpu], cpu % RIG_CPUS), UMSI_OK);
		for (uint32_t i = 0; i < 16; i++) {
			assert_int_equal(rig_raise(f, i), i != 5);
			assert_int_equal(rig.last_cpu, cpu % RIG_CPUS);
		}
	}
	assert_int_equal(mach_vtd_blocked(rig.vtd, 0x22), 8);
	assert_int_equal(mach_pci_writes(f->pci), writes);
	rig_end();
}

/* P-77, P-79: without a 128-bit exchange, the machine looks at the table after each store. */
static void P_77_an_entry_is_never_present_without_its_owner(void **state)
{
	struct umsi_vtd_config c = { .entries = 256, .no_wide_exchange = true };

	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct function *f;

		c.no_wide_exchange = !wide;
		rig_machine(11, &mach_chaos_none, false, NULL);
		assert_int_equal(rig_vtd(NULL, &c), UMSI_OK);
		rig_online();
		f = rig_function(0, NULL, NULL);
		for (uint32_t round = 0; round < 10; round++) {
			assert_int_equal(rig_irq(f, 1), UMSI_OK);
			for (umsi_cpu i = 0; i < 100; i++)
				assert_int_equal(rig_move(f->irq[1], i % RIG_CPUS), UMSI_OK);
			assert_int_equal(rig_raise(f, 1), 1);
			mach_entry_live(f->pci, 1, false);
			assert_int_equal(umsi_irq_free(rig.umsi, f->irq[1]), UMSI_OK);
		}
		rig_end();
	}
}

static void request_and_raise(void *arg)
{
	struct function *f = arg;

	for (uint32_t i = 0; i < 16; i++) {
		MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, f->irq[i], rig_handler, &rig.call[0][i], "block") ==
			   UMSI_OK, "I-API", "request %u", i);
		mach_pci_raise(f->pci, i);
	}
}

/* Of a block only the first request writes to the device. What the others wrote is not left waiting in a store buffer. */
static void P_77_an_entry_is_seen_when_its_request_returns(void **state)
{
	struct mach_pci_config c = { .msi = { .present = true, .messages_log2 = 4 } };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct mach_chaos slow_stores = mach_chaos_none;

	(void)state;
	slow_stores.store_now = 0;
	slow_stores.store_max = 2000;
	for (int wide = 0; wide < 2; wide++) {
		struct umsi_vtd_config vc = { .entries = 256, .no_wide_exchange = !wide };
		struct function *f;

		rig_machine(25, &slow_stores, false, NULL);
		assert_int_equal(rig_vtd(NULL, &vc), UMSI_OK);
		rig_online();
		f = rig_function(0, &c, NULL);
		assert_int_equal(umsi_irq_alloc_block(f->table, &at, 16, f->irq), UMSI_OK);
		for (uint32_t i = 0; i < 16; i++)
			rig.call[0][i] = (struct call){ f, i };
		mach_thread(rig.m, 1, request_and_raise, f);
		rig_run();
		for (uint32_t i = 0; i < 16; i++)
			assert_int_equal(f->calls[i], 1);
		assert_int_equal(mach_vtd_blocked(rig.vtd, 0x22), 0);
		rig_end();
	}
}

/* P-84: a unit that sees no caches, and one that remembers entries that are not there. */
static void P_84_write_back_then_invalidation_then_wait(void **state)
{
	const struct mach_vtd_config units[] = {
		{ .not_coherent = true }, { .caching_mode = true }, { .left_on = true },
		{ .not_coherent = true, .caching_mode = true, .left_on = true },
	};

	(void)state;
	for (uint32_t u = 0; u < 4; u++) {
		struct umsi_stats st;
		struct function *f;

		rig_machine(12, &mach_chaos_none, false, NULL);
		assert_int_equal(rig_vtd(&units[u], NULL), UMSI_OK);
		rig_online();
		f = rig_function(0, NULL, NULL);
		for (uint32_t round = 0; round < 5; round++) {
			for (uint32_t i = 0; i < 300; i++)
				mach_pci_send(f->pci, BASE | i % 256 << 5 | 1 << 4, 0);
			assert_int_equal(rig_irq(f, 0), UMSI_OK);
			for (umsi_cpu i = 1; i < 9; i++) {
				assert_int_equal(rig_raise(f, 0), 1);
				assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
				assert_int_equal(rig_raise(f, 0), 1);
				assert_int_equal(rig.last_cpu, i % RIG_CPUS);
			}
			mach_entry_live(f->pci, 0, false);
			assert_int_equal(umsi_irq_free(rig.umsi, f->irq[0]), UMSI_OK);
		}
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.unowned, 0);
		rig_end();
	}
}

static void power_cycle(void)
{
	mach_vtd_power_cycle(rig.vtd);
}

static bool enabled(void)
{
	return mach_vtd_enabled(rig.vtd);
}

static void stall(bool on)
{
	mach_vtd_stall(rig.vtd, on);
}

static void refuse(uint32_t nth)
{
	mach_vtd_refuse(rig.vtd, nth);
}

static const struct fire_unit unit_under_fire = { power_cycle, enabled, umsi_vtd_resume, stall, refuse };

static void P_83_six_sleeps(void **state)
{
	(void)state;
	rig_begin_vtd(13, &mach_chaos_none);
	fire_six_sleeps(&unit_under_fire);
	rig_end();
}

static void a_stalled_queue_refuses_and_recovers(void **state)
{
	(void)state;
	rig_begin_vtd(14, &mach_chaos_none);
	silence_refuses_and_recovers(&unit_under_fire);
	assert_int_equal(stats().lost, 1);
	assert_int_equal(stats().used, 2);
	rig_end();
}

static void a_slow_unit_resumes_after_a_silence(void **state)
{
	(void)state;
	silence_before_a_slow_resume(rig_begin_vtd, &unit_under_fire);
}

/* IQE: the refused descriptor is replaced, and the truth told to all who wait. */
static void a_refused_descriptor_is_replaced(void **state)
{
	(void)state;
	for (uint32_t nth = 1; nth <= 4; nth++) {
		rig_begin_vtd(16, &mach_chaos_none);
		silence_after_a_refusal(&unit_under_fire, nth);
		assert_int_equal(stats().timeouts, 1);
		rig_end();
	}
}

/* Released while the queue stood: the entry is made sure of before it is used again. */
static void an_entry_that_was_not_confirmed_is_asked_again(void **state)
{
	struct function *f;
	struct call c;

	(void)state;
	rig_begin_vtd(15, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	c = (struct call){ f, 0 };
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	mach_entry_live(f->pci, 0, false);
	mach_vtd_stall(rig.vtd, true);
	assert_int_equal(umsi_irq_release(rig.umsi, f->irq[0]), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, f->irq[0], rig_handler, &c, "again"), UMSI_ETIMEOUT);
	mach_vtd_stall(rig.vtd, false);
	rig_run();
	assert_int_equal(umsi_irq_request(rig.umsi, f->irq[0], rig_handler, &c, "again"), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(umsi_irq_free(rig.umsi, f->irq[0]), UMSI_OK);
	assert_int_equal(stats().lost, 0);
	assert_int_equal(stats().used, 0);
	rig_end();
}

static void create_refuses_what_cannot_work(void **state)
{
	const struct mach_vtd_config no_ir = { .no_ir = true }, no_eim = { .no_eim = true };
	struct umsi_vtd_config c = { .entries = 256 };

	(void)state;
	rig_machine(17, &mach_chaos_none, false, NULL);
	c.entries = 3;
	assert_int_equal(rig_vtd(NULL, &c), UMSI_ERANGE);
	c.entries = 131072;
	assert_int_equal(rig_vtd(NULL, &c), UMSI_ERANGE);
	c.entries = 1;
	assert_int_equal(rig_vtd(NULL, &c), UMSI_ERANGE);
	c = (struct umsi_vtd_config){ .phys = RIG_VTD_PHYS + 8 };
	assert_int_equal(rig_vtd(NULL, &c), UMSI_EINVAL);
	c = (struct umsi_vtd_config){ .entries = 256 };
	mach_vtd_deaf(rig.vtd, true);
	assert_int_equal(rig_vtd(NULL, &c), UMSI_ETIMEOUT);
	assert_true(mach_logged(rig.m, UMSI_LOG_ERROR) > 0);
	rig.unit = NULL;
	rig_end();

	rig_machine(17, &mach_chaos_none, false, NULL);
	assert_int_equal(rig_vtd(&no_ir, NULL), UMSI_ENOTSUP);
	rig_end();

	rig_machine(17, &mach_chaos_none, true, NULL);
	c.x2apic = true;
	assert_int_equal(rig_vtd(&no_eim, &c), UMSI_ENOTSUP);
	rig_end();

	/* The APICs have changed mode already. */
	rig_machine(17, &mach_chaos_none, true, NULL);
	rig_online();
	assert_int_equal(rig_vtd(NULL, &c), UMSI_ESTATE);
	rig_end();
}

static void create_gives_all_back_when_memory_ends(void **state)
{
	(void)state;
	for (uint32_t nth = 1; nth <= 5; nth++) {
		rig_machine(18, &mach_chaos_none, false, NULL);
		mach_fail_alloc(rig.m, nth, false);
		assert_int_equal(rig_vtd(NULL, NULL), UMSI_ENOMEM);
		mach_fail_alloc(rig.m, 0, false);
		assert_int_equal(rig_vtd(NULL, NULL), UMSI_OK);
		rig_end();
	}
}

static void apic_ids_of_32_bits(void **state)
{
	static const uint32_t ids[RIG_CPUS] = { 0, 0x100, 0x12345, 0xfffffffe };
	struct umsi_vtd_config c = { .entries = 2, .x2apic = true };
	struct function *f;

	(void)state;
	rig_machine(19, &mach_chaos_none, true, ids);
	assert_int_equal(rig_vtd(NULL, &c), UMSI_OK);
	rig_online();
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(f, 1), UMSI_OK);
	assert_int_equal(rig_irq(f, 2), UMSI_ENOINDEX);
	for (umsi_cpu i = 0; i < RIG_CPUS; i++) {
		assert_int_equal(rig_move(f->irq[0], i), UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i);
	}
	rig_end();
}

static void the_unit_stays_while_it_is_used(void **state)
{
	struct function *f;

	(void)state;
	rig_begin_vtd(20, &mach_chaos_none);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(umsi_vtd_destroy(rig.unit), UMSI_EBUSY);
	assert_int_equal(umsi_vtd_destroy(rig.root), UMSI_EINVAL);
	assert_int_equal(rig_raise(f, 0), 1);
	rig_end();
}

/* Every index, size and order: nothing of the unit is left over. */
static void churn_leaves_the_entries_balanced(void **state)
{
	struct umsi_vtd_config c = { .entries = 64 };
	struct function *f;

	(void)state;
	rig_machine(21, &mach_chaos_none, false, NULL);
	assert_int_equal(rig_vtd(NULL, &c), UMSI_OK);
	rig_online();
	f = rig_function(0, NULL, NULL);
	for (uint32_t round = 0; round < 400; round++) {
		uint32_t i = (uint32_t)mach_random(rig.m, RIG_ENTRIES);

		if (f->irq[i]) {
			mach_entry_live(f->pci, i, false);
			assert_int_equal(umsi_irq_free(rig.umsi, f->irq[i]), UMSI_OK);
			f->irq[i] = UMSI_IRQ_NONE;
		} else {
			assert_int_equal(rig_irq(f, i), UMSI_OK);
		}
	}
	umsi_irq_free_range(f->table, 0, UMSI_INDEX_LAST);
	assert_int_equal(stats().used, 0);
	rig_end();
}

/* Each unit knows its own entries only: the same handle means another interrupt behind another unit. */
static void two_units(void **state)
{
	const struct mach_vtd_config units[2] = {
		{ .phys = RIG_VTD_PHYS, .first_bus = 1, .last_bus = 3 },
		{ .phys = RIG_VTD_PHYS + 0x1000, .first_bus = 4, .last_bus = 9 },
	};
	struct umsi_vtd_config config = { .phys = RIG_VTD_PHYS + 0x1000, .entries = 16 };
	struct mach_pci_config c = { .requester_id = 0x0400 };
	struct mach_vtd *second;
	struct umsi_domain *first_unit, *second_unit;
	struct umsi_vtd_stats s;
	struct function *f, *g;

	(void)state;
	rig_machine(22, &mach_chaos_none, false, NULL);
	second = mach_vtd_add(rig.m, &units[1]);
	assert_int_equal(rig_vtd(&units[0], NULL), UMSI_OK);
	assert_int_equal(umsi_vtd_create(rig.root, &config, &second_unit), UMSI_OK);
	rig_online();
	f = rig_function(0, NULL, NULL);
	first_unit = rig.unit;
	rig.unit = second_unit;
	g = rig_function(1, &c, NULL);
	rig.unit = first_unit;
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	assert_int_equal(message_low(f, 0), message_low(g, 0));
	for (umsi_cpu i = 0; i < 8; i++) {
		assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
		assert_int_equal(rig_move(g->irq[0], (i + 1) % RIG_CPUS), UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i % RIG_CPUS);
		assert_int_equal(rig_raise(g, 0), 1);
		assert_int_equal(rig.last_cpu, (i + 1) % RIG_CPUS);
	}
	assert_int_equal(mach_vtd_passed(rig.vtd), 8);
	assert_int_equal(mach_vtd_passed(second), 8);
	mach_entry_live(g->pci, 0, false);
	assert_int_equal(umsi_device_remove(g->dev), UMSI_OK);
	g->dev = NULL;
	assert_int_equal(umsi_vtd_stats_read(second_unit, &s), UMSI_OK);
	assert_int_equal(s.used, 0);
	assert_int_equal(stats().used, 1);
	assert_int_equal(umsi_vtd_destroy(second_unit), UMSI_OK);
	rig_end();
}

static void a_timers_messages_pass_too(void **state)
{
	struct umsi_stats st;

	(void)state;
	rig_begin_vtd(24, &mach_chaos_none);
	rig_hpet();
	umsi_stats_read(rig.umsi, &st);
	assert_int_equal(st.device_writes_for_moves, 0);
	rig_end();
}

static void P_86_a_level_pin_moves_before_its_end(void **state)
{
	struct umsi_stats st;

	(void)state;
	rig_begin_vtd(23, &mach_chaos_none);
	rig_level_pin();
	umsi_stats_read(rig.umsi, &st);
	assert_int_equal(st.device_writes_for_moves, 0);
	assert_int_equal(st.unowned, 0);
	rig_end();
}

/* ---- Under fire, on a machine that reorders ---- */

static void begin(uint64_t seed)
{
	const struct mach_vtd_config unit = { .not_coherent = seed % 3 == 0, .caching_mode = seed % 5 == 0 };
	struct umsi_vtd_config c = { .entries = 64, .no_wide_exchange = seed % 2 };

	rig_machine(seed, NULL, false, NULL);
	assert_int_equal(rig_vtd(&unit, &c), UMSI_OK);
	rig_online();
}

static void nothing_blocked(void)
{
	for (uint32_t reason = 0x20; reason <= 0x26; reason++)
		assert_int_equal(mach_vtd_blocked(rig.vtd, reason), 0);
}

static void slots_are_published_before_entries(void **state)
{
	(void)state;
	fire_slow_stores(rig_begin_vtd);
}

static void an_answer_that_is_seen_late_counts(void **state)
{
	(void)state;
	fire_late_looks(rig_begin_vtd, &unit_under_fire);
}

static void moves_under_fire_lose_nothing(void **state)
{
	(void)state;
	fire_reordered(begin, nothing_blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_through_its_entry),
		cmocka_unit_test(P_57_a_move_writes_nothing_to_the_device),
		cmocka_unit_test(P_81_compatibility_messages_are_blocked),
		cmocka_unit_test(P_80_a_foreign_handle_is_blocked),
		cmocka_unit_test(P_80_a_bridges_buses_may_use_the_entry_and_no_other),
		cmocka_unit_test(P_80_an_alias_stands_for_the_device),
		cmocka_unit_test(P_80_phantom_functions_are_the_device),
		cmocka_unit_test(a_freed_entry_blocks),
		cmocka_unit_test(P_82_a_block_of_sixteen_works_and_moves),
		cmocka_unit_test(P_77_an_entry_is_never_present_without_its_owner),
		cmocka_unit_test(P_77_an_entry_is_seen_when_its_request_returns),
		cmocka_unit_test(P_84_write_back_then_invalidation_then_wait),
		cmocka_unit_test(P_83_six_sleeps),
		cmocka_unit_test(a_stalled_queue_refuses_and_recovers),
		cmocka_unit_test(a_slow_unit_resumes_after_a_silence),
		cmocka_unit_test(an_entry_that_was_not_confirmed_is_asked_again),
		cmocka_unit_test(a_refused_descriptor_is_replaced),
		cmocka_unit_test(create_refuses_what_cannot_work),
		cmocka_unit_test(create_gives_all_back_when_memory_ends),
		cmocka_unit_test(apic_ids_of_32_bits),
		cmocka_unit_test(the_unit_stays_while_it_is_used),
		cmocka_unit_test(churn_leaves_the_entries_balanced),
		cmocka_unit_test(two_units),
		cmocka_unit_test(P_86_a_level_pin_moves_before_its_end),
		cmocka_unit_test(a_timers_messages_pass_too),
		cmocka_unit_test(slots_are_published_before_entries),
		cmocka_unit_test(an_answer_that_is_seen_late_counts),
		cmocka_unit_test(moves_under_fire_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
