/* SPDX-License-Identifier: MIT */
/*
 * I-ACCT: of each CPU's slots, the bitmaps, the table and every counter say the
 * same. Looked at under the CPU's slot lock, in the middle of a run too.
 */
#include "account.h"

#include "isa.h"
#include "vector/vector.h"

struct tally {
	uint32_t system, free, retiring, quarantined, owned;
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
	bool is_free = umsi_ids_is_free(&c->ids, slot), owner = umsi_load_ptr(&c->table[slot]);
	bool waiting = bit_of(c->batch[0].bits, slot), filling = bit_of(c->batch[1].bits, slot);
	bool shut = bit_of(c->quarantined, slot);

	if (is_free + (waiting || filling) + shut > 1 || (waiting && filling))
		disagree(t, slot, "is two things at once");
	if ((waiting && !(c->batch[0].words >> (slot / 64) & 1)) ||
	    (filling && !(c->batch[1].words >> (slot / 64) & 1)))
		disagree(t, slot, "retires in a word that is not looked at");
	if (owner && (is_free || shut))
		disagree(t, slot, "is nobody's and has an owner");
	if (!owner && !is_free && !shut)
		disagree(t, slot, "is taken and has no owner");
	t->free += is_free;
	t->retiring += waiting || filling;
	t->quarantined += shut;
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
	if (t.free != umsi_ids_free_count(&c->ids) || t.free != umsi_load32(&c->free))
		disagree(&t, t.free, "slots are free; the counters say otherwise");
	if (t.retiring != c->batch[0].count + c->batch[1].count || t.retiring != umsi_load32(&c->retiring))
		disagree(&t, t.retiring, "slots retire; the counters say otherwise");
	if (t.quarantined != c->quarantines)
		disagree(&t, t.quarantined, "slots are shut; the counter says otherwise");
	if (t.system + t.free + t.retiring + t.quarantined + t.owned != v->nslots)
		disagree(&t, v->nslots, "slots are not the sum of all classes");
	if (c->open ? c->filed < t.free || c->filed == UMSI_VEC_NOT_FILED : c->filed != UMSI_VEC_NOT_FILED)
		disagree(&t, t.free, "slots are free; the node believes there are fewer, or knows a closed CPU");
	return t;
}

static void check_cpu(struct world *w, umsi_cpu cpu, bool empty)
{
	struct umsi_vec *v = umsi_vec_of(w->root);
	struct umsi_vec_cpu *c = v->cpu[cpu];
	struct tally t;
	uintptr_t state;

	if (!c)
		return;
	state = umsi_lock(w->umsi, &c->lock);
	t = count(v, c);
	umsi_unlock(w->umsi, &c->lock, state);
	MACH_CHECK(w->m, !t.wrong, "I-ACCT", "cpu %u: %u %s", cpu, t.slot, t.wrong);
	MACH_CHECK(w->m, !empty || (!t.owned && !t.retiring), "I-ACCT",
		   "cpu %u: %u slots owned, %u retiring after teardown", cpu, t.owned, t.retiring);
}

void account_check(struct world *w, bool empty)
{
	if (!w->isa->managed || !w->root)
		return;
	for (umsi_cpu cpu = 0; cpu < w->plan.ncpus; cpu++)
		check_cpu(w, cpu, empty);
}
