/* SPDX-License-Identifier: MIT */
/* The example drivers one by one: what they write, what they refuse, that nothing is left behind. */
#include "../api/rig.h"

#include "examples/ims/ims.h"

#define COUNT	8u

/* Which driver, on which model. */
struct kind {
	enum mach_ims_kind model;
	uint32_t size;
};

static const struct kind kinds[] = {
	{ MACH_IMS_TABLE, COUNT }, { MACH_IMS_QUEUES, COUNT }, { MACH_IMS_TIMER, 1 },
};

#define KINDS	(sizeof(kinds) / sizeof(kinds[0]))

struct own {
	struct rig r;
	struct mach_pci *pci;
	const struct kind *kind;
};

static int create(struct own *o)
{
	uint64_t phys = mach_ims_phys(o->pci, 0);

	switch (o->kind->model) {
	case MACH_IMS_TABLE: return accel_create(o->r.dev, o->r.m, phys, COUNT, &o->r.table);
	case MACH_IMS_QUEUES: return nic_create(o->r.dev, o->r.m, phys, COUNT, &o->r.table);
	default: return timer_create(o->r.dev, o->r.m, phys, &o->r.table);
	}
}

static void start(struct own *o, const struct kind *kind)
{
	struct mach_pci_config pci = { .requester_id = 0x200, .ims = { { .kind = kind->model, .count = COUNT } } };
	struct umsi_device_config c = { .name = "own", .requester_id = 0x200 };

	o->kind = kind;
	rig_machine(&o->r, &mach_chaos_none, 1);
	o->pci = mach_pci_add(o->r.m, &pci);
	rig_library(&o->r);
	c.parent = o->r.root;
	assert_int_equal(umsi_device_add(o->r.umsi, &c, &o->r.dev), UMSI_OK);
}

static void fire(struct own *o, uint32_t index)
{
	assert_true(mach_pci_raise(o->pci, mach_ims_entry(o->pci, 0, index)));
	rig_settle(&o->r);
}

static umsi_irq open_one(struct own *o, uint32_t index, uint64_t cookie)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .cookie = cookie };
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(o->r.table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(o->r.umsi, irq, rig_handler, &o->r, "own"), UMSI_OK);
	rig_settle(&o->r);
	return irq;
}

static void fires_and_moves(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct own o;
		umsi_irq irq;

		start(&o, &kinds[k]);
		assert_int_equal(create(&o), UMSI_OK);
		irq = open_one(&o, 0, 7);
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++) {
			assert_int_equal(rig_move(&o.r, irq, cpu), UMSI_OK);
			rig_settle(&o.r);
			o.r.calls = 0;
			fire(&o, 0);
			assert_int_equal(o.r.calls, 1);
			assert_int_equal(o.r.last_cpu, cpu);
		}
		rig_end(&o.r);
	}
}

/* Each allocation and mapping of a creation fails once. */
static void failing_creations_leave_nothing(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct own o;
		int status = UMSI_ENOMEM;
		uint32_t failed = 0;

		start(&o, &kinds[k]);
		for (uint64_t nth = 1; status == UMSI_ENOMEM; nth++) {
			size_t maps = mach_live_maps(o.r.m);

			mach_fail_alloc(o.r.m, nth, false);
			status = create(&o);
			mach_fail_alloc(o.r.m, 0, false);
			failed += status == UMSI_ENOMEM;
			assert_int_equal(mach_live_maps(o.r.m) - maps, status == UMSI_OK);
		}
		assert_int_equal(status, UMSI_OK);
		assert_true(failed >= 2);
		rig_end(&o.r);
	}
}

static void cookies_are_pasids(void **state)
{
	struct own o;
	umsi_irq irq;

	(void)state;
	start(&o, &kinds[0]);
	assert_int_equal(create(&o), UMSI_OK);
	irq = open_one(&o, 5, 0xabcde);
	assert_int_equal(mach_ims_pasid(o.pci, mach_ims_entry(o.pci, 0, 5)), 0xabcde);
	assert_int_equal(mach_pci_table(o.pci, mach_ims_entry(o.pci, 0, 5), 3) & 1, 0);
	assert_int_equal(umsi_irq_free(o.r.umsi, irq), UMSI_OK);
	rig_settle(&o.r);
	assert_int_equal(mach_pci_table(o.pci, mach_ims_entry(o.pci, 0, 5), 3) & 1, 1);
	rig_end(&o.r);
}

static void wired_slots_are_asked_for_exactly(void **state)
{
	struct umsi_irq_request_at exact = { .first = 3, .last = 3 }, any = { .first = 4, .last = UMSI_INDEX_LAST };
	umsi_irq irq;
	struct own o;

	(void)state;
	start(&o, &kinds[0]);
	assert_int_equal(create(&o), UMSI_OK);
	for (uint32_t i = 4; i < COUNT; i++)
		assert_int_equal(umsi_irq_alloc(o.r.table, &any, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(o.r.table, &any, &irq), UMSI_ENOINDEX);
	assert_int_equal(umsi_irq_alloc(o.r.table, &exact, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(o.r.table, &exact, &irq), UMSI_EEXIST);
	rig_end(&o.r);
}

static void a_device_that_left_is_gone(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct umsi_irq_request_at at = { .first = 0, .last = 0 };
		struct own o;
		umsi_irq irq;

		start(&o, &kinds[k]);
		assert_int_equal(create(&o), UMSI_OK);
		irq = open_one(&o, 0, 1);
		mach_pci_remove(o.pci, 0);
		assert_int_equal(rig_move(&o.r, irq, (umsi_irq_effective_cpu(o.r.umsi, irq) + 1) % RIG_CPUS), UMSI_EGONE);
		assert_int_equal(umsi_irq_free(o.r.umsi, irq), UMSI_OK);
		assert_int_equal(umsi_irq_alloc(o.r.table, &at, &irq), UMSI_OK);
		rig_settle(&o.r);
		rig_end(&o.r);
	}
}

/* It loses every register while it sleeps; moves meanwhile count. */
static void a_reset_is_survived(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct own o;
		umsi_irq irq;

		start(&o, &kinds[k]);
		assert_int_equal(create(&o), UMSI_OK);
		irq = open_one(&o, 0, 1);
		assert_int_equal(rig_move(&o.r, irq, 1), UMSI_OK);
		assert_int_equal(umsi_device_quiesce(o.r.dev), UMSI_OK);
		rig_settle(&o.r);
		mach_pci_reset(o.pci);
		umsi_host_pci_write(o.r.m, 0x200, 4, 2, 6);
		assert_int_equal(umsi_device_restore(o.r.dev), UMSI_OK);
		rig_settle(&o.r);
		o.r.calls = 0;
		fire(&o, 0);
		assert_int_equal(o.r.calls, 1);
		assert_int_equal(o.r.last_cpu, 1);
		rig_end(&o.r);
	}
}

static bool is_pending(struct own *o, umsi_irq irq)
{
	bool pending;

	assert_int_equal(umsi_irq_pending(o->r.umsi, irq, &pending), UMSI_OK);
	return pending;
}

/* Disabled, the library keeps it; released, the slot does, and says so if it can. */
static void what_waits_can_be_asked(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2; k++) {
		bool tells = kinds[k].model == MACH_IMS_TABLE, pending;
		struct own o;
		umsi_irq irq;

		start(&o, &kinds[k]);
		assert_int_equal(create(&o), UMSI_OK);
		irq = open_one(&o, 2, 1);
		assert_false(is_pending(&o, irq));
		assert_int_equal(umsi_irq_disable(o.r.umsi, irq), UMSI_OK);
		fire(&o, 2);
		assert_true(is_pending(&o, irq));
		assert_int_equal(umsi_irq_enable(o.r.umsi, irq), UMSI_OK);
		rig_settle(&o.r);
		assert_false(is_pending(&o, irq));
		assert_int_equal(umsi_irq_release(o.r.umsi, irq), UMSI_OK);
		fire(&o, 2);
		assert_int_equal(is_pending(&o, irq), tells);
		o.r.calls = 0;
		assert_int_equal(umsi_irq_request(o.r.umsi, irq, rig_handler, &o.r, "own"), UMSI_OK);
		rig_settle(&o.r);
		assert_int_equal(o.r.calls, 1);
		assert_false(is_pending(&o, irq));
		assert_int_equal(umsi_irq_pending(o.r.umsi, irq, NULL), UMSI_EINVAL);
		assert_int_equal(umsi_irq_free(o.r.umsi, irq), UMSI_OK);
		assert_int_equal(umsi_irq_pending(o.r.umsi, irq, &pending), UMSI_ENOENT);
		rig_end(&o.r);
	}
}

static void an_msix_entry_tells_by_its_pending_bit(void **state)
{
	umsi_irq irq, other;
	struct own o;

	(void)state;
	rig_start(&o.r, 1);
	irq = rig_irq(&o.r, 5);
	other = rig_irq(&o.r, 6);
	assert_int_equal(umsi_irq_release(o.r.umsi, irq), UMSI_OK);
	assert_true(mach_pci_raise(o.r.pci[0], 5));
	rig_settle(&o.r);
	assert_true(is_pending(&o, irq));
	assert_false(is_pending(&o, other));
	rig_end(&o.r);
}

static void only_the_nic_may_sleep(void **state)
{
	(void)state;
	for (size_t k = 0; k < KINDS; k++) {
		struct own o;

		start(&o, &kinds[k]);
		assert_int_equal(create(&o), UMSI_OK);
		assert_int_equal(umsi_irq_moves_atomically(o.r.umsi, open_one(&o, 0, 1)),
				 kinds[k].model != MACH_IMS_QUEUES);
		rig_end(&o.r);
	}
}

/* ---- The pattern for indices ---- */

static uint32_t controls, channel_calls[CHANNELS_MAX];

static enum umsi_handled on_control(void *arg)
{
	(void)arg;
	controls++;
	return UMSI_HANDLED;
}

static enum umsi_handled on_channel(void *arg)
{
	struct channel *ch = arg;

	channel_calls[ch - ch->owner->channel]++;
	return UMSI_HANDLED;
}

static void control_by_number_channels_by_handle(void **state)
{
	struct umsi_irq_request_at wired = { .first = 1, .last = 1 };
	struct channels c;
	struct own o;
	umsi_irq irq;

	(void)state;
	start(&o, &kinds[0]);
	assert_int_equal(create(&o), UMSI_OK);
	assert_int_equal(channels_open(&c, o.r.umsi, o.r.table, on_control, on_channel, NULL), UMSI_OK);
	assert_int_equal(c.count, COUNT - 3);
	/* The wired ones are still there for who knows them. */
	assert_int_equal(umsi_irq_alloc(o.r.table, &wired, &irq), UMSI_OK);
	controls = 0;
	memset(channel_calls, 0, sizeof(channel_calls));
	rig_settle(&o.r);
	fire(&o, 0);
	assert_int_equal(controls, 1);
	for (int i = 0; i < c.count; i++) {
		assert_true(c.channel[i].entry >= 3);
		fire(&o, c.channel[i].entry);
		assert_int_equal(channel_calls[i], 1);
	}
	channels_close(&c);
	assert_int_equal(rig_stats(&o.r).irqs, 1);
	/* Without room for a single channel there is no control vector either. */
	for (uint32_t i = 3; i < COUNT; i++)
		assert_int_equal(umsi_irq_alloc(o.r.table, &(struct umsi_irq_request_at){ .first = i, .last = i }, &irq), UMSI_OK);
	assert_int_equal(channels_open(&c, o.r.umsi, o.r.table, on_control, on_channel, NULL), UMSI_ENOINDEX);
	assert_int_equal(rig_stats(&o.r).irqs, COUNT - 2);
	rig_end(&o.r);
}

/* ---- Thousands ---- */

#define THOUSANDS	4000u

static uint32_t calls_of[THOUSANDS];
static umsi_irq irq_of[THOUSANDS];

static enum umsi_handled count_call(void *arg)
{
	(*(uint32_t *)arg)++;
	return UMSI_HANDLED;
}

static void fire_all(struct rig *r, struct mach_pci *pci)
{
	memset(calls_of, 0, sizeof(calls_of));
	for (uint32_t i = 0; i < THOUSANDS; i++)
		assert_true(mach_pci_raise(pci, mach_ims_entry(pci, 0, i)));
	rig_settle(r);
	for (uint32_t i = 0; i < THOUSANDS; i++)
		assert_int_equal(calls_of[i], 1);
}

static void thousands_on_one_function(void **state)
{
	struct mach_config config = { .num_ids = 2047, .chaos = &mach_chaos_none, .max_steps = 50000000 };
	struct mach_pci_config pci = { .requester_id = 0x200, .ims = { { .kind = MACH_IMS_TABLE, .count = THOUSANDS } } };
	struct umsi_device_config c = { .name = "own", .requester_id = 0x200 };
	struct umsi_irq_request_at at = { .first = 0, .last = UMSI_INDEX_LAST };
	struct own o;

	(void)state;
	rig_machine_from(&o.r, config, 1);
	o.pci = mach_pci_add(o.r.m, &pci);
	o.r.imsic.num_ids = 2047;
	rig_library(&o.r);
	c.parent = o.r.root;
	assert_int_equal(umsi_device_add(o.r.umsi, &c, &o.r.dev), UMSI_OK);
	assert_int_equal(accel_create(o.r.dev, o.r.m, mach_ims_phys(o.pci, 0), THOUSANDS, &o.r.table), UMSI_OK);
	for (uint32_t i = 0; i < THOUSANDS; i++) {
		assert_int_equal(umsi_irq_alloc(o.r.table, &at, &irq_of[i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(o.r.umsi, irq_of[i], count_call, &calls_of[i], "many"), UMSI_OK);
	}
	fire_all(&o.r, o.pci);
	for (uint32_t i = 0; i < THOUSANDS; i++)
		assert_int_equal(rig_move(&o.r, irq_of[i], (umsi_irq_effective_cpu(o.r.umsi, irq_of[i]) + 1) % RIG_CPUS),
				 UMSI_OK);
	fire_all(&o.r, o.pci);
	rig_end(&o.r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_and_moves),
		cmocka_unit_test(failing_creations_leave_nothing),
		cmocka_unit_test(cookies_are_pasids),
		cmocka_unit_test(wired_slots_are_asked_for_exactly),
		cmocka_unit_test(a_device_that_left_is_gone),
		cmocka_unit_test(a_reset_is_survived),
		cmocka_unit_test(what_waits_can_be_asked),
		cmocka_unit_test(an_msix_entry_tells_by_its_pending_bit),
		cmocka_unit_test(only_the_nic_may_sleep),
		cmocka_unit_test(control_by_number_channels_by_handle),
		cmocka_unit_test(thousands_on_one_function),
	};

	return cmocka_run_group_tests_name("example drivers", tests, NULL, NULL);
}
