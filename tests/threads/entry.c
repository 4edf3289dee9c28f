/* SPDX-License-Identifier: MIT */
/* The life of one interrupt, by its owner. */
#include "work.h"

#include <umsi/host.h>

#define SETTLE_NS	UINT64_C(60000000000)

static enum umsi_handled handler(void *arg)
{
	struct entry *e = arg;
	uint64_t raised = __atomic_load_n(&e->raised, __ATOMIC_SEQ_CST);

	e->calls++;
	count(N_CALLS);
	__atomic_store_n(&e->seen, raised, __ATOMIC_SEQ_CST);
	switch (thread_random(16)) {
	case 0:
		__atomic_store_n(&e->later, 1, __ATOMIC_SEQ_CST);
		count(N_LATER);
		return UMSI_LATER;
	case 1:
		affinity_any(e->irq, false);
		break;
	case 2:
		if (umsi_irq_disable(world.umsi, e->irq) == UMSI_OK)
			EXPECT("enable in handler", umsi_irq_enable(world.umsi, e->irq), UMSI_ENOENT, UMSI_ESTATE);
		break;
	case 3:
		EXPECT("free in handler", umsi_irq_free(world.umsi, e->irq) == UMSI_ECONTEXT ? UMSI_OK : UMSI_EBUG);
		break;
	}
	return UMSI_HANDLED;
}

void entry_raise(struct entry *e)
{
	__atomic_fetch_add(&e->users, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&e->live, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&e->raised, 1, __ATOMIC_SEQ_CST);
		count(N_RAISED);
		function_raise(e->function, e->index);
	}
	__atomic_fetch_sub(&e->users, 1, __ATOMIC_SEQ_CST);
}

/* Nobody raises it any more, and nobody is about to. */
static void close_gate(struct entry *e)
{
	__atomic_store_n(&e->live, 0, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&e->users, __ATOMIC_SEQ_CST))
		cpu_give_way();
}

static void pay_debts(struct entry *e)
{
	if (__atomic_exchange_n(&e->later, 0, __ATOMIC_SEQ_CST))
		EXPECT("done", umsi_irq_done(world.umsi, e->irq), UMSI_ESTATE);
}

void entry_settle(struct entry *e)
{
	uint64_t deadline = umsi_host_time_ns(NULL) + SETTLE_NS;

	close_gate(e);
	while (e->disables) {
		e->disables--;
		EXPECT("enable", umsi_irq_enable(world.umsi, e->irq));
	}
	while (__atomic_load_n(&e->seen, __ATOMIC_SEQ_CST) != __atomic_load_n(&e->raised, __ATOMIC_SEQ_CST)) {
		pay_debts(e);
		cpu_give_way();
		if (umsi_host_time_ns(NULL) > deadline) {
			wrong("function %u entry %u: %llu events, %llu had a handler", e->function, e->index,
			      (unsigned long long)e->raised, (unsigned long long)e->seen);
			return;
		}
	}
	count(N_SETTLED);
}

/* What was sent before the request is nobody's; a late message may call the handler early. */
static void begin(struct entry *e)
{
	int status;

	e->calls = 0;
	e->disables = 0;
	__atomic_store_n(&e->later, 0, __ATOMIC_SEQ_CST);
	status = umsi_irq_request(world.umsi, e->irq, handler, e, "threads");
	EXPECT("request", status, UMSI_EGONE, UMSI_EAGAIN, UMSI_ENOCPU);
	e->requested = status == UMSI_OK;
	if (!e->requested)
		return;
	__atomic_store_n(&e->seen, __atomic_load_n(&e->raised, __ATOMIC_SEQ_CST), __ATOMIC_SEQ_CST);
	__atomic_store_n(&e->live, 1, __ATOMIC_SEQ_CST);
}

/* No handler runs any more: what it wrote is ours again. */
static void end(struct entry *e)
{
	e->calls = 0;
	e->requested = false;
	__atomic_store_n(&e->live, 0, __ATOMIC_SEQ_CST);
}

void entry_gone(struct entry *e)
{
	end(e);
	e->irq = UMSI_IRQ_NONE;
	close_gate(e);
}

void entry_alloc(struct entry *e)
{
	struct umsi_irq_request_at at = { .first = e->index, .last = e->index };
	int status;

	at.kind = thread_random(8) ? UMSI_IRQ_REGULAR : 1 + thread_random(2);
	if (thread_random(2))
		at.affinity = (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = thread_random(BOX_CPUS) };
	status = umsi_irq_alloc(world.table[e->function], &at, &e->irq);
	EXPECT("alloc", status, UMSI_ENOMEM, UMSI_ENOSLOT, UMSI_ENOCPU);
	if (status) {
		e->irq = UMSI_IRQ_NONE;
		return;
	}
	count(N_ALLOCS);
	begin(e);
}

void entry_free(struct entry *e, bool gently)
{
	if (gently && e->requested)
		entry_settle(e);
	__atomic_store_n(&e->live, 0, __ATOMIC_SEQ_CST);
	EXPECT("free", umsi_irq_free(world.umsi, e->irq));
	count(N_FREES);
	entry_gone(e);
}

static void release(struct entry *e)
{
	__atomic_store_n(&e->live, 0, __ATOMIC_SEQ_CST);
	EXPECT("release", umsi_irq_release(world.umsi, e->irq));
	count(N_RELEASES);
	end(e);
	close_gate(e);
}

static void toggle(struct entry *e)
{
	if (e->disables) {
		e->disables--;
		EXPECT("enable", umsi_irq_enable(world.umsi, e->irq));
		return;
	}
	EXPECT("disable", umsi_irq_disable(world.umsi, e->irq));
	e->disables++;
	EXPECT("synchronize", umsi_irq_synchronize(world.umsi, e->irq));
	/* No handler runs, and none begins. */
	e->calls = 0;
}

static void trigger(struct entry *e)
{
	__atomic_fetch_add(&e->raised, 1, __ATOMIC_SEQ_CST);
	EXPECT("trigger", umsi_irq_trigger(world.umsi, e->irq));
	count(N_TRIGGERS);
}

void entry_act(struct entry *e)
{
	struct umsi_irq_stats st;

	if (!e->requested) {
		begin(e);
		return;
	}
	pay_debts(e);
	switch (thread_random(12)) {
	case 0: case 1: case 2:
		affinity_any(e->irq, false);
		break;
	case 3:
		affinity_any(e->irq, true);
		break;
	case 4: case 5:
		toggle(e);
		break;
	case 6: case 7:
		trigger(e);
		break;
	case 8:
		release(e);
		break;
	case 9:
		EXPECT("stats", umsi_irq_stats_read(world.umsi, e->irq, &st));
		break;
	case 10:
		entry_free(e, thread_random(2));
		break;
	case 11:
		entry_settle(e);
		__atomic_store_n(&e->live, 1, __ATOMIC_SEQ_CST);
		break;
	}
}
