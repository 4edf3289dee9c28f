/* SPDX-License-Identifier: MIT */
/* The register sequences of an MSI-X table: creation, its ops, its end. P-nn: the bug corpus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <umsi/pci.h>

#include "msi/device.h"
#include "tests/pci/fake_pci.h"

#define CONTROL		(FAKE_CAP + 2)
#define MSI_CONTROL	(0x50 + 2)
#define COMMAND		0x04
#define ENABLE		0x8000
#define FUNCTION_MASK	0x4000
#define INTX_OFF	0x0400

static struct umsi *m;
static struct umsi_device *dev;
static struct umsi_table *table;

static void begin(uint32_t entries)
{
	fake_reset(entries);
	dev = fake_device(&m);
	table = NULL;
}

static void end(void)
{
	fake_device_remove(m, dev);
}

static int create(void)
{
	return umsi_pci_msix_create(dev, &fake.fn, &table);
}

static uint32_t control_of(uint32_t entry)
{
	return fake.table[entry * 4 + 3];
}

static void creation_enables_masks_all_and_opens_the_function(void **state)
{
	(void)state;
	begin(64);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(umsi_table_size(table), 64);
	assert_int_equal(fake_get16(CONTROL) & (ENABLE | FUNCTION_MASK), ENABLE);
	assert_int_equal(fake_get16(COMMAND), 0x0006 | INTX_OFF);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(control_of(i), 1);
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL), 63);
	assert_int_equal(fake_get16(COMMAND), 0x0006);
	assert_int_equal(fake.undecoded, 0);
	end();
}

static void P_12_stale_open_entries_are_masked_before_the_function_is_opened(void **state)
{
	(void)state;
	begin(64);
	for (uint32_t i = 0; i < 64; i++) {
		fake.table[i * 4] = 0xfee00000;
		fake.table[i * 4 + 2] = 0x4000 + i;
		fake.table[i * 4 + 3] = 0;
	}
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(fake.armed_unmasked, 0);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(control_of(i), 1);
	end();
}

/* Each allocation and mapping of a creation in turn. */
static void P_19_P_27_a_failed_creation_leaves_everything_as_found(void **state)
{
	uint32_t failures = 0;

	(void)state;
	for (uint32_t nth = 1; ; nth++) {
		uint8_t config[sizeof(fake.config)];
		uint32_t entries[64 * 4];
		int maps, status;

		begin(64);
		fake_set16(CONTROL, 63 | (nth % 2 ? FUNCTION_MASK : 0));
		for (uint32_t i = 0; i < 64; i++)
			fake.table[i * 4 + 3] = i % 3 ? 0x00050001 : 0x00070000;
		memcpy(config, fake.config, sizeof(config));
		memcpy(entries, fake.table, sizeof(entries));
		maps = fake.live_maps;
		fake.fail_alloc = fake.allocations + nth;
		status = create();
		if (status == UMSI_OK) {
			end();
			break;
		}
		assert_int_equal(status, UMSI_ENOMEM);
		assert_memory_equal(config, fake.config, sizeof(config));
		assert_memory_equal(entries, fake.table, sizeof(entries));
		assert_int_equal(fake.live_maps, maps);
		assert_null(table);
		failures++;
		fake.fail_alloc = 0;
		assert_int_equal(create(), UMSI_OK);
		end();
	}
	assert_true(failures >= 4);
}

static void P_19_a_thousand_failed_creations_leak_no_mapping(void **state)
{
	(void)state;
	begin(64);
	fake.enable_stuck = true;
	for (unsigned int n = 0; n < 1000; n++) {
		assert_int_equal(create(), UMSI_EREFUSED);
		assert_int_equal(fake.live_maps, 0);
	}
	assert_int_equal(fake_get16(CONTROL), 63);
	assert_int_equal(fake_get16(COMMAND), 0x0006);
	end();
}

static void P_22_a_bogus_bir_maps_nothing_and_leaves_the_function_usable(void **state)
{
	(void)state;
	begin(64);
	fake_set32(FAKE_CAP + 4, 0x3);
	assert_int_equal(create(), UMSI_ECAP_BAR);
	assert_int_equal(fake.live_maps, 0);
	assert_int_equal(fake.mmio_reads + fake.mmio_writes + fake.config_writes, 0);
	fake_set32(FAKE_CAP + 4, 0x0);
	assert_int_equal(create(), UMSI_OK);
	end();
}

static void P_24_every_table_size_up_to_2048_works(void **state)
{
	static const uint32_t sizes[] = { 1, 2, 63, 64, 65, 2047, 2048 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		begin(sizes[i]);
		if (sizes[i] < 1024)
			fake.table[sizes[i] * 4] = 0xabcdef01;	/* behind the table: not ours */
		fake_set32(FAKE_CAP + 8, 0x2);
		assert_int_equal(create(), UMSI_OK);
		assert_int_equal(umsi_table_size(table), sizes[i]);
		assert_int_equal(control_of(sizes[i] - 1), 1);
		if (sizes[i] < 1024)
			assert_int_equal(fake.table[sizes[i] * 4], 0xabcdef01);
		end();
	}
}

static void P_25_msi_and_msix_exclude_each_other(void **state)
{
	(void)state;
	begin(64);
	fake_set16(MSI_CONTROL, 0x0001);
	assert_int_equal(create(), UMSI_EEXIST);
	assert_int_equal(fake.config_writes, 0);
	fake_set16(MSI_CONTROL, 0x0000);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(create(), UMSI_EEXIST);
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL) & ENABLE, 0);
	end();
}

/* 2,048 entries and all reserved bits: with enable and mask it would read as if nobody were there. */
static void a_control_of_ones_is_refused_untouched(void **state)
{
	(void)state;
	begin(2048);
	fake_set16(CONTROL, 0x3fff);
	assert_int_equal(create(), UMSI_EGONE);
	assert_int_equal(fake.config_writes, 0);
	fake_set16(CONTROL, 0x37ff);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	end();
}

/* The fake counts accesses that nobody decodes. */
static void P_29_the_table_is_touched_only_while_enabled(void **state)
{
	(void)state;
	begin(64);
	fake.table_needs_enable = true;
	for (uint32_t i = 0; i < 64; i++)
		fake.table[i * 4 + 3] = 0;
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(fake.undecoded, 0);
	assert_int_equal(fake.armed_unmasked, 0);
	assert_int_equal(control_of(63), 1);
	end();
	assert_int_equal(fake.undecoded, 0);
}

static const struct umsi_msg message = { UINT64_C(0x12380001000), 17 };

static void open_entry(uint32_t index)
{
	assert_int_equal(table->ops->mask(table->store, index, 0), 1);
	assert_int_equal(table->ops->write(table->store, index, 0, &message), 3);
	assert_int_equal(table->ops->unmask(table->store, index, 0), 1);
}

static void P_30_teardown_with_decoding_off_leaves_the_table_alone(void **state)
{
	uint32_t writes, reads;

	(void)state;
	begin(64);
	assert_int_equal(create(), UMSI_OK);
	open_entry(3);
	writes = fake.mmio_writes;
	reads = fake.mmio_reads;
	assert_true(table->ops->reachable(table->store));
	fake_set16(COMMAND, 0x0004 | INTX_OFF);
	assert_false(table->ops->reachable(table->store));
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake.mmio_writes, writes);
	assert_int_equal(fake.mmio_reads, reads);
	assert_int_equal(fake.undecoded, 0);
	assert_int_equal(fake_get16(CONTROL), 63);
	assert_int_equal(fake_get16(COMMAND), 0x0004);
	end();
}

static void P_30_teardown_of_a_function_that_left_ends(void **state)
{
	uint32_t config_writes;

	(void)state;
	begin(64);
	assert_int_equal(create(), UMSI_OK);
	open_entry(3);
	fake.gone = true;
	config_writes = fake.config_writes;
	assert_false(table->ops->reachable(table->store));
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake.config_writes, config_writes);
	assert_int_equal(fake.undecoded, 0);
	end();
}

static void P_31_what_firmware_left_on_is_refused_switched_off_and_then_taken(void **state)
{
	(void)state;
	begin(64);
	fake_set16(CONTROL, 63 | ENABLE | FUNCTION_MASK);
	fake_set16(MSI_CONTROL, 0x0081);
	assert_int_equal(create(), UMSI_EEXIST);
	assert_int_equal(fake.config_writes, 0);
	assert_int_equal(umsi_pci_msi_off(m, FAKE_RID), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL), 63);
	assert_int_equal(fake_get16(MSI_CONTROL), 0x0080);
	assert_int_equal(fake.config_writes, 2);
	assert_int_equal(umsi_pci_msi_off(m, FAKE_RID), UMSI_OK);
	assert_int_equal(fake.config_writes, 2);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL), 63 | ENABLE);
	end();
}

static void P_31_a_left_function_mask_does_not_stay(void **state)
{
	(void)state;
	begin(64);
	fake_set16(CONTROL, 63 | FUNCTION_MASK);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL), 63 | ENABLE);
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake_get16(CONTROL), 63);
	end();
}

static void switching_off_names_what_is_wrong(void **state)
{
	(void)state;
	begin(64);
	assert_int_equal(umsi_pci_msi_off(NULL, FAKE_RID), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msi_off(m, FAKE_RID + 1), UMSI_ECAP_GONE);
	fake.config[0x51] = 0x40;
	assert_int_equal(umsi_pci_msi_off(m, FAKE_RID), UMSI_ECAP_LOOP);
	assert_int_equal(fake.config_writes, 0);
	end();
}

static void creation_is_refused_before_anything_is_touched(void **state)
{
	(void)state;
	begin(64);
	assert_int_equal(umsi_pci_msix_create(NULL, &fake.fn, &table), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msix_create(dev, NULL, &table), UMSI_EINVAL);
	assert_int_equal(umsi_pci_msix_create(dev, &fake.fn, NULL), UMSI_EINVAL);
	fake.fn.requester_id++;
	assert_int_equal(create(), UMSI_EINVAL);
	fake.fn.requester_id--;
	fake_set16(COMMAND, 0x0004);
	assert_int_equal(create(), UMSI_ESTATE);
	assert_int_equal(fake.config_writes + fake.mmio_reads + fake.mmio_writes, 0);
	end();
}

/* Whenever it goes during creation: EGONE, nothing leaked, no loop. */
static void a_function_that_leaves_during_creation_is_gone(void **state)
{
	(void)state;
	for (uint32_t n = 1; n <= 65; n++) {
		int allocations;

		begin(64);
		allocations = fake.live_allocations;
		fake.gone_after_reads = n;
		assert_int_equal(create(), UMSI_EGONE);
		assert_int_equal(fake.live_allocations, allocations);
		assert_int_equal(fake.live_maps, 0);
		end();
	}
}

/* The BAR answers all-ones while configuration space is fine. */
static void a_table_nobody_answers_for_is_gone_and_the_registers_are_as_found(void **state)
{
	(void)state;
	begin(64);
	memset(fake.table, 0xff, 64 * 16);
	assert_int_equal(create(), UMSI_EGONE);
	assert_int_equal(fake_get16(CONTROL), 63);
	assert_int_equal(fake_get16(COMMAND), 0x0006);
	end();
}

static void INTx_that_was_off_stays_off(void **state)
{
	(void)state;
	begin(64);
	fake_set16(COMMAND, 0x0006 | INTX_OFF);
	assert_int_equal(create(), UMSI_OK);
	assert_int_equal(umsi_table_destroy(table), UMSI_OK);
	assert_int_equal(fake_get16(COMMAND), 0x0006 | INTX_OFF);
	end();
}

static void ops_write_the_entry_and_keep_its_other_bits(void **state)
{
	struct umsi_msg other = { 0x28002000, 42 };

	(void)state;
	begin(64);
	fake.table[5 * 4 + 3] = 0x12340001;	/* a steering tag */
	assert_int_equal(create(), UMSI_OK);
	open_entry(5);
	assert_int_equal(fake.table[5 * 4 + 0], 0x80001000);
	assert_int_equal(fake.table[5 * 4 + 1], 0x123);
	assert_int_equal(fake.table[5 * 4 + 2], 17);
	assert_int_equal(control_of(5), 0x12340000);

	/* A move: masked throughout, five writes, one read. */
	assert_int_equal(table->ops->mask(table->store, 5, 0), 1);
	assert_int_equal(control_of(5), 0x12340001);
	assert_int_equal(table->ops->write(table->store, 5, 0, &other), 3);
	assert_int_equal(table->ops->unmask(table->store, 5, 0), 1);
	fake.mmio_reads = 0;
	assert_int_equal(table->ops->settle(table->store, 5, 0), UMSI_OK);
	assert_int_equal(fake.mmio_reads, 1);
	assert_int_equal(fake.table[5 * 4 + 0], 0x28002000);
	assert_int_equal(fake.table[5 * 4 + 1], 0);
	assert_int_equal(fake.table[5 * 4 + 2], 42);
	assert_int_equal(control_of(5), 0x12340000);
	assert_int_equal(fake.open_writes, 0);
	assert_int_equal(control_of(4), 1);
	assert_int_equal(control_of(6), 1);

	/* Again, whatever came before. */
	open_entry(5);
	open_entry(5);
	assert_int_equal(fake.open_writes, 0);
	end();
}

/* A function-level reset clears the command register: the flush of a move says that it proves nothing. */
static void a_flush_during_a_reset_proves_nothing(void **state)
{
	(void)state;
	begin(64);
	assert_int_equal(create(), UMSI_OK);
	open_entry(5);
	fake_set16(COMMAND, 0x0000);
	assert_false(table->ops->reachable(table->store));
	assert_int_equal(table->ops->settle(table->store, 5, 0), UMSI_EGONE);
	fake_set16(COMMAND, 0x0006);
	assert_true(table->ops->reachable(table->store));
	assert_int_equal(table->ops->settle(table->store, 5, 0), UMSI_OK);
	end();
}

static void pending_reads_the_bit_of_that_entry(void **state)
{
	(void)state;
	begin(128);
	assert_int_equal(create(), UMSI_OK);
	for (uint32_t i = 0; i < 128; i += 13)
		open_entry(i);
	fake.pba[65 / 32] = 1u << 65 % 32;
	fake.pba[0] = UINT32_MAX;
	assert_true(table->ops->pending(table->store, 0, 0));
	assert_true(table->ops->pending(table->store, 65, 0));
	assert_false(table->ops->pending(table->store, 78, 0));
	assert_false(table->ops->pending(table->store, 39, 0));
	fake.gone = true;
	assert_false(table->ops->pending(table->store, 0, 0));
	assert_false(table->ops->pending(table->store, 65, 0));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(creation_enables_masks_all_and_opens_the_function),
		cmocka_unit_test(P_12_stale_open_entries_are_masked_before_the_function_is_opened),
		cmocka_unit_test(P_19_P_27_a_failed_creation_leaves_everything_as_found),
		cmocka_unit_test(P_19_a_thousand_failed_creations_leak_no_mapping),
		cmocka_unit_test(a_control_of_ones_is_refused_untouched),
		cmocka_unit_test(P_22_a_bogus_bir_maps_nothing_and_leaves_the_function_usable),
		cmocka_unit_test(P_24_every_table_size_up_to_2048_works),
		cmocka_unit_test(P_25_msi_and_msix_exclude_each_other),
		cmocka_unit_test(P_29_the_table_is_touched_only_while_enabled),
		cmocka_unit_test(P_30_teardown_with_decoding_off_leaves_the_table_alone),
		cmocka_unit_test(P_30_teardown_of_a_function_that_left_ends),
		cmocka_unit_test(P_31_what_firmware_left_on_is_refused_switched_off_and_then_taken),
		cmocka_unit_test(P_31_a_left_function_mask_does_not_stay),
		cmocka_unit_test(switching_off_names_what_is_wrong),
		cmocka_unit_test(creation_is_refused_before_anything_is_touched),
		cmocka_unit_test(a_function_that_leaves_during_creation_is_gone),
		cmocka_unit_test(a_table_nobody_answers_for_is_gone_and_the_registers_are_as_found),
		cmocka_unit_test(INTx_that_was_off_stays_off),
		cmocka_unit_test(ops_write_the_entry_and_keep_its_other_bits),
		cmocka_unit_test(a_flush_during_a_reset_proves_nothing),
		cmocka_unit_test(pending_reads_the_bit_of_that_entry),
	};

	return cmocka_run_group_tests_name("MSI-X store", tests, NULL, NULL);
}
