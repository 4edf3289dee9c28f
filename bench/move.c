/* SPDX-License-Identifier: MIT */
/* Moving an MSI-X entry to another CPU, with everything it causes until the old slot is free. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS	64u
#define ENTRIES	64u

static umsi_irq irq[ENTRIES];

static struct umsi_affinity to(umsi_cpu cpu)
{
	return (struct umsi_affinity){ .kind = UMSI_AFFINITY_CPU, .cpu = cpu };
}

/* On the old CPU: its next drain point sends the marker, and the marker's trap proves. */
static void prove(struct bench_machine *b, umsi_cpu cpu)
{
	bench_cpu = cpu;
	umsi_drain_point(b->m);
	bench_traps(b);
	bench_cpu = 0;
}

/*
 * @batch interrupts move off one CPU before that CPU comes to prove their
 * slots quiet. The next round's moves come back to it, and the first of them
 * frees what was proved: so that is counted too, once a round.
 */
static void moves(struct bench_machine *b, uint32_t batch)
{
	struct umsi_affinity there[2] = { to(1), to(2) };
	struct umsi_stats before, after;
	uint64_t moved = 0;

	umsi_stats_read(b->m, &before);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		umsi_cpu from = 1 + i % 2;

		bench_begin("move.whole");
		for (uint32_t k = 0; k < batch; k++)
			bench_need(umsi_irq_set_affinity(b->m, irq[k], &there[1 - i % 2]), "move");
		prove(b, from);
		bench_end(batch);
		moved += batch;
	}
	umsi_stats_read(b->m, &after);
	bench_report(bench_text("%u at a time", batch));
	bench_figure("move.device_writes", bench_text("%u at a time", batch),
		     (double)(after.device_writes_for_moves - before.device_writes_for_moves) / (double)moved,
		     "a move");
}

static void call_alone(struct bench_machine *b)
{
	struct umsi_affinity there[2] = { to(1), to(2) };

	for (uint32_t i = 0; i < ROUNDS; i++) {
		bench_begin("move.call");
		bench_need(umsi_irq_set_affinity(b->m, irq[0], &there[1 - i % 2]), "move");
		bench_end(1);
		prove(b, 1 + i % 2);
	}
	bench_report("msix");
}

void bench_move(void)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST, .affinity = to(1) };
	struct bench_machine *b;
	struct umsi_device *device;
	struct umsi_table *table;

	if (!bench_wanted("move"))
		return;
	fprintf(stderr, "moves\n");
	b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);
	bench_machine_new(b, 8, 2047);
	table = bench_msix_new(b, ENTRIES, &device);
	for (uint32_t i = 0; i < ENTRIES; i++) {
		bench_need(umsi_irq_alloc(table, &at, &irq[i]), "alloc");
		bench_need(umsi_irq_request(b->m, irq[i], bench_handler, NULL, "queue"), "request");
	}
	call_alone(b);
	moves(b, 1);
	moves(b, 8);
	bench_msix_end(device);
	bench_machine_end(b);
	free(b);
}
