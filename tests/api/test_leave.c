/* SPDX-License-Identifier: MIT */
/* CPUs that leave: what moves, what is refused, what comes back. */
#include "rig.h"
#include "umsi_hosted.h"

/* On the CPU itself: dead, then down. */
static void die(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	assert_int_equal(umsi_cpu_dead(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_cpu_down(r->m);
}

static void back(void *arg)
{
	struct rig *r = arg;

	assert_int_equal(umsi_cpu_online(r->umsi, mach_cpu(r->m)), UMSI_OK);
	mach_irq_on(r->m);
}

static void take_down(struct rig *r, umsi_cpu cpu)
{
	assert_int_equal(umsi_cpu_leave(r->umsi, cpu), UMSI_OK);
	mach_thread(r->m, cpu, die, r);
	rig_settle(r);
	assert_false(umsi_cpu_is_online(r->umsi, cpu));
}

static void everything_moves_and_comes_back(void **state)
{
	struct rig r;
	umsi_irq irq[4];

	(void)state;
	rig_start(&r, 1);
	for (uint32_t i = 0; i < 4; i++) {
		irq[i] = rig_irq(&r, i);
		assert_int_equal(rig_move(&r, irq[i], 2), UMSI_OK);
	}
	take_down(&r, 2);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_not_equal(umsi_irq_effective_cpu(r.umsi, irq[i]), 2);
		assert_true(mach_pci_raise(r.pci[0], i));
	}
	rig_settle(&r);
	assert_int_equal(r.calls, 4);
	/* Their affinity was that CPU alone. */
	assert_int_equal(rig_stats(&r).affinity_broken, 4);
	assert_int_equal(rig_move(&r, irq[0], 2), UMSI_ENOCPU);
	assert_int_equal(mach_imsic_lost(r.m, 2), 0);

	mach_cpu_up(r.m, 2, back, &r);
	rig_settle(&r);
	assert_int_equal(rig_move(&r, irq[0], 2), UMSI_OK);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.last_cpu, 2);
	rig_end(&r);
}

/* P-34: interrupts nobody has requested own slots there too. */
static void P_34_unrequested_interrupts_move_as_well(void **state)
{
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	take_down(&r, 2);
	assert_int_not_equal(umsi_irq_effective_cpu(r.umsi, irq), 2);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "late"), UMSI_OK);
	mach_pci_raise(r.pci[0], 0);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	mach_cpu_up(r.m, 2, back, &r);
	rig_settle(&r);
	rig_end(&r);
}

/* A store that holds nothing: for filling slots. */
static int void_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	(void)store, (void)index, (void)cookie, (void)msg;
	return 1;
}

static int void_settle(void *store, uint32_t index, uint64_t cookie)
{
	(void)store, (void)index, (void)cookie;
	return UMSI_OK;
}

static const struct umsi_store_ops void_ops = {
	.name = "void", .number_name = "n", .write = void_write, .settle = void_settle,
};

/* P-42: no room elsewhere: refused, and nothing has moved. */
static void P_42_refused_as_a_whole(void **state)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	struct umsi_table_config config = { .size = 512 };
	struct umsi_table *table;
	umsi_irq irq[256];
	uint32_t n = 0;
	struct rig r;

	(void)state;
	rig_start(&r, 1);
	assert_int_equal(umsi_table_create(r.dev, &void_ops, NULL, &config, &table), UMSI_OK);
	while (n < 256 && umsi_irq_alloc(table, &at, &irq[n]) == UMSI_OK)
		n++;
	assert_int_equal(umsi_cpu_leave(r.umsi, 3), UMSI_ENOSLOT);
	assert_true(umsi_cpu_is_online(r.umsi, 3));
	assert_int_equal(rig_stats(&r).moves, 0);
	assert_int_equal(rig_stats(&r).retiring, 0);
	for (uint32_t i = 0; i < n; i++)
		if (umsi_irq_effective_cpu(r.umsi, irq[i]) != 3)
			assert_int_equal(umsi_irq_free(r.umsi, irq[i]), UMSI_OK);
	take_down(&r, 3);
	mach_cpu_up(r.m, 3, back, &r);
	rig_settle(&r);
	rig_end(&r);
}

struct unheard {
	struct rig *r;
	umsi_irq irq;
	bool triggered, left;
};

/* Deaf from before the trigger until it is dead: the kick stays pending, the entry in the inbox. */
static void trigger_and_die(void *arg)
{
	struct unheard *u = arg;

	mach_irq_off(u->r->m);
	assert_int_equal(umsi_irq_trigger(u->r->umsi, u->irq), UMSI_OK);
	u->triggered = true;
	while (!u->left)
		mach_delay(u->r->m, 10);
	assert_int_equal(u->r->calls, 0);
	die(u->r);
}

static void leave_when_triggered(void *arg)
{
	struct unheard *u = arg;

	while (!u->triggered)
		mach_delay(u->r->m, 10);
	assert_int_equal(umsi_cpu_leave(u->r->umsi, 2), UMSI_OK);
	u->left = true;
}

static void R14_what_waits_in_its_inbox_is_handed_on(void **state)
{
	struct rig r;
	struct unheard u = { .r = &r };

	(void)state;
	rig_start(&r, 1);
	u.irq = rig_irq(&r, 0);
	assert_int_equal(rig_move(&r, u.irq, 2), UMSI_OK);
	mach_thread(r.m, 2, trigger_and_die, &u);
	mach_thread(r.m, 0, leave_when_triggered, &u);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_int_not_equal(r.last_cpu, 2);
	mach_cpu_up(r.m, 2, back, &r);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	rig_end(&r);
}

/* Deaf from before the message until it is dead: it waits in the CPU's file, or on its way into it. */
static void die_deaf(void *arg)
{
	struct unheard *u = arg;

	mach_irq_off(u->r->m);
	mach_pci_raise(u->r->pci[0], 0);
	u->triggered = true;
	while (!u->left)
		mach_delay(u->r->m, 10);
	assert_int_equal(u->r->calls, 0);
	die(u->r);
}

static void R14_what_waits_in_its_file_is_handed_on(void **state)
{
	struct mach_chaos slow_file = mach_chaos_none;

	(void)state;
	slow_file.burst = 4;
	slow_file.lag_now = 64;
	slow_file.lag_max = 3000;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rig r;
		struct unheard u = { .r = &r };

		rig_machine(&r, &slow_file, seed);
		rig_library(&r);
		rig_device(&r);
		u.irq = rig_irq(&r, 0);
		assert_int_equal(rig_move(&r, u.irq, 2), UMSI_OK);
		mach_thread(r.m, 2, die_deaf, &u);
		mach_thread(r.m, 0, leave_when_triggered, &u);
		rig_settle(&r);
		assert_int_equal(r.calls, 1);
		assert_int_not_equal(r.last_cpu, 2);
		mach_cpu_up(r.m, 2, back, &r);
		rig_settle(&r);
		assert_int_equal(r.calls, 1);
		rig_end(&r);
	}
}

/* ---- A device whose flush says that all was sent, and no more (M1) ---- */

#define AGE_STEPS	1000u

static const struct umsi_store_ops slow_ops = {
	.name = "slow", .number_name = "n", .write = void_write, .settle = void_settle, .one_word = true,
	.flush_ages = true,
};

struct traveller {
	struct rig *r;
	struct umsi_msg msg;
	bool leaving, arrived;
};

static void leave_and_die(void *arg)
{
	struct traveller *t = arg;
	struct rig *r = t->r;

	t->leaving = true;
	assert_int_equal(umsi_cpu_leave(r->umsi, 2), UMSI_OK);
	mach_thread(r->m, 2, die, r);
}

/* It was sent before the flush, and is as long under way as it may be. */
static void arrive_late(void *arg)
{
	struct traveller *t = arg;

	while (!t->leaving)
		mach_delay(t->r->m, 1);
	mach_delay(t->r->m, AGE_STEPS * 3 / 4);
	mach_imsic_inject(t->r->m, 2, t->msg.data);
	t->arrived = true;
}

static void R14_what_a_flush_left_on_its_way_is_waited_for(void **state)
{
	struct umsi_irq_request_at at = { .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 2 } };
	struct umsi_table_config config = { .size = 1 };
	struct traveller t = { 0 };
	struct umsi_table *table;
	struct rig r;
	umsi_irq irq;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.config.min_age_ns = AGE_STEPS * 1000;
	rig_library(&r);
	rig_device(&r);
	assert_int_equal(umsi_table_create(r.dev, &slow_ops, NULL, &config, &table), UMSI_OK);
	assert_int_equal(umsi_irq_alloc(table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "slow"), UMSI_OK);
	t.r = &r;
	assert_int_equal(umsi_irq_message(r.umsi, irq, &t.msg), UMSI_OK);
	mach_thread(r.m, 0, leave_and_die, &t);
	mach_thread(r.m, 1, arrive_late, &t);
	rig_settle(&r);
	assert_true(t.arrived);
	assert_false(umsi_cpu_is_online(r.umsi, 2));
	assert_int_equal(r.calls, 1);
	mach_cpu_up(r.m, 2, back, &r);
	rig_settle(&r);
	rig_end(&r);
}

/* ---- An IPI with a payload in memory, claimed by a dying CPU ---- */

struct last_ipi {
	struct rig *r;
	uint32_t ipi, payload, left, served;
	bool dying;
};

static void on_last_ipi(void *arg, umsi_cpu cpu)
{
	struct last_ipi *x = arg;

	(void)cpu;
	MACH_CHECK(x->r->m, umsi_hosted_load(&x->payload, 4, UMSI_HOSTED_RELAXED) == 1, "I-CONS",
		   "the IPI's payload was not seen");
	x->served++;
}

/* It has seen the payload's old value. */
static void die_when_left(void *arg)
{
	struct last_ipi *x = arg;
	struct rig *r = x->r;

	mach_irq_off(r->m);
	while (!umsi_hosted_load(&x->left, 4, UMSI_HOSTED_ACQUIRE))
		mach_delay(r->m, 1);
	MACH_CHECK(r->m, umsi_hosted_load(&x->payload, 4, UMSI_HOSTED_RELAXED) == 0, "I-API", "early");
	x->dying = true;
	MACH_CHECK(r->m, umsi_cpu_dead(r->umsi, 2) == UMSI_OK, "I-API", "dead");
	mach_cpu_down(r->m);
}

static void leave_it(void *arg)
{
	struct last_ipi *x = arg;

	MACH_CHECK(x->r->m, umsi_cpu_leave(x->r->umsi, 2) == UMSI_OK, "I-API", "leave");
	umsi_hosted_store(&x->left, 4, 1, UMSI_HOSTED_RELEASE);
}

/* It may come too late to be served. */
static void send_last_ipi(void *arg)
{
	struct last_ipi *x = arg;
	struct rig *r = x->r;

	umsi_hosted_store(&x->payload, 4, 0, UMSI_HOSTED_RELAXED);
	while (!x->dying)
		mach_delay(r->m, 1);
	umsi_hosted_store(&x->payload, 4, 1, UMSI_HOSTED_RELAXED);
	umsi_imsic_ipi_send(r->root, x->ipi, 2);
}

static void an_ipi_at_death_shows_its_payload(void **state)
{
	struct mach_chaos stale = mach_chaos_none;
	uint32_t served = 0;

	(void)state;
	stale.stale = 200;
	stale.burst = 5;
	for (uint64_t seed = 1; seed <= 100; seed++) {
		struct last_ipi x = { 0 };
		struct rig r;

		rig_machine(&r, &stale, seed);
		x.r = &r;
		rig_library(&r);
		assert_int_equal(umsi_imsic_ipi_add(r.root, on_last_ipi, &x, &x.ipi), UMSI_OK);
		mach_thread(r.m, 2, die_when_left, &x);
		mach_thread(r.m, 1, send_last_ipi, &x);
		mach_thread(r.m, 0, leave_it, &x);
		rig_settle(&r);
		served += x.served;
		rig_end(&r);
	}
	assert_true(served > 0);
}

static void the_last_cpu_stays(void **state)
{
	struct rig r;

	(void)state;
	rig_machine(&r, &mach_chaos_none, 1);
	r.offline = 0xe;
	rig_library(&r);
	assert_int_equal(umsi_cpu_leave(r.umsi, 0), UMSI_EBUSY);
	assert_int_equal(umsi_cpu_leave(r.umsi, 1), UMSI_ESTATE);
	assert_int_equal(umsi_cpu_leave(r.umsi, RIG_CPUS), UMSI_ERANGE);
	assert_int_equal(umsi_cpu_dead(r.umsi, 0), UMSI_ESTATE);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_moves_and_comes_back),
		cmocka_unit_test(P_34_unrequested_interrupts_move_as_well),
		cmocka_unit_test(P_42_refused_as_a_whole),
		cmocka_unit_test(R14_what_waits_in_its_inbox_is_handed_on),
		cmocka_unit_test(R14_what_waits_in_its_file_is_handed_on),
		cmocka_unit_test(R14_what_a_flush_left_on_its_way_is_waited_for),
		cmocka_unit_test(an_ipi_at_death_shows_its_payload),
		cmocka_unit_test(the_last_cpu_stays),
	};

	return cmocka_run_group_tests_name("leaving", tests, NULL, NULL);
}
