/* SPDX-License-Identifier: MIT */
/* Trace rings: what is written, what a reader sees of it, what it costs a run. */
#include <stdlib.h>

#include <umsi/trace.h>

#include "../api/rig.h"

#define EVENTS	1024u

struct traced {
	struct rig rig;
	struct umsi_trace trace;
	struct umsi_trace_ring *ring[RIG_CPUS];
};

static umsi_cpu now(void *host, uint64_t *time_ns)
{
	*time_ns = mach_now_ns(host);
	return mach_cpu(host);
}

static void start(struct traced *t, uint32_t events)
{
	rig_start(&t->rig, 1);
	for (uint32_t i = 0; i < RIG_CPUS; i++) {
		t->ring[i] = aligned_alloc(64, umsi_trace_ring_bytes(events));
		assert_int_equal(umsi_trace_ring_init(t->ring[i], i, events), UMSI_OK);
	}
	t->trace = (struct umsi_trace){
		.points = UMSI_TRACE_ALL, .now = now, .ring = t->ring, .nrings = RIG_CPUS,
	};
	assert_int_equal(umsi_trace_start(t->rig.umsi, &t->trace), UMSI_OK);
}

static void stop(struct traced *t)
{
	umsi_trace_stop(t->rig.umsi);
	rig_end(&t->rig);
	for (uint32_t i = 0; i < RIG_CPUS; i++)
		free(t->ring[i]);
}

/* Events of that kind in all rings; *last is the latest of a ring. */
static uint32_t count(const struct traced *t, enum umsi_trace_point point, struct umsi_trace_event *last)
{
	struct umsi_trace_event e;
	uint32_t n = 0;

	for (uint32_t i = 0; i < RIG_CPUS; i++)
		for (uint64_t k = 0; k < t->ring[i]->written; k++)
			if (umsi_trace_read(t->ring[i], k, &e) && e.point == point) {
				n++;
				*last = e;
			}
	return n;
}

static void drain(void *arg)
{
	struct rig *r = arg;

	mach_irq_off(r->m);
	umsi_drain_point(r->umsi);
	mach_irq_on(r->m);
}

/* What retired is proved quiet, and freed. */
static void prove(struct rig *r)
{
	for (uint32_t turn = 0; turn < 3; turn++) {
		for (umsi_cpu cpu = 0; cpu < RIG_CPUS; cpu++)
			mach_thread(r->m, cpu, drain, r);
		rig_settle(r);
		umsi_reap(r->umsi);
	}
}

static void a_life_leaves_its_trace(void **state)
{
	struct umsi_trace_event e;
	struct traced t;
	umsi_irq irq;

	(void)state;
	start(&t, EVENTS);
	irq = rig_irq(&t.rig, 3);
	assert_int_equal(count(&t, UMSI_TRACE_ALLOC, &e), 1);
	assert_int_equal(e.irq, (uint32_t)irq);
	assert_int_equal(e.a, 3);
	assert_int_equal(e.b, irq >> 32);
	assert_int_equal(count(&t, UMSI_TRACE_REQUEST, &e), 1);

	assert_int_equal(rig_move(&t.rig, irq, 2), UMSI_OK);
	assert_int_equal(count(&t, UMSI_TRACE_MOVE_COMMIT, &e), 1);
	assert_int_equal(e.irq, (uint32_t)irq);
	assert_int_equal(e.a, 2);
	assert_int_equal(count(&t, UMSI_TRACE_SLOT_TAKE, &e), 2);
	assert_int_equal(count(&t, UMSI_TRACE_SLOT_RETIRE, &e), 1);

	assert_int_equal(umsi_irq_disable(t.rig.umsi, irq), UMSI_OK);
	mach_pci_raise(t.rig.pci[0], 3);
	rig_settle(&t.rig);
	assert_int_equal(count(&t, UMSI_TRACE_PEND, &e), 1);
	assert_int_equal(e.cpu, 2);
	assert_int_equal(umsi_irq_enable(t.rig.umsi, irq), UMSI_OK);
	rig_settle(&t.rig);
	assert_int_equal(count(&t, UMSI_TRACE_ENABLE, &e), 1);
	assert_int_equal(count(&t, UMSI_TRACE_QUEUE, &e), 1);
	assert_int_equal(count(&t, UMSI_TRACE_UNQUEUE, &e), 1);

	assert_int_equal(umsi_irq_free(t.rig.umsi, irq), UMSI_OK);
	assert_int_equal(count(&t, UMSI_TRACE_FREE, &e), 1);
	prove(&t.rig);
	/* The one on CPU 2, and the one it was moved from. */
	assert_int_equal(count(&t, UMSI_TRACE_SLOT_REAP, &e), 2);
	assert_int_equal(e.irq, (uint32_t)irq);
	stop(&t);
}

static void only_the_points_asked_for(void **state)
{
	struct umsi_trace_event e;
	struct traced t;

	(void)state;
	start(&t, EVENTS);
	t.trace.points = UINT64_C(1) << UMSI_TRACE_ALLOC;
	rig_irq(&t.rig, 0);
	assert_int_equal(count(&t, UMSI_TRACE_ALLOC, &e), 1);
	assert_int_equal(count(&t, UMSI_TRACE_REQUEST, &e), 0);
	/* A CPU without a ring loses its events, and nothing else. */
	t.trace.nrings = 0;
	rig_irq(&t.rig, 1);
	assert_int_equal(count(&t, UMSI_TRACE_ALLOC, &e), 1);
	stop(&t);
}

static void a_full_ring_keeps_the_latest(void **state)
{
	struct umsi_trace_event e;
	struct traced t;
	uint64_t n;

	(void)state;
	start(&t, 8);
	for (uint32_t i = 0; i < 8; i++)
		rig_irq(&t.rig, i);
	n = t.ring[0]->written;
	assert_true(n > 8);
	assert_false(umsi_trace_read(t.ring[0], n, &e));
	assert_true(umsi_trace_read(t.ring[0], n - 1, &e));
	assert_int_equal(e.serial, n);
	assert_true(umsi_trace_read(t.ring[0], n - 8, &e));
	assert_false(umsi_trace_read(t.ring[0], n - 9, &e));
	/* One that is being written is not shown. */
	t.ring[0]->event[(n - 1) % 8].serial = 0;
	assert_false(umsi_trace_read(t.ring[0], n - 1, &e));
	stop(&t);
}

static void arguments_are_checked(void **state)
{
	static _Alignas(64) unsigned char memory[4096];
	struct umsi_trace nothing = { 0 };
	struct rig r;

	(void)state;
	assert_int_equal(umsi_trace_ring_bytes(0), 0);
	assert_int_equal(umsi_trace_ring_bytes(3), 0);
	assert_int_equal(umsi_trace_ring_bytes(64), 64 + 64 * 32);
	assert_int_equal(umsi_trace_ring_init(NULL, 0, 64), UMSI_EINVAL);
	assert_int_equal(umsi_trace_ring_init(memory, 0, 63), UMSI_EINVAL);
	rig_start(&r, 1);
	assert_int_equal(umsi_trace_start(NULL, &nothing), UMSI_EINVAL);
	assert_int_equal(umsi_trace_start(r.umsi, NULL), UMSI_EINVAL);
	assert_int_equal(umsi_trace_start(r.umsi, &nothing), UMSI_EINVAL);
	rig_end(&r);
}

static void every_point_has_a_name_and_a_line(void **state)
{
	char line[UMSI_DUMP_LINE_MAX];

	(void)state;
	for (uint32_t i = 0; i < UMSI_TRACE_POINTS; i++) {
		struct umsi_trace_event e = { .time_ns = 12000345, .point = (uint16_t)i, .cpu = 1, .irq = 7 };

		assert_non_null(umsi_trace_kind(i).name);
		umsi_trace_text(&e, line);
		assert_non_null(strstr(line, umsi_trace_kind(i).name));
		assert_int_equal(strncmp(line, "12000.345us cpu=1 ", 18), 0);
	}
	assert_null(umsi_trace_kind(UMSI_TRACE_POINTS).name);
	assert_string_equal(umsi_trace_kind(UMSI_TRACE_ALLOC).name, "alloc");
	assert_string_equal(umsi_trace_kind(UMSI_TRACE_SLOT_TAKE).name, "slot_take");
	assert_string_equal(umsi_trace_kind(UMSI_TRACE_CPU_RESTORE).name, "cpu_restore");
	assert_string_equal(umsi_trace_kind(UMSI_TRACE_CPU_RESTORE).a, "target");
	assert_string_equal(umsi_trace_kind(UMSI_TRACE_CPU_RESTORE).b, "status");
	assert_null(umsi_trace_kind(UMSI_TRACE_SUSPEND).a);
	assert_null(umsi_trace_kind(UMSI_TRACE_CPU_DEAD).b);
	umsi_trace_text(&(struct umsi_trace_event){
		.point = UMSI_TRACE_PEND, .irq = 7, .a = 5 << 8 | 0x05 }, line);
	assert_string_equal(line, "0.000us cpu=0 pend irq=7 gen=5 RUN DIS");
	umsi_trace_text(&(struct umsi_trace_event){
		.point = UMSI_TRACE_SLOT_RETIRE, .a = 2, .b = 9 << 16 | 17 }, line);
	assert_string_equal(line, "0.000us cpu=0 slot_retire target=2 slot=17 ticket=9");
}

static uint64_t hash_of_a_run(bool traced)
{
	struct traced t;
	uint64_t hash;

	start(&t, EVENTS);
	if (!traced)
		umsi_trace_stop(t.rig.umsi);
	for (uint32_t i = 0; i < 4; i++) {
		umsi_irq irq = rig_irq(&t.rig, i);

		mach_pci_raise(t.rig.pci[0], i);
		rig_move(&t.rig, irq, i);
	}
	rig_settle(&t.rig);
	hash = mach_hash(t.rig.m);
	stop(&t);
	return hash;
}

static void a_traced_run_is_the_same_run(void **state)
{
	(void)state;
	assert_int_equal(hash_of_a_run(true), hash_of_a_run(false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_life_leaves_its_trace),
		cmocka_unit_test(only_the_points_asked_for),
		cmocka_unit_test(a_full_ring_keeps_the_latest),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(every_point_has_a_name_and_a_line),
		cmocka_unit_test(a_traced_run_is_the_same_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
