/* SPDX-License-Identifier: MIT */
/* What a handler has written is seen by who synchronized with it. */
#include "rig.h"

#include "umsi_hosted.h"

#define SEEDS	1000

struct written {
	struct rig *r;
	umsi_irq irq;
	bool busy;			/* its device does not stop */
	uint64_t calls;			/* begun: plain, so known at once */
	uint64_t word;			/* what they wrote: leaves its CPU late */
	uint64_t read;			/* what was seen, and what had to be */
	uint64_t owed;
	bool done;
};

static enum umsi_handled writes(void *arg)
{
	struct written *w = arg;

	mach_handler_begin(w->r->pci[0], 3);
	umsi_hosted_store(&w->word, 8, ++w->calls, UMSI_HOSTED_RELAXED);
	mach_handler_end(w->r->pci[0], 3);
	/* A run without end, for as long as somebody waits. */
	if (w->busy && !w->done)
		mach_pci_raise(w->r->pci[0], 3);
	return UMSI_HANDLED;
}

static void waits(void *arg)
{
	struct written *w = arg;
	struct mach *m = w->r->m;

	while (!w->calls)
		umsi_host_relax(m);
	w->owed = w->calls;
	assert_int_equal(umsi_irq_synchronize(w->r->umsi, w->irq), UMSI_OK);
	w->read = umsi_hosted_load(&w->word, 8, UMSI_HOSTED_RELAXED);
	w->done = true;
}

/* Memory stores leave late and in any order; the runner stops for long between two of them. */
static const struct mach_chaos late = {
	.burst = 5, .store_now = 100, .store_max = 400, .leave_now = 256, .leave_max = 1, .trap_now = 256, .trap_max = 1,
	.post_now = 256, .post_max = 1, .sample_now = 256, .sample_max = 1, .message_now = 256, .message_max = 1,
	.lag_now = 256, .lag_max = 1, .kick_now = 256, .kick_max = 1, .slow_load = 100,
};

static void run_seeds(bool busy)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct written w = { .busy = busy };
		struct rig r;

		rig_machine(&r, &late, seed);
		rig_library(&r);
		rig_device(&r);
		w.r = &r;
		assert_int_equal(rig_alloc(&r, 3, 3, &w.irq), UMSI_OK);
		assert_int_equal(umsi_irq_request(r.umsi, w.irq, writes, &w, "writes"), UMSI_OK);
		rig_move(&r, w.irq, 1);
		mach_entry_live(r.pci[0], 3, true);
		mach_thread(r.m, 2, waits, &w);
		mach_pci_raise(r.pci[0], 3);
		rig_settle(&r);
		if (w.read < w.owed)
			printf("seed %llu: read %llu of %llu\n", (unsigned long long)seed,
			       (unsigned long long)w.read, (unsigned long long)w.owed);
		assert_true(w.read >= w.owed);
		/* Whatever it took to end the run, the interrupt is heard as before. */
		w.owed = w.calls + 1;
		mach_pci_raise(r.pci[0], 3);
		rig_settle(&r);
		assert_int_equal(w.calls, w.owed);
		mach_entry_live(r.pci[0], 3, false);
		rig_end(&r);
	}
}

static void its_writes_are_seen(void **state)
{
	(void)state;
	run_seeds(false);
}

static void also_if_the_device_does_not_stop(void **state)
{
	(void)state;
	run_seeds(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_writes_are_seen),
		cmocka_unit_test(also_if_the_device_does_not_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
