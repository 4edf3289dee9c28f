/* SPDX-License-Identifier: MIT */
/* Many interrupts at once: allocate and request, fire once each, free; instructions for each, memory at most. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define TABLE	50000u

static umsi_irq *irq;
static struct bench_store *stores;

static void set_up(struct bench_machine *b, uint32_t count)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };

	for (uint32_t i = 0; i < count; i++) {
		if (i % 100000 == 99999)
			fprintf(stderr, "scale: %u of %u\n", i + 1, count);
		bench_need(umsi_irq_alloc(stores[i / TABLE].table, &at, &irq[i]), "alloc");
		bench_need(umsi_irq_request(b->m, irq[i], bench_handler, NULL, "queue"), "request");
	}
}

/* Batch after batch of messages, then the traps of the CPUs they went to. */
static void fire(struct bench_machine *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		umsi_cpu cpu = umsi_irq_effective_cpu(b->m, irq[i]);

		bench_message(&stores[i / TABLE].message[i % TABLE]);
		bench_trap(b, cpu);
	}
}

static void release(struct bench_machine *b, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		bench_need(umsi_irq_free(b->m, irq[i]), "free");
	for (bench_cpu = 0; bench_cpu < b->ncpus; bench_cpu++) {
		umsi_drain_point(b->m);
		bench_traps(b);
	}
	bench_cpu = 0;
	umsi_reap(b->m);
}

/* Once a step is measured it cannot be had again: so one batch, and the time is a single one. */
static void one(uint32_t ncpus, uint32_t count)
{
	struct bench_machine *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);
	uint32_t tables = (count + TABLE - 1) / TABLE;
	const char *what = bench_text("%u on %u cpus", count, ncpus);
	uint64_t calls;

	bench_machine_new(b, ncpus, 2047);
	irq = calloc(count, sizeof(*irq));
	stores = calloc(tables, sizeof(*stores));
	for (uint32_t i = 0; i < tables; i++)
		bench_store_new(b, &stores[i], count - i * TABLE < TABLE ? count - i * TABLE : TABLE);

	bench_begin("scale.setup");
	set_up(b, count);
	bench_end(count);
	bench_report(what);
	calls = bench_calls;
	bench_begin("scale.fire");
	fire(b, count);
	bench_end(count);
	bench_report(what);
	if (bench_calls - calls != count) {
		fprintf(stderr, "%llu handler calls, not %u\n", (unsigned long long)(bench_calls - calls), count);
		exit(1);
	}
	bench_begin("scale.free");
	release(b, count);
	bench_end(count);
	bench_report(what);
	bench_figure("scale.memory", what, (double)bench_bytes_max / (1 << 20), "MiB");

	for (uint32_t i = 0; i < tables; i++)
		bench_store_end(&stores[i]);
	bench_machine_end(b);
	free(stores);
	free(irq);
	free(b);
}

void bench_scale(void)
{
	if (!bench_wanted("scale"))
		return;
	fprintf(stderr, "scale\n");
	one(8, 1000);
	if (bench_quick) {
		one(512, 20000);
		return;
	}
	one(4096, 1000);
	one(4096, 100000);
	one(4096, 1000000);
}
