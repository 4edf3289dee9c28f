/* SPDX-License-Identifier: MIT */
/* Stores on a slow bus, and stores that cannot say when they have settled. */
#include "../api/rig.h"

#include "umsi_hosted.h"

#define ENTRY_BYTES	16
#define STORM		20

/* MSI-X entries behind a queue: nothing reaches the table before the queue is drained. */
struct slow {
	struct rig *r;
	unsigned char *table;
	struct umsi_msg message[RIG_ENTRIES];
	bool open[RIG_ENTRIES], changed[RIG_ENTRIES];
	uint32_t drained, inside;
	uint32_t fires;			/* an event of index 0 at the end of so many drains */
	bool gone;
};

static int gather_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct slow *s = store;

	assert_int_equal(cookie, 100 + index);
	s->message[index] = *msg;
	s->changed[index] = true;
	return 1;
}

static int gather_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	((struct slow *)store)->open[index] = false;
	((struct slow *)store)->changed[index] = true;
	return 1;
}

static int gather_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	((struct slow *)store)->open[index] = true;
	((struct slow *)store)->changed[index] = true;
	return 1;
}

static void put(struct slow *s, uint32_t index, uint32_t dword, uint32_t value)
{
	volatile uint32_t *at = (volatile uint32_t *)(s->table + index * ENTRY_BYTES + dword * 4);

	umsi_hosted_mmio_write(at, 4, value);
}

static void write_entry(struct slow *s, uint32_t index)
{
	put(s, index, 3, 1);
	put(s, index, 0, (uint32_t)s->message[index].address);
	put(s, index, 1, (uint32_t)(s->message[index].address >> 32));
	put(s, index, 2, s->message[index].data);
	put(s, index, 3, !s->open[index]);
	s->changed[index] = false;
}

/* Takes its time, with interrupts on, and one at a time. */
static int drain(void *store, uint32_t index, uint64_t cookie)
{
	struct slow *s = store;

	(void)index;
	(void)cookie;
	assert_int_equal(s->inside++, 0);
	for (uint32_t i = 0; i < RIG_ENTRIES; i++)
		if (s->changed[i])
			write_entry(s, i);
	umsi_host_relax(s->r->m);
	umsi_hosted_mmio_read(s->table, 4);
	umsi_hosted_barrier(UMSI_BARRIER_FLUSH_TO_STAMP);
	for (; s->fires; s->fires--) {
		assert_true(mach_pci_raise(s->r->pci[0], 0));
		mach_delay(s->r->m, 200);
	}
	s->inside--;
	s->drained++;
	return s->gone ? UMSI_EGONE : UMSI_OK;
}

static const struct umsi_store_ops slow_ops = {
	.name = "slow", .number_name = "slot", .write = gather_write, .mask = gather_mask,
	.unmask = gather_unmask, .settle = drain, .settle_sleeps = true,
};

#define CONTROL		(0x70 + 2)	/* MSI-X message control of the machine's functions */

static void start(struct rig *r, struct slow *s, const struct umsi_store_ops *ops, uint64_t seed)
{
	struct umsi_device_config dev = { .name = "slow", .requester_id = 0x100 };
	struct umsi_table_config config = { .size = RIG_ENTRIES };

	rig_machine(r, &mach_chaos_none, seed);
	r->config.storm_limit = STORM;
	rig_library(r);
	*s = (struct slow){ .r = r };
	dev.parent = r->root;
	umsi_host_pci_write(r->m, 0x100, CONTROL, 2, 0x8000);
	s->table = umsi_host_mmio_map(r->m, r->fn[0].bar[0].phys, RIG_ENTRIES * ENTRY_BYTES);
	assert_non_null(s->table);
	assert_int_equal(umsi_device_add(r->umsi, &dev, &r->dev), UMSI_OK);
	assert_int_equal(umsi_table_create(r->dev, ops, s, &config, &r->table), UMSI_OK);
}

static void end(struct rig *r, struct slow *s)
{
	assert_int_equal(umsi_device_remove(r->dev), UMSI_OK);
	r->dev = NULL;
	umsi_host_mmio_unmap(r->m, s->table, RIG_ENTRIES * ENTRY_BYTES);
	rig_end(r);
}

static umsi_irq open_one(struct rig *r, uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .cookie = 100 + index };
	umsi_irq irq;

	assert_int_equal(umsi_irq_alloc(r->table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, rig_handler, r, "slow"), UMSI_OK);
	return irq;
}

static void fire(struct rig *r, uint32_t index)
{
	mach_entry_live(r->pci[0], index, true);
	assert_true(mach_pci_raise(r->pci[0], index));
	rig_settle(r);
}

static void moves_after_the_queue_has_drained(void **state)
{
	struct rig r;
	struct slow s;
	umsi_irq irq;

	(void)state;
	start(&r, &s, &slow_ops, 1);
	irq = open_one(&r, 2);
	assert_false(umsi_irq_moves_atomically(r.umsi, irq));
	for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++) {
		assert_int_equal(rig_move(&r, irq, cpu), UMSI_OK);
		rig_settle(&r);
		r.calls = 0;
		fire(&r, 2);
		assert_int_equal(r.calls, 1);
		assert_int_equal(r.last_cpu, cpu);
	}
	assert_int_equal(umsi_irq_release(r.umsi, irq), UMSI_OK);
	assert_int_equal(umsi_irq_free(r.umsi, irq), UMSI_OK);
	end(&r, &s);
}

static void refused_on_the_way_is_closed_again(void **state)
{
	struct rig r;
	struct slow s;
	struct umsi_irq_request_at at = { .first = 0, .last = 0, .cookie = 100 };
	umsi_irq irq;

	(void)state;
	start(&r, &s, &slow_ops, 2);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	s.gone = true;
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "slow"), UMSI_EGONE);
	assert_false(s.open[0]);
	s.gone = false;
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "slow"), UMSI_OK);
	rig_settle(&r);
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	end(&r, &s);
}

static enum umsi_handled says_later(void *arg)
{
	((struct rig *)arg)->calls++;
	return UMSI_LATER;
}

struct asking {
	struct rig *r;
	umsi_irq irq;
	umsi_handler handler;
	int status;
};

static void ask(void *arg)
{
	struct asking *a = arg;

	a->status = umsi_irq_request(a->r->umsi, a->irq, a->handler, a->r, "slow");
}

/* From a thread, so that its CPU may be trapped meanwhile. */
static int request(struct rig *r, umsi_irq irq, umsi_handler handler)
{
	struct asking a = { .r = r, .irq = irq, .handler = handler };

	mach_thread(r->m, 1, ask, &a);
	rig_settle(r);
	return a.status;
}

/* The lock is not held while the flush sleeps, so the first event may come before the request is over. */
static void answered_later_before_the_request_is_over(void **state)
{
	struct umsi_irq_request_at at = { .first = 0, .last = 0, .cookie = 100 };
	struct rig r;
	struct slow s;
	umsi_irq irq;

	(void)state;
	start(&r, &s, &slow_ops, 7);
	assert_int_equal(umsi_irq_alloc(r.table, &at, &irq), UMSI_OK);
	s.fires = 1;
	assert_int_equal(request(&r, irq, says_later), UMSI_OK);
	assert_int_equal(r.calls, 1);
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	assert_int_equal(umsi_irq_done(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 2);
	assert_int_equal(umsi_irq_release(r.umsi, irq), UMSI_OK);
	/* Refused after all: nobody waits for an answer that will not come. */
	s.fires = 1;
	s.gone = true;
	assert_int_equal(request(&r, irq, says_later), UMSI_EGONE);
	assert_int_equal(r.calls, 3);
	assert_int_equal(umsi_irq_done(r.umsi, irq), UMSI_ESTATE);
	s.gone = false;
	assert_int_equal(umsi_irq_request(r.umsi, irq, rig_handler, &r, "slow"), UMSI_OK);
	rig_settle(&r);
	r.calls = 0;
	fire(&r, 0);
	assert_int_equal(r.calls, 1);
	end(&r, &s);
}

struct in_trap {
	struct rig *r;
	umsi_irq irq;
	int status;
};

static enum umsi_handled moves_itself(void *arg)
{
	struct in_trap *t = arg;

	t->status = rig_move(t->r, t->irq, 3);
	return UMSI_HANDLED;
}

static void not_from_a_trap(void **state)
{
	struct umsi_irq_request_at at = { .first = 1, .last = 1, .cookie = 101,
					  .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = 0 } };
	struct rig r;
	struct slow s;
	struct in_trap t;

	(void)state;
	start(&r, &s, &slow_ops, 3);
	t = (struct in_trap){ .r = &r, .status = UMSI_OK };
	assert_int_equal(umsi_irq_alloc(r.table, &at, &t.irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r.umsi, t.irq, moves_itself, &t, "slow"), UMSI_OK);
	fire(&r, 1);
	assert_int_equal(t.status, UMSI_ECONTEXT);
	assert_int_equal(umsi_irq_effective_cpu(r.umsi, t.irq), 0);
	end(&r, &s);
}

/* Several threads move, release and free interrupts of one table while its events come. */
struct worker {
	struct rig *r;
	umsi_irq irq[RIG_ENTRIES];
	uint32_t from, turns;
};

struct seen {
	struct rig *r;
	uint32_t index;
};

static struct seen seen_by[RIG_ENTRIES];

/* One that the machine sees, so that it knows which events are owed still. */
static enum umsi_handled seen(void *arg)
{
	struct seen *s = arg;

	mach_handler_begin(s->r->pci[0], s->index);
	mach_handler_end(s->r->pci[0], s->index);
	return UMSI_HANDLED;
}

static umsi_irq open_seen(struct rig *r, uint32_t index)
{
	struct umsi_irq_request_at at = { .first = index, .last = index, .cookie = 100 + index };
	umsi_irq irq;

	seen_by[index] = (struct seen){ .r = r, .index = index };
	assert_int_equal(umsi_irq_alloc(r->table, &at, &irq), UMSI_OK);
	assert_int_equal(umsi_irq_request(r->umsi, irq, seen, &seen_by[index], "seen"), UMSI_OK);
	return irq;
}

static void churn(void *arg)
{
	struct worker *w = arg;
	struct rig *r = w->r;

	for (uint32_t turn = 0; turn < w->turns; turn++) {
		uint32_t index = w->from + 2 * (uint32_t)mach_random(r->m, RIG_ENTRIES / 2);
		umsi_irq *irq = &w->irq[index];

		if (!*irq) {
			mach_entry_reborn(r->pci[0], index);
			*irq = open_seen(r, index);
			mach_entry_live(r->pci[0], index, true);
		} else if (!mach_random(r->m, 4)) {
			mach_entry_live(r->pci[0], index, false);
			assert_int_equal(umsi_irq_free(r->umsi, *irq), UMSI_OK);
			*irq = UMSI_IRQ_NONE;
		} else {
			int status = rig_move(r, *irq, (umsi_cpu)mach_random(r->m, RIG_CPUS));

			assert_true(status == UMSI_OK || status == UMSI_EAGAIN);
		}
		for (uint32_t i = 0; i < RIG_ENTRIES; i++)
			if (w->irq[i])
				mach_pci_raise(r->pci[0], i);
	}
}

static void several_at_once(void **state)
{
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct rig r;
		struct slow s;
		struct worker w[2];

		(void)state;
		start(&r, &s, &slow_ops, seed);
		for (uint32_t i = 0; i < 2; i++) {
			w[i] = (struct worker){ .r = &r, .from = i, .turns = 30 };
			mach_thread(r.m, 1 + i, churn, &w[i]);
		}
		rig_settle(&r);
		mach_check_quiet(r.m);
		rig_check(&r);
		for (uint32_t i = 0; i < RIG_ENTRIES; i++)
			mach_entry_live(r.pci[0], i, false);
		end(&r, &s);
	}
}

/* ---- A store that cannot say when it has settled ---- */

static int now_write(void *store, uint32_t index, uint64_t cookie, const struct umsi_msg *msg)
{
	struct slow *s = store;

	(void)cookie;
	put(s, index, 0, (uint32_t)msg->address);
	put(s, index, 1, (uint32_t)(msg->address >> 32));
	put(s, index, 2, msg->data);
	return 3;
}

static int now_mask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	put(store, index, 3, 1);
	return 1;
}

static int now_unmask(void *store, uint32_t index, uint64_t cookie)
{
	(void)cookie;
	put(store, index, 3, 0);
	return 1;
}

/* What sleeps cannot be masked in a trap: a storm on a disabled one stays a storm, and nobody asks its store. */
static void a_storm_asks_nothing_of_it(void **state)
{
	struct slow s;
	struct rig r;
	umsi_irq irq;
	uint32_t drained;

	(void)state;
	start(&r, &s, &slow_ops, 1);
	irq = open_one(&r, 0);
	assert_int_equal(umsi_irq_disable(r.umsi, irq), UMSI_OK);
	mach_entry_live(r.pci[0], 0, true);
	drained = s.drained;
	for (uint32_t i = 0; i < 3 * STORM; i++) {
		assert_true(mach_pci_raise(r.pci[0], 0));
		rig_settle(&r);
	}
	assert_true(s.open[0]);
	assert_int_equal(s.drained, drained);
	assert_int_equal(r.calls, 0);
	assert_int_equal(umsi_irq_enable(r.umsi, irq), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	end(&r, &s);
}

static void unsettled_is_called_once_more(void **state)
{
	static const struct umsi_store_ops ops = {
		.name = "mute", .number_name = "slot", .write = now_write, .mask = now_mask,
		.unmask = now_unmask,
	};
	struct rig r;
	struct slow s;
	umsi_irq irq;

	(void)state;
	start(&r, &s, &ops, 5);
	irq = open_one(&r, 0);
	rig_settle(&r);
	assert_int_equal(rig_move(&r, irq, 2), UMSI_OK);
	rig_settle(&r);
	assert_int_equal(r.calls, 1);
	fire(&r, 0);
	assert_int_equal(r.calls, 2);
	assert_int_equal(r.last_cpu, 2);
	end(&r, &s);
}

static void what_cannot_work_is_refused(void **state)
{
	static const struct umsi_store_ops maskless = { .name = "x", .number_name = "n", .write = now_write };
	struct umsi_store_ops shared = slow_ops;
	struct umsi_table_config config = { .size = 4 };
	struct umsi_table *table;
	struct rig r;

	(void)state;
	shared.shared_message = true;
	rig_start(&r, 6);
	assert_int_equal(umsi_table_create(r.dev, &maskless, &r, &config, &table), UMSI_EINVAL);
	assert_int_equal(umsi_table_create(r.dev, &shared, &r, &config, &table), UMSI_EINVAL);
	rig_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves_after_the_queue_has_drained),
		cmocka_unit_test(refused_on_the_way_is_closed_again),
		cmocka_unit_test(answered_later_before_the_request_is_over),
		cmocka_unit_test(not_from_a_trap),
		cmocka_unit_test(several_at_once),
		cmocka_unit_test(a_storm_asks_nothing_of_it),
		cmocka_unit_test(unsettled_is_called_once_more),
		cmocka_unit_test(what_cannot_work_is_refused),
	};

	return cmocka_run_group_tests_name("stores that sleep or cannot settle", tests, NULL, NULL);
}
