/* SPDX-License-Identifier: MIT */
/* What the library asks of the host's memory: for an interrupt, for a CPU. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/record.h"

#define TABLE	32768u

static struct bench_machine *machine(uint32_t ncpus, uint32_t ids)
{
	struct bench_machine *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);

	bench_machine_new(b, ncpus, ids);
	return b;
}

static void end(struct bench_machine *b)
{
	bench_machine_end(b);
	free(b);
}

/* Records come in slabs and index spaces in chunks: so many that neither rounds visibly. */
static void interrupt_in(struct bench_machine *b, struct umsi_table *table, uint64_t before,
			 uint32_t count, const char *what)
{
	struct umsi_irq_request_at at = { .last = UMSI_INDEX_LAST };
	umsi_irq irq;

	for (uint32_t i = 0; i < count; i++) {
		bench_need(umsi_irq_alloc(table, &at, &irq), "alloc");
		bench_need(umsi_irq_request(b->m, irq, bench_handler, NULL, "queue"), "request");
	}
	bench_figure("bytes.interrupt", what, (double)(bench_bytes - before) / count, "bytes");
}

static void per_interrupt(void)
{
	struct bench_machine *b = machine(32, 2047);
	struct umsi_device *device;
	struct umsi_table *table;
	struct bench_store s;
	uint64_t before = bench_bytes;

	bench_figure("bytes.record", "sizeof", sizeof(struct umsi_record), "bytes");
	bench_store_new(b, &s, TABLE);
	interrupt_in(b, s.table, before, TABLE, "record and index space");
	bench_store_end(&s);
	end(b);

	b = machine(8, 2047);
	before = bench_bytes;
	table = bench_msix_new(b, 2048, &device);
	interrupt_in(b, table, before, 2048, "the same and its share of an MSI-X store");
	bench_msix_end(device);
	end(b);
}

/* The difference of two machines: what all CPUs share cancels out. */
static void per_cpu(uint32_t ids)
{
	struct bench_machine *b = machine(8, ids);
	uint64_t few = bench_bytes, many;

	end(b);
	b = machine(1032, ids);
	many = bench_bytes;
	end(b);
	bench_figure("bytes.cpu", bench_text("%u ids", ids), (double)(many - few) / 1024, "bytes");
}

void bench_memory(void)
{
	if (!bench_wanted("bytes"))
		return;
	fprintf(stderr, "memory\n");
	per_interrupt();
	per_cpu(255);
	per_cpu(2047);
}
