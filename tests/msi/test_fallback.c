/* SPDX-License-Identifier: MIT */
/* MSI-X, else MSI, else the wire: one call. */
#include "tests/api/rig.h"

static struct mach_pci *add(struct rig *r, uint32_t rid, uint16_t msix, bool msi, uint8_t log2,
			    struct umsi_pci_function *fn)
{
	struct mach_pci_config c = {
		.requester_id = rid, .entries = msix,
		.msi = { .present = msi, .maskable = true, .wide = true, .messages_log2 = log2 },
	};
	struct mach_pci *pci = mach_pci_add(r->m, &c);

	fn->requester_id = rid;
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(pci, bar, &fn->bar[bar].phys, &fn->bar[bar].bytes);
	return pci;
}

static struct umsi_device *device(struct rig *r, const struct umsi_pci_function *fn)
{
	struct umsi_device_config c = { .name = "f", .requester_id = fn->requester_id, .parent = r->root };
	struct umsi_device *dev;

	assert_int_equal(umsi_device_add(r->umsi, &c, &dev), UMSI_OK);
	return dev;
}

static void check_fires(struct rig *r, struct mach_pci *pci, const umsi_irq *irqs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t calls = r->calls;

		assert_int_equal(umsi_irq_request(r->umsi, irqs[i], rig_handler, r, "f"), UMSI_OK);
		assert_true(mach_pci_raise(pci, i));
		rig_settle(r);
		assert_int_equal(r->calls, calls + 1);
	}
}

static void msix_first_then_msi(void **state)
{
	struct umsi_pci_function fn[2] = { 0 };
	struct umsi_pci_irqs set;
	struct umsi_device *dev;
	struct mach_pci *pci[2];
	umsi_irq irqs[16];
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	pci[0] = add(&r, 0x200, 5, true, 3, &fn[0]);
	pci[1] = add(&r, 0x208, 0, true, 3, &fn[1]);

	dev = device(&r, &fn[0]);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn[0], 1, 16, NULL, NULL, irqs, &set), UMSI_OK);
	assert_int_equal(set.kind, UMSI_PCI_MSIX);
	assert_int_equal(set.count, 5);
	check_fires(&r, pci[0], irqs, set.count);
	umsi_pci_irqs_free(dev, &set, irqs);
	/* Six are more than MSI-X has, and MSI has eight. */
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn[0], 6, 16, NULL, NULL, irqs, &set), UMSI_OK);
	assert_int_equal(set.kind, UMSI_PCI_MSI);
	assert_int_equal(set.count, 8);
	check_fires(&r, pci[0], irqs, set.count);
	umsi_pci_irqs_free(dev, &set, irqs);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn[0], 9, 16, NULL, NULL, irqs, &set), UMSI_ERANGE);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);

	dev = device(&r, &fn[1]);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn[1], 1, 3, NULL, NULL, irqs, &set), UMSI_OK);
	assert_int_equal(set.kind, UMSI_PCI_MSI);
	assert_int_equal(set.count, 2);
	check_fires(&r, pci[1], irqs, set.count);
	umsi_pci_irqs_free(dev, &set, irqs);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);
}

/* A wire with a store that only remembers. */
static int wire_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)index, (void)cookie;
	*(struct umsi_msg *)store = *msg;
	return 1;
}

static int wire_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static int wire_trigger(void *store, uint32_t index, uint64_t cookie, unsigned int trigger)
{
	(void)store, (void)index, (void)cookie;
	return trigger == UMSI_TRIGGER_LEVEL_LOW ? UMSI_OK : UMSI_ENOTSUP;
}

static const struct umsi_store_ops wire_ops = {
	.name = "pins", .number_name = "pin", .write = wire_write, .settle = wire_settle,
	.set_trigger = wire_trigger,
};

static void the_wire_last_and_intx_with_it(void **state)
{
	struct umsi_table_config config = { .size = 24 };
	struct umsi_pci_function fn = { 0 };
	struct umsi_pci_wire wire = { .index = 11, .trigger = UMSI_TRIGGER_LEVEL_LOW };
	struct umsi_pci_irqs set;
	struct umsi_device *dev;
	struct mach_pci *pci;
	struct umsi_msg msg;
	umsi_irq irqs[4];
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &wire_ops, &msg, &config, &wire.table), UMSI_OK);
	pci = add(&r, 0x210, 0, false, 0, &fn);
	mach_pci_poke(pci, 4, 2, mach_pci_peek(pci, 4, 2) | 0x400);
	dev = device(&r, &fn);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn, 1, 4, NULL, NULL, irqs, &set), UMSI_ECAP_NONE);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn, 2, 4, NULL, &wire, irqs, &set), UMSI_ECAP_NONE);
	assert_int_equal(umsi_pci_irqs_alloc(dev, &fn, 1, 4, NULL, &wire, irqs, &set), UMSI_OK);
	assert_int_equal(set.kind, UMSI_PCI_WIRED);
	assert_int_equal(set.count, 1);
	assert_int_equal(mach_pci_peek(pci, 4, 2) & 0x400, 0);
	assert_int_equal(umsi_irq_request(r.umsi, irqs[0], rig_handler, &r, "wire"), UMSI_OK);
	umsi_pci_irqs_free(dev, &set, irqs);
	assert_int_equal(mach_pci_peek(pci, 4, 2) & 0x400, 0x400);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end(&r);
}

/* Two functions of one pin; the second has messages, which do not work. */
static void a_line_that_others_end_at_too(void **state)
{
	struct umsi_irq_request_at at = { .first = 11, .last = 11, .trigger = UMSI_TRIGGER_LEVEL_LOW };
	struct umsi_table_config config = { .size = 24 };
	struct umsi_pci_function fn[2] = { 0 };
	struct umsi_pci_wire wire = { 0 };
	struct umsi_pci_irqs set[2];
	struct umsi_device *dev[2];
	struct mach_pci *pci[2];
	struct umsi_table *table;
	struct umsi_msg msg;
	umsi_irq irqs[4];
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &wire_ops, &msg, &config, &table), UMSI_OK);
	assert_int_equal(umsi_shared_create(table, &at, &wire.shared), UMSI_OK);
	pci[0] = add(&r, 0x210, 0, false, 0, &fn[0]);
	pci[1] = add(&r, 0x218, 4, true, 1, &fn[1]);
	fn[1].no_msix = fn[1].no_msi = true;
	for (int i = 0; i < 2; i++) {
		mach_pci_poke(pci[i], 4, 2, mach_pci_peek(pci[i], 4, 2) | 0x400);
		dev[i] = device(&r, &fn[i]);
		assert_int_equal(umsi_pci_irqs_alloc(dev[i], &fn[i], 1, 4, NULL, &wire, &irqs[i], &set[i]), UMSI_OK);
		assert_int_equal(set[i].kind, UMSI_PCI_SHARED);
		assert_int_equal(set[i].count, 1);
		assert_true(irqs[i] == umsi_shared_irq(wire.shared));
		assert_int_equal(mach_pci_peek(pci[i], 4, 2) & 0x400, 0x400);
		assert_int_equal(umsi_pci_irqs_request(dev[i], &set[i], &irqs[i], 1, rig_handler, &r, "f"), UMSI_ERANGE);
		assert_int_equal(umsi_pci_irqs_request(dev[i], &set[i], &irqs[i], 0, rig_handler, &r, "f"), UMSI_OK);
		assert_int_equal(umsi_pci_irqs_request(dev[i], &set[i], &irqs[i], 0, rig_handler, &r, "f"), UMSI_EEXIST);
		assert_int_equal(mach_pci_peek(pci[i], 4, 2) & 0x400, 0);
	}
	assert_int_equal(umsi_irq_trigger(r.umsi, irqs[0]), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(umsi_shared_destroy(wire.shared), UMSI_EBUSY);
		umsi_pci_irqs_free(dev[i], &set[i], &irqs[i]);
		assert_int_equal(mach_pci_peek(pci[i], 4, 2) & 0x400, 0x400);
		assert_int_equal(umsi_device_remove(dev[i]), UMSI_OK);
	}
	assert_int_equal(umsi_shared_destroy(wire.shared), UMSI_OK);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(msix_first_then_msi),
		cmocka_unit_test(the_wire_last_and_intx_with_it),
		cmocka_unit_test(a_line_that_others_end_at_too),
	};

	return cmocka_run_group_tests_name("fallback", tests, NULL, NULL);
}
