/* SPDX-License-Identifier: MIT */
/* The life of one MSI-X entry, and what a driver pays between. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#define ENTRIES	2048u
#define ROUNDS	8u

static umsi_irq irq[ENTRIES];
static uint32_t entries;

static void allocate_all(struct umsi_table *table, bool at_once)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };

	if (at_once)
		bench_need(umsi_irq_alloc_many(table, &at, entries, entries, irq) != (int)entries, "alloc");
	for (uint32_t i = 0; !at_once && i < entries; i++)
		bench_need(umsi_irq_alloc(table, &at, &irq[i]), "alloc");
}

static void request_all(struct bench_machine *b)
{
	for (uint32_t i = 0; i < entries; i++)
		bench_need(umsi_irq_request(b->m, irq[i], bench_handler, NULL, "queue"), "request");
}

static void release_all(struct bench_machine *b)
{
	for (uint32_t i = 0; i < entries; i++)
		bench_need(umsi_irq_release(b->m, irq[i]), "release");
}

static void free_all(struct bench_machine *b)
{
	for (uint32_t i = 0; i < entries; i++)
		bench_need(umsi_irq_free(b->m, irq[i]), "free");
}

/* Everything that was retired is proved quiet and free again: work of the frees before. */
static void settle(struct bench_machine *b)
{
	for (uint32_t i = 0; i < 3; i++) {
		for (bench_cpu = 0; bench_cpu < b->ncpus; bench_cpu++) {
			umsi_drain_point(b->m);
			bench_traps(b);
		}
		bench_cpu = 0;
		umsi_reap(b->m);
	}
}

/*
 * What the four steps are counted as, each by itself and in the two sums of the target. A driver
 * allocates for all its queues in one call (@at_once), or one by one.
 */
static void rounds(struct bench_machine *b, struct umsi_table *table, unsigned int which, bool at_once)
{
	static const char *const name[] = { "msix.setup", "msix.release", "msix.alloc", "msix.request",
					    "msix.free", "msix.drain" };

	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (which == 0 || which == 2)
			bench_begin(name[which]);
		allocate_all(table, at_once);
		if (which == 2)
			bench_end(entries);
		if (which == 3)
			bench_begin(name[which]);
		request_all(b);
		if (which == 0 || which == 3)
			bench_end(entries);
		if (which == 1)
			bench_begin(name[which]);
		release_all(b);
		if (which == 1)
			bench_end(entries);
		if (which == 4)
			bench_begin(name[which]);
		free_all(b);
		if (which == 4)
			bench_end(entries);
		if (which == 5)
			bench_begin(name[which]);
		settle(b);
		if (which == 5)
			bench_end(entries);
	}
	bench_report(bench_text("%u entries, %u cpus%s", entries, b->ncpus, at_once ? ", at once" : ""));
}

/* A driver that takes one and gives it back, again and again: all of it, on a CPU that takes traps. */
static void churn(struct bench_machine *b, struct umsi_table *table)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };

	for (uint32_t i = 0; i < 64; i++) {
		bench_begin("msix.churn");
		bench_need(umsi_irq_alloc(table, &at, &irq[0]), "alloc");
		bench_need(umsi_irq_request(b->m, irq[0], bench_handler, NULL, "queue"), "request");
		bench_need(umsi_irq_release(b->m, irq[0]), "release");
		bench_need(umsi_irq_free(b->m, irq[0]), "free");
		bench_end(1);
	}
	bench_report(bench_text("%u cpus", b->ncpus));
}

static void on(uint32_t ncpus, uint32_t count)
{
	struct bench_machine *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);
	struct umsi_device *device;
	struct umsi_table *table;

	entries = count;
	bench_machine_new(b, ncpus, 2047);
	table = bench_msix_new(b, count, &device);
	for (unsigned int which = 0; which < 6; which++)
		rounds(b, table, which, false);
	rounds(b, table, 0, true);
	rounds(b, table, 2, true);
	churn(b, table);
	bench_msix_end(device);
	bench_machine_end(b);
	free(b);
}

void bench_life(void)
{
	if (!bench_wanted("msix"))
		return;
	fprintf(stderr, "MSI-X entries\n");
	on(8, bench_quick ? 256 : 1000);
	if (bench_quick)
		return;
	for (uint32_t count = 1; count <= 256; count *= 4)
		on(8, count);
	for (uint32_t ncpus = 128; ncpus <= 4096; ncpus = ncpus == 128 ? 1024 : 4 * ncpus)
		on(ncpus, 1000);
}
