/* SPDX-License-Identifier: MIT */
/*
 * A set is counted anew at the first moment its lock is free after any word of it
 * has changed. In between, every step compares what is not a word of the seam's,
 * bitmaps and plain counters, with what they were when they were counted: nobody
 * may touch those without the lock, so they must not even have changed and changed back.
 */
#include "books.h"

#include "account.h"
#include "isa.h"
#include "msi/device.h"
#include "root/gicv2.h"
#include "root/gicv3.h"
#include "vector/vector.h"

static uint64_t fold(uint64_t sum, const uint64_t *bits, uint32_t words)
{
	for (uint32_t w = 0; w < words; w++)
		sum = (sum ^ bits[w]) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

static uint64_t cpu_sum(const struct book *b)
{
	const struct umsi_vec_cpu *c = b->of;
	uint64_t sum = (uint64_t)c->ids.free_count << 32 | c->filed;

	sum = sum * 31 + ((uint64_t)c->quarantines.v << 40 | (uint64_t)c->batch[0].count << 20 | c->batch[1].count);
	sum = sum * 31 + (c->batch[0].words ^ c->batch[1].words << 1) + c->open.v;
	sum = fold(sum, c->ids.tier[0].free, b->words);
	sum = fold(sum, c->batch[0].bits, b->words);
	sum = fold(sum, c->batch[1].bits, b->words);
	sum = fold(sum, c->quarantined, b->words) + ((uint64_t)c->aside_count.v << 32 | c->owed.v);
	return fold(sum, c->aside, b->words);
}

static uint64_t table_sum(const struct book *b)
{
	return ((const struct umsi_table *)b->of)->map.count;
}

static uint64_t gic_sum(const struct book *b)
{
	return ((const struct umsi_gic *)b->of)->messages.pool.free_count;
}

static uint64_t gicv3_sum(const struct book *b)
{
	const struct umsi_gicv3 *gic = b->of;

	return (uint64_t)gic->gic.lpis.pool.free_count << 32 | gic->filling.count << 16 | gic->waiting.count;
}

static uint64_t records_sum(const struct book *b)
{
	return ((const struct umsi *)b->of)->records.made.v;
}

static bool cpu_count(const struct world *w, const struct book *b, struct finding *f)
{
	return account_cpu(umsi_vec_of(w->root), b->of, f);
}

static bool table_count(const struct world *w, const struct book *b, struct finding *f)
{
	(void)w;
	return account_table(b->of, f);
}

static bool gic_count(const struct world *w, const struct book *b, struct finding *f)
{
	(void)w;
	return account_gic(b->of, f);
}

static bool gicv3_count(const struct world *w, const struct book *b, struct finding *f)
{
	(void)w;
	return account_gicv3(b->of, f);
}

static bool records_count(const struct world *w, const struct book *b, struct finding *f)
{
	(void)w;
	return account_records(b->of, f);
}

static const struct {
	const char *name;
	uint64_t (*sum)(const struct book *b);
	bool (*count)(const struct world *w, const struct book *b, struct finding *f);
} kinds[] = {
	[BOOK_CPU] = { "cpu", cpu_sum, cpu_count },
	[BOOK_TABLE] = { "table", table_sum, table_count },
	[BOOK_GIC] = { "GIC", gic_sum, gic_count },
	[BOOK_GICV3] = { "GICv3", gicv3_sum, gicv3_count },
	[BOOK_RECORDS] = { "records", records_sum, records_count },
};

static void open_book(struct world *w, enum book_kind kind, const void *of, size_t bytes, const uint64_t *lock,
		      uint32_t words)
{
	w->book[w->books++] = (struct book){
		.kind = kind, .of = of, .end = (const char *)of + bytes, .lock = lock, .words = words, .changed = true,
	};
}

void books_open(struct world *w)
{
	if (w->isa->managed) {
		const struct umsi_vec *v = umsi_vec_of(w->root);

		for (umsi_cpu cpu = 0; cpu < w->plan.ncpus; cpu++)
			open_book(w, BOOK_CPU, v->cpu[cpu], sizeof(struct umsi_vec_cpu) + v->nslots * sizeof(umsi_atomic_ptr),
				  &v->cpu[cpu]->lock.word, (v->nslots + 63) / 64);
	} else if (w->its) {
		const struct umsi_gicv3 *gic = umsi_gicv3_of(w->root);

		open_book(w, BOOK_GICV3, gic, sizeof(*gic), &gic->gic.lock.word, 0);
	} else {
		const struct umsi_gicv2 *gic = umsi_gicv2_of(w->root);

		open_book(w, BOOK_GIC, gic, sizeof(*gic), &gic->gic.lock.word, 0);
	}
	open_book(w, BOOK_RECORDS, w->umsi, sizeof(*w->umsi), &w->umsi->records.lock.word, 0);
}

void books_close(struct world *w)
{
	w->books = 0;
}

void books_table(struct world *w, uint32_t device, const struct umsi_table *table)
{
	struct book *b = &w->table_book[device];

	*b = (struct book){ .kind = BOOK_TABLE, .of = table, .changed = true };
	if (!table)
		return;
	b->end = (const char *)table;	/* its words are its mutex's */
	b->lock = table->dev->mutex.word;
}

void books_wrote(void *arg, const void *word)
{
	struct world *w = arg;

	for (uint32_t i = 0; i < w->books; i++)
		if ((const char *)word >= (const char *)w->book[i].of && (const char *)word < w->book[i].end)
			w->book[i].changed = true;
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		if (w->table_book[i].lock == word)
			w->table_book[i].changed = true;
}

static void look_at(struct world *w, struct book *b, uint32_t number)
{
	struct finding f;
	uint64_t sum;

	if (*b->lock)
		return;
	sum = kinds[b->kind].sum(b);
	MACH_CHECK(w->m, b->changed || sum == b->sum, "I-ACCT", "%s %u: changed, and nobody held its lock",
		   kinds[b->kind].name, number);
	if (!b->changed)
		return;
	b->changed = false;
	b->sum = sum;
	MACH_CHECK(w->m, kinds[b->kind].count(w, b, &f), "I-ACCT", "%s %u: %u %s", kinds[b->kind].name, number, f.number,
		   f.what);
}

void books_step(void *arg)
{
	struct world *w = arg;

	if (mach_violated(w->m))
		return;
	for (uint32_t i = 0; i < w->books; i++)
		look_at(w, &w->book[i], i);
	for (uint32_t i = 0; i < WORLD_DEVICES; i++)
		if (w->table_book[i].of)
			look_at(w, &w->table_book[i], i);
}

void books_check_empty(struct world *w)
{
	for (uint32_t i = 0; i < w->books; i++)
		MACH_CHECK(w->m, w->book[i].kind != BOOK_CPU || account_cpu_is_empty(umsi_vec_of(w->root), w->book[i].of),
			   "I-ACCT", "cpu %u: slots owned or retiring after teardown", i);
}
