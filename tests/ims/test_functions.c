/* SPDX-License-Identifier: MIT */
/* One physical function split into logical ones, each with indices and a life of its own. */
#include "../api/rig.h"

#include "umsi_hosted.h"

#define PART	4u

/* A part of the physical function's message table, as its driver hands it out. */
struct part {
	struct rig *r;
	unsigned char *table;
	uint32_t first;
	uint32_t writes;
	uint32_t restores;
	bool gone;
};

static volatile uint32_t *dword(struct part *p, uint32_t index, uint32_t which)
{
	return (volatile uint32_t *)(p->table + (p->first + index) * 16 + which * 4);
}

static int part_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct part *p = store;

	assert_int_equal(cookie, 0x77);	/* its PASID */
	umsi_hosted_mmio_write(dword(p, index, 0), 4, (uint32_t)msg->address);
	umsi_hosted_mmio_write(dword(p, index, 1), 4, msg->address >> 32);
	umsi_hosted_mmio_write(dword(p, index, 2), 4, msg->data);
	p->writes += 3;
	return 3;
}

static int part_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_hosted_mmio_write(dword(store, index, 3), 4, 1);
	return 1;
}

static int part_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	umsi_hosted_mmio_write(dword(store, index, 3), 4, 0);
	return 1;
}

static int part_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	return umsi_hosted_mmio_read(dword(store, index, 3), 4) == UINT32_MAX ? UMSI_EGONE : UMSI_OK;
}

static int part_restore(void *store)
{
	struct part *p = store;

	assert_false(p->gone);
	p->restores++;
	return UMSI_OK;
}

static void part_destroy(void *store)
{
	struct part *p = store;

	assert_false(p->gone);
	p->gone = true;
}

static const struct umsi_store_ops part_ops = {
	.name = "part", .number_name = "slot", .write = part_write, .mask = part_mask, .unmask = part_unmask,
	.settle = part_settle, .restore = part_restore, .destroy = part_destroy,
};

#define CONTROL		(0x70 + 2)	/* MSI-X message control of the machine's functions */

static unsigned char *start(struct rig *r, uint64_t seed)
{
	struct umsi_device_config c = { .name = "physical", .requester_id = 0x100 };

	rig_machine(r, &mach_chaos_none, seed);
	rig_library(r);
	c.parent = r->root;
	umsi_host_pci_write(r->m, 0x100, CONTROL, 2, 0x8000);
	assert_int_equal(umsi_device_add(r->umsi, &c, &r->dev), UMSI_OK);
	return umsi_host_mmio_map(r->m, r->fn[0].bar[0].phys, RIG_ENTRIES * 16);
}

static void end(struct rig *r, unsigned char *table)
{
	assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	r->dev = NULL;
	umsi_host_mmio_unmap(r->m, table, RIG_ENTRIES * 16);
	rig_end(r);
}

static struct umsi_device *function(struct rig *r, const char *name)
{
	struct umsi_device_config c = { .name = name, .owner = r->dev };
	struct umsi_device *f;

	assert_int_equal(umsi_device_add(r->umsi, &c, &f), UMSI_OK);
	return f;
}

static umsi_irq open_one(struct rig *r, struct umsi_table *table, uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .cookie = 0x77 };
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "part"), UMSI_OK);
	return irq;
}

static void fire(struct rig *r, uint32_t entry)
{
	mach_entry_live(r->pci[0], entry, true);
	assert_true(mach_pci_raise(r->pci[0], entry));
	rig_settle(r);
}

static void note(void *arg, const struct umsi_function_info *info)
{
	struct umsi_function_info *all = arg;

	all[info->name[1] - '0'] = *info;
}

static void each_counts_from_0(void **state)
{
	struct umsi_table_config size = { .size = PART };
	struct umsi_function_info info[2] = { { 0 } };
	struct umsi_device *f[2];
	struct umsi_table *table[2];
	struct part part[2];
	unsigned char *mapped;
	struct rig r;

	(void)state;
	mapped = start(&r, 1);
	for (uint32_t i = 0; i < 2; i++) {
		part[i] = (struct part){ .r = &r, .table = mapped, .first = i * PART };
		f[i] = function(&r, i ? "f1" : "f0");
		assert_int_equal(umsi_table_create(f[i], &part_ops, &part[i], &size, &table[i]), UMSI_OK);
		open_one(&r, table[i], 0);
		open_one(&r, table[i], PART - 1);
	}
	rig_settle(&r);
	fire(&r, 0);
	fire(&r, PART);
	fire(&r, 2 * PART - 1);
	assert_int_equal(r.calls, 3);
	assert_int_equal(umsi_device_functions(r.dev, note, info), 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(info[i].tables, 1);
		assert_int_equal(info[i].irqs, 2);
		assert_int_equal(info[i].function, umsi_device_function(f[i]));
	}
	assert_int_equal(umsi_device_remove(r.dev), UMSI_EBUSY);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(umsi_device_remove(f[i]), UMSI_OK);
	assert_int_equal(umsi_device_functions(r.dev, note, info), 0);
	end(&r, mapped);
}

static void a_revoked_one_is_an_empty_shell(void **state)
{
	struct umsi_table_config size = { .size = PART };
	struct umsi_function_info info[1] = { { 0 } };
	struct umsi_table *table, *again;
	struct umsi_device *f;
	unsigned char *mapped;
	struct part part;
	struct rig r;
	umsi_function id;
	umsi_irq irq;

	(void)state;
	mapped = start(&r, 2);
	part = (struct part){ .r = &r, .table = mapped };
	f = function(&r, "f0");
	id = umsi_device_function(f);
	assert_int_equal(umsi_table_create(f, &part_ops, &part, &size, &table), UMSI_OK);
	irq = open_one(&r, table, 1);
	assert_int_equal(umsi_device_revoke(r.dev, id), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_ENOENT);
	assert_int_equal(umsi_table_create(f, &part_ops, &part, &size, &again), UMSI_ESTATE);
	assert_int_equal(umsi_device_functions(r.dev, note, info), 1);
	assert_true(info[0].revoked);
	assert_int_equal(info[0].irqs, 0);
	assert_int_equal(umsi_device_revoke(r.dev, id), UMSI_OK);
	assert_int_equal(umsi_device_remove(f), UMSI_OK);
	assert_int_equal(umsi_device_revoke(r.dev, id), UMSI_ENOENT);
	end(&r, mapped);
}

/* Its user was not asked: what it still holds is closed and empty, and nobody else's. */
static void what_its_user_still_holds_stays_harmless(void **state)
{
	struct umsi_table_config size = { .size = PART };
	struct umsi_irq_request_at any = { .first = 0, .last = UMSI_INDEX_LAST, .cookie = 0x77 };
	struct umsi_function_info info[2] = { { 0 } };
	struct umsi_table *table[2];
	struct umsi_device *f[2];
	struct part part[2];
	unsigned char *mapped;
	struct rig r;
	umsi_irq irq;

	(void)state;
	mapped = start(&r, 4);
	f[0] = function(&r, "f0");
	part[0] = (struct part){ .r = &r, .table = mapped };
	assert_int_equal(umsi_table_create(f[0], &part_ops, &part[0], &size, &table[0]), UMSI_OK);
	open_one(&r, table[0], 0);
	assert_int_equal(umsi_device_revoke(r.dev, umsi_device_function(f[0])), UMSI_OK);
	f[1] = function(&r, "f1");
	part[1] = (struct part){ .r = &r, .table = mapped, .first = PART };
	assert_int_equal(umsi_table_create(f[1], &part_ops, &part[1], &size, &table[1]), UMSI_OK);
	assert_ptr_not_equal(table[0], table[1]);
	assert_int_equal(umsi_irq_alloc(table[0], &any, &irq), UMSI_ESTATE);
	assert_int_equal(umsi_irq_at(table[0], 0), UMSI_IRQ_NONE);
	assert_int_equal(umsi_irq_free_range(table[0], 0, UMSI_INDEX_LAST), 0);
	assert_int_equal(umsi_table_size(table[0]), PART);
	assert_int_equal(umsi_table_destroy(table[0]), UMSI_ENOENT);
	assert_int_equal(umsi_device_functions(r.dev, note, info), 2);
	assert_int_equal(info[0].tables, 0);
	assert_int_equal(info[1].tables, 1);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(umsi_device_quiesce(f[i]), UMSI_OK);
		assert_int_equal(umsi_device_restore(f[i]), UMSI_OK);
		assert_int_equal(part[i].restores, i);
	}
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(umsi_device_remove(f[i]), UMSI_OK);
	end(&r, mapped);
}

static void what_makes_no_sense_is_refused(void **state)
{
	struct umsi_device_config c = { .name = "x" };
	struct umsi_device *f, *out;
	unsigned char *mapped;
	struct rig r;

	(void)state;
	mapped = start(&r, 3);
	f = function(&r, "f0");
	c.owner = f;
	assert_int_equal(umsi_device_add(r.umsi, &c, &out), UMSI_EINVAL);
	c.owner = r.dev;
	c.parent = r.root;
	assert_int_equal(umsi_device_add(r.umsi, &c, &out), UMSI_EINVAL);
	assert_int_equal(umsi_device_revoke(r.dev, umsi_device_function(r.dev)), UMSI_ENOENT);
	assert_int_equal(umsi_device_revoke(NULL, umsi_device_function(f)), UMSI_EINVAL);
	assert_int_equal(umsi_device_functions(r.dev, NULL, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_device_remove(f), UMSI_OK);
	end(&r, mapped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counts_from_0),
		cmocka_unit_test(a_revoked_one_is_an_empty_shell),
		cmocka_unit_test(what_its_user_still_holds_stays_harmless),
		cmocka_unit_test(what_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests_name("logical functions", tests, NULL, NULL);
}
