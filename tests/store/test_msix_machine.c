/* SPDX-License-Identifier: MIT */
/*
 * MSI-X tables on the machine: what devices with the habits of the bug corpus
 * (P-nn) send, keep pending, or find when the table goes. Public calls only;
 * each test runs under several seeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <umsi/device.h>
#include <umsi/imsic.h>
#include <umsi/irq.h>
#include <umsi/pci.h>
#include <umsi/umsi.h>

#include "machine.h"

#define ENTRIES		64
#define USED		4
#define SEEDS		25
#define MSIX_CONTROL	0x72
#define COMMAND		0x04

struct box {
	struct mach *m;
	struct umsi_storage storage;
	struct umsi *umsi;
	struct umsi_domain *root;
	struct mach_pci *pci;
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	umsi_irq irq[ENTRIES];
	uint32_t calls[ENTRIES];
};

static struct box box;

static void on_trap(void *arg, umsi_cpu cpu)
{
	(void)arg;
	if (box.root)
		umsi_imsic_trap(box.root, cpu);
}

static void cpu_up(void *arg)
{
	(void)arg;
	mach_irq_off(box.m);
	MACH_CHECK(box.m, umsi_cpu_online(box.umsi, mach_cpu(box.m)) == UMSI_OK, "test", "online");
	mach_irq_on(box.m);
}

static void run(void)
{
	if (!mach_run(box.m)) {
		mach_report(box.m, stderr, 40);
		fail_msg("seed %llu", (unsigned long long)mach_seed(box.m));
	}
}

static void begin(uint64_t seed, uint32_t options)
{
	const struct mach_config mc = { .ncpus = 2, .num_ids = 255, .trap = on_trap };
	const struct mach_pci_config pc = {
		.requester_id = 0x100, .entries = ENTRIES, .options = options,
	};
	const struct umsi_cpu_desc cpus[2] = { { .hw_id = 0 }, { .hw_id = 1 } };
	const struct umsi_config config = { .cpus = cpus, .ncpus = 2 };
	struct umsi_imsic_file files[2];
	const struct umsi_imsic_config imsic = {
		.files = files, .num_ids = 255, .hart_index_bits = 1,
	};
	struct umsi_device_config dc = { .name = "dev", .requester_id = 0x100 };

	box = (struct box){ 0 };
	box.m = mach_create(seed, &mc);
	mach_baseline(box.m);
	for (umsi_cpu i = 0; i < 2; i++)
		files[i].phys = mach_imsic_phys(box.m, i);
	assert_int_equal(umsi_init(&box.storage, box.m, &config, &box.umsi), UMSI_OK);
	assert_int_equal(umsi_imsic_create(box.umsi, &imsic, &box.root), UMSI_OK);
	mach_thread(box.m, 0, cpu_up, NULL);
	mach_thread(box.m, 1, cpu_up, NULL);
	run();
	box.pci = mach_pci_add(box.m, &pc);
	box.fn.requester_id = 0x100;
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(box.pci, i, &box.fn.bar[i].phys, &box.fn.bar[i].bytes);
	dc.parent = box.root;
	assert_int_equal(umsi_device_add(box.umsi, &dc, &box.dev), UMSI_OK);
}

static void remove_device(void *arg)
{
	(void)arg;
	MACH_CHECK(box.m, umsi_device_remove(box.dev) == UMSI_OK, "test", "remove");
}

static void drain(void *arg)
{
	struct umsi_stats st;

	(void)arg;
	for (unsigned int turn = 0; turn < 400; turn++) {
		mach_irq_off(box.m);
		umsi_drain_point(box.umsi);
		mach_irq_on(box.m);
		mach_delay(box.m, 100);
		umsi_stats_read(box.umsi, &st);
		if (!st.retiring)
			return;
	}
}

/* Everything goes; nothing may be left: slots, records, memory, mappings. */
static void end(void)
{
	struct umsi_stats st;

	mach_thread(box.m, 0, remove_device, NULL);
	run();
	mach_thread(box.m, 0, drain, NULL);
	mach_thread(box.m, 1, drain, NULL);
	run();
	umsi_stats_read(box.umsi, &st);
	assert_int_equal(st.irqs, 0);
	assert_int_equal(umsi_imsic_destroy(box.root), UMSI_OK);
	box.root = NULL;
	assert_int_equal(umsi_destroy(box.umsi), UMSI_OK);
	if (!mach_check_leaks(box.m)) {
		mach_report(box.m, stderr, 0);
		fail_msg("leak");
	}
	mach_destroy(box.m);
}

static enum umsi_handled on_irq(void *arg)
{
	uint32_t index = (uint32_t)(uintptr_t)arg;

	mach_handler_begin(box.pci, index);
	box.calls[index]++;
	mach_handler_end(box.pci, index);
	return UMSI_HANDLED;
}

static void request_used(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < USED; i++) {
		const struct umsi_irq_request_at at = { .first = i, .last = i };
		int status = umsi_irq_alloc(box.table, &at, &box.irq[i]);

		if (!status)
			status = umsi_irq_request(box.umsi, box.irq[i], on_irq, (void *)(uintptr_t)i,
						  "used");
		MACH_CHECK(box.m, status == UMSI_OK, "test", "entry %u: %s", i,
			   umsi_status_text(status));
		mach_entry_live(box.pci, i, true);
	}
}

static void create_and_request(void)
{
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &box.table), UMSI_OK);
	mach_thread(box.m, 0, request_used, NULL);
	run();
}

static void raise_all(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < ENTRIES; i++)
		mach_pci_raise(box.pci, i);
}

/* Every used entry delivers, every other one keeps its event behind the mask. */
static void expect_only_used_fire(void)
{
	struct umsi_stats st;

	mach_thread(box.m, 1, raise_all, NULL);
	run();
	for (uint32_t i = 0; i < ENTRIES; i++) {
		assert_int_equal(box.calls[i] > 0, i < USED);
		assert_int_equal(mach_pci_sent(box.pci, i) > 0, i < USED);
		assert_int_equal(mach_pci_pending(box.pci, i), i >= USED);
	}
	umsi_stats_read(box.umsi, &st);
	assert_int_equal(st.unowned, 0);
	assert_true(mach_check_quiet(box.m));
}

static void P_12_stale_entries_of_a_crashed_kernel_stay_silent(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, MACH_PCI_STALE_ENTRIES);
		create_and_request();
		expect_only_used_fire();
		end();
	}
}

static void P_19_P_27_failed_creations_leave_no_mapping_and_no_function_mask(void **state)
{
	(void)state;
	for (uint32_t nth = 1; nth <= 4; nth++) {
		size_t maps, allocs = 0;

		begin(nth, 0);
		maps = mach_live_maps(box.m);
		for (unsigned int again = 0; again < 250; again++) {
			mach_fail_alloc(box.m, nth, true);
			assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &box.table), UMSI_ENOMEM);
			mach_fail_alloc(box.m, 0, false);
			assert_int_equal(mach_live_maps(box.m), maps);
			assert_true(!again || mach_live_blocks(box.m) == allocs);
			allocs = mach_live_blocks(box.m);
			assert_int_equal(mach_pci_peek(box.pci, MSIX_CONTROL, 2), ENTRIES - 1);
		}
		create_and_request();
		expect_only_used_fire();
		end();
	}
}

static void P_25_no_second_table_while_one_is_on(void **state)
{
	struct umsi_table *second = NULL;

	(void)state;
	begin(1, 0);
	create_and_request();
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &second), UMSI_EEXIST);
	assert_null(second);
	expect_only_used_fire();
	end();
	begin(2, 0);
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &box.table), UMSI_OK);
	assert_int_equal(umsi_table_destroy(box.table), UMSI_OK);
	assert_int_equal(mach_pci_peek(box.pci, MSIX_CONTROL, 2), ENTRIES - 1);
	end();
}

static void P_29_a_table_that_decodes_only_while_enabled(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, MACH_PCI_TABLE_NEEDS_ENABLE | MACH_PCI_STALE_ENTRIES);
		create_and_request();
		for (uint32_t i = USED; i < ENTRIES; i++)
			assert_int_equal(mach_pci_table(box.pci, i, 3) & 1, 1);
		expect_only_used_fire();
		end();
	}
}

/* The machine calls a table write that nobody decodes a violation. */
static void P_30_teardown_after_memory_decoding_went_off(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, 0);
		create_and_request();
		for (uint32_t i = 0; i < USED; i++)
			mach_entry_live(box.pci, i, false);
		mach_pci_poke(box.pci, COMMAND, 2, 0x0400);
		end();
	}
}

static void P_30_teardown_after_the_function_was_pulled_out(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, 0);
		create_and_request();
		for (uint32_t i = 0; i < USED; i++)
			mach_entry_live(box.pci, i, false);
		mach_pci_remove(box.pci, 0);
		end();
	}
}

static void P_31_what_firmware_left_on(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		begin(seed, MACH_PCI_LEFT_ENABLED | MACH_PCI_LEFT_MASKALL);
		assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &box.table), UMSI_EEXIST);
		assert_int_equal(umsi_pci_msi_off(box.umsi, 0x100), UMSI_OK);
		assert_int_equal(mach_pci_peek(box.pci, MSIX_CONTROL, 2), ENTRIES - 1);
		create_and_request();
		expect_only_used_fire();
		end();

		begin(seed, MACH_PCI_LEFT_MASKALL);
		create_and_request();
		expect_only_used_fire();
		end();
	}
}

static void an_enable_bit_that_does_not_stick_is_refused(void **state)
{
	(void)state;
	begin(1, MACH_PCI_ENABLE_STUCK);
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &box.table), UMSI_EREFUSED);
	assert_int_equal(mach_pci_peek(box.pci, MSIX_CONTROL, 2), ENTRIES - 1);
	assert_int_equal(mach_pci_peek(box.pci, COMMAND, 2) & 0x0400, 0);
	end();
}

static void move_all(void *arg)
{
	(void)arg;
	for (unsigned int n = 0; n < 20; n++) {
		for (uint32_t i = 0; i < USED; i++) {
			const struct umsi_affinity to = {
				.kind = UMSI_AFFINITY_CPU, .cpu = (umsi_cpu)mach_random(box.m, 2),
			};
			int status = umsi_irq_set_affinity(box.umsi, box.irq[i], &to);

			MACH_CHECK(box.m, status == UMSI_OK || status == UMSI_EAGAIN, "test",
				   "move: %s", umsi_status_text(status));
		}
	}
}

/* An open entry is never rewritten (a violation of the machine), no event is lost, five writes a move. */
static void moves_under_traffic_mask_first_and_lose_nothing(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct umsi_stats st;

		begin(seed, MACH_PCI_CACHE);
		create_and_request();
		mach_pci_traffic(box.pci, 200, 5);
		mach_thread(box.m, 0, move_all, NULL);
		run();
		assert_true(mach_check_quiet(box.m));
		umsi_stats_read(box.umsi, &st);
		assert_true(st.moves > 0);
		assert_int_equal(st.device_writes_for_moves, 5 * st.moves);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_12_stale_entries_of_a_crashed_kernel_stay_silent),
		cmocka_unit_test(P_19_P_27_failed_creations_leave_no_mapping_and_no_function_mask),
		cmocka_unit_test(P_25_no_second_table_while_one_is_on),
		cmocka_unit_test(P_29_a_table_that_decodes_only_while_enabled),
		cmocka_unit_test(P_30_teardown_after_memory_decoding_went_off),
		cmocka_unit_test(P_30_teardown_after_the_function_was_pulled_out),
		cmocka_unit_test(P_31_what_firmware_left_on),
		cmocka_unit_test(an_enable_bit_that_does_not_stick_is_refused),
		cmocka_unit_test(moves_under_traffic_mask_first_and_lose_nothing),
	};

	return cmocka_run_group_tests_name("MSI-X on the machine", tests, NULL, NULL);
}
