/* SPDX-License-Identifier: MIT */
/* Slots of the vector space: one for any CPU, one for a named CPU. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/block.h"
#include "vector/vector.h"

#define IDS	2047u
#define BATCHES	64u
#define PAIRS	32u

/* Slots held by a record that stands for all interrupts but the measured one. */
struct held {
	umsi_cpu cpu;
	uint32_t slot;
};

struct fill {
	struct umsi_vec *v;
	struct umsi_record *other;
	struct held *held;
	uint64_t count;
};

static struct umsi_record *new_record(struct bench_machine *b)
{
	struct umsi_record *r = umsi_record_new(b->root, 0, &(struct umsi_irq_request_at){ 0 }, NULL);

	bench_need(r ? UMSI_OK : UMSI_ENOMEM, "record");
	return r;
}

static void take_one(struct fill *f, const struct umsi_where *where)
{
	struct umsi_spot spot = { .where = *where };

	bench_need(umsi_vec_take_any(f->v, f->other, &spot), "fill");
	f->held[f->count++] = (struct held){ .cpu = spot.cpu, .slot = spot.slot };
}

static void give_one(struct fill *f, uint64_t at)
{
	struct held h = f->held[at];

	f->held[at] = f->held[--f->count];
	umsi_vec_give(f->v, h.cpu, f->other, h.slot);
}

#define EXCHANGES	100000u

static const struct umsi_where any = { .cpu = UMSI_CPU_NONE };

/* @percent of every CPU's slots. */
static void fill_to(struct fill *f, struct bench_machine *b, uint32_t percent)
{
	uint64_t want = (uint64_t)b->ncpus * (IDS - 8) * percent / 100;

	f->v = umsi_vec_of(b->root);
	f->other = new_record(b);
	f->held = calloc(want + 1, sizeof(*f->held));
	f->count = 0;
	while (f->count < want) {
		struct umsi_where one = { .cpu = (umsi_cpu)(f->count % b->ncpus) };

		take_one(f, &one);
	}
}

/* Random ones go and come: on the CPU they were on, or anywhere; one of 128 the other way. */
static void churn(struct fill *f, bool named)
{
	for (uint32_t i = 0; i < f->count && i < EXCHANGES; i++) {
		uint32_t at = bench_random((uint32_t)f->count);
		struct umsi_where same = { .cpu = f->held[at].cpu };

		give_one(f, at);
		take_one(f, (i % 128 != 0) == named ? &same : &any);
	}
}

static void unfill(struct fill *f)
{
	while (f->count)
		give_one(f, f->count - 1);
	free(f->held);
	umsi_record_put(f->other);
}

static void measure(struct fill *f, struct umsi_record *mine, const struct umsi_where *where,
		    const char *name)
{
	struct umsi_spot spot = { .where = *where };

	for (uint32_t i = 0; i < BATCHES; i++) {
		/* Somebody else comes and goes between, so that it is not the same slot again and again. */
		give_one(f, bench_random((uint32_t)f->count));
		bench_begin(name);
		for (uint32_t k = 0; k < PAIRS; k++) {
			umsi_vec_take_any(f->v, mine, &spot);
			umsi_vec_give(f->v, spot.cpu, mine, spot.slot);
		}
		bench_end(PAIRS);
		take_one(f, where);
	}
}

/* Another goes than comes. */
static void measure_exchange(struct fill *f)
{
	for (uint32_t i = 0; i < BATCHES; i++) {
		bench_begin("slot.exchange");
		for (uint32_t k = 0; k < PAIRS; k++) {
			give_one(f, bench_random((uint32_t)f->count));
			take_one(f, &any);
		}
		bench_end(PAIRS);
	}
}

static void one_machine(uint32_t ncpus, uint32_t percent, const char *fill_name)
{
	struct umsi_where named = { .cpu = ncpus / 2 };
	struct bench_machine *b = aligned_alloc(64, (sizeof(*b) + 63) / 64 * 64);
	struct fill f;
	struct umsi_record *mine;

	bench_machine_new(b, ncpus, IDS);
	fill_to(&f, b, percent);
	if (percent)
		churn(&f, false);
	mine = new_record(b);
	if (percent == 0)
		take_one(&f, &any);
	if (bench_wanted("slot.any")) {
		measure(&f, mine, &any, "slot.any");
		bench_report(bench_text("%u cpus, %s", ncpus, fill_name));
	}
	if (bench_wanted("slot.named")) {
		measure(&f, mine, &named, "slot.named");
		bench_report(bench_text("%u cpus, %s", ncpus, fill_name));
	}
	if (bench_wanted("slot.exchange") && percent == 50) {
		measure_exchange(&f);
		bench_report(bench_text("%u cpus, half", ncpus));
	}
	if (bench_wanted("slot.any") && percent == 50) {
		churn(&f, true);
		measure(&f, mine, &any, "slot.any");
		bench_report(bench_text("%u cpus, half, after requests for named cpus", ncpus));
	}
	umsi_record_put(mine);
	unfill(&f);
	bench_machine_end(b);
	free(b);
}

void bench_slots(void)
{
	static const uint32_t cpus[] = { 8, 128, 1024, 4096 };

	if (!bench_wanted("slot.any") && !bench_wanted("slot.named") && !bench_wanted("slot.exchange"))
		return;
	for (unsigned int i = 0; i < 4; i++) {
		if (bench_quick && cpus[i] == 1024)
			continue;
		fprintf(stderr, "slots: %u CPUs\n", cpus[i]);
		one_machine(cpus[i], 50, "half, churned");
		if (bench_quick)
			continue;
		one_machine(cpus[i], 0, "empty");
		one_machine(cpus[i], 95, "95 %, churned");
	}
}
