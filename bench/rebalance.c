/* SPDX-License-Identifier: MIT */
/* umsi_rebalance(), by interrupt: with nothing to move, in a set beside idle CPUs, and with half of all to move. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define A_CPU	8u		/* interrupts for each CPU there is */

static uint64_t even[UMSI_CPUS_MAX / 64];

static const struct umsi_affinity any;
static const struct umsi_affinity half = { .kind = UMSI_AFFINITY_SET, .set = { even, UMSI_CPUS_MAX } };

/* On every CPU, or on every other; afterwards they may go where @to says. */
static void put(struct bench_machine *b, struct bench_store *s, uint32_t step, const struct umsi_affinity *to)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity.kind = UMSI_AFFINITY_CPU };
	umsi_irq irq;

	for (uint32_t i = 0; i < s->size; i++) {
		at.affinity.cpu = i * step % b->ncpus;
		bench_need(umsi_irq_alloc(s->table, &at, &irq), "alloc");
		bench_need(umsi_irq_set_affinity(b->m, irq, to), "affinity");
	}
}

static void one(struct bench_machine *b, const char *name, uint32_t step, const struct umsi_affinity *to, uint32_t moves)
{
	struct bench_store s;

	bench_store_new(b, &s, A_CPU * b->ncpus);
	put(b, &s, step, to);
	bench_begin(name);
	bench_need(umsi_rebalance(b->m, UINT32_MAX) != (int)moves, "as many moves as there are too many");
	bench_end(moves ? moves : s.size);
	bench_report(bench_text("%u cpus", b->ncpus));
	bench_store_end(&s);
}

static void on(uint32_t ncpus)
{
	struct bench_machine *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	bench_machine_new(b, ncpus, 255);
	memset(even, 0, sizeof(even));
	memset(even, 0x55, ncpus / 8);
	one(b, "rebalance.any", 1, &any, 0);
	one(b, "rebalance.set", 2, &half, 0);
	one(b, "rebalance.move", 2, &any, A_CPU * ncpus / 2);
	bench_machine_end(b);
	free(b);
}

void bench_rebalance(void)
{
	if (!bench_wanted("rebalance"))
		return;
	fprintf(stderr, "rebalancing\n");
	on(8);
	on(512);
	if (!bench_quick)
		on(4096);
}
