/* SPDX-License-Identifier: MIT */
/* The local APIC root on the machine: bring-up, who may be aimed at, ends, IPIs, errors. */
#include <umsi/pci.h>

#include "rig.h"

#define SPURIOUS	0xffu

static const struct mach_config quiet = { .chaos = &mach_chaos_none };

static struct umsi_device *dev;
static struct umsi_table *table;
static struct mach_pci *pci;
static uint32_t calls, ipi_on[RIG_CPUS];

static enum umsi_handled handler(void *arg)
{
	(void)arg;
	calls++;
	return UMSI_HANDLED;
}

static void on_ipi(void *arg, umsi_cpu cpu)
{
	(void)arg;
	ipi_on[cpu]++;
}

static void add_device(void)
{
	struct mach_pci_config pc = { .requester_id = 0x100, .entries = 8 };
	struct umsi_device_config dc = { .name = "dev", .requester_id = 0x100, .parent = rig.root };
	struct umsi_pci_function fn = { .requester_id = 0x100 };

	pci = mach_pci_add(rig.m, &pc);
	for (unsigned int i = 0; i < 6; i++)
		mach_pci_bar(pci, i, &fn.bar[i].phys, &fn.bar[i].bytes);
	assert_int_equal(umsi_device_add(rig.umsi, &dc, &dev), UMSI_OK);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);
}

static void no_irq(void *arg)
{
	(void)arg;
}

static void configurations_are_checked(void **state)
{
	static const struct {
		struct umsi_lapic_config c;
		int status;
	} cases[] = {
		{ { .first_vector = 0x1f }, UMSI_ERANGE },
		{ { .first_vector = 0xd9 }, UMSI_ERANGE },
		{ { .system_vector = 0xdf }, UMSI_ERANGE },
		{ { .system_vector = 0xfb }, UMSI_ERANGE },
		{ { .mmio_phys = 0xfee00010 }, UMSI_EINVAL },
		{ { .remapped = true, .extended_ids = true }, UMSI_EINVAL },
		{ { .first_vector = 0xd8, .system_vector = 0xe0 }, UMSI_OK },
	};
	struct umsi_domain *other;

	(void)state;
	for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(rig_begin(1, quiet, &cases[i].c), cases[i].status);
		if (!cases[i].status)
			assert_int_equal(umsi_lapic_create(rig.umsi, &cases[i].c, &other), UMSI_EEXIST);
		rig_end();
	}
}

static void two_cpus_with_one_id_are_refused(void **state)
{
	static const uint32_t same[RIG_CPUS] = { 0, 1, 2, 1 };
	static const uint32_t broadcast[RIG_CPUS] = { 0, 1, 2, 255 };
	struct mach_config config = quiet;

	(void)state;
	config.apic_id = same;
	assert_int_equal(rig_begin(1, config, NULL), UMSI_EINVAL);
	rig_end();
	config.apic_id = broadcast;
	assert_int_equal(rig_begin(1, config, NULL), UMSI_EINVAL);
	rig_end();
}

/* CPU 3's id has nine bits: it comes online, has its timer, and is never a target. */
static void an_id_that_fits_no_message_is_left_out(void **state)
{
	static const uint32_t ids[RIG_CPUS] = { 0, 1, 2, 0x101 };
	struct mach_config config = quiet;
	struct umsi_lapic_config lapic = { .x2apic = true, .timer = rig_timer };
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_affinity there = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 };
	uint32_t ipi;
	umsi_irq irq;

	(void)state;
	config.apic_id = ids;
	config.x2apic = true;
	assert_int_equal(rig_begin(1, config, &lapic), UMSI_OK);
	assert_int_equal(mach_logged(rig.m, 1), 1);
	rig_online();
	assert_int_equal(rig.online[3], UMSI_OK);
	assert_non_null(umsi_lapic_part(rig.root, 2));
	assert_null(umsi_lapic_part(rig.root, 3));
	add_device();
	for (int i = 0; i < 8; i++) {
		assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
		assert_true(umsi_irq_effective_cpu(rig.umsi, irq) < 3);
	}
	assert_int_equal(umsi_irq_set_affinity(rig.umsi, irq, &there), UMSI_ENOCPU);
	assert_int_equal(umsi_lapic_ipi_add(rig.root, on_ipi, NULL, &ipi), UMSI_OK);
	assert_int_equal(umsi_lapic_ipi_send(rig.root, ipi, 3), UMSI_ENOCPU);
	mach_lapic_set_timer(rig.m, 3, umsi_lapic_timer_vector(rig.root));
	mach_timer_arm(rig.m, 3, 10);
	mach_thread(rig.m, 0, no_irq, NULL);
	rig_run();
	assert_int_equal(rig.timer_calls, 1);
	assert_false(mach_lapic_in_service(rig.m, 3, umsi_lapic_timer_vector(rig.root)));
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* With fifteen bits the same machine has four targets. */
static void extended_ids_are_aimed_at(void **state)
{
	static const uint32_t ids[RIG_CPUS] = { 0, 1, 2, 0x101 };
	struct mach_config config = quiet;
	struct umsi_lapic_config lapic = { .x2apic = true, .extended_ids = true };
	struct umsi_irq_request_at at = { .last = 0,
					  .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 3 } };
	struct umsi_msg msg;
	umsi_irq irq;

	(void)state;
	config.apic_id = ids;
	assert_int_equal(rig_begin(1, config, &lapic), UMSI_OK);
	assert_int_equal(mach_logged(rig.m, 1), 0);
	rig_online();
	add_device();
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(rig.umsi, irq, handler, NULL, "far"), UMSI_OK);
	assert_int_equal(umsi_irq_message(rig.umsi, irq, &msg), UMSI_OK);
	assert_int_equal(mach_message_cpu(rig.m, &msg), 3);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* x2APIC cannot be left, suppression cannot be had where there is none, and the id must be this CPU's. */
static void a_cpu_that_is_not_as_told_stays_offline(void **state)
{
	struct umsi_lapic_config lapic = { .directed_eoi = true };
	struct mach_config config = quiet;

	(void)state;
	config.no_suppression = true;
	assert_int_equal(rig_begin(1, config, &lapic), UMSI_OK);
	rig_online();
	assert_int_equal(rig.online[0], UMSI_EREFUSED);
	assert_false(umsi_cpu_is_online(rig.umsi, 0));
	rig_end();

	config = quiet;
	config.x2apic = true;
	assert_int_equal(rig_begin(1, config, NULL), UMSI_OK);
	rig_online();
	assert_int_equal(rig.online[1], UMSI_EREFUSED);
	rig_end();
}

/* What a former kernel never ended would block its priority class for ever. */
static void leftovers_in_service_are_ended(void **state)
{
	(void)state;
	assert_int_equal(rig_begin(1, quiet, NULL), UMSI_OK);
	mach_lapic_leave_in_service(rig.m, 1, 0xe5);
	mach_lapic_leave_in_service(rig.m, 1, 0x31);
	rig_online();
	assert_int_equal(rig.online[1], UMSI_OK);
	assert_false(mach_lapic_in_service(rig.m, 1, 0xe5));
	assert_false(mach_lapic_in_service(rig.m, 1, 0x31));
	rig_end();
}

static void send_ipis(void *arg)
{
	uint32_t ipi = *(uint32_t *)arg;

	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
		MACH_CHECK(rig.m, umsi_lapic_ipi_send(rig.root, ipi, cpu) == UMSI_OK, "I-API", "ipi");
}

static void ipis_arrive_and_run_out(void **state)
{
	uint32_t ipi, n = 0;

	(void)state;
	for (int x2 = 0; x2 < 2; x2++) {
		struct umsi_lapic_config lapic = { .x2apic = x2 };

		memset(ipi_on, 0, sizeof(ipi_on));
		assert_int_equal(rig_begin(1, quiet, &lapic), UMSI_OK);
		assert_int_equal(umsi_lapic_ipi_add(rig.root, on_ipi, NULL, &ipi), UMSI_OK);
		rig_online();
		mach_thread(rig.m, 2, send_ipis, &ipi);
		rig_run();
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			assert_int_equal(ipi_on[cpu], 1);
		assert_int_equal(umsi_lapic_ipi_send(rig.root, ipi + 1, 0), UMSI_ERANGE);
		assert_int_equal(umsi_lapic_ipi_send(rig.root, ipi, RIG_CPUS), UMSI_ERANGE);
		for (n = 1; umsi_lapic_ipi_add(rig.root, on_ipi, NULL, &ipi) == UMSI_OK; n++)
			;
		assert_int_equal(n, 12);	/* 0xF3 .. 0xFE */
		rig_end();
	}
}

static void by_cpu(uint32_t vector)
{
	umsi_lapic_trap(rig.root, 0, vector);
}

static void by_part(uint32_t vector)
{
	umsi_lapic_trap_at(umsi_lapic_part(rig.root, 0), (uint8_t)vector);
}

typedef void (*entry)(uint32_t vector);
static entry entries[] = { by_cpu, by_part };

static void take_spurious(void *arg)
{
	entry trap = *(entry *)arg;

	mach_irq_off(rig.m);
	mach_lapic_leave_in_service(rig.m, 0, 0x45);
	trap(SPURIOUS);
	MACH_CHECK(rig.m, mach_lapic_in_service(rig.m, 0, 0x45), "I-API", "a spurious vector ended another");
	trap(0x45);
	MACH_CHECK(rig.m, !mach_lapic_in_service(rig.m, 0, 0x45), "I-API", "an unowned vector was not ended");
	mach_irq_on(rig.m);
}

/* A spurious vector is not in service: to end it would end another. One nobody owns is. */
static void spurious_is_not_ended_unowned_is(void **state)
{
	struct umsi_stats st;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rig_begin(1, quiet, NULL), UMSI_OK);
		rig_online();
		mach_thread(rig.m, 0, take_spurious, &entries[i]);
		rig_run();
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(st.unowned, 1);
		assert_int_equal(st.claimed, 1);
		rig_end();
	}
}

static void retire_one_and_take_all(void *arg)
{
	struct umsi_irq_request_at at = { .last = 0, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 } };
	entry trap = *(entry *)arg;
	umsi_irq irq;

	MACH_CHECK(rig.m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "I-API", "alloc");
	MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, irq, handler, NULL, "dev") == UMSI_OK, "I-API", "request");
	MACH_CHECK(rig.m, umsi_irq_free(rig.umsi, irq) == UMSI_OK, "I-API", "free");
	mach_irq_off(rig.m);
	for (uint32_t vector = 0x20; vector <= SPURIOUS; vector++) {
		if (vector != SPURIOUS)
			mach_lapic_leave_in_service(rig.m, 0, vector);
		trap(vector);
	}
	mach_irq_on(rig.m);
}

static int no_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int no_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops void_ops = {
	.name = "void", .number_name = "n", .write = no_write, .settle = no_settle, .one_word = true,
};

static void take_all_and_one_more(void *arg)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 } };
	struct umsi_table *many;
	umsi_irq irq, other;
	uint32_t *taken = arg;

	MACH_CHECK(rig.m, umsi_table_create(dev, &void_ops, NULL, &(struct umsi_table_config){ .size = 256 }, &many) == UMSI_OK,
		   "I-API", "table");
	MACH_CHECK(rig.m, umsi_irq_alloc(table, &at, &irq) == UMSI_OK, "I-API", "alloc");
	MACH_CHECK(rig.m, umsi_irq_request(rig.umsi, irq, handler, NULL, "dev") == UMSI_OK, "I-API", "request");
	while (umsi_irq_alloc(many, &at, &other) == UMSI_OK)
		++*taken;
	MACH_CHECK(rig.m, umsi_irq_free(rig.umsi, irq) == UMSI_OK, "I-API", "free");
	/* It waits for the age of the one that retires, and asks its CPU then. */
	MACH_CHECK(rig.m, umsi_irq_alloc(many, &at, &irq) == UMSI_OK, "I-API", "the one that has aged");
	MACH_CHECK(rig.m, umsi_irq_alloc(many, &at, &irq) == UMSI_ENOSLOT, "I-API", "no more");
}

static void an_allocation_waits_for_a_vector_to_age(void **state)
{
	uint32_t taken = 0;

	(void)state;
	assert_int_equal(rig_begin(1, quiet, NULL), UMSI_OK);
	add_device();
	rig_online();
	mach_thread(rig.m, 1, take_all_and_one_more, &taken);
	rig_run();
	assert_true(taken > 100);
	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	rig_end();
}

/* System vectors have no record and no slot, and lie behind the last one that has: while slots retire, too. */
static void any_vector_may_come(void **state)
{
	struct umsi_stats st;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(rig_begin(1, quiet, NULL), UMSI_OK);
		add_device();
		rig_online();
		mach_thread(rig.m, 0, retire_one_and_take_all, &entries[i]);
		rig_run();
		umsi_stats_read(rig.umsi, &st);
		assert_int_equal(rig.timer_calls, 1);
		assert_int_equal(st.claimed, 0xff - 0x20);
		assert_int_equal(st.dead, 1);
		/* All but the timer, the kick, the error and the one that retires. */
		assert_int_equal(st.unowned, 0xff - 0x20 - 4);
		assert_int_equal(umsi_device_remove(dev), UMSI_OK);
		rig_end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(configurations_are_checked),
		cmocka_unit_test(two_cpus_with_one_id_are_refused),
		cmocka_unit_test(an_id_that_fits_no_message_is_left_out),
		cmocka_unit_test(an_allocation_waits_for_a_vector_to_age),
		cmocka_unit_test(extended_ids_are_aimed_at),
		cmocka_unit_test(a_cpu_that_is_not_as_told_stays_offline),
		cmocka_unit_test(leftovers_in_service_are_ended),
		cmocka_unit_test(ipis_arrive_and_run_out),
		cmocka_unit_test(spurious_is_not_ended_unowned_is),
		cmocka_unit_test(any_vector_may_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
