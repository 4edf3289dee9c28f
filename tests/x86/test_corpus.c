/* SPDX-License-Identifier: MIT */
/* Rows of the bug corpus that need a local APIC or an I/O APIC. */
#include <umsi/ioapic.h>
#include <umsi/shared.h>

#include "rig.h"

#define PHYS	0xfec00000u
#define LEVEL	(UINT64_C(1) << 15)
#define LOW	(UINT64_C(1) << 13)

static struct mach_ioapic *ioapic;
static struct umsi_device *dev;
static struct umsi_table *table;

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	return UMSI_HANDLED;
}

static enum umsi_handled not_mine(void *arg)
{
	(void)arg;
	return UMSI_NOT_MINE;
}

/* ---- P-05 ---- */

static void wires_begin(void)
{
	const struct umsi_ioapic_config config = { .phys = PHYS };
	struct umsi_device_config dc = { .name = "wires" };

	assert_int_equal(rig_begin(1, (struct mach_config){ .chaos = &mach_chaos_none }, NULL), UMSI_OK);
	rig_online();
	ioapic = mach_ioapic_add(rig.m, PHYS, 24, 0x20);
	dc.parent = rig.root;
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_ioapic_create(dev, &config, &table), UMSI_OK);
}

static struct umsi_irq_request_at pin_9(unsigned int trigger)
{
	return (struct umsi_irq_request_at){ .first = 9, .last = 9, .trigger = (uint8_t)trigger };
}

/* The wire is level low for two drivers; a third who wants edges is refused and changes nothing. */
static void shared_level(void)
{
	struct umsi_irq_request_at level = pin_9(UMSI_TRIGGER_LEVEL_LOW), edge = pin_9(UMSI_TRIGGER_EDGE_RISING);
	struct umsi_shared *line, *again;
	struct umsi_sharer *a, *b;
	uint64_t entry;
	umsi_irq irq;

	mach_ioapic_line(ioapic, 9, true);
	assert_int_equal(umsi_shared_create(table, &level, &line), UMSI_OK);
	assert_int_equal(umsi_shared_join(line, not_mine, NULL, &a), UMSI_OK);
	entry = mach_ioapic_entry(ioapic, 9);
	assert_true(entry & LEVEL && entry & LOW);
	assert_int_equal(umsi_irq_alloc(table, &edge, &irq), UMSI_EEXIST);
	assert_int_equal(umsi_shared_create(table, &level, &again), UMSI_EEXIST);
	assert_int_equal(umsi_shared_create(table, &edge, &again), UMSI_EINVAL);
	assert_true(umsi_irq_at(table, 9) == umsi_shared_irq(line));
	assert_true(mach_ioapic_entry(ioapic, 9) == entry);
	assert_int_equal(umsi_shared_join(line, not_mine, NULL, &b), UMSI_OK);
	assert_true(mach_ioapic_entry(ioapic, 9) == entry);
	assert_int_equal(umsi_shared_leave(a), UMSI_OK);
	assert_int_equal(umsi_shared_leave(b), UMSI_OK);
	assert_int_equal(umsi_shared_destroy(line), UMSI_OK);
	mach_ioapic_line(ioapic, 9, false);
}

static uint64_t entry_of(unsigned int trigger)
{
	struct umsi_irq_request_at at = pin_9(trigger);
	uint64_t entry;
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "wire"), UMSI_OK);
	entry = mach_ioapic_entry(ioapic, 9);
	assert_int_equal(umsi_irq_free(rig.umsi, irq), UMSI_OK);
	rig_run();
	return entry;
}

static void P_05_a_wire_keeps_the_trigger_it_was_mapped_with(void **state)
{
	(void)state;
	wires_begin();
	shared_level();
	/* Then nothing is left of it: first nothing said, then edges, then a level. */
	entry_of(UMSI_TRIGGER_NONE);
	assert_true(!(entry_of(UMSI_TRIGGER_EDGE_RISING) & (LEVEL | LOW)));
	assert_true((entry_of(UMSI_TRIGGER_LEVEL_HIGH) & (LEVEL | LOW)) == LEVEL);
	assert_true((entry_of(UMSI_TRIGGER_EDGE_FALLING) & (LEVEL | LOW)) == LOW);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* ---- P-41 ---- */

#define SYSTEM	0xe8u	/* below it, in one priority class with the kick, are vectors of devices */

static int nothing_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int nothing_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops nothing = {
	.name = "nothing", .number_name = "n", .write = nothing_write, .settle = nothing_settle,
};

static struct {
	umsi_irq irq;
	uint32_t vector;
	bool deaf, moved;
	uint32_t calls;
} moving;

static enum umsi_handled moving_handler(void *arg)
{
	(void)arg;
	moving.calls++;
	return UMSI_HANDLED;
}

static bool is_deaf(void *arg)
{
	(void)arg;
	return moving.deaf;
}

static bool has_moved(void *arg)
{
	(void)arg;
	return moving.moved;
}

/* What it has to prove quiet is pending here, of lower priority than what asks for the proof. */
static void prove_when_moved(void *arg)
{
	(void)arg;
	mach_irq_off(rig.m);
	mach_lapic_inject(rig.m, 1, moving.vector);
	while (!mach_lapic_requested(rig.m, 1, moving.vector))
		mach_delay(rig.m, 10);
	moving.deaf = true;
	mach_wait(rig.m, has_moved, NULL);
	mach_irq_on(rig.m);
}

static void move_it(void *arg)
{
	const struct umsi_affinity to = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 };

	(void)arg;
	mach_wait(rig.m, is_deaf, NULL);
	MACH_CHECK(rig.m, umsi_irq_set_affinity(rig.umsi, moving.irq, &to) == UMSI_OK, "I-API", "move");
	mach_delay(rig.m, 4000);	/* the old vector has come of age */
	umsi_lapic_ipi_send(rig.root, *(uint32_t *)arg, 1);
	moving.moved = true;
}

static void on_ipi(void *arg, umsi_cpu cpu)
{
	(void)arg;
	(void)cpu;
}

static void take_vector(uint32_t class)
{
	const struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST,
		.affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 } };
	struct umsi_msg msg;

	do {
		assert_int_equal(umsi_irq_alloc(table, &at, &moving.irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(rig.umsi, moving.irq, moving_handler, NULL, "m"), UMSI_OK);
		assert_int_equal(umsi_irq_message(rig.umsi, moving.irq, &msg), UMSI_OK);
		moving.vector = msg.data & 0xff;
	} while (moving.vector >> 4 != class);
}

/* Above it there are none: system vectors are the highest. */
static void P_41_a_proof_does_not_wait_for_what_it_keeps_out(void **state)
{
	static const uint32_t classes[] = { 0x4, SYSTEM >> 4 };
	const struct umsi_lapic_config lapic = { .timer = rig_timer, .system_vector = SYSTEM };
	struct umsi_device_config dc = { .name = "m" };
	struct umsi_stats st;
	uint32_t ipi;

	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		memset(&moving, 0, sizeof(moving));
		assert_int_equal(rig_begin(1, (struct mach_config){ .chaos = &mach_chaos_none, .max_steps = 200000 },
					   &lapic), UMSI_OK);
		rig_online();
		dc.parent = rig.root;
		assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
		assert_int_equal(umsi_table_create(dev, &nothing, NULL, &(struct umsi_table_config){ .size = 256 },
						   &table), UMSI_OK);
		assert_int_equal(umsi_lapic_ipi_add(rig.root, on_ipi, NULL, &ipi), UMSI_OK);
		take_vector(classes[i]);
		mach_thread(rig.m, 1, prove_when_moved, NULL);
		mach_thread(rig.m, 0, move_it, &ipi);
		rig_run();
		assert_int_equal(moving.calls, 1);
		umsi_reap(rig.umsi);
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.retiring, 0);
		assert_int_equal(umsi_device_remove(dev), UMSI_OK);
		rig_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_05_a_wire_keeps_the_trigger_it_was_mapped_with),
		cmocka_unit_test(P_41_a_proof_does_not_wait_for_what_it_keeps_out),
	};

	return cmocka_run_group_tests_name("corpus: x86", tests, NULL, NULL);
}
