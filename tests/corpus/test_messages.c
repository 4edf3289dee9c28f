/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about what a function is told, when, and what it may have on the way. */
#include "rig.h"

#define CONTROL	0x72u		/* of the MSI-X capability */
#define TABLE	0x74u
#define PBA	0x78u

/* ---- P-12 ---- */

static void P_12_of_64_stale_entries_only_the_four_in_use_fire(void **state)
{
	const struct mach_pci_config stale = { .entries = 64, .options = MACH_PCI_STALE_ENTRIES };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct function *f;

		rig_begin(&(struct rig_config){ .seed = seed, .wild = true });
		f = rig_function(0, &stale);
		assert_int_equal(rig_msix(f), UMSI_OK);
		for (uint32_t i = 0; i < 4; i++)
			rig_open(f, i, UMSI_CPU_NONE);
		for (uint32_t i = 0; i < 64; i++)
			assert_true(mach_pci_raise(f->pci, i));
		rig_run();
		for (uint32_t i = 0; i < 64; i++) {
			assert_int_equal(mach_pci_pending(f->pci, i), i >= 4);
			assert_int_equal(mach_pci_sent(f->pci, i), i < 4);
			assert_int_equal(f->line[i].calls, i < 4);
		}
		assert_int_equal(rig_stats().unowned, 0);
		rig_end();
	}
}

/* ---- P-13: the machine calls a write to an entry that is open a violation, and counts events ---- */

static void move_a_thousand_times(void *arg)
{
	struct line *l = arg;
	uint32_t done = 0;

	while (done < 1000) {
		umsi_cpu to = (umsi_cpu)mach_random(rig.m, rig.cpus);
		int status = rig_target(l) == to ? UMSI_EAGAIN : rig_move(l, to);

		MACH_CHECK(rig.m, !status || status == UMSI_EAGAIN, "I-API", "move: %s", umsi_status_text(status));
		done += !status;
	}
}

static void P_13_a_thousand_moves_never_rewrite_an_open_entry(void **state)
{
	const struct mach_pci_config caching = { .entries = 4, .options = MACH_PCI_CACHE };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct function *f;

		rig_begin(&(struct rig_config){ .seed = seed, .wild = true, .max_steps = 20000000 });
		f = rig_function(0, &caching);
		assert_int_equal(rig_msix(f), UMSI_OK);
		rig_open(f, 0, 1);
		mach_pci_traffic(f->pci, 3000, 30);
		mach_thread(rig.m, 0, move_a_thousand_times, &f->line[0]);
		rig_run();
		assert_int_equal(rig_stats().moves, 1000);
		rig_end();
	}
}

/* ---- P-14 ---- */

/* Freed, and raised by the device at the very next step. */
static void free_and_raise(void *arg)
{
	struct line *l = arg;

	MACH_CHECK(rig.m, rig_free(l) == UMSI_OK, "I-API", "free");
	mach_pci_raise(l->f->pci, l->index);
	l->irq = UMSI_IRQ_NONE;
}

static void P_14_a_mask_has_landed_when_its_vector_is_freed(void **state)
{
	const struct mach_pci_config one = { .entries = 4 };
	struct mach_chaos posted = mach_chaos_none;

	(void)state;
	posted.post_now = 0;
	posted.post_max = 50;
	for (uint64_t seed = 1; seed <= 50; seed++) {
		struct function *f;
		uint64_t sent;

		rig_begin(&(struct rig_config){ .seed = seed, .chaos = &posted });
		f = rig_function(0, &one);
		assert_int_equal(rig_msix(f), UMSI_OK);
		assert_int_equal(rig_raise(rig_open(f, 0, 1)), 1);
		sent = mach_pci_sent(f->pci, 0);
		mach_thread(rig.m, 0, free_and_raise, &f->line[0]);
		rig_run();
		assert_int_equal(mach_pci_sent(f->pci, 0), sent);
		assert_true(mach_pci_pending(f->pci, 0));
		assert_int_equal(f->line[0].calls, 1);
		rig_end();
	}
}

/* ---- P-17 ---- */

static umsi_irq seventeen[17];

static int allocate_seventeen(struct function *f)
{
	const struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	int status = rig_msix(f);

	for (uint32_t i = 0; i < 17 && !status; i++) {
		uint64_t set = 1u << i % 4 | 1u << i % 3;
		struct umsi_irq_request_at one = at;

		one.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_SET, .set = { &set, 4 } };
		status = umsi_irq_alloc(f->table, &one, &seventeen[i]);
		f->line[i].irq = status ? UMSI_IRQ_NONE : seventeen[i];
		if (!status)
			status = rig_request(&f->line[i]);
	}
	return status;
}

/* The n-th allocation of memory fails, once or for ever. True: there was no n-th. */
static bool fail_the(uint32_t nth, bool for_ever)
{
	const struct mach_pci_config c = { .entries = 17 };
	struct function *f;
	size_t maps;
	int status;

	rig_begin(&(struct rig_config){ 0 });
	f = rig_function(0, &c);
	maps = mach_live_maps(rig.m);
	mach_fail_alloc(rig.m, nth, for_ever);
	status = allocate_seventeen(f);
	mach_fail_alloc(rig.m, 0, false);
	if (status) {
		uint32_t irqs = rig_stats().irqs;

		assert_int_equal(status, UMSI_ENOMEM);
		assert_int_equal(rig_stats().records, irqs);
		for (uint32_t i = f->table ? irqs : 17; i < 17; i++)
			assert_int_equal(rig_alloc(f, i, UMSI_CPU_NONE), UMSI_OK);
		for (uint32_t i = 0; i < (f->table ? 17 : 0); i++)
			assert_int_equal(rig_free(&f->line[i]), UMSI_OK);
		if (f->table)
			assert_int_equal(umsi_table_destroy(f->table), UMSI_OK);
		f->table = NULL;
		rig_drain();
		for (umsi_cpu cpu = 0; cpu < 4; cpu++)
			assert_int_equal(rig_free_slots(cpu), rig.ids - RIG_SYSTEM_IDS);
		assert_int_equal(mach_live_maps(rig.m), maps);
		assert_int_equal(mach_pci_peek(f->pci, CONTROL, 2), 16);
		for (uint32_t i = 0; i < 17; i++)
			mach_entry_reborn(f->pci, i);
		assert_int_equal(allocate_seventeen(f), UMSI_OK);
	}
	for (uint32_t i = 0; i < 17; i++)
		assert_int_equal(rig_raise(&f->line[i]), 1);
	rig_end();
	return status == UMSI_OK;
}

static void P_17_every_allocation_of_seventeen_vectors_fails_in_turn(void **state)
{
	uint32_t nth = 1;

	(void)state;
	while (nth < 100 && !fail_the(nth, false))
		nth++;
	assert_true(nth > 6 && nth < 100);
	for (nth = 1; nth < 100 && !fail_the(nth, true); nth++)
		;
	assert_true(nth < 100);
}

/* Memory is plenty, slots are there for ten. */
static void P_17_what_the_eleventh_of_seventeen_took_goes_back(void **state)
{
	const struct mach_pci_config c = { .entries = 17 };
	struct function *f;

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	for (umsi_cpu cpu = 0; cpu < 4; cpu++)
		rig_fill(cpu, rig.ids - RIG_SYSTEM_IDS - (cpu ? 0 : 10));
	f = rig_function(0, &c);
	for (unsigned int round = 0; round < 3; round++) {
		uint32_t before = rig_stats().irqs;

		assert_int_equal(rig_msix(f), UMSI_OK);
		for (uint32_t i = 0; i < 17; i++)
			assert_int_equal(rig_alloc(f, i, UMSI_CPU_NONE), i < 10 ? UMSI_OK : UMSI_ENOSLOT);
		assert_int_equal(rig_stats().irqs, before + 10);
		assert_int_equal(rig_stats().records, before + 10);
		for (uint32_t i = 0; i < 10; i++) {
			assert_int_equal(rig_request(&f->line[i]), UMSI_OK);
			assert_int_equal(rig_raise(&f->line[i]), 1);
			assert_int_equal(rig_free(&f->line[i]), UMSI_OK);
			mach_entry_reborn(f->pci, i);
		}
		assert_int_equal(umsi_table_destroy(f->table), UMSI_OK);
		rig_drain();
		assert_int_equal(rig_free_slots(0), 10);
		assert_int_equal(rig_stats().records, before);
	}
	rig_end();
}

/* ---- P-22, P-23: where the table is said to lie ---- */

static const struct mach_pci_config far_table = {
	.entries = 64, .table_bir = 2, .table_offset = 0x2000, .pba_bir = 2, .pba_offset = 0x3000,
	.bar = { { .bytes = 0x1000, .is64 = true }, [2] = { .bytes = 0x4000 }, [4] = { .bytes = 0x100, .io = true } },
};

static void P_23_a_bir_counts_registers_not_bars(void **state)
{
	struct function *f;
	struct umsi_pci_msix_cap cap;
	uint64_t phys, bytes;

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	f = rig_function(0, &far_table);
	assert_int_equal(mach_pci_peek(f->pci, TABLE, 4), 0x2002);
	assert_int_equal(umsi_pci_msix_probe(rig.umsi, &f->fn, &cap), UMSI_OK);
	assert_int_equal(cap.table_bir, 2);
	assert_int_equal(cap.table_offset, 0x2000);
	mach_pci_bar(f->pci, 2, &phys, &bytes);
	assert_true(f->fn.bar[2].phys == phys && bytes == 0x4000);
	assert_int_equal(rig_msix(f), UMSI_OK);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(mach_pci_table(f->pci, i, 3) & 1, 1);
	assert_int_equal(rig_raise(rig_open(f, 0, 2)), 1);
	assert_int_equal(rig_raise(rig_open(f, 63, 3)), 1);
	rig_end();
}

static void P_22_a_bogus_place_is_refused_before_anything_is_mapped(void **state)
{
	static const struct {
		uint32_t table, pba;
		int status;
		const char *what;
	} bogus[] = {
		{ 0x0003, 0x3002, UMSI_ECAP_BAR, "empty BAR" },
		{ 0x0004, 0x3002, UMSI_ECAP_BIR, "I/O BAR" },
		{ 0x0001, 0x3002, UMSI_ECAP_BAR, "upper half of a 64-bit BAR" },
		{ 0x2006, 0x3002, UMSI_ECAP_BIR, "reserved 6" },
		{ 0x2007, 0x3002, UMSI_ECAP_BIR, "reserved 7" },
		{ 0x3c0a, 0x2002, UMSI_ECAP_TABLE, "table past the end" },
		{ 0x4002, 0x3002, UMSI_ECAP_TABLE, "table behind its BAR" },
		{ 0xfffffffa, 0x3002, UMSI_ECAP_TABLE, "table far away" },
		{ 0x2002, 0x3ffa, UMSI_OK, "PBA ends with its BAR" },
		{ 0x2002, 0x4002, UMSI_ECAP_PBA, "PBA past the end" },
		{ 0x2002, 0x0003, UMSI_ECAP_BAR, "PBA in an empty BAR" },
		{ 0x2002, 0x3006, UMSI_ECAP_BIR, "PBA in reserved 6" },
		{ 0x2002, 0x2002, UMSI_ECAP_OVERLAP, "PBA on the table" },
		{ 0x2002, 0x23fa, UMSI_ECAP_OVERLAP, "PBA on the last entry" },
	};

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	rig_function(0, &far_table);
	for (size_t i = 0; i < sizeof(bogus) / sizeof(bogus[0]); i++) {
		struct function *f = &rig.f[0];
		uint64_t allocs, touched = mach_pci_reads(f->pci) + mach_pci_writes(f->pci);
		int status;

		mach_pci_poke(f->pci, TABLE, 4, bogus[i].table);
		mach_pci_poke(f->pci, PBA, 4, bogus[i].pba);
		allocs = mach_allocs(rig.m);
		status = rig_msix(f);
		if (status != bogus[i].status)
			fail_msg("%s: %s", bogus[i].what, umsi_status_text(status));
		if (!status) {
			assert_int_equal(umsi_table_destroy(f->table), UMSI_OK);
			continue;
		}
		assert_true(mach_allocs(rig.m) == allocs);
		assert_true(mach_pci_reads(f->pci) + mach_pci_writes(f->pci) == touched);
		assert_int_equal(mach_pci_peek(f->pci, CONTROL, 2), 63);
	}
	mach_pci_poke(rig.f[0].pci, TABLE, 4, 0x2002);
	mach_pci_poke(rig.f[0].pci, PBA, 4, 0x3002);
	assert_int_equal(rig_msix(&rig.f[0]), UMSI_OK);
	assert_int_equal(rig_raise(rig_open(&rig.f[0], 5, 1)), 1);
	rig_end();
}

/* ---- P-26 ---- */

static void P_26_a_second_enable_fails_at_each_step_and_the_first_delivers(void **state)
{
	const struct mach_pci_config c = { .entries = 8 };
	struct umsi_table *first;
	struct function *f;

	(void)state;
	rig_begin(&(struct rig_config){ 0 });
	f = rig_function(0, &c);
	assert_int_equal(rig_msix(f), UMSI_OK);
	first = f->table;
	rig_open(f, 2, 1);
	assert_int_equal(rig_msix(f), UMSI_EEXIST);
	for (uint32_t nth = 1; nth <= 6; nth++) {
		size_t maps = mach_live_maps(rig.m), blocks = mach_live_blocks(rig.m);
		uint32_t control = mach_pci_peek(f->pci, CONTROL, 2);

		mach_fail_alloc(rig.m, nth, true);
		assert_int_equal(rig_msix(f), nth == 1 ? UMSI_ENOMEM : UMSI_EEXIST);
		mach_fail_alloc(rig.m, 0, false);
		assert_true(f->table == first);
		assert_int_equal(mach_live_maps(rig.m), maps);
		assert_int_equal(mach_live_blocks(rig.m), blocks);
		assert_int_equal(mach_pci_peek(f->pci, CONTROL, 2), control);
		assert_int_equal(mach_pci_table(f->pci, 2, 3) & 1, 0);
		assert_int_equal(rig_raise(&f->line[2]), 1);
	}
	rig_end();
}

/* ---- P-49 ---- */

static struct {
	bool requested;
} starting;

static enum umsi_handled on_three(void *arg)
{
	MACH_CHECK(rig.m, mach_cpu(rig.m) == 3, "I-ROUTE", "delivered on %u", mach_cpu(rig.m));
	return rig_handler(arg);
}

static void raise_all_the_while(void *arg)
{
	struct line *l = arg;

	while (!starting.requested) {
		mach_pci_raise(l->f->pci, l->index);
		mach_delay(rig.m, 1 + mach_random(rig.m, 3));
	}
	mach_pci_raise(l->f->pci, l->index);
}

static void start_on_three(void *arg)
{
	struct line *l = arg;

	MACH_CHECK(rig.m, rig_move(l, 3) == UMSI_OK, "I-API", "move");
	mach_entry_live(l->f->pci, l->index, true);
	MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, l->irq, on_three, l, "l") == UMSI_OK, "I-API", "request");
	starting.requested = true;
}

static void P_49_the_first_message_goes_where_it_was_aimed_before_the_start(void **state)
{
	const struct mach_pci_config c = { .entries = 4 };

	(void)state;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct function *f;

		rig_begin(&(struct rig_config){ .seed = seed, .wild = true });
		f = rig_function(0, &c);
		assert_int_equal(rig_msix(f), UMSI_OK);
		assert_int_equal(rig_alloc(f, 0, 1), UMSI_OK);
		/* It had a life on CPU 1: that message stands in the entry. */
		assert_int_equal(rig_request(&f->line[0]), UMSI_OK);
		assert_int_equal(rig_raise(&f->line[0]), 1);
		assert_int_equal(umsi_irq_release(rig.umsi, f->line[0].irq), UMSI_OK);
		starting.requested = false;
		mach_thread(rig.m, 0, raise_all_the_while, &f->line[0]);
		mach_thread(rig.m, 2, start_on_three, &f->line[0]);
		rig_run();
		assert_true(f->line[0].calls >= 2);
		rig_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_12_of_64_stale_entries_only_the_four_in_use_fire),
		cmocka_unit_test(P_13_a_thousand_moves_never_rewrite_an_open_entry),
		cmocka_unit_test(P_14_a_mask_has_landed_when_its_vector_is_freed),
		cmocka_unit_test(P_17_every_allocation_of_seventeen_vectors_fails_in_turn),
		cmocka_unit_test(P_17_what_the_eleventh_of_seventeen_took_goes_back),
		cmocka_unit_test(P_22_a_bogus_place_is_refused_before_anything_is_mapped),
		cmocka_unit_test(P_23_a_bir_counts_registers_not_bars),
		cmocka_unit_test(P_26_a_second_enable_fails_at_each_step_and_the_first_delivers),
		cmocka_unit_test(P_49_the_first_message_goes_where_it_was_aimed_before_the_start),
	};

	return cmocka_run_group_tests_name("corpus: messages", tests, NULL, NULL);
}
