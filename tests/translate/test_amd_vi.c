/* SPDX-License-Identifier: MIT */
/* AMD-Vi interrupt remapping on the machine; bugs by their ids. */
#include "fire.h"
#include "silence.h"

#define BASE	UINT64_C(0xfee00000)

static struct umsi_amd_vi_stats stats(void)
{
	struct umsi_amd_vi_stats s;

	assert_int_equal(umsi_amd_vi_stats_read(rig.unit, &s), UMSI_OK);
	return s;
}

/* Selects a table for interrupts. */
static bool remaps(uint16_t requester_id)
{
	return (mach_amd_vi_device_entry(rig.amd, requester_id) >> 60 & 3) == 2;
}

static void a_message_arrives_and_moves_without_the_device(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct function *f;
		uint64_t writes;

		rig_begin_amd(1, &mach_chaos_none, wide);
		f = rig_function(0, NULL, NULL);
		assert_int_equal(rig_irq(f, 3), UMSI_OK);
		assert_int_equal(mach_pci_table(f->pci, 3, 0), BASE);
		assert_int_equal(rig_raise(f, 3), 1);
		writes = mach_pci_writes(f->pci);
		for (umsi_cpu i = 1; i <= 3 * RIG_CPUS; i++) {
			assert_int_equal(rig_move(f->irq[3], i % RIG_CPUS), UMSI_OK);
			assert_int_equal(mach_pci_target(f->pci, 3), i % RIG_CPUS);
			assert_int_equal(rig_raise(f, 3), 1);
			assert_int_equal(rig.last_cpu, i % RIG_CPUS);
		}
		assert_int_equal(mach_pci_writes(f->pci), writes);
		assert_int_equal(stats().used, 1);
		assert_int_equal(stats().tables, 1);
		rig_end();
	}
}

static void need_event(uint32_t requester_id)
{
	struct umsi_amd_vi_event event;

	assert_int_equal(umsi_amd_vi_event_take(rig.unit, &event), UMSI_OK);
	assert_true(event.interrupt);
	assert_int_equal(event.code, 2);
	assert_int_equal(event.requester_id, requester_id);
	assert_non_null(event.what);
	assert_int_equal(umsi_amd_vi_event_take(rig.unit, &event), UMSI_ENOENT);
}

/* P-82: the index says nothing without the sender; B's index from A is A's own entry, or nobody's. */
static void P_82_another_devices_index_is_not_reached(void **state)
{
	struct function *f, *g;

	(void)state;
	rig_begin_amd(2, &mach_chaos_none, false);
	f = rig_function(0, NULL, NULL);
	g = rig_function(1, NULL, NULL);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(rig_irq(f, i), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	mach_pci_send(g->pci, BASE, mach_pci_table(f->pci, 2, 2));
	need_event(0x108);
	for (uint32_t data = 0; data < 2048; data++)
		mach_pci_send(g->pci, BASE, data);
	rig_run();
	assert_int_equal(g->calls[0], 1);
	assert_int_equal(f->calls[0] + f->calls[1] + f->calls[2], 0);
	assert_int_equal(mach_amd_vi_blocked(rig.amd), 2048);
	rig_end();
}

/* P-82: freed by one, taken by the next: an old message does not reach it. */
static void P_82_a_reused_index_belongs_to_its_device_only(void **state)
{
	struct function *f, *g;

	(void)state;
	rig_begin_amd(3, &mach_chaos_none, false);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	mach_entry_live(f->pci, 0, false);
	assert_int_equal(umsi_irq_free(rig.umsi, f->irq[0]), UMSI_OK);
	g = rig_function(1, NULL, NULL);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	mach_pci_send(f->pci, BASE, 0);
	rig_run();
	need_event(0x100);
	assert_int_equal(f->calls[0], 1);
	assert_int_equal(g->calls[0], 0);
	rig_end();
}

/* P-81: a function that was never given a table sends every vector, mode and trigger. */
static void P_81_a_function_without_a_table_is_blocked(void **state)
{
	const struct mach_pci_config c = { .requester_id = 0x0301, .entries = 1 };
	struct umsi_amd_vi_event event;
	struct mach_pci *stranger;
	struct function *f;
	uint32_t sent = 0;

	(void)state;
	rig_begin_amd(4, &mach_chaos_none, false);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	stranger = mach_pci_add(rig.m, &c);
	for (uint32_t vector = 0; vector < 256; vector++)
		for (uint32_t mode = 0; mode < 8; mode++)
			for (uint32_t level = 0; level < 2; level++, sent++)
				mach_pci_send(stranger, BASE | (vector & 3) << 12, vector | mode << 8 | level << 15);
	rig_run();
	assert_int_equal(mach_amd_vi_blocked(rig.amd), sent);
	for (uint32_t i = 0; i < 255; i++)
		assert_int_equal(umsi_amd_vi_event_take(rig.unit, &event), UMSI_OK);
	assert_int_equal(umsi_amd_vi_event_take(rig.unit, &event), UMSI_ENOENT);
	assert_int_equal(stats().overflows, 1);
	mach_pci_send(stranger, BASE, 0x31);
	need_event(0x0301);
	assert_int_equal(rig_raise(f, 0), 1);
	rig_end();
}

/* Two functions behind one id, added and removed in every order. */
static void P_68_aliased_functions_share_one_table_to_the_last(void **state)
{
	const struct umsi_requester alias = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x0700 };
	struct mach_pci_config c[2] = {
		{ .requester_id = 0x0808, .sends_as = 0x0700 }, { .requester_id = 0x0810, .sends_as = 0x0700 },
	};

	(void)state;
	for (uint32_t order = 0; order < 8; order++) {
		uint32_t first = order & 1, gone = order >> 1 & 1, again = order >> 2 & 1;
		struct function *f, *g;

		rig_begin_amd(5, &mach_chaos_none, order % 3 == 0);
		f = rig_function(first, &c[first], &alias);
		assert_int_equal(rig_irq(f, 0), UMSI_OK);
		assert_true(remaps(0x0700));
		assert_false(remaps(c[first].requester_id));
		g = rig_function(!first, &c[!first], &alias);
		assert_int_equal(rig_irq(g, 0), UMSI_OK);
		assert_int_equal(stats().tables, 1);
		assert_int_equal(stats().used, 2);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig_raise(g, 0), 1);
		mach_entry_live(rig.f[gone].pci, 0, false);
		assert_int_equal(umsi_device_remove(rig.f[gone].dev), UMSI_OK);
		rig.f[gone].dev = NULL;
		assert_true(remaps(0x0700));
		assert_int_equal(rig_raise(&rig.f[!gone], 0), 1);
		if (again) {
			rig_function(gone, &c[gone], &alias);
			assert_int_equal(rig_irq(&rig.f[gone], 0), UMSI_OK);
			assert_int_equal(rig_raise(&rig.f[gone], 0), 1);
		}
		for (uint32_t i = 0; i < 2; i++) {
			if (!rig.f[i].dev)
				continue;
			mach_entry_live(rig.f[i].pci, 0, false);
			assert_int_equal(umsi_device_remove(rig.f[i].dev), UMSI_OK);
			rig.f[i].dev = NULL;
		}
		assert_false(remaps(0x0700));
		assert_int_equal(stats().tables, 0);
		rig_end();
	}
}

/* A function's own id, and what a bridge makes of its neighbours', select one table. */
static void behind_a_bridge_own_id_and_the_bridges(void **state)
{
	const struct umsi_requester buses = { .kind = UMSI_REQUESTER_BUSES, .first_bus = 4, .last_bus = 5 };
	struct mach_pci_config c[2] = {
		{ .requester_id = 0x0408 }, { .requester_id = 0x0510, .sends_as = 0x0400 },
	};
	struct function *f, *g;

	(void)state;
	rig_begin_amd(6, &mach_chaos_none, false);
	f = rig_function(0, &c[0], &buses);
	g = rig_function(1, &c[1], &buses);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	assert_int_equal(rig_irq(g, 0), UMSI_OK);
	assert_int_equal(stats().tables, 1);
	for (umsi_cpu i = 0; i < 8; i++) {
		assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
		assert_int_equal(rig_move(g->irq[0], (i + 1) % RIG_CPUS), UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i % RIG_CPUS);
		assert_int_equal(rig_raise(g, 0), 1);
		assert_int_equal(rig.last_cpu, (i + 1) % RIG_CPUS);
	}
	mach_entry_live(f->pci, 0, false);
	assert_int_equal(umsi_device_remove(f->dev), UMSI_OK);
	f->dev = NULL;
	assert_false(remaps(0x0408));
	assert_true(remaps(0x0400));
	assert_int_equal(rig_raise(g, 0), 1);
	rig_end();
}

static void P_80_phantom_functions_are_the_device(void **state)
{
	const struct umsi_requester phantom = { .phantom_bits = 2 };
	struct mach_pci_config c = { .requester_id = 0x0901, .sends_as = 0x0907 };
	struct function *f;

	(void)state;
	rig_begin_amd(7, &mach_chaos_none, false);
	f = rig_function(0, &c, &phantom);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	for (uint16_t n = 0; n < 8; n++)
		assert_int_equal(remaps((uint16_t)(0x0900 + n)), n & 1);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(rig_move(f->irq[0], 3), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	assert_int_equal(rig.last_cpu, 3);
	rig_end();
}

static void P_82_many_messages_in_per_device_tables(void **state)
{
	struct mach_pci_config c = { .msi = { .present = true, .messages_log2 = 5 } };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct function *f;

	(void)state;
	rig_begin_amd(8, &mach_chaos_none, true);
	f = rig_function(0, &c, NULL);
	assert_int_equal(umsi_irq_alloc_block(f->table, &at, 32, f->irq), UMSI_OK);
	for (uint32_t i = 0; i < 32; i++) {
		rig.call[0][i] = (struct call){ f, i };
		if (i != 5)
			assert_int_equal(umsi_irq_request(rig.umsi, f->irq[i], rig_handler, &rig.call[0][i],
							  "block"), UMSI_OK);
	}
	for (umsi_cpu cpu = 0; cpu < 8; cpu++) {
		assert_int_equal(rig_move(f->irq[cpu], cpu % RIG_CPUS), UMSI_OK);
		for (uint32_t i = 0; i < 32; i++) {
			assert_int_equal(rig_raise(f, i), i != 5);
			assert_int_equal(rig.last_cpu, cpu % RIG_CPUS);
		}
	}
	assert_int_equal(mach_amd_vi_blocked(rig.amd), 8);
	rig_end();
}

/* P-79: the valid bit after a thousand updates; P-78: no message uses a mixture (the machine would say so). */
static void P_79_a_thousand_updates(void **state)
{
	(void)state;
	for (int wide = 0; wide < 2; wide++) {
		struct function *f;

		rig_begin_amd(9, &mach_chaos_none, wide);
		f = rig_function(0, NULL, NULL);
		assert_int_equal(rig_irq(f, 0), UMSI_OK);
		for (umsi_cpu i = 0; i < 1000; i++) {
			assert_int_equal(rig_move(f->irq[0], i % RIG_CPUS), UMSI_OK);
			if (i % 50 == 0)
				assert_int_equal(rig_raise(f, 0), 1);
		}
		assert_int_equal(rig_raise(f, 0), 1);
		rig_end();
	}
}

static void begin_narrow(uint64_t seed, const struct mach_chaos *chaos)
{
	rig_begin_amd(seed, chaos, false);
}

static void power_cycle(void)
{
	mach_amd_vi_power_cycle(rig.amd);
}

static bool enabled(void)
{
	return mach_amd_vi_enabled(rig.amd);
}

static void stall(bool on)
{
	mach_amd_vi_stall(rig.amd, on);
}

static void refuse(uint32_t nth)
{
	mach_amd_vi_refuse(rig.amd, nth);
}

static const struct fire_unit unit_under_fire = { power_cycle, enabled, umsi_amd_vi_resume, stall, refuse };

static void P_83_six_sleeps(void **state)
{
	(void)state;
	rig_begin_amd(10, &mach_chaos_none, true);
	fire_six_sleeps(&unit_under_fire);
	rig_end();
}

static void a_slow_unit_resumes_after_a_silence(void **state)
{
	(void)state;
	silence_before_a_slow_resume(begin_narrow, &unit_under_fire);
}

static void a_stalled_buffer_refuses_and_recovers(void **state)
{
	(void)state;
	begin_narrow(11, &mach_chaos_none);
	silence_refuses_and_recovers(&unit_under_fire);
	assert_int_equal(stats().lost, 1);
	rig_end();
}

static void a_refused_command_is_replaced(void **state)
{
	(void)state;
	for (uint32_t nth = 1; nth <= 4; nth++) {
		begin_narrow(13, &mach_chaos_none);
		silence_after_a_refusal(&unit_under_fire, nth);
		assert_int_equal(stats().timeouts, 1);
		rig_end();
	}
}

/* More requests than the ring holds: the one that finds no room says so, in bounded time. */
static void a_full_buffer_is_bounded(void **state)
{
	struct function *f;
	umsi_cpu at;

	(void)state;
	rig_begin_amd(12, &mach_chaos_none, false);
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	at = umsi_irq_effective_cpu(rig.umsi, f->irq[0]);
	mach_amd_vi_stall(rig.amd, true);
	for (int i = 0; i < 300; i++)
		assert_int_equal(rig_move(f->irq[0], (at + 1) % RIG_CPUS), UMSI_ETIMEOUT);
	mach_amd_vi_stall(rig.amd, false);
	rig_run();
	assert_int_equal(rig_move(f->irq[0], (at + 1) % RIG_CPUS), UMSI_OK);
	assert_int_equal(rig_raise(f, 0), 1);
	rig_end();
}

static void create_refuses_what_cannot_work(void **state)
{
	const struct mach_amd_vi_config no_ga = { .no_ga = true, .no_xt = true }, no_xt = { .no_xt = true };
	struct umsi_amd_vi_config c = { .phys = RIG_AMD_PHYS + 0x1000, .last_bus = 1 };

	(void)state;
	rig_machine(14, &mach_chaos_none, false, NULL);
	assert_int_equal(rig_amd(NULL, &c), UMSI_EINVAL);
	c = (struct umsi_amd_vi_config){ .last_bus = 1 };
	mach_amd_vi_deaf(rig.amd, true);
	assert_int_equal(rig_amd(NULL, &c), UMSI_ETIMEOUT);
	rig_end();

	rig_machine(14, &mach_chaos_none, false, NULL);
	c.wide_entries = true;
	assert_int_equal(rig_amd(&no_ga, &c), UMSI_ENOTSUP);
	c.wide_entries = false;
	assert_int_equal(rig_amd(NULL, &c), UMSI_OK);
	rig_end();

	rig_machine(14, &mach_chaos_none, true, NULL);
	c.x2apic = true;
	assert_int_equal(rig_amd(&no_xt, &c), UMSI_ENOTSUP);
	rig_end();

	rig_machine(14, &mach_chaos_none, true, NULL);
	rig_online();
	assert_int_equal(rig_amd(NULL, &c), UMSI_ESTATE);
	rig_end();
}

static int try_device(const struct umsi_requester *as, uint32_t requester_id, struct umsi_table **table)
{
	struct umsi_device_config dc = { .name = "x", .parent = rig.unit, .requester_id = requester_id };
	struct function *f = &rig.f[3];
	struct mach_pci_config c = { .requester_id = requester_id, .entries = 4 };
	int status;

	if (as)
		dc.messages_as = *as;
	if (!f->pci)
		f->pci = mach_pci_add(rig.m, &c);
	f->fn.requester_id = requester_id;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(f->pci, i, &f->fn.bar[i].phys, &f->fn.bar[i].bytes);
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &f->dev), UMSI_OK);
	status = umsi_pci_msix_create(f->dev, &f->fn, table);
	if (status) {
		assert_int_equal(umsi_device_remove(f->dev), UMSI_OK);
		f->dev = NULL;
	}
	return status;
}

/* The table of a device cannot come: nothing of it is left. */
static void attaching_fails_cleanly(void **state)
{
	const struct umsi_requester beyond = { .kind = UMSI_REQUESTER_ALIAS, .alias = 0x2000 };
	struct umsi_table *table;
	uint64_t asked;

	(void)state;
	rig_begin_amd(15, &mach_chaos_none, false);
	assert_int_equal(try_device(&beyond, 0x300, &table), UMSI_ERANGE);
	/* How many allocations a table asks for, and each of them failing. */
	asked = mach_allocs(rig.m);
	assert_int_equal(try_device(NULL, 0x300, &table), UMSI_OK);
	asked = mach_allocs(rig.m) - asked;
	assert_int_equal(umsi_device_remove(rig.f[3].dev), UMSI_OK);
	rig.f[3].dev = NULL;
	for (uint64_t nth = 1; nth <= asked; nth++) {
		mach_fail_alloc(rig.m, nth, false);
		if (try_device(NULL, 0x300, &table) == UMSI_OK) {
			assert_int_equal(umsi_device_remove(rig.f[3].dev), UMSI_OK);
			rig.f[3].dev = NULL;
		}
		mach_fail_alloc(rig.m, 0, false);
		assert_int_equal(stats().tables, 0);
	}
	mach_amd_vi_stall(rig.amd, true);
	assert_int_equal(try_device(NULL, 0x300, &table), UMSI_ETIMEOUT);
	assert_int_equal(stats().tables, 0);
	mach_amd_vi_stall(rig.amd, false);
	rig_run();
	assert_int_equal(try_device(NULL, 0x300, &table), UMSI_OK);
	/* The memory that the unit may have gone on reading is lost, and the log says so. */
	assert_true(mach_logged(rig.m, UMSI_LOG_ERROR) >= 2);
	assert_int_equal(umsi_device_remove(rig.f[3].dev), UMSI_OK);
	rig.f[3].dev = NULL;
	assert_int_equal(umsi_amd_vi_destroy(rig.unit), UMSI_OK);
	assert_int_equal(umsi_lapic_destroy(rig.root), UMSI_OK);
	assert_int_equal(umsi_destroy(rig.umsi), UMSI_OK);
	mach_destroy(rig.m);
}

static void apic_ids_of_32_bits(void **state)
{
	static const uint32_t ids[RIG_CPUS] = { 0, 0x100, 0x1234567, 0xfffffffe };
	struct umsi_amd_vi_config c = { .last_bus = 15, .x2apic = true };
	struct function *f;

	(void)state;
	rig_machine(16, &mach_chaos_none, true, ids);
	assert_int_equal(rig_amd(NULL, &c), UMSI_OK);
	rig_online();
	f = rig_function(0, NULL, NULL);
	assert_int_equal(rig_irq(f, 0), UMSI_OK);
	for (umsi_cpu i = 0; i < RIG_CPUS; i++) {
		assert_int_equal(rig_move(f->irq[0], i), UMSI_OK);
		assert_int_equal(rig_raise(f, 0), 1);
		assert_int_equal(rig.last_cpu, i);
	}
	rig_end();
}

static void a_table_of_two_thousand(void **state)
{
	const struct mach_amd_vi_config small = { .no_2k = true };
	struct mach_pci_config c = { .entries = 2047 };
	struct umsi_device_config dc = { .name = "big" };
	struct umsi_pci_function fn = { .requester_id = 0x100 };
	struct function *f;
	struct umsi_table *table;
	struct umsi_device *dev;

	(void)state;
	rig_begin_amd(17, &mach_chaos_none, false);
	f = rig_function(0, &c, NULL);
	assert_int_equal(rig_irq(f, 31), UMSI_OK);
	assert_int_equal(mach_pci_table(f->pci, 31, 0), BASE | 4);
	assert_int_equal(rig_raise(f, 31), 1);
	assert_int_equal(stats().entries, 2048);
	rig_end();

	rig_machine(17, &mach_chaos_none, false, NULL);
	assert_int_equal(rig_amd(&small, NULL), UMSI_OK);
	dc.parent = rig.unit;
	dc.requester_id = 0x100;
	f = &rig.f[0];
	c.requester_id = 0x100;
	f->pci = mach_pci_add(rig.m, &c);
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(f->pci, i, &fn.bar[i].phys, &fn.bar[i].bytes);
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_ENOINDEX);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

static void system_interrupts_pass_where_they_were_let(void **state)
{
	(void)state;
	rig_begin_amd(18, &mach_chaos_none, false);
	assert_int_equal(umsi_amd_vi_pass(rig.unit, 0xa0, 0xd7), UMSI_OK);
	assert_int_equal(mach_amd_vi_device_entry(rig.amd, 0xa0), UINT64_C(0xc700000000000001));
	assert_int_equal(umsi_amd_vi_pass(rig.unit, 0x1000, 0xd7), UMSI_ERANGE);
	assert_int_equal(umsi_amd_vi_pass(rig.root, 0xa0, 0xd7), UMSI_EINVAL);
	rig_end();
}

static void a_timers_messages_pass_too(void **state)
{
	struct umsi_stats st;

	(void)state;
	rig_begin_amd(24, &mach_chaos_none, true);
	rig_hpet();
	umsi_stats_read(rig.umsi, &st);
	assert_int_equal(st.device_writes_for_moves, 0);
	rig_end();
}

static void P_86_a_level_pin_moves_before_its_end(void **state)
{
	struct umsi_stats st;

	(void)state;
	rig_begin_amd(23, &mach_chaos_none, false);
	rig_level_pin();
	umsi_stats_read(rig.umsi, &st);
	assert_int_equal(st.device_writes_for_moves, 0);
	assert_int_equal(st.unowned, 0);
	rig_end();
}

/* ---- Under fire, on a machine that reorders ---- */

static void begin(uint64_t seed)
{
	const struct mach_amd_vi_config unit = { .no_all = seed % 8 == 0 };
	struct umsi_amd_vi_config c = { .last_bus = 1, .wide_entries = seed % 2 };

	rig_machine(seed, NULL, false, NULL);
	assert_int_equal(rig_amd(&unit, &c), UMSI_OK);
	rig_online();
}

static void nothing_blocked(void)
{
	assert_int_equal(mach_amd_vi_blocked(rig.amd), 0);
}

static void slots_are_published_before_entries(void **state)
{
	(void)state;
	fire_slow_stores(begin_narrow);
}

/* Between two CPUs, where its vector of the other one is a neighbour's. */
static void to_and_fro(void *arg)
{
	struct function *f = arg;

	for (umsi_cpu i = 1; i <= 100; i++)
		MACH_CHECK(rig.m, rig_move(f->irq[0], i % 2) == UMSI_OK, "I-API", "move");
}

/* P-79: an entry of 128 bits is read between any two stores. */
static void P_79_no_message_meets_half_an_entry(void **state)
{
	struct mach_chaos switching = mach_chaos_none;

	(void)state;
	switching.burst = 1;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct function *f, *neighbours;

		rig_begin_amd(seed, &switching, true);
		f = rig_function(0, NULL, NULL);
		neighbours = rig_function(1, NULL, NULL);
		assert_int_equal(rig_irq(f, 0), UMSI_OK);
		assert_int_equal(rig_move(f->irq[0], 0), UMSI_OK);
		for (uint32_t i = 0; i < 8; i++) {
			assert_int_equal(rig_irq(neighbours, i), UMSI_OK);
			assert_int_equal(rig_move(neighbours->irq[i], i % 2), UMSI_OK);
		}
		mach_pci_traffic(f->pci, 4000, 6);
		mach_thread(rig.m, 2, to_and_fro, f);
		rig_run();
		assert_true(f->calls[0] > 40);
		for (uint32_t i = 0; i < 8; i++)
			assert_int_equal(neighbours->calls[i], 0);
		rig_end();
	}
}

static void P_78_moves_under_fire_lose_nothing(void **state)
{
	(void)state;
	fire_reordered(begin, nothing_blocked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_and_moves_without_the_device),
		cmocka_unit_test(P_82_another_devices_index_is_not_reached),
		cmocka_unit_test(P_82_a_reused_index_belongs_to_its_device_only),
		cmocka_unit_test(P_81_a_function_without_a_table_is_blocked),
		cmocka_unit_test(P_68_aliased_functions_share_one_table_to_the_last),
		cmocka_unit_test(behind_a_bridge_own_id_and_the_bridges),
		cmocka_unit_test(P_80_phantom_functions_are_the_device),
		cmocka_unit_test(P_82_many_messages_in_per_device_tables),
		cmocka_unit_test(P_79_a_thousand_updates),
		cmocka_unit_test(P_83_six_sleeps),
		cmocka_unit_test(a_stalled_buffer_refuses_and_recovers),
		cmocka_unit_test(a_slow_unit_resumes_after_a_silence),
		cmocka_unit_test(a_full_buffer_is_bounded),
		cmocka_unit_test(a_refused_command_is_replaced),
		cmocka_unit_test(create_refuses_what_cannot_work),
		cmocka_unit_test(attaching_fails_cleanly),
		cmocka_unit_test(apic_ids_of_32_bits),
		cmocka_unit_test(a_table_of_two_thousand),
		cmocka_unit_test(system_interrupts_pass_where_they_were_let),
		cmocka_unit_test(P_86_a_level_pin_moves_before_its_end),
		cmocka_unit_test(a_timers_messages_pass_too),
		cmocka_unit_test(slots_are_published_before_entries),
		cmocka_unit_test(P_79_no_message_meets_half_an_entry),
		cmocka_unit_test(P_78_moves_under_fire_lose_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
