/* SPDX-License-Identifier: MIT */
/*
 * A host with a vector allocator of its own: it runs the machine's interrupt
 * files itself, one identity of one file for each (CPU, interrupt), and gives
 * an old one to somebody else only when it has found it quiet.
 */
#include "../api/rig.h"

#include <umsi/own_root.h>

#include "umsi_aia.h"
#include "umsi_hosted.h"

#define NUMBERS		40
#define IDS		64
#define KICK		1
#define NOBODY		UINT32_MAX

/* Under the test's own big lock: the library's calls come with interrupts off, and the machine runs one thread at a time. */
struct host {
	struct rig *r;
	void *page[RIG_CPUS];
	uint32_t number[RIG_CPUS][IDS];		/* by file and identity; through the seam */
	bool busy[RIG_CPUS][IDS];		/* plain: changed between two steps of the machine */
	uint32_t id[NUMBERS][RIG_CPUS];		/* 0: none there */
	bool used[NUMBERS], ended[NUMBERS];
	uint32_t kicks, taken, cancelled;
	uint32_t fail_prepare;
};

static uint32_t *entry(struct host *h, umsi_cpu cpu, uint32_t id)
{
	return &h->number[cpu][id];
}

static void set_entry(struct host *h, umsi_cpu cpu, uint32_t id, uint32_t number)
{
	umsi_hosted_store(entry(h, cpu, id), 4, number, UMSI_HOSTED_RELEASE);
}

static int take_id(struct host *h, umsi_cpu cpu, uint32_t number)
{
	for (uint32_t id = KICK + 1; id < IDS; id++) {
		if (h->busy[cpu][id])
			continue;
		h->busy[cpu][id] = true;
		h->id[number][cpu] = id;
		set_entry(h, cpu, id, number);
		return UMSI_OK;
	}
	return UMSI_ENOSLOT;
}

static int take(void *ctx, umsi_cpu cpu, uint32_t *number)
{
	struct host *h = ctx;

	for (uint32_t n = 0; n < NUMBERS; n++) {
		if (h->used[n])
			continue;
		h->used[n] = true;
		if (take_id(h, cpu, n)) {
			h->used[n] = false;
			return UMSI_ENOSLOT;
		}
		h->taken++;
		*number = n;
		return UMSI_OK;
	}
	return UMSI_ENOSLOT;
}

static void end(void *ctx, uint32_t number, int settled)
{
	(void)settled;
	((struct host *)ctx)->ended[number] = true;
}

static void compose(void *ctx, uint32_t number, umsi_cpu cpu, struct umsi_msg *out)
{
	struct host *h = ctx;

	out->address = mach_imsic_phys(h->r->m, cpu);
	out->data = h->id[number][cpu];
}

/* An identity it still has there serves again. */
static int move_prepare(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	struct host *h = ctx;

	(void)from;
	if (h->fail_prepare && !--h->fail_prepare)
		return UMSI_ENOSLOT;
	return h->id[number][to] ? UMSI_OK : take_id(h, to, number);
}

/* The old identity stays its own for as long as the number lives. */
static void move_finish(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to, int settled)
{
	(void)ctx, (void)number, (void)from, (void)to, (void)settled;
}

static void move_cancel(void *ctx, uint32_t number, umsi_cpu from, umsi_cpu to)
{
	(void)number, (void)from, (void)to;
	((struct host *)ctx)->cancelled++;
}

static void kick(void *ctx, umsi_cpu cpu)
{
	struct host *h = ctx;

	h->kicks++;
	umsi_hosted_mmio_write(h->page[cpu], 4, KICK);
}

static const struct umsi_own_ops ops = {
	.name = "host", .number_name = "number", .take = take, .end = end, .compose = compose,
	.move_prepare = move_prepare, .move_finish = move_finish, .move_cancel = move_cancel, .kick = kick,
};

static struct host *host_now;

static void trap(void *arg, umsi_cpu cpu)
{
	struct rig *r = arg;
	struct host *h = host_now;
	uint32_t id;

	while ((id = (uint32_t)(umsi_aia_stopei_claim() >> 16))) {
		uint32_t number;

		umsi_hosted_barrier(UMSI_BARRIER_CLAIM_TO_HANDLER);
		if (id == KICK) {
			umsi_own_kicked(r->root, cpu);
			continue;
		}
		number = (uint32_t)umsi_hosted_load(entry(h, cpu, id), 4, UMSI_HOSTED_ACQUIRE);
		umsi_own_arrived(r->root, cpu, number);
	}
}

static void file_up(void *arg)
{
	(void)arg;
	mach_irq_off(((struct rig *)arg)->m);
	umsi_aia_write_locked(0xc0, ~UINT64_C(0) & ~UINT64_C(1));
	umsi_aia_write_locked(0x70, 1);
	assert_int_equal(umsi_cpu_online(((struct rig *)arg)->umsi, mach_cpu(((struct rig *)arg)->m)), UMSI_OK);
	mach_irq_on(((struct rig *)arg)->m);
}

static void start(struct rig *r, struct host *h, const struct mach_chaos *chaos, uint64_t seed)
{
	struct umsi_own_config config = { .ops = &ops, .ctx = h, .numbers = NUMBERS };

	rig_machine(r, chaos, seed);
	mach_set_trap(r->m, trap, r);
	*h = (struct host){ .r = r };
	host_now = h;
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++)
		for (uint32_t id = 0; id < IDS; id++)
			h->number[cpu][id] = NOBODY;
	assert_int_equal(umsi_init(&r->storage, r->m, &r->config, &r->umsi), UMSI_OK);
	assert_int_equal(umsi_own_root_create(r->umsi, &config, &r->root), UMSI_OK);
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++) {
		h->page[cpu] = umsi_host_mmio_map(r->m, mach_imsic_phys(r->m, cpu), 4096);
		mach_thread(r->m, cpu, file_up, r);
	}
	rig_settle(r);
	rig_device(r);
}

/* Everything has arrived: what has ended is quiet. */
static void collect(struct rig *r, struct host *h)
{
	rig_settle(r);
	for (uint32_t n = 0; n < NUMBERS; n++) {
		if (!h->ended[n])
			continue;
		assert_int_equal(umsi_own_quiet(r->root, n), UMSI_OK);
		assert_int_equal(umsi_own_quiet(r->root, n), UMSI_ESTATE);
		h->ended[n] = h->used[n] = false;
		for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++) {
			if (!h->id[n][cpu])
				continue;
			set_entry(h, cpu, h->id[n][cpu], NOBODY);
			h->busy[cpu][h->id[n][cpu]] = false;
			h->id[n][cpu] = 0;
		}
	}
}

static void finish(struct rig *r, struct host *h)
{
	assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	collect(r, h);
	assert_int_equal(umsi_own_root_destroy(r->root), UMSI_OK);
	assert_int_equal(umsi_destroy(r->umsi), UMSI_OK);
	for (uint32_t cpu = 0; cpu < RIG_CPUS; cpu++)
		umsi_host_mmio_unmap(r->m, h->page[cpu], 4096);
	mach_check_leaks(r->m);
	rig_check(r);
	mach_destroy(r->m);
}

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	assert_true(mach_pci_raise(r->pci[0], index));
	rig_settle(r);
}

static void arrives_and_moves(void **state)
{
	struct host h;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 1);
	irq = rig_irq(&r, 2);
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++) {
		assert_int_equal(rig_move(&r, irq, cpu), UMSI_OK);
		r.calls = 0;
		fire(&r, 2);
		assert_int_equal(r.calls, 1);
		assert_int_equal(r.last_cpu, cpu);
	}
	finish(&r, &h);
}

static void triggers_come_by_kick(void **state)
{
	struct host h;
	struct rig r;
	umsi_irq irq;

	(void)state;
	start(&r, &h, &mach_chaos_none, 2);
	irq = rig_irq(&r, 0);
	assert_int_equal(umsi_irq_trigger(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	assert_true(h.kicks);
	finish(&r, &h);
}

static void refusals_leave_all_as_it_was(void **state)
{
	struct umsi_own_config config = { .ops = &ops, .numbers = 0 };
	umsi_irq irq[RIG_ENTRIES];
	struct umsi_domain *other;
	struct host h;
	struct rig r;

	(void)state;
	start(&r, &h, &mach_chaos_none, 3);
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_ERANGE);
	config.numbers = 8;
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_EEXIST);
	config.ops = NULL;
	assert_int_equal(umsi_own_root_create(r.umsi, &config, &other), UMSI_EINVAL);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		irq[i] = rig_irq(&r, i);
	h.fail_prepare = 1;
	assert_int_equal(rig_move(&r, irq[0], (umsi_irq_effective_cpu(r.umsi, irq[0]) + 1) % RIG_CPUS), UMSI_ENOSLOT);
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_own_quiet(r.root, NUMBERS), UMSI_ERANGE);
	assert_int_equal(umsi_own_quiet(r.root, NUMBERS - 1), UMSI_ESTATE);
	assert_int_equal(umsi_own_root_destroy(r.root), UMSI_EBUSY);
	finish(&r, &h);
}

static void a_cpu_leaves(void **state)
{
	struct host h;
	struct rig r;

	(void)state;
	start(&r, &h, &mach_chaos_none, 4);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		rig_irq(&r, i);
	assert_int_equal(umsi_cpu_leave(r.umsi, 1), UMSI_OK);
	rig_settle(&r);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++) {
		fire(&r, i);
		assert_int_not_equal(r.last_cpu, 1);
	}
	assert_int_equal(r.calls, RIG_ENTRIES);
	finish(&r, &h);
}

struct churner {
	struct rig *r;
	umsi_irq irq;
	uint32_t index;
};

/* One that the machine sees, so that it knows which events are owed still. */
static enum umsi_handled seen(void *arg)
{
	struct churner *c = arg;

	mach_handler_begin(c->r->pci[0], c->index);
	mach_handler_end(c->r->pci[0], c->index);
	return UMSI_HANDLED;
}

static void churn(void *arg)
{
	struct churner *c = arg;
	struct rig *r = c->r;

	assert_int_equal(rig_alloc(r, c->index, c->index, &c->irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, c->irq, seen, c, "seen"), UMSI_OK);
	mach_entry_live(r->pci[0], c->index, true);
	for (uint32_t turn = 0; turn < 60; turn++) {
		int status = rig_move(r, c->irq, (umsi_cpu)mach_random(r->m, RIG_CPUS));

		assert_true(status == UMSI_OK || status == UMSI_ENOSLOT);
		mach_pci_raise(r->pci[0], c->index);
	}
}

/* Under a wild machine, moves of many at once: nothing is lost, and at the end everything balances. */
static void moves_under_fire(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct churner c[6];
		struct host h;
		struct rig r;

		start(&r, &h, NULL, seed);
		for (uint32_t i = 0; i < 6; i++) {
			c[i] = (struct churner){ .r = &r, .index = i };
			mach_thread(r.m, i % RIG_CPUS, churn, &c[i]);
		}
		rig_settle(&r);
		mach_check_quiet(r.m);
		rig_check(&r);
		assert_int_equal(rig_stats(&r).unowned, 0);
		for (uint32_t i = 0; i < 6; i++)
			mach_entry_live(r.pci[0], i, false);
		finish(&r, &h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrives_and_moves),
		cmocka_unit_test(triggers_come_by_kick),
		cmocka_unit_test(refusals_leave_all_as_it_was),
		cmocka_unit_test(a_cpu_leaves),
		cmocka_unit_test(moves_under_fire),
	};

	return cmocka_run_group_tests_name("the host's own root", tests, NULL, NULL);
}
