/* SPDX-License-Identifier: MIT */
/*
 * The nested allocation rule (DESIGN.md, "Contexts and locks"): a block that
 * needs an interrupt of its parent takes it in table_attach, before any lock of
 * its own, and never holds two domains' locks at once.
 */
#include "../api/rig.h"

#include "core/domain.h"
#include "msi/device.h"

/* A translator with one interrupt of its own, say for its faults, on its parent. */
struct block {
	struct umsi_domain domain;
	struct rig *r;
	struct umsi_mutex mutex;	/* its own lock */
	struct umsi_device *self;
	struct umsi_table *table;
	umsi_irq irq;
	uint32_t tables;
	bool wrong;			/* takes it with its own lock held, in reserve */
};

static int no_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int no_wait(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops register_ops = {
	.name = "fault", .number_name = "register", .one_word = true, .write = no_write, .settle = no_wait,
};

static int take_own(struct block *b)
{
	struct umsi_device_config device = { .name = "block", .requester_id = 0x500, .parent = b->r->root };
	struct umsi_table_config table = { .size = 1 };
	struct umsi_irq_request_at at = { .last = 0 };
	int status = umsi_device_add(b->r->umsi, &device, &b->self);

	if (!status)
		status = umsi_table_create(b->self, &register_ops, b, &table, &b->table);
	if (!status)
		status = umsi_irq_alloc(b->table, &at, &b->irq);
	if (!status)
		status = umsi_irq_request(b->r->umsi, b->irq, rig_handler, b->r, "fault");
	return status;
}

static int attach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct block *b = (struct block *)d;
	int status = UMSI_OK;

	(void)dev, (void)size;
	if (!b->irq && !b->wrong)
		status = take_own(b);
	umsi_host_mutex_lock(d->m->host, &b->mutex);
	b->tables += !status;
	umsi_host_mutex_unlock(d->m->host, &b->mutex);
	return status;
}

static void detach(struct umsi_domain *d, struct umsi_device *dev, uint32_t size)
{
	struct block *b = (struct block *)d;
	bool last;

	(void)dev, (void)size;
	umsi_host_mutex_lock(d->m->host, &b->mutex);
	last = --b->tables == 0;
	umsi_host_mutex_unlock(d->m->host, &b->mutex);
	if (last && b->self)
		umsi_device_remove(b->self);
}

/* Under the record's lock: too late to allocate anything of anybody. */
static int reserve(struct umsi_domain *d, struct umsi_record *r, const struct umsi_where *where)
{
	struct block *b = (struct block *)d;

	(void)r, (void)where;
	return b->wrong && !b->self ? take_own(b) : UMSI_OK;
}

static const struct umsi_controller_ops block_controller = { .table_attach = attach, .table_detach = detach };
static const struct umsi_domain_ops block_ops = {
	.name = "block", .number_name = "entry", .controller = &block_controller, .reserve = reserve,
};

static void use_it(void *arg)
{
	struct block *b = arg;
	struct rig *r = b->r;
	struct umsi_device_config c = { .name = "behind", .requester_id = 0x100, .parent = &b->domain };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq irq;

	assert_int_equal(umsi_device_add(r->umsi, &c, &r->dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(r->dev, &r->fn[0], &r->table), UMSI_OK);
	if (umsi_irq_alloc(r->table, &at, &irq) == UMSI_OK)
		assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "behind"), UMSI_OK);
}

static void start(struct rig *r, struct block *b, uint64_t seed, bool wrong)
{
	rig_machine(r, NULL, seed);
	rig_library(r);
	*b = (struct block){ .r = r, .wrong = wrong };
	umsi_domain_add(r->umsi, &b->domain, r->root, &block_ops);
	mach_thread(r->m, 1, use_it, b);
}

static void taken_before_its_own_lock(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct block b;
		struct rig r;

		start(&r, &b, seed, false);
		rig_settle(&r);
		assert_true(b.irq);
		assert_int_equal(rig_stats(&r).irqs, 2);
		assert_int_equal(umsi_device_remove(r.dev), UMSI_OK);
		r.dev = NULL;
		assert_int_equal(umsi_domain_remove(&b.domain), UMSI_OK);
		rig_end(&r);
	}
}

/* The machine says so when it is done where a lock is held. */
static void under_a_lock_it_is_noticed(void **state)
{
	struct block b;
	struct rig r;

	(void)state;
	start(&r, &b, 1, true);
	mach_run(r.m);
	assert_non_null(mach_violated(r.m));
	assert_string_equal(mach_violated(r.m)->name, "I-LOCK");
	mach_destroy(r.m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken_before_its_own_lock),
		cmocka_unit_test(under_a_lock_it_is_noticed),
	};

	return cmocka_run_group_tests_name("nested allocation", tests, NULL, NULL);
}
