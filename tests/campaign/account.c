/* SPDX-License-Identifier: MIT */
/*
 * I-ACCT: bitmaps, tables and counters say the same. All is read as it stands in
 * memory, which takes no step: see books.c for when that must agree.
 */
#include "account.h"

#include "msi/device.h"
#include "root/gicv2.h"
#include "root/gicv3.h"
#include "vector/vector.h"

struct tally {
	uint32_t system, free, retiring, quarantined, aside, owned;
	const char *wrong;		/* the first contradiction, or NULL */
	uint32_t slot;
};

static bool bit_of(const uint64_t *bits, uint32_t slot)
{
	return bits[slot / 64] >> (slot % 64) & 1;
}

static void disagree(struct tally *t, uint32_t slot, const char *what)
{
	if (!t->wrong) {
		t->wrong = what;
		t->slot = slot;
	}
}

static void count_slot(struct tally *t, const struct umsi_vec_cpu *c, uint32_t slot)
{
	bool is_free = umsi_ids_is_free(&c->ids, slot), owner = c->table[slot].v;
	bool waiting = bit_of(c->batch[0].bits, slot), filling = bit_of(c->batch[1].bits, slot);
	bool shut = bit_of(c->quarantined, slot), aside = bit_of(c->aside, slot);

	if (is_free + (waiting || filling) + shut + aside > 1 || (waiting && filling))
		disagree(t, slot, "is two things at once");
	if ((waiting && !(c->batch[0].words >> (slot / 64) & 1)) ||
	    (filling && !(c->batch[1].words >> (slot / 64) & 1)))
		disagree(t, slot, "retires in a word that is not looked at");
	if (owner && (is_free || shut || aside))
		disagree(t, slot, "is nobody's and has an owner");
	if (!owner && !is_free && !shut && !aside)
		disagree(t, slot, "is taken and has no owner");
	t->free += is_free;
	t->retiring += waiting || filling;
	t->quarantined += shut;
	t->aside += aside;
	t->owned += owner && !waiting && !filling;
}

static struct tally count(const struct umsi_vec *v, const struct umsi_vec_cpu *c)
{
	struct tally t = { .system = v->first };

	for (uint32_t slot = 0; slot < v->first; slot++)
		if (umsi_ids_is_free(&c->ids, slot))
			disagree(&t, slot, "is a system slot and free");
	for (uint32_t slot = v->first; slot < v->nslots; slot++)
		count_slot(&t, c, slot);
	if (t.free != umsi_ids_free_count(&c->ids) || t.free != c->free.v)
		disagree(&t, t.free, "slots are free; the counters say otherwise");
	if (t.retiring != c->batch[0].count + c->batch[1].count || t.retiring != c->retiring.v)
		disagree(&t, t.retiring, "slots retire; the counters say otherwise");
	if (t.quarantined != c->quarantines.v)
		disagree(&t, t.quarantined, "slots are shut; the counter says otherwise");
	if (t.aside != c->aside_count.v)
		disagree(&t, t.aside, "slots are set aside; the counter says otherwise");
	if (c->owed.v > t.retiring + t.owned || (c->owed.v && t.free))
		disagree(&t, c->owed.v, "slots are owed, more than could be, or though there are free ones");
	if (t.system + t.free + t.retiring + t.quarantined + t.aside + t.owned != v->nslots)
		disagree(&t, v->nslots, "slots are not the sum of all classes");
	/* One that is just coming is open before it is filed. */
	if (c->open.v ? c->filed < t.free : c->filed != UMSI_VEC_NOT_FILED)
		disagree(&t, t.free, "slots are free; the node believes there are fewer, or knows a closed CPU");
	return t;
}

bool account_cpu(const struct umsi_vec *v, const struct umsi_vec_cpu *c, struct finding *f)
{
	struct tally t = count(v, c);

	*f = (struct finding){ .what = t.wrong, .number = t.slot };
	return !t.wrong;
}

bool account_cpu_is_empty(const struct umsi_vec *v, const struct umsi_vec_cpu *c)
{
	struct tally t = count(v, c);

	return !t.owned && !t.retiring && !t.aside && !c->owed.v;
}

static bool agree(struct finding *f, uint32_t counter, uint32_t counted, const char *what)
{
	*f = (struct finding){ .what = what, .number = counted };
	return counter == counted;
}

static uint32_t ones(const uint64_t *bits, uint32_t words)
{
	uint32_t n = 0;

	for (uint32_t w = 0; w < words; w++)
		n += (uint32_t)__builtin_popcountll(bits[w]);
	return n;
}

static bool ids_agree(const struct umsi_ids *s, struct finding *f)
{
	return agree(f, s->free_count, ones(s->tier[0].free, (s->size + 63) / 64), "ids are free; the counter says otherwise");
}

static uint32_t owners(const umsi_atomic_ptr *record, uint32_t count)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < count; i++)
		n += record[i].v != NULL;
	return n;
}

static bool root_agrees(const struct umsi_gic *gic, uint32_t owned, uint32_t ending, struct finding *f)
{
	return ids_agree(&gic->messages.pool, f) &&
	       agree(f, gic->owned.v, owned, "ids have owners; the counter says otherwise") &&
	       agree(f, gic->ending.v, ending, "ids are ending; the counter says otherwise");
}

bool account_gic(const struct umsi_gicv2 *gic, struct finding *f)
{
	return root_agrees(&gic->gic, owners(gic->record, GIC_FIRST_SPECIAL), ones(gic->ended, GICV2_WORDS), f);
}

bool account_gicv3(const struct umsi_gicv3 *gic, struct finding *f)
{
	uint32_t owned = 0;

	for (uint32_t i = 0; i < UINT32_C(1) << gic->id_bits >> GIC_RUN_BITS; i++) {
		const struct umsi_gicv3_chunk *chunk = gic->chunk[i].v;

		owned += chunk ? owners(chunk->record, GIC_RUN) : 0;
	}
	return ids_agree(&gic->gic.lpis.pool, f) &&
	       root_agrees(&gic->gic, owned, gic->filling.count + gic->waiting.count, f);
}

bool account_records(const struct umsi *m, struct finding *f)
{
	uint32_t made = m->records.made.v < m->records.max ? m->records.made.v : m->records.max, unused = 0;

	for (const struct umsi_record *r = m->records.free; r; r = r->inbox_next)
		unused++;
	return agree(f, made - m->records.in_use.v, unused, "records are free; the counter says otherwise");
}

bool account_table(const struct umsi_table *t, struct finding *f)
{
	uint32_t taken = 0;

	for (uint32_t c = 0; c < (t->map.size + UMSI_CHUNK_INDICES - 1) / UMSI_CHUNK_INDICES; c++) {
		uint64_t bits = t->map.chunk[c] ? t->map.chunk[c]->taken : 0;

		taken += ones(&bits, 1);
		if ((bits == UINT64_MAX) != (t->map.full[c / 64] >> (c % 64) & 1))
			return agree(f, 0, 1, "chunk of indices is full, or the bit that says so is wrong");
	}
	return agree(f, t->map.count, taken, "indices are taken; the counter says otherwise");
}
