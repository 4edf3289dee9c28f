/* SPDX-License-Identifier: MIT */
/*
 * What two CPUs have in common when each asks for slots of its own: locks,
 * counted by the hooks; cache lines written, by a trace of every store of this
 * program (tools/bench runs it under valgrind's lackey).
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/block.h"
#include "vector/vector.h"

#define MARKS	8

/* A store to mark[n] begins phase n in the trace. */
static volatile uint32_t mark[MARKS];

extern char __data_start[], _end[];

static void slots_of(struct bench_machine *b, umsi_cpu cpu, struct umsi_record *r)
{
	struct umsi_vec *v = umsi_vec_of(b->root);
	struct umsi_spot spot = { .where = { .cpu = cpu } };

	bench_cpu = cpu;
	for (uint32_t i = 0; i < 16; i++) {
		bench_need(umsi_vec_take_any(v, r, &spot), "take");
		umsi_vec_give(v, cpu, r, spot.slot);
	}
}

/* All of an allocation and a free, each CPU with a device of its own. */
static void interrupts_of(struct bench_machine *b, umsi_cpu cpu, struct umsi_table *table)
{
	struct umsi_irq_request_at at = {
		.last = UMSI_INDEX_LAST, .affinity = { .kind = UMSI_AFFINITY_CPU, .cpu = cpu },
	};
	umsi_irq irq;

	bench_cpu = cpu;
	for (uint32_t i = 0; i < 16; i++) {
		bench_need(umsi_irq_alloc(table, &at, &irq), "alloc");
		bench_need(umsi_irq_free(b->m, irq), "free");
	}
}

/* Neighbouring records would share a slab's lines with nobody's help: one in between. */
static struct umsi_record *record(struct bench_machine *b)
{
	struct umsi_record *r = umsi_record_new(b->root, 0, &(struct umsi_irq_request_at){ 0 }, NULL);

	bench_need(r ? UMSI_OK : UMSI_ENOMEM, "record");
	return r;
}

void bench_sharing(void)
{
	struct bench_machine *b;
	struct bench_store s[2];
	struct umsi_record *r[3];
	char here;

	if (!bench_wanted("sharing"))
		return;
	b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);
	bench_machine_new(b, 4, 255);
	for (int i = 0; i < 3; i++)
		r[i] = record(b);
	for (int i = 0; i < 2; i++)
		bench_store_new(b, &s[i], 64);
	printf("SHARING\t%p\t%p\t%p\t%p\n", (void *)mark, (void *)__data_start, (void *)_end, (void *)&here);
	fflush(stdout);

	for (int i = 0; i < 2; i++) {
		mark[i] = 1;
		bench_lock_phase(i);
		slots_of(b, 1 + (umsi_cpu)i, r[2 * i]);
	}
	mark[2] = 1;
	bench_figure("sharing.locks", "slots of a named cpu", bench_locks_shared(), "locks");
	for (int i = 0; i < 2; i++) {
		mark[3 + i] = 1;
		bench_lock_phase(i);
		interrupts_of(b, 1 + (umsi_cpu)i, s[i].table);
	}
	mark[5] = 1;
	bench_figure("sharing.locks", "alloc and free, named cpu", bench_locks_shared(), "locks");

	bench_cpu = 0;
	for (int i = 0; i < 3; i++)
		umsi_record_put(r[i]);
	for (int i = 0; i < 2; i++)
		bench_store_end(&s[i]);
	bench_machine_end(b);
	free(b);
}
