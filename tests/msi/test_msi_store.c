/* SPDX-License-Identifier: MIT */
/* Registers of plain MSI: what a table finds, writes and puts back. P-nn: the bug corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "msi/device.h"
#include "tests/msi/box.h"

#define ENABLE		0x0001u
#define MESSAGES(log2)	((uint32_t)(log2) << 4)
#define CAPABLE(log2)	((uint32_t)(log2) << 1)
#define WIDE		0x0080u
#define MASKABLE	0x0100u
#define HIGH		(BOX_CAP + 0x8)	/* of the 64-bit form */
#define MASKS_32	(BOX_CAP + 0xc)
#define MASKS_64	(BOX_CAP + 0x10)

static void begin(struct mach_msi msi)
{
	const struct box_config c = { .seed = 1, .msi = msi, .chaos = &mach_chaos_none };

	box_begin(&c);
}

static int create(uint32_t messages)
{
	box.messages = messages;
	return umsi_pci_msi_create(box.dev, &box.fn, messages, &box.table);
}

static uint32_t bits(uint32_t n)
{
	return (uint32_t)((UINT64_C(1) << n) - 1);
}

struct registers {
	uint8_t byte[0x100];
};

static struct registers registers(void)
{
	struct registers r;

	for (uint16_t i = 0; i < sizeof(r.byte); i++)
		r.byte[i] = (uint8_t)mach_pci_peek(box.pci, i, 1);
	return r;
}

static void expect_as_found(const struct registers *found)
{
	struct registers now = registers();

	assert_memory_equal(found->byte, now.byte, sizeof(now.byte));
}

static void raise_each_once(void)
{
	for (uint32_t i = 0; i < box.messages; i++)
		assert_true(mach_pci_raise(box.pci, i));
	box_run();
	assert_true(mach_check_quiet(box.m));
}

static void expect_calls(uint32_t each)
{
	for (uint32_t i = 0; i < box.messages; i++)
		assert_int_equal(box.calls[i], each);
}

static void a_table_masks_and_counts_while_off_and_goes_without_trace(void **state)
{
	struct registers found;

	(void)state;
	begin((struct mach_msi){ .messages_log2 = 4, .wide = true, .maskable = true });
	mach_pci_poke(box.pci, MASKS_64, 4, 0x00ff00f0);
	mach_pci_poke(box.pci, HIGH, 4, 0x12345678);
	found = registers();
	assert_int_equal(create(8), UMSI_OK);
	assert_int_equal(umsi_table_size(box.table), 8);
	assert_int_equal(box_control(), CAPABLE(4) | MESSAGES(3) | WIDE | MASKABLE);
	assert_int_equal(mach_pci_peek(box.pci, MASKS_64, 4), 0x00ff00ff);
	assert_int_equal(mach_pci_peek(box.pci, HIGH, 4), 0x12345678);
	assert_int_equal(mach_pci_peek(box.pci, COMMAND, 2) & INTX_OFF, INTX_OFF);
	assert_int_equal(umsi_table_destroy(box.table), UMSI_OK);
	expect_as_found(&found);
	box_end();
}

static void intx_that_was_off_stays_off(void **state)
{
	(void)state;
	begin((struct mach_msi){ 0 });
	mach_pci_poke(box.pci, COMMAND, 2, 0x0006 | INTX_OFF);
	assert_int_equal(create(1), UMSI_OK);
	assert_int_equal(umsi_table_destroy(box.table), UMSI_OK);
	assert_int_equal(mach_pci_peek(box.pci, COMMAND, 2), 0x0006 | INTX_OFF);
	box_end();
}

/* A driver that resets its function between two requests, and no more is told the library. */
static void intx_is_off_again_when_messages_begin_after_a_reset(void **state)
{
	(void)state;
	begin((struct mach_msi){ .wide = true });
	assert_int_equal(create(1), UMSI_OK);
	assert_int_equal(box_alloc(1), UMSI_OK);
	mach_pci_poke(box.pci, COMMAND, 2, 0x0006);
	assert_int_equal(umsi_irq_request(box.umsi, box.irq[0], box_handler, NULL, "t"), UMSI_OK);
	assert_int_equal(mach_pci_peek(box.pci, COMMAND, 2), 0x0006 | INTX_OFF);
	assert_int_equal(umsi_irq_release(box.umsi, box.irq[0]), UMSI_OK);
	mach_pci_poke(box.pci, COMMAND, 2, 0x0006);
	assert_int_equal(umsi_irq_request(box.umsi, box.irq[0], box_handler, NULL, "t"), UMSI_OK);
	assert_int_equal(mach_pci_peek(box.pci, COMMAND, 2), 0x0006 | INTX_OFF);
	box_end();
}

static void it_is_enabled_from_the_first_request_to_the_last_release(void **state)
{
	(void)state;
	begin((struct mach_msi){ .messages_log2 = 1, .wide = true });
	assert_int_equal(create(2), UMSI_OK);
	assert_int_equal(box_control() & ENABLE, 0);
	assert_int_equal(box_alloc(1), UMSI_OK);
	assert_int_equal(box_control() & ENABLE, 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(umsi_irq_request(box.umsi, box.irq[i], box_handler,
						  (void *)(uintptr_t)i, "t"), UMSI_OK);
	assert_int_equal(box_control(), CAPABLE(1) | MESSAGES(1) | WIDE | ENABLE);
	assert_int_equal(umsi_irq_release(box.umsi, box.irq[0]), UMSI_OK);
	assert_int_equal(box_control() & ENABLE, ENABLE);
	assert_int_equal(umsi_irq_release(box.umsi, box.irq[1]), UMSI_OK);
	assert_int_equal(box_control() & ENABLE, 0);
	box_end();
}

/* The machine objects to mask bits that the function does not have. */
static void P_15_P_33_every_number_of_messages_masks_its_own_bits_only(void **state)
{
	(void)state;
	for (uint8_t capable = 0; capable <= 5; capable++) {
		for (uint32_t n = 1; n <= 1u << capable; n *= 2) {
			begin((struct mach_msi){ .messages_log2 = capable, .maskable = true });
			box_open(n);
			assert_int_equal(mach_pci_peek(box.pci, MASKS_32, 4), 0);
			for (uint32_t i = 0; i < n; i++) {
				assert_int_equal(umsi_irq_release(box.umsi, box.irq[i]), UMSI_OK);
				assert_int_equal(mach_pci_peek(box.pci, MASKS_32, 4), bits(i + 1));
			}
			assert_int_equal(umsi_irq_free_range(box.table, 0, UMSI_INDEX_LAST), (int)n);
			assert_int_equal(umsi_table_destroy(box.table), UMSI_OK);
			assert_int_equal(mach_pci_peek(box.pci, MASKS_32, 4), 0);
			box_end();
		}
	}
}

static void P_16_each_message_of_a_block_reaches_its_own_handler(void **state)
{
	struct umsi_msg first, msg;
	uint32_t index;

	(void)state;
	for (uint8_t log2 = 0; log2 <= 5; log2++) {
		begin((struct mach_msi){ .messages_log2 = log2, .wide = log2 & 1 });
		box_open(1u << log2);
		assert_int_equal(umsi_irq_message(box.umsi, box.irq[0], &first), UMSI_OK);
		assert_int_equal(first.data & bits(log2), 0);
		for (uint32_t i = 0; i < box.messages; i++) {
			assert_int_equal(umsi_irq_index(box.umsi, box.irq[i], &index), UMSI_OK);
			assert_int_equal(index, i);
			assert_true(umsi_irq_at(box.table, i) == box.irq[i]);
			assert_int_equal(umsi_irq_message(box.umsi, box.irq[i], &msg), UMSI_OK);
			assert_true(msg.address == first.address);
			assert_int_equal(msg.data, first.data + i);
			assert_int_equal(mach_pci_table(box.pci, i, 2), msg.data);
		}
		raise_each_once();
		expect_calls(1);
		box_end();
	}
}

/* Each allocation of a creation in turn. */
static void P_18_a_failed_creation_leaves_the_registers_as_found(void **state)
{
	uint32_t failures = 0;
	struct registers found;
	size_t blocks;

	(void)state;
	for (uint32_t nth = 1; ; nth++) {
		begin((struct mach_msi){ .messages_log2 = 5, .wide = nth % 2, .maskable = true });
		mach_pci_poke(box.pci, nth % 2 ? MASKS_64 : MASKS_32, 4, 0x10000);
		found = registers();
		mach_fail_alloc(box.m, nth, false);
		if (create(4) == UMSI_OK) {
			mach_fail_alloc(box.m, 0, false);
			box_end();
			break;
		}
		failures++;
		expect_as_found(&found);
		blocks = mach_live_blocks(box.m);
		mach_fail_alloc(box.m, 1, true);
		assert_int_equal(create(4), UMSI_ENOMEM);
		mach_fail_alloc(box.m, 0, false);
		assert_int_equal(mach_live_blocks(box.m), blocks);
		expect_as_found(&found);
		box_open(4);
		raise_each_once();
		expect_calls(1);
		box_end();
	}
	assert_true(failures >= 2);
}

static void P_18_P_21_an_address_that_does_not_fit_is_refused_before_anything_is_armed(void **state)
{
	static const struct mach_msi narrow[] = {
		{ .messages_log2 = 0 },
		{ .messages_log2 = 0, .maskable = true },
		{ .messages_log2 = 0, .wide = true, .address_bits = 40 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
		const struct box_config c = {
			.seed = 1, .msi = narrow[i], .chaos = &mach_chaos_none,
			.imsic_base = UINT64_C(0x20028000000),
		};
		struct registers found;

		box_begin(&c);
		assert_int_equal(create(1), UMSI_OK);
		found = registers();
		assert_int_equal(box_alloc(1), UMSI_OK);
		assert_int_equal(umsi_irq_request(box.umsi, box.irq[0], box_handler, NULL, "t"),
				 UMSI_ENOTSUP);
		expect_as_found(&found);
		assert_false(mach_pci_raise(box.pci, 0));
		box_end();
	}
}

static void P_21_P_28_all_64_bits_of_the_address_are_written(void **state)
{
	static const uint64_t bases[] = { 0x28000000, UINT64_C(0x1028000000) };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		const struct box_config c = {
			.seed = 1, .chaos = &mach_chaos_none, .imsic_base = bases[i / 2],
			.msi = { .wide = true, .address_bits = i % 2 ? 40 : 0 },
		};

		box_begin(&c);
		mach_pci_poke(box.pci, HIGH, 4, i % 2 ? 0x5a : 0x5a5a5a5a);
		box_open(1);
		assert_true(((uint64_t)mach_pci_table(box.pci, 0, 1) << 32 |
			     mach_pci_table(box.pci, 0, 0)) == mach_imsic_phys(box.m, 1));
		raise_each_once();
		expect_calls(1);
		box_end();
	}
}

static void P_25_msi_and_msix_exclude_each_other(void **state)
{
	const struct box_config c = {
		.seed = 1, .chaos = &mach_chaos_none, .entries = 4, .msi = { .maskable = true },
	};
	struct umsi_table *msix;
	struct registers found;

	(void)state;
	box_begin(&c);
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &msix), UMSI_OK);
	found = registers();
	assert_int_equal(create(1), UMSI_EEXIST);
	expect_as_found(&found);
	assert_int_equal(umsi_table_destroy(msix), UMSI_OK);
	/* Not even enabled yet. */
	assert_int_equal(create(1), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &msix), UMSI_EEXIST);
	assert_int_equal(umsi_table_destroy(box.table), UMSI_OK);
	box_open(1);
	assert_int_equal(umsi_pci_msix_create(box.dev, &box.fn, &msix), UMSI_EEXIST);
	raise_each_once();
	expect_calls(1);
	box_end();
}

static void P_26_a_second_table_is_refused_and_the_first_still_delivers(void **state)
{
	struct umsi_table *second = NULL;
	struct registers found;

	(void)state;
	for (unsigned int open = 0; open < 2; open++) {
		begin((struct mach_msi){ .messages_log2 = 2 });
		if (open)
			box_open(4);
		else
			assert_int_equal(create(4), UMSI_OK);
		found = registers();
		assert_int_equal(umsi_pci_msi_create(box.dev, &box.fn, 2, &second), UMSI_EEXIST);
		assert_null(second);
		expect_as_found(&found);
		for (uint32_t nth = 1; nth <= 4; nth++) {
			mach_fail_alloc(box.m, nth, true);
			assert_int_not_equal(umsi_pci_msi_create(box.dev, &box.fn, 2, &second), UMSI_OK);
			mach_fail_alloc(box.m, 0, false);
			assert_null(second);
			expect_as_found(&found);
		}
		if (open) {
			raise_each_once();
			expect_calls(1);
		}
		box_end();
	}
}

static void numbers_of_messages_it_does_not_have_are_refused(void **state)
{
	static const uint32_t wrong[] = { 0, 3, 5, 6, 7, 8, 16, 32, 64, UINT32_C(1) << 31, UINT32_MAX };
	struct registers found;

	(void)state;
	begin((struct mach_msi){ .messages_log2 = 2, .wide = true, .maskable = true });
	found = registers();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(create(wrong[i]), UMSI_ERANGE);
	box.messages = 0;
	expect_as_found(&found);
	assert_int_equal(umsi_pci_msi_create(NULL, &box.fn, 1, &box.table), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msi_create(box.dev, NULL, 1, &box.table), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msi_create(box.dev, &box.other_fn, 1, &box.table), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msi_create(box.dev, &box.fn, 1, NULL), UMSI_EINVAL);
	box_end();
}

static void a_malformed_capability_is_refused_with_its_reason(void **state)
{
	struct umsi_pci_msi_cap cap;

	(void)state;
	begin((struct mach_msi){ .messages_log2 = 3, .wide = true });
	assert_int_equal(umsi_pci_msi_probe(box.umsi, &box.fn, &cap), UMSI_OK);
	assert_int_equal(cap.offset, BOX_CAP);
	assert_int_equal(cap.messages_log2, 3);
	assert_true(cap.wide && !cap.maskable);
	for (uint32_t log2 = 6; log2 <= 7; log2++) {
		mach_pci_poke(box.pci, BOX_CAP + 2, 2, CAPABLE(log2));
		assert_int_equal(create(1), UMSI_ECAP_MESSAGES);
	}
	/* At 0xf4 there is room for the shortest form only. */
	mach_pci_poke(box.pci, 0x51, 1, 0xf4);
	mach_pci_poke(box.pci, 0xf4, 2, 0x0005);
	for (uint32_t form = 0; form < 4; form++) {
		mach_pci_poke(box.pci, 0xf6, 2, (form & 1 ? WIDE : 0) | (form & 2 ? MASKABLE : 0));
		assert_int_equal(umsi_pci_msi_probe(box.umsi, &box.fn, &cap), form ? UMSI_ECAP_SIZE : UMSI_OK);
	}
	assert_int_equal(cap.offset, 0xf4);
	mach_pci_poke(box.pci, 0x51, 1, 0);
	assert_int_equal(create(1), UMSI_ECAP_NONE);
	box.messages = 0;
	box_end();
}

static void what_firmware_left_on_is_refused_switched_off_and_then_taken(void **state)
{
	(void)state;
	begin((struct mach_msi){ .left_enabled = true, .maskable = true });
	assert_int_equal(create(1), UMSI_EEXIST);
	assert_int_equal(box_control() & ENABLE, ENABLE);
	assert_int_equal(umsi_pci_msi_off(box.umsi, BOX_ID), UMSI_OK);
	assert_int_equal(box_control() & ENABLE, 0);
	box_open(1);
	raise_each_once();
	expect_calls(1);
	box_end();
}

static void an_enable_bit_that_does_not_stick_is_refused(void **state)
{
	(void)state;
	begin((struct mach_msi){ .enable_stuck = true });
	assert_int_equal(create(1), UMSI_OK);
	assert_int_equal(box_alloc(1), UMSI_OK);
	assert_int_equal(umsi_irq_request(box.umsi, box.irq[0], box_handler, NULL, "t"), UMSI_EREFUSED);
	box_end();
}

static void what_happens_behind_the_mask_is_sent_when_it_opens(void **state)
{
	(void)state;
	begin((struct mach_msi){ .messages_log2 = 3, .wide = true, .maskable = true });
	box_open(8);
	assert_int_equal(umsi_irq_release(box.umsi, box.irq[5]), UMSI_OK);
	assert_false(box.table->ops->pending(box.table->store, 5, 0));
	assert_true(mach_pci_raise(box.pci, 5));
	assert_true(mach_pci_raise(box.pci, 6));
	box_run();
	assert_true(box.table->ops->pending(box.table->store, 5, 0));
	assert_false(box.table->ops->pending(box.table->store, 6, 0));
	assert_int_equal(box.calls[5], 0);
	assert_int_equal(box.calls[6], 1);
	assert_int_equal(umsi_irq_request(box.umsi, box.irq[5], box_handler, (void *)(uintptr_t)5, "t"),
			 UMSI_OK);
	box_run();
	assert_int_equal(box.calls[5], 1);
	assert_false(box.table->ops->pending(box.table->store, 5, 0));
	box_end();
}

static void what_happens_while_all_is_closed_waits_for_the_next_request(void **state)
{
	(void)state;
	begin((struct mach_msi){ .messages_log2 = 1, .maskable = true });
	box_open(2);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(umsi_irq_release(box.umsi, box.irq[i]), UMSI_OK);
	for (uint32_t i = 0; i < 2; i++)
		assert_true(mach_pci_raise(box.pci, i));
	box_run();
	expect_calls(0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(umsi_irq_request(box.umsi, box.irq[i], box_handler,
						  (void *)(uintptr_t)i, "t"), UMSI_OK);
		box_run();
		assert_int_equal(box.calls[i], 1);
	}
	box_end();
}

/* With the same number free over there, only the address changes. */
static void P_48_a_move_takes_effect_without_a_write_of_control(void **state)
{
	struct umsi_stats before, after;

	(void)state;
	begin((struct mach_msi){ .messages_log2 = 3, .wide = true });
	box_open(8);
	for (umsi_cpu cpu = 2; cpu < BOX_CPUS; cpu++) {
		umsi_stats_read(box.umsi, &before);
		assert_int_equal(box_move(box.irq[3], cpu), UMSI_OK);
		umsi_stats_read(box.umsi, &after);
		assert_int_equal(after.device_writes_for_moves - before.device_writes_for_moves, 1);
		for (uint32_t i = 0; i < 8; i++)
			assert_int_equal(umsi_irq_effective_cpu(box.umsi, box.irq[i]), cpu);
		raise_each_once();
		expect_calls(cpu - 1);
		assert_int_equal(box.last_cpu, cpu);
	}
	box_end();
}

static void teardown_of_a_function_that_left_ends(void **state)
{
	(void)state;
	for (unsigned int maskable = 0; maskable < 2; maskable++) {
		begin((struct mach_msi){ .messages_log2 = 3, .maskable = maskable });
		box_open(8);
		mach_pci_remove(box.pci, 0);
		assert_int_equal(box_move(box.irq[0], 3), UMSI_EGONE);
		assert_int_equal(umsi_irq_free_range(box.table, 0, UMSI_INDEX_LAST), 8);
		box_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_masks_and_counts_while_off_and_goes_without_trace),
		cmocka_unit_test(intx_that_was_off_stays_off),
		cmocka_unit_test(intx_is_off_again_when_messages_begin_after_a_reset),
		cmocka_unit_test(it_is_enabled_from_the_first_request_to_the_last_release),
		cmocka_unit_test(P_15_P_33_every_number_of_messages_masks_its_own_bits_only),
		cmocka_unit_test(P_16_each_message_of_a_block_reaches_its_own_handler),
		cmocka_unit_test(P_18_a_failed_creation_leaves_the_registers_as_found),
		cmocka_unit_test(P_18_P_21_an_address_that_does_not_fit_is_refused_before_anything_is_armed),
		cmocka_unit_test(P_21_P_28_all_64_bits_of_the_address_are_written),
		cmocka_unit_test(P_25_msi_and_msix_exclude_each_other),
		cmocka_unit_test(P_26_a_second_table_is_refused_and_the_first_still_delivers),
		cmocka_unit_test(numbers_of_messages_it_does_not_have_are_refused),
		cmocka_unit_test(a_malformed_capability_is_refused_with_its_reason),
		cmocka_unit_test(what_firmware_left_on_is_refused_switched_off_and_then_taken),
		cmocka_unit_test(an_enable_bit_that_does_not_stick_is_refused),
		cmocka_unit_test(what_happens_behind_the_mask_is_sent_when_it_opens),
		cmocka_unit_test(what_happens_while_all_is_closed_waits_for_the_next_request),
		cmocka_unit_test(P_48_a_move_takes_effect_without_a_write_of_control),
		cmocka_unit_test(teardown_of_a_function_that_left_ends),
	};

	return cmocka_run_group_tests_name("plain MSI: registers", tests, NULL, NULL);
}
