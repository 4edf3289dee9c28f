/* SPDX-License-Identifier: MIT */
/* PCI functions of the machine: capability, table, masks, messages, flush. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/host.h>

#include "machine/machine.h"
#include "umsi_arch.h"

#define RID	0x0810u
#define CONTROL	0x72
#define ENABLE	0x8000u
#define MASKALL	0x4000u

static struct mach *mach;
static struct mach_pci *dev;
static char *table;

static void create(uint64_t seed, const struct mach_config *config,
		   const struct mach_pci_config *function)
{
	uint64_t phys, bytes;

	mach = mach_create(seed, config);
	dev = mach_pci_add(mach, function);
	mach_pci_bar(dev, function->table_bir, &phys, &bytes);
	table = umsi_host_mmio_map(NULL, phys + function->table_offset, 16u * function->entries + 8);
}

static void start_with(uint32_t options)
{
	const struct mach_config config = { .ncpus = 2, .chaos = &mach_chaos_none };
	const struct mach_pci_config function = { .requester_id = RID, .entries = 4, .options = options };

	create(1, &config, &function);
}

static void write_entry(uint32_t n, umsi_cpu cpu, uint32_t id)
{
	uint64_t address = mach_imsic_phys(mach, cpu);

	umsi_mmio_write32(table + 16 * n, (uint32_t)address);
	umsi_mmio_write32(table + 16 * n + 4, (uint32_t)(address >> 32));
	umsi_mmio_write32(table + 16 * n + 8, id);
}

static void mask(uint32_t n, uint32_t bit)
{
	umsi_mmio_write32(table + 16 * n + 12, bit);
}

static void control(uint32_t value)
{
	umsi_host_pci_write(NULL, RID, CONTROL, 2, value);
}

/* Everything under way arrives. */
static void settle(void)
{
	assert_true(mach_run(mach));
}

static void configuration_space_is_a_function_s(void **state)
{
	uint32_t size;

	start_with(0);
	assert_int_equal(umsi_host_pci_read(NULL, RID + 8, 0, 4), UINT32_MAX);
	assert_int_equal(umsi_host_pci_read(NULL, RID + 8, 0, 2), 0xffff);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x34, 1), 0x40);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x41, 1), 0x50);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x51, 1), 0x70);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x70, 2), 0x11);
	assert_int_equal(umsi_host_pci_read(NULL, RID, CONTROL, 2), 3);
	size = umsi_host_pci_read(NULL, RID, 0x10, 4);
	umsi_host_pci_write(NULL, RID, 0x10, 4, UINT32_MAX);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x10, 4), ~0xfffu | 4);
	umsi_host_pci_write(NULL, RID, 0x10, 4, size);
	umsi_host_pci_write(NULL, RID, 0x00, 4, 0);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0x00, 2), 0x1af4);
	control(ENABLE | 0x7ff);
	assert_int_equal(umsi_host_pci_read(NULL, RID, CONTROL, 2), ENABLE | 3);
	umsi_host_pci_write(NULL, RID, CONTROL + 1, 1, 0x40);
	assert_int_equal(umsi_host_pci_read(NULL, RID, CONTROL, 2), MASKALL | 3);
	assert_null(mach_violated(mach));
	mach_destroy(mach);
	(void)state;
}

static void events_wait_behind_each_mask(void **state)
{
	start_with(0);
	assert_false(mach_pci_raise(dev, 0));
	control(ENABLE | MASKALL);
	write_entry(0, 1, 9);
	write_entry(1, 0, 8);
	mask(0, 0);
	assert_true(mach_pci_raise(dev, 0));
	assert_true(mach_pci_raise(dev, 1));
	settle();
	assert_true(mach_pci_pending(dev, 0));
	assert_int_equal(umsi_mmio_read32(table + 64), 3);
	control(ENABLE);
	settle();
	assert_true(mach_imsic_pending(mach, 1, 9));
	assert_false(mach_imsic_pending(mach, 0, 8));
	assert_int_equal(umsi_mmio_read32(table + 64), 2);
	mask(1, 0);
	settle();
	assert_true(mach_imsic_pending(mach, 0, 8));
	assert_int_equal(mach_pci_sent(dev, 1), 1);
	assert_int_equal(mach_pci_raised(dev, 1), 1);
	mach_destroy(mach);
	(void)state;
}

static void without_bus_mastering_nothing_is_sent(void **state)
{
	start_with(0);
	umsi_host_pci_write(NULL, RID, 4, 2, 2);
	control(ENABLE);
	write_entry(0, 0, 5);
	mask(0, 0);
	mach_pci_raise(dev, 0);
	settle();
	assert_false(mach_imsic_pending(mach, 0, 5));
	umsi_host_pci_write(NULL, RID, 4, 2, 6);
	settle();
	assert_true(mach_imsic_pending(mach, 0, 5));
	mach_destroy(mach);
	(void)state;
}

static void stale_entries_fire_at_once(void **state)
{
	start_with(MACH_PCI_STALE_ENTRIES);
	control(ENABLE);
	mach_pci_raise(dev, 3);
	settle();
	assert_true(mach_imsic_pending(mach, 0, 4));
	mach_destroy(mach);
	(void)state;
}

static void firmware_leaves_bits_behind(void **state)
{
	start_with(MACH_PCI_LEFT_ENABLED | MACH_PCI_LEFT_MASKALL);
	assert_int_equal(umsi_host_pci_read(NULL, RID, CONTROL, 2), ENABLE | MASKALL | 3);
	mach_destroy(mach);
	start_with(MACH_PCI_ENABLE_STUCK);
	control(ENABLE | MASKALL);
	assert_int_equal(umsi_host_pci_read(NULL, RID, CONTROL, 2), MASKALL | 3);
	mach_destroy(mach);
	(void)state;
}

static void some_tables_decode_only_while_enabled(void **state)
{
	start_with(MACH_PCI_TABLE_NEEDS_ENABLE);
	write_entry(0, 0, 5);
	assert_int_equal(umsi_mmio_read32(table + 8), UINT32_MAX);
	assert_int_equal(mach_pci_table(dev, 0, 2), 0);
	control(ENABLE | MASKALL);
	write_entry(0, 0, 5);
	assert_int_equal(umsi_mmio_read32(table + 8), 5);
	mach_destroy(mach);
	(void)state;
}

static void a_removed_function_reads_all_ones(void **state)
{
	start_with(0);
	mach_pci_remove(dev, 0);
	assert_int_equal(umsi_mmio_read32(table), UINT32_MAX);
	assert_int_equal(umsi_host_pci_read(NULL, RID, 0, 4), UINT32_MAX);
	write_entry(0, 0, 5);
	assert_false(mach_pci_raise(dev, 0));
	assert_null(mach_violated(mach));
	mach_destroy(mach);
	(void)state;
}

static void rewrite_live(void)
{
	control(ENABLE);
	write_entry(0, 0, 5);
	mask(0, 0);
	write_entry(0, 1, 6);
}

static void write_reserved_control(void)
{
	mask(0, 2);
}

static void write_pending_bits(void)
{
	umsi_mmio_write32(table + 64, 0);
}

static void write_halfword(void)
{
	umsi_hosted_mmio_write(table, 2, 0);
}

static void read_unaligned(void)
{
	umsi_hosted_mmio_read(table + 2, 4);
}

static void misaligned_address(void)
{
	umsi_mmio_write32(table, 0x1002);
}

static void decode_off(void)
{
	umsi_host_pci_write(NULL, RID, 4, 2, 0);
	assert_int_equal(umsi_mmio_read32(table), UINT32_MAX);
	assert_null(mach_violated(mach));
	mask(0, 0);
}

static void config_unaligned(void)
{
	umsi_host_pci_read(NULL, RID, 3, 2);
}

static void forbidden_accesses_are_faults(void **state)
{
	static const struct {
		void (*fn)(void);
		const char *name;
	} mistakes[] = {
		{ rewrite_live, "P-13" }, { write_reserved_control, "MODEL" },
		{ write_pending_bits, "MODEL" }, { write_halfword, "MODEL" },
		{ read_unaligned, "MODEL" }, { misaligned_address, "MODEL" },
		{ decode_off, "MODEL" }, { config_unaligned, "MODEL" },
	};

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		start_with(0);
		mistakes[i].fn();
		assert_non_null(mach_violated(mach));
		assert_string_equal(mach_violated(mach)->name, mistakes[i].name);
		mach_destroy(mach);
	}
	(void)state;
}

static void messages_must_go_to_a_file(void **state)
{
	start_with(0);
	control(ENABLE);
	umsi_mmio_write32(table, 0x5000);
	mask(0, 0);
	mach_pci_raise(dev, 0);
	assert_false(mach_run(mach));
	assert_string_equal(mach_violated(mach)->name, "I-ISO");
	mach_destroy(mach);
	(void)state;
}

/* ---- A device that samples while the words change ---- */

static enum mach_sampling sampling;
static uint32_t caching;
static int got[4];	/* old, new, (new CPU, old id), (old CPU, new id) */

static void rewrite_thread(void *arg)
{
	(void)arg;
	mach_pci_raise(dev, 0);
	umsi_mmio_write32(table + 8, 22);
	umsi_mmio_write32(table, (uint32_t)mach_imsic_phys(mach, 1));
	umsi_mmio_read32(table);
	umsi_barrier_flush_to_stamp();
}

static void count_one(int index, umsi_cpu cpu, uint32_t id)
{
	got[index] += mach_imsic_pending(mach, cpu, id);
}

static void run_rewrites(void)
{
	memset(got, 0, sizeof(got));
	for (uint64_t seed = 0; seed < 1500; seed++) {
		const struct mach_config config = { .ncpus = 2 };
		const struct mach_pci_config function = {
			.requester_id = RID, .entries = 4, .sampling = sampling,
			.options = MACH_PCI_LIVE_REWRITE | caching,
		};

		create(seed, &config, &function);
		control(ENABLE);
		write_entry(0, 0, 11);
		mask(0, 0);
		mach_thread(mach, 0, rewrite_thread, NULL);
		assert_true(mach_run(mach));
		assert_int_equal(mach_pci_sent(dev, 0), 1);
		count_one(0, 0, 11);
		count_one(1, 1, 22);
		count_one(2, 1, 11);
		count_one(3, 0, 22);
		mach_destroy(mach);
	}
	assert_int_equal(got[0] + got[1] + got[2] + got[3], 1500);
}

static void live_words_tear_in_the_order_of_sampling(void **state)
{
	caching = MACH_PCI_NO_CACHE;
	/* All at once: old data never meets the new address, as data is written first. */
	sampling = MACH_SAMPLE_TOGETHER;
	run_rewrites();
	assert_true(got[0] > 0 && got[1] > 0 && got[3] > 0);
	assert_int_equal(got[2], 0);
	sampling = MACH_SAMPLE_ADDRESS_FIRST;
	run_rewrites();
	assert_true(got[3] > 0);
	assert_int_equal(got[2], 0);
	sampling = MACH_SAMPLE_DATA_FIRST;
	run_rewrites();
	assert_true(got[2] > 0);
	(void)state;
}

static void a_cached_copy_is_sent_until_the_next_unmask(void **state)
{
	caching = MACH_PCI_CACHE;
	for (int s = MACH_SAMPLE_TOGETHER; s <= MACH_SAMPLE_DATA_FIRST; s++) {
		sampling = s;
		run_rewrites();
		assert_int_equal(got[0], 1500);
	}
	(void)state;
}

/* ---- The flush: with and without the barrier behind the read ---- */

static bool with_barrier;
static int late;

static void mask_and_flush(void *arg)
{
	mach_pci_raise(dev, 0);
	mach_delay(mach, mach_random(mach, 40));
	mask(0, 1);
	umsi_mmio_read32(table + 12);
	if (with_barrier)
		umsi_barrier_flush_to_stamp();
	/* Performed at the file: this own write queues behind it. */
	umsi_mmio_write32(*(void **)arg, 60);
	while (!mach_imsic_pending(mach, 0, 60))
		mach_delay(mach, 1);
	late += mach_pci_sent(dev, 0) && !mach_imsic_pending(mach, 0, 11);
}

static void run_flushes(void)
{
	late = 0;
	for (uint64_t seed = 0; seed < 1500; seed++) {
		const struct mach_config config = { .ncpus = 2 };
		const struct mach_pci_config function = { .requester_id = RID, .entries = 4 };
		void *page;

		create(seed, &config, &function);
		page = umsi_host_mmio_map(NULL, mach_imsic_phys(mach, 0), 4096);
		control(ENABLE);
		write_entry(0, 0, 11);
		mask(0, 0);
		mach_thread(mach, 1, mask_and_flush, &page);
		assert_true(mach_run(mach));
		mach_destroy(mach);
	}
}

static void a_read_and_its_barrier_flush_the_messages(void **state)
{
	with_barrier = true;
	run_flushes();
	assert_int_equal(late, 0);
	with_barrier = false;
	run_flushes();
	assert_true(late > 15);
	(void)state;
}

static struct umsi_lock table_lock;

static void read_under_lock(void *arg)
{
	uintptr_t state = umsi_host_lock(NULL, &table_lock);

	(void)arg;
	umsi_mmio_read32(table);
	if (with_barrier)
		umsi_barrier_flush_to_stamp();
	umsi_host_unlock(NULL, &table_lock, state);
}

static void an_unlock_does_not_order_a_device_read(void **state)
{
	for (int i = 0; i < 2; i++) {
		with_barrier = i;
		table_lock.word = 0;
		start_with(0);
		mach_thread(mach, 0, read_under_lock, NULL);
		assert_int_equal(mach_run(mach), with_barrier);
		if (!with_barrier)
			assert_string_equal(mach_violated(mach)->name, "ORD");
		mach_destroy(mach);
	}
	(void)state;
}

/* ---- Masked moves under load: nothing lost, nothing torn ---- */

static int handled_on[2];
static struct umsi_lock one_at_a_time;

static void take(void *arg, umsi_cpu cpu)
{
	uintptr_t state;
	uint32_t id;

	(void)arg;
	while ((id = (uint32_t)(umsi_hosted_csr_swap(0x15c, 0) >> 16))) {
		umsi_barrier_claim_to_handler();
		MACH_CHECK(mach, id == 11 + cpu, "TEST", "identity %u on cpu%u", id, cpu);
		handled_on[cpu]++;
		state = umsi_host_lock(NULL, &one_at_a_time);
		mach_handler_begin(dev, 0);
		mach_handler_end(dev, 0);
		umsi_host_unlock(NULL, &one_at_a_time, state);
	}
}

static int online;

static void bring_up(void *arg)
{
	(void)arg;
	mach_irq_off(mach);
	umsi_hosted_csr_swap(0x150, 0x70);
	umsi_hosted_csr_swap(0x151, 1);
	umsi_hosted_csr_swap(0x150, 0xc0);
	umsi_hosted_csr_swap(0x151, ~UINT64_C(0));
	online++;
	mach_irq_on(mach);
}

static bool all_online(void *arg)
{
	(void)arg;
	return online == 2;
}

static void move_around(void *arg)
{
	(void)arg;
	mach_wait(mach, all_online, NULL);
	control(ENABLE);
	mach_entry_live(dev, 0, true);
	mach_pci_traffic(dev, 20, 30);
	for (uint32_t i = 0; i < 20; i++) {
		mask(0, 1);
		write_entry(0, i & 1, 11 + (i & 1));
		mask(0, 0);
		umsi_mmio_read32(table);
		umsi_barrier_flush_to_stamp();
		umsi_host_relax(NULL);
	}
}

static bool masked_moves(uint64_t seed, bool lose)
{
	const struct mach_config config = { .ncpus = 2, .trap = take };
	const struct mach_pci_config function = { .requester_id = RID, .entries = 4 };
	bool fine;

	online = 0;
	create(seed, &config, &function);
	mach_thread(mach, 0, bring_up, NULL);
	if (lose)
		online++;	/* CPU 1 never enables anything */
	else
		mach_thread(mach, 1, bring_up, NULL);
	mach_thread(mach, 0, move_around, NULL);
	fine = mach_run(mach) && mach_check_quiet(mach);
	if (!fine && !lose)
		mach_report(mach, stderr, 60);
	if (!fine)
		assert_string_equal(mach_violated(mach)->name, "I-CONS");
	mach_destroy(mach);
	return fine;
}

static void masked_moves_lose_nothing(void **state)
{
	int lost = 0;

	handled_on[0] = handled_on[1] = 0;
	for (uint64_t seed = 0; seed < 500; seed++)
		assert_true(masked_moves(seed, false));
	assert_true(handled_on[0] > 500 && handled_on[1] > 500);
	for (uint64_t seed = 0; seed < 200; seed++)
		lost += !masked_moves(seed, true);
	assert_true(lost > 50);
	(void)state;
}

static void big_tables_and_other_bars(void **state)
{
	const struct mach_config config = { .ncpus = 1, .chaos = &mach_chaos_none };
	const struct mach_pci_config function = {
		.requester_id = 0x10000 | RID, .entries = 2048, .table_bir = 2, .table_offset = 0x2000,
		.pba_bir = 4, .pba_offset = 0x100,
		.bar = { [0] = { .bytes = 4096, .is64 = true }, [2] = { .bytes = 0x10000 },
			 [4] = { .bytes = 4096, .is64 = true } },
	};
	uint64_t phys, bytes;
	uint32_t *pba;

	create(1, &config, &function);
	umsi_host_pci_write(NULL, 0x10000 | RID, CONTROL, 2, ENABLE);
	write_entry(2047, 0, 33);
	mach_pci_raise(dev, 2047);
	mach_pci_bar(dev, 4, &phys, &bytes);
	pba = umsi_host_mmio_map(NULL, phys + 0x100, 256);
	assert_int_equal(umsi_mmio_read32(&pba[63]), 1u << 31);
	assert_int_equal(umsi_hosted_mmio_read(&pba[62], 8) >> 63, 1);
	mask(2047, 0);
	settle();
	assert_true(mach_imsic_pending(mach, 0, 33));
	assert_int_equal(umsi_host_pci_read(NULL, 0x10000 | RID, 0x74, 4), 0x2002);
	mach_destroy(mach);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configuration_space_is_a_function_s),
		cmocka_unit_test(events_wait_behind_each_mask),
		cmocka_unit_test(without_bus_mastering_nothing_is_sent),
		cmocka_unit_test(stale_entries_fire_at_once),
		cmocka_unit_test(firmware_leaves_bits_behind),
		cmocka_unit_test(some_tables_decode_only_while_enabled),
		cmocka_unit_test(a_removed_function_reads_all_ones),
		cmocka_unit_test(forbidden_accesses_are_faults),
		cmocka_unit_test(messages_must_go_to_a_file),
		cmocka_unit_test(live_words_tear_in_the_order_of_sampling),
		cmocka_unit_test(a_cached_copy_is_sent_until_the_next_unmask),
		cmocka_unit_test(a_read_and_its_barrier_flush_the_messages),
		cmocka_unit_test(an_unlock_does_not_order_a_device_read),
		cmocka_unit_test(masked_moves_lose_nothing),
		cmocka_unit_test(big_tables_and_other_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
