/* SPDX-License-Identifier: MIT */
/* Rows of the corpus about calls in orders nobody thought of, and about what is left when one fails: P-65, 92, 96, 97, 103, 104. */
#include <umsi/aplic.h>

#include "tests/api/rig.h"

#define COMMAND		0x04
#define DECODE_MASTER	0x0006u

static struct mach_pci *add_function(struct rig *r, uint16_t entries, uint32_t options,
				     struct umsi_pci_function *fn)
{
	struct mach_pci_config pci = { .requester_id = 0x300, .entries = entries, .options = options };
	struct mach_pci *d = mach_pci_add(r->m, &pci);

	*fn = (struct umsi_pci_function){ .requester_id = 0x300 };
	for (unsigned int bar = 0; bar < 6; bar++)
		mach_pci_bar(d, bar, &fn->bar[bar].phys, &fn->bar[bar].bytes);
	return d;
}

/* A reset, after which the host gives the function its command register back. */
static void reset(struct rig *r, struct mach_pci *pci, uint32_t requester_id)
{
	mach_pci_reset(pci);
	umsi_host_pci_write(r->m, requester_id, COMMAND, 2, DECODE_MASTER);
}

/* ---- P-65: calls before, between and after the steps of bringing up ----------- */

#define FILELESS	2u	/* this CPU has no interrupt file */
#define CALLS		80

static int call_leave(struct rig *r)
{
	return umsi_cpu_leave(r->umsi, 3);
}

static int call_dead(struct rig *r)
{
	return umsi_cpu_dead(r->umsi, mach_cpu(r->m));
}

static int call_restore(struct rig *r)
{
	return umsi_cpu_restore(r->umsi, mach_cpu(r->m));
}

static int call_drain(struct rig *r)
{
	umsi_drain_point(r->umsi);
	return UMSI_ESTATE;
}

static int call_trap(struct rig *r)
{
	if (r->root)
		umsi_imsic_trap(r->root, mach_cpu(r->m));
	return UMSI_ESTATE;
}

static int call_reap(struct rig *r)
{
	umsi_reap(r->umsi);
	return UMSI_ESTATE;
}

static int call_stats(struct rig *r)
{
	struct umsi_stats st;

	umsi_stats_read(r->umsi, &st);
	return st.records ? UMSI_OK : UMSI_ESTATE;
}

static void no_line(void *arg, const char *line)
{
	(void)arg;
	(void)line;
}

static int call_dump(struct rig *r)
{
	umsi_dump(r->umsi, no_line, NULL);
	return UMSI_ESTATE;
}

static int call_device(struct rig *r)
{
	struct umsi_device_config c = { .name = "early", .parent = r->root };
	struct umsi_device *dev;
	int status = umsi_device_add(r->umsi, &c, &dev);

	if (status)
		return status;
	return umsi_device_remove(dev) ? UMSI_OK : UMSI_ESTATE;
}

static int call_trigger(struct rig *r)
{
	return umsi_irq_trigger(r->umsi, 1);
}

static int call_ipi(struct rig *r)
{
	return r->root ? umsi_imsic_ipi_send(r->root, 0, 3) : UMSI_ESTATE;
}

static int call_resume(struct rig *r)
{
	return umsi_resume(r->umsi);
}

/* The first four want interrupts off. */
static int (*const early[])(struct rig *r) = {
	call_dead, call_restore, call_drain, call_trap,
	call_leave, call_reap, call_stats, call_dump, call_device, call_trigger, call_ipi, call_resume,
};

/* Nothing is there yet that any of these could succeed on. */
static void call_at_random(void *arg)
{
	struct rig *r = arg;

	for (uint32_t i = 0; i < CALLS; i++) {
		uint32_t which = (uint32_t)mach_random(r->m, sizeof(early) / sizeof(early[0]));
		int status;

		if (which < 4)
			mach_irq_off(r->m);
		status = early[which](r);
		mach_irq_on(r->m);
		MACH_CHECK(r->m, status != UMSI_OK, "I-API", "call %u succeeded", which);
	}
}

static void call_everywhere(struct rig *r)
{
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++)
		mach_thread(r->m, cpu, call_at_random, r);
	rig_settle(r);
}

static void P_65_any_call_before_between_and_after_the_steps(void **state)
{
	static struct rig r;

	(void)state;
	for (uint64_t seed = 1; seed <= 25; seed++) {
		rig_machine(&r, &mach_chaos_none, seed);
		r.files[FILELESS].phys = 0;
		assert_int_equal(umsi_init(&r.storage, r.m, &r.config, &r.umsi), UMSI_OK);
		call_everywhere(&r);
		assert_int_equal(umsi_imsic_create(r.umsi, &r.imsic, &r.root), UMSI_OK);
		call_everywhere(&r);
		assert_int_equal(umsi_imsic_destroy(r.root), UMSI_OK);
		r.root = NULL;
		call_everywhere(&r);

		/* And all of it works as if nothing had been said. */
		assert_int_equal(umsi_imsic_create(r.umsi, &r.imsic, &r.root), UMSI_OK);
		for (uint32_t i = 0; i < RIG_CPUS; i++)
			mach_thread(r.m, i, rig_cpu_up, &r);
		rig_settle(&r);
		rig_device(&r);
		rig_irq(&r, 0);
		mach_pci_raise(r.pci[0], 0);
		rig_settle(&r);
		assert_int_equal(r.calls, 1);
		rig_end(&r);
	}
}

/* ---- P-92: each allocation of a bridge's probe fails in turn ------------------- */

#define APLIC_PHYS	UINT64_C(0x0d000000)

/* The root, a bridge with a table of wires, a function with its messages; what was made when one failed goes again. */
static int probe(struct rig *r)
{
	const struct umsi_aplic_config wires = {
		.phys = APLIC_PHYS, .bytes = 0x4000, .sources = 8, .base = UINT64_C(0x28000000),
		.hart_index_bits = 2,
	};
	struct umsi_device_config c = { .name = "bridge", .requester_id = r->fn[0].requester_id };
	struct umsi_device *bridge;
	struct umsi_table *table;
	int status;

	status = umsi_imsic_create(r->umsi, &r->imsic, &r->root);
	if (status)
		return status;
	c.parent = r->root;
	status = umsi_device_add(r->umsi, &c, &bridge);
	if (!status) {
		status = umsi_aplic_messages_create(bridge, &wires, &table);
		if (!status)
			status = umsi_pci_msix_create(bridge, &r->fn[0], &table);
		assert_int_equal(umsi_device_remove(bridge), UMSI_OK);
	}
	assert_int_equal(umsi_imsic_destroy(r->root), UMSI_OK);
	return status;
}

static void P_92_a_bridge_whose_probe_fails_leaves_nothing(void **state)
{
	struct mach_aplic_config wires = { .phys = APLIC_PHYS, .sources = 8 };
	struct rig r;
	int status;

	(void)state;
	for (int for_ever = 0; for_ever < 2; for_ever++) {
		uint64_t nth = 0;
		size_t blocks, maps;

		rig_machine(&r, &mach_chaos_none, 1);
		mach_aplic_add(r.m, &wires);
		assert_int_equal(umsi_init(&r.storage, r.m, &r.config, &r.umsi), UMSI_OK);
		/* What the library keeps for the next device is kept from here on. */
		assert_int_equal(probe(&r), UMSI_OK);
		blocks = mach_live_blocks(r.m);
		maps = mach_live_maps(r.m);
		do {
			mach_fail_alloc(r.m, ++nth, for_ever);
			status = probe(&r);
			mach_fail_alloc(r.m, 0, false);
			assert_int_equal(mach_live_blocks(r.m), blocks);
			assert_int_equal(mach_live_maps(r.m), maps);
		} while (status == UMSI_ENOMEM);
		assert_int_equal(status, UMSI_OK);
		assert_true(nth > 8);
		r.root = NULL;
		rig_end(&r);
	}
}

/* ---- P-96: nothing leaves a device that nobody has opened ------------------------ */

static void raise_all(struct rig *r, struct mach_pci *d, uint16_t entries)
{
	for (uint32_t i = 0; i < entries; i++)
		mach_pci_raise(d, i);
	rig_settle(r);
	for (uint32_t i = 0; i < entries; i++)
		assert_int_equal(mach_pci_sent(d, i), 0);
}

static void all_masked(struct mach_pci *d, uint16_t entries)
{
	for (uint32_t i = 0; i < entries; i++)
		assert_int_equal(mach_pci_table(d, i, 3) & 1, 1);
}

/* Its reset leaves every entry open, with an old message. */
static void P_96_a_device_is_silent_until_it_is_opened(void **state)
{
	enum { ENTRIES = 24 };
	struct umsi_device_config c = { .name = "stale", .requester_id = 0x300 };
	struct umsi_pci_function fn;
	struct umsi_device *dev;
	struct umsi_table *table;
	struct mach_pci *d;
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	rig_library(&r);
	d = add_function(&r, ENTRIES, MACH_PCI_STALE_ENTRIES, &fn);
	c.parent = r.root;
	assert_int_equal(umsi_device_add(r.umsi, &c, &dev), UMSI_OK);
	raise_all(&r, d, ENTRIES);
	assert_int_equal(umsi_pci_msix_create(dev, &fn, &table), UMSI_OK);
	rig_settle(&r);
	all_masked(d, ENTRIES);
	raise_all(&r, d, ENTRIES);

	assert_int_equal(umsi_device_lost(dev), UMSI_OK);
	reset(&r, d, 0x300);
	assert_int_equal(umsi_device_restore(dev), UMSI_OK);
	rig_settle(&r);
	all_masked(d, ENTRIES);
	raise_all(&r, d, ENTRIES);

	assert_int_equal(umsi_device_remove(dev), UMSI_OK);
	raise_all(&r, d, ENTRIES);
	rig_end(&r);
}

/* ---- P-97: written, unmasked and enabled in every order --------------------------- */

#define STORM	4u

static void set_message(struct rig *r, umsi_irq irq)
{
	assert_int_equal(rig_move(r, irq, 3), UMSI_OK);
}

static void unmask(struct rig *r, umsi_irq irq)
{
	assert_int_equal(umsi_irq_enable(r->umsi, irq), UMSI_OK);
}

static void enable_function(struct rig *r, umsi_irq irq)
{
	(void)irq;
	assert_int_equal(umsi_device_restore(r->dev), UMSI_OK);
}

/* Masked by software in the device, and the device away: what ends either must not be forgotten. */
static void masked_and_away(struct rig *r, umsi_irq irq)
{
	assert_int_equal(umsi_irq_disable(r->umsi, irq), UMSI_OK);
	for (uint32_t i = 0; i < 2 * STORM; i++) {
		mach_pci_raise(r->pci[0], 2);
		rig_settle(r);
	}
	assert_int_equal(mach_pci_table(r->pci[0], 2, 3) & 1, 1);
	assert_int_equal(umsi_device_quiesce(r->dev), UMSI_OK);
	reset(r, r->pci[0], r->fn[0].requester_id);
}

static void P_97_write_unmask_enable_in_every_order(void **state)
{
	static void (*const step[])(struct rig *r, umsi_irq irq) = { set_message, unmask, enable_function };
	static const uint8_t order[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};

	(void)state;
	for (uint32_t n = 0; n < 6; n++) {
		struct umsi_msg msg;
		struct rig r;
		umsi_irq irq;
		uint32_t calls;

		rig_machine(&r, &mach_chaos_none, n + 1);
		r.config.storm_limit = STORM;
		rig_library(&r);
		rig_device(&r);
		irq = rig_irq(&r, 2);
		masked_and_away(&r, irq);
		for (uint32_t i = 0; i < 3; i++) {
			step[order[n][i]](&r, irq);
			rig_settle(&r);
		}
		assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
		assert_int_equal(mach_pci_table(r.pci[0], 2, 0), (uint32_t)msg.address);
		assert_int_equal(mach_pci_table(r.pci[0], 2, 2), msg.data);
		assert_int_equal(mach_pci_table(r.pci[0], 2, 3) & 1, 0);
		calls = r.calls;
		assert_true(calls >= 1);
		mach_pci_raise(r.pci[0], 2);
		rig_settle(&r);
		assert_int_equal(r.calls, calls + 1);
		assert_int_equal(r.last_cpu, 3);
		rig_end(&r);
	}
}

/* ---- P-103: a reset behind the driver -------------------------------------------- */

/* Opened before its message stands, it would write to address 0: the machine says so. */
static void P_103_a_cleared_entry_has_its_message_before_it_opens(void **state)
{
	struct umsi_msg msg;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	irq = rig_irq(&r, 5);
	assert_int_equal(umsi_device_lost(r.dev), UMSI_OK);
	reset(&r, r.pci[0], r.fn[0].requester_id);
	assert_int_equal(mach_pci_table(r.pci[0], 5, 0), 0);
	mach_pci_raise(r.pci[0], 5);
	assert_int_equal(umsi_device_restore(r.dev), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(umsi_irq_message(r.umsi, irq, &msg), UMSI_OK);
	assert_int_equal(mach_pci_table(r.pci[0], 5, 0), (uint32_t)msg.address);
	assert_int_equal(mach_pci_table(r.pci[0], 5, 2), msg.data);
	assert_true(r.calls >= 1);
	r.calls = 0;
	mach_pci_raise(r.pci[0], 5);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* ---- P-104: one of eight says "not now" ------------------------------------------- */

#define EIGHT	8u
#define BUSY	3u	/* the fourth of them */

struct busy_store {
	struct rig *r;
	uint32_t declines;
	umsi_irq irq[EIGHT];
	bool gone, inside;
	uint32_t calls, late;
};

static int busy_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct busy_store *b = store;

	(void)cookie;
	(void)msg;
	if (index != BUSY || !b->declines)
		return 1;
	b->declines--;
	return UMSI_EAGAIN;
}

static int busy_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store;
	(void)index;
	(void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops busy_ops = {
	.name = "busy", .number_name = "n", .one_word = true, .write = busy_write, .settle = busy_settle,
};

static enum umsi_handled busy_handler(void *arg)
{
	struct busy_store *b = arg;

	b->late += b->gone;
	b->calls++;
	b->inside = true;
	mach_delay(b->r->m, 2000);
	b->late += b->gone;
	return UMSI_HANDLED;
}

static struct umsi_table *open_eight(struct busy_store *b)
{
	struct umsi_table_config config = { .size = EIGHT };
	struct umsi_table *table;

	assert_int_equal(umsi_table_create(b->r->dev, &busy_ops, b, &config, &table), UMSI_OK);
	for (uint32_t i = 0; i < EIGHT; i++) {
		struct umsi_irq_request_at at = {
			.first = i, .last = i, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 1 },
		};

		assert_int_equal(umsi_irq_alloc(table, &at, &b->irq[i]), UMSI_OK);
		assert_int_equal(umsi_irq_request(b->r->umsi, b->irq[i], busy_handler, b, "eight"), UMSI_OK);
	}
	return table;
}

static void leave_cpu_1(void *arg)
{
	struct busy_store *b = arg;
	int status;

	b->declines = 2;
	status = umsi_cpu_leave(b->r->umsi, 1);
	MACH_CHECK(b->r->m, status == UMSI_OK, "test", "leave: %s", umsi_status_text(status));
	for (uint32_t i = 0; i < EIGHT; i++)
		MACH_CHECK(b->r->m, umsi_irq_effective_cpu(b->r->umsi, b->irq[i]) != 1, "I-ROUTE",
			   "interrupt %u stayed on the CPU that leaves", i);
}

/* The later ones succeed; their success must not hide that it has to be asked again. */
static void P_104_a_leave_retries_what_was_declined(void **state)
{
	static struct busy_store b;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	b = (struct busy_store){ .r = &r };
	open_eight(&b);
	mach_thread(r.m, 0, leave_cpu_1, &b);
	rig_settle(&r);
	assert_int_equal(b.declines, 0);
	rig_end(&r);
}

static bool is_set(void *flag)
{
	return *(bool *)flag;
}

static void remove_all(void *arg)
{
	struct busy_store *b = arg;

	MACH_CHECK(b->r->m, umsi_irq_trigger(b->r->umsi, b->irq[BUSY]) == UMSI_OK, "test", "trigger");
	mach_wait(b->r->m, is_set, &b->inside);
	MACH_CHECK(b->r->m, umsi_device_remove(b->r->dev) == UMSI_OK, "test", "remove");
	b->gone = true;
	for (uint32_t i = 0; i < EIGHT; i++)
		MACH_CHECK(b->r->m, umsi_irq_free(b->r->umsi, b->irq[i]) == UMSI_ENOENT, "test", "freed twice");
}

/* One of them is in its handler while all eight are torn down. */
static void P_104_a_teardown_waits_for_the_one_in_flight(void **state)
{
	static struct busy_store b;
	struct rig r;

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		rig_machine(&r, NULL, seed);
		rig_library(&r);
		rig_device(&r);
		b = (struct busy_store){ .r = &r };
		open_eight(&b);
		mach_thread(r.m, 0, remove_all, &b);
		rig_settle(&r);
		r.dev = NULL;
		assert_int_equal(b.calls, 1);
		assert_int_equal(b.late, 0);
		rig_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(P_65_any_call_before_between_and_after_the_steps),
		cmocka_unit_test(P_92_a_bridge_whose_probe_fails_leaves_nothing),
		cmocka_unit_test(P_96_a_device_is_silent_until_it_is_opened),
		cmocka_unit_test(P_97_write_unmask_enable_in_every_order),
		cmocka_unit_test(P_103_a_cleared_entry_has_its_message_before_it_opens),
		cmocka_unit_test(P_104_a_leave_retries_what_was_declined),
		cmocka_unit_test(P_104_a_teardown_waits_for_the_one_in_flight),
	};

	return cmocka_run_group_tests_name("corpus: order", tests, NULL, NULL);
}
