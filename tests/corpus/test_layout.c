/* SPDX-License-Identifier: MIT */
/* P-101: table and pending bits in different BARs, neither at its beginning. */
#include "tests/api/rig.h"

#include "msi/device.h"

#define ENTRIES	40
#define AT	0x3000u

struct layout {
	uint8_t table_bir, pba_bir;
	uint32_t table_offset, pba_offset;
};

static struct mach_pci *add_function(struct rig *r, const struct layout *l, struct umsi_device **dev,
				     struct umsi_table **table)
{
	struct mach_pci_config pci = {
		.requester_id = 0x300, .entries = ENTRIES,
		.table_bir = l->table_bir, .pba_bir = l->pba_bir,
		.table_offset = l->table_offset, .pba_offset = l->pba_offset,
		.bar = { [0] = { .bytes = 0x4000 }, [2] = { .bytes = 0x4000, .is64 = true },
			 [4] = { .bytes = 0x4000, .is64 = true } },
	};
	struct umsi_pci_function fn = { .requester_id = 0x300 };
	struct umsi_device_config c = { .name = "layout", .requester_id = 0x300, .parent = r->root };
	struct mach_pci *d = mach_pci_add(r->m, &pci);

	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(d, bar, &fn.bar[bar].phys, &fn.bar[bar].bytes);
	assert_int_equal(umsi_device_add(r->umsi, &c, dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(*dev, &fn, table), UMSI_OK);
	return d;
}

static void open_entry(struct rig *r, struct umsi_table *table, uint32_t index, umsi_irq *irq)
{
	struct umsi_irq_request_at at = { .first = index, .last = index };

	assert_int_equal(umsi_irq_alloc(table, &at, irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, *irq, rig_handler, r, "layout"), UMSI_OK);
}

static bool is_pending(const struct umsi_table *table, uint32_t index)
{
	return table->ops->pending(table->store, index, 0);
}

/* The machine faults what touches a BAR beside table and pending bits. */
static void use(const struct layout *l)
{
	struct umsi_device *dev;
	struct umsi_table *table;
	struct umsi_msg msg;
	struct mach_pci *d;
	struct rig r;
	umsi_irq irq[2];

	rig_machine(&r, &mach_chaos_none, 1);
	rig_library(&r);
	d = add_function(&r, l, &dev, &table);
	open_entry(&r, table, 1, &irq[0]);
	open_entry(&r, table, ENTRIES - 1, &irq[1]);
	assert_int_equal(rig_move(&r, irq[1], 3), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(umsi_irq_message(r.umsi, irq[1], &msg), UMSI_OK);
	assert_int_equal(mach_pci_table(d, ENTRIES - 1, 0), (uint32_t)msg.address);
	assert_int_equal(mach_pci_table(d, ENTRIES - 1, 2), msg.data);

	assert_int_equal(umsi_device_quiesce(dev), UMSI_OK);
	mach_pci_raise(d, ENTRIES - 1);
	rig_settle(&r);
	assert_true(is_pending(table, ENTRIES - 1));
	assert_false(is_pending(table, 1));
	assert_int_equal(umsi_device_restore(dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.last_cpu, 3);
	assert_false(is_pending(table, ENTRIES - 1));
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);
}

static void P_101_table_and_pending_bits_in_their_own_bars(void **state)
{
	static const struct layout layouts[] = {
		{ 2, 4, AT, AT }, { 4, 2, AT, AT }, { 2, 4, AT, 0 }, { 2, 4, 0, AT }, { 0, 4, AT, AT },
		{ 4, 4, AT, 0x1000 }, { 2, 2, 0x1000, AT },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		use(&layouts[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_101_table_and_pending_bits_in_their_own_bars),
	};

	return cmocka_run_group_tests_name("corpus: layout", tests, NULL, NULL);
}
